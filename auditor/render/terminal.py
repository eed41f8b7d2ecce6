"""Renderables as text for a console, and small tables of plain text; no line ends in spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, RenderableType

from auditor.render.escape import escape_terminal

# Renderables as text for a console; no line ends in spaces.


_TRAILING_SPACES = re.compile(r" +((?:\x1b\[[0-9;]*m)+)$")


def as_text(console: Console, *parts: RenderableType, wrap: bool = True) -> str:
    """The parts below each other, as the console would show them, each line ended by a newline.

    Without `wrap` a line is as long as it is, so that a command in it can be copied.
    """
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=not wrap)
    lines = (_TRAILING_SPACES.sub(r"\1", line.rstrip()) for line in captured.get().splitlines())
    return "".join(f"{line}\n" for line in lines)


# What was found in old logs, and what is left for a person, as text.


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


def some_names(names: Sequence[str], shown: int = 3) -> str:
    """Some names, as they may be printed, and how many others."""
    text = ", ".join(map(escape_terminal, names[:shown]))
    return f"{text} and {len(names) - shown} more" if len(names) > shown else text


def indented_list(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """A heading with its lines below; nothing without lines."""
    if lines:
        yield ""
        yield f"{heading}:"
        yield from (f"  {escape_terminal(line)}" for line in lines)
