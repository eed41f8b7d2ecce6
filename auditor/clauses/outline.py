"""A revision's text in chunks that are read once, however many revisions they stand in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate

from auditor.clauses.blocks import blocks
from auditor.clauses.pairing import Key, key_of
from auditor.clauses.parse import Standing, Statement, is_markdown, statements, with_plain_ends
from auditor.clauses.sequence import common_end, common_start
from auditor.model.clause import Clause, ClauseKind

# A chunk ends at a blank line before text that is not indented, unless something in it is still open there.
_BOUNDARY = re.compile(r"\n\n+(?=\S)")
_OPENERS = ("```", "~~~", "<", "!!!", "{%", "{#")
_TAG = re.compile(r"^[\s>*+.)\d-]*(\{[#%])", re.MULTILINE)
# So many chunks may be gone at one place for the next one to be recognised.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole blocks, with the blank lines after them; its statements count lines from its own first.

    Within one file, chunks of the same text are the same. `levels` are those of the headings in it that open a section,
    `has_headings` counts others, too; `cites` is whether a statement cites a footnote; `keys` are what its statements
    say, as `pairing.key_of` has it.
    """

    text: str
    lines: int
    statements: tuple[Statement, ...] = field(compare=False)
    levels: tuple[int, ...] = field(compare=False)
    has_headings: bool = field(compare=False)
    cites: bool = field(compare=False)
    keys: tuple[Key, ...] = field(compare=False)

    @property
    def opens(self) -> int:
        """The level of the heading it begins with; 0 without one."""
        return self.statements[0].level if self.levels else 0


@dataclass(frozen=True, slots=True)
class Page:
    """One file of a revision, in chunks; of each, how many characters, lines and clauses it has."""

    path: str
    text: str
    chunks: tuple[Chunk, ...]
    characters: tuple[int, ...]
    lines: tuple[int, ...]
    counts: tuple[int, ...]

    def clauses(self) -> Iterator[Clause]:
        """Its clauses, the same as `parse.parse` gives."""
        standing, line = Standing(self.path), 0
        for chunk in self.chunks:
            for statement in chunk.statements:
                yield standing.clause(statement, line)
            line += chunk.lines

    def citing(self) -> Iterator[Clause]:
        """Those of its clauses that cite a footnote, without making the others."""
        standing, line = Standing(self.path), 0
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


class _Growing:
    """A page in the making."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._sizes: tuple[list[int], list[int], list[int]] = [], [], []

    def add(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        for sizes, size in zip(self._sizes, (len(chunk.text), chunk.lines, len(chunk.statements)), strict=True):
            sizes.append(size)

    def take(self, one: Page, start: int, stop: int) -> None:
        """The chunks of another page from `start` to `stop`."""
        self._chunks += one.chunks[start:stop]
        for sizes, theirs in zip(self._sizes, (one.characters, one.lines, one.counts), strict=True):
            sizes.extend(theirs[start:stop])

    def page(self, path: str, text: str) -> Page:
        return Page(path, text, tuple(self._chunks), *map(tuple, self._sizes))


def page(path: str, text: str, previous: Page | None = None) -> Page:
    """One file in chunks; of `previous`, the same file in another revision, what is the same is not read again."""
    text = with_plain_ends(text)
    markdown = is_markdown(path)
    found = _Growing()
    if previous is None or is_markdown(previous.path) != markdown:
        for chunk in _chunks(text, 0, markdown):
            found.add(chunk)
        return found.page(path, text)
    if previous.text == text:
        return replace(previous, path=path)
    ends = list(accumulate(previous.characters))
    same_end = common_end(previous.text, text, min(len(previous.text), len(text)))
    at = kept = 0
    while at < len(text):
        known = _known(text, at, previous.chunks, kept)
        if known is None:
            chunk = _next_chunk(text, at, markdown)
            found.add(chunk)
            at += len(chunk.text)
        else:
            start = ends[known] - previous.characters[known]
            kept = _same_until(previous, ends, known, text, at)
            found.take(previous, known, kept)
            at += ends[kept - 1] - start
        if 0 < len(text) - at <= same_end and (rest := _ending_at(ends, len(previous.text) - (len(text) - at))):
            found.take(previous, rest, len(ends))
            break
    return found.page(path, text)


def _same_until(previous: Page, ends: Sequence[int], known: int, text: str, at: int) -> int:
    """The first chunk after `known` that the text, which has `known` at `at`, does not go on with.

    A chunk goes on to whatever is not blank: it is the same only where the character after it is, too.
    """
    start = ends[known] - previous.characters[known]
    same = common_start(previous.text, text, start, at)
    if start + same == len(previous.text) and at + same == len(text):
        return len(ends)
    return max(known + 1, bisect_right(ends, start + same - 1))


def _ending_at(ends: Sequence[int], place: int) -> int:
    """How many chunks end there or before, if one ends right there; else 0."""
    at = bisect_right(ends, place)
    return at if at and ends[at - 1] == place else 0


def _known(text: str, start: int, chunks: Sequence[Chunk], first: int) -> int | None:
    """Which of a few chunks from `first` on begins at `start`, and ends before text that is not indented there, too."""
    for at in range(first, min(first + _AHEAD, len(chunks) - 1)):
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
    return _chunk(text[start:stop], markdown)


@lru_cache(maxsize=2**15)
def _chunk(text: str, markdown: bool) -> Chunk:
    found = tuple(statements(text, markdown=markdown))
    levels = tuple(statement.level for statement in found if statement.level)
    has_headings = any(one.kind is ClauseKind.HEADING for one in found)
    cites = any(one.citations for one in found)
    return Chunk(text, text.count("\n"), found, levels, has_headings, cites, tuple(map(key_of, found)))


@lru_cache(maxsize=2**15)
def _is_closed(text: str, markdown: bool) -> bool:
    """Whether a heading after this text would be one: nothing is open that goes on beyond it."""
    if not any(opener in text for opener in _OPENERS):
        return True
    if not markdown and any(text.find("#}" if tag[1] == "{#" else "%}", tag.end()) < 0 for tag in _TAG.finditer(text)):
        return False
    last = list(blocks(f"{text}# x", markdown=markdown))[-1:]
    return [(block.type, block.start, block.nested) for block in last] == [("heading", text.count("\n"), False)]
