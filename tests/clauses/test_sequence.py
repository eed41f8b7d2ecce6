from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.sequence import longest_increasing_positions, patience_pairs


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=9))
def test_longest_increasing_is_as_long_as_any(values: list[int]) -> None:
    chain = longest_increasing_positions(values)
    assert all(values[at] < values[later] for at, later in pairwise(chain))
    longer = combinations(values, len(chain) + 1)
    assert not any(all(number < two for number, two in pairwise(candidate)) for candidate in longer)


@settings(max_examples=100, deadline=None)
@given(st.text("abcd", max_size=12), st.text("abcd", max_size=12))
def test_common_pairs_are_equal_and_in_order(before: str, after: str) -> None:
    pairs = patience_pairs(before, after)
    assert all(before[at] == after[other] for at, other in pairs)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(pairs))


def test_repeated_values_pair_with_the_repetition_between_the_same_neighbours() -> None:
    assert patience_pairs("AxBxCx", "BxCx") == [(2, 0), (3, 1), (4, 2), (5, 3)]
    assert patience_pairs("abc", "abc") == [(0, 0), (1, 1), (2, 2)]
    assert patience_pairs("", "abc") == []
