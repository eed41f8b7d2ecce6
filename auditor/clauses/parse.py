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


@dataclass(slots=True)
class _Reader:
    """One file, and the headings that its next clause stands under."""

    path: str
    lines: list[str]
    headings: list[tuple[int, str]] = field(default_factory=list)
    anchor: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def clauses(self, block: Block) -> Iterator[Clause]:
        if block.type == "heading":
            yield self.heading(block)
            return
        for start, stop, text in _statements(self.lines, block):
            if text:
                yield self.clause(start, stop, _kind(block), text)

    def unclaimed(self, start: int, stop: int) -> Iterator[Clause]:
        """Lines that no block claims although they say something, as paragraphs: no text of a spec may be lost."""
        first = None
        for at in range(start, stop + 1):
            if at < stop and not says_nothing(self.lines[at]):
                first = at if first is None else first
            elif first is not None:
                yield self.clause(first, at, ClauseKind.PARAGRAPH, _collapsed(*self.lines[first:at]))
                first = None

    def heading(self, block: Block) -> Clause:
        """The heading's own clause. One in a list or quote is a clause, and opens no section."""
        title, anchor, attributes = _titled(_collapsed(block.content))
        around = self.anchor, self.attributes
        if not block.nested:
            while self.headings and self.headings[-1][0] >= block.level:
                self.headings.pop()
        self.anchor, self.attributes = anchor, attributes
        clause = self.clause(block.start, block.stop, ClauseKind.HEADING, title)
        if block.nested:
            self.anchor, self.attributes = around
        else:
            self.headings.append((block.level, title))
        return clause

    def clause(self, start: int, stop: int, kind: ClauseKind, text: str) -> Clause:
        while stop > start + 1 and not self.lines[stop - 1].strip():
            stop -= 1
        section = tuple(title for _, title in self.headings)
        cited = () if kind is ClauseKind.EXAMPLE else _citations(text)
        return Clause(self.path, start + 1, stop, kind, section, self.anchor, self.attributes, text, cited)


@lru_cache(maxsize=64)
def parse(path: str, text: str) -> tuple[Clause, ...]:
    """The clauses of one file, in order. Never raises; the same text gives the same clauses.

    Markdown for `.md` and `.markdown`; anything else is read as plain text, in which lists, headings with `#`, tables,
    fences and template tags are known. Every line stands in exactly one clause, except those that are blank or hold
    block markers only (see `blocks.says_nothing`). CRLF and CR count as line ends.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = _Reader(path, text.split("\n"))
    clauses: list[Clause] = []
    done = 0
    for block in blocks(text, markdown=path.lower().endswith(_MARKDOWN_SUFFIXES)):
        clauses += reader.unclaimed(done, block.start)
        found = list(reader.clauses(block))
        clauses += found
        done = found[-1].end if found else block.start
    clauses += reader.unclaimed(done, len(reader.lines))
    return tuple(clauses)


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
