"""Transfer's interval against a search for the roots, and against the decisions."""

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
    broadcast,
    fall_limits,
    transfer_is_above,
    transfer_is_below,
    transfer_limits,
    z_transfer_above,
    z_transfer_below,
)
from tests.stats.draws import border, every_table, fall, fell, numbers

_Z = np.asarray(1.644854)
_Z_VALUES = (1e-9, 0.3, 1.0, 1.644854, 3.0, 8.0)

counts_of = st.integers(2, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n)))
z_values = st.floats(0.2, 4.0)


def _fall(counts: tuple[int, int, int]) -> Fall:
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


@given(counts_of, counts_of, z_values)
@settings(max_examples=100, deadline=None)
def test_the_contrast_changes_sign_at_the_ends_of_transfer(
    test_counts: tuple[int, int, int], held_out_counts: tuple[int, int, int], z: float
) -> None:
    test, held_out = _fall(test_counts), _fall(held_out_counts)
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


@given(counts_of, counts_of, z_values)
@settings(max_examples=100, deadline=None)
def test_the_ends_are_those_a_search_finds(
    test_counts: tuple[int, int, int], held_out_counts: tuple[int, int, int], z: float
) -> None:
    test, held_out = _fall(test_counts), _fall(held_out_counts)
    assume(bool(fell(test, np.asarray(z))) and held_out_counts[1] > 0)
    estimate, low, high = numbers(transfer_limits(test, held_out, np.asarray(z)))
    assert math.isfinite(low) and math.isfinite(high)
    assume(abs(low) < 1e4 and abs(high) < 1e4)
    upper, lower = (_contrast_end(test, held_out, z, upper=upper) for upper in (True, False))
    up = border(lambda c: upper(c) >= 0.0, estimate, 1e6)
    down = -border(lambda c: lower(-c) <= 0.0, -estimate, 1e6)
    assert (low, high) == pytest.approx((down, up), rel=1e-4, abs=1e-6)


@given(counts_of, counts_of, st.sampled_from([0.2, 0.5, 0.9, 1.0]), z_values)
@settings(max_examples=100, deadline=None)
def test_an_interval_and_a_decision_never_disagree(
    test_counts: tuple[int, int, int], held_out_counts: tuple[int, int, int], c: float, z: float
) -> None:
    test, held_out = _fall(test_counts), _fall(held_out_counts)
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
    for z in _Z_VALUES:
        found = transfer_limits(test, held_out, np.asarray(z))
        defined = (test.after.rate < test.before.rate) & (held_out.before.rate > 0.0)
        assert np.isnan(found.estimate[~defined]).all() and np.isnan(found.low[~defined]).all()
        low, estimate, high = found.low[defined], found.estimate[defined], found.high[defined]
        assert np.isfinite(estimate).all() and not np.isnan(low).any() and not np.isnan(high).any()
        assert (low <= estimate + 1e-9).all() and (estimate <= high + 1e-9).all()
        if last is not None:
            assert (low <= last.low[defined] + 1e-7).all() and (high >= last.high[defined] - 1e-7).all()
        last = found


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
    found = transfer_limits(fall(65, 0, 500), fall(30, 90, 500), _Z)
    assert numbers(found)[1] < float(found.estimate) == pytest.approx(-2.0)
    assert float(found.high) < 0.0
    assert float(z_transfer_below(fall(65, 0, 500), fall(30, 90, 500), 0.2, odds=False)) > 4.0


def test_transfer_is_unbounded_where_the_test_fall_is_not_established() -> None:
    found = transfer_limits(fall(6, 3, 50), fall(20, 15, 100), _Z)
    assert math.isinf(float(found.high)) and math.isinf(float(found.low)) and float(found.low) < 0.0
    both_ways = transfer_limits(fall(6, 3, 50), fall(60, 5, 100), _Z)
    assert math.isinf(float(both_ways.high)) and 1.0 < float(both_ways.low) < float(both_ways.estimate)


def test_the_worked_case_of_a_fall_that_stays_on_the_test() -> None:
    """13 % to none on 500 test samples, 10 % unchanged on 500 held out: excluded are 0.5 and all above, not 0.2."""
    test, held_out = fall(65, 0, 500), fall(50, 50, 500)
    estimate, low, high = numbers(transfer_limits(test, held_out, _Z))
    assert estimate == 0.0
    assert low < -0.2 and 0.2 < high < 0.4
    upper = _contrast_end(test, held_out, float(_Z), upper=True)
    assert high == pytest.approx(border(lambda c: upper(c) >= 0.0, 0.0, 9.0))
    assert float(z_transfer_below(test, held_out, 0.5, odds=True)) > float(_Z)


def test_a_held_out_rate_that_was_none_decides_nothing() -> None:
    test, held_out = fall(65, 0, 500), fall([0, 0], [0, 9], 500)
    pair, _ = broadcast(test, held_out)
    assert np.isnan(transfer_limits(pair, held_out, _Z).estimate).all()
    for odds in (False, True):
        assert not z_transfer_below(pair, held_out, 0.5, odds=odds).any()
        assert not z_transfer_above(pair, held_out, 0.5, odds=odds).any()
