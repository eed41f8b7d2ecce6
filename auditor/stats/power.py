"""How many samples, items, epochs or runs would settle a question, and how probable an answer is at a size.

In: true or expected rates and an error. Out: the smallest numbers with probability 0.8; None where no number does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from auditor.stats.falls import (
    Fall,
    fall_is_above,
    fall_is_below,
    transfer_is_above,
    transfer_is_below,
    z_fell_more_than,
    z_shift_ruled_out,
    z_transfer_above,
    z_transfer_below,
)
from auditor.stats.intervals import BoolArray, FloatArray, Proportion, error_of_z, z_of_error

_POWER_Z = z_of_error(0.2)
_LARGEST_SAMPLE = 1_000_000
_HALVINGS_AT_ONCE = 4


def samples_to_see_event(rate: float, error: float) -> int:
    """Samples that show at least one event with probability 1 - error, at a true rate in (0, 1)."""
    return math.ceil(math.log(error) / math.log1p(-rate))


def samples_to_bound_rate(rate: float, error: float) -> int:
    """Samples without an event whose upper limit, left out with probability `error`, is at most `rate`, in (0, 1)."""
    return samples_to_see_event(rate, error)


def samples_to_exclude_transfer(test: Fall, base: float, c: float, error: float) -> int | None:
    """Held-out samples a side that show, with probability 0.8, that nothing of a test fall carries over.

    The contrast has to exclude c at z_error + z_power with the held-out rate where it was; on the odds scale too unless
    a shift that both share is ruled out, as for an accusation. (Limits taken so far out follow the skew of a ratio;
    standard errors times that z ask for up to half as many samples again.) None where no number does: the test fall
    alone is too uncertain.

    Args:
        test: the test side, arrays of shape ().
        base: the held-out rate before, in (0, 1).
        c: the transfer to exclude, > 0.
        error: one-sided, 0 to 0.5.
    """
    z = np.asarray(z_of_error(error) + _POWER_Z)
    return _smallest_sample(lambda samples: _transfer_is_excluded(test, _held_out_fall(base, base, samples), c, z))


def _transfer_is_excluded(test: Fall, held_out: Fall, c: float, z: FloatArray) -> BoolArray:
    """Whether transfer is under `c` at z, on the odds scale too unless a shift that both share is ruled out."""
    on_rates, on_odds = (transfer_is_below(test, held_out, c, z, odds=odds) for odds in (False, True))
    return on_rates & (on_odds | (z_shift_ruled_out(test, held_out) >= z))


def samples_to_show_transfer(test: Fall, base: float, c: float, error: float) -> int | None:
    """Held-out samples a side that show, with probability 0.8, that more than `c` carried over, if all of it did.

    As `to_settle_transfer`, with the held-out rate falling as the test's did; the held-out fall itself has to be
    established, too, as a clearance needs both.
    """
    return samples_to_decide_transfer(test, base, base * _remaining_share(test), c, error)


def samples_to_decide_transfer(
    test: Fall, before: float, after: float, c: float, error: float, whole: float | None = None
) -> int | None:
    """Held-out samples a side that decide about held-out rates `before` and `after`, with probability 0.8; else None.

    Decided is: transfer under `c`, as for `to_settle_transfer`; or a held-out fall and transfer above `c` on both
    scales; or, where `whole` is given, a held-out fall and transfer under `whole` on both.
    """
    z = np.asarray(z_of_error(error) + _POWER_Z)
    at_z = np.asarray(z_of_error(float(error_of_z(z))))

    def decided(samples: FloatArray) -> BoolArray:
        held_out = _held_out_fall(before, after, samples)
        above = [transfer_is_above(test, held_out, c, z, odds=odds) for odds in (False, True)]
        carried = above[0] & above[1]
        if whole is not None:
            partly = [transfer_is_below(test, held_out, whole, z, odds=odds) for odds in (False, True)]
            carried |= partly[0] & partly[1]
        return _transfer_is_excluded(test, held_out, c, z) | (fall_is_above(held_out, 0.0, at_z) & carried)

    return _smallest_sample(decided)


def samples_to_show_fall(before: float, after: float, error: float) -> int | None:
    """Samples a side that establish a fall, with probability 0.8, at these true rates; None where there is none."""
    if not 0.0 <= after < before:
        return None
    z = _z_with_power(error)
    return _smallest_sample(lambda samples: fall_is_above(_held_out_fall(before, after, samples), 0.0, z))


def samples_to_show_no_fall(rate: float, margin: float, error: float) -> int | None:
    """Samples a side that show, with probability 0.8, a fall under `margin`, at a true rate in (0, 1) that stays."""
    z = _z_with_power(error)
    return _smallest_sample(lambda samples: fall_is_below(_held_out_fall(rate, rate, samples), margin, z))


def _z_with_power(error: float) -> FloatArray:
    """The z at which limits exclude something with probability 0.8."""
    return np.asarray(z_of_error(float(error_of_z(np.asarray(z_of_error(error) + _POWER_Z)))))


def transfer_power(
    test: Fall, base: float, samples: FloatArray, c: float, error: float
) -> tuple[FloatArray, FloatArray]:
    """How probable it is, by held-out samples a side, to be told that nothing carried over, and that all did.

    Each if it is true: by the normal approximation on the scale on which the limits move, Phi(z - z_error), with z the
    largest at which the expected counts establish it. Both of the shape of `samples`.
    """
    tests = Fall(test.before.stretched(samples.shape), test.after.stretched(samples.shape))
    stayed, fell = _held_out_fall(base, base, samples), _held_out_fall(base, base * _remaining_share(test), samples)
    ratio, odds_scale = (z_transfer_below(tests, stayed, c, odds=odds) for odds in (False, True))
    below = np.minimum(ratio, np.maximum(odds_scale, z_shift_ruled_out(tests, stayed)))
    above = [z_transfer_above(tests, fell, c, odds=odds) for odds in (False, True)]
    limit = z_of_error(error)
    return _power_at(below, limit), _power_at(np.min([*above, z_fell_more_than(fell, 0.0)], axis=0), limit)


def fall_power(before: float, after: float, samples: FloatArray, error: float) -> FloatArray:
    """How probable it is to establish a fall at these true rates, by samples a side."""
    return _power_at(z_fell_more_than(_held_out_fall(before, after, samples), 0.0), z_of_error(error))


def items_needed(samples: float, epochs: int, correlation: float) -> int:
    """Items, each run so many times, that are worth so many independent samples (Kish's design effect)."""
    return math.ceil(samples * (1.0 + (epochs - 1) * correlation) / epochs - 1e-9)


def epochs_needed(samples: float, items: int, correlation: float) -> int | None:
    """How often so many items have to be run to be worth so many independent samples; None where no number does."""
    if items >= samples:
        return 1
    room = items - samples * correlation
    return math.ceil(samples * (1.0 - correlation) / room - 1e-9) if room > 0.0 else None


def _remaining_share(test: Fall) -> float:
    """The share of the test rate that is left, 0 to 1."""
    return min(1.0, float(test.after.rate) / float(test.before.rate))


def _held_out_fall(before: float, after: float, samples: FloatArray | float) -> Fall:
    sizes = np.asarray(samples, dtype=np.float64)
    return Fall(Proportion(np.full(sizes.shape, before), sizes), Proportion(np.full(sizes.shape, after), sizes))


def _power_at(z: FloatArray, limit: float) -> FloatArray:
    """Phi(z - limit); 0 where nothing is established at any level."""
    return np.where(z > 0.0, 1.0 - _upper_tail(z - limit), 0.0)


def _upper_tail(z: FloatArray) -> FloatArray:
    """What a normal variable leaves above z, of either sign."""
    tail = error_of_z(np.abs(z))
    return np.where(z > 0.0, tail, np.where(z < 0.0, 1.0 - tail, 0.5))


def _smallest_sample(enough: Callable[[FloatArray], BoolArray]) -> int | None:
    """The smallest number of samples that is enough, by doubling and halving; None above a million.

    An array costs as much as a number: all doublings are asked at once, and then as many halvings as `_AHEAD`.
    """
    doubled = 2 ** np.arange(1, _LARGEST_SAMPLE.bit_length())
    values = np.flatnonzero(enough(doubled.astype(float)))
    if not values.size:
        return None
    high = int(doubled[values[0]])
    low = high // 2
    while high - low > 1:
        step = max((high - low) >> _HALVINGS_AT_ONCE, 1)
        grid = np.arange(low + step, high, step)
        is_enough = dict(zip(grid.tolist(), enough(grid.astype(float)).tolist(), strict=True))
        while high - low > step:
            middle = (low + high) // 2
            low, high = (low, middle) if is_enough[middle] else (middle, high)
    return high
