"""A table read by an engine: which files, under which limits, and what a CSV's or JSON line's columns are."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.sources.engines.backend import FILE, ROW, BackendError, Opening
from auditor.sources.engines.columns import kinds_of
from auditor.sources.engines.count import count
from auditor.sources.engines.files import files_of, format_of, sha256_at, sha256_of, unchanged
from auditor.sources.engines.rulings import Table, refuse, refuse_line
from auditor.sources.engines.session import Session, check_installed, deadline
from auditor.sources.runs.interface import Engine, ReadOptions
from auditor.sources.runs.table_cells import csv_header, record_at
from auditor.sources.runs.table_columns import COLUMNS, check_columns

PATTERN = frozenset("*?[]{}\\")
# A cluster's tables have no size that is known here: a day.
FAR_SECONDS = 86_400.0
# Lines that are more than flat JSON, or not quite JSON: the Python reader's strict parser has the word on each.
NOT_PLAIN = r"[,:\[]\s*([\[{]|-?(nan|inf|infinity)\s*[,}\]])|,\s*[}\]]"


def read(path: Path, engine: Engine, options: ReadOptions) -> tuple[RawRun, ...]:
    """The runs of a table, counted by DuckDB or Spark in a process of its own. Raises TableError."""
    check_installed(engine, str(path), _needs(path, engine))
    if engine is Engine.SPARK and (far := options.addresses.get(path)):
        return _read_far(path, far, options)
    files = files_of(path)
    with unchanged(path, files), _scratch() as scratch:
        sha256 = sha256_of(path, files)
        named = _named(files, path, engine, scratch)
        opening = _opening(engine, files, tuple(named), scratch, options)
        with _opened(Session(opening, str(path), deadline(files), options.progress), path, named, opening) as session:
            return count(_table(path, named, opening, session, options), sha256)


@contextmanager
def parquet(path: Path) -> Iterator[Session]:
    """A Parquet file that is no tidy table, open in DuckDB as `source`. Raises TableError or BackendError."""
    check_installed(Engine.DUCKDB, str(path), "is Parquet, which is read by")
    with unchanged(path, (path,)), _scratch() as scratch:
        named = _named((path,), path, Engine.DUCKDB, scratch)
        opening = _opening(Engine.DUCKDB, (path,), tuple(named), scratch, ReadOptions())
        with Session(opening, str(path), deadline((path,))) as session:
            yield session


def _needs(path: Path, engine: Engine) -> str:
    return "is Parquet, which is read by" if format_of(path) == "parquet" else f"is to be counted by --engine {engine}:"


def _read_far(path: Path, far: str, options: ReadOptions) -> tuple[RawRun, ...]:
    """A table in a cluster's own file system, where Spark lists and hashes its files too."""
    kind = format_of(path) or "parquet"
    with _scratch() as scratch:
        opening = Opening("spark", kind, (far,), str(scratch), master=options.master)
        with _opened(Session(opening, far, FAR_SECONDS, options.progress), path, {}, opening) as session:
            table = _table(path, {}, opening, session, options)
            try:
                sha256 = sha256_at(far, session.hashes())
            except BackendError as error:
                refuse(table, error)
            return count(table, sha256)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder of its own, gone at the end, also after an interrupt."""
    folder = Path(tempfile.mkdtemp(prefix="auditor-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(session: Session, path: Path, named: dict[str, Path], opening: Opening) -> Iterator[Session]:
    """A session; what the engine says against opening a table is the table's error."""
    try:
        session.__enter__()
    except BackendError as error:
        refuse(Table(path, named, opening.format, opening.engine, session, {}, False), error)
    try:
        yield session
    finally:
        session.__exit__(None, None, None)


def _named(files: tuple[Path, ...], path: Path, engine: Engine, scratch: Path) -> dict[str, Path]:
    """Each file by the name the engine gets: for DuckDB a link without anything that reads as a pattern."""
    if engine is Engine.SPARK:
        for file in files:
            if PATTERN & set(str(file.absolute())):
                what = "has a name that Spark reads as a pattern"
                raise TableError(what, where=str(file), remedy="rename it")
        return {file.absolute().as_uri(): file for file in files}
    named = {str(scratch / f"{number}{path.suffix}"): file for number, file in enumerate(files)}
    for link, file in named.items():
        Path(link).symlink_to(file.absolute())
    return named


def _opening(
    engine: Engine, files: tuple[Path, ...], names: tuple[str, ...], scratch: Path, options: ReadOptions
) -> Opening:
    kind = format_of(files[0]) or "parquet"
    if engine is Engine.SPARK:
        if kind == "jsonl":
            raise TableError(
                "is JSON Lines, which Spark is not given", where=str(files[0]), remedy="write it as Parquet"
            )
        return Opening("spark", kind, names, str(scratch), master=options.master)
    header, lines = csv_header(files[0]) if kind == "csv" else ((), 0)
    threads = os.cpu_count() or 1
    spill = scratch / "spill"
    return Opening("duckdb", kind, names, str(spill), header, lines, threads=threads)


def _table(path: Path, named: dict[str, Path], opening: Opening, session: Session, options: ReadOptions) -> Table:
    """The table with its columns, checked. Raises TableError for columns that no tidy table has."""
    table = Table(path, named, opening.format, opening.engine, session, {}, options.ignore_extra)
    try:
        columns = _json_columns(table) if opening.format == "jsonl" else session.columns()
    except BackendError as error:
        refuse(table, error)
    kinds = kinds_of(columns, path, opening.engine, options.ignore_extra)
    return Table(path, named, opening.format, opening.engine, session, kinds, options.ignore_extra)


def _json_columns(table: Table) -> list[tuple[str, str]]:
    """Checks every line's keys, and makes the views of the columns there are. Raises TableError."""
    pattern = NOT_PLAIN.replace("'", "''")
    plain = f"json_type(line) = 'OBJECT' AND NOT regexp_matches(CAST(line AS VARCHAR), '(?i){pattern}')"
    for (row,) in table.session.rows(f"SELECT {ROW} FROM lines WHERE NOT ({plain}) ORDER BY 1"):
        record_at(table.path, int(str(row)))
    keys = "CAST(to_json(json_keys(line)) AS VARCHAR)"
    seen: set[str] = set()
    tallies = set()
    for found, row in table.session.rows(f"SELECT {keys}, min({ROW}) FROM lines GROUP BY 1 ORDER BY 2"):
        names: list[str] = json.loads(str(found))
        if len(set(names)) < len(names):
            record_at(table.path, int(str(row)))
        try:
            check_columns(frozenset(names), str(table.path), table.ignore_extra)
        except TableError:
            refuse_line(table, int(str(row)))
        seen.update(names)
        tallies.add("valid_count" in names)
    if len(tallies) > 1:
        remedy = "split it, or give --engine python"
        raise TableError("has lines of samples and lines of tallies", where=str(table.path), remedy=remedy)
    _make_views(table, sorted(seen & COLUMNS.keys()))
    return [(name, "json" if name in COLUMNS else "varchar") for name in sorted(seen)]


def _make_views(table: Table, names: list[str]) -> None:
    columns = ", ".join(f"line -> '{name}' AS {name}" for name in names)
    if columns:
        table.session.rows(f"CREATE VIEW source AS SELECT {columns} FROM lines")
        table.session.rows(f"CREATE VIEW numbered AS SELECT {columns}, '' AS {FILE}, {ROW} FROM lines")
