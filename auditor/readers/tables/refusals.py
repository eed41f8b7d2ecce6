"""A table that an engine refused, explained: the file, the row, the column, and what to do.

An engine only reports that something is not plain. Here the first such cell is searched and put before the rules of
`columns`, so that every engine refuses for the same reasons.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from auditor.errors import TableError
from auditor.model.strict_json import JsonError, JsonLimits, parse_json
from auditor.readers.tables import statement
from auditor.readers.tables.columns import COLUMNS, COUNT_COLUMNS, CellError, Row, check_columns, parse_row
from auditor.readers.tables.files import read_row, read_rows, row_lines
from auditor.readers.tables.session import BackendError, Session
from auditor.readers.tables.statement import REFUSAL_MARK, CellKind

CELL_LIMITS = JsonLimits(string=10_000_000, depth=2, values=10_000)
MEMORY_ERROR = re.compile(r"out of memory|outofmemory|max_temp_directory_size|no space left", re.IGNORECASE)
# As DuckDB and Spark begin when a statement raises an error of its own; Spark goes on with the statement's text.
_MARKED_ERROR = re.compile(rf"(?:Invalid Input Error:|\[USER_RAISED_EXCEPTION\]) {REFUSAL_MARK}(\w+)")
_LINE = re.compile(r"\bLine: (\d+)")
_BYTE = re.compile(r"in record/value (\d+)")
REWRITE = "write the table again with another tool, or as Parquet"
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Where a row is: its file and its number from 0, as far as they are known.
Place = tuple[object, object]


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table open in an engine.

    Attributes:
        path: as it was given.
        files: the file each name stands for that the engine uses.
        format: "parquet", "csv" or "jsonl".
        engine: for messages.
        kinds: of its columns.
        columns: as of `name_columns`.
    """

    path: Path
    files: Mapping[str, Path]
    format: str
    engine: str
    session: Session
    kinds: Mapping[str, CellKind]
    columns: Mapping[str, str]
    ignore_extra: bool

    def file(self, name: object) -> Path:
        """The file that an engine's name stands for; one file's name need not be known."""
        if len(self.files) == 1:
            return next(iter(self.files.values()))
        return self.files.get(str(name), self.path)

    def where(self, place: Place) -> str:
        """A place as messages name it: `path:line`, and for Parquet `path:row`, counted from 1."""
        name, row = place
        file = self.file(name)
        if not isinstance(row, int):
            return str(file)
        if self.engine == "duckdb" and self.format != "parquet":
            return f"{file}:{read_row(file, row)[0]}"
        return f"{file}:{row + 1}"

    def lines(self, places: Sequence[Place]) -> list[str]:
        """Places as `where` has them; the files are read once for all of them."""
        if self.engine == "spark" or self.format == "parquet":
            return [self.where(place) for place in places]
        rows = defaultdict[Path, set[int]](set)
        for name, row in places:
            rows[self.file(name)].add(int(str(row)))
        lines = {file: row_lines(file, indexes) for file, indexes in rows.items()}
        return [f"{self.file(name)}:{lines[self.file(name)][int(str(row))]}" for name, row in places]


def to_python(value: object, kind: CellKind) -> object:
    """A cell as the rules of `columns` take it. Raises CellError for JSON that is none."""
    if value is None:
        return None
    if kind is CellKind.MOMENT:
        return (UNIX_EPOCH + timedelta(microseconds=int(str(value)))).isoformat()
    if kind is not CellKind.JSON:
        return value
    try:
        return parse_json(str(value).encode(), CELL_LIMITS)
    except JsonError as error:
        raise CellError(str(error)) from error


def refuse(table: OpenTable, error: BackendError) -> NoReturn:
    """Raises the TableError for what an engine said: a cell that is not plain, a file it cannot read, no room."""
    text = str(error)
    if marked := _MARKED_ERROR.match(text):
        refuse_first(table, statement.refused_sql(marked[1], table.kinds), marked[1])
    name = {"duckdb": "DuckDB", "spark": "Spark"}[table.engine]
    _check_rows(table)
    if MEMORY_ERROR.search(text):
        subject = f"does not fit into the memory and disk {name} may use"
        raise TableError(subject, where=str(table.path), remedy="make room, or split the table by run") from error
    line = _LINE.search(text) or _BYTE.search(text)
    where = f"{table.path}:{line[1]}" if line else str(table.path)
    first = next((part for part in text.splitlines() if part.strip()), "it says nothing")
    for short, file in table.files.items():
        first = first.replace(short, file.name)
    remedy = "write the table again" if table.format == "parquet" else REWRITE
    raise TableError(f"{name} cannot read it ({first:.200})", where=where, remedy=remedy) from error


