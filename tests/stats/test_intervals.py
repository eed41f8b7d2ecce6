"""tests.stats.test_intervals"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.stats.intervals import Proportion, error_of_z, largest_z, rate_interval, wilson_limits, z_of_error
from tests.stats.draws import proportion

_Z95 = np.asarray(1.959964)


@pytest.mark.parametrize(
    ("count", "size", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published_by_newcombe_1998(count: int, size: int, low: float, high: float) -> None:
    assert tuple(map(float, wilson_limits(proportion(count, size), _Z95))) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 400), st.floats(0.0, 1.0), st.floats(0.01, 5.0))
@settings(max_examples=100, deadline=None)
def test_wilson_limits_are_where_the_score_statistic_is_z(size: int, share: float, z: float) -> None:
    rate = round(share * size) / size
    low, high = map(float, wilson_limits(proportion(rate * size, size), np.asarray(z)))
    assert 0.0 <= low <= rate <= high <= 1.0
    for limit in (low, high):
        if 0.0 < limit < 1.0:
            assert abs(rate - limit) == pytest.approx(z * math.sqrt(limit * (1.0 - limit) / size), rel=1e-6, abs=1e-9)
    assert (low == 0.0) == (rate == 0.0) and (high == 1.0) == (rate == 1.0)


def test_wilson_for_every_count_is_symmetric_and_monotone() -> None:
    every = proportion(np.arange(101), 100)
    before: tuple[np.ndarray, np.ndarray] | None = None
    for z in (1e-9, 0.5, 1.645, 3.0, 8.0):
        low, high = wilson_limits(every, np.asarray(z))
        assert low == pytest.approx(1.0 - high[::-1], abs=1e-12)
        assert (np.diff(low) >= 0.0).all() and (np.diff(high) >= 0.0).all()
        if before is not None:
            assert (low <= before[0]).all() and (high >= before[1]).all()
        before = low, high


@pytest.mark.parametrize("size", [1, 3, 20, 299, 2995])
@pytest.mark.parametrize("error", [0.05, 0.025, 0.001])
def test_none_of_n_has_the_limit_of_clopper_and_pearson(size: int, error: float) -> None:
    none, every = rate_interval(0.0, size, error), rate_interval(1.0, size, error)
    # Clopper-Pearson: the rate at which seeing none has probability `error`.
    assert (1.0 - none.high) ** size == pytest.approx(error)
    assert (none.low, every.high) == (0.0, 1.0)
    assert every.low == pytest.approx(1.0 - none.high)


def test_none_of_n_is_close_to_three_over_n() -> None:
    for size in (100, 1000, 10_000):
        assert rate_interval(0.0, size, 0.05).high == pytest.approx(3.0 / size, rel=0.02)


@given(st.floats(0.0, 1.0), st.floats(0.5, 1e5), st.sampled_from([0.001, 0.025, 0.05, 0.4]))
@settings(max_examples=100, deadline=None)
def test_a_printed_interval_is_in_range_and_around_the_rate(rate: float, size: float, error: float) -> None:
    interval = rate_interval(rate, size, error)
    assert 0.0 <= interval.low <= interval.estimate == rate <= interval.high <= 1.0
    assert interval.error == error


@pytest.mark.parametrize("error", [0.05, 0.025])
def test_printed_limits_rise_with_the_count(error: float) -> None:
    intervals = [rate_interval(count / 60, 60, error) for count in range(61)]
    assert all(a.low <= b.low and a.high <= b.high for a, b in pairwise(intervals))


def test_printed_limits_cover_at_the_rate_they_promise_on_average() -> None:
    """Every count weighed by its exact binomial probability; the score interval dips near 0, the mean does not."""
    size, error = 50, 0.05
    intervals = [rate_interval(count / size, size, error) for count in range(size + 1)]
    covered = []
    for rate in np.linspace(0.01, 0.99, 99):
        chance = [math.comb(size, x) * rate**x * (1.0 - rate) ** (size - x) for x in range(size + 1)]
        covered.append(sum(c for c, i in zip(chance, intervals, strict=True) if i.low <= rate <= i.high))
    assert np.mean(covered) == pytest.approx(0.90, abs=0.02)
    assert min(covered) > 0.83


def test_shapes_are_kept() -> None:
    given_rates = Proportion(np.full((2, 3), 0.25), np.full((2, 3), 40.0))
    low, high = wilson_limits(given_rates, np.full((2, 3), z_of_error(0.05)))
    assert low.shape == high.shape == (2, 3)


@pytest.mark.parametrize(
    ("error", "z"), [(0.5, 0.0), (0.2, 0.841621), (0.05, 1.644854), (0.025, 1.959964), (0.001, 3.090232)]
)
def test_z_of_the_errors_everybody_knows(error: float, z: float) -> None:
    assert z_of_error(error) == pytest.approx(z, abs=1e-6)


@given(st.floats(1e-12, 0.49))
@settings(max_examples=100, deadline=None)
def test_error_and_z_are_inverse(error: float) -> None:
    assert float(error_of_z(np.asarray(z_of_error(error)))) == pytest.approx(error, rel=1e-3)


def test_a_z_of_nothing_establishes_nothing() -> None:
    assert error_of_z(np.array([0.0, -1.0])).tolist() == [1.0, 1.0]
    assert error_of_z(np.zeros(0)).shape == (0,)


@given(st.lists(st.floats(0.0, 7.9), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_bisection_finds_each_border(borders: list[float]) -> None:
    border = np.array(borders)
    assert largest_z(lambda z: np.asarray(z < border), border.shape) == pytest.approx(border, abs=1e-10)


def test_bisection_at_its_ends() -> None:
    never, always = np.zeros(3, dtype=bool), np.ones(3, dtype=bool)
    assert largest_z(lambda z: never, (3,)).tolist() == [0.0, 0.0, 0.0]
    assert largest_z(lambda z: always, (3,)) == pytest.approx(np.full(3, 8.0))
    assert math.isclose(float(largest_z(lambda z: np.asarray(z <= 1.25), ())), 1.25, abs_tol=1e-10)
