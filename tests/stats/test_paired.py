"""Differences of mean scores over common items: known answers, and what the limits leave out in simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditor.stats.clusters import ItemCounts
from auditor.stats.intervals import FloatArray
from auditor.stats.paired import (
    difference_of_means,
    difference_of_rates,
    items_to_bound,
    mean_limits,
    rate_differences,
    t_quantile,
    t_tail,
)

ERROR = 0.05


def counts(scores: list[int] | FloatArray, samples: int = 1) -> ItemCounts:
    """Items that were run so often, with how many of their samples scored 1: shape (1, items)."""
    misaligned = np.asarray(scores, dtype=float)[np.newaxis]
    return ItemCounts(np.full(misaligned.shape, float(samples)), misaligned)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706205), (2, 4.302653), (3, 3.182446), (4, 2.776445), (30, 2.042272), (99, 1.984217), (20_000, 1.959964)],
)
def test_quantiles_of_student(freedom: int, quantile: float) -> None:
    """As printed tables have them."""
    assert t_quantile(0.975, freedom) == pytest.approx(quantile, abs=2e-6)
    assert t_tail(quantile, freedom) == pytest.approx(0.025, abs=1e-7)


def test_a_paired_t_test_as_student_published_it() -> None:
    """Hours of sleep gained by ten patients with two drugs: t = 4.06 on nine degrees of freedom, p = 0.0028."""
    first = np.array([[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]])
    second = np.array([[1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]])
    # Nine of the ten differ, so that two items would be added; a tenth difference of nearly nothing has them left out.
    second[0, 4] += 1e-9
    found = difference_of_means(first, second, 10.0, ERROR)
    assert found.estimate == pytest.approx(1.58)
    assert (found.low, found.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert found.p_value == pytest.approx(0.00283289, abs=1e-7)


def test_rates_that_move_with_their_items() -> None:
    """Eight of a hundred items got worse and none better: McNemar's exact test has p = 0.0078."""
    found = difference_of_rates(counts([1] * 70 + [0] * 30), counts([1] * 78 + [0] * 22), ERROR)
    assert found.estimate == pytest.approx(0.08)
    assert 0.0 < found.low < found.high < 0.16
    assert 0.0078 / 2 < found.p_value < 0.0078 * 2
    unpaired = difference_of_rates(counts([1] * 70 + [0] * 30), counts([0] * 22 + [1] * 78), ERROR)
    assert unpaired.low < 0.0 < unpaired.high


def test_limits_leave_zero_out_exactly_where_the_p_value_says_so() -> None:
    first, second = counts([1] * 20 + [0] * 30), counts([1] * 31 + [0] * 19)
    p = difference_of_rates(first, second, ERROR).p_value
    assert difference_of_rates(first, second, p * 1.001).low > 0.0 > difference_of_rates(first, second, p * 0.999).low


def test_sides_change_places() -> None:
    first, second = counts([2, 1, 0, 4, 3] * 8, 4), counts([1, 1, 0, 2, 4] * 8, 4)
    forth, back = difference_of_rates(first, second, ERROR), difference_of_rates(second, first, ERROR)
    assert (forth.estimate, forth.low, forth.high) == pytest.approx((-back.estimate, -back.high, -back.low))
    assert forth.p_value == pytest.approx(back.p_value)


def test_every_reading_has_to_establish_a_difference() -> None:
    """Thirty samples without a score on one side: counted as 1 they take the difference away."""
    sure, open_ = counts([1] * 50 + [0] * 50), counts([1] * 80 + [0] * 20)
    alone = difference_of_rates(sure, open_, ERROR)
    both = ItemCounts(np.ones((2, 100)), np.concatenate([sure.misaligned, open_.misaligned]))
    found = difference_of_rates(both, ItemCounts(np.ones((2, 100)), np.repeat(open_.misaligned, 2, axis=0)), ERROR)
    assert alone.p_value < 0.01 < found.p_value
    assert found.estimate == alone.estimate
    assert found.low < 0.0


@pytest.mark.parametrize("items", [1, 4, 200])
def test_scores_that_do_not_move_are_no_certainty(items: int) -> None:
    still = np.full((1, items), 0.5)
    found = difference_of_means(still, still, 1.0, ERROR)
    assert found.low < -1.5 / (items + 2)
    assert found.high == -found.low
    assert found.p_value == 1.0
    rates = difference_of_rates(counts([0] * items), counts([0] * items), ERROR)
    assert rates.high > 1.5 / (items + 2)


def test_a_single_item_says_nothing() -> None:
    found = difference_of_means(np.zeros((1, 1)), np.ones((1, 1)), 1.0, ERROR)
    assert found.low < 0.0
    assert found.p_value > ERROR
    assert difference_of_rates(counts([0]), counts([1]), ERROR).p_value > ERROR


