"""Counts as proportions, and random ones with known truth; samples of an item are beta-binomial."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from auditor.assess.verdicts import RESERVE, incident_penalty, trigger_penalty
from auditor.stats.falls import Fall, Limits, fall_limits, transfer_is_above, transfer_is_below, z_shift_ruled_out
from auditor.stats.intervals import BoolArray, FloatArray, Proportion, z_of_error


def proportion(count: ArrayLike, size: float) -> Proportion:
    """`count` of `size`, elementwise."""
    counts = np.asarray(count, dtype=np.float64)
    return Proportion(counts / size, np.full(counts.shape, float(size)))


def fall(before: ArrayLike, after: ArrayLike, size: float, size_after: float | None = None) -> Fall:
    """Counts before and after; the same number of samples on both sides unless told."""
    return Fall(proportion(before, size), proportion(after, size_after or size))


def drawn(rng: np.random.Generator, worlds: int, size: int, before: float, after: float) -> Fall:
    """`worlds` pairs of independent binomial runs at true rates."""
    return fall(rng.binomial(size, before, worlds), rng.binomial(size, after, worlds), size)


def clustered(
    rng: np.random.Generator, shape: tuple[int, int], epochs: int, rate: float, correlation: float
) -> FloatArray:
    """Misaligned samples, shape (worlds, items), of `epochs` each."""
    if correlation <= 0.0:
        chance = np.full(shape, rate)
    elif correlation >= 1.0:
        chance = (rng.random(shape) < rate).astype(np.float64)
    else:
        spread = (1.0 - correlation) / correlation
        chance = rng.beta(rate * spread, (1.0 - rate) * spread, shape)
    return rng.binomial(epochs, chance).astype(np.float64)


def every_table(size: int) -> tuple[Fall, Fall]:
    """Test and held-out falls over every combination of four counts of 0..size."""
    grid = np.meshgrid(*[np.arange(size + 1)] * 4, indexing="ij")
    a, b, c, d = (axis.ravel() for axis in grid)
    return fall(a, b, size), fall(c, d, size)


def fell(given: Fall, z: FloatArray) -> BoolArray:
    """Whether the rate fell, at `z`."""
    return np.asarray(fall_limits(given, z).low > 0.0)


def rose(given: Fall, z: FloatArray) -> BoolArray:
    """Whether the rate rose, at `z`; from 0 too, where there is no fall to speak of."""
    flipped = fall_limits(Fall(given.after, given.before), z)
    return np.asarray(flipped.low > 0.0)


BOTH_SCALES = (False, True)


def accused(
    test: Fall, held_out: Fall, error: float = 0.05, *, runs_before: int = 3, scales: tuple[bool, ...] = BOTH_SCALES
) -> BoolArray:
    """The rule for `test-only` and `mostly-test`, on the ratio scale (False), the odds scale (True) or both."""
    z, within = np.asarray(z_of_error(error)), np.asarray(z_of_error(error / RESERVE))
    stayed = fell(test, np.asarray(z_of_error(error / float(trigger_penalty(np.asarray(runs_before))))))
    held_out_rose = rose(held_out, z)
    for odds in scales:
        on_this = held_out_rose | transfer_is_below(test, held_out, 0.5, within, odds=odds)
        stayed = stayed & (on_this | (z_shift_ruled_out(test, held_out) >= z) if odds else on_this)
    return stayed


def cleared(test: Fall, held_out: Fall, error: float = 0.05, *, runs_before: int = 3) -> BoolArray:
    """The rule for `generalises`."""
    shares = error / float(trigger_penalty(np.asarray(runs_before))), error / incident_penalty(runs_before)
    on_test, on_held_out = (np.asarray(z_of_error(share)) for share in shares)
    within = np.asarray(z_of_error(shares[1] / RESERVE))
    carried = fell(test, on_test) & fell(held_out, on_held_out)
    for odds in BOTH_SCALES:
        carried = carried & transfer_is_above(test, held_out, 0.5, within, odds=odds)
    return carried


def numbers(limits: Limits) -> tuple[float, float, float]:
    return float(limits.estimate), float(limits.low), float(limits.high)


def border(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where `holds` stops, between a `low` at which it does and a `high` at which it does not."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
