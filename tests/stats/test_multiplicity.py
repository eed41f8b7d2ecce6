"""tests.stats.test_multiplicity"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from auditor.stats.multiplicity import e_value, holm_levels, lond, lond_weight

STANDARD = NormalDist()


def mixed(z: float, g: float) -> float:
    """The mixture over drifts by a sum: half-normal of scale sqrt(g) in units of the standard error."""
    drifts = np.linspace(0.0, 12.0 * np.sqrt(g), 200_001)
    prior = 2.0 / np.sqrt(2.0 * np.pi * g) * np.exp(-(drifts**2) / (2.0 * g))
    return float(np.trapezoid(prior * np.exp(drifts * z - drifts**2 / 2.0), drifts))


@pytest.mark.parametrize("z", [0.5, 1.645, 3.0, 5.0])
@pytest.mark.parametrize("g", [0.5, 10.0, 100.0])
def test_it_is_the_likelihood_ratio_mixed_over_drifts(z: float, g: float) -> None:
    effect, scale = z, float(np.sqrt(g))  # a standard error of 1
    assert e_value(1.0 - STANDARD.cdf(z), effect, scale) == pytest.approx(mixed(z, g), rel=1e-4)


def test_without_evidence_it_says_nothing() -> None:
    assert e_value(0.5, 0.1, 0.5) == e_value(1.0, 0.1, 0.5) == e_value(0.01, 0.0, 0.5) == 0.0


def test_only_the_size_of_the_effect_counts() -> None:
    assert e_value(0.001, -0.4, 0.5) == e_value(0.001, 0.4, 0.5)


def test_a_hundred_looks_at_nothing_reach_twenty_in_at_most_five_per_cent() -> None:
    """Brownian motion without a drift; plain looks at 5 % cross in more than a quarter."""
    dice = np.random.default_rng(1)
    size = np.arange(1, 101) * 4.0
    sums = dice.normal(scale=2.0, size=(1000, 100)).cumsum(axis=1)
    z = sums / np.sqrt(size)
    p_values = np.vectorize(STANDARD.cdf)(-z)
    e_values = np.vectorize(e_value)(p_values, z / np.sqrt(size), 0.3)
    ever = (e_values >= 20.0).any(axis=1).sum()
    assert (z > 1.645).any(axis=1).mean() > 0.25
    assert ever / 1000 <= 0.05


_P_VALUES = st.lists(st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.01, 0.0125, 0.025, 0.05, 1.0]), max_size=12)


def _rejected(p_values: list[float], error: float) -> list[bool]:
    """Holm 1979, as in the textbook: step down from the smallest, stop at the first that is not rejected."""
    found = [False] * len(p_values)
    remaining = len(p_values)
    for p, index in sorted((p, index) for index, p in enumerate(p_values)):
        if p > error / remaining:
            break
        found[index], remaining = True, remaining - 1
    return found


@given(_P_VALUES, st.sampled_from([0.01, 0.05, 0.1]))
@settings(max_examples=100, deadline=None)
def test_a_test_meets_its_level_exactly_when_holm_rejects_it(p_values: list[float], error: float) -> None:
    levels = holm_levels(p_values, error)
    assert [p <= level for p, level in zip(p_values, levels, strict=True)] == _rejected(p_values, error)


@given(_P_VALUES)
@settings(max_examples=100, deadline=None)
def test_levels_go_with_the_p_values_not_with_their_order(p_values: list[float]) -> None:
    levels = dict(zip(p_values, holm_levels(p_values, 0.05), strict=True))
    for turned in (p_values[::-1], sorted(p_values)):
        assert list(holm_levels(turned, 0.05)) == [levels[p] for p in turned]
    assert all(0.05 / len(p_values) <= level <= 0.05 for level in levels.values())


def test_a_worked_family() -> None:
    assert holm_levels([0.01, 0.04, 0.03, 0.005], 0.05) == pytest.approx((0.05 / 3, 0.025, 0.025, 0.0125))


def test_one_test_has_the_whole_error_and_none_has_none() -> None:
    assert holm_levels([0.3], 0.05) == (0.05,)
    assert holm_levels([], 0.05) == ()


def test_equal_p_values_share_the_stricter_level() -> None:
    assert holm_levels([0.02, 0.02], 0.05) == (0.025, 0.025)


# What online-fdr 1.0.0 decides, Lond(alpha=0.1, original=True, dependent=True); 500 seeded p-values agreed likewise.
P_VALUES = (0.001, 0.2, 1e-6, 0.5, 0.003, 1e-4, 0.9, 2e-4)
DISCOVERIES = (True, False, True, False, False, True, False, True)
LEVELS = (
    0.005351677091260087,
    0.001551760771058899,
    0.0010813635048502596,
    0.0011870792724912962,
    0.000918245655242801,
    0.0007403143275507988,
    0.0008206305130604533,
    0.0006983774616396442,
)


def customary(place: int) -> float:
    """Javanmard and Montanari's weights."""
    return 0.07720838 * math.log(max(place, 2)) / (place * math.exp(math.sqrt(math.log(place))))


def test_levels_and_discoveries_are_those_of_another_implementation() -> None:
    online_decisions = lond(P_VALUES, 0.1, customary)
    assert tuple(online_decision.discovery for online_decision in online_decisions) == DISCOVERIES
    assert [online_decision.level for online_decision in online_decisions] == pytest.approx(LEVELS)


def test_the_weights_add_up_to_one() -> None:
    """What is left beyond n is 50/(n + 50)."""
    for places in (1, 50, 5_000):
        assert sum(lond_weight(place) for place in range(1, places + 1)) == pytest.approx(places / (places + 50))


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), max_size=40), st.lists(st.floats(0.0, 1.0), max_size=40))
def test_appending_changes_no_decision(early: list[float], late: list[float]) -> None:
    assert lond([*early, *late], 0.1)[: len(early)] == lond(early, 0.1)


def test_an_empty_stream_decides_nothing() -> None:
    assert lond([], 0.1) == ()
