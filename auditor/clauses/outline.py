"""A revision as an outline: its files in chunks that are read once, however many revisions they stand in; and the
region in which two outlines differ, small enough to match instead of the whole and with the same result.

In: a revision and the outline of an earlier one. Out: an `Outline`; a `ChangedRegion` with the runs that were left
out of it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate, chain, compress, pairwise
from operator import attrgetter

from auditor.clauses.file_formats import find_format, read_statements, reads_as_markdown, unread_reason
from auditor.clauses.file_formats.interface import UnreadTextError
from auditor.clauses.formats import (
    SectionCursor,
    Statement,
    mark_tags,
    normalise_line_ends,
    parse_blocks,
    parse_statements,
)
from auditor.clauses.match import ClauseKey, clause_key
from auditor.clauses.sequence import common_prefix_length, common_suffix_length
from auditor.clauses.similarity import word_bag
from auditor.model.clause import Clause, ClauseKind
from auditor.model.spec import FormatName, Revision

# A revision's text in chunks that are read once, however many revisions they stand in.


# A chunk ends at a blank line before text that is not indented, unless something in it is still open there.
_BOUNDARY = re.compile(r"\n\n+(?=\S)")
_OPENERS = ("```", "~~~", "<", "!!!", "{%", "{#")
_TAG = re.compile(r"^[\s>*+.)\d-]*(\{[#%])", re.MULTILINE)
# So many chunks may be gone at one place for the next one to be recognised.
_REUSE_LOOKAHEAD = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole blocks, with the blank lines after them; its statements count lines from its own first.

    Within one file, chunks of the same text are the same. `levels` are those of the headings in it that open a section,
    `has_headings` counts others, too; `cites` is whether a statement cites a footnote; `keys` are what its statements
    say, as `match.clause_key` has it.
    """

    text: str
    lines: int
    statements: tuple[Statement, ...] = field(compare=False)
    levels: tuple[int, ...] = field(compare=False)
    has_headings: bool = field(compare=False)
    cites: bool = field(compare=False)
    keys: tuple[ClauseKey, ...] = field(compare=False)

    @property
    def opens(self) -> int:
        """The level of the heading it begins with; 0 without one."""
        return self.statements[0].level if self.levels else 0


@dataclass(frozen=True, slots=True)
class FileOutline:
    """One file of a revision, in chunks; of each, how many characters, lines and clauses it has.

    `format` is as in `SpecFile`; `unread` says why it is not read well, "" where it is.
    """

    path: str
    text: str
    chunks: tuple[Chunk, ...]
    characters: tuple[int, ...]
    lines: tuple[int, ...]
    counts: tuple[int, ...]
    format: FormatName | None = None
    unread: str = ""

    def clauses(self) -> Iterator[Clause]:
        """Its clauses, the same as `formats.parse_clauses` gives."""
        standing, line = SectionCursor(self.path), 0
        for chunk in self.chunks:
            for statement in chunk.statements:
                yield standing.clause(statement, line)
            line += chunk.lines

    def citing(self) -> Iterator[Clause]:
        """Those of its clauses that cite a footnote, without making the others."""
        standing, line = SectionCursor(self.path), 0
        for chunk in self.chunks:
            if chunk.levels or chunk.cites:
                for statement in chunk.statements:
                    clause = standing.clause(statement, line)
                    if statement.citations:
                        yield clause
            line += chunk.lines

    def texts(self) -> Iterator[str]:
        """What its clauses say, one by one."""
        return (statement.text for chunk in self.chunks for statement in chunk.statements)


