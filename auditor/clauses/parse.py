"""A spec's file -> its clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.clauses.blocks import Block, blocks, says_nothing
from auditor.model.clause import Clause, ClauseKind

_MARKDOWN_SUFFIXES = (".md", ".markdown")

# `{#anchor key=value}` at the end of a heading; braces with anything else in them are part of the title.
_PART = r"(?:[#.][\w:.-]+|[\w:.-]+=(?:\"[^\"{}]*\"|[^\s\"{}]+))"
_ATTRIBUTES = re.compile(rf"\s?\{{:?\s?({_PART}(?:\s{_PART})*)\s?\}}$")
_ATTRIBUTE = re.compile(r"(?:^|\s)(?:([#.])([\w:.-]+)|([\w:.-]+)=(?:\"([^\"]*)\"|(\S+)))")
_CITATION = re.compile(r"\[\^([^\]\[\s]+)\]")
# The start of a link's or footnote's definition; several in a row are one paragraph to the block parser.
_DEFINITION = re.compile(r"\s*\[[^\]]+\]:")
_BAR = re.compile(r"\s?(?<!\\)\|\s?")


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause before it is known where it stands.

    Attributes:
        start: its first line, from 0.
        stop: the line after its last.
        level: of a heading that opens a section, 1 to 6; 0 for anything else.
        anchor: a heading's own.
        attributes: a heading's own.
    """

    start: int
    stop: int
    kind: ClauseKind
    text: str
    citations: tuple[str, ...]
    level: int = 0
    anchor: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Standing:
    """The headings that the next statement of a file stands under."""

    path: str
    headings: list[tuple[int, str]] = field(default_factory=list)
    anchor: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    section: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.section = tuple(title for _, title in self.headings)

    def clause(self, statement: Statement, offset: int = 0) -> Clause:
        """The statement as a clause, its lines shifted by `offset`. A heading opens its section."""
        own = statement.kind is ClauseKind.HEADING
        if statement.level:
            while self.headings and self.headings[-1][0] >= statement.level:
                self.headings.pop()
            self.anchor, self.attributes = statement.anchor, statement.attributes
            self.section = tuple(title for _, title in self.headings)
        clause = Clause(
            self.path,
            statement.start + offset + 1,
            statement.stop + offset,
            statement.kind,
            self.section,
            statement.anchor if own else self.anchor,
            statement.attributes if own else self.attributes,
            statement.text,
            statement.citations,
        )
        if statement.level:
            self.headings.append((statement.level, statement.text))
            self.section = (*self.section, statement.text)
        return clause


@lru_cache(maxsize=64)
def parse(path: str, text: str) -> tuple[Clause, ...]:
    """The clauses of one file, in order. Never raises; the same text gives the same clauses.

    Markdown for `.md` and `.markdown`; anything else is read as plain text, in which lists, headings with `#`, tables,
    fences and template tags are known. Every line stands in exactly one clause, except those that are blank or hold
    block markers only (see `blocks.says_nothing`). CRLF and CR count as line ends.
    """
    standing = Standing(path)
    return tuple(standing.clause(one) for one in statements(with_plain_ends(text), markdown=is_markdown(path)))


def is_markdown(path: str) -> bool:
    """Whether a file of that name is read as Markdown."""
    return path.lower().endswith(_MARKDOWN_SUFFIXES)


def with_plain_ends(text: str) -> str:
    """The text with LF line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def statements(text: str, *, markdown: bool) -> list[Statement]:
    """The statements of a text with LF line ends, in order."""
    lines = text.split("\n")
    found: list[Statement] = []
    done = 0
    for block in blocks(text, markdown=markdown):
        found += _unclaimed(lines, done, block.start)
        own = list(_of_block(lines, block))
        found += own
        done = own[-1].stop if own else block.start
    return [*found, *_unclaimed(lines, done, len(lines))]


def _of_block(lines: list[str], block: Block) -> Iterator[Statement]:
    """A block's statements. A heading in a list or quote is one, and opens no section."""
    if block.type == "heading":
        title, anchor, attributes = _titled(_collapsed(block.content))
        stop = _stop(lines, block.start, block.stop)
        level = 0 if block.nested else block.level
        yield Statement(block.start, stop, ClauseKind.HEADING, title, _citations(title), level, anchor, attributes)
        return
    kind = _kind(block)
    for start, stop, text in _statements(lines, block):
        if text:
            cited = () if kind is ClauseKind.EXAMPLE else _citations(text)
            yield Statement(start, _stop(lines, start, stop), kind, text, cited)


