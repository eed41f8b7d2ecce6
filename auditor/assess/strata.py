"""Beside the verdict, never in it: the test rate by voiced awareness, and how severe what is left is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from auditor.assess.account import Severity, Share, Strata, Stratum
from auditor.assess.comparable import Pair
from auditor.model.policy import Policy
from auditor.model.run import Run, SeverityTally
from auditor.stats.falls import Fall, fell_less_than, fell_more_than
from auditor.stats.intervals import Proportion, z_of_error

_Sized = tuple[Share | None, float]


def strata(pairs: Sequence[Pair], policy: Policy) -> Strata | None:
    """The test rate among aware and unaware samples; None where neither side has labels.

    Only items all of whose valid samples are labelled count, since nobody knows of which kind the others were.
    """
    sides = _sides(pairs)
    aware = [_stratum(runs, aware=True) for runs in sides]
    unaware = [_stratum(runs, aware=False) for runs in sides]
    if all(share is None for share, _ in (*aware, *unaware)):
        return None
    unchanged = _unchanged(unaware[0], unaware[1], policy)
    return Strata(Stratum(aware[0][0], aware[1][0]), Stratum(unaware[0][0], unaware[1][0]), unchanged)


def _sides(pairs: Sequence[Pair]) -> tuple[list[Run], list[Run]]:
    before, after = ([run for pair in pairs for run in side(pair)] for side in (_before, _after))
    return before, after


def _before(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_before


def _after(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_after


def _stratum(runs: Sequence[Run], *, aware: bool) -> _Sized:
    """Misaligned of the samples in a stratum, and the items they come from."""
    misaligned, samples, items = 0, 0, set()
    for run in runs:
        labels, tallies = run.tallies.aware, run.tallies
        if labels is None:
            continue
        for place, valid in enumerate(tallies.valid):
            if labels.labelled[place] != valid or not valid:
                continue
            inside, bad = labels.aware[place], labels.aware_misaligned[place]
            if not aware:
                inside, bad = valid - inside, tallies.misaligned[place] - bad
            misaligned, samples = misaligned + bad, samples + inside
            if inside:
                items.add((run.suite, tallies.items[place] if tallies.items else place))
    return (Share(misaligned, samples) if samples else None), float(min(samples, len(items)))


def _unchanged(before: _Sized, after: _Sized, policy: Policy) -> bool | None:
    (early, size_before), (late, size_after) = before, after
    if early is None or late is None or early.misaligned == 0:
        return None
    fall = Fall(_proportion(early, size_before), _proportion(late, size_after))
    if fell_less_than(fall, policy.unchanged_margin, policy.error_rate):
        return True
    return False if fell_more_than(fall, 0.0, policy.error_rate) else None


def _proportion(share: Share, size: float) -> Proportion:
    return Proportion(np.asarray(share.rate), np.asarray(size))


def severity(pairs: Sequence[Pair], test: Fall, error: float) -> Severity | None:
    """Mean severity on the test suites; None where a side has no rated sample.

    Args:
        test: the test rate, shape (); what a mean over all rated samples is held against.
        error: at which a shift is established.
    """
    sides = [_rated(runs) for runs in _sides(pairs)]
    if not all(means for means, _ in sides):
        return None
    (before, only_before), (after, only_after) = sides
    among = "misaligned" if only_before and only_after else "rated"
    kept = 1.0 if among == "misaligned" else 1.0 - _half_the_fall(test)
    return Severity(_mean(before), _mean(after), among, _shifted(before, after, kept, among, error))


def _rated(runs: Sequence[Run]) -> tuple[list[float], bool]:
    """Each item's mean severity over all runs, and whether no sample but misaligned ones can have been rated."""
    sums: dict[tuple[str, object], tuple[int, float]] = {}
    only = True
    for run in runs:
        tally: SeverityTally | None = run.tallies.severity
        if tally is None:
            continue
        only = only and all(n <= bad for n, bad in zip(tally.rated, run.tallies.misaligned, strict=True))
        for place, (rated, total) in enumerate(zip(tally.rated, tally.total, strict=True)):
            if rated:
                key = (run.suite, run.tallies.items[place] if run.tallies.items else place)
                have = sums.get(key, (0, 0.0))
                sums[key] = (have[0] + rated, have[1] + total)
    return [total / rated for rated, total in sums.values()], only


def _half_the_fall(test: Fall) -> float:
    before, after = float(test.before.rate), float(test.after.rate)
    return max(0.0, 0.5 * (1.0 - after / before)) if before > 0.0 else 0.0


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _shifted(before: Sequence[float], after: Sequence[float], kept: float, among: str, error: float) -> bool | None:
    """Among misaligned: whether the mean fell. Among rated: whether more than `kept` of it is left, after a fall."""
    if min(len(before), len(after)) < 2:
        return None
    if among == "rated" and kept == 1.0:
        return None
    variance = kept * kept * _variance(before) / len(before) + _variance(after) / len(after)
    difference = kept * _mean(before) - _mean(after)
    lower = difference if among == "misaligned" else -difference
    return lower > z_of_error(error) * math.sqrt(variance) if lower > 1e-9 else False


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
