"""Run-to-run variance: found where it is, none where there is none, and a rate's limits hold with it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.stats.falls import Fall, fell_less_than
from auditor.stats.intervals import Proportion
from auditor.stats.replicates import (
    Replicates,
    replicates_of_counts,
    replicates_of_items,
    run_effect,
    sum_replicates,
    widen_by_run_effect,
)

NONE = Replicates(0.0, 0.0, 0.0, 0.0, 0)


def drawn(rng: np.random.Generator, spread: float, *, runs: int, items: int, rate: float = 0.2) -> Replicates:
    """Items that differ, runs whose log-odds differ by `spread`."""
    chances = rng.beta(rate * 2.0, (1.0 - rate) * 2.0, items)
    odds = np.log(chances / (1.0 - chances)) + spread * rng.standard_normal((runs, 1))
    return replicates_of_items((rng.random((runs, items)) < 1.0 / (1.0 + np.exp(-odds))).astype(float))


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.6])
def test_the_variance_of_many_replicates_is_the_true_one(spread: float) -> None:
    """A shift of every item's log-odds shows in the mean by the items' own p(1-p), which is less than the mean's."""
    rng = np.random.default_rng(20261121)
    effect = run_effect(sum_replicates([drawn(rng, spread, runs=4, items=400) for _ in range(200)]))
    assert effect is not None
    assert effect.runs == 600
    share = 1.0 - 1.0 / 3.0  # the items' intraclass correlation, beta(.4, 1.6)
    assert math.sqrt(effect.variance) == pytest.approx(spread * share, rel=0.12, abs=0.03)
    assert effect.bound == pytest.approx(effect.variance, rel=0.06)


def test_counts_without_items_find_it_too() -> None:
    rng = np.random.default_rng(5)
    valid = np.full(3, 500.0)
    odds = np.log(0.25) + 0.4 * rng.standard_normal((400, 3))
    groups = [replicates_of_counts(rng.binomial(500, 1.0 / (1.0 + np.exp(-row))).astype(float), valid) for row in odds]
    effect = run_effect(sum_replicates(groups))
    assert effect is not None
    assert math.sqrt(effect.variance) == pytest.approx(0.4, rel=0.1)


def test_nothing_is_known_from_rates_of_none_and_of_all() -> None:
    assert run_effect(replicates_of_items(np.zeros((3, 50)))) is None
    assert run_effect(replicates_of_items(np.ones((3, 50)))) is None
    assert run_effect(NONE) is None


def test_identical_runs_show_no_variance() -> None:
    once = (np.arange(50) % 5 == 0).astype(float)
    effect = run_effect(replicates_of_items(np.stack([once, once])))
    assert effect is not None
    assert (effect.variance, effect.bound, effect.runs) == (0.0, 0.0, 1)
    assert effect.freedom == pytest.approx(1.0)


@pytest.mark.parametrize(("pairs", "factor"), [(1, 1.0), (2, 1.3), (4, 1.82), (10, 1.38), (100, 1.09)])
def test_few_replicates_are_taken_with_caution(pairs: int, factor: float) -> None:
    """The chi-squared quantile of 0.3 is 2.19 at four degrees of freedom, 7.27 at ten, 92.1 at 100."""
    replicates = Replicates(0.01, 0.0, 0.02, 0.0004, 1)
    effect = run_effect(sum_replicates([replicates] * pairs))
    assert effect is not None
    assert effect.freedom == pytest.approx(pairs)
    assert effect.bound / effect.variance == pytest.approx(factor, rel=0.02)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), groups=st.integers(2, 6))
def test_the_order_of_runs_and_of_states_changes_nothing(seed: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    values = [(rng.random((3, 20)) < 0.3).astype(float) for _ in range(groups)]
    replicates = sum_replicates([replicates_of_items(one) for one in values])
    turned = sum_replicates([replicates_of_items(one[::-1]) for one in reversed(values)])
    for name in ("squared_spread", "chance", "weight", "square"):
        assert getattr(replicates, name) == pytest.approx(getattr(turned, name), rel=1e-9, abs=1e-15)
    backwards = sum_replicates([replicates_of_items(one) for one in reversed(values)])
    assert replicates == backwards


@settings(max_examples=60, deadline=None)
@given(
    rate=st.sampled_from([0.0, 1.0]) | st.floats(0.001, 0.999),
    size=st.floats(5.0, 5000.0),
    variance=st.floats(0.0, 2.0),
    runs=st.integers(1, 6),
    correlation=st.floats(-0.9, 0.9),
)
def test_sizes_shrink_and_what_the_sides_share_stays(
    rate: float, size: float, variance: float, runs: int, correlation: float
) -> None:
    side = Proportion(np.asarray(rate), np.asarray(size))
    plain = Fall(side, side, np.asarray(correlation))
    wide = widen_by_run_effect(plain, variance, runs, runs)
    assert wide.before.size <= size
    p = rate * (1.0 - rate)
    value = p / size + p * p * variance / runs
    assert p / float(wide.before.size) == pytest.approx(value, rel=1e-9, abs=1e-12)
    shared = [float(fall.correlation) * p / float(fall.before.size) for fall in (plain, wide)]
    assert shared[0] == pytest.approx(shared[1], rel=1e-9, abs=1e-12)
    assert widen_by_run_effect(plain, 0.0, runs, runs) is plain


WORLDS, SAMPLES, RATE = 1500, 500, 0.2


def sides(rng: np.random.Generator, spread: float, runs: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Rates of runs, shape (worlds, runs)."""
    odds = np.log(RATE / (1.0 - RATE)) + spread * rng.standard_normal((WORLDS, runs))
    return np.asarray(rng.binomial(SAMPLES, 1.0 / (1.0 + np.exp(-odds))) / SAMPLES)


def called_worse(spread: float, states: int, *, known: bool) -> float:
    """How often a model that did not change is shown to have become worse: two runs before, one after.

    The run-to-run variance is taken from pairs of runs of so many states.
    """
    rng = np.random.default_rng(7)
    before, after = sides(rng, spread, 2), sides(rng, spread, 1)
    pairs = [before, *(sides(rng, spread, 2) for _ in range(states - 1))]
    worse = 0
    for world in range(WORLDS):
        replicates = [replicates_of_counts(SAMPLES * pair[world], np.full(2, float(SAMPLES))) for pair in pairs]
        effect = run_effect(sum_replicates(replicates)) if known else None
        early, late = (
            Proportion(np.asarray(values[world].mean()), np.asarray(float(SAMPLES * values.shape[1])))
            for values in (before, after)
        )
        fall = widen_by_run_effect(Fall(early, late), effect.bound if effect else 0.0, 2, 1)
        worse += fell_less_than(fall, 0.0, 0.05)
    return worse / WORLDS


@pytest.mark.parametrize("spread", [0.0, 0.15, 0.3, 0.5])
def test_with_ten_replicated_states_chance_between_runs_is_not_taken_for_a_rise(spread: float) -> None:
    assert called_worse(spread, 10, known=True) <= 0.068  # 5 %, and three standard errors


def test_without_them_it_is() -> None:
    assert called_worse(0.3, 1, known=False) > 0.25
