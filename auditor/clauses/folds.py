"""What of two revisions need not be matched: long runs that are the same in both, and like nothing else there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise

from auditor.clauses.outline import Chunk

# So many chunks may be gone, or have come, at one place for the run after it to be found.
_AHEAD = 8
_LEAST = 4

Fold = tuple[int, int, int]


def folds_of(ours: Sequence[Chunk], theirs: Sequence[Chunk], is_unique: Callable[[Hashable], bool]) -> list[Fold]:
    """The runs that may be left out of both sides without another outcome for what is left: position, position, size.

    A run stands between a heading and another one that closes every heading in it, so that the sections of what is left
    are the same. What it says, no other clause of either side says, so that it pairs with itself, and holds apart what
    comes before and after it. Nothing is left out where a heading changed, as all below it may then stand elsewhere, or
    where something may have been moved across.

    Args:
        is_unique: whether what a key stands for is said once in each revision.
    """
    runs = list(_runs(ours, theirs))
    if not _apart(ours, theirs, runs):
        return []
    found: list[Fold] = []
    for at, other, size in runs:
        first = at
        for stop in range(at, at + size + 1):
            if stop == at + size or not all(map(is_unique, ours[stop].keys)):
                found += ((start, start - at + other, end - start) for start, end in _between(ours, first, stop))
                first = stop + 1
    return found


def _runs(ours: Sequence[Chunk], theirs: Sequence[Chunk]) -> Iterator[Fold]:
    """Runs of chunks that are the same in both, in order; not all, where much has changed."""
    at = other = 0
    while True:
        size = 0
        for one, two in zip(ours[at:], theirs[other:], strict=False):
            if one is not two:
                break
            size += 1
        if size:
            yield at, other, size
        at, other = at + size, other + size
        steps = ((step, total - step) for total in range(1, _AHEAD + 1) for step in range(total + 1))
        ahead = ((one, two) for one, two in steps if at + one < len(ours) and other + two < len(theirs))
        step = next(((one, two) for one, two in ahead if ours[at + one] is theirs[other + two]), None)
        if step is None:
            return
        at, other = at + step[0], other + step[1]


def _apart(ours: Sequence[Chunk], theirs: Sequence[Chunk], runs: Sequence[Fold]) -> bool:
    """Whether no heading changed, and nothing is said in two of the places that did."""
    said: set[Hashable] = set()
    for one, two in pairwise(((0, 0, 0), *runs, (len(ours), len(theirs), 0))):
        changed = (*ours[one[0] + one[2] : two[0]], *theirs[one[1] + one[2] : two[1]])
        here = {key for chunk in changed for key in chunk.keys}
        if here & said or any(chunk.levels for chunk in changed):
            return False
        said |= here
    return True


def _between(chunks: Sequence[Chunk], first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Of these chunks, those between the first one that begins with a heading and the last that closes the rest."""
    start = next((at + 1 for at in range(first, stop) if chunks[at].opens), stop)
    end, lowest = start, None
    for at in range(start, stop):
        level = chunks[at].opens
        if level and (lowest is None or level <= lowest):
            end = at
        if chunks[at].levels:
            lowest = min(chunks[at].levels) if lowest is None else min(lowest, *chunks[at].levels)
    if end - start >= _LEAST:
        yield start, end
