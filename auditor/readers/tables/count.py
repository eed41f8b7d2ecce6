"""A table counted by an engine: opened under limits, counted by the statement, merged into runs with their tallies.

A path comes in, runs go out, in the order of their first rows. Raises TableError that names the file, the column and,
where it is known, the row.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import add, lt, sub
from pathlib import Path
from typing import cast

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.model.run import Awareness, SampleReasons, SeverityTally, Tallies
from auditor.readers.interface import Engine, ReadOptions
from auditor.readers.tables import statement
from auditor.readers.tables.columns import (
    COLUMNS,
    IDENTITY_COLUMNS,
    RUN_COLUMNS,
    Row,
    build_table_run,
    check_columns,
    name_columns,
)
from auditor.readers.tables.files import (
    CsvHeader,
    read_csv_header,
    read_row,
    remote_sha256,
    require_unchanged,
    table_bytes,
    table_files,
    table_format,
    table_sha256,
)
from auditor.readers.tables.refusals import (
    OpenTable,
    check_line,
    first_places,
    refuse,
    refuse_first,
    refuse_line,
    refuse_run,
    run_row,
    to_python,
)
from auditor.readers.tables.session import (
    FILE_COLUMN,
    ROW_COLUMN,
    BackendError,
    LocalSession,
    Opening,
    Piece,
    ProcessSession,
    Session,
    check_installed,
    time_limit,
)
from auditor.readers.tables.statement import SEVERITY_SCALE, column_kinds

CellValues = tuple[object, ...]


@dataclass(slots=True)
class RunCounts:
    """A run as it is written, and its columns of counts, by item.

    Attributes:
        items: item ids, ascending and unique; [None] for a tally of a whole suite.
        counts: the statement's other columns in its order: samples, repeated, valid, misaligned, labels.
        where: its first row, for messages: `path:line`, or the path of a large table.
    """

    row: Row
    cells: CellValues
    where: str
    items: list[object] = field(default_factory=list)
    counts: list[list[int]] = field(default_factory=list)


def count_table(table: OpenTable, sha256: str) -> tuple[RawRun, ...]:
    """The runs of an open table. Raises TableError naming file, column and, where it is known, row."""
    try:
        _check_texts(table)
        counted = _order_runs(table, _count_runs(table))
        _check_counts(table, counted)
        runs = _merge_runs(table, counted)
        if not runs:
            raise TableError("holds no rows", where=str(table.path), remedy="give a table with at least one run")
        _check_runs(table, runs)
        manifests: dict[CellValues, CellValues] = {}
        return _with_prompts(table, _with_clusters(table, [_build_run(table, run, sha256, manifests) for run in runs]))
    except BackendError as error:
        refuse(table, error)


def _check_texts(table: OpenTable) -> None:
    for name in ("item", "invalid_reason", "prompt", "cluster"):
        condition = statement.not_text_sql(name, table.kinds) if name in table.kinds else None
        if condition and table.session.rows(statement.first_row_sql(condition, name, table.kinds)):
            refuse_first(table, condition, name)


def _count_runs(table: OpenTable) -> list[RunCounts]:
    """What the statement counts, by run as it is written."""
    columns = statement.run_columns(table.kinds)
    pieces = table.session.tallies(statement.tallies_sql(table.kinds), len(columns))
    rows = [(_typed_row(table, columns, cells), cells) for cells in zip(*next(pieces), strict=True)]
    runs = [RunCounts(row, cells, str(table.path)) for row, cells in rows if row is not None]
    unfit = next((cells for row, cells in rows if row is None), None)
    for piece in pieces:  # to its end, or the next question would be answered with the rest
        if unfit is None:
            _distribute(piece, runs)
    if unfit is not None:
        refuse_run(table, columns, unfit)
    return runs


def _order_runs(table: OpenTable, runs: list[RunCounts]) -> list[RunCounts]:
    """The runs in the order of their first rows; those of a table too large to look for them in that of cells."""
    if not table.files or table_bytes(table.files.values()) > MAX_PLACED_BYTES:
        return sorted(runs, key=lambda run: tuple(map(_sort_key, run.cells)))
    places = first_places(table, statement.run_columns(table.kinds))
    ordered = sorted(runs, key=lambda run: tuple(map(_sort_key, (*places[run.cells], *run.cells))))
    lines = table.lines([places[run.cells] for run in ordered])
    return [replace(run, where=where) for run, where in zip(ordered, lines, strict=True)]


def _typed_row(table: OpenTable, columns: Sequence[str], cells: CellValues) -> Row | None:
    """A run's columns; None for those that are refused."""
    try:
        return run_row(table, columns, cells, str(table.path))
    except TableError:
        return None


