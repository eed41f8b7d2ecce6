"""The e-value of looking again: a mixture that is a martingale where nothing is there, and its price."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from auditor.stats.anytime import e_value

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
