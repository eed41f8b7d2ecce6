"""What the texts of the compared runs show, before and after; and where training is known to have pressed on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from auditor.assess.comparable import Compared, Pair
from auditor.assess.voiced import Measure, Signals, SignalSide
from auditor.evidence import Evidence
from auditor.model.run import Run, TextSignals
from auditor.model.suite import Role
from auditor.stats.intervals import rate_interval, z_of_error


def signals(compared: Compared, error: float) -> tuple[Signals, ...]:
    """Of the test suites and of the held-out ones, where a text was read on some side."""
    return tuple(_signals(compared, error))


def _signals(compared: Compared, error: float) -> Iterator[Signals]:
    for role, pairs in ((Role.TEST, compared.test), (Role.HELD_OUT, compared.held_out)):
        before, after = ([run for pair in pairs for run in side(pair)] for side in (_before, _after))
        sides = [_side(runs, error) for runs in (before, after)]
        if any(sides):
            yield Signals(role, sides[0], sides[1], _kind(before) == _kind(after))


def _before(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_before


def _after(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_after


def _read(runs: Sequence[Run]) -> list[tuple[str, TextSignals]]:
    return [(run.suite, run.signals) for run in runs if run.signals is not None]


def _kind(runs: Sequence[Run]) -> tuple[str, frozenset[int]]:
    """What was read, and by which rules."""
    found = [one for _, one in _read(runs)]
    reasoned, read = sum(one.reasoned for one in found), sum(one.read for one in found)
    of = "reasoning" if reasoned == read else "both" if reasoned else "answers"
    return of, frozenset(one.rules for one in found)


def _side(runs: Sequence[Run], error: float) -> SignalSide | None:
    """All runs of a side added up. Runs of one suite ran the same items, which are no more for being run again."""
    found = _read(runs)
    if not found:
        return None
    items: dict[str, int] = {}
    for suite, one in found:
        items[suite] = max(items.get(suite, 0), one.items)
    read, size = sum(one.read for _, one in found), float(sum(items.values()))
    aware, repeating = (
        _share(sum(getattr(one, name) for _, one in found), read, size, error) for name in ("aware", "repeating")
    )
    return SignalSide(read, _kind(runs)[0], aware, repeating, _words([one for _, one in found], size, error))


def _share(count: int, read: int, size: float, error: float) -> Measure:
    found = rate_interval(count / read, size, error)
    return Measure(found.estimate, found.low, found.high)


def _words(found: Sequence[TextSignals], size: float, error: float) -> Measure:
    """Mean length, with normal limits on the spread between items, and between the means of suites and runs."""
    weight = sum(one.items for one in found)
    mean = math.fsum(one.words * one.items for one in found) / weight
    spread = math.fsum((one.spread + (one.words - mean) ** 2) * one.items for one in found) / weight
    half = z_of_error(error) * math.sqrt(spread / size)
    return Measure(mean, max(0.0, mean - half), mean + half)


def pressed(evidence: Evidence, compared: Compared) -> tuple[str, ...]:
    """The checkpoints compared of which some run says that training put pressure on the reasoning text."""
    pairs = (*compared.test, *compared.held_out)
    compared_ones = {run.checkpoint for pair in pairs for run in (*pair.runs_before, *pair.runs_after)}
    return tuple(sorted(evidence.pressed & compared_ones))
