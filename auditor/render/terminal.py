"""Blocks as text for a console, and small tables of plain text; no line ends in spaces.

Every span is escaped here: control, bidirectional and invisible characters are written out, and a name cannot start a
line. A table that the width has no room for is set row by row, its first cell above the others, so that no figure is
cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from auditor.document.blocks import (
    Block,
    Card,
    Column,
    Commands,
    Figure,
    Heading,
    Line,
    Listing,
    Note,
    Paragraph,
    Passage,
    Style,
    Table,
    plain,
)
from auditor.render.escape import escape_terminal

if TYPE_CHECKING:
    from auditor.assess.facts import Attribution
    from auditor.document.history import SectionRow

_TRAILING_SPACES = re.compile(r" +((?:\x1b\[[0-9;]*m)+)$")
# Line ends, tabs and long runs of spaces, which could push a text out of sight; two spaces set words apart.
_BREAK = re.compile(r"\s*[^\S ]\s*| {3,}")
_WORD = re.compile(r"[^ \n]+")
# `path:line` and `commit:path:line`, which are copied whole.
_PLACE = re.compile(r"(?:[^\s:]+:)?[^\s:]+:\d+[,)]*")
_STYLES = {
    Style.PLAIN: "",
    Style.STRONG: "bold",
    Style.QUIET: "dim",
    Style.CODE: "",
    Style.ACCUSED: "bold red",
    Style.CAUTION: "yellow",
    Style.OPEN: "cyan",
    Style.CLEARED: "green",
    Style.NAME: "yellow",
    Style.ADDED: "green",
    Style.REMOVED: "red",
    Style.INSERTED: "green",
    Style.DELETED: "red strike",
}
_MARKS = {Style.INSERTED: ("{+", "+}"), Style.DELETED: ("[-", "-]")}
_SIGN_STYLES = {"+": "green", "-": "red", "~": "yellow", ">": "cyan"}
_MIN_BAR = 16
_MIN_CUT = 12
_BAR_WIDTH = 24
_INDENT = 4
_GAP = 2
_MIN_LAST = 24
"""The columns that the last cell of a row needs to be folded beside the others."""


def render_terminal(blocks: Iterable[Block], console: Console, *, wrap: bool = True) -> str:
    """The blocks as the console shows them, each line ended by a newline; without `wrap` a line is as long as it is, so
    that a command in it can be copied.
    """
    with console.capture() as captured:
        for line in TerminalWriter(console, wrap=wrap).lines(blocks):
            console.print(line, soft_wrap=True)
    lines = (_TRAILING_SPACES.sub(r"\1", line.rstrip()) for line in captured.get().splitlines())
    return "".join(f"{line}\n" for line in lines)


class TerminalWriter:
    """Sets blocks as lines; `wrap` says whether they are folded at the console's width."""

    def __init__(self, console: Console, *, wrap: bool) -> None:
        self._console = console
        self._wrap = wrap
        self._marks = console.no_color or console.color_system is None

    def lines(self, blocks: Iterable[Block]) -> Iterator[Text]:
        """The lines, a blank one after a card and before a heading, never two, and none at the ends."""
        first, blank = True, False
        for line in self._block_lines(blocks, self._console.width):
            if not line.plain:
                blank = not first
                continue
            if blank:
                yield Text("")
            first, blank = False, False
            yield line

    def _block_lines(self, blocks: Iterable[Block], width: int) -> Iterator[Text]:
        for block in blocks:
            match block:
                case Heading(level=level, line=line):
                    yield Text("")
                    yield from self._fold(self._text(line, "bold"), width)
                    yield from [Text("")] * (level == 1)
                case Paragraph(line=line):
                    yield from self._fold(self._text(line), width)
                case Note(line=line):
                    yield from self._fold(self._text(line, "dim"), width)
                case Passage(line=line):
                    yield from self.passage(line, width)
                case Listing(items=items):
                    for item in items:
                        yield from _hang(self._fold(self._text(item), width - _GAP), "- ")
                case Commands(lines=commands):
                    yield from (Text(f"  {escape_terminal(command)}") for command in commands)
                case Table():
                    yield from self._table(block, width)
                case Figure(kind="sections", data=data) if isinstance(data, tuple):
                    yield from section_bars(data, width)
                case Figure(words=words):
                    yield from self._fold(Text(escape_terminal(words)), width)
                case Card(title=title, blocks=inner):
                    yield from self._fold(self._text(title), width)
                    yield from _hang(self._block_lines(inner, width - _INDENT), " " * _INDENT, every=True)
                    yield Text("")

    def passage(self, line: Line, width: int = 0) -> Iterator[Text]:
        """Somebody's text with its spaces and line ends; what is folded keeps the indentation of its line."""
        for text in self._text(line, as_it_is=True).split("\n", allow_blank=True):
            indent = min(len(text.plain) - len(text.plain.lstrip(" ")), width // 2)
            yield from _hang(self._fold(text[indent:], width - indent), " " * indent, every=True)

    def _text(self, line: Line, base: str = "", *, as_it_is: bool = False) -> Text:
        text = Text(style=base)
        for span in line:
            raw = span.text.expandtabs(4) if as_it_is else _BREAK.sub(" ", span.text)
            styled = _WORD.sub(lambda word: escape_terminal(word[0]), raw)
            marked = self._marks and span.style in _MARKS
            text.append(
                styled.join(_MARKS[span.style]) if marked else styled, style="" if marked else _STYLES[span.style]
            )
        return text

    def _fold(self, text: Text, width: int) -> Iterator[Text]:
        if not self._wrap:
            yield from text.split("\n", allow_blank=True)
            return
        long_words = (word for word in text.plain.split() if len(word) > width)
        whole = any(map(_PLACE.fullmatch, long_words))  # on a line of its own, not broken
        for line in text.wrap(self._console, max(width, 1), overflow="ignore" if whole else None):
            line.rstrip()
            yield line

    def _table(self, table: Table, width: int) -> Iterator[Text]:
        if table.picture is not None and table.picture.kind == "fall":
            table = _add_bars(table, table.picture.data)
        if not table.rows:
            yield from self._fold(Text(escape_terminal(table.empty), style="dim"), width) if table.empty else ()
            return
        rows = [[self._text(cell) for cell in row] for row in table.rows]
        titles = [] if table.grid else [[Text(column.title, style="dim") for column in table.columns]]
        widths = [max(cell.cell_len for cell in column) for column in zip(*titles, *rows, strict=True)]
        if self._wrap:
            widths = _cut_widths(table.columns, widths, width)
            if table.columns[-1].cut and sum(widths) + _GAP * (len(widths) - 1) > width:
                shorter = replace(table, columns=table.columns[:-1], rows=tuple(row[:-1] for row in table.rows))
                yield from self._table(shorter, width)
                return
            for row in rows:
                for cell, size in zip(row, widths, strict=True):
                    cell.truncate(max(size, min(cell.cell_len, _MIN_CUT)), overflow="ellipsis")
        start = sum(size + _GAP for size in widths[:-1] if size)
        if self._wrap and start + min(widths[-1], _MIN_LAST) > width:
            for row in rows:
                yield from self._stacked(row, [] if table.grid else [column.title for column in table.columns], width)
            return
        for row in (*titles, *rows):
            yield from self._row(row, table, widths, start, width)

    def _row(self, row: Sequence[Text], table: Table, widths: Sequence[int], start: int, width: int) -> Iterator[Text]:
        head = Text("")
        for cell, column, size in zip(row[:-1], table.columns[:-1], widths[:-1], strict=True):
            if size:
                space = " " * (size - cell.cell_len)
                head.append_text(Text(space) + cell if column.figures else cell + Text(space)).append(" " * _GAP)
        last, figures = row[-1], table.columns[-1].figures
        if figures:
            last = Text(" " * (widths[-1] - last.cell_len)) + last
        first, *others = list(self._fold(last, width - start)) or [Text("")]
        yield _strip(head + first)
        yield from (Text(" " * start) + other for other in others)

    def _stacked(self, row: Sequence[Text], titles: Sequence[str], width: int) -> Iterator[Text]:
        """The first cell, and below it the others under their titles."""
        yield from self._fold(row[0], width)
        named = [
            Text(f"{title} ", style="dim") + cell if title else cell
            for title, cell in zip(titles[1:] or [""] * len(row[1:]), row[1:], strict=True)
            if cell.plain
        ]
        if named:
            yield from _hang(self._together(named, width - _GAP), " " * _GAP, every=True)

    def _together(self, parts: Sequence[Text], width: int) -> Iterator[Text]:
        """The parts on as few lines as they fit on, none broken that fits on a line by itself."""
        line = Text("")
        for part in parts:
            if line.plain and line.cell_len + _GAP + part.cell_len > width:
                yield line
                line = Text("")
            line = line + Text(" " * _GAP if line.plain else "") + part
            if line.cell_len > width:
                *done, line = self._fold(line, width)
                yield from done
        yield line


def _cut_widths(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """The widths of columns, those that may be cut made narrower, the last first, until they fit."""
    cut = list(widths)
    over = sum(cut) + _GAP * (len(cut) - 1) - width
    for place in reversed(range(len(cut))):
        if columns[place].cut and over > 0:
            less = min(over, max(0, cut[place] - _MIN_CUT))
            cut[place] -= less
            over -= less
    return cut


def _add_bars(table: Table, parts: Attribution) -> Table:
    """The parts of a fall with a last column of bars, as long as their share of it."""
    from auditor.assess.attribution import waterfall

    whole = parts.raw if parts.raw > 0.0 else 1.0
    shares = [max(0.0, min(1.0, (part or 0.0) / whole)) for part in (parts.raw, *waterfall(parts).values())]
    bars = [plain("#" * round(_BAR_WIDTH * share), Style.QUIET) for share in shares]
    rows = tuple((*row, bar) for row, bar in zip(table.rows, bars, strict=True))
    return replace(table, columns=(*table.columns, Column("")), rows=rows)


def _hang(lines: Iterable[Text], start: str, *, every: bool = False) -> Iterator[Text]:
    """Lines behind a start, those after the first behind as many spaces; `every` puts it before each."""
    for number, line in enumerate(lines):
        lead = start if every or not number else " " * len(start)
        yield Text(lead) + line if line.plain else line


def section_bars(rows: Sequence[SectionRow], width: int) -> Iterator[Text]:
    """Sections as a tree, each with its number of changes and a bar, as long as the width has room for.

    A title that leaves no room for a bar has its numbers on the next line.
    """
    most = max((row.signs.total() for row in rows if row.signs), default=0)
    digits = len(str(most))
    titles = ["  " * row.depth + escape_terminal(row.title) for row in rows]
    room = width - digits - 2 * _GAP - _MIN_BAR
    widest = max((size for title in titles if (size := cell_len(title)) <= room), default=0)
    scale = min(1.0, (width - widest - digits - 2 * _GAP) / most) if most else 1.0
    for title, row in zip(titles, rows, strict=True):
        space = " " * (widest - cell_len(title)) if cell_len(title) <= widest else f"\n{' ' * widest}"
        line = Text(title)
        if row.signs:
            line.append(f"{space}  {row.signs.total():>{digits}}  ")
            for sign, length in _sign_lengths(row.signs, scale):
                line.append(sign * length, style=_SIGN_STYLES[sign])
        yield from line.split("\n")


def _sign_lengths(signs: Counter[str], scale: float) -> Iterator[tuple[str, int]]:
    """Each sign as often as the scale has it, and once at least; together no longer than the whole at that scale."""
    present = [sign for sign in _SIGN_STYLES if signs[sign]]
    whole = max(len(present), round(signs.total() * scale))
    lengths = {sign: max(1, int(signs[sign] * scale)) for sign in present}
    largest = max(present, key=lambda sign: signs[sign])
    lengths[largest] = max(1, lengths[largest] + whole - sum(lengths.values()))
    yield from lengths.items()


def _strip(text: Text) -> Text:
    text.rstrip()
    return text


# Small tables of plain text, of what stands in old logs and what is left for a person.


Row = Sequence[str]


def align_columns(headings: Row, rows: Iterable[Row], numbers: int) -> Iterator[str]:
    """Rows under their headings; the last column is the name, and the first `numbers` are set to the right."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings) - 1)]
    for row in table:
        cells = [
            f"{cell:>{width}}" if column < numbers else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
        ]
        yield "  ".join((*cells, row[-1])).rstrip()


def some_names(names: Sequence[str], most: int = 3) -> str:
    """Some names, as they may be printed, and how many others."""
    text = ", ".join(map(escape_terminal, names[:most]))
    return f"{text} and {len(names) - most} more" if len(names) > most else text


def indented_list(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """A heading with its lines below; nothing without lines."""
    if lines:
        yield ""
        yield f"{heading}:"
        yield from (f"  {escape_terminal(line)}" for line in lines)
