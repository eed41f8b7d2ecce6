"""DuckDB as a backend: restricted to the files it was opened on."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from auditor.readers.tables.session import FILE_COLUMN, PIECE_ROWS, ROW_COLUMN, BackendError, Opening, Piece
from auditor.readers.tables.statement import DUCKDB_MACROS

# The engine without its Python layers, which take three times as long to import and are not used here.
duckdb = importlib.import_module("_duckdb" if find_spec("_duckdb") else "duckdb")
MAX_OBJECT_BYTES = 64 * 2**20
BATCH_TALLIES = 1_000_000
NUMBERED_SQL = f"SELECT *, '' AS {FILE_COLUMN}, row_number() OVER () - 1 AS {ROW_COLUMN} FROM source"


class DuckdbBackend:
    """A table open in a DuckDB of its own, in memory, which reads these files and nothing else."""

    def __init__(self, opening: Opening) -> None:
        self._table = "lines" if opening.format == "jsonl" else "source"
        self._connection = duckdb.connect(
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        )
        try:
            for sql in (*_limits(opening), *DUCKDB_MACROS, *_views(opening)):
                self._connection.execute(sql)
        except duckdb.Error as error:
            self._connection.close()
            raise BackendError(str(error)) from error

    def columns(self) -> Sequence[tuple[str, str]]:
        """Name and type of the columns."""
        try:
            rows = self._connection.execute(f"DESCRIBE {self._table}").fetchall()
        except duckdb.Error as error:
            raise BackendError(str(error)) from error
        return [(str(row[0]), str(row[1]).lower()) for row in rows]

    def answer(self, sql: str) -> Iterator[Piece]:
        """The rows of a statement."""
        try:
            cursor = self._connection.execute(sql)
            while rows := cursor.fetchmany(PIECE_ROWS):
                yield [list(column) for column in zip(*rows, strict=True)]
        except duckdb.Error as error:
            raise BackendError(str(error)) from error

    def tallies(self, sql: str, keys: int) -> Iterator[Piece]:
        """The rows of a statement by run. They are kept as a table, which goes to disk where it does not fit."""
        self._all(f"CREATE TEMP TABLE tallies AS {sql}")
        [names, *_] = self._all("SELECT column_name FROM (DESCRIBE tallies)")
        run, other = [str(name) for name in names[:keys]], [str(name) for name in names[keys:]]
        grouped = f"SELECT {', '.join(run)}, count(*) AS {ROW_COLUMN}_count FROM tallies GROUP BY ALL"
        self._all(f"CREATE TEMP TABLE runs AS SELECT *, row_number() OVER () - 1 AS {ROW_COLUMN} FROM ({grouped})")
        *cells, counts, _ = self._all(f"SELECT * FROM runs ORDER BY {ROW_COLUMN}")
        yield cells
        same = " AND ".join(f"tallies.{name} IS NOT DISTINCT FROM runs.{name}" for name in run)
        columns = ", ".join([f"runs.{ROW_COLUMN}", *(f"tallies.{name}" for name in other)])
        joined = f"SELECT {columns} FROM tallies JOIN runs ON {same}"
        numbers = [int(str(count)) for count in counts]
        read = self.answer if sum(numbers) <= PIECE_ROWS else self._columns
        for first, last in _batches(numbers):
            yield from read(f"{joined} WHERE {ROW_COLUMN} BETWEEN {first} AND {last} ORDER BY 1, 2")

    def _columns(self, sql: str) -> Iterator[Piece]:
        """The same as `answer`, by columns: several times quicker for many rows, which are all held."""
        import numpy as np  # not needed for small tables

        try:
            columns = list(self._connection.execute(sql).fetchnumpy().values())
        except duckdb.Error as error:
            raise BackendError(str(error)) from error
        for start in range(0, len(columns[0]), PIECE_ROWS):
            yield [np.ma.asarray(column[start : start + PIECE_ROWS]).tolist() for column in columns]

    def _all(self, sql: str) -> Piece:
        """Columns of a statement that answers little."""
        try:
            cursor = self._connection.execute(sql)
            rows = cursor.fetchall()
        except duckdb.Error as error:
            raise BackendError(str(error)) from error
        return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in cursor.description]

    def hashes(self) -> Sequence[tuple[str, str]]:
        """None: its files are local."""
        return []

    def done(self) -> float:
        """As DuckDB estimates it."""
        return max(-1.0, float(self._connection.query_progress()) / 100)

    def close(self) -> None:
        """Frees its memory, and its files in the scratch folder."""
        self._connection.close()


def _batches(counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of runs with about `BATCH` tallies each, or one run where it has more."""
    first = total = 0
    for number, count in enumerate(counts):
        if total and total + count > BATCH_TALLIES:
            yield first, number - 1
            first, total = number, 0
        total += count
    if counts:
        yield first, len(counts) - 1


def _limits(opening: Opening) -> list[str]:
    allowed = ", ".join(map(_literal, opening.paths))
    return [
        f"SET temp_directory = {_literal(opening.scratch)}",
        f"SET memory_limit = '{opening.memory}MiB'",
        f"SET threads = {opening.threads}",
        "SET max_temp_directory_size = '64GiB'",
        # Rows of text have their numbers by their order; those of Parquet have them written.
        f"SET preserve_insertion_order = {str(opening.format != 'parquet').lower()}",
        f"SET allowed_paths = [{allowed}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ]


def _views(opening: Opening) -> list[str]:
    files = f"[{', '.join(map(_literal, opening.paths))}]"
    if opening.format == "parquet":
        read = f"read_parquet({files}, union_by_name = true, hive_partitioning = false"
        numbered = f"{read}, file_row_number = true, filename = true)"
        name = "EXCLUDE (file_row_number, filename)"
        numbered = f"SELECT * {name}, filename AS {FILE_COLUMN}, file_row_number AS {ROW_COLUMN} FROM {numbered}"
        return [f"CREATE VIEW source AS SELECT * FROM {read})", f"CREATE VIEW numbered AS {numbered}"]
    if opening.format == "jsonl":
        return [_lines_view(files)]
    return [_csv_view(opening, files), f"CREATE VIEW numbered AS {NUMBERED_SQL}"]


def _csv_view(opening: Opening, files: str) -> str:
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in opening.header)
    options = (
        f"columns = {{{columns}}}, skip = {opening.header_lines}, header = false, "
        f"auto_detect = false, delim = {_literal(opening.delimiter)}, quote = '\"', escape = '\"', "
        "nullstr = '', strict_mode = true, "
        f"null_padding = false, ignore_errors = false, max_line_size = {MAX_OBJECT_BYTES}"
    )
    return f"CREATE VIEW source AS SELECT * FROM read_csv({files}, {options})"


def _lines_view(files: str) -> str:
    """Every line whole, as `line`: the parent makes `source` of it when it has seen the keys."""
    read = f"read_ndjson_objects({files}, maximum_object_size = {MAX_OBJECT_BYTES})"
    return f"CREATE VIEW lines AS SELECT json AS line, row_number() OVER () - 1 AS {ROW_COLUMN} FROM {read}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
