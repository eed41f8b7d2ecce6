"""The columns of a tidy table, as data: each has a name and what its values may be."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from auditor.errors import TableError
from auditor.model.run import Exposure
from auditor.model.suite import Role

Cells = Mapping[str, object]
LARGEST_COUNT = 10**9
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


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise CellError(f"{_shown(value)} is not text")


def _truth(value: object) -> bool:
    said = value.strip().lower() if isinstance(value, str) else value
    if said in ("1", "true") or said is True or (type(said) is int and said == 1):
        return True
    if said in ("0", "false") or said is False or (type(said) is int and said == 0):
        return False
    raise CellError(f"{_shown(value)} is not one of 1, 0, true, false")


def _misaligned(value: object) -> bool:
    try:
        return _truth(value)
    except CellError as error:
        raise CellError(f"{error}; shares and percentages go as misaligned_count and valid_count") from error


def _count(value: object) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    raise CellError(f"{_shown(value)} is no whole number from 0 to {LARGEST_COUNT:,}")


def _epoch(value: object) -> int:
    if epoch := _count(value):
        return epoch
    raise CellError("epochs count from 1")


def _number(value: object) -> float:
    written = isinstance(value, str) and value.isascii() and "_" not in value
    if written or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        number = _float(value)
        if math.isfinite(number):
            return number
    raise CellError(f"{_shown(value)} is no finite number")


def _float(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return math.nan


def _share(value: object) -> float:
    number = _number(value)
    if 0 <= number <= 1:
        return number
    raise CellError(f"{_shown(value)} is not from 0 to 1")


def _effect(value: object) -> float:
    number = _number(value)
    if number >= 1:
        return number
    raise CellError(f"{_shown(value)} is under 1, which says the samples are independent")


def _time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(_text(value))
    except ValueError as error:
        raise CellError(f"{_shown(value)} is no ISO 8601 time") from error
    if time.utcoffset() is None:
        raise CellError(f"{_shown(value)} has no offset from UTC, such as Z or +02:00")
    return time


def _one_of(kind: type[E]) -> Callable[[object], E]:
    def choose(value: object) -> E:
        try:
            return kind(_text(value))
        except ValueError as error:
            raise CellError(f"{_shown(value)} is not one of {', '.join(kind)}") from error

    return choose


def _shown(value: object) -> str:
    return f"{value!r:.60}"


COLUMNS: Mapping[str, Callable[[object], object]] = {
    "spec_revision": _text,
    "suite": _text,
    "model": _text,
    "item": _text,
    "misaligned": _misaligned,
    "misaligned_count": _count,
    "valid_count": _count,
    "design_effect": _effect,
    "epoch": _epoch,
    "run": _text,
    "created": _time,
    "role": _one_of(Role),
    "behaviour": _text,
    "condition": _text,
    "checkpoint": _text,
    "parent_checkpoint": _text,
    "exposure": _one_of(Exposure),
    "cot_pressure": _truth,
    "invalid_reason": _text,
    "aware": _truth,
    "severity": _share,
    "scorer": _text,
    "sampling": _text,
    "planned": _count,
    "prompt": _text,
}
ALWAYS = ("spec_revision", "suite", "model")
SAMPLE_ONLY = frozenset({"misaligned", "epoch", "invalid_reason", "aware", "severity"})
COUNTS = frozenset({"misaligned_count", "valid_count"})
TALLY_ONLY = COUNTS | {"design_effect"}


def check_columns(columns: frozenset[str], where: str, ignore_extra: bool) -> None:
    """Raises TableError for unknown columns (unless ignored), missing ones, and samples mixed with tallies."""
    unknown = sorted(columns - COLUMNS.keys())
    if unknown and not ignore_extra:
        raise TableError("is no column of a tidy table", where=where, field=unknown[0][:80], remedy=_rename(unknown[0]))
    tally = bool(columns & COUNTS)
    needed = [*ALWAYS, *(sorted(COUNTS) if tally else ["item", "misaligned"])]
    for name in needed:
        if name not in columns:
            raise TableError("is missing", where=where, field=name, remedy="add the column")
    mixed = sorted(columns & (SAMPLE_ONLY if tally else TALLY_ONLY))
    if mixed:
        kind = "tallies have no such column" if tally else "samples have no such column"
        raise TableError(kind, where=where, field=mixed[0], remedy="give either samples or tallies")


def _rename(name: str) -> str:
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
    needed = ALWAYS if COUNTS & cells.keys() else (*ALWAYS, "item")
    for name in needed:
        if name not in values:
            raise TableError("is empty", where=where, field=name, remedy="fill the cell")
    return Row(line=line, item=values.pop("item", None), **values)  # type: ignore[arg-type]
