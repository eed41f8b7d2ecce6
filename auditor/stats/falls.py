"""Falls and transfer, with limits that hold at zero cells.

With rates p, before a and after b, the fall is r = 1 - p_b/p_a. Limits for the ratio come from MOVER-R (Donner and Zou
2012) on Wilson limits; the contrast of two falls, D = r_H - c r_T, from MOVER; transfer's interval is the inversion of
D over c, so that an interval and a decision never disagree and no ratio of two noisy falls is ever divided.
The odds scale replaces each rate by its odds: a shift of the same log-odds is the same fall there at any base rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from auditor.stats.intervals import (
    ArrayIndex,
    BoolArray,
    FloatArray,
    Proportion,
    largest_z,
    stack_proportions,
    wilson_limits,
    wilson_low_corrected,
    z_of_error,
    z_rate_below,
)

_LARGEST_ODDS = 1e9


@dataclass(frozen=True, slots=True)
class Limits:
    """An estimate with its limits, as arrays of one shape; nan where undefined, infinite where unbounded."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Fall:
    """A before and an after rate, as arrays of one shape.

    `correlation` is that of the two estimates, -1 to 1, broadcast to their shape: above 0 where the same items were run
    on both sides and the hard ones stay hard.
    """

    before: Proportion
    after: Proportion
    correlation: FloatArray = field(default_factory=lambda: np.zeros(()))

    def at(self, index: ArrayIndex) -> Fall:
        """The part of its arrays that `index` picks."""
        whole = np.broadcast_to(self.correlation, self.before.rate.shape)
        return Fall(self.before.at(index), self.after.at(index), whole[index])


def stack_falls(falls: Sequence[Fall]) -> Fall:
    """Falls of one shape as one, along a new first axis; at least one."""
    correlation = np.stack([np.broadcast_to(fall.correlation, fall.before.rate.shape) for fall in falls])
    before, after = (
        stack_proportions([fall.before for fall in falls]),
        stack_proportions([fall.after for fall in falls]),
    )
    return Fall(before, after, correlation)


def _rate_limits(side: Proportion, z: FloatArray, *, odds: bool = False, few: bool = False) -> Limits:
    """Wilson's limits of a rate or of its odds; with `few`, a lower limit that holds for counts of a few."""
    low, high = wilson_limits(side, z)
    if few:
        low = wilson_low_corrected(side, z)
    return _as_odds(side, low, high) if odds else Limits(side.rate, low, high)


def odds_of(side: Proportion) -> FloatArray:
    """Odds with half an event added to each count (Haldane and Anscombe), so that they are above 0 and finite."""
    count = side.rate * side.size
    return (count + 0.5) / (side.size - count + 0.5)


def _as_odds(side: Proportion, low: FloatArray, high: FloatArray) -> Limits:
    """Odds of limits, around their estimate (`odds_of`)."""
    estimate = odds_of(side)
    with np.errstate(divide="ignore"):
        odds_low, odds_high = low / np.maximum(1.0 - low, 1e-12), high / np.maximum(1.0 - high, 1e-12)
    return Limits(estimate, np.minimum(odds_low, estimate), np.clip(odds_high, estimate, _LARGEST_ODDS))


