"""Two sequences: what stands in both in the same order (patience diff), how much they begin and end with in common,
and a longest increasing subsequence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

_SequenceT = TypeVar("_SequenceT", str, tuple[Any, ...])
_STRIDE = 4096


def longest_increasing_positions(values: Sequence[int]) -> list[int]:
    """The positions, ascending, of a longest strictly increasing subsequence; of several, always the same one."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for at, value in enumerate(values):
        length = bisect_left(tails, value)
        previous.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(value)
            ends.append(at)
        else:
            tails[length], ends[length] = value, at
    chain = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(at)
        at = previous[at]
    return chain[::-1]


def common_prefix_length(sequence: _SequenceT, other_sequence: _SequenceT, at: int = 0, other: int = 0) -> int:
    """How many elements two sequences have in common from these positions on, compared a slice at a time."""
    most = min(len(sequence) - at, len(other_sequence) - other)
    same, step = 0, _STRIDE
    while same < most and step:
        size = min(step, most - same)
        if sequence[at + same : at + same + size] == other_sequence[other + same : other + same + size]:
            same += size
        else:
            step = size // 2
    return same


def common_suffix_length(sequence: _SequenceT, other_sequence: _SequenceT, most: int) -> int:
    """How many of their last elements two sequences have in common, up to `most`."""
    same, step = 0, _STRIDE
    while same < most and step:
        size = min(step, most - same)
        ends = len(sequence) - same, len(other_sequence) - same
        if sequence[ends[0] - size : ends[0]] == other_sequence[ends[1] - size : ends[1]]:
            same += size
        else:
            step = size // 2
    return same


def patience_pairs(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of positions of equal values, ascending on both sides: patience diff.

    What is unique on both sides holds the rest in place, so that repeated values pair up with the repetition that has
    the same neighbours. Takes n log n for a usual text.
    """
    pairs = []
    ranges = [(0, len(before), 0, len(after))]
    while ranges:
        low, high, other_low, other_high = ranges.pop()
        while low < high and other_low < other_high and before[low] == after[other_low]:
            pairs.append((low, other_low))
            low, other_low = low + 1, other_low + 1
        while low < high and other_low < other_high and before[high - 1] == after[other_high - 1]:
            high, other_high = high - 1, other_high - 1
            pairs.append((high, other_high))
        if low == high or other_low == other_high:
            continue
        fixed = _unique_in_order(before, after, (low, high, other_low, other_high))
        for at, other in fixed:
            ranges.append((low, at, other_low, other))
            low, other_low = at, other
        if fixed:
            ranges.append((low, high, other_low, other_high))
    return sorted(pairs)


def _unique_in_order(
    before: Sequence[Hashable], after: Sequence[Hashable], within: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    low, high, other_low, other_high = within
    count, other_count = Counter(before[low:high]), Counter(after[other_low:other_high])
    place = {after[at]: at for at in range(other_low, other_high)}
    unique = [at for at in range(low, high) if count[before[at]] == 1 == other_count[before[at]]]
    others = [place[before[at]] for at in unique]
    return [(unique[at], others[at]) for at in longest_increasing_positions(others)]
