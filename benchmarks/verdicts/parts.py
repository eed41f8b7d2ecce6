"""What every part of the benchmark takes and gives: processes and worlds in, tables out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """What a part may use: processes, and how many worlds a cell."""

    pool: Executor
    worlds: int

    def each(self, task: Callable[..., T], *columns: Sequence[object]) -> list[T]:
        """The task on each row of arguments, in order, whatever process takes it."""
        return list(self.pool.map(task, *columns))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first column is words, the others figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> Iterator[str]:
        """For a terminal."""
        every = [self.head, *self.rows]
        widths = [max(len(row[column]) for row in every) for column in range(len(self.head))]
        yield from ("", self.title, "")
        for row in every:
            first, *others = zip(row, widths, strict=True)
            cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
            yield "  ".join(cells).rstrip()

    def markdown(self) -> Iterator[str]:
        """For RESULTS.md."""
        yield from (f"### {self.title}", "")
        yield "| " + " | ".join(self.head) + " |"
        yield "| --- |" + " ---: |" * (len(self.head) - 1)
        yield from ("| " + " | ".join(row) + " |" for row in self.rows)
        yield ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part's tables.

    Attributes:
        words: what is to be known when reading them.
        failing: one line for every promise that is broken.
        pictures: SVG by file name, kept in docs/pictures.
    """

    title: str
    words: str
    tables: tuple[Table, ...]
    failing: tuple[str, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()

    def text(self) -> Iterator[str]:
        """For a terminal."""
        yield from ("", self.title.upper(), self.words)
        for table in self.tables:
            yield from table.text()

    def markdown(self) -> Iterator[str]:
        """For RESULTS.md."""
        yield from (f"## {self.title}", "", self.words, "")
        for table in self.tables:
            yield from table.markdown()
