"""Transfer of many behaviours together: what its interval holds, and how often it would warn wrongly; fixed seeds.

A wrong warning is an upper limit under one half where half or more carries over. 2.5 % is the level: half of 5 %, for
the other half belongs to trends.
"""

from __future__ import annotations

import numpy as np
import pytest

from auditor.stats.falls import Fall, Limits
from auditor.stats.intervals import student_of_error, z_of_error
from auditor.stats.joint import carried_points, fallen_points, joint_transfer
from tests.stats.draws import proportion

_WORLDS = 2_000
_ERROR = 0.025
# Four standard errors of 2.5 % in 2,000 draws are 1.4 points.
_MOST = 0.039


def _history(
    behaviours: int,
    size: int,
    transfer: float,
    *,
    moving: float = 1.0,
    apart: float = 0.0,
    worst_of: int = 1,
    triggered: bool = False,
) -> tuple[Fall, Fall, float]:
    """Test and held-out falls, shape (behaviours, worlds), and their true transfer.

    Args:
        moving: the share of behaviours whose test falls, by 60 to 100 %.
        apart: by how much half of the behaviours carry over more, half less.
        worst_of: of how many runs the one before is the worst, on the test.
        triggered: whether those that move are those whose run before looked worst.
    """
    rng = np.random.default_rng(97)
    shape = behaviours, _WORLDS
    test, held_out = rng.uniform(0.05, 0.3, shape), rng.uniform(0.05, 0.3, shape)
    before = rng.binomial(size, test[np.newaxis], (worst_of, *shape)).max(axis=0)
    order = np.argsort(np.argsort(-before, axis=0), axis=0) if triggered else np.arange(behaviours)[:, np.newaxis]
    falls = np.where(order < round(moving * behaviours), rng.uniform(0.6, 1.0, shape), 0.0)
    shares = transfer + apart * np.where(np.arange(behaviours) % 2, 1.0, -1.0)[:, np.newaxis]
    after = rng.binomial(size, test * (1.0 - falls))
    others = rng.binomial(size, held_out), rng.binomial(size, held_out * (1.0 - falls * shares))
    true = float((test * falls * shares).sum() / (test * falls).sum()) if moving else 0.0
    sides = [proportion(counts, size) for counts in (before, after, *others)]
    return Fall(sides[0], sides[1]), Fall(sides[2], sides[3]), true


def _limits(test: Fall, held_out: Fall, *, first: bool) -> Limits:
    before, fallen = fallen_points(test, np.full(test.before.rate.shape, first))
    return joint_transfer(carried_points(before, held_out), fallen, _ERROR)


@pytest.mark.parametrize("behaviours", [3, 4, 5, 8, 12, 20])
@pytest.mark.parametrize("size", [100, 300])
@pytest.mark.parametrize(("transfer", "apart"), [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 0.4)])
def test_the_interval_holds_the_truth(behaviours: int, size: int, transfer: float, apart: float) -> None:
    """Measured: 92.8 to 100 % where 95 is said, and the upper end, which alone warns, in 0 to 1.8 % beyond, of 2.5."""
    test, held_out, true = _history(behaviours, size, transfer, apart=apart)
    limits = _limits(test, held_out, first=False)
    low, high = limits.low > true, limits.high < true
    assert np.mean(high) <= _MOST
    assert np.mean(low | high) <= 0.085


@pytest.mark.parametrize("behaviours", [3, 5, 8, 20])
@pytest.mark.parametrize("moving", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("triggered", [False, True])
def test_half_carried_over_is_hardly_ever_warned_of(behaviours: int, moving: float, *, triggered: bool) -> None:
    """Also where the behaviours that move are those whose run before looked worst."""
    for size in (50, 100, 300):
        test, held_out, _ = _history(behaviours, size, 0.5, moving=moving, triggered=triggered)
        assert np.mean(_limits(test, held_out, first=True).high < 0.5) <= _MOST


@pytest.mark.parametrize("behaviours", [3, 5, 8, 20])
def test_no_effect_is_hardly_ever_warned_of_whatever_was_chosen(behaviours: int) -> None:
    """Each behaviour's only run before may be the worst of ten, for which it came to be measured."""
    for worst_of in (1, 2, 10):
        test, held_out, _ = _history(behaviours, 100, 0.0, moving=0.0, worst_of=worst_of)
        assert np.mean(_limits(test, held_out, first=True).high < 0.5) <= _MOST


def test_what_it_finds() -> None:
    """Tests that fall by 60 to 100 % beside held-out that stays; the caution for first runs costs some of it."""
    shares = {}
    for behaviours in (5, 8, 12, 20):
        test, held_out, _ = _history(behaviours, 100, 0.0)
        shares[behaviours] = [float(np.mean(_limits(test, held_out, first=f).high < 0.5)) for f in (False, True)]
    assert [round(100 * plain) for plain, _ in shares.values()] == pytest.approx([33, 69, 90, 99], abs=4)
    assert [round(100 * careful) for _, careful in shares.values()] == pytest.approx([22, 53, 81, 98], abs=4)


def test_without_a_fall_nothing_is_limited() -> None:
    still = Fall(proportion([10, 20, 30], 100), proportion([11, 19, 30], 100))
    limits = _limits(still, still, first=False)
    assert (float(limits.low), float(limits.high)) == (-np.inf, np.inf)


def test_a_behaviour_outweighs_others_by_its_fall_and_not_by_its_held_out_rate() -> None:
    """What fell fell whole on held-out, and a behaviour that did not move has a held-out rate ten times as high."""
    test = Fall(proportion([30, 5, 5, 5], 100), proportion([0, 5, 5, 5], 100))
    held_out = Fall(proportion([50, 500, 500, 500], 1000), proportion([0, 500, 500, 500], 1000))
    assert float(_limits(test, held_out, first=False).estimate) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("freedom", "value"),
    [(1, 12.7062), (2, 4.30265), (3, 3.18245), (4, 2.77645), (7, 2.36462), (8, 2.30600), (19, 2.09302), (40, 2.02108)],
)
def test_student(freedom: int, value: float) -> None:
    """The quantiles as tables have them (Abramowitz and Stegun 1964, table 26.10); a normal one at the end."""
    assert student_of_error(0.025, freedom) == pytest.approx(value, rel=1e-5)
    assert student_of_error(0.025, 100_000) == pytest.approx(z_of_error(0.025), rel=1e-4)
