"""Waivers applied to a decision's entries. What a waiver excuses stays in the decision, under its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.assess.waivers import Subject, WaiverFacts
from auditor.gate.decision import Entry, Level

_HELD = (Level.BLOCKED, Level.MISSING)


def subjects_of(entries: Iterable[Entry]) -> tuple[Subject, ...]:
    """What waivers may be for among some entries."""
    return tuple(Subject(entry.rule, entry.fingerprint, entry.patches) for entry in entries if entry.fingerprint)


def waived(entries: Iterable[Entry], waivers: Sequence[WaiverFacts]) -> tuple[Entry, ...]:
    """The entries, those that a waiver excuses at their own level; an entry without fingerprint cannot be waived."""
    counting = [facts.waiver for facts in waivers if not facts.why_not]
    return tuple(
        _waived(entry, [w.name for w in counting if w.names(entry.rule, entry.fingerprint, entry.patches)])
        for entry in entries
    )


def _waived(entry: Entry, names: Sequence[str]) -> Entry:
    if not names or entry.level not in _HELD:
        return entry
    return replace(entry, level=Level.WAIVED, waiver=names[0], remedy=None)