class _FileOutlineBuilder:
    """A page in the making."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._sizes: tuple[list[int], list[int], list[int]] = [], [], []

    def add(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        for sizes, size in zip(self._sizes, (len(chunk.text), chunk.lines, len(chunk.statements)), strict=True):
            sizes.append(size)

    def take(self, outline: FileOutline, start: int, stop: int) -> None:
        """The chunks of another page from `start` to `stop`."""
        self._chunks += outline.chunks[start:stop]
        for sizes, theirs in zip(self._sizes, (outline.characters, outline.lines, outline.counts), strict=True):
            sizes.extend(theirs[start:stop])

    def page(self, path: str, text: str, name: FormatName | None, unread: str = "") -> FileOutline:
        chunks = tuple(self._chunks)
        characters, lines, counts = map(tuple, self._sizes)
        return FileOutline(path, text, chunks, characters, lines, counts, name, unread)


def outline_file(
    path: str, text: str, previous: FileOutline | None = None, name: FormatName | None = None
) -> FileOutline:
    """One file in chunks; of `previous`, the same file in another revision, what is the same is not read again.

    `name` is its format, as in `SpecFile`.
    """
    text = normalise_line_ends(text)
    markdown = reads_as_markdown(path, name)
    builder = _FileOutlineBuilder()
    if (file_format := find_format(path, name)) is not None:
        if previous is not None and (previous.path, previous.text, previous.format) == (path, text, name):
            return previous
        if file_format.read_rows is not None and (rows := _outline_rows(path, text, previous, name)) is not None:
            return rows
        for chunk in _statement_chunks(text, read_statements(path, text, name)):
            builder.add(chunk)
        return builder.page(path, text, name, unread_reason(path, text, name))
    unread = unread_reason(path, text, name)
    if previous is None or _reading(previous.path, previous.format) != (None, markdown):
        for chunk in _chunks(text, 0, markdown):
            builder.add(chunk)
        return builder.page(path, text, name, unread)
    if previous.text == text:
        same = (previous.path, previous.format) == (path, name)
        return previous if same else replace(previous, path=path, format=name, unread=unread)
    ends = list(accumulate(previous.characters))
    same_end = common_suffix_length(previous.text, text, min(len(previous.text), len(text)))
    at = number = 0
    while at < len(text):
        reusable = _reusable_chunk(text, at, previous.chunks, number)
        if reusable is None:
            chunk = _next_chunk(text, at, markdown)
            builder.add(chunk)
            at += len(chunk.text)
        else:
            start = ends[reusable] - previous.characters[reusable]
            number = _same_until(previous, ends, reusable, text, at)
            builder.take(previous, reusable, number)
            at += ends[number - 1] - start
        if 0 < len(text) - at <= same_end and (rest := _ending_at(ends, len(previous.text) - (len(text) - at))):
            builder.take(previous, rest, len(ends))
            break
    return builder.page(path, text, name, unread)


def _outline_rows(path: str, text: str, previous: FileOutline | None, name: FormatName | None) -> FileOutline | None:
    """A file of rows, of which those before and after what changed are not read again; None where it cannot be read."""
    file_format, first = find_format(path, name), text.partition("\n")[0]
    assert file_format is not None
    assert file_format.read_rows is not None
    builder = _FileOutlineBuilder()
    ends: list[int] = []
    at = same_end = 0
    reading = (_reading(path, name), first, "")
    if previous is not None and reading == (
        _reading(previous.path, previous.format),
        previous.text.partition("\n")[0],
        previous.unread,
    ):
        ends = list(accumulate(previous.characters))
        same = bisect_right(ends, common_prefix_length(previous.text, text) - 1)  # a row goes on to its line's end
        builder.take(previous, 0, same)
        at = ends[same - 1] if same else 0
        same_end = common_suffix_length(previous.text, text, min(len(previous.text), len(text)) - at)
    try:
        for row in file_format.read_rows(text[at:], first):
            statements: tuple[_StatementFields, ...] = ()
            if row.words:
                statements = ((0, max(row.lines, 1), ClauseKind.TABLE_ROW, row.words, (), 0, None),)
            builder.add(_statement_chunk(text[at : at + row.characters], statements, ((),) * len(statements)))
            at += row.characters
            rest = len(text) - at
            if previous is not None and 0 < rest <= same_end and (tail := _ending_at(ends, len(previous.text) - rest)):
                builder.take(previous, tail, len(ends))
                break
    except UnreadTextError:
        return None
    return builder.page(path, text, name)


def _reading(path: str, name: FormatName | None) -> tuple[object, bool]:
    """How a file is read: in which format of `file_formats`, if any, and whether as Markdown."""
    return find_format(path, name), reads_as_markdown(path, name)


def _same_until(previous: FileOutline, ends: Sequence[int], number: int, text: str, at: int) -> int:
    """The first chunk after `number` that the text, which has `number` at `at`, does not go on with.

    A chunk goes on to whatever is not blank: it is the same only where the character after it is, too.
    """
    start = ends[number] - previous.characters[number]
    same = common_prefix_length(previous.text, text, start, at)
    if start + same == len(previous.text) and at + same == len(text):
        return len(ends)
    return max(number + 1, bisect_right(ends, start + same - 1))


def _ending_at(ends: Sequence[int], place: int) -> int:
    """How many chunks end there or before, if one ends right there; else 0."""
    at = bisect_right(ends, place)
    return at if at and ends[at - 1] == place else 0


def _reusable_chunk(text: str, start: int, chunks: Sequence[Chunk], first: int) -> int | None:
    """Which of a few chunks from `first` on begins at `start`, and ends before text that is not indented there, too."""
    for at in range(first, min(first + _REUSE_LOOKAHEAD, len(chunks) - 1)):
        chunk = chunks[at].text
        if text.startswith(chunk, start):
            beyond = text[start + len(chunk) : start + len(chunk) + 1]
            return at if beyond and not beyond.isspace() else None
    return None


def _chunks(text: str, start: int, markdown: bool) -> Iterator[Chunk]:
    while start < len(text):
        chunk = _next_chunk(text, start, markdown)
        yield chunk
        start += len(chunk.text)


def _next_chunk(text: str, start: int, markdown: bool) -> Chunk:
    stop = start
    closed = False
    while not closed:
        boundary = _BOUNDARY.search(text, stop)
        stop = boundary.end() if boundary else len(text)
        closed = stop == len(text) or _is_closed(text[start:stop], markdown)
    return _parse_chunk(text[start:stop], markdown)


@lru_cache(maxsize=2**15)
def _parse_chunk(text: str, markdown: bool) -> Chunk:
    return _make_chunk(text, tuple(parse_statements(text, markdown=markdown)))


def _statement_chunks(text: str, statements: Sequence[Statement]) -> Iterator[Chunk]:
    """A file of another format in chunks: from the line of a statement to that of the next one."""
    lines = text.splitlines(keepends=True)
    starts = list(dict.fromkeys(statement.start for statement in statements))
    if starts != sorted(starts) or len(lines) != text.count("\n") + (not text.endswith("\n")):
        yield _make_chunk(text, tuple(statements))
        return
    by_start: dict[int, list[Statement]] = {start: [] for start in starts}
    for statement in statements:
        by_start[statement.start].append(statement)
    for place, (start, stop) in enumerate(pairwise((*starts, len(lines)))):
        first = 0 if place == 0 else start
        own = tuple(
            (
                parsed.start - first,
                parsed.stop - first,
                parsed.kind,
                parsed.text,
                parsed.citations,
                parsed.level,
                parsed.anchor,
            )
            for parsed in by_start[start]
        )
        attributes = tuple(tuple(parsed.attributes.items()) for parsed in by_start[start])
        yield _statement_chunk("".join(lines[first:stop]), own, attributes)


_StatementFields = tuple[int, int, ClauseKind, str, tuple[str, ...], int, str | None]


@lru_cache(maxsize=2**15)
def _statement_chunk(
    text: str, statements: tuple[_StatementFields, ...], attributes: tuple[tuple[tuple[str, str], ...], ...]
) -> Chunk:
    """The same chunk for the same text and statements."""
    pairs = zip(statements, attributes, strict=True)
    return _make_chunk(text, tuple(Statement(*fields, attributes=dict(own)) for fields, own in pairs))


def _make_chunk(text: str, statements: tuple[Statement, ...]) -> Chunk:
    levels = tuple(statement.level for statement in statements if statement.level)
    has_headings = any(statement.kind is ClauseKind.HEADING for statement in statements)
    cites = any(statement.citations for statement in statements)
    return Chunk(text, text.count("\n"), statements, levels, has_headings, cites, tuple(map(clause_key, statements)))


@lru_cache(maxsize=2**15)
def _is_closed(text: str, markdown: bool) -> bool:
    """Whether a heading after this text would be one: nothing is open that goes on beyond it."""
    if not any(opener in text for opener in _OPENERS):
        return True
    if not markdown and any(text.find("#}" if tag[1] == "{#" else "%}", tag.end()) < 0 for tag in _TAG.finditer(text)):
        return False
    last = list(parse_blocks(mark_tags(f"{text}# x")[0], markdown=markdown))[-1:]
    return [(block.type, block.start, block.nested) for block in last] == [("heading", text.count("\n"), False)]


# What of two revisions need not be matched: long runs that are the same in both, and like nothing else there.


# So many chunks may be gone, or have come, at one place for the run after it to be found.
_RUN_LOOKAHEAD = 8
_LEAST = 4
_DEEPEST = 6

Fold = tuple[int, int, int]

Chunks = tuple[Chunk, ...]

_has_headings = attrgetter("has_headings")
_keys_of = attrgetter("keys")


def find_folds(ours: Chunks, theirs: Chunks, repeated: frozenset[ClauseKey]) -> list[Fold]:
    """The runs that may be left out of both sides without another outcome for what is left: position, position, size.

    What a run says, no other clause of either side says, so that it pairs with itself, and holds apart what comes
    before and after it; so do the chunks at its ends, which are kept. It has no heading, or stands between one and
    another that closes every heading in it, so that the sections of what is left are the same. Nothing is left out
    where a heading changed, as all below it may then stand elsewhere, nor between two places where the same is said,
    as something may have been moved across.

    Args:
        repeated: what is said more than once in one of the revisions.
    """
    runs = list(common_runs(ours, theirs))
    changed = [
        set(chain.from_iterable(map(_keys_of, chain(*sides)))) for sides in chunks_between_runs(ours, theirs, runs)
    ]
    if any(key[0] == ClauseKind.HEADING for keys in changed for key in keys):
        return []
    folds: list[Fold] = []
    for at, other, size in _uncrossed(runs, changed):
        every = range(at, at + size) if repeated else ()
        common = (place for place in every if not repeated.isdisjoint(ours[place].keys))
        for before, stop in pairwise((at - 1, *common, at + size)):
            parts = _foldable_parts(ours, before + 1, stop)
            folds += ((start, start - at + other, end - start) for start, end in parts if end - start >= _LEAST)
    return folds


def common_runs(ours: Chunks, theirs: Chunks) -> Iterator[Fold]:
    """Runs of chunks that are the same in both, in order; not all, where much has changed."""
    at = other = 0
    while True:
        size = common_prefix_length(ours, theirs, at, other)
        if size:
            yield at, other, size
        at, other = at + size, other + size
        steps = ((step, total - step) for total in range(1, _RUN_LOOKAHEAD + 1) for step in range(total + 1))
        ahead = ((number, two) for number, two in steps if at + number < len(ours) and other + two < len(theirs))
        step = next(((number, two) for number, two in ahead if ours[at + number] is theirs[other + two]), None)
        if step is None:
            return
        at, other = at + step[0], other + step[1]


def chunks_between_runs(ours: Chunks, theirs: Chunks, runs: Sequence[Fold]) -> Iterator[tuple[Chunks, Chunks]]:
    """The chunks of either side before the first run, between the runs, and after the last."""
    for run, following in pairwise(((0, 0, 0), *runs, (len(ours), len(theirs), 0))):
        yield ours[run[0] + run[2] : following[0]], theirs[run[1] + run[2] : following[1]]


def _uncrossed(runs: Sequence[Fold], changed: Sequence[Collection[ClauseKey]]) -> Iterator[Fold]:
    """The runs that do not stand between two places where the same is said; `changed[n]` comes before run n."""
    first: dict[ClauseKey, int] = {}
    last: dict[ClauseKey, int] = {}
    for place, keys in enumerate(changed):
        for key in keys:
            first.setdefault(key, place)
            last[key] = place
    crossed = {place for key, start in first.items() for place in range(start, last[key])}
    return (run for place, run in enumerate(runs) if place not in crossed)


def _foldable_parts(chunks: Chunks, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """What may be left out of a run: what no heading stands in, and all from the first one to the last that closes it.

    What is kept at both ends are headings, or chunks that say something.
    """
    headings = list(compress(range(first, stop), map(_has_headings, chunks[first:stop])))
    start, end = _closed_sections(chunks, headings)
    numbers = [at for at in headings if not start <= at < end]
    for before, after in pairwise((first - 1, *numbers, stop)):
        yield (start, end) if start < end and before + 1 == start else _inner_part(chunks, before + 1, after)


def _closed_sections(chunks: Chunks, headings: Sequence[int]) -> tuple[int, int]:
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


def _inner_part(chunks: Chunks, start: int, end: int) -> tuple[int, int]:
    """What is between the first and the last of these chunks that say something."""
    first = next((at + 1 for at in range(start, end) if chunks[at].keys), end)
    last = next((at for at in range(end - 1, start - 1, -1) if chunks[at].keys), start)
    return first, last


# Where two revisions differ: the clauses there, with as much around them as it takes to match them as in the whole.


_DEEPEST_LEVEL = 6


@dataclass
class Outline:
    """A revision in chunks.

    Attributes:
        holders: how many of its clauses each word stands in.
        keys: how many of them say the same.
        repeated: what more than one of them says.
        cited: the ids of the footnotes that they cite.
    """

    pages: tuple[FileOutline, ...]
    holders: Counter[str]
    keys: Counter[ClauseKey]
    repeated: frozenset[ClauseKey]
    cited: frozenset[str]

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, as `diff.clauses_of` gives them."""
        return tuple(clause for page in self.pages for clause in page.clauses())

    @cached_property
    def size(self) -> int:
        """How many clauses there are."""
        return sum(sum(page.counts) for page in self.pages)


