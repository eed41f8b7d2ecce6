"""The columns of a tidy table, as data: each has a name and what its values may be.

Cells come in, typed rows go out, and the run that a row belongs to. Raises TableError naming line and column.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from auditor.errors import TableError
from auditor.model.raw_run import RawRun, Samples
from auditor.model.run import Exposure
from auditor.model.suite import Role

Cells = Mapping[str, object]
MAX_COUNT = 10**9
E = TypeVar("E", bound=StrEnum)


class CellError(ValueError):
    """A value that its column does not take; the message is what is wrong, as a sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as typed values; None is an empty cell. `line` counts from 1, the header included."""

    line: int
    spec_revision: str
    suite: str
    model: str
    item: str | None
    misaligned: bool | None = None
    misaligned_count: int | None = None
    valid_count: int | None = None
    design_effect: float | None = None
    epoch: int | None = None
    run: str | None = None
    created: datetime | None = None
    role: Role | None = None
    behaviour: str | None = None
    condition: str | None = None
    checkpoint: str | None = None
    parent_checkpoint: str | None = None
    exposure: Exposure | None = None
    cot_pressure: bool | None = None
    invalid_reason: str | None = None
    aware: bool | None = None
    severity: float | None = None
    scorer: str | None = None
    sampling: str | None = None
    planned: int | None = None
    prompt: str | None = field(default=None, repr=False)


def _parse_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise CellError(f"{_quote(value)} is not text")


def _parse_truth(value: object) -> bool:
    said = value.strip().lower() if isinstance(value, str) else value
    if said in ("1", "true") or said is True or (type(said) is int and said == 1):
        return True
    if said in ("0", "false") or said is False or (type(said) is int and said == 0):
        return False
    raise CellError(f"{_quote(value)} is not one of 1, 0, true, false")


def _parse_misaligned(value: object) -> bool:
    try:
        return _parse_truth(value)
    except CellError as error:
        raise CellError(f"{error}; shares and percentages go as misaligned_count and valid_count") from error


def _parse_count(value: object) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is int and 0 <= value <= MAX_COUNT:
        return value
    raise CellError(f"{_quote(value)} is no whole number from 0 to {MAX_COUNT:,}")


def _parse_epoch(value: object) -> int:
    if epoch := _parse_count(value):
        return epoch
    raise CellError("epochs count from 1")


def _parse_number(value: object) -> float:
    written = isinstance(value, str) and value.isascii() and "_" not in value
    if written or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        number = _to_float(value)
        if math.isfinite(number):
            return number
    raise CellError(f"{_quote(value)} is no finite number")


def _to_float(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return math.nan


def _parse_share(value: object) -> float:
    number = _parse_number(value)
    if 0 <= number <= 1:
        return number
    raise CellError(f"{_quote(value)} is not from 0 to 1")


def _parse_design_effect(value: object) -> float:
    number = _parse_number(value)
    if number >= 1:
        return number
    raise CellError(f"{_quote(value)} is under 1, which says the samples are independent")


def _parse_time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(_parse_text(value))
    except ValueError as error:
        raise CellError(f"{_quote(value)} is no ISO 8601 time") from error
    if time.utcoffset() is None:
        raise CellError(f"{_quote(value)} has no offset from UTC, such as Z or +02:00")
    return time


def _choice_parser(kind: type[E]) -> Callable[[object], E]:
    def choose(value: object) -> E:
        try:
            return kind(_parse_text(value))
        except ValueError as error:
            raise CellError(f"{_quote(value)} is not one of {', '.join(kind)}") from error

    return choose


def _quote(value: object) -> str:
    return f"{value!r:.60}"


COLUMNS: Mapping[str, Callable[[object], object]] = {
    "spec_revision": _parse_text,
    "suite": _parse_text,
    "model": _parse_text,
    "item": _parse_text,
    "misaligned": _parse_misaligned,
    "misaligned_count": _parse_count,
    "valid_count": _parse_count,
    "design_effect": _parse_design_effect,
    "epoch": _parse_epoch,
    "run": _parse_text,
    "created": _parse_time,
    "role": _choice_parser(Role),
    "behaviour": _parse_text,
    "condition": _parse_text,
    "checkpoint": _parse_text,
    "parent_checkpoint": _parse_text,
    "exposure": _choice_parser(Exposure),
    "cot_pressure": _parse_truth,
    "invalid_reason": _parse_text,
    "aware": _parse_truth,
    "severity": _parse_share,
    "scorer": _parse_text,
    "sampling": _parse_text,
    "planned": _parse_count,
    "prompt": _parse_text,
}
REQUIRED_COLUMNS = ("spec_revision", "suite", "model")
SAMPLE_COLUMNS = frozenset({"misaligned", "epoch", "invalid_reason", "aware", "severity"})
COUNT_COLUMNS = frozenset({"misaligned_count", "valid_count"})
TALLY_COLUMNS = COUNT_COLUMNS | {"design_effect"}


def check_columns(columns: frozenset[str], where: str, ignore_extra: bool) -> None:
    """Raises TableError for unknown columns (unless ignored), missing ones, and samples mixed with tallies."""
    unknown = sorted(columns - COLUMNS.keys())
    if unknown and not ignore_extra:
        raise TableError(
            "is no column of a tidy table", where=where, field=unknown[0][:80], remedy=_suggest_column(unknown[0])
        )
    tally = bool(columns & COUNT_COLUMNS)
    needed = [*REQUIRED_COLUMNS, *(sorted(COUNT_COLUMNS) if tally else ["item", "misaligned"])]
    for name in needed:
        if name not in columns:
            raise TableError("is missing", where=where, field=name, remedy="add the column")
    mixed = sorted(columns & (SAMPLE_COLUMNS if tally else TALLY_COLUMNS))
    if mixed:
        kind = "tallies have no such column" if tally else "samples have no such column"
        raise TableError(kind, where=where, field=mixed[0], remedy="give either samples or tallies")


def _suggest_column(name: str) -> str:
    close = difflib.get_close_matches(name, COLUMNS, n=1)
    hint = f"rename it to {close[0]}, or " if close else ""
    return f"{hint}give --extra ignore to skip columns like it"


def parse_row(line: int, cells: Cells, where: str) -> Row:
    """A row's typed values. Raises TableError naming the column."""
    values: dict[str, object] = {}
    for name, value in cells.items():
        if name not in COLUMNS or value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            values[name] = COLUMNS[name](value)
        except CellError as error:
            raise TableError(str(error), where=where, field=name, remedy="correct the cell") from error
    needed = REQUIRED_COLUMNS if COUNT_COLUMNS & cells.keys() else (*REQUIRED_COLUMNS, "item")
    for name in needed:
        if name not in values:
            raise TableError("is empty", where=where, field=name, remedy="fill the cell")
    return Row(line=line, item=values.pop("item", None), **values)  # type: ignore[arg-type]


# What tells runs apart in one file, and what every row of a run must agree on.
IDENTITY_COLUMNS = ("suite", "model", "checkpoint", "spec_revision", "condition", "run")
RUN_COLUMNS = (
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


def build_table_run(row: Row, where: str, sha256: str, samples: Samples) -> RawRun:
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
