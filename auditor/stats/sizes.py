"""How many samples would settle a question."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from auditor.stats.falls import Fall, transfer_is_below
from auditor.stats.intervals import Proportion, z_under
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

    The contrast has to exclude c at z_error + z_power with the held-out rate where it was; on the odds scale too unless
    that rate is shown to be under one half, as for an accusation. (Limits taken so far out follow the skew of a ratio;
    standard errors times that z ask for up to half as many samples again.) None where no number does: the test fall
    alone is too uncertain.

    Args:
        test: the test side, arrays of shape ().
        base: the held-out rate before, in (0, 1).
        c: the transfer to exclude, > 0.
        error: one-sided, 0 to 0.5.
    """
    z = np.asarray(z_of_error(error) + _POWER_Z)

    def enough(samples: int) -> bool:
        side = Proportion(np.asarray(base), np.asarray(float(samples)))
        unchanged = Fall(side, side)
        scales = (False,) if z_under(side, 0.5) >= z else (False, True)
        return all(bool(transfer_is_below(test, unchanged, c, z, odds=odds)) for odds in scales)

    return _smallest(enough)


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
