"""Run-to-run variance: by how much the same evaluation of the same model differs when it is run again.

A judge's or a sampler's day moves all items of a run together, which is no sampling error of items: adding items does
not make it smaller. Runs of one state on the same items show it: their rates differ by more than the items' own
chance says. A run's log-odds are taken as normal around the state's, with one variance for all states; a rate p of R
runs then has p(1-p)/n + (p(1-p))^2 variance/R, and a rate of 0 or 1 has none.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from auditor.stats.falls import Fall
from auditor.stats.intervals import FloatArray, Proportion

# Few replicates estimate a variance badly, and one that is too small accuses: what is found is taken times its degrees
# of freedom over their chi-squared quantile of 0.3 (1.8 at four, 1.4 at ten, 1.1 at a hundred). Below four the factor
# grows from 1 with the degrees of freedom: a single pair of runs that happens to lie apart would otherwise keep four in
# ten true accusations from being made, where runs do not differ at all (benchmarks/verdicts, "runs apart").
_Z_OF_QUANTILE = -0.5244005127080407


@dataclass(frozen=True, slots=True)
class Replicates:
    """What the runs of one state on one suite say; sums add over states.

    Attributes:
        squared_spread: sum of squares of the runs' rates around their mean, rate units squared.
        chance: what the items' own chance makes of that.
        weight: the sum over runs but one of (p(1-p))^2, by which a variance of log-odds shows in rates.
        square: the sum of (p(1-p))^4, for the degrees of freedom.
        runs: how many runs there are beyond the first of each state.
    """

    squared_spread: float = 0.0
    chance: float = 0.0
    weight: float = 0.0
    square: float = 0.0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class RunEffect:
    """How far runs of one state lie apart.

    Attributes:
        variance: of a run's log-odds, as estimated; 0 or more.
        bound: the variance that limits are widened by, so that few replicates do not make them too narrow.
        freedom: effective degrees of freedom (Satterthwaite 1946), > 0.
        runs: how many runs there were beyond the first of each state.
    """

    variance: float
    bound: float
    freedom: float
    runs: int

    def points(self, rate: float) -> float:
        """The standard deviation of one run at a rate (0 to 1), in rate units, as estimated."""
        return rate * (1.0 - rate) * math.sqrt(self.variance)


def replicates_of_items(rates: FloatArray) -> Replicates:
    """Runs on the same items, shape (runs, items), each item's rate in each run; from two of each on.

    The two-way analysis of variance without repetition: runs differ by their residual over the items and by the
    run's own effect (Searle, Casella and McCulloch 1992, section 4.3).
    """
    runs, items = rates.shape
    by_run, by_item, overall = rates.mean(axis=1), rates.mean(axis=0), float(rates.mean())
    residual = rates - by_run[:, np.newaxis] - by_item + overall
    chance = float((residual**2).sum()) / ((runs - 1) * (items - 1)) / items
    return _replicates(by_run, overall, (runs - 1) * chance)


def replicates_of_counts(misaligned: FloatArray, valid: FloatArray) -> Replicates:
    """Runs without items, shape (runs,) each: samples of one run are independent, as far as runs go."""
    overall = float(misaligned.sum() / valid.sum())
    chance = overall * (1.0 - overall) * float((1.0 / valid).mean()) * (len(valid) - 1)
    return _replicates(misaligned / valid, overall, chance)


def _replicates(by_run: FloatArray, overall: float, chance: float) -> Replicates:
    beyond, spread = len(by_run) - 1, (overall * (1.0 - overall)) ** 2
    value = float(((by_run - by_run.mean()) ** 2).sum())
    return Replicates(value, chance, beyond * spread, beyond * spread**2, beyond)


def sum_replicates(replicates: Collection[Replicates]) -> Replicates:
    """What several come to, whatever their order."""
    return Replicates(
        math.fsum(replicate.squared_spread for replicate in replicates),
        math.fsum(replicate.chance for replicate in replicates),
        math.fsum(replicate.weight for replicate in replicates),
        math.fsum(replicate.square for replicate in replicates),
        sum(replicate.runs for replicate in replicates),
    )


def run_effect(total: Replicates) -> RunEffect | None:
    """The run-to-run variance of log-odds that replicates show (moments); None where they can show none."""
    if total.weight <= 0.0:
        return None
    variance = max(total.squared_spread - total.chance, 0.0) / total.weight
    freedom = total.weight**2 / total.square
    return RunEffect(variance, variance * _caution(freedom), freedom, total.runs)


def _caution(freedom: float) -> float:
    """By how much an estimate is multiplied; the quantile is Wilson and Hilferty's (1931)."""
    part = 2.0 / (9.0 * freedom)
    quantile = max(1.0 - part + _Z_OF_QUANTILE * math.sqrt(part), 0.1) ** 3
    return max(1.0, min(1.0 / quantile, 1.0 + 0.3 * (freedom - 1.0)))


def widen_by_run_effect(fall: Fall, variance: float, before: int, after: int) -> Fall:
    """The same rates with a run-to-run variance in their effective sizes.

    Args:
        variance: of a run's log-odds, 0 or more.
        before, after: runs of each side, 1 and more; what items have in common before and after stays what it is.
    """
    if variance <= 0.0:
        return fall
    sides = _widened(fall.before, variance / before), _widened(fall.after, variance / after)
    values = np.sqrt(sides[0].size * sides[1].size / (fall.before.size * fall.after.size))
    return replace(fall, before=sides[0], after=sides[1], correlation=fall.correlation * values)


def variance_bound(effect: RunEffect | None) -> float:
    """The variance that limits are widened by; 0 where nobody knows it."""
    return effect.bound if effect else 0.0


def size_without_run_effect(size: float, rate: float, variance: float) -> float:
    """The effective size that a rate would need without a run-to-run variance, to have `size` with it.

    So it is also what is left of the size of a measured rate when that variance is taken out. Infinite where the runs
    alone lie too far apart for `size`.

    Args:
        size: with it, > 0.
        rate: 0 to 1.
        variance: of the runs' mean log-odds: one run's over their number.
    """
    value = 1.0 / size - rate * (1.0 - rate) * variance
    return 1.0 / value if value > 0.0 else math.inf


def runs_needed(samples: float, rate: float, variance: float) -> int:
    """The runs at which a run-to-run variance takes half of what `samples` are worth, at least one."""
    return max(1, math.ceil(2.0 * samples * rate * (1.0 - rate) * variance))


def _widened(side: Proportion, variance: float) -> Proportion:
    return Proportion(side.rate, side.size / (1.0 + side.size * side.rate * (1.0 - side.rate) * variance))