def _distribute(piece: Piece, runs: Sequence[RunCounts]) -> None:
    """The rows of a piece, which are by run, to their runs."""
    numbers, items, *counts = piece
    start = 0
    while start < len(numbers):
        run = runs[int(str(numbers[start]))]
        end = _end_of_run(numbers, start)
        run.items += items[start:end]
        run.counts = run.counts or [[] for _ in counts]
        for column, more in zip(run.counts, counts, strict=True):
            column.extend(more[start:end])  # type: ignore[arg-type]
        start = end


def _end_of_run(numbers: Sequence[object], start: int) -> int:
    """Where the rows of another run begin: doubled steps, then halved ones."""
    number, low, step = numbers[start], start, 1
    while low + step < len(numbers) and numbers[low + step] == number:
        low, step = low + step, step * 2
    high = min(low + step, len(numbers))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if numbers[middle] == number else (low, middle)
    return high


def _merge_runs(table: OpenTable, counted: Iterable[RunCounts]) -> list[RunCounts]:
    """Runs that only their writing told apart, as one. Raises TableError where rows of a run contradict each other."""
    by_identity: dict[CellValues, list[RunCounts]] = {}
    for run in counted:
        run.items = _typed_items(table, run.items)
        by_identity.setdefault(tuple(getattr(run.row, name) for name in IDENTITY_COLUMNS), []).append(run)
    for runs in by_identity.values():
        for name in RUN_COLUMNS:
            if any(getattr(run.row, name) != getattr(runs[0].row, name) for run in runs):
                _refuse_contradiction(table, runs, name)
    return [_merge_run(table, runs) for runs in by_identity.values()]


def _refuse_contradiction(table: OpenTable, runs: Sequence[RunCounts], name: str) -> None:
    where = first_places(table, statement.run_columns(table.kinds))
    run_counts = sorted(runs, key=lambda run: tuple(map(_sort_key, where.get(run.cells, (None, None)))))
    first = run_counts[0]
    other = next(run for run in run_counts if getattr(run.row, name) != getattr(first.row, name))
    at = table.where(where.get(first.cells, (None, None)))
    first_place = at.rpartition(":")[2] if at.rpartition(":")[0] == str(table.path) else at
    subject = f"differs from {'row' if table.format == 'parquet' else 'line'} {first_place} of the same run"
    remedy = "make it the same, or tell the runs apart in the column run"
    raise TableError(subject, where=table.where(where.get(other.cells, (None, None))), field=name, remedy=remedy)


def _sort_key(value: object) -> tuple[bool, int, str]:
    return (value is None, value if isinstance(value, int) else 0, str(value))


def _typed_items(table: OpenTable, items: list[object]) -> list[object]:
    """Item ids as texts. Raises TableError for an empty one among samples."""
    if "item" not in table.kinds:
        return items
    ids: list[object] = [item if item is None or isinstance(item, str) else str(item) for item in items]
    if None in ids and (len(ids) > 1 or not statement.is_tally(table.kinds)):
        tally = statement.is_tally(table.kinds)
        subject = "is empty here and given elsewhere in the run" if tally else "is empty"
        remedy = "give it in all or none" if tally else "fill the cell"
        refuse_first(table, statement.empty_sql("item", table.kinds), "item", subject, remedy)
    return ids


def _merge_run(table: OpenTable, runs: Sequence[RunCounts]) -> RunCounts:
    """One run of those with the same identity, its items ascending."""
    run = runs[0]
    if len(runs) == 1 and all(map(lt, run.items, run.items[1:])):  # type: ignore[arg-type]
        return run
    rows: dict[object, list[int]] = {}
    for part in runs:
        for item, *counts in zip(part.items, *part.counts, strict=True):
            rows[item] = [*map(add, rows[item], counts)] if item in rows else counts
            if rows[item] is not counts:
                rows[item][1] = -1  # whether an epoch occurs twice is looked for
    items = sorted(rows, key=str)
    columns = [list(column) for column in zip(*map(rows.__getitem__, items), strict=True)]
    return replace(run, items=items, counts=columns)


