"""What was found in old logs, and what is left for a person, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.render.escape import terminal

Row = Sequence[str]


def aligned(headings: Row, rows: Iterable[Row], numbers: int) -> Iterator[str]:
    """Rows under their headings; the last column is the name, and the first `numbers` are set to the right."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings) - 1)]
    for row in table:
        cells = [
            f"{cell:>{width}}" if column < numbers else f"{cell:<{width}}"
            for column, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
        ]
        yield "  ".join((*cells, row[-1])).rstrip()


def many(names: Sequence[str], shown: int = 3) -> str:
    """Some names, as they may be printed, and how many others."""
    text = ", ".join(map(terminal, names[:shown]))
    return f"{text} and {len(names) - shown} more" if len(names) > shown else text


def listed(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """A heading with its lines below; nothing without lines."""
    if lines:
        yield ""
        yield f"{heading}:"
        yield from (f"  {terminal(line)}" for line in lines)
