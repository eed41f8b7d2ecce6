"""Error rates of the rules in simulations with known truth; fixed seeds, limits at 5 % one-sided.

A false accusation is `test-only` where half or more carries over; a false clearance `generalises` where half does. The
whole grids are in `benchmarks/verdicts`; these are their worst cells and what the README and docs say of them.
"""

from __future__ import annotations

import numpy as np
import pytest

from auditor.model.policy import Policy
from auditor.model.verdict import Verdict
from auditor.stats.falls import Fall, transfer_is_below
from auditor.stats.intervals import z_of_error
from tests.bulk_verdicts import CODES, judge_histories, single_behaviour
from tests.stats.draws import accused, cleared, clustered, drawn, fall, fell, proportion

_Z = np.asarray(z_of_error(0.05))
_WORLDS = 20_000
_RATIO = (False,)
# Four standard errors of 5 % in 20,000 draws are 0.6 points: what is asserted is at most 6 %, and 5.5 % on average.
_MOST = 0.06

_grid = pytest.mark.parametrize(
    ("base", "size", "after"),
    [(base, size, after) for base in (0.03, 0.1, 0.3) for size in (100, 300, 1000) for after in (0.0, 0.01)],
)


def _transferring(
    share: float, base: float, size: int, after: float, held_out_base: float = 0.0, held_out_size: int = 0
) -> tuple[Fall, Fall]:
    """Test falls to `after`; the held-out fall, from the same base unless told, is `share` of the test's."""
    rng = np.random.default_rng(31)
    other = held_out_base or base
    test = drawn(rng, _WORLDS, size, base, after)
    return test, drawn(rng, _WORLDS, held_out_size or size, other, other * (1.0 - share * (1.0 - after / base)))


@_grid
def test_error_rates_at_a_transfer_of_one_half(base: float, size: int, after: float) -> None:
    """Measured: accused 2.0 % on average and 4.7 % at worst, cleared 3.0 % and 4.4 %."""
    worlds = _transferring(0.5, base, size, after)
    assert accused(*worlds).mean() <= _MOST
    assert accused(*worlds, scales=_RATIO).mean() <= _MOST
    assert cleared(*worlds).mean() <= _MOST


@_grid
def test_transfer_of_a_fifth_is_put_under_a_fifth_no_more_than_promised(base: float, size: int, after: float) -> None:
    """The margin's own border, on the ratio scale."""
    test, held_out = _transferring(0.2, base, size, after)
    within = np.asarray(z_of_error(0.05 / 1.2))
    assert (fell(test, _Z) & transfer_is_below(test, held_out, 0.2, within, odds=False)).mean() <= _MOST


@pytest.mark.parametrize("share", [0.7, 1.0])
@pytest.mark.parametrize("base", [0.03, 0.1, 0.3])
def test_a_patch_that_carries_over_is_hardly_ever_accused(share: float, base: float) -> None:
    for size in (100, 300):
        assert accused(*_transferring(share, base, size, 0.01)).mean() <= 0.02


@pytest.mark.parametrize(
    ("base", "held_out_base", "size", "held_out_size"),
    [
        *((base, other, size, size) for base, other in ((0.1, 0.6), (0.1, 0.9), (0.9, 0.03)) for size in (100, 300)),
        (0.6, 0.1, 100, 50),
        (0.6, 0.1, 1000, 300),
        (0.1, 0.1, 1000, 50),
        (0.3, 0.9, 100, 1000),
        (0.1, 0.9, 100, 300),
    ],
)
def test_error_rates_where_bases_or_sizes_are_far_apart(
    base: float, held_out_base: float, size: int, held_out_size: int
) -> None:
    """The worst cells of 832; without the reserve 6.5 % are accused in one, without `few` 7 % cleared in another."""
    worlds = _transferring(0.5, base, size, 0.01, held_out_base, held_out_size)
    assert accused(*worlds).mean() <= _MOST
    assert cleared(*worlds).mean() <= _MOST


@pytest.mark.parametrize(("size", "at_least"), [(1000, 0.965), (500, 0.95), (300, 0.84), (200, 0.69)])
def test_a_fall_that_stayed_on_the_test_is_found(size: int, at_least: float) -> None:
    """Test 13 to 0 % on 500, held out 10 % unchanged. The likelihood-ratio test, above 5 % in places, finds 87 % at 300
    and 72 % at 200."""
    rng = np.random.default_rng(32)
    test, held_out = drawn(rng, _WORLDS, 500, 0.13, 0.0), drawn(rng, _WORLDS, size, 0.1, 0.1)
    assert accused(test, held_out).mean() >= at_least


