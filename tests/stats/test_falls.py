"""tests.stats.test_falls"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditor.stats.falls import (
    Fall,
    Limits,
    difference_limits,
    fall_limits,
    transfer_is_above,
    transfer_is_below,
    transfer_limits,
    z_difference_below,
    z_fell_less_than,
    z_fell_more_than,
    z_transfer_above,
    z_transfer_below,
)
from auditor.stats.intervals import wilson_limits
from tests.stats.draws import border, every_table, fall, fell, numbers, rose

_Z = np.asarray(1.644854)
_Z_VALUES = (1e-9, 0.3, 1.0, 1.644854, 3.0, 8.0)

counts_of = st.integers(2, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n)))
z_values = st.floats(0.2, 4.0)


def _fall(counts: tuple[int, int, int]) -> Fall:
    size, before, after = counts
    return fall(before, after, size)


# The absolute fall


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_absolute_fall_as_published_by_newcombe_1998(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """His method 10, the square-and-add of two Wilson intervals, contrasts (a) to (h)."""
    limits = difference_limits(fall(first[0], second[0], first[1], second[1]), np.asarray(1.959964))
    assert (float(limits.low), float(limits.high)) == pytest.approx((low, high), abs=6e-5)


def test_the_absolute_fall_turned_round_is_its_negative() -> None:
    test, _ = every_table(6)
    limits, back = difference_limits(test, _Z), difference_limits(Fall(test.after, test.before), _Z)
    assert limits.low == pytest.approx(-back.high)
    assert (np.abs(limits.low) <= 1.0).all() and (np.abs(limits.high) <= 1.0).all()


# The fall


def _ratio_by_search(given_fall: Fall, z: float) -> tuple[float, float]:
    """The ratios R at which the MOVER limits of after - R x before are 0, found by bisection."""
    a, b = float(given_fall.after.rate), float(given_fall.before.rate)
    (a_low, a_high), (b_low, b_high) = (
        map(float, wilson_limits(side, np.asarray(z))) for side in (given_fall.after, given_fall.before)
    )

    def above(ratio: float) -> bool:
        return a - ratio * b - math.hypot(a - a_low, ratio * (b_high - b)) > 0.0

    def not_below(ratio: float) -> bool:
        return a - ratio * b + math.hypot(a_high - a, ratio * (b - b_low)) >= 0.0

    return border(above, 0.0, 1e6), border(not_below, 0.0, 1e6)


@given(counts_of, st.floats(0.2, 3.0))
@settings(max_examples=100, deadline=None)
def test_fall_limits_solve_their_defining_equation(counts: tuple[int, int, int], z: float) -> None:
    assume(counts[1] > 0)
    _, low, high = numbers(fall_limits(_fall(counts), np.asarray(z)))
    ratio_low, ratio_high = _ratio_by_search(_fall(counts), z)
    assert 1.0 - high == pytest.approx(ratio_low, rel=1e-6, abs=1e-9)
    assert 1.0 - low == pytest.approx(ratio_high, rel=1e-6)


@pytest.mark.parametrize("size", [1, 2, 5, 40])
@pytest.mark.parametrize("odds", [False, True])
def test_limits_of_every_fall_are_finite_in_range_around_the_estimate_and_widen(size: int, odds: bool) -> None:
    before, after = (axis.ravel() for axis in np.meshgrid(np.arange(size + 1), np.arange(size + 1)))
    every = fall(before, after, size)
    last: Limits | None = None
    for z in _Z_VALUES:
        limits = fall_limits(every, np.asarray(z), odds=odds)
        defined = before > 0
        for part in (limits.estimate, limits.low, limits.high):
            assert np.isnan(part[~defined]).all() and np.isfinite(part[defined]).all()
        low, estimate, high = limits.low[defined], limits.estimate[defined], limits.high[defined]
        assert (low <= estimate + 1e-9 * np.abs(low)).all() and (estimate <= high + 1e-9).all() and (high <= 1.0).all()
        if last is not None:
            assert (low <= last.low[defined] + 1e-9).all() and (high >= last.high[defined] - 1e-9).all()
        last = limits


def test_more_samples_at_the_same_rates_give_narrower_limits() -> None:
    widths = [float(f.high - f.low) for f in (fall_limits(fall(n // 5, n // 10, n), _Z) for n in (50, 200, 1000, 9000))]
    assert widths == sorted(widths, reverse=True)


def test_the_odds_scale_sees_one_shift_of_log_odds_as_one_fall() -> None:
    """13 % to 1.64 % and 90 % to 50 % are both odds divided by 9; as ratios they are falls of 0.87 and 0.44."""
    low_base, high_base = fall(13_000_00, 16_378_1, 1e7), fall(9e6, 5e6, 1e7)
    assert float(fall_limits(low_base, _Z, odds=True).estimate) == pytest.approx(8 / 9, abs=1e-3)
    assert float(fall_limits(high_base, _Z, odds=True).estimate) == pytest.approx(8 / 9, abs=1e-3)
    assert float(fall_limits(high_base, _Z).estimate) == pytest.approx(4 / 9)


# Fell, rose


@pytest.mark.parametrize("size", [3, 30])
def test_fell_and_rose_agree_with_the_limits(size: int) -> None:
    before, after = (axis.ravel() for axis in np.meshgrid(np.arange(size + 1), np.arange(size + 1)))
    every = fall(before, after, size)
    for z in (np.asarray(0.5), _Z, np.asarray(2.8)):
        limits = fall_limits(every, z)
        for margin in (0.0, 0.2):
            assert ((z_fell_more_than(every, margin) >= z) == (limits.low > margin)).all()
            defined = before > 0
            assert ((z_fell_less_than(every, margin) >= z) == (limits.high < margin))[defined].all()
        assert ((z_fell_more_than(every, 0.0) >= z) == fell(every, z)).all()
        assert ((z_fell_less_than(every, 0.0) >= z) == rose(every, z)).all()


def test_from_none_a_rate_can_rise_but_not_fall() -> None:
    from_none = fall([0, 0, 0], [0, 3, 30], 300)
    assert z_fell_more_than(from_none, 0.0).tolist() == [0.0, 0.0, 0.0]
    rises = z_fell_less_than(from_none, 0.0)
    assert rises[0] == 0.0 and 0.0 < rises[1] < rises[2]


def test_without_a_change_nothing_fell_and_nothing_rose() -> None:
    same = fall(np.arange(51), np.arange(51), 50)
    assert not z_fell_more_than(same, 0.0).any()
    assert not z_fell_less_than(same, 0.0).any()


def test_a_difference_below_a_bound_agrees_with_its_limits() -> None:
    every, _ = every_table(5)
    values = np.full(every.before.rate.shape, 0.1)
    assert ((z_difference_below(every, values) >= _Z) == (difference_limits(every, _Z).high < values)).all()


_TRANSFER_Z = np.asarray(1.644854)
_TRANSFER_Z_VALUES = (1e-9, 0.3, 1.0, 1.644854, 3.0, 8.0)

transfer_counts = st.integers(2, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n)))
transfer_z_values = st.floats(0.2, 4.0)


def _transfer_fall(counts: tuple[int, int, int]) -> Fall:
    size, before, after = counts
    return fall(before, after, size)


def _contrast_end(test: Fall, held_out: Fall, z: float, *, upper: bool) -> Callable[[float], float]:
    """A limit of D = r_H - c r_T as a function of c of any sign, written out from the limits of the two falls."""
    t, t_low, t_high = numbers(fall_limits(test, np.asarray(z), few=True))
    h, h_low, h_high = numbers(fall_limits(held_out, np.asarray(z)))

    def end(c: float) -> float:
        reach_test = t - t_low if (c >= 0.0) == upper else t_high - t
        reach = math.hypot(h_high - h if upper else h - h_low, c * reach_test)
        return h - c * t + (reach if upper else -reach)

    return end


@given(transfer_counts, transfer_counts, transfer_z_values)
@settings(max_examples=100, deadline=None)
def test_the_contrast_changes_sign_at_the_ends_of_transfer(
    test_counts: tuple[int, int, int], held_out_counts: tuple[int, int, int], z: float
) -> None:
    test, held_out = _transfer_fall(test_counts), _transfer_fall(held_out_counts)
    estimate, low, high = numbers(transfer_limits(test, held_out, np.asarray(z)))
    assume(not math.isnan(estimate))
    assert low <= estimate + 1e-9 * abs(estimate) and estimate <= high + 1e-9 * abs(estimate)
    for end, upper, outward in ((high, True, 1.0), (low, False, -1.0)):
        if math.isfinite(end):
            step = 1e-5 * max(1.0, abs(end))
            sign = 1.0 if upper else -1.0
            scale = 1e-7 * max(1.0, abs(float(fall_limits(held_out, np.asarray(z)).low)))
            contrast = _contrast_end(test, held_out, z, upper=upper)
            within, beyond = contrast(end - outward * step), contrast(end + outward * step)
            assert sign * within > -scale and sign * beyond < scale


@given(transfer_counts, transfer_counts, transfer_z_values)
@settings(max_examples=100, deadline=None)
def test_the_ends_are_those_a_search_finds(
    test_counts: tuple[int, int, int], held_out_counts: tuple[int, int, int], z: float
) -> None:
    test, held_out = _transfer_fall(test_counts), _transfer_fall(held_out_counts)
    assume(bool(fell(test, np.asarray(z))) and held_out_counts[1] > 0)
    estimate, low, high = numbers(transfer_limits(test, held_out, np.asarray(z)))
    assert math.isfinite(low) and math.isfinite(high)
    assume(abs(low) < 1e4 and abs(high) < 1e4)
    upper, lower = (_contrast_end(test, held_out, z, upper=upper) for upper in (True, False))
    up = border(lambda c: upper(c) >= 0.0, estimate, 1e6)
    down = -border(lambda c: lower(-c) <= 0.0, -estimate, 1e6)
    assert (low, high) == pytest.approx((down, up), rel=1e-4, abs=1e-6)


@given(transfer_counts, transfer_counts, st.sampled_from([0.2, 0.5, 0.9, 1.0]), transfer_z_values)
@settings(max_examples=100, deadline=None)
def test_an_interval_and_a_decision_never_disagree(
    test_counts: tuple[int, int, int], held_out_counts: tuple[int, int, int], c: float, z: float
) -> None:
    test, held_out = _transfer_fall(test_counts), _transfer_fall(held_out_counts)
    _, low, high = numbers(transfer_limits(test, held_out, np.asarray(z)))
    assume(not math.isnan(low) and abs(high - c) > 1e-6 and abs(low - c) > 1e-6)
    assert (float(z_transfer_above(test, held_out, c, odds=False)) >= z) == (low > c)
    below = float(z_transfer_below(test, held_out, c, odds=False))
    assume(abs(below - z) > 1e-6)
    if bool(fell(test, np.asarray(z))):
        assert (below >= z) == (high < c)
    elif 0.0 <= high < c:
        assert below >= z


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_every_small_table_has_limits_without_a_warning(size: int) -> None:
    test, held_out = every_table(size)
    last: Limits | None = None
    for z in _TRANSFER_Z_VALUES:
        limits = transfer_limits(test, held_out, np.asarray(z))
        defined = (test.after.rate < test.before.rate) & (held_out.before.rate > 0.0)
        assert np.isnan(limits.estimate[~defined]).all() and np.isnan(limits.low[~defined]).all()
        low, estimate, high = limits.low[defined], limits.estimate[defined], limits.high[defined]
        assert np.isfinite(estimate).all() and not np.isnan(low).any() and not np.isnan(high).any()
        assert (low <= estimate + 1e-9).all() and (estimate <= high + 1e-9).all()
        if last is not None:
            assert (low <= last.low[defined] + 1e-7).all() and (high >= last.high[defined] - 1e-7).all()
        last = limits


@pytest.mark.parametrize("odds", [False, True])
def test_every_small_table_is_decided_without_a_warning_and_never_both_ways(odds: bool) -> None:
    test, held_out = every_table(4)
    for c in (0.2, 0.5, 0.9):
        below = z_transfer_below(test, held_out, c, odds=odds)
        above = z_transfer_above(test, held_out, c, odds=odds)
        assert np.isfinite(below).all() and np.isfinite(above).all()
        assert not ((below > 0.0) & (above > 0.0)).any()
        assert not below[held_out.before.rate == 0.0].any() and not above[test.before.rate == 0.0].any()
        for z in (0.7, 1.644854):
            assert ((below >= z) == transfer_is_below(test, held_out, c, np.asarray(z), odds=odds)).all()
            assert ((above >= z) == transfer_is_above(test, held_out, c, np.asarray(z), odds=odds)).all()


def test_a_large_table_with_zero_cells_everywhere_has_no_warning() -> None:
    counts = np.array([0, 1, 500_000, 999_999, 1_000_000])
    grid = [axis.ravel() for axis in np.meshgrid(*[counts] * 4)]
    test, held_out = fall(grid[0], grid[1], 1e6), fall(grid[2], grid[3], 1e6)
    for odds in (False, True):
        assert np.isfinite(z_transfer_below(test, held_out, 0.5, odds=odds)).all()
    transfer_limits(test, held_out, np.asarray(8.0))


def test_transfer_below_zero_where_the_held_out_rate_rose() -> None:
    limits = transfer_limits(fall(65, 0, 500), fall(30, 90, 500), _TRANSFER_Z)
    assert numbers(limits)[1] < float(limits.estimate) == pytest.approx(-2.0)
    assert float(limits.high) < 0.0
    assert float(z_transfer_below(fall(65, 0, 500), fall(30, 90, 500), 0.2, odds=False)) > 4.0


def test_transfer_is_unbounded_where_the_test_fall_is_not_established() -> None:
    limits = transfer_limits(fall(6, 3, 50), fall(20, 15, 100), _TRANSFER_Z)
    assert math.isinf(float(limits.high)) and math.isinf(float(limits.low)) and float(limits.low) < 0.0
    both_ways = transfer_limits(fall(6, 3, 50), fall(60, 5, 100), _TRANSFER_Z)
    assert math.isinf(float(both_ways.high)) and 1.0 < float(both_ways.low) < float(both_ways.estimate)


def test_the_worked_case_of_a_fall_that_stays_on_the_test() -> None:
    """13 % to none on 500 test samples, 10 % unchanged on 500 held out: excluded are 0.5 and all above, not 0.2."""
    test, held_out = fall(65, 0, 500), fall(50, 50, 500)
    estimate, low, high = numbers(transfer_limits(test, held_out, _TRANSFER_Z))
    assert estimate == 0.0
    assert low < -0.2 and 0.2 < high < 0.4
    upper = _contrast_end(test, held_out, float(_TRANSFER_Z), upper=True)
    assert high == pytest.approx(border(lambda c: upper(c) >= 0.0, 0.0, 9.0))
    assert float(z_transfer_below(test, held_out, 0.5, odds=True)) > float(_TRANSFER_Z)


def test_a_held_out_rate_that_was_none_decides_nothing() -> None:
    pair, held_out = fall([65, 65], [0, 0], 500), fall([0, 0], [0, 9], 500)
    assert np.isnan(transfer_limits(pair, held_out, _TRANSFER_Z).estimate).all()
    for odds in (False, True):
        assert not z_transfer_below(pair, held_out, 0.5, odds=odds).any()
        assert not z_transfer_above(pair, held_out, 0.5, odds=odds).any()