def _ratio_limits(top: Limits, bottom: Limits, correlation: FloatArray) -> Limits:
    """MOVER-R limits of top/bottom, both at least 0; nan where the bottom's estimate is 0.

    The values R at which top - R bottom has its own MOVER limit at 0, the covariance of the two estimates in it
    (Zou and Donner 2008; Donner and Zou 2012, with correlation).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = top.estimate * bottom.estimate
        product = whole - correlation * (top.estimate - top.low) * (bottom.high - bottom.estimate)
        low_top = top.low * (2.0 * top.estimate - top.low)
        low_root = _discriminant_root(product, low_top, bottom.high * (2.0 * bottom.estimate - bottom.high))
        low = np.where(low_top > 0.0, low_top / (product + low_root), 0.0)
        product = whole - correlation * (top.high - top.estimate) * (bottom.estimate - bottom.low)
        high_top = top.high * (2.0 * top.estimate - top.high)
        high_bottom = bottom.low * (2.0 * bottom.estimate - bottom.low)
        high = (product + _discriminant_root(product, high_top, high_bottom)) / high_bottom
        defined = bottom.estimate > 0.0
        estimate = np.where(defined, top.estimate / bottom.estimate, np.nan)
        return Limits(estimate, np.where(defined, low, np.nan), np.where(defined, high, np.nan))


def fall_limits(fall: Fall, z: FloatArray, *, odds: bool = False, few: bool = False) -> Limits:
    """The fall 1 - after/before with its limits at `z`; nan where the before-rate is 0 (nothing could fall).

    With `few`, the upper limit holds for after-counts of a few too, at a small price.
    """
    after, before = _rate_limits(fall.after, z, odds=odds, few=few), _rate_limits(fall.before, z, odds=odds)
    ratio = _ratio_limits(after, before, fall.correlation)
    estimate, low, high = 1.0 - ratio.estimate, 1.0 - ratio.high, 1.0 - ratio.low
    defined = fall.before.rate > 0.0
    return Limits(*(np.where(defined, part, np.nan) for part in (estimate, low, high)))


def _weighted_difference(fall: Fall, weight: float, z: FloatArray) -> Limits:
    """MOVER limits of after - weight x before; defined at every cell, zero ones too (Zou and Donner 2008)."""
    before, after = _rate_limits(fall.before, z), _rate_limits(fall.after, z)
    estimate = after.estimate - weight * before.estimate
    down = _correlated_distance(after.estimate - after.low, weight * (before.high - before.estimate), fall.correlation)
    up = _correlated_distance(after.high - after.estimate, weight * (before.estimate - before.low), fall.correlation)
    return Limits(estimate, estimate - down, estimate + up)


def _correlated_distance(values: FloatArray, other: FloatArray, correlation: FloatArray) -> FloatArray:
    """The distance of a difference from its limit, of two distances whose estimates are correlated."""
    return np.sqrt(np.maximum(values * values + other * other - 2.0 * correlation * values * other, 0.0))


def difference_limits(fall: Fall, z: FloatArray) -> Limits:
    """The absolute fall before - after, in rate units, with its limits at `z`."""
    limits = _weighted_difference(fall, 1.0, z)
    return Limits(-limits.estimate, -limits.high, -limits.low)


def fall_is_above(fall: Fall, margin: float, z: FloatArray) -> BoolArray:
    """Whether the fall's lower limit at `z` is above `margin` (0 to 1)."""
    return np.asarray(_weighted_difference(fall, 1.0 - margin, z).high < 0.0)


def fall_is_below(fall: Fall, margin: float, z: FloatArray) -> BoolArray:
    """Whether the fall's upper limit at `z` is under `margin`; with margin 0, whether the rate rose."""
    return np.asarray(_weighted_difference(fall, 1.0 - margin, z).low > 0.0)


def z_fell_more_than(fall: Fall, margin: float) -> FloatArray:
    """The largest z at which the fall's lower limit is above `margin` (0 to 1); 0 where it never is."""
    return largest_z(lambda z: fall_is_above(fall, margin, z), fall.before.rate.shape)


def z_fell_less_than(fall: Fall, margin: float) -> FloatArray:
    """The largest z at which the fall's upper limit is under `margin`; with margin 0, at which the rate rose."""
    return largest_z(lambda z: fall_is_below(fall, margin, z), fall.before.rate.shape)


def fell_more_than(fall: Fall, margin: float, error: float) -> bool:
    """Whether every entry's fall is above `margin` with error at most `error`; one look, no search for the level."""
    if not np.all(fall.after.rate - (1.0 - margin) * fall.before.rate < 0.0):
        return False  # nor is a limit, which lies further out
    return bool(np.all(fall_is_above(fall, margin, np.asarray(z_of_error(error)))))


def fell_less_than(fall: Fall, margin: float, error: float) -> bool:
    """Whether every entry's fall is under `margin` with error at most `error`; with margin 0, whether it rose."""
    if not np.all(fall.after.rate - (1.0 - margin) * fall.before.rate > 0.0):
        return False
    return bool(np.all(fall_is_below(fall, margin, np.asarray(z_of_error(error)))))


def z_difference_below(fall: Fall, values: FloatArray) -> FloatArray:
    """The largest z at which the absolute fall before - after has its upper limit under `values` (rate units)."""
    return largest_z(lambda z: difference_limits(fall, z).high < values, fall.before.rate.shape)


def z_difference_above(fall: Fall, values: FloatArray) -> FloatArray:
    """The largest z at which the absolute fall before - after has its lower limit above `values` (rate units)."""
    return largest_z(lambda z: difference_limits(fall, z).low > values, fall.before.rate.shape)


def _contrast_limits(held_out: Limits, test: Limits, c: float) -> Limits:
    estimate = held_out.estimate - c * test.estimate
    down = np.hypot(held_out.estimate - held_out.low, c * (test.high - test.estimate))
    up = np.hypot(held_out.high - held_out.estimate, c * (test.estimate - test.low))
    return Limits(estimate, estimate - down, estimate + up)


def transfer_is_below(test: Fall, held_out: Fall, c: float, z: FloatArray, *, odds: bool) -> BoolArray:
    """Whether D = r_H - c r_T, with c > 0, has its upper limit at `z` under 0; false where it is undefined."""
    falls = fall_limits(held_out, z, odds=odds), fall_limits(test, z, odds=odds)
    return np.asarray(_contrast_limits(*falls, c).high < 0.0)


