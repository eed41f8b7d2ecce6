"""Runs as records and back: one record a run, and the item manifest it refers to.

Reading is by hand: pydantic parses a record faster, but takes a key that occurs twice without a word, and cannot
compare one column with another.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.run import Awareness, Exposure, Grade, Run, SeverityTally, Tallies
from auditor.model.suite import Role
from auditor.store.durable import RESTORE
from auditor.store.members import Fault, at_most, column_of, counts_of, is_count, object_of, require, same_keys
from auditor.store.named import instant_of, named_members
from auditor.store.reasons import reasons_of, reasons_payload
from auditor.store.signals import signals_of, signals_payload

SCHEMA = "auditor.record/1"
ITEMS_SCHEMA = "auditor.items/1"

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)
Manifests = Callable[[str], tuple[str, ...]]

_NAMES = ("identity", "spec", "revision", "suite", "model", "checkpoint", "source", "source_sha256")
_TEXTS = ("behaviour", "parent_checkpoint", "scorer", "sampling", "incomplete", "corrects")
_HASHES = ("revision", "source_sha256", "corrects", "samples")
_NOT_STORED = ("record", "tallies")  # the file's own name, and what the columns hold
# Members that came later: there with a value, or not at all, so that an older record stays what it is.
LATER = ("code_revision", "samples", "signals", "plan")
LATER_COLUMNS = ("reasons",)
_MEMBERS = {field.name for field in fields(Run)} - set(_NOT_STORED) | {"schema", "items", "tallies"}


def manifest_id(items: tuple[str, ...]) -> str:
    """The name of the manifest of some items: its sha256, 64 hex digits."""
    return canonical.sha256(_manifest(items))


def _manifest(items: tuple[str, ...]) -> bytes:
    return canonical.dumps({"schema": ITEMS_SCHEMA, "items": items})


def encode(run: Run) -> tuple[bytes, bytes | None]:
    """The record of a run and its item manifest (None for a tally of a whole suite), as canonical bytes.

    `run.record` is not read: a record's id is the sha256 of its bytes. Raises RecordError for what does not fit one.
    """
    where = f"run {run.identity}"
    try:
        items = run.tallies.items
        manifest = None if items is None else _manifest(items)
        payload = _payload(run, None if manifest is None else canonical.sha256(manifest))
        _run_of(payload, run.record, lambda _: _items_of(list(items or ())))
        return canonical.dumps(payload), manifest
    except Fault as fault:
        raise RecordError(fault.what, where=where, field=fault.field, remedy="correct it at its source") from fault
    except (ValueError, OverflowError) as error:
        raise RecordError(f"cannot be recorded: {error}", where=where, remedy="correct it at its source") from error


def decode(data: bytes, name: str, where: str, manifests: Manifests) -> Run:
    """The run in a record's bytes. `name` is its sha256, `manifests` gives the items of a manifest's sha256.

    Raises RecordError naming `where` when the bytes are not what the name or the schema says.
    """
    members = named_members(data, name, where, "record")
    try:
        return _run_of(members, name, manifests)
    except Fault as fault:
        raise RecordError(fault.what, where=where, field=fault.field, remedy=RESTORE) from fault


def decode_items(data: bytes, name: str, where: str) -> tuple[str, ...]:
    """The item ids in a manifest's bytes, sorted and unique. Raises RecordError as `decode` does."""
    members = named_members(data, name, where, "item manifest")
    try:
        require(members.keys() == {"schema", "items"}, "items", "must be the only member beside schema")
        require(members["schema"] == ITEMS_SCHEMA, "schema", f"is not {ITEMS_SCHEMA}")
        return _items_of(members["items"])
    except Fault as fault:
        raise RecordError(fault.what, where=where, field=fault.field, remedy=RESTORE) from fault


def lineage(data: bytes, name: str, where: str) -> tuple[str, str | None]:
    """The identity in a record's bytes, and the record it corrects; the rest is not looked at. Raises as `decode`."""
    members = named_members(data, name, where, "record")
    identity, corrects = members.get("identity"), members.get("corrects")
    if not isinstance(identity, str) or not (corrects is None or isinstance(corrects, str)):
        raise RecordError("is no text", where=where, field="identity or corrects", remedy=RESTORE)
    return identity, corrects


