"""Families of tests: the level each may use so that the family's error is held (Holm 1979)."""

from __future__ import annotations

from collections.abc import Sequence


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
