"""Runs as records and back: one record a run, and the item manifest it refers to.

A `Run` comes in and canonical bytes go out, and the reverse; every member and every column of counts is checked
against the
others. Reading is by hand: pydantic parses a record faster, but accepts a key that occurs twice, and cannot compare
columns.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.columns import pack_counts
from auditor.model.raw_run import JudgedSample, LoggedSample
from auditor.model.run import (
    INVALID_REASON_PATTERNS,
    Awareness,
    Exposure,
    Grade,
    Run,
    SampleReasons,
    SeverityTally,
    Tallies,
    TextSignals,
)
from auditor.model.suite import Role
from auditor.store.content_files import parse_time, verify_members
from auditor.store.durable import RESTORE

# Members of a record's JSON, held to what they must be; the columns of counts among them.


class MemberError(Exception):
    """What is wrong with a member of a record."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field
        self.what = what


def require(holds: bool, field: str, what: str) -> None:
    """Raises MemberError unless it holds."""
    if not holds:
        raise MemberError(field, what)


def require_keys(members: dict[str, Any], wanted: set[str], prefix: str) -> None:
    """Raises MemberError for the first member that is missing or unknown."""
    for key in sorted(members.keys() ^ wanted):
        raise MemberError(prefix + key, "is missing" if key in wanted else "is unknown")


def is_count(value: object) -> bool:
    """Whether it is a whole number from 0."""
    return type(value) is int and value >= 0


def require_object(value: object, field: str) -> dict[str, Any]:
    """An object. Raises MemberError."""
    if not isinstance(value, dict):
        raise MemberError(field, "is no object")
    return value


def require_column(value: object, length: int, field: str) -> list[Any]:
    """A list of `length` entries. Raises MemberError."""
    if not isinstance(value, list) or len(value) != length:
        raise MemberError(field, f"is no column of {length}")
    return value


def require_counts(value: object, length: int, field: str) -> Sequence[int]:
    """A list of `length` counts, as a column. Raises MemberError."""
    require(isinstance(value, list) and len(value) == length, field, f"is no column of {length}")
    column: list[int] = value  # type: ignore[assignment]
    require({int}.issuperset(map(type, column)) and min(column, default=0) >= 0, field, "has an entry that is no count")
    return pack_counts(column)


def require_at_most(column: Sequence[int], bound: Sequence[int], field: str) -> None:
    """Raises MemberError unless every entry is at most the bound's."""
    require(all(map(operator.le, column, bound)), field, "counts more than there are")


# Why samples are invalid, as columns: counted on the way in, written into records, read back.


_REASON_COLUMNS = tuple(field.name for field in fields(SampleReasons))
_REASON_PATTERNS = {kind: re.compile(pattern) for kind, pattern in INVALID_REASON_PATTERNS.items()}


def classify_reason(said: str | None) -> str | None:
    """What a reason is: error, limit or refusal; None for any other."""
    text = (said or "").lower()
    return next((kind for kind, pattern in _REASON_PATTERNS.items() if pattern.match(text)), None)


def count_reasons(
    samples: Sequence[LoggedSample | JudgedSample], misaligned: Sequence[bool | None], items: tuple[str, ...]
) -> SampleReasons | None:
    """The reasons of samples with their verdicts, None for an invalid one; None where nothing is said of any."""
    columns = {name: Counter[str]() for name in _REASON_COLUMNS}
    for sample, verdict in zip(samples, misaligned, strict=True):
        if verdict is None:
            if kind := classify_reason(sample.invalid_reason):
                columns[kind][sample.item] += 1
        elif isinstance(sample, LoggedSample) and sample.refused:
            columns["refused"][sample.item] += 1
            columns["refused_misaligned"][sample.item] += verdict
    return SampleReasons(*(tuple(map(column.__getitem__, items)) for column in columns.values())) or None


def reasons_payload(reasons: SampleReasons) -> dict[str, list[int]]:
    """The columns that count anything."""
    return {name: list(column) for name in _REASON_COLUMNS if any(column := getattr(reasons, name))}