def _payload(run: Run, items: str | None) -> dict[str, object]:
    if run.created is not None and run.created.tzinfo is None:
        raise Fault("created", "has no offset")
    plain = {field.name: getattr(run, field.name) for field in fields(run) if field.name not in _NOT_STORED}
    said = {name: value for name, value in plain.items() if value is not None or name not in LATER}
    return {
        **said,
        **({} if run.signals is None else {"signals": signals_payload(run.signals)}),
        "schema": SCHEMA,
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


def _run_of(members: dict[str, Any], name: str, manifests: Manifests) -> Run:
    require(members.get("schema") == SCHEMA, "schema", f"is not {SCHEMA}")
    same_keys(members, _MEMBERS - {name for name in LATER if name not in members}, "")
    for field in _NAMES:
        require(isinstance(members[field], str) and members[field] != "", field, "is no text")
    for field in _TEXTS:
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
    read = {field: members[field] for field in (*_NAMES, *_TEXTS, "condition", "planned", "cot_pressure")}
    later = {name: members[name] for name in LATER if name in members}
    if "signals" in later:
        later["signals"] = signals_of(members["signals"])
    for field in sorted(later.keys() - {"signals"}):
        require(isinstance(later[field], str) and later[field] != "", field, "is no text")
    require(re.fullmatch("[0-9a-f]{64}", later.get("plan", "0" * 64)) is not None, "plan", "is not 64 hex digits")
    return Run(
        **read,
        **later,
        record=name,
        role=_one_of(Role, members["role"], "role"),
        exposure=_one_of(Exposure, members["exposure"], "exposure"),
        grade=_grade(members["grade"]),
        created=_instant(members["created"]),
        tallies=_tallies_of(members["tallies"], None if items is None else manifests(items)),
    )


def _one_of(kind: type[AnyEnum], value: object, field: str) -> AnyEnum | None:
    if value is None:
        return None
    try:
        return kind(str(value))
    except ValueError:
        raise Fault(field, f"is none of {', '.join(kind)}") from None


def _grade(value: object) -> Grade:
    grade = _one_of(Grade, value, "grade")
    if grade is None:
        raise Fault("grade", f"is none of {', '.join(Grade)}")
    return grade


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        return instant_of(value)
    except ValueError as error:
        raise Fault("created", str(error)) from None


def _items_of(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not {str}.issuperset(map(type, value)):
        raise Fault("items", "is no list of text")
    items: tuple[str, ...] = tuple(value)
    require(all(map(operator.lt, items, items[1:])), "items", "are not sorted and unique")
    return items


def _tallies_of(value: object, items: tuple[str, ...] | None) -> Tallies:
    members = object_of(value, "tallies")
    same_keys(members, _TALLIES - {name for name in LATER_COLUMNS if name not in members}, "tallies.")
    length = 1 if items is None else len(items)
    valid = counts_of(members["valid"], length, "tallies.valid")
    misaligned = counts_of(members["misaligned"], length, "tallies.misaligned")
    at_most(misaligned, valid, "tallies.misaligned")
    invalid = counts_of(members["invalid"], length, "tallies.invalid")
    return Tallies(
        items=items,
        valid=valid,
        misaligned=misaligned,
        invalid=invalid,
        aware=_awareness(members["aware"], valid, misaligned),
        severity=_severity(members["severity"], valid),
        design_effect=_design_effect(members["design_effect"]),
        reasons=reasons_of(members["reasons"], valid, misaligned, invalid) if "reasons" in members else None,
    )


def _awareness(value: object, valid: tuple[int, ...], misaligned: tuple[int, ...]) -> Awareness | None:
    if value is None:
        return None
    members = object_of(value, "tallies.aware")
    same_keys(members, set(_AWARE), "tallies.aware.")
    labelled, aware, both = (counts_of(members[name], len(valid), f"tallies.aware.{name}") for name in _AWARE)
    at_most(labelled, valid, "tallies.aware.labelled")
    at_most(aware, labelled, "tallies.aware.aware")
    at_most(both, aware, "tallies.aware.aware_misaligned")
    at_most(both, misaligned, "tallies.aware.aware_misaligned")
    return Awareness(labelled, aware, both)


def _severity(value: object, valid: tuple[int, ...]) -> SeverityTally | None:
    if value is None:
        return None
    members = object_of(value, "tallies.severity")
    same_keys(members, {"rated", "total"}, "tallies.severity.")
    rated = counts_of(members["rated"], len(valid), "tallies.severity.rated")
    at_most(rated, valid, "tallies.severity.rated")
    field = "tallies.severity.total"
    total = column_of(members["total"], len(valid), field)
    require({int, float}.issuperset(map(type, total)), field, "has an entry that is no number")
    require(all(0 <= sum_ <= count for sum_, count in zip(total, rated, strict=True)), field, "exceeds its samples")
    return SeverityTally(rated, tuple(map(float, total)))


def _design_effect(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value < math.inf:
        raise Fault("tallies.design_effect", "is no number of at least 1")
    return float(value)
