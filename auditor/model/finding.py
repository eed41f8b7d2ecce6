"""Findings: one firing of a check."""

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding points: a path in the repository and a line from 1."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One firing of a check.

    Attributes:
        check: the check's code.
        name: the check's name.
        message: one plain sentence.
        fingerprint: 32 hex digits, stable across line moves and re-runs.
        place: the clause it is about; None where there is none.
        evidence: record ids.
    """

    check: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    fingerprint: str
    place: Place | None
    evidence: tuple[str, ...]


# Rules by the word they have now, with the word that version 1 had for them. A fingerprint is of the first word, so
# that every waiver still names its finding; policies, waivers and options are read in both.
FIRST_WORDS = {"artefact": "measurement", "unchanged": "no-fall", "open-gap": "standing-gap"}
_PRESENT_WORDS = {first: present for present, first in FIRST_WORDS.items()}


def present_word(rule: str) -> str:
    """The word that a rule has now, given by any word it ever had."""
    return _PRESENT_WORDS.get(rule, rule)


def fingerprint_of(rule: str, *identity: str) -> str:
    """32 hex digits for a rule and what it is about: never of a line, so that it stays when text is moved."""
    parts = "".join(f"{len(part)}:{part}" for part in (FIRST_WORDS.get(rule, rule), *identity))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
