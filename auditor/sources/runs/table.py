"""Tidy tables: one row a sample, or one row a tally (`.csv`, `.jsonl`). Their columns are in `table_columns`."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from auditor.errors import TableError
from auditor.model.raw import RawRun
from auditor.sources.runs.documents import first_key
from auditor.sources.runs.interface import ReadOptions, unreadable
from auditor.sources.runs.strict_json import JsonError, JsonLimits, parse_json
from auditor.sources.runs.table_columns import Cells, Row, check_columns, parse_row
from auditor.sources.runs.table_runs import runs_of

TABLE_BYTES = 256 * 2**20
ROWS = 2_000_000
CELL_CHARACTERS = 10_000_000
# Prompts may be longer than the 128 KiB a cell may hold by default.
csv.field_size_limit(CELL_CHARACTERS)
ROW_LIMITS = JsonLimits(string=CELL_CHARACTERS, depth=2, values=10_000)
# How the lines of other tools' logs begin; no column is called so.
OTHERS = {"doc_id", "spec"}


class TableReader:
    """Reads the runs of a tidy table."""

    name = "table"
    kinds = "tidy tables (.csv, .jsonl)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By its name, unless its lines are another tool's; Parquet too, so that its refusal can say what to do."""
        if path.suffix == ".jsonl":
            return first_key(head) not in OTHERS
        return path.suffix in {".csv", ".parquet"} or head.startswith(b"PAR1")

    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a table, in the order of their first rows. Raises TableError naming line and column."""
        if path.suffix not in {".csv", ".jsonl"}:
            remedy = "write the table as .csv or .jsonl"
            raise TableError("Parquet comes with a later version", where=str(path), remedy=remedy)
        data = _bytes(path)
        read = _jsonl_cells if path.suffix == ".jsonl" else _csv_cells
        rows = list(_rows(read(path, data), path, options))
        if not rows:
            raise TableError("holds no rows", where=str(path), remedy="give a table with at least one run")
        return runs_of(rows, path, hashlib.sha256(data).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > TABLE_BYTES:
            raise TableError(f"is larger than {TABLE_BYTES:,} bytes", where=str(path), remedy="split it by run")
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _rows(cells: Iterator[tuple[int, Cells]], path: Path, options: ReadOptions) -> Iterator[Row]:
    """The rows of a table; a JSON line may have its own columns, so they are checked whenever they differ."""
    checked: set[frozenset[str]] = set()
    for count, (line, values) in enumerate(cells):
        where = f"{path}:{line}"
        if count >= ROWS:
            raise TableError(f"holds more than {ROWS:,} rows", where=where, remedy="split it by run, or give tallies")
        columns = frozenset(values)
        if columns not in checked:
            check_columns(columns, where, options.ignore_extra)
            checked.add(columns)
        yield parse_row(line, values, where)


def _csv_cells(path: Path, data: bytes) -> Iterator[tuple[int, Cells]]:
    """Line and cells of every row; an empty cell is an absent one."""
    rows = _csv_rows(path, data)
    line, names = next(rows, (1, []))
    header = _header(names, f"{path}:{line}")
    for line, cells in rows:
        if len(cells) != len(header):
            what = f"has {len(cells)} cells, the header {len(header)}"
            raise TableError(what, where=f"{path}:{line}", remedy="quote cells that hold commas or line ends")
        yield line, dict(zip(header, cells, strict=True))


def _csv_rows(path: Path, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins on."""
    reader = csv.reader(io.StringIO(_text(path, data), newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "quote cells as RFC 4180 has it"
        raise TableError(f"is no CSV ({error})", where=f"{path}:{line}", remedy=remedy) from error


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if names.count(name) > 1:
            raise TableError("is the name of two columns", where=where, field=name[:80], remedy="keep one of them")
    return names


def _jsonl_cells(path: Path, data: bytes) -> Iterator[tuple[int, Cells]]:
    """Line and values of every object; null is an absent one."""
    for line, text in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            row = parse_json(text, ROW_LIMITS)
        except JsonError as error:
            remedy = "write one JSON object a line"
            raise TableError(str(error), where=f"{path}:{line}", remedy=remedy) from error
        if not isinstance(row, Mapping):
            raise TableError("is no object", where=f"{path}:{line}", remedy="write one JSON object a line")
        yield line, row


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError("is not UTF-8", where=f"{path}:{line}", remedy="save the table as UTF-8") from error


READER = TableReader()
