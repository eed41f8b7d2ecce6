"""What runs SQL in the reading process: opened on files, it lists its columns and answers statements in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

PIECE_ROWS = 100_000
ROW_COLUMN, FILE_COLUMN = "auditor_row", "auditor_file"

# A piece of an answer: its columns, each a list of at most `ROWS` values that JSON has.
Piece = list[list[object]]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a process is told to read.

    Attributes:
        engine: "duckdb" or "spark".
        format: "parquet", "csv" or "jsonl".
        paths: the files; for Spark also a folder or an address of its file systems.
        header: the names of a CSV file's columns, and the lines they take up; read by the parent for DuckDB.
        scratch: a folder of its own, for what does not fit into memory.
        memory: its limit, in MiB.
        threads: at most.
        master: Spark's.
    """

    engine: str
    format: str
    paths: tuple[str, ...]
    scratch: str
    header: tuple[str, ...] = ()
    header_lines: int = 0
    memory: int = 2048
    threads: int = 2
    master: str = "local[*]"


class Backend(Protocol):
    """An open table: the view `source`, and `numbered`, which adds `FILE` and `ROW` (from 0) where they are known."""

    def columns(self) -> Sequence[tuple[str, str]]:
        """Name and type of the columns of `source`, the type in the engine's words, in lower case."""

    def answer(self, sql: str) -> Iterator[Piece]:
        """The rows of a statement, piece by piece."""

    def tallies(self, sql: str, keys: int) -> Iterator[Piece]:
        """The rows of a statement whose first `keys` columns say the run.

        First the runs, one piece of those columns; then the other columns with the run's number (from 0) in front of
        them, by run and by the column after the keys.
        """

    def hashes(self) -> Sequence[tuple[str, str]]:
        """Address and sha256 of every file that was opened, where only the engine can read them."""

    def done(self) -> float:
        """How much of the running statement is done, 0 to 1; -1 where that is not known."""


class BackendError(Exception):
    """What an engine said against a statement, in its own words."""
