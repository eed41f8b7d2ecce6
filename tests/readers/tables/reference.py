"""The naive reference of tidy tables: every row read in plain Python, grouped into runs, counted by item.

What DuckDB and Spark make of a table is held to this. It holds all rows at once, and is never shipped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.errors import TableError
from auditor.model.raw_run import RawRun
from auditor.model.run import INVALID_REASON_PATTERNS, Awareness, SampleReasons, SeverityTally, Tallies
from auditor.readers.interface import ReadOptions
from auditor.readers.tables.columns import (
    IDENTITY_COLUMNS,
    RUN_COLUMNS,
    Cells,
    Row,
    build_table_run,
    check_columns,
    name_columns,
    parse_row,
)
from auditor.readers.tables.files import read_jsonl
from auditor.readers.tables.statement import SEVERITY_SCALE
from auditor.store.tally import classify_reason


@dataclass(frozen=True, slots=True)
class JudgedSample:
    """One scored attempt; None is "not in the table"."""

    item: str
    epoch: int
    misaligned: bool | None
    invalid_reason: str | None
    aware: bool | None
    severity: float | None


def read_in_python(path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
    """The runs of a table of text, in the order of their first rows. Raises TableError naming line and column."""
    data = path.read_bytes()
    cells = read_jsonl(path, data.split(b"\n")) if path.suffix == ".jsonl" else read_csv(path, data)
    rows = list(parse_rows(cells, path, options))
    if not rows:
        raise TableError("holds no rows", where=str(path), remedy="give a table with at least one run")
    return group_runs(rows, path, hashlib.sha256(data).hexdigest())


def read_csv(path: Path, data: bytes) -> Iterator[tuple[int, Cells]]:
    """Line and cells of every row."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError("is not UTF-8", where=f"{path}:{line}", remedy="save the table as UTF-8") from error
    rows = _iterate_csv(path, io.StringIO(text, newline=""))
    line, names = next(rows, (1, []))
    header = [name.strip() for name in names]
    for name in header:
        if header.count(name) > 1:
            raise TableError(
                "is the name of two columns", where=f"{path}:{line}", field=name, remedy="keep one of them"
            )
    for line, cells in rows:
        if len(cells) != len(header):
            subject = f"has {len(cells)} cells, the header {len(header)}"
            raise TableError(subject, where=f"{path}:{line}", remedy="quote cells that hold commas or line ends")
        yield line, dict(zip(header, cells, strict=True))


