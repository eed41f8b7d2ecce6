"""Error rates of the rules in simulations with known truth; fixed seeds, limits at 5 % one-sided.

A false accusation is `test-only` where half or more carries over; a false clearance `generalises` where half does.
"""

from __future__ import annotations

import numpy as np
import pytest

from auditor.assess.contrast import Numbers, establish
from auditor.assess.statements import TRIGGER_PENALTY
from auditor.assess.verdicts import CARRIED_OVER_ON_BOTH_SCALES, STAYED_ON_BOTH_SCALES, p_value
from auditor.model.policy import Policy
from auditor.stats.falls import Fall, transfer_is_below
from auditor.stats.intervals import Proportion
from auditor.stats.normal import z_of_error
from tests.stats.draws import accused, cleared, clustered, drawn, fall, fell, proportion

_Z = np.asarray(z_of_error(0.05))
_WORLDS = 20_000
_RATIO = (False,)

_grid = pytest.mark.parametrize(
    ("base", "size", "after"),
    [(base, size, after) for base in (0.03, 0.1, 0.3) for size in (100, 300, 1000) for after in (0.0, 0.01)],
)


def _transferring(share: float, base: float, size: int, after: float, held_out_base: float = 0.0) -> tuple[Fall, Fall]:
    """Test falls to `after`; the held-out fall, from the same base unless told, is `share` of the test's."""
    rng = np.random.default_rng(31)
    other = held_out_base or base
    test = drawn(rng, _WORLDS, size, base, after)
    return test, drawn(rng, _WORLDS, size, other, other * (1.0 - share * (1.0 - after / base)))


@_grid
def test_false_accusations_at_a_transfer_of_one_half(base: float, size: int, after: float) -> None:
    """Measured: both scales 1.9 % on average and 4.1 % at worst, the ratio alone 2.7 % and 4.9 %."""
    worlds = _transferring(0.5, base, size, after)
    assert accused(*worlds, _Z).mean() <= 0.06
    assert accused(*worlds, _Z, scales=_RATIO).mean() <= 0.06


@_grid
def test_false_clearances_at_a_transfer_of_one_half(base: float, size: int, after: float) -> None:
    """Measured: 3.9 % on average, 5.1 % at worst; the odds scale takes nothing away here."""
    assert cleared(*_transferring(0.5, base, size, after), _Z).mean() <= 0.06


@_grid
def test_transfer_of_a_fifth_is_put_under_a_fifth_no_more_than_promised(base: float, size: int, after: float) -> None:
    """The margin's own border, on the ratio scale. Measured: 4.4 % on average, 5.5 % at worst (3 %, n = 1000)."""
    test, held_out = _transferring(0.2, base, size, after)
    assert (fell(test, _Z) & transfer_is_below(test, held_out, 0.2, _Z, odds=False)).mean() <= 0.065


@pytest.mark.parametrize("share", [0.7, 1.0])
@pytest.mark.parametrize("base", [0.03, 0.1, 0.3])
def test_a_patch_that_carries_over_is_hardly_ever_accused(share: float, base: float) -> None:
    for size in (100, 300):
        assert accused(*_transferring(share, base, size, 0.01), _Z).mean() <= 0.02


@pytest.mark.parametrize(("base", "held_out_base"), [(0.1, 0.6), (0.1, 0.9), (0.3, 0.9), (0.9, 0.03), (0.6, 0.1)])
@pytest.mark.parametrize("size", [100, 300])
def test_error_rates_where_the_bases_are_far_apart(base: float, held_out_base: float, size: int) -> None:
    """False clearances go above 6 % where the held-out base is far above the test's and there is more held-out data:
    6.5 % here at (10 %, 90 %), 7.0 % at worst on 450 combinations (30 %, 90 %, 100 and 1000 samples)."""
    worlds = _transferring(0.5, base, size, 0.01, held_out_base)
    assert accused(*worlds, _Z).mean() <= 0.06
    assert cleared(*worlds, _Z).mean() <= 0.076


@pytest.mark.parametrize(("size", "at_least", "ratio_alone"), [(500, 0.90, 0.93), (300, 0.76, 0.84)])
def test_a_fall_that_stayed_on_the_test_is_found(size: int, at_least: float, ratio_alone: float) -> None:
    """Test 13 to 0 % on 500, held out 10 % unchanged. Measured: 94 % at 500 (ratio alone 95 %), 80 % at 300 (87 %)."""
    rng = np.random.default_rng(32)
    test, held_out = drawn(rng, _WORLDS, 500, 0.13, 0.0), drawn(rng, _WORLDS, size, 0.1, 0.1)
    assert accused(test, held_out, _Z).mean() >= at_least
    assert accused(test, held_out, _Z, scales=_RATIO).mean() >= ratio_alone


