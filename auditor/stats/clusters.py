"""Items are the unit: how many independent samples a rate over items rests on.

The epochs of one item are not independent (Miller 2024, arXiv 2411.00640). A rate is the mean over k items of
misaligned/valid; with intraclass correlation rho its variance is p(1-p)/k^2 times the sum over items of
(1 + (m-1) rho)/m, m being the item's valid samples. The effective size is what puts that variance into p(1-p)/n.

Nor are items of one cluster (instances of a template, questions about one document) independent of each other: what
they have in common counts as often as they are many.

The same items are run before and after, and a hard item stays hard: the two rates are correlated, and their difference
is surer than that of two samples. The correlation is used as far as the data vouch for it (`pairing`).

Everything works on the last axis, so that thousands of simulated suites are one call; an item without a valid sample is
not there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.stats.falls import Fall
from auditor.stats.intervals import BoolArray, FloatArray, Proportion

IndexArray = NDArray[np.intp]

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
    before: ItemCounts,
    after: ItemCounts,
    correlations: tuple[FloatArray, FloatArray] | None = None,
    clusters: IndexArray | None = None,
) -> Fall:
    """A fall from counts by item, on the items with a valid sample on both sides, shape (...).

    Args:
        correlations: the items' intraclass correlation before and after, shape (...) each; estimated unless given.
        clusters: the number of the cluster that each item is in, from 0 on, shape (items,); None where each item is one
            by itself.
    """
    if correlations is None:
        correlations = correlations_of_sides(variance_components(before), variance_components(after))
    both = (before.valid > 0) & (after.valid > 0)
    early, late = (
        ItemCounts(np.where(both, item_counts.valid, 0.0), item_counts.misaligned * both)
        for item_counts in (before, after)
    )
    rates, items = (early.rates(), late.rates()), np.count_nonzero(both, axis=-1)
    if clusters is None:
        sides = rate_of_items(early, correlations[0]), rate_of_items(late, correlations[1])
        samples = np.minimum(early.valid.sum(axis=-1), late.valid.sum(axis=-1)) / np.maximum(items, 1)
        samples, alike = np.maximum(samples, 1.0), np.maximum(*correlations)
        event = 0.5 * (1.0 + (samples - 1.0) * alike) / samples
        deviations = [_centred(rate, both, items) for rate in rates]
        return Fall(*sides, paired_correlation(deviations, event, items, items, *sides))
    sizes = _sum_by_cluster(both.astype(np.float64), clusters)
    units = np.count_nonzero(sizes > 0.0, axis=-1)
    shares = _cluster_correlations(rates, both, clusters)
    early_side, late_side = (
        Proportion(rate.sum(axis=-1) / items, effective_size(side.valid, correlation, sizes, share))
        for rate, side, correlation, share in zip(rates, (early, late), correlations, shares, strict=True)
    )
    deviations = [_sum_by_cluster(_centred(rate, both, items), clusters) for rate in rates]
    event = 0.5 * np.sum(sizes**2, axis=-1) / np.maximum(units, 1)
    return Fall(early_side, late_side, paired_correlation(deviations, event, units, items, early_side, late_side))


def paired_correlation(
    deviations: Sequence[FloatArray],
    event: FloatArray,
    units: FloatArray,
    items: FloatArray,
    before: Proportion,
    after: Proportion,
) -> FloatArray:
    """The correlation of two rates over common items, drawn towards 0 so that limits stay wide enough; shape (...).

    The sample correlation of the items' rates, with half an event taken from their co-occurrence (Newcombe 1998, method
    10, for proportions) and one standard error from its Fisher transform; and never so large that the difference
    would vary less than the items' own differences do, which the binomial model may not know. 0 where a side has no
    variation or there are not four items. Where items are in clusters, the sums of a cluster take their place.

    Args:
        deviations: of each side, each item's rate (or the sum of a cluster's rates) from the mean, shape (..., units).
        event: half an event on their scale: half of one sample's share of an item's rate, by which samples of an item
            go together (a whole item where they always agree); of clusters, half of a whole cluster.
        units, items: how many there are.
        before, after: the two rates with their effective sizes.
    """
    values, other = deviations
    joint, squares = np.sum(values * other, axis=-1), (np.sum(values**2, axis=-1), np.sum(other**2, axis=-1))
    scale = np.sqrt(squares[0] * squares[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        sample = np.clip(np.maximum(np.abs(joint) - event, 0.0) / scale, 0.0, _LARGEST_CORRELATION)
        shrunk = np.maximum(np.tanh(np.arctanh(sample) - 1.0 / np.sqrt(units - 3.0)), 0.0)
        spread = np.sqrt(_variance(before)), np.sqrt(_variance(after))
        differences = (squares[0] + squares[1] - 2.0 * joint) * units / ((units - 1.0) * items**2)
        most = (spread[0] ** 2 + spread[1] ** 2 - differences) / (2.0 * spread[0] * spread[1])
        cautious = np.where(joint > 0.0, np.clip(most, 0.0, shrunk), -shrunk)
    return np.where((units > 3) & (scale > 0.0), cautious, 0.0)


def _centred(rates: FloatArray, both: BoolArray, items: FloatArray) -> FloatArray:
    values = np.where(both, rates, 0.0)
    return np.where(both, values - (values.sum(axis=-1) / items)[..., np.newaxis], 0.0)


def _sum_by_cluster(values: FloatArray, clusters: IndexArray) -> FloatArray:
    """Sums over the items of each cluster, shape (..., clusters), of values of shape (..., items)."""
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    return np.asarray(np.add.reduceat(values[..., order], starts, axis=-1))


def _cluster_correlations(
    rates: Sequence[FloatArray], both: BoolArray, clusters: IndexArray
) -> tuple[FloatArray, FloatArray]:
    """The correlation of samples of different items of one cluster, on each side, shape (...).

    The analysis of variance of the items' rates between and within clusters, both sides together and never less than a
    side shows by itself, times 1 + 2/sqrt(clusters): few clusters estimate it badly, and one that is too small accuses.
    Where no side has any variation, items of a cluster are taken to be alike (1).
    """
    sides = [_between_clusters(rate, both, clusters) for rate in rates]
    between, total = (sum(parts, np.zeros(())) for parts in zip(*sides, strict=True))
    pooled = np.divide(between, total, out=np.ones(np.shape(total)), where=total > 0.0)
    caution = 1.0 + 2.0 / math.sqrt(int(clusters.max()) + 1)
    own = [np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0.0) for part, whole in sides]
    early, late = (np.clip(np.maximum(pooled, share) * caution, 0.0, 1.0) for share in own)
    return early, late


def _between_clusters(rates: FloatArray, both: BoolArray, clusters: IndexArray) -> tuple[FloatArray, FloatArray]:
    """The variance of the items' rates between clusters, and p(1 - p), shape (...) each."""
    sizes = _sum_by_cluster(both.astype(np.float64), clusters)
    items, units = sizes.sum(axis=-1), np.count_nonzero(sizes > 0.0, axis=-1)
    overall = np.sum(np.where(both, rates, 0.0), axis=-1) / items
    means = _sum_by_cluster(np.where(both, rates, 0.0), clusters) / np.maximum(sizes, 1.0)
    number = np.unique(clusters, return_inverse=True)[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_between = np.sum(sizes * (means - overall[..., np.newaxis]) ** 2, axis=-1) / (units - 1)
        within = np.sum(np.where(both, (rates - means[..., number]) ** 2, 0.0), axis=-1) / (items - units)
        size = (items - np.sum(sizes**2, axis=-1) / items) / (units - 1)
        between = np.maximum((mean_between - within) / size, 0.0)
    total = overall * (1.0 - overall)
    able = (units >= 2) & (items > units)
    return np.where(able, between, total), total


def _variance(side: Proportion) -> FloatArray:
    return side.rate * (1.0 - side.rate) / side.size


def rate_of_items(item_counts: ItemCounts, correlation: FloatArray, clusters: IndexArray | None = None) -> Proportion:
    """The mean over items of misaligned/valid with its effective size, shape (...); at least one valid sample each.

    Args:
        clusters: as of `fall_of_items`.
    """
    able, rates = item_counts.valid > 0, item_counts.rates()
    mean = rates.sum(axis=-1) / able.sum(axis=-1)
    if clusters is None:
        return Proportion(mean, effective_size(item_counts.valid, correlation))
    share, _ = _cluster_correlations((rates, rates), able, clusters)
    sizes = _sum_by_cluster(able.astype(np.float64), clusters)
    return Proportion(mean, effective_size(item_counts.valid, correlation, sizes, share))


def effective_size(
    valid: FloatArray,
    correlation: FloatArray | float,
    sizes: FloatArray | None = None,
    share: FloatArray | float = 0.0,
) -> FloatArray:
    """The independent samples that a mean over items is worth: k^2 / sum((1 + (m-1) rho)/m), shape (...).

    Items in clusters of s add sum(s (s-1)) times the correlation between items of one cluster below the line.

    Args:
        valid: valid samples by item, shape (..., items); those without any are left out.
        correlation: intraclass correlation, 0 (samples independent) to 1 (items are all that counts), shape (...).
        sizes: items with a valid sample by cluster, shape (..., clusters); None without clusters.
        share: the correlation between items of one cluster, 0 to 1, shape (...).
    """
    values = valid > 0
    m = np.where(values, valid, 1.0)
    spread = np.where(values, (1.0 + (m - 1.0) * np.asarray(correlation)[..., np.newaxis]) / m, 0.0).sum(axis=-1)
    if sizes is not None:
        spread = spread + np.sum(sizes * np.maximum(sizes - 1.0, 0.0), axis=-1) * share
    return np.asarray(values.sum(axis=-1) ** 2 / spread)


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


def mean_of_falls(falls: Sequence[Fall], alike: Sequence[FloatArray] | None = None) -> Fall:
    """The average of suites before and after; falls of one shape.

    Args:
        alike: before and after, the correlation between the rates of each two suites, shape (suites, suites); None
            where they are independent of each other. Conditions of the same items are not.
    """
    early, late = alike if alike is not None else (None, None)
    before, after = (
        mean_of_suites([fall.before for fall in falls], early),
        mean_of_suites([fall.after for fall in falls], late),
    )
    if len(falls) == 1:
        return Fall(before, after, falls[0].correlation)
    joint = (
        sum(fall.correlation * np.sqrt(_variance(fall.before) * _variance(fall.after)) for fall in falls)
        / len(falls) ** 2
    )
    scale = np.sqrt(_variance(before) * _variance(after))
    correlation = np.divide(joint, scale, out=np.zeros(np.shape(scale)), where=scale > 0.0)
    return Fall(before, after, np.clip(correlation, -_LARGEST_CORRELATION, _LARGEST_CORRELATION))


def mean_of_suites(sides: Sequence[Proportion], alike: FloatArray | None = None) -> Proportion:
    """The average of suites (not of samples), with its effective size; arrays of one shape.

    The size is what puts the variance of the average into p(1-p)/n: k^2 / sum(1/n) where the suites share one rate, and
    the smaller of this and what their own rates come to where they do not.

    Args:
        alike: the correlation between the rates of each two suites, as of `mean_of_falls`.
    """
    if len(sides) == 1:
        return sides[0]
    rates, sizes = np.stack([side.rate for side in sides]), np.stack([side.size for side in sides])
    shared = np.eye(len(sides)) if alike is None else alike
    mean = rates.mean(axis=0)
    size = len(sides) ** 2 / _spread(1.0 / np.sqrt(sizes), shared)
    own = _spread(np.sqrt(rates * (1.0 - rates) / sizes), shared) / len(sides) ** 2
    by_rates = np.divide(mean * (1.0 - mean), own, out=np.full(np.shape(own), np.inf), where=own > 0.0)
    return Proportion(mean, np.minimum(size, by_rates))


def _spread(deviations: FloatArray, alike: FloatArray) -> FloatArray:
    """The variance of a sum of correlated values, of their standard deviations, shape (values, ...)."""
    return np.asarray(np.einsum("i...,ij,j...->...", deviations, alike, deviations))
