"""Tidy tables (`.csv`, `.jsonl`, `.parquet`): one row a sample, or one row a tally. The columns: `tables.columns`.

Small tables of text are read in plain Python. Parquet, and larger tables, are counted by an engine in a process of its
own (`tables.count`), which makes the same runs of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.readers.interface import Engine, ReadOptions, unreadable_file, without_garbage_collection
from auditor.readers.json_files import first_key
from auditor.readers.tables.columns import Cells, Row, check_columns, group_runs, parse_row
from auditor.readers.tables.files import read_csv, read_jsonl, table_format
from auditor.readers.tables.session import is_installed

# What plain Python holds of a table takes ten times its bytes.
MAX_PYTHON_BYTES = 32 * 2**20
MAX_PYTHON_ROWS = 500_000
# What lies beside the results of a scan by inspect_scout, which are Parquet and JSON lines too.
SCAN_FILE = "_scan.json"
# From this size on an engine is quicker, its start included.
MIN_ENGINE_BYTES = 4 * 2**20
# How the lines of other tools' logs begin; no column is called so.
OTHER_TOOLS_KEYS = {"doc_id", "spec"}
ENGINE_REMEDY = "give --engine duckdb, or split it by run"


class TableReader:
    """Reads the runs of a tidy table."""

    name = "table"
    kinds = "tidy tables (.csv, .jsonl, .parquet)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By its name, unless its lines or its folder are another tool's; Parquet also by how it begins."""
        if path.with_name(SCAN_FILE).is_file():
            return False
        if path.suffix == ".jsonl":
            return first_key(head) not in OTHER_TOOLS_KEYS
        return path.suffix in {".csv", ".parquet"} or head.startswith(b"PAR1")

    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a table. Raises TableError naming line and column."""
        engine = _choose_engine(path, options.engine)
        if engine is Engine.PYTHON:
            return _read_in_python(path, options)
        from auditor.readers.tables.count import read_table

        return read_table(path, engine, options)


def _choose_engine(path: Path, asked: Engine) -> Engine:
    """Which engine reads a table. Raises TableError for Parquet in plain Python."""
    parquet = table_format(path) not in ("csv", "jsonl")
    if asked is Engine.PYTHON and parquet:
        what = "is a table that plain Python does not read"
        raise TableError(what, where=str(path), remedy="give --engine duckdb, or write it as .csv or .jsonl")
    if asked is not Engine.AUTO:
        return asked
    if parquet:
        return Engine.DUCKDB
    try:
        large = path.stat().st_size > MIN_ENGINE_BYTES
    except OSError as error:
        raise unreadable_file(path, error) from error
    return Engine.DUCKDB if large and is_installed("duckdb") else Engine.PYTHON


@without_garbage_collection
def _read_in_python(path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
    """The runs in plain Python, in the order of their first rows."""
    data = _read_bytes(path)
    cells = read_jsonl(path, data.split(b"\n")) if path.suffix == ".jsonl" else read_csv(path, data)
    rows = list(_parse_rows(cells, path, options))
    if not rows:
        raise TableError("holds no rows", where=str(path), remedy="give a table with at least one run")
    return group_runs(rows, path, hashlib.sha256(data).hexdigest())


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_PYTHON_BYTES:
            raise TableError(f"is larger than {MAX_PYTHON_BYTES:,} bytes", where=str(path), remedy=ENGINE_REMEDY)
        return path.read_bytes()
    except OSError as error:
        raise unreadable_file(path, error) from error


def _parse_rows(cells: Iterator[tuple[int, Cells]], path: Path, options: ReadOptions) -> Iterator[Row]:
    """The rows of a table; a JSON line may have its own columns, so they are checked whenever they differ."""
    checked: set[frozenset[str]] = set()
    for count, (line, values) in enumerate(cells):
        where = f"{path}:{line}"
        if count >= MAX_PYTHON_ROWS:
            raise TableError(f"holds more than {MAX_PYTHON_ROWS:,} rows", where=where, remedy=ENGINE_REMEDY)
        columns = frozenset(values)
        if columns not in checked:
            check_columns(columns, where, options.ignore_extra)
            checked.add(columns)
        yield parse_row(line, values, where)


READER = TableReader()