def _triggered(size: int, base: float, worst: float, again: bool) -> tuple[Fall, Fall]:
    """A patch without effect, written because a before-run was among the worst; with `again`, run a second time."""
    rng = np.random.default_rng(33)
    runs = np.sort(rng.binomial(size, base, int(1.3 * _WORLDS / worst)))
    bad = rng.permutation(runs[-int(runs.size * worst) :])[: _WORLDS // 2]
    more = rng.binomial(size, base, bad.size) if again else np.zeros(bad.size)
    before = proportion(bad + more, size * (2.0 if again else 1.0))
    test = Fall(before, proportion(rng.binomial(size, base, bad.size), size))
    return test, drawn(rng, bad.size, size, base, base)


@pytest.mark.parametrize("worst", [0.1, 0.01])
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(("size", "base"), [(100, 0.1), (500, 0.1), (1000, 0.3), (300, 0.6)])
def test_a_patch_without_effect_triggered_by_a_bad_run(size: int, base: float, again: bool, worst: float) -> None:
    """The worst run in ten or in a hundred. Without a penalty 5 to 7 % and 9 to 16 % are accused."""
    worlds = _triggered(size, base, worst, again)
    assert accused(*worlds, runs_before=2 if again else 1).mean() <= _MOST
    assert cleared(*worlds, runs_before=2 if again else 1).mean() <= _MOST
    if not again:
        assert accused(*worlds).mean() > (0.08 if worst < 0.1 else 0.04)


@pytest.mark.parametrize(("base", "held_out_base", "shift"), [(0.13, 0.9, 0.2), (0.13, 0.5, 0.1), (0.3, 0.6, 0.02)])
def test_a_common_shift_of_the_odds_at_far_bases_is_no_low_transfer(
    base: float, held_out_base: float, shift: float
) -> None:
    """Test 13 % to 3 %, held out 90 % to 65 %: the same log-odds, and 0.36 as a ratio of falls."""
    rng = np.random.default_rng(34)

    def after(rate: float) -> float:
        odds = shift * rate / (1.0 - rate)
        return odds / (1.0 + odds)

    for size in (100, 1000):
        test = drawn(rng, _WORLDS // 2, size, base, after(base))
        held_out = drawn(rng, _WORLDS // 2, size, held_out_base, after(held_out_base))
        if held_out_base == 0.9 and size == 1000:
            assert transfer_is_below(test, held_out, 0.5, _Z, odds=False).mean() > 0.9
        assert accused(test, held_out).mean() <= 0.01


@pytest.mark.parametrize("correlation", [0.3, 0.6])
def test_false_accusations_with_items_as_the_unit(correlation: float) -> None:
    """50 items x 10 epochs, transfer one half, true correlation: items as the unit hold the error, samples do not."""
    rng = np.random.default_rng(36)
    shape = (_WORLDS // 2, 50)
    counts = [clustered(rng, shape, 10, rate, correlation).sum(axis=1) for rate in (0.3, 0.01, 0.3, 0.155)]
    rates = [side / 500.0 for side in counts]

    def worlds(size: float) -> tuple[Fall, Fall]:
        before, after, held_before, held_after = (proportion(rate * size, size) for rate in rates)
        return Fall(before, after), Fall(held_before, held_after)

    assert accused(*worlds(500.0 / (1.0 + 9.0 * correlation))).mean() <= _MOST
    by_sample = worlds(500.0)
    assert (fell(by_sample[0], _Z) & transfer_is_below(*by_sample, 0.5, _Z, odds=False)).mean() > 0.12


@pytest.mark.parametrize("runs_before", [1, 2, 3])
def test_the_rules_simulated_here_are_those_of_the_verdict_table(runs_before: int) -> None:
    rng = np.random.default_rng(37)
    kinds = [(0.13, 0.02, 0.1, 0.1), (0.13, 0.02, 0.1, 0.05), (0.2, 0.02, 0.2, 0.03), (0.2, 0.12, 0.03, 0.06)]
    numbers: set[int] = set()
    for before, after, held_before, held_after in [*kinds, (0.3, 0.01, 0.9, 0.85)]:
        test, held_out = drawn(rng, 60, 200, before, after), drawn(rng, 60, 200, held_before, held_after)
        values = judge_histories(single_behaviour(test, held_out, runs_before=runs_before), Policy()).suite[:, 0, 0]
        assert ((values == CODES[Verdict.TEST_ONLY]) == accused(test, held_out, runs_before=runs_before)).all()
        assert (values[cleared(test, held_out, runs_before=runs_before)] <= CODES[Verdict.GENERALISES]).all()
        assert cleared(test, held_out, runs_before=runs_before)[values == CODES[Verdict.GENERALISES]].all()
        numbers |= set(values.tolist())
    assert {CODES[literal] for literal in (Verdict.TEST_ONLY, Verdict.GENERALISES, Verdict.INCONCLUSIVE)} <= numbers


def test_nothing_is_accused_of_a_rate_that_was_none() -> None:
    test, held_out = fall([65, 65], [0, 0], 500), fall([0, 0], [0, 1], 500)
    assert not accused(test, held_out).any()
