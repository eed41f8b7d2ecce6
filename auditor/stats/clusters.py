"""Items are the unit: how many independent samples a rate over items rests on.

The epochs of one item are not independent (Miller 2024, arXiv 2411.00640). A rate is the mean over k items of
misaligned/valid; with intraclass correlation rho its variance is p(1-p)/k^2 times the sum over items of
(1 + (m-1) rho)/m, m being the item's valid samples. The effective size is what puts that variance into p(1-p)/n.

The same items are run before and after, and a hard item stays hard: the two rates are correlated, and their difference
is surer than that of two samples. The correlation is used as far as the data vouch for it (`pairing`).

Everything works on the last axis, so that thousands of simulated suites are one call; an item without a valid sample is
not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditor.stats.falls import Fall
from auditor.stats.intervals import BoolArray, FloatArray, Proportion

_LARGEST_CORRELATION = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """Counts by item, arrays of shape (..., items): valid samples, and the misaligned among them."""

    valid: FloatArray
    misaligned: FloatArray

    def rates(self) -> FloatArray:
        """misaligned/valid; 0 where there is no valid sample."""
        return np.divide(self.misaligned, self.valid, out=np.zeros(self.valid.shape), where=self.valid > 0)


def fall_of_items(
    before: ItemCounts, after: ItemCounts, correlations: tuple[FloatArray, FloatArray] | None = None
) -> Fall:
    """A fall from counts by item, on the items with a valid sample on both sides, shape (...).

    Args:
        correlations: the items' intraclass correlation before and after, shape (...) each; estimated unless given.
    """
    if correlations is None:
        correlations = correlations_of_sides(variance_components(before), variance_components(after))
    both = (before.valid > 0) & (after.valid > 0)
    early, late = (
        ItemCounts(np.where(both, item_counts.valid, 0.0), item_counts.misaligned * both)
        for item_counts in (before, after)
    )
    sides = rate_of_items(early, correlations[0]), rate_of_items(late, correlations[1])
    return Fall(*sides, paired_correlation(early.rates(), late.rates(), both, *sides))


def paired_correlation(
    early: FloatArray, late: FloatArray, both: BoolArray, before: Proportion, after: Proportion
) -> FloatArray:
    """The correlation of two rates over common items, drawn towards 0 so that limits stay wide enough; shape (...).

    The sample correlation of the items' rates, with half an event taken from their co-occurrence (Newcombe 1998, method
    10, for proportions) and one standard error from its Fisher transform; and never so large that the difference
    would vary less than the items' own differences do, which the binomial model may not know. 0 where a side has no
    variation or there are not four items.

    Args:
        early, late: each item's rate, shape (..., items).
        both: which items have a valid sample on both sides.
        before, after: the two rates with their effective sizes.
    """
    items = np.count_nonzero(both, axis=-1)
    values, other = _centred(early, both, items), _centred(late, both, items)
    joint, squares = np.sum(values * other, axis=-1), (np.sum(values**2, axis=-1), np.sum(other**2, axis=-1))
    scale = np.sqrt(squares[0] * squares[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.clip(np.maximum(np.abs(joint) - 0.5, 0.0) / scale, 0.0, _LARGEST_CORRELATION)
        shrunk = np.maximum(np.tanh(np.arctanh(correlation) - 1.0 / np.sqrt(items - 3.0)), 0.0)
        spread = np.sqrt(_variance(before)), np.sqrt(_variance(after))
        noise = (squares[0] + squares[1] - 2.0 * joint) / ((items - 1.0) * items)
        most = (spread[0] ** 2 + spread[1] ** 2 - noise) / (2.0 * spread[0] * spread[1])
        shrunk_to_fit = np.where(joint > 0.0, np.clip(most, 0.0, shrunk), -shrunk)
    return np.where((items > 3) & (scale > 0.0), shrunk_to_fit, 0.0)


def _centred(rates: FloatArray, both: BoolArray, items: FloatArray) -> FloatArray:
    values = np.where(both, rates, 0.0)
    return np.where(both, values - (values.sum(axis=-1) / items)[..., np.newaxis], 0.0)


def _variance(side: Proportion) -> FloatArray:
    return side.rate * (1.0 - side.rate) / side.size


def rate_of_items(item_counts: ItemCounts, correlation: FloatArray) -> Proportion:
    """The mean over items of misaligned/valid with its effective size, shape (...); at least one valid sample each."""
    sizes = (item_counts.valid > 0).sum(axis=-1)
    return Proportion(item_counts.rates().sum(axis=-1) / sizes, effective_size(item_counts.valid, correlation))


def effective_size(valid: FloatArray, correlation: FloatArray | float) -> FloatArray:
    """The independent samples that a mean over items is worth: k^2 / sum((1 + (m-1) rho)/m), shape (...).

    Args:
        valid: valid samples by item, shape (..., items); those without any are left out.
        correlation: intraclass correlation, 0 (samples independent) to 1 (items are all that counts), shape (...).
    """
    values = valid > 0
    m = np.where(values, valid, 1.0)
    spread = np.where(values, (1.0 + (m - 1.0) * np.asarray(correlation)[..., np.newaxis]) / m, 0.0)
    return np.asarray(values.sum(axis=-1) ** 2 / spread.sum(axis=-1))


def pooled_correlation(components: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """The intraclass correlation of one suite's items, pooled over the sides where it can be estimated, shape (...).

    The analysis-of-variance estimator for binary data (Ridout, Demetrio and Firth 1999), from the variance components
    within each side, so that a difference between sides is not taken for a difference between items. A side without
    any variation says nothing; where no side says anything, items are taken as all that counts (1).
    """
    between = within = np.zeros(())
    for parts in components:
        between, within = between + parts[0], within + parts[1]
    total = between + within
    share = np.divide(between, total, out=np.ones(np.shape(total)), where=total > 0.0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def correlations_of_sides(
    before: tuple[FloatArray, FloatArray], after: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """The intraclass correlation of each side from both sides' variance components, shape (...) each.

    Of both together, since a side with few failures tells little; and never less than a side shows by itself: a patch
    that scales every item's chance down makes samples of an item less alike after it than they were.
    """
    pooled = pooled_correlation([before, after])
    own = [
        np.divide(between, between + within, out=np.zeros(np.shape(between)), where=between + within > 0.0)
        for between, within in (before, after)
    ]
    return np.maximum(pooled, np.clip(own[0], 0.0, 1.0)), np.maximum(pooled, np.clip(own[1], 0.0, 1.0))


def variance_components(side: ItemCounts) -> tuple[FloatArray, FloatArray]:
    """(between, within) variance of one side, weighted by its samples; 0 and 0 where they cannot be told apart."""
    valid, rates = side.valid, side.rates()
    total, items = valid.sum(axis=-1), (valid > 0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        overall = side.misaligned.sum(axis=-1) / total
        mean_between = np.sum(valid * (rates - overall[..., np.newaxis]) ** 2, axis=-1) / (items - 1)
        mean_within = np.sum(valid * rates * (1.0 - rates), axis=-1) / (total - items)
        size = (total - np.sum(valid**2, axis=-1) / total) / (items - 1)
        between = np.maximum((mean_between - mean_within) / size, 0.0) * total
    estimable = (items >= 2) & (total > items) & (mean_between + mean_within > 0.0)
    return np.where(estimable, between, 0.0), np.where(estimable, mean_within * total, 0.0)


def mean_of_falls(falls: Sequence[Fall]) -> Fall:
    """The average of suites before and after, suites independent of each other; falls of one shape."""
    before, after = mean_of_suites([fall.before for fall in falls]), mean_of_suites([fall.after for fall in falls])
    if len(falls) == 1:
        return Fall(before, after, falls[0].correlation)
    sides = [(1.0 / fall.before.size, 1.0 / fall.after.size) for fall in falls]
    joint = sum(fall.correlation * np.sqrt(b * a) for fall, (b, a) in zip(falls, sides, strict=True))
    early, late = sum(b for b, _ in sides), sum(a for _, a in sides)
    return Fall(before, after, np.asarray(joint / np.sqrt(early * late)))


def mean_of_suites(sides: Sequence[Proportion]) -> Proportion:
    """The average of suites (not of samples), with its effective size k^2 / sum(1/n); arrays of one shape.

    Exact where the suites share one rate; where they do not, the variance it implies is too large, never too small,
    for suites of one size.
    """
    if len(sides) == 1:
        return sides[0]
    rates, sizes = np.stack([side.rate for side in sides]), np.stack([side.size for side in sides])
    return Proportion(rates.mean(axis=0), len(sides) ** 2 / (1.0 / sizes).sum(axis=0))
