"""A table into runs with their tallies, counted by an engine: the same runs that the Python reader makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import lt, sub
from typing import TypeGuard, cast

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.model.run import Awareness, SampleReasons, SeverityTally, Tallies
from auditor.sources.engines import statement
from auditor.sources.engines.backend import BackendError, Piece
from auditor.sources.engines.rulings import Table, places, plain, refuse, refuse_first, refuse_run, row_of
from auditor.sources.engines.statement import BILLION, Kind
from auditor.sources.runs.table_columns import COLUMNS, CellError, Row
from auditor.sources.runs.table_runs import IDENTITY, PER_RUN, run_of

Cells = tuple[object, ...]


@dataclass(slots=True)
class Counted:
    """A run as it is written, and its columns of counts, by item.

    Attributes:
        items: item ids, ascending and unique; [None] for a tally of a whole suite.
        counts: the statement's other columns in its order: samples, repeated, valid, misaligned, labels.
    """

    row: Row
    cells: Cells
    items: list[object] = field(default_factory=list)
    counts: list[list[int]] = field(default_factory=list)


def count(table: Table, sha256: str) -> tuple[RawRun, ...]:
    """The runs of an open table. Raises TableError naming file, column and, where it is known, row."""
    try:
        _check_texts(table)
        counted = _counted(table)
        _check_counts(table, counted)
        runs = _merged(table, counted)
        if not runs:
            raise TableError("holds no rows", where=str(table.path), remedy="give a table with at least one run")
        _check(table, runs)
        manifests: dict[Cells, Cells] = {}
        return _with_prompts(table, [_raw(table, run, sha256, manifests) for run in runs])
    except BackendError as error:
        refuse(table, error)


def _check_texts(table: Table) -> None:
    for name in ("item", "invalid_reason", "prompt"):
        condition = statement.no_text(name, table.kinds) if name in table.kinds else None
        if condition and table.session.rows(statement.first_row(condition, name, table.kinds)):
            refuse_first(table, condition, name)


def _counted(table: Table) -> list[Counted]:
    """What the statement counts, by run as it is written."""
    columns = statement.run_columns(table.kinds)
    pieces = table.session.tallies(statement.tallies(table.kinds), len(columns))
    rows = [(_row(table, columns, cells), cells) for cells in zip(*next(pieces), strict=True)]
    runs = [Counted(row, cells) for row, cells in rows if row is not None]
    unfit = next((cells for row, cells in rows if row is None), None)
    for piece in pieces:  # to its end, or the next question would be answered with the rest
        if unfit is None:
            _distribute(piece, runs)
    if unfit is not None:
        refuse_run(table, columns, unfit)
    return runs


def _row(table: Table, columns: Sequence[str], cells: Cells) -> Row | None:
    """A run's columns; None for those that are refused."""
    try:
        return row_of(table, columns, cells, str(table.path))
    except TableError:
        return None


def _distribute(piece: Piece, runs: Sequence[Counted]) -> None:
    """The rows of a piece, which are by run, to their runs."""
    numbers, items, *counts = piece
    start = 0
    while start < len(numbers):
        run = runs[int(str(numbers[start]))]
        end = _end(numbers, start)
        run.items += items[start:end]
        run.counts = run.counts or [[] for _ in counts]
        for column, more in zip(run.counts, counts, strict=True):
            column.extend(more[start:end])  # type: ignore[arg-type]
        start = end


def _end(numbers: Sequence[object], start: int) -> int:
    """Where the rows of another run begin: doubled steps, then halved ones."""
    number, low, step = numbers[start], start, 1
    while low + step < len(numbers) and numbers[low + step] == number:
        low, step = low + step, step * 2
    high = min(low + step, len(numbers))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if numbers[middle] == number else (low, middle)
    return high


def _merged(table: Table, counted: Iterable[Counted]) -> list[Counted]:
    """Runs that only their writing told apart, as one. Raises TableError where rows of a run contradict each other."""
    by_identity: dict[Cells, list[Counted]] = {}
    for run in counted:
        run.items = _items(table, run.items)
        by_identity.setdefault(tuple(getattr(run.row, name) for name in IDENTITY), []).append(run)
    for runs in by_identity.values():
        for name in PER_RUN:
            if any(getattr(run.row, name) != getattr(runs[0].row, name) for run in runs):
                _refuse_contradiction(table, runs, name)
    return [_one(table, runs) for runs in by_identity.values()]


def _refuse_contradiction(table: Table, runs: Sequence[Counted], name: str) -> None:
    where = places(table, statement.run_columns(table.kinds))
    found = sorted(runs, key=lambda run: tuple(map(_sortable, where.get(run.cells, (None, None)))))
    first = found[0]
    other = next(run for run in found if getattr(run.row, name) != getattr(first.row, name))
    at = table.where(where.get(first.cells, (None, None)))
    beside = at.rpartition(":")[2] if at.rpartition(":")[0] == str(table.path) else at
    what = f"differs from {'row' if table.format == 'parquet' else 'line'} {beside} of the same run"
    remedy = "make it the same, or tell the runs apart in the column run"
    raise TableError(what, where=table.where(where.get(other.cells, (None, None))), field=name, remedy=remedy)


def _sortable(value: object) -> tuple[bool, int, str]:
    return (value is None, value if isinstance(value, int) else 0, str(value))


