"""tests.assess.test_contrast"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.comparable import Comparison, Pair, compare
from auditor.assess.contrast import (
    TransferSource,
    common_fall_of,
    compute_batch,
    correlations_of,
    estimate_change,
    estimate_changes,
    estimate_rates,
    estimate_transfers,
    fall_of,
    proportion_of,
    raw_fall_of,
)
from auditor.assess.steps import find_steps
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion, rate_interval, rate_limits
from tests.worlds import evidence

COUNT = st.tuples(st.integers(0, 30), st.integers(1, 60), st.integers(0, 9)).map(
    lambda some: f"{min(some[0], some[1])}/{some[1]}" + (f"+{some[2]}" if some[2] else "")
)
CHANGE = st.tuples(COUNT, COUNT).map(" -> ".join)


def compared(texts: list[str]) -> Comparison:
    """A world's only step, every pair a new object, of which nothing is known."""
    found = evidence(*texts)
    [step] = find_steps(found, "lying", "m1")
    return compare(found, step)


def numbers(*given: Fall | Proportion | None) -> list[list[float]]:
    """Every number of some falls and rates."""
    arrays: list[object] = []
    for one in given:
        match one:
            case Fall():
                arrays += [one.before.rate, one.before.size, one.after.rate, one.after.size]
                arrays.append(np.broadcast_to(one.correlation, one.before.rate.shape))
            case Proportion():
                arrays += [one.rate, one.size]
            case None:
                arrays.append([])
    return [np.asarray(array, dtype=float).ravel().tolist() for array in arrays]


def said(pair: Pair) -> list[list[float]]:
    sides = (pair.before, pair.after, pair.raw_before, pair.raw_after)
    found = numbers(fall_of(pair), common_fall_of(pair), raw_fall_of(pair), *map(proportion_of, sides))
    return [*found, [float(values) for values in correlations_of(pair)]]


@settings(max_examples=40, deadline=None)
@given(st.lists(CHANGE, min_size=1, max_size=4))
def test_the_same_to_the_bit(texts: list[str]) -> None:
    alone, together = compared(texts), compared(texts)
    compute_batch([together])
    pairs = list(zip((*alone.test, *alone.held_out), (*together.test, *together.held_out), strict=True))
    assert all(raw_fall_of.cached(pair) for _, pair in pairs)
    assert [said(pair) for _, pair in pairs] == [said(replace(pair)) for pair, _ in pairs]


def test_what_is_known_already_is_left() -> None:
    once = compared(["80/400 -> 0/390+5", "82/400 -> 80/400"])
    compute_batch([once])
    first = [fall_of(pair) for pair in (*once.test, *once.held_out)]
    compute_batch([once, once])
    assert all(fall_of(pair) is was for pair, was in zip((*once.test, *once.held_out), first, strict=True))


RATE = st.integers(0, 1000).map(lambda count: count / 1000) | st.sampled_from([0.0, 0.5, 1.0])
SIZE = st.floats(1.0, 5000.0)
SIDE = st.builds(lambda rate, size: Proportion(np.full(3, rate), np.full(3, size)), RATE, SIZE)
ERRORS = st.sampled_from([0.05, 0.01])
FALL = st.builds(lambda before, after, rho: Fall(before, after, np.asarray(rho)), SIDE, SIDE, st.floats(-0.9, 0.9))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(RATE, SIZE), min_size=1, max_size=8), st.sampled_from([0.05, 0.0125]))
def test_limits(sides: list[tuple[float, float]], error: float) -> None:
    rates, sizes = (np.array(column) for column in zip(*sides, strict=True))
    low, high = rate_limits(Proportion(rates, sizes), error)
    alone = [rate_interval(rate, size, error) for rate, size in sides]
    assert [(interval.low, interval.high) for interval in alone] == list(zip(low.tolist(), high.tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(TransferSource, FALL, FALL, ERRORS, ERRORS), max_size=6))
def test_transfers(asked: list[TransferSource]) -> None:
    assert estimate_transfers(asked, 1.2) == [estimate_transfers([one], 1.2)[0] for one in asked]


def test_changes() -> None:
    found = evidence("80/400 -> 0/390+5", "82/400 -> 80/400", "0/400 -> 1/400", "90/400 -> 0/400")
    [step] = find_steps(found, "lying", "m1")
    compared = compare(found, step)
    asked = [((pair,), fall_of(pair)) for pair in (*compared.test, *compared.held_out)]
    assert estimate_changes(asked, 0.05) == [estimate_change(pairs, fall, 0.05) for pairs, fall in asked]


def test_nothing_asked_is_nothing_told() -> None:
    assert (estimate_rates([], 0.05), estimate_changes([], 0.05), estimate_transfers([], 1.2)) == ([], [], [])
