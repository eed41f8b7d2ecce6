"""Waivers applied to a decision's entries. What a waiver excuses stays in the decision, under its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.assess.ledger import WaiverFacts, WaiverSubject
from auditor.gate.decision import Entry, Level

_HELD = (Level.BLOCKED, Level.MISSING)


def subjects_of(entries: Iterable[Entry]) -> tuple[WaiverSubject, ...]:
    """What waivers may be for among some entries."""
    return tuple(WaiverSubject(entry.rule, entry.fingerprint, entry.patches) for entry in entries if entry.fingerprint)


def waived(entries: Iterable[Entry], waivers: Sequence[WaiverFacts]) -> tuple[Entry, ...]:
    """The entries, those that a waiver excuses at their own level; an entry without fingerprint cannot be waived.

    A verdict and a check that says the same of a step are two findings: what still holds says whose waiver it is not.
    """
    counting = [facts.waiver for facts in waivers if not facts.why_not]
    found = [
        _waived(entry, [w.name for w in counting if w.names(entry.rule, entry.fingerprint, entry.patches)])
        for entry in entries
    ]
    excused = {_measured(entry): entry for entry in reversed(found) if entry.waiver and entry.behaviour}
    return tuple(_beside(entry, excused.get(_measured(entry))) for entry in found)


def _waived(entry: Entry, names: Sequence[str]) -> Entry:
    if not names or entry.level not in _HELD:
        return entry
    return replace(entry, level=Level.WAIVED, waiver=names[0], remedy=None)


def _measured(entry: Entry) -> tuple[object, ...]:
    return entry.spec, entry.patches, entry.behaviour, entry.model


def _beside(entry: Entry, excused: Entry | None) -> Entry:
    if excused is None or entry.level not in _HELD or not entry.fingerprint:
        return entry
    said = f"waiver {excused.waiver} excuses {excused.rule} of it, and not this: {entry.rule} is a finding of its own"
    return replace(entry, why=f"{entry.why}; {said}", rates=f"{entry.rates}; {said}" if entry.rates else None)
