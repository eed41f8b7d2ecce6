"""The columns of a tidy table, as data: each has a name and what its values may be.

Cells come in, typed rows go out, and the run that a row belongs to. Raises TableError naming line and column.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
    """A row as typed values; None is an empty cell.

    Attributes:
        line: its line in the file, from 1, the header included.
        spec_revision: what was evaluated: a content id, a commit, a tag or a dated folder.
        suite: the suite's name, or a name under which `suites.toml` knows it.
        model: the model's name.
        item: the prompt or environment; an item has the same name before and after.
        misaligned: whether the sample shows the behaviour; empty where the sample is invalid.
        misaligned_count: of a tally, how many samples show it.
        valid_count: of a tally, how many samples were scored.
        design_effect: of a tally without items, how many samples are worth an independent one; at least 1.
        epoch: the repetition of the item, from 1.
        run: tells runs of the same suite, model and revision apart.
        created: when the run was made.
        role: who can see the suite; `suites.toml` goes first.
        behaviour: what the suite measures; `suites.toml` goes first.
        condition: the variant of the same items, such as monitored.
        checkpoint: the state of the model's weights; the model itself where it is empty.
        parent_checkpoint: the checkpoint that it was trained from.
        exposure: how the model knows the spec: in its context, or from training.
        cot_pressure: whether training pressed on the reasoning text.
        invalid_reason: why the sample has no score: error, limit or refusal, as the first word.
        aware: whether the model voiced that it was tested; empty without a label.
        severity: how bad the sample is, from 0 to 1.
        scorer: what scored it; runs are compared only under the same.
        sampling: temperature and the like, as text; runs are compared only under the same.
        planned: how many samples the run was to have.
        prompt: the item's words, which are hashed with the key and never stored.
        cluster: what the item shares with others, such as a template: items of one cluster are not independent.
    """

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
    cluster: str | None = None


def _parse_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise CellError(f"{_quote(value)} is not text")


def _parse_truth(value: object) -> bool:
    """A truth value; pandas makes 1.0 and 0.0 of the numbers of a column in which some are missing."""
    word = value.strip().lower() if isinstance(value, str) else value
    if word in ("1", "1.0", "true") or word is True or (type(word) in (int, float) and word == 1):
        return True
    if word in ("0", "0.0", "false") or word is False or (type(word) in (int, float) and word == 0):
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
    "cluster": _parse_text,
}
REQUIRED_COLUMNS = ("spec_revision", "suite", "model")
SAMPLE_COLUMNS = frozenset({"misaligned", "epoch", "invalid_reason", "aware", "severity"})
COUNT_COLUMNS = frozenset({"misaligned_count", "valid_count"})
TALLY_COLUMNS = COUNT_COLUMNS | {"design_effect"}


# What other tools call a column; a name of ours in the table goes before them.
ALIASES: Mapping[str, str] = {
    "commit": "spec_revision",
    "revision": "spec_revision",
    "spec_commit": "spec_revision",
    "task": "suite",
    "eval": "suite",
    "benchmark": "suite",
    "model_name": "model",
    "model_id": "model",
    "id": "item",
    "sample_id": "item",
    "item_id": "item",
    "question_id": "item",
    "repetition": "epoch",
    "run_id": "run",
    "created_at": "created",
    "timestamp": "created",
}
# Of a table's columns; more are no tidy table, and cost time for nothing.
MAX_COLUMNS = 1_000
MAX_NAMED_FAULTS = 5


def parse_column_map(text: str) -> dict[str, str]:
    """The argument of `--map`, such as `spec_revision=commit,item=sample_id`, as names in the table by column.

    Raises TableError for what is no pair, a column that no tidy table has, and a column or name that is there twice.
    """
    names: dict[str, str] = {}
    for pair in text.split(","):
        column, equals, name = (part.strip() for part in pair.partition("="))
        if not (column and equals and name):
            raise TableError(f"{pair!r:.80} is no COLUMN=NAME", where="--map", remedy="write item=sample_id")
        if column not in COLUMNS:
            subject = "is no column of a tidy table"
            raise TableError(subject, where="--map", field=column[:80], remedy=f"{_nearest(column)}write COLUMN=NAME")
        if column in names or name in names.values():
            raise TableError("is mapped twice", where="--map", field=f"{column}={name:.60}", remedy="keep one of them")
        names[column] = name
    return names


def name_columns(names: Sequence[str], column_map: Mapping[str, str], where: str) -> dict[str, str]:
    """The columns that a table's names stand for, by name; a name that stands for none is left out.

    Args:
        names: of the table's columns, as they are written.
        column_map: as of `parse_column_map`; the name it gives a column counts before all others.

    A column's own name counts before what other tools call it. Raises TableError for more than `MAX_COLUMNS` names, a
    mapped name that is not there, and two names that could be one column.
    """
    if len(names) > MAX_COLUMNS:
        subject = f"has {len(names):,} columns, more than {MAX_COLUMNS:,}"
        raise TableError(subject, where=where, remedy="keep the columns of a tidy table")
    present = set(names)
    absent = [name for name in column_map.values() if name not in present]
    if absent:
        subject = f"is no column here (the table has {', '.join(map(_shorten, names[:8]))})"
        raise TableError(subject, where=where, field=_shorten(absent[0]), remedy="correct --map")
    columns = {name: column for column, name in column_map.items()}
    columns |= {name: name for name in names if name in COLUMNS and name not in column_map and name not in columns}
    others: dict[str, list[str]] = {}
    for name in names:
        plain = name.lower().replace(" ", "_").replace("-", "_")
        column = plain if plain in COLUMNS else ALIASES.get(plain)
        if column is not None and name not in columns and column not in columns.values():
            others.setdefault(column, []).append(name)
    for column, candidates in others.items():
        if len(candidates) > 1:
            subject = f"could be {' or '.join(map(repr, candidates[:MAX_NAMED_FAULTS]))}"
            remedy = f"say which with --map {column}={candidates[0]:.60}"
            raise TableError(subject, where=where, field=column, remedy=remedy)
        columns[candidates[0]] = column
    return columns


def check_columns(names: Iterable[str], columns: Mapping[str, str], where: str, ignore_extra: bool) -> None:
    """Raises TableError for unknown columns (unless ignored), missing ones, and samples mixed with tallies: all of it.

    Args:
        names: of the table's columns, as they are written.
        columns: as of `name_columns`.
    """
    unknown = [] if ignore_extra else sorted(set(names) - columns.keys())
    present = set(columns.values())
    tally = bool(present & COUNT_COLUMNS)
    needed = [*REQUIRED_COLUMNS, *(sorted(COUNT_COLUMNS) if tally else ["item", "misaligned"])]
    missing = [name for name in needed if name not in present]
    mixed = sorted(present & (SAMPLE_COLUMNS if tally else TALLY_COLUMNS))
    no_such = f"{'tallies' if tally else 'samples'} have no such column"
    faults = [
        *((name, "is missing", f"add the column, or say with --map {name}=NAME which it is") for name in missing),
        *((name, "is no column of a tidy table", _suggest_column(name)) for name in unknown[:MAX_NAMED_FAULTS]),
        *((name, no_such, "give either samples or tallies") for name in mixed),
    ]
    if len(faults) == 1:
        [(name, subject, remedy)] = faults
        raise TableError(subject, where=where, field=_shorten(name), remedy=remedy)
    if faults:
        lines = [f"{_shorten(name)} {fault}{_parenthesis(name, present)}" for name, fault, _ in faults]
        more = len(unknown) - MAX_NAMED_FAULTS
        lines += [f"{more} more are no columns either"] if more > 0 else []
        remedy = "rename columns or map them with --map COLUMN=NAME"
        remedy += ", and give --extra ignore to skip unknown ones" if unknown else ""
        raise TableError(", ".join(lines), where=where, remedy=remedy)


def _suggest_column(name: str) -> str:
    return f"{_nearest(name)}give --extra ignore to skip columns like it"


def _nearest(name: str) -> str:
    """The nearest known name as the beginning of a remedy; nothing where none is near."""
    close = _closest(name)
    return f"rename it to {close[0]}, or " if close else ""


def _closest(name: str) -> list[str]:
    return difflib.get_close_matches(name[:80], COLUMNS, n=1)


# What other tools call an outcome, word by word, and how it is given here.
_OUTCOMES = (
    ({"rate", "share", "percent", "percentage", "pct", "proportion"}, "shares go as misaligned_count and valid_count"),
    ({"passed", "pass", "correct", "success", "aligned", "safe", "ok"}, "misaligned is its opposite, 1 or 0"),
    ({"failed", "fail", "failure", "unsafe", "violation", "flagged"}, "misaligned?"),
    ({"score", "grade", "rating"}, "misaligned is 1 or 0, as a threshold of it decides"),
)


def _parenthesis(name: str, present: Collection[str]) -> str:
    words = set(re.split(r"[^a-z]+", name.lower()))
    hints = [
        hint for outcomes, hint in _OUTCOMES if outcomes & words and not (COUNT_COLUMNS | {"misaligned"}) & {*present}
    ]
    if hints and name not in COLUMNS:
        return f" ({hints[0]})"
    close = [] if name in COLUMNS else [near for near in _closest(name) if near not in present]
    return f" ({close[0]}?)" if close else ""


def _shorten(name: str) -> str:
    return name[:80]


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
            if name == "spec_revision":
                message = "is empty: probably $(auditor revision) failed when the evaluation was started"
                remedy = "run auditor revision by itself to see why, and fill the cell with the revision evaluated"
                raise TableError(message, where=where, field=name, remedy=remedy)
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
