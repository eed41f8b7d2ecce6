"""The decision on what is about to land, as one frozen value; text, JSON and exit code are readings of it.

An `Entry` is one thing it says. `apply_waivers` takes entries and waivers and gives the entries back: what a waiver
excuses stays, under its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.assess.ledger import WaiverFacts, WaiverSubject
from auditor.errors import EXIT_BLOCKED, EXIT_EVIDENCE_MISSING, EXIT_PASS
from auditor.gate.remedies import Remedy
from auditor.model.finding import Place
from auditor.model.spec import Patch

# The decision on what is about to land, as one frozen value; text, JSON and exit code are readings of it.


class Level(StrEnum):
    """What an entry does to what is about to land. Declared worst first."""

    BLOCKED = "blocked"
    MISSING = "missing"
    WARNING = "warning"
    WAIVED = "waived"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a decision says.

    Attributes:
        rule: the verdict, check code or rule of the gate it comes from.
        spec: the spec's name; "" for what concerns none by itself.
        patches: ids of the patches it is about: several where they share one evaluated step, none for a state.
        behaviour, model: what was measured, and on whom; None where it is about neither.
        why: one sentence without held-out rates.
        rates: the same with them; None unless they are to be shown.
        remedy: what would unblock it; None where nothing has to be.
        records: ids of the records it is about.
        name: the check's name, where the rule is a check's code.
        fingerprint: what a waiver names it by, 32 hex digits; "" for what cannot be waived.
        place: where it is to be shown, at head; None for what is at no line.
        waiver: the name of the waiver that excuses it; None for most.
    """

    level: Level
    rule: str
    why: str
    spec: str = ""
    patches: tuple[str, ...] = ()
    behaviour: str | None = None
    model: str | None = None
    rates: str | None = None
    remedy: Remedy | None = None
    records: tuple[str, ...] = ()
    name: str = ""
    fingerprint: str = ""
    place: Place | None = None
    waiver: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on base..head.

    Attributes:
        base, head: commit ids.
        policy_from: the side whose policy, suites and spec configuration were applied.
        judged: the patches it is about, oldest first.
        waivers: every waiver that base has, whether or not it counts.
    """

    base: str
    head: str
    policy_from: str
    judged: tuple[Patch, ...]
    entries: tuple[Entry, ...]
    waivers: tuple[WaiverFacts, ...] = ()

    @property
    def blocked(self) -> tuple[Entry, ...]:
        """What must not land as it is."""
        return self._at(Level.BLOCKED)

    @property
    def missing(self) -> tuple[Entry, ...]:
        """The evidence that the policy requires and nobody has brought."""
        return self._at(Level.MISSING)

    @property
    def warnings(self) -> tuple[Entry, ...]:
        """What lands, and should be looked at."""
        return self._at(Level.WARNING)

    @property
    def waived(self) -> tuple[Entry, ...]:
        """What lands because somebody granted a waiver."""
        return self._at(Level.WAIVED)

    @property
    def notices(self) -> tuple[Entry, ...]:
        """What lands, and was noted."""
        return self._at(Level.NOTICE)

    @property
    def exit_code(self) -> int:
        """1 blocked, else 3 evidence missing, else 0."""
        if self.blocked:
            return EXIT_BLOCKED
        return EXIT_EVIDENCE_MISSING if self.missing else EXIT_PASS

    def _at(self, level: Level) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.level is level)


# Waivers applied to a decision's entries. What a waiver excuses stays in the decision, under its name.


_BLOCKING_LEVELS = (Level.BLOCKED, Level.MISSING)


def waivable_subjects(entries: Iterable[Entry]) -> tuple[WaiverSubject, ...]:
    """What waivers may be for among some entries."""
    return tuple(WaiverSubject(entry.rule, entry.fingerprint, entry.patches) for entry in entries if entry.fingerprint)


def apply_waivers(entries: Iterable[Entry], waivers: Sequence[WaiverFacts]) -> tuple[Entry, ...]:
    """The entries, those that a waiver excuses at their own level; an entry without fingerprint cannot be waived.

    A verdict and a check that says the same of a step are two findings: what still holds says whose waiver it is not.
    """
    counting = [facts.waiver for facts in waivers if not facts.why_not]
    found = [
        _apply_to_entry(entry, [w.name for w in counting if w.names(entry.rule, entry.fingerprint, entry.patches)])
        for entry in entries
    ]
    excused = {_measurement_key(entry): entry for entry in reversed(found) if entry.waiver and entry.behaviour}
    return tuple(_add_waiver_note(entry, excused.get(_measurement_key(entry))) for entry in found)


def _apply_to_entry(entry: Entry, names: Sequence[str]) -> Entry:
    if not names or entry.level not in _BLOCKING_LEVELS:
        return entry
    return replace(entry, level=Level.WAIVED, waiver=names[0], remedy=None)


def _measurement_key(entry: Entry) -> tuple[object, ...]:
    return entry.spec, entry.patches, entry.behaviour, entry.model


def _add_waiver_note(entry: Entry, excused: Entry | None) -> Entry:
    if excused is None or entry.level not in _BLOCKING_LEVELS or not entry.fingerprint:
        return entry
    said = f"waiver {excused.waiver} excuses {excused.rule} of it, and not this: {entry.rule} is a finding of its own"
    return replace(entry, why=f"{entry.why}; {said}", rates=f"{entry.rates}; {said}" if entry.rates else None)
