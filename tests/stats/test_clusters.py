from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.stats.clusters import ItemCounts, effective_size, mean_of_suites, pooled_correlation, variance_components
from auditor.stats.intervals import FloatArray, rate_interval
from tests.stats.draws import clustered, proportion

_ITEMS, _EPOCHS = 50, 10
_VALID = np.full(_ITEMS, float(_EPOCHS))


def correlation_of(sides: Sequence[ItemCounts]) -> FloatArray:
    return pooled_correlation([variance_components(side) for side in sides])


def test_closed_cases() -> None:
    assert effective_size(np.ones(40), 0.3) == pytest.approx(40.0)
    assert effective_size(_VALID, 1.0) == pytest.approx(50.0)
    assert effective_size(_VALID, 0.0) == pytest.approx(500.0)
    assert effective_size(_VALID, 0.3) == pytest.approx(500.0 / (1.0 + 9.0 * 0.3))
    assert effective_size(np.array([1.0, 4.0]), 0.0) == pytest.approx(4.0 / 1.25)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_effective_size_is_between_items_and_samples_and_falls_with_correlation(
    valid: list[int], value: float, other: float
) -> None:
    sizes = np.array(valid, dtype=np.float64)
    high, low = effective_size(sizes, min(value, other)), effective_size(sizes, max(value, other))
    assert sizes.size - 1e-6 <= low <= high + 1e-6
    assert high <= sizes.sum() + 1e-6


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6, 1.0])
def test_effective_size_is_what_simulation_finds(correlation: float) -> None:
    counts = clustered(np.random.default_rng(11), (20_000, _ITEMS), _EPOCHS, 0.1, correlation)
    variance = float(np.var(counts.mean(axis=1) / _EPOCHS))
    assert 0.1 * 0.9 / variance == pytest.approx(effective_size(_VALID, correlation), rel=0.04)


def test_effective_size_of_unequal_items_is_what_simulation_finds() -> None:
    rng = np.random.default_rng(12)
    valid = np.array([1.0, 2.0, 5.0, 20.0] * 10)
    counts = rng.binomial(valid.astype(int), rng.beta(0.1 * 1.5, 0.9 * 1.5, (20_000, valid.size)))
    variance = float(np.var((counts / valid).mean(axis=1)))
    assert 0.1 * 0.9 / variance == pytest.approx(effective_size(valid, 0.4), rel=0.04)


@pytest.mark.parametrize(("correlation", "slack"), [(0.0, 0.015), (0.3, 0.02), (0.6, 0.02)])
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_the_estimate_is_close_to_the_truth(correlation: float, slack: float, rate: float) -> None:
    rng = np.random.default_rng(13)
    before, after = (clustered(rng, (400, _ITEMS), _EPOCHS, rate, correlation) for _ in range(2))
    values = [
        correlation_of([ItemCounts(_VALID, b), ItemCounts(_VALID, a)]) for b, a in zip(before, after, strict=True)
    ]
    assert np.mean(values) == pytest.approx(correlation, abs=slack)


def test_a_difference_between_sides_is_no_difference_between_items() -> None:
    rng = np.random.default_rng(14)
    high, low = (clustered(rng, (200, _ITEMS), _EPOCHS, rate, 0.0) for rate in (0.9, 0.1))
    values = [correlation_of([ItemCounts(_VALID, b), ItemCounts(_VALID, a)]) for b, a in zip(high, low, strict=True)]
    assert np.mean(values) < 0.02


def test_closed_cases_of_the_estimate() -> None:
    all_or_none = np.array([10.0] * 10 + [0.0] * 40)
    assert correlation_of([ItemCounts(_VALID, all_or_none)]) == 1.0
    assert correlation_of([ItemCounts(_VALID, np.full(_ITEMS, 5.0))]) == 0.0


def test_where_nothing_can_be_estimated_items_are_all_that_counts() -> None:
    silent = ItemCounts(_VALID, np.zeros(_ITEMS))
    single = ItemCounts(np.ones(20), np.array([1.0] * 5 + [0.0] * 15))
    one_item = ItemCounts(np.array([10.0]), np.array([3.0]))
    for sides in ([], [silent], [silent, silent], [single], [one_item]):
        assert correlation_of(sides) == 1.0
    item_counts = ItemCounts(_VALID, np.full(_ITEMS, 5.0))
    assert correlation_of([silent, item_counts]) == correlation_of([item_counts])


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_order_of_items_is_irrelevant_and_the_range_is_kept(items: list[tuple[int, int]]) -> None:
    def both(given_items: list[tuple[int, int]]) -> tuple[float, float]:
        valid = np.array([float(m) for m, _ in given_items])
        counts = np.array([float(min(m, x)) for m, x in given_items])
        correlation = correlation_of([ItemCounts(valid, counts)])
        return float(correlation), float(effective_size(valid, correlation))

    assert 0.0 <= both(items)[0] <= 1.0
    assert both(items) == pytest.approx(both(items[::-1]), abs=1e-9)


@pytest.mark.parametrize("rate", [0.1, 0.3])
@pytest.mark.parametrize("correlation", [0.3, 0.6])
def test_limits_hold_with_items_as_the_unit_and_not_with_samples(rate: float, correlation: float) -> None:
    """Nominal 90 %; samples taken as independent cover 48 to 63 %, near 0 (rate 0.03, rho 0.3) items cover 87 %."""
    rng = np.random.default_rng(15)
    before, after = (clustered(rng, (1_500, _ITEMS), _EPOCHS, rate, correlation) for _ in range(2))
    by_item = by_sample = 0
    for b, a in zip(before, after, strict=True):
        size = float(effective_size(_VALID, correlation_of([ItemCounts(_VALID, b), ItemCounts(_VALID, a)])))
        mean = float(b.mean()) / _EPOCHS
        items, samples = rate_interval(mean, size, 0.05), rate_interval(mean, _ITEMS * _EPOCHS, 0.05)
        by_item += items.low <= rate <= items.high
        by_sample += samples.low <= rate <= samples.high
    assert by_item / 1_500 == pytest.approx(0.90, abs=0.025)
    assert by_sample / 1_500 < 0.7


def test_an_average_of_suites_counts_suites_not_samples() -> None:
    sides = [proportion([10, 0], 100), proportion([300, 0], 1000)]
    found = mean_of_suites(sides)
    assert found.rate.tolist() == pytest.approx([0.2, 0.0])
    assert found.size.tolist() == pytest.approx([4.0 / (1 / 100 + 1 / 1000)] * 2)
    assert mean_of_suites(sides[:1]) is sides[0]
    assert mean_of_suites([proportion([7.0], 50)] * 3).size.tolist() == pytest.approx([150.0])


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=6), st.integers(1, 500))
@settings(max_examples=100, deadline=None)
def test_suites_of_one_size_are_never_given_too_small_a_variance(rates: list[float], size: int) -> None:
    found = mean_of_suites([proportion(rate * size, size) for rate in rates])
    mean, claimed = float(found.rate), float(found.size)
    true = sum(rate * (1.0 - rate) / size for rate in rates) / len(rates) ** 2
    assert mean * (1.0 - mean) / claimed >= true - 1e-12