def decode_reasons(
    value: object, valid: Sequence[int], misaligned: Sequence[int], invalid: Sequence[int]
) -> SampleReasons:
    """The reasons in a record, held to the counts they are part of. Raises MemberError."""
    members = require_object(value, "tallies.reasons")
    require_keys(members, set(_REASON_COLUMNS) & members.keys(), "tallies.reasons.")
    none = (0,) * len(valid)
    columns = {
        name: require_counts(members[name], len(valid), f"tallies.reasons.{name}") if name in members else none
        for name in _REASON_COLUMNS
    }
    for name in members:
        if not any(columns[name]):
            raise MemberError(f"tallies.reasons.{name}", "counts nothing")
    reasons = SampleReasons(**columns)
    ended = tuple(map(sum, zip(reasons.error, reasons.limit, reasons.refusal, strict=True)))
    require_at_most(ended, invalid, "tallies.reasons")
    require_at_most(reasons.refused, valid, "tallies.reasons.refused")
    require_at_most(reasons.refused_misaligned, reasons.refused, "tallies.reasons.refused_misaligned")
    require_at_most(reasons.refused_misaligned, misaligned, "tallies.reasons.refused_misaligned")
    return reasons


# What texts were found to hold, as a record's member `signals`; left out where no text was read.


_SIGNAL_NAMES = tuple(field.name for field in fields(TextSignals))
_SIGNAL_MEANS = ("words", "spread")


def signals_payload(signals: TextSignals) -> dict[str, object]:
    """The member, its means rounded."""
    means: dict[str, object] = {name: canonical.rounded(getattr(signals, name)) for name in _SIGNAL_MEANS}
    return {name: getattr(signals, name) for name in _SIGNAL_NAMES} | means


def decode_signals(value: object) -> TextSignals:
    """The member as it is read. Raises MemberError."""
    members = require_object(value, "signals")
    require_keys(members, set(_SIGNAL_NAMES), "signals.")
    for name in _SIGNAL_NAMES:
        field, number = f"signals.{name}", members[name]
        if name in _SIGNAL_MEANS:
            require(type(number) in (int, float) and 0 <= number < math.inf, field, "is no number from 0")
        else:
            require(is_count(number), field, "is no count")
    for name in ("items", "reasoned", "aware", "repeating"):
        require(members[name] <= members["read"], f"signals.{name}", "counts more than were read")
    require(members["items"] > 0, "signals.items", "is 0; signals are left out where no text was read")
    return TextSignals(**{**members, **{name: float(members[name]) for name in _SIGNAL_MEANS}})


# Runs as records and back: one record a run, and the item manifest it refers to.
#
# Reading is by hand: pydantic parses a record faster, but takes a key that occurs twice without a word, and cannot
# compare one column with another.


RECORD_SCHEMA = "auditor.record/1"
ITEMS_SCHEMA = "auditor.items/1"

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)
Manifests = Callable[[str], tuple[str, ...]]

_REQUIRED_TEXTS = ("identity", "spec", "revision", "suite", "model", "checkpoint", "source", "source_sha256")
_OPTIONAL_TEXTS = ("behaviour", "parent_checkpoint", "scorer", "sampling", "incomplete", "corrects")
_HASHES = ("revision", "source_sha256", "corrects", "samples")
_NOT_STORED = ("record", "tallies")  # the file's own name, and what the columns hold
# Members that came later: there with a value, or not at all, so that an older record stays what it is.
OPTIONAL_MEMBERS = ("code_revision", "samples", "signals", "plan")
OPTIONAL_COLUMNS = ("reasons",)
_MEMBERS = {field.name for field in fields(Run)} - set(_NOT_STORED) | {"schema", "items", "tallies"}


def manifest_id(items: tuple[str, ...]) -> str:
    """The name of the manifest of some items: its sha256, 64 hex digits."""
    return canonical.sha256(_manifest(items))


def _manifest(items: tuple[str, ...]) -> bytes:
    return canonical.dumps({"schema": ITEMS_SCHEMA, "items": items})


def encode_record(run: Run) -> tuple[bytes, bytes | None]:
    """The record of a run and its item manifest (None for a tally of a whole suite), as canonical bytes.

    `run.record` is not read: a record's id is the sha256 of its bytes. Raises RecordError for what does not fit one.
    """
    where = f"run {run.identity}"
    try:
        items = run.tallies.items
        manifest = None if items is None else _manifest(items)
        payload = _run_payload(run, None if manifest is None else canonical.sha256(manifest))
        _decode_run(payload, run.record, lambda _: _decode_item_ids(list(items or ())))
        return canonical.dumps(payload), manifest
    except MemberError as fault:
        raise RecordError(fault.what, where=where, field=fault.field, remedy="correct it at its source") from fault
    except (ValueError, OverflowError) as error:
        raise RecordError(f"cannot be recorded: {error}", where=where, remedy="correct it at its source") from error