def _check_runs(table: OpenTable, runs: Sequence[RunCounts]) -> None:
    """Raises TableError for an item that is there twice, and for counts that contradict themselves."""
    if any(any(run.counts[1]) for run in runs):
        _refuse_repeat(table)
    if statement.is_tally(table.kinds):
        for run in runs:
            _check_tally(table, run, run.counts[2], run.counts[3])


def _refuse_repeat(table: OpenTable) -> None:
    """Raises TableError for the first item and epoch that occur twice, if there are any: whatever the epochs are."""
    rows = table.session.rows(statement.repeated_sql(table.kinds))
    if not rows:
        return
    tally = statement.is_tally(table.kinds)
    remedy = "number repetitions in the column epoch, or runs in run"
    if tally:
        remedy = "add them up, or tell runs apart in the column run"
    value, epoch, first_file, first, file, last = rows[0]
    at = table.where((first_file, first)).rpartition(":")[2]
    named = "has its tally" if tally else f"{str(value)!r:.60}, epoch {epoch}, stands"
    subject = f"{named} {'in row' if table.format == 'parquet' else 'on line'} {at} already"
    raise TableError(subject, where=table.where((file, last)), field="item", remedy=remedy)


def _check_counts(table: OpenTable, runs: Sequence[RunCounts]) -> None:
    """Raises TableError for a tally without its counts."""
    if statement.is_tally(table.kinds):
        for name, at in (("misaligned_count", 3), ("valid_count", 2)):
            if any(None in run.counts[at] for run in runs):
                refuse_first(table, statement.empty_sql(name, table.kinds), name, "is empty", "fill the cell")


def _check_tally(table: OpenTable, run: RunCounts, valid: Sequence[int], misaligned: Sequence[int]) -> None:
    if any(bad > good for bad, good in zip(misaligned, valid, strict=True)):
        subject = "counts more than valid_count"
        refuse_first(table, statement.outnumbered_sql(table.kinds), "misaligned_count", subject, "correct the counts")
    if run.row.design_effect is not None and run.items != [None]:
        name = f"NOT ({statement.empty_sql('design_effect', table.kinds)})"
        refuse_first(table, name, "design_effect", "is for rows without item", "leave it out")


def _build_run(table: OpenTable, run: RunCounts, sha256: str, manifests: dict[CellValues, CellValues]) -> RawRun:
    """The run; runs of the same items share them, or a table of many runs would hold them as often."""
    _, _, valid, misaligned, *labels = map(tuple, run.counts)
    samples = run.counts[0]
    tally = statement.is_tally(table.kinds)
    invalid = (0,) * len(valid) if tally else tuple(map(sub, samples, valid))
    reasons = None
    if statement.has_reasons(table.kinds):
        nothing = (0,) * len(valid)
        reasons = SampleReasons(labels[0], labels[1], labels[2], nothing, nothing) or None
        labels = labels[3:]
    aware = Awareness(*labels[:3]) if "aware" in table.kinds and any(labels[0]) else None
    rated = labels[-2:] if "severity" in table.kinds and any(labels[-2]) else None
    severity = (
        SeverityTally(rated[0], tuple(round(total / SEVERITY_SCALE, 9) + 0.0 for total in rated[1])) if rated else None
    )
    item_names = tuple(run.items)
    items = None if run.items == [None] else cast("tuple[str, ...]", manifests.setdefault(item_names, item_names))
    tallies = Tallies(items, valid, misaligned, invalid, aware, severity, run.row.design_effect, reasons)
    return replace(build_table_run(run.row, run.where, sha256, tallies), by_sample=not tally)


