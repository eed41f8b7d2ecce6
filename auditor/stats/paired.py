"""The difference of two mean scores over the same items: estimate, limits, and a p-value that agrees with them.

Scores come in by item, as arrays of shape (readings, items): what is established, every reading of the invalid samples
establishes, and the first one gives the estimate. Items are the clusters: the samples of an item count as its mean,
and an item's two means belong together (Miller 2024, arXiv 2411.00640, section 4.2). Counts of samples that are 0 or 1
take the limits of `falls`, which hold at none and all; other scores those of the items' own differences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from auditor.stats.clusters import ItemCounts, fall_of_items
from auditor.stats.falls import Limits, difference_limits, z_fell_less_than, z_fell_more_than
from auditor.stats.intervals import FloatArray, binomial_cdf, exact_upper_limit, z_of_error
from auditor.stats.replicates import widen_by_run_effect

# Below so many items with a difference, their differences do not show their own spread.
_FEWEST_MOVED = 10
# The t distribution of so many degrees of freedom is the normal one.
_NORMAL_FREEDOM = 1_000
_HALVINGS = 60
_LARGEST_T = 1e6
# Below it a difference of two numbers near 1 says nothing.
_SMALLEST_TAIL = 1e-15


@dataclass(frozen=True, slots=True)
class Difference:
    """The second mean minus the first, in units of the score.

    Attributes:
        estimate: with the invalid samples left out.
        low, high: limits, `error` left out by both together.
        p_value: two-sided, of no difference; under `error` exactly where the limits leave 0 out.
        error: 0 to 1, exclusive.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    error: float


def difference_of_rates(
    first: ItemCounts, second: ItemCounts, error: float, variance: float = 0.0, runs: tuple[int, int] = (1, 1)
) -> Difference:
    """The difference of two rates over the items with a valid sample on both sides, of which there is at least one.

    Args:
        first, second: shape (readings, items); `misaligned` counts the samples that scored 1.
        error, variance, runs: as for `rate_differences`.
    """
    limits, p_values = rate_differences(first, second, error, variance, runs)
    return Difference(
        estimate=float(limits.estimate[0]),
        low=float(limits.low.min()),
        high=float(limits.high.max()),
        p_value=float(p_values.max()),
        error=error,
    )


def rate_differences(
    first: ItemCounts, second: ItemCounts, error: float, variance: float = 0.0, runs: tuple[int, int] = (1, 1)
) -> tuple[Limits, FloatArray]:
    """Differences of two rates with limits, and their p-values, shape (...) of counts of shape (..., items).

    Limits by MOVER on Wilson's with the items' correlation (Zou and Donner 2008; `falls.difference_limits`), with
    Student's t of the fewest items in place of z, as few items tell little of their spread; where under ten items
    differ, as wide at least as what none of so many shows. A p-value is the smallest error at which they leave 0 out.

    Args:
        error: both ends together.
        variance: of a run's log-odds, by which runs of one state differ; 0 where that is unknown.
        runs: how many runs each side has.
    """
    fall = widen_by_run_effect(fall_of_items(first, second), variance, *runs)
    both = (first.valid > 0) & (second.valid > 0)
    freedom = max(int(np.count_nonzero(both, axis=-1).min()) - 1, 1)
    limits = difference_limits(fall, np.asarray(t_quantile(1.0 - error / 2.0, freedom)))
    z = np.maximum(z_fell_more_than(fall, 0.0), z_fell_less_than(fall, 0.0))
    p_values = np.array([2.0 * t_tail(value, freedom) for value in z.flat]).reshape(z.shape)
    wide = Limits(0.0 - limits.estimate, 0.0 - limits.high, 0.0 - limits.low)
    differences = second.rates() - first.rates()
    for place in np.ndindex(z.shape):
        low, high, p_value = _limits_of_few(differences[place][both[place]], 1.0, error)
        wide.low[place] = np.minimum(wide.low[place], low)
        wide.high[place] = np.maximum(wide.high[place], high)
        p_values[place] = np.maximum(p_values[place], p_value)
    return wide, p_values


def _limits_of_few(differences: FloatArray, width: float, error: float) -> tuple[float, float, float]:
    """Limits and p-value where few items differ: those that were not seen to may, by the whole width.

    The share of items that differ one way has Clopper and Pearson's upper limit (1934), the others' being as observed;
    where ten items differ, infinitely narrow limits, as theirs show the spread.

    Args:
        differences: of each item, shape (items,).
    """
    items, mean = len(differences), float(differences.mean())
    up, down = int(np.count_nonzero(differences > 0.0)), int(np.count_nonzero(differences < 0.0))
    if up + down >= _FEWEST_MOVED:
        return mean, mean, 0.0
    high, low = (width * (exact_upper_limit(way / items, items, error / 2.0) - way / items) for way in (up, down))
    against = down if mean > 0.0 else up
    share = abs(mean) / width + against / items
    p_value = 1.0 if mean == 0.0 else 2.0 * binomial_cdf(against, items, share) if share < 1.0 else 0.0
    return mean - low, mean + high, min(p_value, 1.0)