def _unclaimed(lines: list[str], start: int, stop: int) -> Iterator[Statement]:
    """Lines that no block claims although they say something, as paragraphs: no text of a spec may be lost."""
    first = None
    for at in range(start, stop + 1):
        if at < stop and not says_nothing(lines[at]):
            first = at if first is None else first
        elif first is not None:
            text = _collapsed(*lines[first:at])
            yield Statement(first, _stop(lines, first, at), ClauseKind.PARAGRAPH, text, _citations(text))
            first = None


def _stop(lines: list[str], start: int, stop: int) -> int:
    while stop > start + 1 and not lines[stop - 1].strip():
        stop -= 1
    return stop


def _statements(lines: list[str], block: Block) -> Iterator[tuple[int, int, str]]:
    """What a block says, as (first line, line after the last, normalised text), lines from 0."""
    match block.type:
        case "paragraph":
            yield from _definitions_apart(block)
        case "row":  # from its source: the parser drops the cells that have no column
            yield block.start, block.stop, _BAR.sub(" | ", _collapsed(lines[block.start])).strip(" |")
        case "admonition":
            yield block.start, block.stop, _collapsed(block.info, *lines[block.start + 1 : block.stop])
        case "fence":
            code = "\n".join(line.rstrip() for line in block.content.rstrip().split("\n"))
            yield block.start, block.stop, "\n".join(part for part in (_collapsed(block.info), code) if part)
        case _:
            yield block.start, block.stop, _collapsed(block.content)


def _definitions_apart(block: Block) -> Iterator[tuple[int, int, str]]:
    lines = block.content.split("\n")
    starts = [0]
    if _DEFINITION.match(lines[0]):
        starts += [at for at, line in enumerate(lines) if at and _DEFINITION.match(line)]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        end = block.stop if stop == len(lines) else block.start + stop
        yield block.start + start, end, _collapsed(*lines[start:stop])


def _kind(block: Block) -> ClauseKind:
    match block.type:
        case "row":
            return ClauseKind.TABLE_ROW
        case "fence":
            return ClauseKind.EXAMPLE
        case "admonition" if block.stop - block.start > 1:  # a lone line that begins with `!!!` is emphasis
            return ClauseKind.COMMENTARY
        case "jinja" if block.content.startswith("{#"):
            return ClauseKind.COMMENTARY
        case _:
            return ClauseKind.LIST_ITEM if block.in_item else ClauseKind.PARAGRAPH


def _titled(title: str) -> tuple[str, str | None, dict[str, str]]:
    """A heading's title, anchor and attributes; a class is the attribute `class`."""
    braces = _ATTRIBUTES.search(title)
    if not braces:
        return title, None, {}
    anchor = None
    attributes: dict[str, str] = {}
    for sign, name, key, quoted, plain in _ATTRIBUTE.findall(braces[1]):
        if sign == "#":
            anchor = name
        else:
            attributes[key or "class"] = name or quoted or plain
    return title[: braces.start()], anchor, attributes


def _citations(text: str) -> tuple[str, ...]:
    """The footnotes cited, in order; a footnote's own definition cites nothing."""
    found = _CITATION.finditer(text)
    return tuple(cited[1] for cited in found if cited.start() or not text.startswith(":", cited.end()))


def _collapsed(*lines: str) -> str:
    return " ".join(" ".join(lines).split())