def _with_clusters(table: OpenTable, runs: list[RawRun]) -> list[RawRun]:
    """The runs with the clusters of their suite's items. Raises TableError for an item that is in two clusters."""
    if "cluster" not in table.kinds or "item" not in table.kinds:
        return runs
    clusters: dict[str, dict[str, str]] = {}
    for piece in table.session.run(statement.clusters_sql(table.kinds)):
        for suite, item, cluster in (map(str, cells) for cells in zip(*piece, strict=True)):
            if clusters.setdefault(suite, {}).setdefault(item, cluster) != cluster:
                subject = f"item {item!r:.60} of {suite!r:.60} is in {cluster!r:.60} and in another cluster"
                remedy = "give each item of a suite one cluster"
                raise TableError(subject, where=str(table.path), field="cluster", remedy=remedy)
    return [replace(run, clusters=clusters.get(run.suite, {})) for run in runs]


def _with_prompts(table: OpenTable, runs: list[RawRun]) -> tuple[RawRun, ...]:
    """The runs, the first of each suite with all that the suite's items say."""
    if "prompt" not in table.kinds or "item" not in table.kinds:
        return tuple(runs)
    prompts_by_suite: dict[object, dict[tuple[str, str], None]] = {}
    for suite, item, prompt in _read_prompts(table):
        prompts_by_suite.setdefault(suite, {})[item, prompt] = None
    return tuple(replace(run, prompts=tuple(prompts_by_suite.pop(run.suite, ()))) for run in runs)


def _read_prompts(table: OpenTable) -> Iterator[tuple[str, str, str]]:
    names = ("suite", "item", "prompt")
    for piece in table.session.run(statement.prompts_sql(table.kinds)):
        for cells in zip(*piece, strict=True):
            values = [to_python(value, table.kinds[name]) for name, value in zip(names, cells, strict=True)]
            suite, item, prompt = (str(COLUMNS[name](value)) for name, value in zip(names, values, strict=True))
            yield suite, item, prompt


# A table read by an engine: which files, under which limits, and what a CSV's or JSON line's columns are.


# Up to here a table of text is counted where it is read: no other process is started, which takes longer than counting.
MAX_LOCAL_BYTES = 4 * 2**20
# Up to here runs are named by their first lines, for which the text is read once more.
MAX_PLACED_BYTES = 32 * 2**20
_TEMPORARY = {"duckdb": "", "spark": "TEMPORARY"}
PATTERN_CHARACTERS = frozenset("*?[]{}\\")
# A cluster's tables have no size that is known here: a day.
REMOTE_SECONDS = 86_400.0
# Lines that are more than flat JSON, or not quite JSON: each goes through a strict parser.
NON_FLAT_JSON = r"[,:\[]\s*([\[{]|-?(nan|inf|infinity)\s*[,}\]])|,\s*[}\]]"


def read_table(path: Path, engine: Engine, options: ReadOptions) -> tuple[RawRun, ...]:
    """The runs of a table, counted by DuckDB or Spark in a process of its own. Raises TableError."""
    check_installed(engine, str(path), _engine_reason(path, engine))
    if engine is Engine.SPARK and (far := options.addresses.get(path)):
        return _read_remote(path, far, options)
    files = table_files(path)
    with require_unchanged(path, files), _scratch_folder() as scratch:
        sha256 = table_sha256(path, files)
        named = _engine_names(files, path, engine, scratch)
        opening = _build_opening(engine, files, tuple(named), scratch, options)
        with _open_session(_choose_session(opening, path, files, options), path, named, opening) as session:
            return count_table(_open_table(path, named, opening, session, options), sha256)


def _choose_session(opening: Opening, path: Path, files: Sequence[Path], options: ReadOptions) -> Session:
    """Small tables of text are counted in this process; Parquet, which is decoded, and larger ones in another."""
    if opening.engine == "duckdb" and opening.format != "parquet" and table_bytes(files) <= MAX_LOCAL_BYTES:
        return LocalSession(replace(opening, threads=1))
    return ProcessSession(opening, str(path), time_limit(files), options.progress)


@contextmanager
def open_parquet(path: Path) -> Iterator[Session]:
    """A Parquet file that is no tidy table, open in DuckDB as `source`. Raises TableError or BackendError."""
    check_installed(Engine.DUCKDB, str(path), "is Parquet, which is read by")
    with require_unchanged(path, (path,)), _scratch_folder() as scratch:
        named = _engine_names((path,), path, Engine.DUCKDB, scratch)
        opening = _build_opening(Engine.DUCKDB, (path,), tuple(named), scratch, ReadOptions())
        with ProcessSession(opening, str(path), time_limit((path,))) as session:
            yield session


