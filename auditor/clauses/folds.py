"""What of two revisions need not be matched: long runs that are the same in both, and like nothing else there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, compress, pairwise
from operator import attrgetter

from auditor.clauses.outline import Chunk
from auditor.clauses.pairing import Key
from auditor.clauses.sequence import common_start
from auditor.model.clause import ClauseKind

# So many chunks may be gone, or have come, at one place for the run after it to be found.
_AHEAD = 8
_LEAST = 4
_DEEPEST = 6

Fold = tuple[int, int, int]

Chunks = tuple[Chunk, ...]

_has_headings = attrgetter("has_headings")
_keys = attrgetter("keys")


def folds_of(ours: Chunks, theirs: Chunks, repeated: frozenset[Key]) -> list[Fold]:
    """The runs that may be left out of both sides without another outcome for what is left: position, position, size.

    What a run says, no other clause of either side says, so that it pairs with itself, and holds apart what comes
    before and after it; so do the chunks at its ends, which are kept. It has no heading, or stands between one and
    another that closes every heading in it, so that the sections of what is left are the same. Nothing is left out
    where a heading changed, as all below it may then stand elsewhere, nor between two places where the same is said,
    as something may have been moved across.

    Args:
        repeated: what is said more than once in one of the revisions.
    """
    runs = list(runs_in_common(ours, theirs))
    changed = [set(chain.from_iterable(map(_keys, chain(*sides)))) for sides in between(ours, theirs, runs)]
    if any(key[0] == ClauseKind.HEADING for keys in changed for key in keys):
        return []
    found: list[Fold] = []
    for at, other, size in _uncrossed(runs, changed):
        every = range(at, at + size) if repeated else ()
        common = (place for place in every if not repeated.isdisjoint(ours[place].keys))
        for before, stop in pairwise((at - 1, *common, at + size)):
            parts = _parts(ours, before + 1, stop)
            found += ((start, start - at + other, end - start) for start, end in parts if end - start >= _LEAST)
    return found


def runs_in_common(ours: Chunks, theirs: Chunks) -> Iterator[Fold]:
    """Runs of chunks that are the same in both, in order; not all, where much has changed."""
    at = other = 0
    while True:
        size = common_start(ours, theirs, at, other)
        if size:
            yield at, other, size
        at, other = at + size, other + size
        steps = ((step, total - step) for total in range(1, _AHEAD + 1) for step in range(total + 1))
        ahead = ((one, two) for one, two in steps if at + one < len(ours) and other + two < len(theirs))
        step = next(((one, two) for one, two in ahead if ours[at + one] is theirs[other + two]), None)
        if step is None:
            return
        at, other = at + step[0], other + step[1]


def between(ours: Chunks, theirs: Chunks, runs: Sequence[Fold]) -> Iterator[tuple[Chunks, Chunks]]:
    """The chunks of either side before the first run, between the runs, and after the last."""
    for one, two in pairwise(((0, 0, 0), *runs, (len(ours), len(theirs), 0))):
        yield ours[one[0] + one[2] : two[0]], theirs[one[1] + one[2] : two[1]]


def _uncrossed(runs: Sequence[Fold], changed: Sequence[Collection[Key]]) -> Iterator[Fold]:
    """The runs that do not stand between two places where the same is said; `changed[n]` comes before run n."""
    first: dict[Key, int] = {}
    last: dict[Key, int] = {}
    for place, keys in enumerate(changed):
        for key in keys:
            first.setdefault(key, place)
            last[key] = place
    crossed = {place for key, start in first.items() for place in range(start, last[key])}
    return (run for place, run in enumerate(runs) if place not in crossed)


def _parts(chunks: Chunks, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """What may be left out of a run: what no heading stands in, and all from the first one to the last that closes it.

    What is kept at both ends are headings, or chunks that say something.
    """
    headings = list(compress(range(first, stop), map(_has_headings, chunks[first:stop])))
    start, end = _sections(chunks, headings)
    kept = [at for at in headings if not start <= at < end]
    for before, after in pairwise((first - 1, *kept, stop)):
        yield (start, end) if start < end and before + 1 == start else _inner(chunks, before + 1, after)


def _sections(chunks: Chunks, headings: Sequence[int]) -> tuple[int, int]:
    """From after the first of these chunks that begins with a heading to the last that closes all since then."""
    opening = next((place for place, at in enumerate(headings) if chunks[at].opens), None)
    if opening is None:
        return 0, 0
    start = end = headings[opening] + 1
    lowest = _DEEPEST
    for at in headings[opening + 1 :]:
        if 0 < chunks[at].opens <= lowest:
            end = at
        lowest = min(lowest, *chunks[at].levels)
    return start, end


def _inner(chunks: Chunks, start: int, end: int) -> tuple[int, int]:
    """What is between the first and the last of these chunks that say something."""
    first = next((at + 1 for at in range(start, end) if chunks[at].keys), end)
    last = next((at for at in range(end - 1, start - 1, -1) if chunks[at].keys), start)
    return first, last
