"""Families of tests: the level each may use so that the family's error is held (Holm 1979)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from auditor.stats.normal import Array


def holm_levels(p_values: Sequence[float], error: float) -> tuple[float, ...]:
    """The level at which each of a family's tests is decided, so that limits at that level agree with Holm.

    The test of rank i among m (smallest first) has the level error/(m - i + 1) as long as every smaller one was
    established at its own; after the first that was not, all share that one's level. Equal p-values share one level.

    Args:
        p_values: each 0 to 1, any order.
        error: the family's, 0 to 0.5.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    levels = [0.0] * len(p_values)
    level, last, going = error, -1.0, True
    for rank, index in enumerate(order):
        if going and p_values[index] != last:
            level, last = error / (len(order) - rank), p_values[index]
            going = last <= level
        levels[index] = level
    return tuple(levels)


def holm_levels_of_rows(p_values: Array, error: float) -> Array:
    """`holm_levels` of every row, shape (families, tests)."""
    order = np.argsort(p_values, axis=1, kind="stable")
    ranked = np.take_along_axis(p_values, order, axis=1)
    families, tests = p_values.shape
    levels = np.empty_like(ranked)
    level, last, going = np.full(families, error), np.full(families, -1.0), np.ones(families, dtype=bool)
    for rank in range(tests):
        fresh = going & (ranked[:, rank] != last)
        level = np.where(fresh, error / (tests - rank), level)
        last = np.where(fresh, ranked[:, rank], last)
        going = np.where(fresh, ranked[:, rank] <= level, going)
        levels[:, rank] = level
    found = np.empty_like(levels)
    np.put_along_axis(found, order, levels, axis=1)
    return found