def _items(table: Table, items: list[object]) -> list[object]:
    """Item ids as the Python reader has them. Raises TableError for an empty one among samples."""
    if "item" not in table.kinds:
        return items
    kind = table.kinds["item"]
    try:
        known: list[object] = (
            list(map(str.strip, items)) if _are_texts(items, kind) else [_item(v, kind) for v in items]
        )
    except CellError as error:
        raise TableError(str(error), where=str(table.path), field="item", remedy="correct the cell") from error
    if None in known and (len(known) > 1 or not statement.is_tally(table.kinds)):
        tally = statement.is_tally(table.kinds)
        otherwise = "is empty here and given elsewhere in the run" if tally else "is empty"
        remedy = "give it in all or none" if tally else "fill the cell"
        refuse_first(table, statement.empty("item", table.kinds), "item", otherwise, remedy)
    return known


def _are_texts(items: list[object], kind: Kind) -> TypeGuard[list[str]]:
    """Whether all items are texts that are not blank, as nearly all are."""
    return kind is Kind.TEXT and all(items) and not any(map(str.isspace, items))  # type: ignore[arg-type]


def _item(value: object, kind: Kind) -> object:
    if kind is Kind.TEXT and isinstance(value, str):
        return value.strip() or None
    value = plain(value, kind)
    return None if value is None or value == "" else COLUMNS["item"](value) or None


def _one(table: Table, runs: Sequence[Counted]) -> Counted:
    """One run of those with the same identity, its items ascending."""
    run = runs[0]
    if len(runs) == 1 and all(map(lt, run.items, run.items[1:])):  # type: ignore[arg-type]
        return run
    rows: dict[object, list[int]] = {}
    for one in runs:
        for item, *counts in zip(one.items, *one.counts, strict=True):
            if item in rows:
                what = f"{item!r:.60} stands in a run twice, with the item or the run's columns written in two ways"
                raise TableError(what, where=str(table.path), field="item", remedy="write them in one way")
            rows[item] = counts
    items = sorted(rows, key=str)
    return Counted(
        run.row, run.cells, items, [list(column) for column in zip(*map(rows.__getitem__, items), strict=True)]
    )


def _check(table: Table, runs: Sequence[Counted]) -> None:
    """Raises TableError for an item that is there twice, and for counts that contradict themselves."""
    if any(any(run.counts[1]) for run in runs):
        _refuse_repeat(table)
    if statement.is_tally(table.kinds):
        for run in runs:
            _check_tally(table, run, run.counts[2], run.counts[3])


def _refuse_repeat(table: Table) -> None:
    """Raises TableError for the first item and epoch that occur twice, if there are any: whatever the epochs are."""
    found = table.session.rows(statement.repeated(table.kinds))
    if not found:
        return
    tally = statement.is_tally(table.kinds)
    remedy = "number repetitions in the column epoch, or runs in run"
    if tally:
        remedy = "add them up, or tell runs apart in the column run"
    value, epoch, first_file, first, file, last = found[0]
    at = table.where((first_file, first)).rpartition(":")[2]
    named = "has its tally" if tally else f"{plain(value, table.kinds['item'])!r:.60}, epoch {epoch}, stands"
    what = f"{named} {'in row' if table.format == 'parquet' else 'on line'} {at} already"
    raise TableError(what, where=table.where((file, last)), field="item", remedy=remedy)


def _check_counts(table: Table, runs: Sequence[Counted]) -> None:
    """Raises TableError for a tally without its counts."""
    if statement.is_tally(table.kinds):
        for name, at in (("misaligned_count", 3), ("valid_count", 2)):
            if any(None in run.counts[at] for run in runs):
                refuse_first(table, statement.empty(name, table.kinds), name, "is empty", "fill the cell")


def _check_tally(table: Table, run: Counted, valid: Sequence[int], misaligned: Sequence[int]) -> None:
    if any(bad > good for bad, good in zip(misaligned, valid, strict=True)):
        what = "counts more than valid_count"
        refuse_first(table, statement.outnumbered(table.kinds), "misaligned_count", what, "correct the counts")
    if run.row.design_effect is not None and run.items != [None]:
        given = f"NOT ({statement.empty('design_effect', table.kinds)})"
        refuse_first(table, given, "design_effect", "is for rows without item", "leave it out")


def _raw(table: Table, run: Counted, sha256: str, manifests: dict[Cells, Cells]) -> RawRun:
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
    severity = SeverityTally(rated[0], tuple(round(total / BILLION, 9) + 0.0 for total in rated[1])) if rated else None
    held = tuple(run.items)
    items = None if run.items == [None] else cast("tuple[str, ...]", manifests.setdefault(held, held))
    tallies = Tallies(items, valid, misaligned, invalid, aware, severity, run.row.design_effect, reasons)
    return replace(run_of(run.row, str(table.path), sha256, tallies), by_sample=not tally)


def _with_prompts(table: Table, runs: list[RawRun]) -> tuple[RawRun, ...]:
    """The runs, the first of each suite with all that the suite's items say."""
    if "prompt" not in table.kinds or "item" not in table.kinds:
        return tuple(runs)
    said: dict[object, dict[tuple[str, str], None]] = {}
    for suite, item, prompt in _texts(table):
        said.setdefault(suite, {})[item, prompt] = None
    return tuple(replace(run, prompts=tuple(said.pop(run.suite, ()))) for run in runs)


def _texts(table: Table) -> Iterator[tuple[str, str, str]]:
    names = ("suite", "item", "prompt")
    for piece in table.session.run(statement.prompts(table.kinds)):
        for cells in zip(*piece, strict=True):
            values = [plain(value, table.kinds[name]) for name, value in zip(names, cells, strict=True)]
            suite, item, prompt = (str(COLUMNS[name](value)) for name, value in zip(names, values, strict=True))
            yield suite, item, prompt