def _check_rows(table: OpenTable) -> None:
    """Raises the TableError for the first row that is not well formed: an engine's own words name no column."""
    if table.format == "parquet" or table.engine == "spark":
        return
    for file in table.files.values():
        for _ in read_rows(file):
            pass


def refuse_first(table: OpenTable, condition: str, column: str, otherwise: str = "", remedy: str = "") -> NoReturn:
    """Raises the TableError for the first row that meets a condition.

    `otherwise` is what is wrong where the cell by itself is fine, with its `remedy`.
    """
    rows = table.session.rows(statement.first_row_sql(condition, column, table.kinds))
    place: Place = (None, None) if not rows else (rows[0][0], rows[0][1])
    value = rows[0][2] if rows else None
    where = table.where(place)
    _check_record(table, place)
    _check_cell(table, column, value, where)
    if column == "invalid_reason":
        otherwise, remedy = "is given for a sample that has a score", "empty one of them"
    otherwise = otherwise or f"{value!r:.60} is not written plainly enough to be counted"
    raise TableError(otherwise, where=where, field=column, remedy=remedy or "correct the cell")


def refuse_line(table: OpenTable, row: int) -> NoReturn:
    """Raises the TableError for a line whose keys are not what they may be."""
    _check_record(table, (None, row))
    raise TableError("has keys that are not read as they stand", where=table.where((None, row)), remedy=REWRITE)


def refuse_run(table: OpenTable, columns: Sequence[str], cells: Sequence[object]) -> NoReturn:
    """Raises the TableError for a run whose columns are not what they may be, at its first row."""
    place = first_places(table, columns).get(tuple(cells), (None, None))
    _check_record(table, place)
    run_row(table, columns, cells, table.where(place))
    raise TableError("has cells that are not read as they stand", where=table.where(place), remedy=REWRITE)


def first_places(table: OpenTable, columns: Sequence[str]) -> dict[tuple[object, ...], Place]:
    """Where every run as it is written has its first row."""
    rows = table.session.rows(statement.first_rows_sql(table.kinds))
    return {row[: len(columns)]: (row[-2], row[-1]) for row in rows}


def run_row(table: OpenTable, columns: Sequence[str], cells: Sequence[object], where: str) -> Row:
    """A run's columns as a typed row. Raises TableError naming the column."""
    item = {} if statement.is_tally(table.kinds) else {"item": "any"}
    values: dict[str, object] = {}
    for name, value in zip(columns, cells, strict=True):
        try:
            values[name] = to_python(value, table.kinds[name])
        except CellError as error:
            raise TableError(str(error), where=where, field=name, remedy="correct the cell") from error
    counts = dict.fromkeys(COUNT_COLUMNS) if statement.is_tally(table.kinds) else {}
    return parse_row(0, {**values, **item, **counts}, where)


def _check_record(table: OpenTable, place: Place) -> None:
    """Raises the TableError for a line of text that is not well formed, or has a cell its column does not take."""
    name, row = place
    if table.format == "parquet" or table.engine == "spark" or not isinstance(row, int):
        return
    file = table.file(name)
    line, cells = read_row(file, row)
    check_line(table, cells, f"{file}:{line}")
    document = {table.columns[name]: value for name, value in cells.items() if name in table.columns}
    parse_row(line, document, f"{file}:{line}")


def check_line(table: OpenTable, names: Iterable[str], where: str) -> None:
    """Raises the TableError for the names of a line of text that are no columns, and for columns it lacks."""
    columns = {name: table.columns[name] for name in names if name in table.columns}
    check_columns(names, columns, where, table.ignore_extra)


def _check_cell(table: OpenTable, column: str, value: object, where: str) -> None:
    kind = table.kinds.get(column, CellKind.TEXT)
    try:
        value = to_python(value, kind)
        if value is not None and not (isinstance(value, str) and not value.strip()):
            COLUMNS[column](value)
    except CellError as error:
        raise TableError(str(error), where=where, field=column, remedy="correct the cell") from error