class OutlineWeights(dict[str, float]):
    """What words count, as `similar.rarity_weights` has it, each computed when it is asked for."""

    def __init__(self, before: Outline, after: Outline) -> None:
        super().__init__()
        self.sides = before.holders, after.holders
        self.size = before.size + after.size

    def __missing__(self, word: str) -> float:
        weight = self[word] = math.log1p(self.size / sum(side[word] for side in self.sides))
        return weight


@dataclass(frozen=True, slots=True)
class ChangedRegion:
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


def outline_revision(revision: Revision, previous: Outline | None) -> Outline:
    """A revision in chunks; what is the same as in `previous` is not read again."""
    earlier = {page.path: page for page in previous.pages} if previous else {}
    pages = tuple(
        page
        if (page := earlier.get(file.path)) is not None and page.text == file.text and page.format == file.format
        else outline_file(file.path, file.text, page, file.format)
        for file in revision.files
    )
    holders = Counter(previous.holders) if previous else Counter()
    keys = Counter(previous.keys) if previous else Counter()
    changed: list[Chunk] = []
    present = {page.path: page for page in pages}
    for path in earlier.keys() | present.keys():
        if earlier.get(path) is present.get(path):
            continue
        ours = earlier[path].chunks if path in earlier else ()
        theirs = present[path].chunks if path in present else ()
        removed, come = _chunks_on_one_side(ours, theirs)
        holders.subtract(_chunk_words(removed))
        holders.update(_chunk_words(come))
        keys.subtract(_chunk_keys(removed))
        keys.update(_chunk_keys(come))
        changed += (*removed, *come)
    touched = frozenset(_chunk_keys(changed))
    repeated = (previous.repeated if previous else frozenset()) - touched | {key for key in touched if keys[key] > 1}
    if previous and not any(_chunk_citations(changed)):
        cited = previous.cited
    else:
        cited = frozenset(name for page in pages for name in _chunk_citations(page.chunks))
    return Outline(pages, holders, keys, repeated, cited)


