"""Trends over all states: how often a wrong one is shown, what is found, and counts of none; fixed seeds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from auditor.stats.intervals import FloatArray, IntArray, Proportion
from auditor.stats.trends import LogSlope, fit_slope, transfer_of_slopes

_ERROR = 0.025
_BASES = 0.13, 0.10
_SHAPES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "linear": lambda x: 0.97 * x,
    "by halves": lambda x: 1.0 - 0.03**x,
    "early": lambda x: np.where(x > 0.1, 0.97, 0.0),
    "late": lambda x: np.where(x > 0.9, 0.97, 0.0),
}


def _slope(counts: FloatArray | IntArray, size: int) -> LogSlope:
    places = np.arange(len(counts)) / (len(counts) - 1)
    rates = Proportion(np.asarray(counts / size, dtype=float), np.full(len(counts), float(size)))
    return fit_slope(rates, places, np.zeros(len(counts), dtype=int))


def _warned(shape: str, size: int, transfer: float, worlds: int, states: int = 12) -> float:
    """The share of histories with transfer's upper limit under one half."""
    rng = np.random.default_rng(41)
    falls, hits = _SHAPES[shape](np.arange(states) / (states - 1)), 0
    for _ in range(worlds):
        test = rng.binomial(size, _BASES[0] * (1.0 - falls))
        held_out = rng.binomial(size, _BASES[1] * (1.0 - transfer * falls))
        slopes = _slope(test, size), _slope(held_out, size)
        fell = float(slopes[0].fall(_ERROR).low) > 0.0
        hits += fell and float(transfer_of_slopes(*slopes, _ERROR).high) < 0.5
    return hits / worlds


@pytest.mark.parametrize("shape", list(_SHAPES))
@pytest.mark.parametrize("size", [50, 200])
def test_half_carried_over_is_hardly_ever_warned_of(shape: str, size: int) -> None:
    """Measured: at most 2.0 % of 300."""
    assert _warned(shape, size, 0.5, 200) <= 0.04


@pytest.mark.parametrize(("size", "least"), [(50, 0.05), (100, 0.2), (200, 0.5)])
def test_a_test_that_goes_to_zero_beside_a_held_out_that_stays_is_found(size: int, least: float) -> None:
    """Measured with twelve states: 10 to 20, 32 to 45 and 66 to 78 %; a single late step, in 5 %."""
    assert _warned("linear", size, 0.0, 150) >= least
    assert _warned("by halves", size, 0.0, 150) >= least


def test_states_without_a_misaligned_sample_have_a_slope() -> None:
    slope = _slope(np.array([20, 0, 0, 0, 0, 0]), 100)
    assert math.isfinite(slope.slope) and slope.slope < 0.0
    none = _slope(np.zeros(6), 100)
    assert none.slope == pytest.approx(0.0, abs=1e-6)
    assert math.isinf(float(transfer_of_slopes(none, none, _ERROR).high)) or np.isnan(
        float(transfer_of_slopes(none, none, _ERROR).high)
    )


def test_suites_have_their_own_heights_and_one_slope() -> None:
    rates = np.array([0.4, 0.2, 0.1, 0.04, 0.02, 0.01])
    slope = fit_slope(Proportion(rates, np.full(6, 1e5)), np.array([0.0, 0.5, 1.0] * 2), np.array([0, 0, 0, 1, 1, 1]))
    assert slope.slope == pytest.approx(math.log(0.25), abs=0.01)
    assert (slope.first, slope.last) == pytest.approx((0.22, 0.055), rel=0.01)
