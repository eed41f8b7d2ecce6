"""Where two revisions differ: the clauses there, with as much around them as it takes to match them as in the whole."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from operator import attrgetter

from auditor.clauses.folds import Chunks, between, folds_of, runs_in_common
from auditor.clauses.outline import Chunk, Page, page
from auditor.clauses.pairing import Key
from auditor.clauses.parse import Standing, Statement
from auditor.clauses.sequence import common_end, common_start
from auditor.clauses.similar import bag_of
from auditor.model.clause import Clause
from auditor.model.spec import Revision

_DEEPEST = 6


@dataclass
class Outline:
    """A revision in chunks.

    Attributes:
        holders: how many of its clauses each word stands in.
        keys: how many of them say the same.
        repeated: what more than one of them says.
        cited: the ids of the footnotes that they cite.
    """

    pages: tuple[Page, ...]
    holders: Counter[str]
    keys: Counter[Key]
    repeated: frozenset[Key]
    cited: frozenset[str]

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, as `diff.clauses_of` gives them."""
        return tuple(clause for one in self.pages for clause in one.clauses())

    @cached_property
    def size(self) -> int:
        """How many clauses there are."""
        return sum(sum(one.counts) for one in self.pages)


class Weights(dict[str, float]):
    """What words count, as `similar.rarity_weights` has it, each computed when it is asked for."""

    def __init__(self, before: Outline, after: Outline) -> None:
        super().__init__()
        self.sides = before.holders, after.holders
        self.size = before.size + after.size

    def __missing__(self, word: str) -> float:
        weight = self[word] = math.log1p(self.size / sum(side[word] for side in self.sides))
        return weight


@dataclass(frozen=True, slots=True)
class Window:
    """A part of two revisions outside of which they say the same in the same order.

    Attributes:
        first: how many clauses of either come before it.
        lead: the headings it stands under, outermost first; the same in both.
        before: the clauses of the one in it, by position in it.
        after: the clauses of the other.
        sizes: how many clauses it has in both, with those that are left out.
        folds: the runs that are left out, because they are the same in both and nothing else there is like them:
            position before, position after, number of clauses.
    """

    first: int
    lead: Sequence[Clause]
    before: Mapping[int, Clause]
    after: Mapping[int, Clause]
    sizes: tuple[int, int]
    folds: Sequence[tuple[int, int, int]]


def outline(revision: Revision, previous: Outline | None) -> Outline:
    """A revision in chunks; what is the same as in `previous` is not read again."""
    earlier = {one.path: one for one in previous.pages} if previous else {}
    pages = tuple(page(file.path, file.text, earlier.get(file.path)) for file in revision.files)
    holders = Counter(previous.holders) if previous else Counter()
    keys = Counter(previous.keys) if previous else Counter()
    changed: list[Chunk] = []
    for path in earlier.keys() | {one.path for one in pages}:
        ours = earlier[path].chunks if path in earlier else ()
        theirs = next((one.chunks for one in pages if one.path == path), ())
        gone, come = _apart(ours, theirs)
        holders.subtract(_words(gone))
        holders.update(_words(come))
        keys.subtract(_keys(gone))
        keys.update(_keys(come))
        changed += (*gone, *come)
    touched = frozenset(_keys(changed))
    repeated = (previous.repeated if previous else frozenset()) - touched | {key for key in touched if keys[key] > 1}
    if previous and not any(_citations(changed)):
        cited = previous.cited
    else:
        cited = frozenset(name for one in pages for name in _citations(one.chunks))
    return Outline(pages, holders, keys, repeated, cited)


def _apart(ours: Chunks, theirs: Chunks) -> tuple[list[Chunk], list[Chunk]]:
    """The chunks that only one of two pages has, as often as it has them more."""
    changed = list(between(ours, theirs, list(runs_in_common(ours, theirs))))
    sides = [{id(chunk): chunk for chunks in side for chunk in chunks} for side in zip(*changed, strict=True)]
    counts = [Counter(id(chunk) for chunks in side for chunk in chunks) for side in zip(*changed, strict=True)]
    gone, come = counts[0] - counts[1], counts[1] - counts[0]
    return [sides[0][one] for one in gone.elements()], [sides[1][one] for one in come.elements()]