def _chunks_on_one_side(ours: Chunks, theirs: Chunks) -> tuple[list[Chunk], list[Chunk]]:
    """The chunks that only one of two pages has, as often as it has them more."""
    changed = list(chunks_between_runs(ours, theirs, list(common_runs(ours, theirs))))
    sides = [{id(chunk): chunk for chunks in side for chunk in chunks} for side in zip(*changed, strict=True)]
    counts = [Counter(id(chunk) for chunks in side for chunk in chunks) for side in zip(*changed, strict=True)]
    removed, come = counts[0] - counts[1], counts[1] - counts[0]
    return [sides[0][element] for element in removed.elements()], [sides[1][element] for element in come.elements()]


def find_changed_region(before: Outline, after: Outline) -> ChangedRegion | None:
    """Where two revisions differ; None where that may be anywhere, as no file has the same text in both.

    Matched by itself, with its lead and the words' weights in the whole, its clauses get the pairs they get in the
    whole. In one file, of the same name on both sides, it begins with the section of the first difference, and goes on
    to a heading after the last one that none of the headings it changed is above. Of several files it has all of each.
    """
    pairs = list(zip(before.pages, after.pages, strict=False))
    changed = [at for at, (page, other) in enumerate(pairs) if page is not other and page.text != other.text]
    if len(changed) != 1 or [page.path for page in before.pages] != [page.path for page in after.pages]:
        return _changed_files_region(before, after)
    outline, their_outline = pairs[changed[0]]
    start, end = _common_ends(outline.chunks, their_outline.chunks)
    parts = (
        *outline.chunks[start : len(outline.chunks) - end],
        *their_outline.chunks[start : len(their_outline.chunks) - end],
    )
    end = _region_end(outline.chunks, end, min(_levels(parts), default=_DEEPEST_LEVEL))
    start = next((at for at in range(start - 1, -1, -1) if outline.chunks[at].opens), 0)
    headings = _open_headings(outline.chunks, start)
    standing = SectionCursor(outline.path)
    lead = [standing.clause(heading) for heading in headings]
    sides = slice(start, len(outline.chunks) - end), slice(start, len(their_outline.chunks) - end)
    folds = find_folds(outline.chunks[sides[0]], their_outline.chunks[sides[1]], before.repeated | after.repeated)
    counts = outline.counts[sides[0]], their_outline.counts[sides[1]]
    ours, theirs = [(at, at + size) for at, _, size in folds], [(other, other + size) for _, other, size in folds]
    return ChangedRegion(
        first=sum(sum(page.counts) for page in before.pages[: changed[0]]) + sum(outline.counts[:start]),
        lead=lead,
        before=dict(_region_clauses(_cursor_under(outline, headings), outline, sides[0], ours)),
        after=dict(_region_clauses(_cursor_under(their_outline, headings), their_outline, sides[1], theirs)),
        sizes=(sum(counts[0]), sum(counts[1])),
        folds=[
            (sum(counts[0][:at]), sum(counts[1][:other]), sum(counts[0][at : at + size])) for at, other, size in folds
        ],
    )


