"""Items are the unit: how many independent samples a rate over items rests on.

The epochs of one item are not independent (Miller 2024, arXiv 2411.00640). A rate is the mean over k items of
misaligned/valid; with intraclass correlation rho its variance is p(1-p)/k^2 times the sum over items of
(1 + (m-1) rho)/m, m being the item's valid samples. The effective size is what puts that variance into p(1-p)/n.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from auditor.stats.intervals import Proportion
from auditor.stats.normal import Array


def effective_size(valid: Array, correlation: float) -> float:
    """The independent samples that a mean over items is worth: k^2 / sum((1 + (m-1) rho)/m).

    Args:
        valid: valid samples by item, each at least 1; shape (items,).
        correlation: intraclass correlation, 0 (samples independent) to 1 (items are all that counts).
    """
    return float(valid.size**2 / np.sum((1.0 + (valid - 1.0) * correlation) / valid))


def intraclass_correlation(sides: Sequence[tuple[Array, Array]]) -> float:
    """The intraclass correlation of one suite's items, pooled over the sides where it can be estimated.

    The analysis-of-variance estimator for binary data (Ridout, Demetrio and Firth 1999), within each side, so that a
    difference between sides is not taken for a difference between items. A side without any variation says nothing;
    where no side says anything, items are taken as all that counts (1).

    Args:
        sides: pairs (valid, misaligned) by item, each of shape (items,), valid at least 1.
    """
    between = within = weight = 0.0
    for valid, misaligned in sides:
        parts = _variance_components(valid, misaligned)
        if parts is not None:
            between, within, weight = between + parts[0], within + parts[1], weight + 1.0
    if weight == 0.0 or between + within <= 0.0:
        return 1.0
    return float(min(max(between / (between + within), 0.0), 1.0))


def _variance_components(valid: Array, misaligned: Array) -> tuple[float, float] | None:
    """(between, within) variance of one side, weighted by its samples; None where they cannot be told apart."""
    total, items = float(valid.sum()), valid.size
    if items < 2 or total <= items:
        return None
    rates = misaligned / valid
    overall = float(misaligned.sum()) / total
    mean_between = float(np.sum(valid * (rates - overall) ** 2)) / (items - 1)
    mean_within = float(np.sum(valid * rates * (1.0 - rates))) / (total - items)
    if mean_between + mean_within <= 0.0:
        return None
    size = (total - float(np.sum(valid**2)) / total) / (items - 1)
    return max((mean_between - mean_within) / size, 0.0) * total, mean_within * total


def mean_of_suites(sides: Sequence[Proportion]) -> Proportion:
    """The average of suites (not of samples), with its effective size k^2 / sum(1/n); arrays of one shape.

    Exact where the suites share one rate; where they do not, the variance it implies is too large, never too small,
    for suites of one size.
    """
    if len(sides) == 1:
        return sides[0]
    rates, sizes = np.stack([side.rate for side in sides]), np.stack([side.size for side in sides])
    return Proportion(rates.mean(axis=0), len(sides) ** 2 / (1.0 / sizes).sum(axis=0))