def transfer_is_above(test: Fall, held_out: Fall, c: float, z: FloatArray, *, odds: bool) -> BoolArray:
    """Whether D = r_H - c r_T, with c > 0, has its lower limit at `z` above 0; false where it is undefined."""
    falls = fall_limits(held_out, z, odds=odds), fall_limits(test, z, odds=odds, few=True)
    return np.asarray(_contrast_limits(*falls, c).low > 0.0)


def z_transfer_below(test: Fall, held_out: Fall, c: float, *, odds: bool) -> FloatArray:
    """The largest z at which transfer is below c > 0 (`transfer_is_below`); 0 where it never is."""
    return largest_z(lambda z: transfer_is_below(test, held_out, c, z, odds=odds), test.before.rate.shape)


def z_transfer_above(test: Fall, held_out: Fall, c: float, *, odds: bool) -> FloatArray:
    """The largest z at which transfer is above c > 0 (`transfer_is_above`); 0 where it never is."""
    return largest_z(lambda z: transfer_is_above(test, held_out, c, z, odds=odds), test.before.rate.shape)


def z_shift_ruled_out(test: Fall, held_out: Fall) -> FloatArray:
    """The z at which a shift of the odds that both share cannot make transfer less than one half; 0 or less for none.

    It can only where the held-out odds before, times the odds ratio of the test, are above 1. So it is ruled out by
    held-out odds under 1 (the score test of a rate), or by their product with the odds ratio (logarithms of odds with
    half an event added to each count, by the delta method).
    """
    sides = (held_out.before, test.after, test.before)
    logs = [np.log(odds_of(side)) for side in sides]
    variance = sum(1.0 / (side.rate * side.size + 0.5) + 1.0 / ((1.0 - side.rate) * side.size + 0.5) for side in sides)
    product = -(logs[0] + logs[1] - logs[2]) / np.sqrt(variance)
    return np.maximum(z_rate_below(held_out.before, 0.5), product)


def transfer_limits(test: Fall, held_out: Fall, z: FloatArray, *, odds: bool = False) -> Limits:
    """Transfer r_H/r_T with the limits at which D changes sign; nan where the test's estimate is no fall."""
    return invert_contrast(fall_limits(test, z, odds=odds, few=True), fall_limits(held_out, z, odds=odds))


def invert_contrast(t: Limits, h: Limits) -> Limits:
    """Transfer of a held-out fall `h` over a test fall `t`, of their limits; nan where the test's is no fall.

    The roots of (E - c e)^2 = (distance of the held-out limit)^2 + c^2 (distance of the test limit)^2, with e, E the
    two falls; the test limit that counts depends on the sign of c. As long as the test fall is not established at `z`,
    an end that points away from 0 is infinite, and one between 0 and the estimate holds only if the test did fall.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        b = h.estimate * t.estimate
        near, far = t.low * (2.0 * t.estimate - t.low), t.high * (2.0 * t.estimate - t.high)
        c_high, c_low = h.high * (2.0 * h.estimate - h.high), h.low * (2.0 * h.estimate - h.low)
        outer_high = np.where(t.low > 0.0, (b + _discriminant_root(b, near, c_high)) / near, np.inf)
        high = np.where(h.high >= 0.0, outer_high, c_high / (b - _discriminant_root(b, far, c_high)))
        outer_low = np.where(t.low > 0.0, (b - _discriminant_root(b, near, c_low)) / near, -np.inf)
        inner_low = np.where(h.low > 0.0, c_low / (b + _discriminant_root(b, far, c_low)), 0.0)
        low = np.where(h.low >= 0.0, inner_low, outer_low)
        estimate = h.estimate / t.estimate
    defined = (t.estimate > 0.0) & ~np.isnan(h.estimate)
    return Limits(*(np.where(defined, part, np.nan) for part in (estimate, low, high)))


def transfer_estimate(test: Fall, held_out: Fall, *, odds: bool) -> FloatArray:
    """Transfer r_H/r_T from the rates alone, whatever their sizes, or from their odds; nan without a test fall."""
    falls = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for fall in (held_out, test):
            sides = [side.rate / (1.0 - side.rate) if odds else side.rate for side in (fall.after, fall.before)]
            falls.append(1.0 - sides[0] / sides[1])
        return np.where(falls[1] > 0.0, falls[0] / falls[1], np.nan)


def _discriminant_root(b: FloatArray, a: FloatArray, c: FloatArray) -> FloatArray:
    return np.sqrt(np.maximum(b * b - a * c, 0.0))