def difference_of_means(first: FloatArray, second: FloatArray, width: float, error: float) -> Difference:
    """The difference of two mean scores over common items, each item's mean on each side, shape (readings, items).

    An item that has NaN on a side of a reading is not in that reading; each has one item at least.

    Student's t on the items' differences (1908). Where under ten items differ, their spread is not known: two further
    items are added, which differ by half of `width`'s square each way, as Agresti and Min (2005, Statistics in
    Medicine 24) add half a pair to each cell of matched pairs; and the limits are as wide at least as what none of so
    many shows.

    Args:
        width: how far apart two scores can be, > 0.
        error: both ends together.
    """
    parts = [_limits_of_reading(reading, other, width, error) for reading, other in zip(first, second, strict=True)]
    return Difference(
        estimate=float(np.nanmean(second[0] - first[0])),
        low=max(min(low for low, _, _ in parts), -width),
        high=min(max(high for _, high, _ in parts), width),
        p_value=max(p for _, _, p in parts),
        error=error,
    )


def _limits_of_reading(first: FloatArray, second: FloatArray, width: float, error: float) -> tuple[float, float, float]:
    """The limits and the p-value of one reading, arrays of shape (items,)."""
    differences = second - first
    differences = differences[~np.isnan(differences)]
    mean, spread, items = _moments(differences, width)
    freedom = max(len(differences) - 1, 1)
    half = t_quantile(1.0 - error / 2.0, freedom) * spread / math.sqrt(items)
    p_value = 1.0 if mean == 0.0 else 2.0 * t_tail(abs(mean) * math.sqrt(items) / spread, freedom)
    few = _limits_of_few(differences, width, error)
    return min(mean - half, few[0]), max(mean + half, few[1]), max(p_value, few[2])


def _moments(differences: FloatArray, width: float) -> tuple[float, float, int]:
    """The mean and standard deviation of some items' differences, and how many items count for them."""
    items = len(differences)
    if np.count_nonzero(differences) >= _FEWEST_MOVED:
        return float(differences.mean()), max(float(differences.std(ddof=1)), 1e-12 * width), items
    total = items + 2
    mean = float(differences.sum()) / total
    square = (float((differences**2).sum()) + width**2) / total
    return mean, math.sqrt(square - mean**2), total


def mean_limits(means: FloatArray, low: float, high: float, error: float) -> tuple[float, float]:
    """Limits of the mean score of some items, shape (items,), each between `low` and `high`.

    Student's t. Where all have one score, as many items as none of so many shows (Clopper and Pearson 1934) may have
    the least or the largest.
    """
    if float(means.std()) == 0.0:
        share = 1.0 - (error / 2.0) ** (1.0 / len(means))
        return float(means[0]) - share * (float(means[0]) - low), float(means[0]) + share * (high - float(means[0]))
    half = t_quantile(1.0 - error / 2.0, len(means) - 1) * float(means.std(ddof=1)) / math.sqrt(len(means))
    return max(float(means.mean()) - half, low), min(float(means.mean()) + half, high)


def items_to_bound(first: FloatArray, second: FloatArray, width: float, margin: float, error: float) -> int:
    """How many such items bound the difference by `margin`, with probability 0.8, if there is none.

    The limits have to lie within the margin on both sides: z of half the error and of a tenth (Julious 2004,
    Statistics in Medicine 23, on equivalence), with the standard deviation of the items' differences.

    Args:
        first, second: each item's mean, shape (items,).
    """
    _, spread, _ = _moments(second - first, width)
    z = z_of_error(error / 2.0) + z_of_error(0.1)
    return max(1, math.ceil((spread * z / margin) ** 2))


def t_tail(t: float, freedom: int) -> float:
    """What Student's distribution leaves above t, 0 or more: the finite sums of Abramowitz and Stegun 26.7.3, 26.7.4.

    Args:
        freedom: degrees of freedom, 1 and more.
    """
    if freedom > _NORMAL_FREEDOM:
        return max(_SMALLEST_TAIL, 0.5 * math.erfc(t / math.sqrt(2.0)))
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2 == 1
    term, total = (cosine, cosine) if odd else (1.0, 1.0)
    for step in range(3 if odd else 2, freedom, 2):
        term *= (step - 1) / step * cosine * cosine
        total += term
    inside = 2.0 / math.pi * (angle + (sine * total if freedom > 1 else 0.0)) if odd else sine * total
    return max(_SMALLEST_TAIL, 0.5 * (1.0 - inside))


def t_quantile(probability: float, freedom: int) -> float:
    """The t that Student's distribution exceeds with 1 - `probability`, in (0.5, 1), by bisection."""
    low, high = 0.0, _LARGEST_T
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if t_tail(middle, freedom) > 1.0 - probability else (low, middle)
    return high