def _engine_reason(path: Path, engine: Engine) -> str:
    return (
        "is Parquet, which is read by" if table_format(path) == "parquet" else f"is to be counted by --engine {engine}:"
    )


def _read_remote(path: Path, far: str, options: ReadOptions) -> tuple[RawRun, ...]:
    """A table in a cluster's own file system, where Spark lists and hashes its files too."""
    kind = table_format(path) or "parquet"
    with _scratch_folder() as scratch:
        opening = Opening("spark", kind, (far,), str(scratch), master=options.master)
        with _open_session(
            ProcessSession(opening, far, REMOTE_SECONDS, options.progress), path, {}, opening
        ) as session:
            table = _open_table(path, {}, opening, session, options)
            try:
                sha256 = remote_sha256(far, session.hashes())
            except BackendError as error:
                refuse(table, error)
            return count_table(table, sha256)


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A folder of its own, gone at the end, also after an interrupt."""
    folder = Path(tempfile.mkdtemp(prefix="auditor-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _open_session(session: Session, path: Path, named: dict[str, Path], opening: Opening) -> Iterator[Session]:
    """A session; what the engine says against opening a table is the table's error."""
    try:
        session.__enter__()
    except BackendError as error:
        refuse(OpenTable(path, named, opening.format, opening.engine, session, {}, {}, False), error)
    try:
        yield session
    finally:
        session.__exit__(None, None, None)


def _engine_names(files: tuple[Path, ...], path: Path, engine: Engine, scratch: Path) -> dict[str, Path]:
    """Each file by the name the engine gets: for DuckDB a link without anything that reads as a pattern."""
    if engine is Engine.SPARK:
        for file in files:
            if PATTERN_CHARACTERS & set(str(file.absolute())):
                subject = "has a name that Spark reads as a pattern"
                raise TableError(subject, where=str(file), remedy="rename it")
        return {file.absolute().as_uri(): file for file in files}
    named = {str(scratch / f"{number}{path.suffix}"): file for number, file in enumerate(files)}
    for link, file in named.items():
        Path(link).symlink_to(file.absolute())
    return named


def _build_opening(
    engine: Engine, files: tuple[Path, ...], names: tuple[str, ...], scratch: Path, options: ReadOptions
) -> Opening:
    kind = table_format(files[0]) or "parquet"
    if engine is Engine.SPARK and kind == "jsonl":
        raise TableError("is JSON Lines, which Spark is not given", where=str(files[0]), remedy="write it as Parquet")
    spill = scratch if engine is Engine.SPARK else scratch / "spill"
    opening = Opening(engine.value, kind, names, str(spill), threads=os.cpu_count() or 1, master=options.master)
    if kind != "csv":
        return opening
    header = _read_header(files, options)
    columns = name_columns(header.names, options.columns, str(files[0]))
    # Columns that are not read must not be taken for others: to DuckDB `Item` and `item` are one name.
    called = tuple(columns.get(name, f"unread_{number}") for number, name in enumerate(header.names))
    return replace(opening, header=called, header_lines=header.lines, delimiter=header.delimiter)


def _read_header(files: Sequence[Path], options: ReadOptions) -> CsvHeader:
    """The header of the first file, checked. Raises TableError."""
    header = read_csv_header(files[0])
    other = next((file for file in files[1:] if read_csv_header(file) != header), None)
    if other is not None:
        remedy = f"write it as {files[0].name} has them"
        raise TableError("has other columns than the other files of the table", where=str(other), remedy=remedy)
    if not header.names:
        raise TableError("holds no rows", where=str(files[0]), remedy="give a table with at least one run")
    where = f"{files[0]}:{header.line}"
    check_columns(header.names, name_columns(header.names, options.columns, where), where, options.ignore_extra)
    return header


