"""Rates, changes and transfers of many at once are those of each by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.comparable import compare
from auditor.assess.contrast import fall_of
from auditor.assess.rates import Contrast, change_of, changes_of, rates_of, transfers_of
from auditor.assess.steps import steps
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion, rate_interval, rate_limits
from tests.worlds import evidence

RATE = st.integers(0, 1000).map(lambda count: count / 1000) | st.sampled_from([0.0, 0.5, 1.0])
SIZE = st.floats(1.0, 5000.0)
SIDE = st.builds(lambda rate, size: Proportion(np.full(3, rate), np.full(3, size)), RATE, SIZE)
FALL = st.builds(lambda before, after, rho: Fall(before, after, np.asarray(rho)), SIDE, SIDE, st.floats(-0.9, 0.9))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(RATE, SIZE), min_size=1, max_size=8), st.sampled_from([0.05, 0.0125]))
def test_limits(sides: list[tuple[float, float]], error: float) -> None:
    rates, sizes = (np.array(column) for column in zip(*sides, strict=True))
    low, high = rate_limits(Proportion(rates, sizes), error)
    alone = [rate_interval(rate, size, error) for rate, size in sides]
    assert [(one.low, one.high) for one in alone] == list(zip(low.tolist(), high.tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(Contrast, FALL, FALL, st.sampled_from([0.05, 0.01])), max_size=6))
def test_transfers(asked: list[Contrast]) -> None:
    assert transfers_of(asked, 1.2) == [transfers_of([one], 1.2)[0] for one in asked]


def test_changes() -> None:
    found = evidence("80/400 -> 0/390+5", "82/400 -> 80/400", "0/400 -> 1/400", "90/400 -> 0/400")
    [step] = steps(found, "lying", "m1")
    compared = compare(found, step)
    asked = [((pair,), fall_of(pair)) for pair in (*compared.test, *compared.held_out)]
    assert changes_of(asked, 0.05) == [change_of(pairs, fall, 0.05) for pairs, fall in asked]


def test_nothing_asked_is_nothing_told() -> None:
    assert (rates_of([], 0.05), changes_of([], 0.05), transfers_of([], 1.2)) == ([], [], [])
