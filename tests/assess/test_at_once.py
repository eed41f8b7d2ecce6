"""What is computed of many pairs at once is, to the bit, what is computed of each by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.at_once import compute
from auditor.assess.comparable import Compared, Pair, compare
from auditor.assess.contrast import common_fall_of, correlations_of, fall_of, proportion_of, raw_fall_of
from auditor.assess.steps import steps
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion
from tests.worlds import evidence

COUNT = st.tuples(st.integers(0, 30), st.integers(1, 60), st.integers(0, 9)).map(
    lambda some: f"{min(some[0], some[1])}/{some[1]}" + (f"+{some[2]}" if some[2] else "")
)
CHANGE = st.tuples(COUNT, COUNT).map(" -> ".join)


def compared(texts: list[str]) -> Compared:
    """A world's only step, every pair a new object, of which nothing is known."""
    found = evidence(*texts)
    [step] = steps(found, "lying", "m1")
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
    return [*found, [float(one) for one in correlations_of(pair)]]


@settings(max_examples=40, deadline=None)
@given(st.lists(CHANGE, min_size=1, max_size=4))
def test_the_same_to_the_bit(texts: list[str]) -> None:
    alone, together = compared(texts), compared(texts)
    compute([together])
    pairs = list(zip((*alone.test, *alone.held_out), (*together.test, *together.held_out), strict=True))
    assert all(raw_fall_of.knows(pair) for _, pair in pairs)
    assert [said(pair) for _, pair in pairs] == [said(replace(pair)) for pair, _ in pairs]


def test_what_is_known_already_is_left() -> None:
    once = compared(["80/400 -> 0/390+5", "82/400 -> 80/400"])
    compute([once])
    first = [fall_of(pair) for pair in (*once.test, *once.held_out)]
    compute([once, once])
    assert all(fall_of(pair) is was for pair, was in zip((*once.test, *once.held_out), first, strict=True))