def _open_table(
    path: Path, named: dict[str, Path], opening: Opening, session: Session, options: ReadOptions
) -> OpenTable:
    """The table with its columns, checked. Raises TableError for columns that no tidy table has."""
    table = OpenTable(path, named, opening.format, opening.engine, session, {}, {}, options.ignore_extra)
    try:
        if opening.format == "jsonl":
            return _open_json(table, options)
        if opening.header:
            names = read_csv_header(next(iter(named.values()))).names
            columns = name_columns(names, options.columns, str(path))
            types = session.columns()
        else:
            columns, types = _rename_columns(table, options)
    except BackendError as error:
        refuse(table, error)
    return replace(table, kinds=column_kinds(types, path, opening.engine), columns=columns)


def _rename_columns(table: OpenTable, options: ReadOptions) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The columns of a table that says itself what they are called, and their types; the views have our names then."""
    types = table.session.columns()
    names = [name for name, _ in types]
    columns = name_columns(names, options.columns, str(table.path))
    check_columns(names, columns, str(table.path), options.ignore_extra)
    if any(name != column for name, column in columns.items()):
        selected = ", ".join(f"{_quote_name(name, table.engine)} AS {column}" for name, column in columns.items())
        for view, more in (("source", ""), ("numbered", f", {FILE_COLUMN}, {ROW_COLUMN}")):
            table.session.rows(f"ALTER VIEW {view} RENAME TO {view}_as_written")
            table.session.rows(
                f"CREATE {_TEMPORARY[table.engine]} VIEW {view} AS SELECT {selected}{more} FROM {view}_as_written"
            )
    return columns, [(columns[name], kind) for name, kind in types if name in columns]


def _quote_name(name: str, engine: str) -> str:
    mark = "`" if engine == "spark" else '"'
    return mark + name.replace(mark, mark * 2) + mark


def _open_json(table: OpenTable, options: ReadOptions) -> OpenTable:
    """Checks every line's keys, and makes the views of the columns there are. Raises TableError."""
    pattern = NON_FLAT_JSON.replace("'", "''")
    plain = f"json_type(line) = 'OBJECT' AND NOT regexp_matches(CAST(line AS VARCHAR), '(?i){pattern}')"
    for (row,) in table.session.rows(f"SELECT {ROW_COLUMN} FROM lines WHERE NOT ({plain}) ORDER BY 1"):
        read_row(table.path, int(str(row)))
    keys = "CAST(to_json(json_keys(line)) AS VARCHAR)"
    rows = table.session.rows(f"SELECT {keys}, min({ROW_COLUMN}) FROM lines GROUP BY 1 ORDER BY 2")
    keys_by_row: dict[int, list[str]] = {int(str(row)): json.loads(str(names)) for names, row in rows}
    if not keys_by_row:
        raise TableError("holds no rows", where=str(table.path), remedy="give a table with at least one run")
    names = list(dict.fromkeys(name for keys in keys_by_row.values() for name in keys))
    table = replace(table, columns=name_columns(names, options.columns, str(table.path)))
    tallies = set()
    for row, row_keys in keys_by_row.items():
        if len(set(row_keys)) < len(row_keys):
            read_row(table.path, row)
        try:
            check_line(table, row_keys, str(table.path))
        except TableError:
            refuse_line(table, row)
        tallies.add(any(table.columns.get(name) == "valid_count" for name in row_keys))
    if len(tallies) > 1:
        remedy = "write the samples and the tallies as two tables"
        raise TableError("has lines of samples and lines of tallies", where=str(table.path), remedy=remedy)
    _make_views(table)
    return replace(table, kinds=column_kinds([(name, "json") for name in table.columns.values()], table.path, "duckdb"))


def _make_views(table: OpenTable) -> None:
    columns = ", ".join(f"line -> {_json_key(name)} AS {column}" for name, column in table.columns.items())
    if columns:
        table.session.rows(f"CREATE VIEW source AS SELECT {columns} FROM lines")
        table.session.rows(f"CREATE VIEW numbered AS SELECT {columns}, '' AS {FILE_COLUMN}, {ROW_COLUMN} FROM lines")


def _json_key(name: str) -> str:
    """A key as DuckDB takes it: as a path, where everything but quotes and backslashes stands for itself."""
    if '"' in name or "\\" in name:
        raise TableError("holds a quote or a backslash", where="--map", field=name[:80], remedy="rename the key")
    return "'" + f'$."{name}"'.replace("'", "''") + "'"
