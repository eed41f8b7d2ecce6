"""Columns hold the numbers they were given, in few bytes, and never change."""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.packed_columns import Column, pack_counts, pack_measures
from auditor.model.run import Awareness, SampleReasons, SeverityTally, Tallies

counts = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 300), max_size=20)


@given(counts)
def test_a_column_is_its_tuple(values: list[int]) -> None:
    column = pack_counts(values)
    assert isinstance(column, Column)
    assert column == tuple(values)
    assert (hash(column), list(column), len(column)) == (hash(tuple(values)), values, len(values))
    assert [column[place] for place in range(len(values))] == values
    assert (column[1:], repr(column), pack_counts(column) is column) == (tuple(values[1:]), repr(tuple(values)), True)
    assert pickle.loads(pickle.dumps(column)) == column
    assert np.array([column, column], dtype=float).tolist() == [list(map(float, values))] * 2


@given(st.lists(st.floats(0, 1e9), max_size=20))
def test_measures_are_kept_to_the_last_bit(values: list[float]) -> None:
    assert pack_measures(values) == tuple(values)
    assert isinstance(pack_measures(values), Column)


def test_equal_numbers_are_equal_whatever_their_width() -> None:
    assert pack_counts([1, 2]) != pack_counts([1, 300])
    assert pack_counts([1, 2]) == Column("H", np.array([1, 2], np.uint16).tobytes())
    assert pack_counts([1, 2]) != [1, 2]


@pytest.mark.parametrize("values", [(True,), (-1,), (2**64,), (1.0,), ("1",)])
def test_what_is_no_count_stays_as_it_is_for_whoever_checks(values: tuple[int, ...]) -> None:
    assert pack_counts(values) is not None
    assert type(pack_counts(values)) is tuple
    assert pack_counts(values) == values


def test_nobody_writes_into_a_column() -> None:
    view = np.asarray(pack_counts([1, 2, 3]))
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 9


def test_an_item_tally_takes_at_most_40_bytes() -> None:
    """Of the widest counts there usually are, with everything a tally can hold."""
    items = tuple(f"item-{place}" for place in range(1000))
    column, total = list(range(1000)), [place / 7 for place in range(1000)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tallies = [
            Tallies(
                items,
                column,
                column,
                column,
                Awareness(column, column, column),
                SeverityTally(column, total),
                None,
                SampleReasons(column, column, column, column, column),
            )
            for _ in range(100)
        ]
        number = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert number <= 40 * len(items) * len(tallies)