def window(before: Outline, after: Outline) -> Window | None:
    """Where two revisions differ; None where that is not in one file, of the same name on both sides.

    Matched by itself, with its lead and the words' weights in the whole, its clauses get the pairs they get in the
    whole: it begins with the section of the first difference, and goes on to a heading after the last one that none of
    the headings it changed is above.
    """
    if [one.path for one in before.pages] != [one.path for one in after.pages]:
        return None
    pairs = list(zip(before.pages, after.pages, strict=True))
    changed = [at for at, (one, two) in enumerate(pairs) if one.text != two.text]
    if len(changed) != 1:
        return None
    one, two = pairs[changed[0]]
    start, end = _same(one.chunks, two.chunks)
    parts = (*one.chunks[start : len(one.chunks) - end], *two.chunks[start : len(two.chunks) - end])
    end = _end(one.chunks, end, min(_levels(parts), default=_DEEPEST))
    start = next((at for at in range(start - 1, -1, -1) if one.chunks[at].opens), 0)
    open_ones = _open_headings(one.chunks, start)
    standing = Standing(one.path)
    lead = [standing.clause(heading) for heading in open_ones]
    sides = slice(start, len(one.chunks) - end), slice(start, len(two.chunks) - end)
    folds = folds_of(one.chunks[sides[0]], two.chunks[sides[1]], before.repeated | after.repeated)
    counts = one.counts[sides[0]], two.counts[sides[1]]
    ours, theirs = [(at, at + size) for at, _, size in folds], [(other, other + size) for _, other, size in folds]
    return Window(
        first=sum(sum(page.counts) for page in before.pages[: changed[0]]) + sum(one.counts[:start]),
        lead=lead,
        before=dict(_clauses(_under(one, open_ones), one, sides[0], ours)),
        after=dict(_clauses(_under(two, open_ones), two, sides[1], theirs)),
        sizes=(sum(counts[0]), sum(counts[1])),
        folds=[
            (sum(counts[0][:at]), sum(counts[1][:other]), sum(counts[0][at : at + size])) for at, other, size in folds
        ],
    )


def _same(ours: Chunks, theirs: Chunks) -> tuple[int, int]:
    """How many chunks two pages begin and end with in common."""
    start = common_start(ours, theirs)
    return start, common_end(ours, theirs, min(len(ours), len(theirs)) - start)


def _end(chunks: Sequence[Chunk], end: int, level: int) -> int:
    """How many of the last `end` chunks come after a heading of at most this level, which no changed one is above."""
    closing = (at for at in range(len(chunks) - end, len(chunks)) if any(one <= level for one in _levels([chunks[at]])))
    return len(chunks) - next((at + 1 for at in closing), len(chunks))


def _levels(chunks: Iterable[Chunk]) -> Iterator[int]:
    return (level for chunk in chunks for level in chunk.levels)


def _words(chunks: Iterable[Chunk]) -> Iterator[str]:
    for chunk in chunks:
        for statement in chunk.statements:
            yield from bag_of(statement.text)


def _keys(chunks: Iterable[Chunk]) -> Iterator[Key]:
    return (key for chunk in chunks for key in chunk.keys)


def _citations(chunks: Iterable[Chunk]) -> Iterator[str]:
    return (name for chunk in chunks if chunk.cites for one in chunk.statements for name in one.citations)


def _open_headings(chunks: Chunks, start: int) -> list[Statement]:
    """The headings that the chunk at `start`, which begins with one, stands under."""
    if not start:
        return []
    found: list[Statement] = []
    level = chunks[start].opens
    for at in reversed(list(compress(range(start), map(attrgetter("levels"), chunks[:start])))):
        for statement in reversed(chunks[at].statements):
            if 0 < statement.level < level:
                found.append(statement)
                level = statement.level
        if level == 1:
            break
    return found[::-1]


def _under(one: Page, headings: Iterable[Statement]) -> Standing:
    return Standing(one.path, [(heading.level, heading.text) for heading in headings])


def _clauses(
    standing: Standing, page: Page, part: slice, folds: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Clause]]:
    """The clauses of a part of a page, by position in it, without those of the folded chunks."""
    chunks, lines, counts = page.chunks[part], page.lines[part], page.counts[part]
    at = position = 0
    line = sum(page.lines[: part.start])
    for start, stop in (*folds, (len(chunks), len(chunks))):
        for chunk in chunks[at:start]:
            for statement in chunk.statements:
                yield position, standing.clause(statement, line)
                position += 1
            line += chunk.lines
        position += sum(counts[start:stop])
        line += sum(lines[start:stop])
        at = stop