def _triggered(size: int, base: float = 0.1, worst: float = 0.1) -> tuple[Fall, Fall]:
    """A patch without effect, written because the before-run was among the worst tenth."""
    rng = np.random.default_rng(33)
    runs = rng.binomial(size, base, 40 * _WORLDS)
    bad = runs[runs > np.quantile(runs, 1.0 - worst)][:_WORLDS]
    return fall(bad, rng.binomial(size, base, bad.size), size), drawn(rng, bad.size, size, base, base)


@pytest.mark.parametrize("size", [100, 300, 500])
def test_a_patch_without_effect_triggered_by_a_bad_run(size: int) -> None:
    """Measured at 100 / 300 / 500: D alone 12 to 13 %; with the test fall required 5.7 / 6.2 / 6.4 %; with the test
    fall at a fifth of the error 1.7 / 2.1 / 2.3 %."""
    worlds = _triggered(size)
    strict = np.asarray(z_of_error(0.05 / TRIGGER_PENALTY))
    contrast_alone = transfer_is_below(*worlds, 0.5, _Z, odds=False).mean()
    bare, held = accused(*worlds, _Z).mean(), accused(*worlds, _Z, z_test=strict).mean()
    assert contrast_alone > 0.09
    assert held <= 0.05
    assert held < bare < 0.08


def test_a_common_shift_of_the_odds_at_far_bases_is_no_low_transfer() -> None:
    """Test 13 % to 3 %, held out 90 % to 65 %: the same log-odds, and 0.36 as a ratio of falls."""
    rng = np.random.default_rng(34)
    odds = 9.0 * (0.03 / 0.97) / (0.13 / 0.87)
    test, held_out = drawn(rng, _WORLDS, 1000, 0.13, 0.03), drawn(rng, _WORLDS, 1000, 0.9, odds / (1.0 + odds))
    assert transfer_is_below(test, held_out, 0.5, _Z, odds=False).mean() > 0.9
    assert transfer_is_below(test, held_out, 0.5, _Z, odds=True).mean() < 0.01
    assert accused(test, held_out, _Z).mean() < 0.001


@pytest.mark.parametrize("correlation", [0.3, 0.6])
def test_false_accusations_with_items_as_the_unit(correlation: float) -> None:
    """50 items x 10 epochs, transfer one half, true correlation: items as the unit hold the error, samples do not."""
    rng = np.random.default_rng(36)
    shape = (_WORLDS // 2, 50)
    counts = [clustered(rng, shape, 10, rate, correlation).sum(axis=1) for rate in (0.3, 0.01, 0.3, 0.155)]
    rates = [side / 500.0 for side in counts]

    def sides(size: float) -> tuple[Fall, Fall]:
        before, after, held_before, held_after = (proportion(rate * size, size) for rate in rates)
        return Fall(before, after), Fall(held_before, held_after)

    def wrong(size: float) -> float:
        test, held_out = sides(size)
        below = transfer_is_below(test, held_out, 0.5, _Z, odds=False)
        return float((fell(test, _Z) & below).mean())

    assert wrong(500.0 / (1.0 + 9.0 * correlation)) <= 0.065
    assert wrong(500.0) > 0.12


def _at(given: Fall, world: int, readings: int) -> Fall:
    """One world, with the same counts under every reading of the invalid samples (there are none)."""

    def side(of: Proportion) -> Proportion:
        shape = (readings,) if readings else ()
        return Proportion(np.full(shape, of.rate[world]), np.full(shape, of.size[world]))

    return Fall(side(given.before), side(given.after))


@pytest.mark.parametrize("triggered", [False, True])
def test_the_rules_simulated_here_are_those_of_the_verdict_table(triggered: bool) -> None:
    rng = np.random.default_rng(37)
    kinds = [(0.13, 0.02, 0.1, 0.1), (0.13, 0.02, 0.1, 0.05), (0.2, 0.02, 0.2, 0.03), (0.2, 0.12, 0.03, 0.06)]
    z_test = np.asarray(z_of_error(0.05 / TRIGGER_PENALTY)) if triggered else _Z
    seen: set[tuple[bool, bool]] = set()
    for before, after, held_before, held_after in kinds:
        test, held_out = drawn(rng, 60, 200, before, after), drawn(rng, 60, 200, held_before, held_after)
        numbers = [
            Numbers(_at(test, w, 3), _at(test, w, 0), (_at(held_out, w, 3),), triggered=triggered) for w in range(60)
        ]
        stayed = accused(test, held_out, _Z, z_test=z_test)
        carried = cleared(test, held_out, _Z) & fell(test, z_test)
        for world, found in enumerate(establish(numbers, Policy())):
            given = {**found.step, **found.cells[0]}
            said = tuple(p_value(c, given, 0.05) <= 0.05 for c in (STAYED_ON_BOTH_SCALES, CARRIED_OVER_ON_BOTH_SCALES))
            assert said == (stayed[world], carried[world])
            seen.add((said[0], said[1]))
    assert seen == {(True, False), (False, True), (False, False)}
