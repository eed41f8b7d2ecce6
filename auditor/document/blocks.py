"""What a document is made of: headings, sentences, tables, figures and notes, in no format.

A document is a sequence of blocks. Its texts are raw: what a spec, a log or a person wrote stands in a `Span` as it is,
and the writer (`render.terminal`, `render.html`, `render.markdown`) escapes it and lays it out. A sentence is therefore
written once, here in `document`, and reads the same in every format. A writer shows every block; where its format
cannot (a figure on a terminal), it shows the block's own words for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias


class Style(StrEnum):
    """What a span is, from which a writer takes its look; inserted and deleted words stand in a text that stays."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    CODE = "code"
    ACCUSED = "accused"
    CAUTION = "caution"
    OPEN = "open"
    CLEARED = "cleared"
    NAME = "name"
    ADDED = "added"
    REMOVED = "removed"
    INSERTED = "inserted"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text of one style.

    Attributes:
        link: a place in the same document or a relative address; "" for none.
        value: the number that the text writes, unrounded; None for words.
    """

    text: str
    style: Style = Style.PLAIN
    link: str = ""
    value: float | None = None


Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `level` is 1 for the document's own, `anchor` names the place for links, "" for none."""

    level: int
    line: Line
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that stand together."""

    line: Line


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence beside the matter: a reservation, a legend, what was not looked at."""

    line: Line


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of somebody's, with its spaces and line ends as they are."""

    line: Line


@dataclass(frozen=True, slots=True)
class Listing:
    """Items of equal standing, one line each."""

    items: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """Shell commands that can be pasted as they stand, one a line."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; figures are set to the right; what may be cut is cut or left out on a narrow terminal."""

    title: str
    figures: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, as many a row as there are columns.

    Attributes:
        empty: what is said in place of a table without rows; "" leaves it out.
        grid: whether the columns have no titles and only align their cells.
        picture: a figure with a strip for each row, in a last column, where the format can show one.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    empty: str = ""
    grid: bool = False
    picture: Figure | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: `kind` and `data` say what to draw, `words` say the same in a sentence."""

    kind: str
    data: Any
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """Blocks about one thing under a line of their own; `folded` where a reader opens it only when he wants it."""

    title: Line
    blocks: tuple[Block, ...]
    anchor: str = ""
    folded: bool = False


Block: TypeAlias = Heading | Paragraph | Note | Passage | Listing | Commands | Table | Figure | Card


def plain(text: str, style: Style = Style.PLAIN) -> Line:
    """A line of one span."""
    return (Span(text, style),)


def sentence(text: str) -> str:
    """A clause as a sentence: with its capital and full stop; "" stays."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def grid(rows: Iterable[Sequence[Line]]) -> Table:
    """A table that only aligns its cells."""
    cells = tuple(tuple(row) for row in rows)
    return Table(tuple(Column("") for _ in cells[0]) if cells else (), cells, grid=True)


def text_of(line: Line) -> str:
    """A line's words without style, raw."""
    return "".join(span.text for span in line)