@dataclass(frozen=True, slots=True)
class _SameFiles:
    """Files next to each other that are the same in two revisions: the positions of their first clause in both, how
    many clauses they have, and those of their clauses that stand at either end."""

    at: int
    other: int
    size: int
    first: Clause
    last: Clause


def _changed_files_region(before: Outline, after: Outline) -> ChangedRegion | None:
    """The files that are not the same in both, with the clauses next to them; what lies between those is left out.

    A file that is the same in both pairs with itself, whatever is said elsewhere, and what has no pair in other files
    is near to it only at its ends. Positions are those in the whole, by which equals are told apart.
    """
    same = _same_files(before, after)
    if not same:
        return None
    paths = {page.path: page for page in before.pages}
    changed = {page.path for page in after.pages if not _is_same_page(paths.get(page.path), page)}
    changed |= paths.keys() - {page.path for page in after.pages}
    sides = []
    for outline, places in ((before, [run.at for run in same]), (after, [run.other for run in same])):
        clauses = dict(_clauses_of_files(outline, changed))
        for place, run in zip(places, same, strict=True):
            clauses |= {place: run.first, place + run.size - 1: run.last}
        sides.append({at: clauses[at] for at in sorted(clauses)})
    return ChangedRegion(
        first=0,
        lead=(),
        before=sides[0],
        after=sides[1],
        sizes=(before.size, after.size),
        folds=[(run.at + 1, run.other + 1, run.size - 2) for run in same if run.size > 2],
    )