def _iterate_csv(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins on."""
    reader = csv.reader(lines, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "quote cells as RFC 4180 has it"
        raise TableError(f"is no CSV ({error})", where=f"{path}:{line}", remedy=remedy) from error


def parse_rows(cells: Iterator[tuple[int, Cells]], path: Path, options: ReadOptions) -> Iterator[Row]:
    """The rows of a table; a JSON line may have its own columns, so they are checked whenever they differ."""
    checked: set[frozenset[str]] = set()
    for line, values in cells:
        where = f"{path}:{line}"
        columns = frozenset(values)
        if columns not in checked:
            check_columns(columns, name_columns(tuple(columns), options.columns, where), where, options.ignore_extra)
            checked.add(columns)
        yield parse_row(line, values, where)


def group_runs(rows: Sequence[Row], path: Path, sha256: str) -> tuple[RawRun, ...]:
    """The runs of a file's rows, in the order of their first rows. Raises TableError."""
    grouped: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        grouped.setdefault(tuple(getattr(row, name) for name in IDENTITY_COLUMNS), []).append(row)
    return tuple(_build_run(group, path, sha256) for group in grouped.values())


def _build_run(rows: Sequence[Row], path: Path, sha256: str) -> RawRun:
    first = rows[0]
    for row in rows:
        _check_agreement(first, row, path)
    samples = count_judged(_to_samples(rows, path)) if first.valid_count is None else _to_tallies(rows, path)
    prompts = tuple(dict.fromkeys((row.item, row.prompt) for row in rows if row.item and row.prompt))
    run = build_table_run(first, f"{path}:{first.line}", sha256, samples)
    return replace(run, prompts=prompts, by_sample=first.valid_count is None)


def _check_agreement(first: Row, row: Row, path: Path) -> None:
    for name in RUN_COLUMNS:
        if getattr(row, name) != getattr(first, name):
            subject = f"differs from line {first.line} of the same run"
            remedy = "make it the same, or tell the runs apart in the column run"
            raise TableError(subject, where=f"{path}:{row.line}", field=name, remedy=remedy)
    if (row.valid_count is None) != (first.valid_count is None):
        raise _row_error("valid_count", "a run mixes samples and tallies", row, path, "give either")


def _to_samples(rows: Sequence[Row], path: Path) -> tuple[JudgedSample, ...]:
    counts: dict[tuple[str, int], int] = {}
    samples = []
    for row in rows:
        item, epoch = row.item or "", row.epoch or 1
        if (item, epoch) in counts:
            subject = f"{item!r:.60}, epoch {epoch}, stands on line {counts[item, epoch]} already"
            raise _row_error("item", subject, row, path, "number repetitions in the column epoch, or runs in run")
        counts[item, epoch] = row.line
        if row.invalid_reason and row.misaligned is not None:
            raise _row_error("invalid_reason", "is given for a sample that has a score", row, path, "empty one of them")
        samples.append(JudgedSample(item, epoch, row.misaligned, row.invalid_reason, row.aware, row.severity))
    return tuple(samples)


def _to_tallies(rows: Sequence[Row], path: Path) -> Tallies:
    lines: dict[str | None, int] = {}
    for row in rows:
        _check_tally(row, path)
        if row.item in lines:
            subject = f"has its tally on line {lines[row.item]} already"
            raise _row_error("item", subject, row, path, "add them up, or tell runs apart in the column run")
        if None in (*lines, row.item) and lines:
            raise _row_error(
                "item", "is empty here and given elsewhere in the run", row, path, "give it in all or none"
            )
        lines[row.item] = row.line
    ordered = sorted(rows, key=lambda row: row.item or "")
    return Tallies(
        items=tuple(row.item for row in ordered if row.item is not None) or None,
        valid=tuple(row.valid_count or 0 for row in ordered),
        misaligned=tuple(row.misaligned_count or 0 for row in ordered),
        invalid=(0,) * len(ordered),
        design_effect=rows[0].design_effect,
    )


def _check_tally(row: Row, path: Path) -> None:
    if row.misaligned_count is None or row.valid_count is None:
        name = "misaligned_count" if row.misaligned_count is None else "valid_count"
        raise _row_error(name, "is empty", row, path, "fill the cell")
    if row.misaligned_count > row.valid_count:
        subject = f"{row.misaligned_count} is more than valid_count {row.valid_count}"
        raise _row_error("misaligned_count", subject, row, path, "correct the counts")
    if row.design_effect is not None and row.item is not None:
        raise _row_error("design_effect", "is for rows without item", row, path, "leave it out")


def _row_error(field: str, subject: str, row: Row, path: Path, remedy: str) -> TableError:
    return TableError(subject, where=f"{path}:{row.line}", field=field, remedy=remedy)


def count_judged(samples: Sequence[JudgedSample]) -> Tallies:
    """Counts by item of samples, each item and epoch once."""
    items = tuple(sorted({sample.item for sample in samples}))
    counts = Counter((sample.item, sample.misaligned) for sample in samples)
    valid = [sample for sample in samples if sample.misaligned is not None]
    return Tallies(
        items=items,
        valid=tuple(counts[item, True] + counts[item, False] for item in items),
        misaligned=tuple(counts[item, True] for item in items),
        invalid=tuple(counts[item, None] for item in items),
        aware=_awareness(valid, items),
        severity=_severity(valid, items),
        reasons=_reasons(samples, items),
    )


def _reasons(samples: Sequence[JudgedSample], items: tuple[str, ...]) -> SampleReasons | None:
    counts = Counter((sample.item, classify_reason(sample.invalid_reason)) for sample in samples)
    columns = [tuple(counts[item, kind] for item in items) for kind in INVALID_REASON_PATTERNS]
    nothing = (0,) * len(items)
    return SampleReasons(columns[0], columns[1], columns[2], nothing, nothing) or None


def _awareness(valid: list[JudgedSample], items: tuple[str, ...]) -> Awareness | None:
    labelled = [sample for sample in valid if sample.aware is not None]
    if not labelled:
        return None
    aware = [sample for sample in labelled if sample.aware]
    both = [sample for sample in aware if sample.misaligned]
    return Awareness(_count_by_item(labelled, items), _count_by_item(aware, items), _count_by_item(both, items))


def _severity(valid: list[JudgedSample], items: tuple[str, ...]) -> SeverityTally | None:
    rated = [(sample, sample.severity) for sample in valid if sample.severity is not None]
    if not rated:
        return None
    by_item = dict.fromkeys(items, 0)
    for sample, severity in rated:
        by_item[sample.item] += math.floor(severity * SEVERITY_SCALE + 0.5)
    total = tuple(round(by_item[item] / SEVERITY_SCALE, 9) + 0.0 for item in items)
    return SeverityTally(_count_by_item([sample for sample, _ in rated], items), total)


def _count_by_item(samples: Iterable[JudgedSample], items: tuple[str, ...]) -> tuple[int, ...]:
    counts = Counter(sample.item for sample in samples)
    return tuple(counts[item] for item in items)