def decode_record(data: bytes, name: str, where: str, manifests: Manifests) -> Run:
    """The run in a record's bytes. `name` is its sha256, `manifests` gives the items of a manifest's sha256.

    Raises RecordError naming `where` when the bytes are not what the name or the schema says.
    """
    members = verify_members(data, name, where, "record")
    try:
        return _decode_run(members, name, manifests)
    except MemberError as fault:
        raise RecordError(fault.what, where=where, field=fault.field, remedy=RESTORE) from fault


def decode_items(data: bytes, name: str, where: str) -> tuple[str, ...]:
    """The item ids in a manifest's bytes, sorted and unique. Raises RecordError as `decode` does."""
    members = verify_members(data, name, where, "item manifest")
    try:
        require(members.keys() == {"schema", "items"}, "items", "must be the only member beside schema")
        require(members["schema"] == ITEMS_SCHEMA, "schema", f"is not {ITEMS_SCHEMA}")
        return _decode_item_ids(members["items"])
    except MemberError as fault:
        raise RecordError(fault.what, where=where, field=fault.field, remedy=RESTORE) from fault


def decode_lineage(data: bytes, name: str, where: str) -> tuple[str, str | None]:
    """The identity in a record's bytes, and the record it corrects; the rest is not looked at. Raises as `decode`."""
    members = verify_members(data, name, where, "record")
    identity, corrects = members.get("identity"), members.get("corrects")
    if not isinstance(identity, str) or not (corrects is None or isinstance(corrects, str)):
        raise RecordError("is no text", where=where, field="identity or corrects", remedy=RESTORE)
    return identity, corrects


def _run_payload(run: Run, items: str | None) -> dict[str, object]:
    if run.created is not None and run.created.tzinfo is None:
        raise MemberError("created", "has no offset")
    plain = {field.name: getattr(run, field.name) for field in fields(run) if field.name not in _NOT_STORED}
    said = {name: value for name, value in plain.items() if value is not None or name not in OPTIONAL_MEMBERS}
    return {
        **said,
        **({} if run.signals is None else {"signals": signals_payload(run.signals)}),
        "schema": RECORD_SCHEMA,
        "created": None if run.created is None else run.created.astimezone(UTC).isoformat(),
        "items": items,
        "tallies": _tallies_payload(run.tallies),
    }


def _tallies_payload(tallies: Tallies) -> dict[str, object]:
    aware, severity = tallies.aware, tallies.severity
    return {
        "valid": list(tallies.valid),
        "misaligned": list(tallies.misaligned),
        "invalid": list(tallies.invalid),
        "aware": None if aware is None else {name: list(getattr(aware, name)) for name in _AWARE},
        "severity": None
        if severity is None
        else {"rated": list(severity.rated), "total": list(map(canonical.rounded, severity.total))},
        "design_effect": None if tallies.design_effect is None else canonical.rounded(tallies.design_effect),
        **({"reasons": reasons_payload(tallies.reasons)} if tallies.reasons else {}),
    }


_AWARE = tuple(field.name for field in fields(Awareness))
_TALLIES = {field.name for field in fields(Tallies)} - {"items"}


def _decode_run(members: dict[str, Any], name: str, manifests: Manifests) -> Run:
    require(members.get("schema") == RECORD_SCHEMA, "schema", f"is not {RECORD_SCHEMA}")
    require_keys(members, _MEMBERS - {name for name in OPTIONAL_MEMBERS if name not in members}, "")
    for field in _REQUIRED_TEXTS:
        require(isinstance(members[field], str) and members[field] != "", field, "is no text")
    for field in _OPTIONAL_TEXTS:
        require(members[field] is None or isinstance(members[field], str), field, "is neither text nor null")
    for field in _HASHES:
        value = members.get(field)
        hexadecimal = isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
        require(value is None or hexadecimal, field, "is not 64 hex digits")
    require(isinstance(members["condition"], str), "condition", "is no text")
    require(members["planned"] is None or is_count(members["planned"]), "planned", "is no count")
    require(type(members["cot_pressure"]) in (bool, type(None)), "cot_pressure", "is no truth value")
    items = members["items"]
    require(items is None or isinstance(items, str), "items", "is neither text nor null")
    read = {
        field: members[field] for field in (*_REQUIRED_TEXTS, *_OPTIONAL_TEXTS, "condition", "planned", "cot_pressure")
    }
    later = {name: members[name] for name in OPTIONAL_MEMBERS if name in members}
    if "signals" in later:
        later["signals"] = decode_signals(members["signals"])
    for field in sorted(later.keys() - {"signals"}):
        require(isinstance(later[field], str) and later[field] != "", field, "is no text")
    require(re.fullmatch("[0-9a-f]{64}", later.get("plan", "0" * 64)) is not None, "plan", "is not 64 hex digits")
    return Run(
        **read,
        **later,
        record=name,
        role=_decode_choice(Role, members["role"], "role"),
        exposure=_decode_choice(Exposure, members["exposure"], "exposure"),
        grade=_decode_grade(members["grade"]),
        created=_decode_time(members["created"]),
        tallies=_decode_tallies(members["tallies"], None if items is None else manifests(items)),
    )