def _same_files(before: Outline, after: Outline) -> list[_SameFiles]:
    """The longest runs of files that are the same in both, in order, without those that have no clauses."""
    places = {page.path: (page, at) for page, at in _page_places(before)}
    runs: list[list[tuple[FileOutline, int, int]]] = []
    ends = -1, -1
    for page, other in _page_places(after):
        earlier, at = places.get(page.path, (None, 0))
        size = sum(page.counts)
        if not size or not _is_same_page(earlier, page):
            continue
        if (at, other) == ends:
            runs[-1].append((page, at, other))
        else:
            runs.append([(page, at, other)])
        ends = at + size, other + size
    return [
        _SameFiles(
            run[0][1],
            run[0][2],
            sum(sum(page.counts) for page, _, _ in run),
            next(run[0][0].clauses()),
            list(run[-1][0].clauses())[-1],
        )
        for run in runs
    ]


def _is_same_page(page: FileOutline | None, other: FileOutline) -> bool:
    return page is other or (page is not None and (page.text, page.format) == (other.text, other.format))


def _page_places(outline: Outline) -> Iterator[tuple[FileOutline, int]]:
    """Each file with the position of its first clause."""
    at = 0
    for page in outline.pages:
        yield page, at
        at += sum(page.counts)


def _clauses_of_files(outline: Outline, paths: Collection[str]) -> Iterator[tuple[int, Clause]]:
    for page, at in _page_places(outline):
        if page.path in paths:
            yield from enumerate(page.clauses(), at)


