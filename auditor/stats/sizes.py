"""How many samples would settle a question."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from auditor.stats.falls import Fall, fall_limits
from auditor.stats.intervals import Proportion
from auditor.stats.normal import z_of_error

_POWER_Z = z_of_error(0.2)
_LARGEST = 1_000_000


def to_see_one(rate: float, error: float) -> int:
    """Samples that show at least one event with probability 1 - error, at a true rate in (0, 1)."""
    return math.ceil(math.log(error) / math.log1p(-rate))


def to_bound(rate: float, error: float) -> int:
    """Samples without an event whose upper limit, left out with probability `error`, is at most `rate`, in (0, 1)."""
    return to_see_one(rate, error)


def to_settle_transfer(test: Fall, base: float, c: float, error: float) -> int | None:
    """Held-out samples a side that show, with probability 0.8, that nothing of a test fall carries over.

    D = r_H - c r_T is taken at r_H = 0 and needs (z_error + z_power) standard errors of room below 0; the standard
    errors are MOVER's distances at z = 1. None where no number does: the test fall alone is too uncertain.

    Args:
        test: the test side, arrays of shape ().
        base: the held-out rate before, in (0, 1).
        c: the transfer to exclude, > 0.
        error: one-sided, 0 to 0.5.
    """
    z = z_of_error(error)
    fall = fall_limits(test, np.asarray(z))
    distance_per_z = float(fall.estimate - fall.low) / z
    room = c * float(fall.estimate) / (z + _POWER_Z)
    spare = room**2 - (c * distance_per_z) ** 2
    if not spare > 0.0:
        return None
    return _smallest(lambda n: _unchanged_distance(base, n) ** 2 <= spare)


def _unchanged_distance(base: float, n: int) -> float:
    """How far the upper limit of a held-out fall of 0 is from it, at z = 1."""
    side = Proportion(np.asarray(base), np.asarray(float(n)))
    limits = fall_limits(Fall(side, side), np.asarray(1.0))
    return float(limits.high - limits.estimate)


def _smallest(enough: Callable[[int], bool]) -> int | None:
    low, high = 1, 2
    while not enough(high):
        low, high = high, high * 2
        if high > _LARGEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