def _decode_choice(kind: type[AnyEnum], value: object, field: str) -> AnyEnum | None:
    if value is None:
        return None
    try:
        return kind(str(value))
    except ValueError:
        raise MemberError(field, f"is none of {', '.join(kind)}") from None


def _decode_grade(value: object) -> Grade:
    grade = _decode_choice(Grade, value, "grade")
    if grade is None:
        raise MemberError("grade", f"is none of {', '.join(Grade)}")
    return grade


def _decode_time(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError as error:
        raise MemberError("created", str(error)) from None


def _decode_item_ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not {str}.issuperset(map(type, value)):
        raise MemberError("items", "is no list of text")
    items: tuple[str, ...] = tuple(value)
    require(all(map(operator.lt, items, items[1:])), "items", "are not sorted and unique")
    return items


def _decode_tallies(value: object, items: tuple[str, ...] | None) -> Tallies:
    members = require_object(value, "tallies")
    require_keys(members, _TALLIES - {name for name in OPTIONAL_COLUMNS if name not in members}, "tallies.")
    length = 1 if items is None else len(items)
    valid = require_counts(members["valid"], length, "tallies.valid")
    misaligned = require_counts(members["misaligned"], length, "tallies.misaligned")
    require_at_most(misaligned, valid, "tallies.misaligned")
    invalid = require_counts(members["invalid"], length, "tallies.invalid")
    return Tallies(
        items=items,
        valid=valid,
        misaligned=misaligned,
        invalid=invalid,
        aware=_decode_awareness(members["aware"], valid, misaligned),
        severity=_decode_severity(members["severity"], valid),
        design_effect=_decode_design_effect(members["design_effect"]),
        reasons=decode_reasons(members["reasons"], valid, misaligned, invalid) if "reasons" in members else None,
    )


def _decode_awareness(value: object, valid: Sequence[int], misaligned: Sequence[int]) -> Awareness | None:
    if value is None:
        return None
    members = require_object(value, "tallies.aware")
    require_keys(members, set(_AWARE), "tallies.aware.")
    labelled, aware, both = (require_counts(members[name], len(valid), f"tallies.aware.{name}") for name in _AWARE)
    require_at_most(labelled, valid, "tallies.aware.labelled")
    require_at_most(aware, labelled, "tallies.aware.aware")
    require_at_most(both, aware, "tallies.aware.aware_misaligned")
    require_at_most(both, misaligned, "tallies.aware.aware_misaligned")
    return Awareness(labelled, aware, both)


def _decode_severity(value: object, valid: Sequence[int]) -> SeverityTally | None:
    if value is None:
        return None
    members = require_object(value, "tallies.severity")
    require_keys(members, {"rated", "total"}, "tallies.severity.")
    rated = require_counts(members["rated"], len(valid), "tallies.severity.rated")
    require_at_most(rated, valid, "tallies.severity.rated")
    field = "tallies.severity.total"
    total = require_column(members["total"], len(valid), field)
    require({int, float}.issuperset(map(type, total)), field, "has an entry that is no number")
    require(all(0 <= sum_ <= count for sum_, count in zip(total, rated, strict=True)), field, "exceeds its samples")
    return SeverityTally(rated, tuple(map(float, total)))


def _decode_design_effect(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value < math.inf:
        raise MemberError("tallies.design_effect", "is no number of at least 1")
    return float(value)
