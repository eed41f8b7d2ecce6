"""A revision's text in chunks that are read once, however many revisions they stand in."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from auditor.clauses.blocks import blocks
from auditor.clauses.pairing import key_of
from auditor.clauses.parse import Standing, Statement, is_markdown, statements, with_plain_ends
from auditor.model.clause import Clause

# A chunk ends at a blank line before text that is not indented, unless something in it is still open there.
_BOUNDARY = re.compile(r"\n\n+(?=\S)")
_OPENERS = ("```", "~~~", "<", "!!!", "{%", "{#")
_TAG = re.compile(r"^[\s>*+.)\d-]*(\{[#%])", re.MULTILINE)
_STRIDE = 4096
# So many chunks may be gone at one place for the next one to be recognised.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole blocks, with the blank lines after them; its statements count lines from its own first.

    Within one file, chunks of the same text are the same. `levels` are those of the headings in it that open a section,
    `keys` what its statements say, as `pairing.key_of` has it.
    """

    text: str
    lines: int
    statements: tuple[Statement, ...] = field(compare=False)
    levels: tuple[int, ...] = field(compare=False)
    keys: tuple[Hashable, ...] = field(compare=False)

    @property
    def opens(self) -> int:
        """The level of the heading it begins with; 0 without one."""
        return self.statements[0].level if self.levels else 0


@dataclass(frozen=True, slots=True)
class Page:
    """One file of a revision, in chunks."""

    path: str
    text: str
    chunks: tuple[Chunk, ...]

    def clauses(self) -> Iterator[Clause]:
        """Its clauses, the same as `parse.parse` gives."""
        standing, line = Standing(self.path), 0
        for chunk in self.chunks:
            for statement in chunk.statements:
                yield standing.clause(statement, line)
            line += chunk.lines


def page(path: str, text: str, previous: Page | None = None) -> Page:
    """One file in chunks; of `previous`, the same file in another revision, what is the same is not read again."""
    text = with_plain_ends(text)
    markdown = is_markdown(path)
    if previous is None or is_markdown(previous.path) != markdown:
        return Page(path, text, tuple(_chunks(text, 0, markdown)))
    if previous.text == text:
        return Page(path, text, previous.chunks)
    same_start, same_end = _same_ends(previous.text, text)
    ends = list(accumulate([len(chunk.text) for chunk in previous.chunks]))
    kept = bisect_right(ends, same_start - 1)
    shift = len(text) - len(previous.text)
    tail = bisect_left(ends, len(previous.text) - same_end)
    starts = {end + shift: at + 1 for at, end in enumerate(ends[tail:-1], tail)}
    found = list(previous.chunks[:kept])
    at = ends[kept - 1] if kept else 0
    while at < len(text):
        known = _known(text, at, previous.chunks, kept)
        chunk = _next_chunk(text, at, markdown) if known is None else previous.chunks[known]
        kept = kept if known is None else known + 1
        found.append(chunk)
        at += len(chunk.text)
        if at in starts:
            found += previous.chunks[starts[at] :]
            break
    return Page(path, text, tuple(found))


def _known(text: str, start: int, chunks: Sequence[Chunk], first: int) -> int | None:
    """Which of a few chunks from `first` on begins at `start`, and ends before text that is not indented there, too."""
    for at in range(first, min(first + _AHEAD, len(chunks) - 1)):
        chunk = chunks[at].text
        if text.startswith(chunk, start):
            beyond = text[start + len(chunk) : start + len(chunk) + 1]
            return at if beyond and not beyond.isspace() else None
    return None


def _same_ends(one: str, two: str) -> tuple[int, int]:
    """How many characters two texts begin and end with in common, without overlap."""
    most = min(len(one), len(two))
    start = 0
    while start < most and one[start : start + _STRIDE] == two[start : start + _STRIDE]:
        start += _STRIDE
    start = min(start, most)
    while start < most and one[start] == two[start]:
        start += 1
    most -= start
    end = 0
    while end < most and _tail(one, end, min(_STRIDE, most - end)) == _tail(two, end, min(_STRIDE, most - end)):
        end += min(_STRIDE, most - end)
    while end < most and one[-1 - end] == two[-1 - end]:
        end += 1
    return start, end


def _tail(text: str, end: int, size: int) -> str:
    return text[len(text) - end - size : len(text) - end]


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
    return Chunk(text, text.count("\n"), found, levels, tuple(map(key_of, found)))


@lru_cache(maxsize=2**15)
def _is_closed(text: str, markdown: bool) -> bool:
    """Whether a heading after this text would be one: nothing is open that goes on beyond it."""
    if not any(opener in text for opener in _OPENERS):
        return True
    if not markdown and any(text.find("#}" if tag[1] == "{#" else "%}", tag.end()) < 0 for tag in _TAG.finditer(text)):
        return False
    last = list(blocks(f"{text}# x", markdown=markdown))[-1:]
    return [(block.type, block.start, block.nested) for block in last] == [("heading", text.count("\n"), False)]
