"""Findings: what checks and the policy say, with how bad and how sure it is, where it is and what to do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is. Declared worst first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTE = "note"


class Confidence(StrEnum):
    """How sure a finding is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Level(StrEnum):
    """What a finding does to what is about to land. Declared worst first."""

    BLOCKED = "blocked"
    MISSING = "missing"
    WARNING = "warning"
    WAIVED = "waived"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding points: a path in the repository and a line from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about.

    Attributes:
        spec: the spec's name; "" for what concerns none by itself.
        patches: ids of patches: several where they share one evaluated step, none for a state.
        behaviour, model: what was measured, and on whom; None where it is about neither.
        label: all of it in a few words, for whom ids say nothing; "" until a format needs it.
    """

    spec: str = ""
    patches: tuple[str, ...] = ()
    behaviour: str | None = None
    model: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """An imperative without a full stop, and the shell commands that do it."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or to be known: the same value from the check, or the policy, to every format.

    A check gives the message, the confidence, the evidence, where several findings of one subject are possible what
    tells them apart, and a severity where it is worse than the check's; the runner adds whose it is; the gate adds a
    level and a waiver.

    Attributes:
        message: one plain sentence, without a full stop.
        evidence: record ids.
        place: where it is to be shown; None where that is nowhere, or the runner knows.
        identity: what it is about, by a name that survives line moves: a prompt's id, a clause's words. The runner puts
            it into the fingerprint.
        code: the check's code; else a verdict, or a rule of the policy. `name` is the check's name, "" without a check,
            and then `severity` and `confidence` say nothing.
        fingerprint: 32 hex digits, stable across line moves and re-runs; "" for what cannot be waived.
        level: what it does to a landing; None where nothing is about to land.
        remedy: what to do about it; None where nothing has to be.
        rates: the message with held-out rates; None unless they are to be shown.
        waiver: the name of the waiver that excuses it; None for most.
    """

    message: str
    confidence: Confidence = Confidence.HIGH
    evidence: tuple[str, ...] = ()
    place: Place | None = None
    identity: str = ""
    code: str = ""
    name: str = ""
    severity: Severity = Severity.NOTE
    subject: Subject = Subject()
    fingerprint: str = ""
    level: Level | None = None
    remedy: Remedy | None = None
    rates: str | None = None
    waiver: str | None = None


# Rules by the word they have now, with the word that version 1 had for them. A fingerprint is of the first word, so
# that every waiver still names its finding; policies, waivers and options are read in both.
FIRST_WORDS = {"artefact": "measurement", "unchanged": "no-fall", "open-gap": "standing-gap"}
_PRESENT_WORDS = {first: present for present, first in FIRST_WORDS.items()}


def present_word(rule: str) -> str:
    """The word that a rule has now, given by any word it ever had."""
    return _PRESENT_WORDS.get(rule, rule)


def first_word(rule: str) -> str:
    """The word that version 1 had for a rule, given by its present word: what fingerprints are of."""
    return FIRST_WORDS.get(rule, rule)


def fingerprint_of(rule: str, *identity: str) -> str:
    """32 hex digits for a rule and what it is about: never of a line, so that it stays when text is moved."""
    parts = "".join(f"{len(part)}:{part}" for part in (first_word(rule), *identity))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