def _common_ends(ours: Chunks, theirs: Chunks) -> tuple[int, int]:
    """How many chunks two pages begin and end with in common."""
    start = common_prefix_length(ours, theirs)
    return start, common_suffix_length(ours, theirs, min(len(ours), len(theirs)) - start)


def _region_end(chunks: Sequence[Chunk], end: int, level: int) -> int:
    """How many of the last `end` chunks come after a heading of at most this level, which no changed one is above."""
    closing = (
        at for at in range(len(chunks) - end, len(chunks)) if any(number <= level for number in _levels([chunks[at]]))
    )
    return len(chunks) - next((at + 1 for at in closing), len(chunks))


def _levels(chunks: Iterable[Chunk]) -> Iterator[int]:
    return (level for chunk in chunks for level in chunk.levels)


def _chunk_words(chunks: Iterable[Chunk]) -> Iterator[str]:
    for chunk in chunks:
        for statement in chunk.statements:
            yield from word_bag(statement.text)


def _chunk_keys(chunks: Iterable[Chunk]) -> Iterator[ClauseKey]:
    return (key for chunk in chunks for key in chunk.keys)


def _chunk_citations(chunks: Iterable[Chunk]) -> Iterator[str]:
    return (name for chunk in chunks if chunk.cites for statement in chunk.statements for name in statement.citations)


def _open_headings(chunks: Chunks, start: int) -> list[Statement]:
    """The headings that the chunk at `start`, which begins with one, stands under."""
    if not start:
        return []
    statements: list[Statement] = []
    level = chunks[start].opens
    for at in reversed(list(compress(range(start), map(attrgetter("levels"), chunks[:start])))):
        for statement in reversed(chunks[at].statements):
            if 0 < statement.level < level:
                statements.append(statement)
                level = statement.level
        if level == 1:
            break
    return statements[::-1]


def _cursor_under(outline: FileOutline, headings: Iterable[Statement]) -> SectionCursor:
    return SectionCursor(outline.path, [(heading.level, heading.text) for heading in headings])


def _region_clauses(
    standing: SectionCursor, page: FileOutline, part: slice, folds: Sequence[tuple[int, int]]
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
