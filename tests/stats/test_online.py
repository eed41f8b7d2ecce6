"""LOND for any dependence: the levels of the published rule, and decisions that nothing later changes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from auditor.stats.online import lond, weight

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
    found = lond(P_VALUES, 0.1, customary)
    assert tuple(one.discovery for one in found) == DISCOVERIES
    assert [one.level for one in found] == pytest.approx(LEVELS)


def test_the_weights_add_up_to_one() -> None:
    """What is left beyond n is 50/(n + 50)."""
    for places in (1, 50, 5_000):
        assert sum(weight(place) for place in range(1, places + 1)) == pytest.approx(places / (places + 50))


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), max_size=40), st.lists(st.floats(0.0, 1.0), max_size=40))
def test_appending_changes_no_decision(early: list[float], late: list[float]) -> None:
    assert lond([*early, *late], 0.1)[: len(early)] == lond(early, 0.1)


def test_an_empty_stream_decides_nothing() -> None:
    assert lond([], 0.1) == ()