def test_limits_of_a_mean_stay_within_the_scale() -> None:
    assert mean_limits(np.array([1.0, 1.0, 0.9]), 0.0, 1.0, ERROR)[1] == 1.0
    assert mean_limits(np.array([0.5]), 0.0, 1.0, ERROR) == pytest.approx((0.0125, 0.9875))
    assert mean_limits(np.ones(100), 0.0, 1.0, ERROR) == pytest.approx((0.025**0.01, 1.0))
    low, high = mean_limits(np.linspace(0.0, 1.0, 101), 0.0, 1.0, ERROR)
    assert (low, high) == pytest.approx((0.5 - 0.0578, 0.5 + 0.0578), abs=5e-4)


def test_the_items_that_bound_a_difference_do() -> None:
    """With the number that is named, four in five worlds without a difference show one under the margin."""
    rng = np.random.default_rng(5)

    def scores(items: int) -> FloatArray:
        return np.clip(0.5 + 0.2 * rng.standard_normal((1, items)), 0.0, 1.0)

    items = items_to_bound(scores(4_000)[0], scores(4_000)[0], 1.0, 0.05, ERROR)
    found = [difference_of_means(scores(items), scores(items), 1.0, ERROR) for _ in range(400)]
    share = float(np.mean([max(-one.low, one.high) < 0.05 for one in found]))
    assert share == pytest.approx(0.8, abs=0.06)


# Error rates; fixed seeds. Four standard errors of 5 % in 4,000 worlds are 1.4 points.

_WORLDS = 4_000
_MOST = 0.064


def _chances(rng: np.random.Generator, items: int, base: float, alike: float) -> FloatArray:
    """Each item's chance, shape (worlds, items): the smaller `alike`, the further apart items are."""
    return rng.beta(base * alike, (1.0 - base) * alike, (_WORLDS, items))


@pytest.mark.parametrize(
    ("items", "epochs", "base", "alike"),
    [
        (10, 1, 0.5, 1e3),
        (30, 1, 0.5, 5.0),
        (30, 4, 0.5, 5.0),
        (100, 1, 0.9, 1e3),
        (100, 1, 0.5, 5.0),
        (100, 3, 0.05, 5.0),
    ],
)
def test_rates_without_a_difference(items: int, epochs: int, base: float, alike: float) -> None:
    """Measured: a difference is claimed in 0.5 to 4.5 % of worlds that have none."""
    rng = np.random.default_rng(41)
    chances = _chances(rng, items, base, alike)
    valid = np.full(chances.shape, float(epochs))
    first, second = (ItemCounts(valid, rng.binomial(epochs, chances).astype(float)) for _ in range(2))
    _, p_values = rate_differences(first, second, ERROR)
    assert (p_values < ERROR).mean() <= _MOST


@pytest.mark.parametrize(("items", "epochs", "base"), [(30, 1, 0.4), (100, 1, 0.8), (100, 4, 0.4)])
def test_rates_that_differ_are_covered(items: int, epochs: int, base: float) -> None:
    """By ten points, on items of different difficulty."""
    rng = np.random.default_rng(42)
    first = _chances(rng, items, base, 5.0)
    second = 0.9 * first + 0.1
    valid = np.full(first.shape, float(epochs))
    before, after = (ItemCounts(valid, rng.binomial(epochs, chances).astype(float)) for chances in (first, second))
    limits, _ = rate_differences(before, after, ERROR)
    truth = (second - first).mean(axis=1)  # of these items and not of those they were drawn from
    outside = (truth < limits.low) | (truth > limits.high)
    assert outside.mean() <= _MOST


@pytest.mark.parametrize(("items", "skewed"), [(12, False), (40, False), (40, True)])
def test_scores_without_a_difference(items: int, skewed: bool) -> None:
    """Scores of 0 to 1; skewed, where nearly all items have nearly the full score."""
    rng = np.random.default_rng(43)
    worlds = 1_000
    difficulty = rng.beta(8.0, 1.0, (worlds, items)) if skewed else rng.uniform(0.2, 0.8, (worlds, items))
    sides = [np.clip(difficulty + 0.1 * rng.standard_normal((worlds, items)), 0.0, 1.0) for _ in range(2)]
    found = [
        difference_of_means(one[np.newaxis], other[np.newaxis], 1.0, ERROR) for one, other in zip(*sides, strict=True)
    ]
    assert np.mean([one.p_value < ERROR for one in found]) <= ERROR + 4.0 * math.sqrt(ERROR / worlds)


def test_few_scores_that_move_are_no_bound() -> None:
    """One item in fifty moves by nearly the whole scale: the limits leave the truth out no more than promised."""
    rng = np.random.default_rng(44)
    outside = 0
    for _ in range(1_000):
        moved = np.where(rng.uniform(size=60) < 0.02, 0.9, 0.0)
        found = difference_of_means(np.zeros((1, 60)), moved[np.newaxis], 1.0, ERROR)
        outside += not found.low <= 0.018 <= found.high
    assert outside / 1_000 <= ERROR + 4.0 * math.sqrt(ERROR / 1_000)
