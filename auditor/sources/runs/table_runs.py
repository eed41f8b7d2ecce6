"""Rows of a tidy table into runs: what belongs together, what must agree, and samples or tallies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from auditor.errors import TableError
from auditor.model.raw_run import JudgedSample, RawRun, Samples
from auditor.model.run import Tallies
from auditor.sources.runs.table_columns import Row

# What tells runs apart in one file, and what every row of a run must agree on.
IDENTITY = ("suite", "model", "checkpoint", "spec_revision", "condition", "run")
PER_RUN = (
    "role",
    "behaviour",
    "parent_checkpoint",
    "exposure",
    "cot_pressure",
    "scorer",
    "sampling",
    "created",
    "planned",
    "design_effect",
)


def runs_of(rows: Sequence[Row], path: Path, sha256: str) -> tuple[RawRun, ...]:
    """The runs of a file's rows, in the order of their first rows. Raises TableError."""
    grouped: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        grouped.setdefault(tuple(getattr(row, name) for name in IDENTITY), []).append(row)
    return tuple(_run(group, path, sha256) for group in grouped.values())


def _run(rows: Sequence[Row], path: Path, sha256: str) -> RawRun:
    first = rows[0]
    for row in rows:
        _check_agreement(first, row, path)
    samples = _judged(rows, path) if first.valid_count is None else _tallied(rows, path)
    prompts = tuple(dict.fromkeys((row.item, row.prompt) for row in rows if row.item and row.prompt))
    return replace(run_of(first, f"{path}:{first.line}", sha256, samples), prompts=prompts)


def run_of(row: Row, where: str, sha256: str, samples: Samples) -> RawRun:
    """The run of which a row is one."""
    return RawRun(
        source="table",
        where=where,
        source_sha256=sha256,
        log_id=None,
        run=row.run or "",
        suite=row.suite,
        stamp=row.spec_revision,
        system_messages=(),
        model=row.model,
        checkpoint=row.checkpoint,
        parent_checkpoint=row.parent_checkpoint,
        behaviour=row.behaviour,
        role=row.role,
        condition=row.condition or "",
        exposure=row.exposure,
        scorer=row.scorer,
        sampling=row.sampling,
        created=row.created,
        planned=row.planned,
        incomplete=None,
        samples=samples,
        cot_pressure=row.cot_pressure,
    )


def _check_agreement(first: Row, row: Row, path: Path) -> None:
    for name in PER_RUN:
        if getattr(row, name) != getattr(first, name):
            what = f"differs from line {first.line} of the same run"
            remedy = "make it the same, or tell the runs apart in the column run"
            raise TableError(what, where=f"{path}:{row.line}", field=name, remedy=remedy)
    if (row.valid_count is None) != (first.valid_count is None):
        raise _error("valid_count", "a run mixes samples and tallies", row, path, "give either")


def _judged(rows: Sequence[Row], path: Path) -> tuple[JudgedSample, ...]:
    seen: dict[tuple[str, int], int] = {}
    samples = []
    for row in rows:
        item, epoch = row.item or "", row.epoch or 1
        if (item, epoch) in seen:
            what = f"{item!r:.60}, epoch {epoch}, stands on line {seen[item, epoch]} already"
            raise _error("item", what, row, path, "number repetitions in the column epoch, or runs in run")
        seen[item, epoch] = row.line
        if row.invalid_reason and row.misaligned is not None:
            raise _error("invalid_reason", "is given for a sample that has a score", row, path, "empty one of them")
        samples.append(JudgedSample(item, epoch, row.misaligned, row.invalid_reason, row.aware, row.severity))
    return tuple(samples)


def _tallied(rows: Sequence[Row], path: Path) -> Samples:
    lines: dict[str | None, int] = {}
    for row in rows:
        _check_tally(row, path)
        if row.item in lines:
            what = f"has its tally on line {lines[row.item]} already"
            raise _error("item", what, row, path, "add them up, or tell runs apart in the column run")
        if None in (*lines, row.item) and lines:
            raise _error("item", "is empty here and given elsewhere in the run", row, path, "give it in all or none")
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
        raise _error(name, "is empty", row, path, "fill the cell")
    if row.misaligned_count > row.valid_count:
        what = f"{row.misaligned_count} is more than valid_count {row.valid_count}"
        raise _error("misaligned_count", what, row, path, "correct the counts")
    if row.design_effect is not None and row.item is not None:
        raise _error("design_effect", "is for rows without item", row, path, "leave it out")


def _error(field: str, what: str, row: Row, path: Path, remedy: str) -> TableError:
    return TableError(what, where=f"{path}:{row.line}", field=field, remedy=remedy)
