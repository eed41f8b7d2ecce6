from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.stats.normal import error_of_z, largest_z, z_of_error


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
