from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.stats.families import holm_levels

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
