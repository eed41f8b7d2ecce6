"""Tidy tables: one row a sample, or one row a tally (`.csv`, `.jsonl`, `.parquet`). Their columns: `table_columns`.

Small tables of text are read in plain Python. Parquet, and tables that outgrow it, are counted by an engine in a
process of its own (`sources.engines`), which makes the same runs of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.sources.engines.files import format_of
from auditor.sources.engines.session import installed
from auditor.sources.runs.documents import first_key
from auditor.sources.runs.interface import Engine, ReadOptions, uncollected, unreadable
from auditor.sources.runs.table_cells import csv_cells, jsonl_cells
from auditor.sources.runs.table_columns import Cells, Row, check_columns, parse_row
from auditor.sources.runs.table_runs import runs_of

# What plain Python holds of a table takes ten times its bytes.
TABLE_BYTES = 32 * 2**20
ROWS = 500_000
# What lies beside the results of a scan by inspect_scout, which are Parquet and JSON lines too.
SCAN = "_scan.json"
# From this size on an engine is quicker, its start included.
ENGINE_BYTES = 4 * 2**20
# How the lines of other tools' logs begin; no column is called so.
OTHERS = {"doc_id", "spec"}
LARGER = "give --engine duckdb (pip install 'auditor[tables]'), or split it by run"


class TableReader:
    """Reads the runs of a tidy table."""

    name = "table"
    kinds = "tidy tables (.csv, .jsonl, .parquet)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By its name, unless its lines or its folder are another tool's; Parquet also by how it begins."""
        if path.with_name(SCAN).is_file():
            return False
        if path.suffix == ".jsonl":
            return first_key(head) not in OTHERS
        return path.suffix in {".csv", ".parquet"} or head.startswith(b"PAR1")

    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a table. Raises TableError naming line and column."""
        engine = _engine(path, options.engine)
        if engine is Engine.PYTHON:
            return _read(path, options)
        from auditor.sources.engines.read import read

        return read(path, engine, options)


def _engine(path: Path, asked: Engine) -> Engine:
    """Which engine reads a table. Raises TableError for Parquet in plain Python."""
    parquet = format_of(path) not in ("csv", "jsonl")
    if asked is Engine.PYTHON and parquet:
        what = "is a table that plain Python does not read"
        raise TableError(what, where=str(path), remedy="give --engine duckdb, or write it as .csv or .jsonl")
    if asked is not Engine.AUTO:
        return asked
    if parquet:
        return Engine.DUCKDB
    try:
        large = path.stat().st_size > ENGINE_BYTES
    except OSError as error:
        raise unreadable(path, error) from error
    return Engine.DUCKDB if large and installed("duckdb") else Engine.PYTHON


@uncollected
def _read(path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
    """The runs in plain Python, in the order of their first rows."""
    data = _bytes(path)
    cells = jsonl_cells(path, data.split(b"\n")) if path.suffix == ".jsonl" else csv_cells(path, data)
    rows = list(_rows(cells, path, options))
    if not rows:
        raise TableError("holds no rows", where=str(path), remedy="give a table with at least one run")
    return runs_of(rows, path, hashlib.sha256(data).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > TABLE_BYTES:
            raise TableError(f"is larger than {TABLE_BYTES:,} bytes", where=str(path), remedy=LARGER)
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _rows(cells: Iterator[tuple[int, Cells]], path: Path, options: ReadOptions) -> Iterator[Row]:
    """The rows of a table; a JSON line may have its own columns, so they are checked whenever they differ."""
    checked: set[frozenset[str]] = set()
    for count, (line, values) in enumerate(cells):
        where = f"{path}:{line}"
        if count >= ROWS:
            raise TableError(f"holds more than {ROWS:,} rows", where=where, remedy=LARGER)
        columns = frozenset(values)
        if columns not in checked:
            check_columns(columns, where, options.ignore_extra)
            checked.add(columns)
        yield parse_row(line, values, where)


READER = TableReader()
