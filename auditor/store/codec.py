"""Runs as records and back: one record a run, and the item manifest it refers to.

A `Run` comes in and canonical bytes of version 2 go out; bytes of version 1 or 2 come in and a `Run` goes out. Every
member is checked, and every column of counts against the others. Reading is by hand: pydantic parses a record faster,
but cannot compare columns. The members of both versions are described in docs/explanation/records.md.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.packed_columns import Column, pack_counts
from auditor.model.run import (
    Ablation,
    AblationKind,
    Awareness,
    Exposure,
    Grade,
    ItemDetails,
    ItemManifest,
    ProtocolDetails,
    ReportedTotal,
    Run,
    SampleReasons,
    ScoreName,
    SeverityTally,
    Tallies,
    TextSignals,
)
from auditor.model.suite import Role
from auditor.store.content_files import parse_time, verify_members
from auditor.store.durable import RESTORE

# What a member must be.


class MemberError(Exception):
    """What is wrong with a member of a record."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field
        self.what = what


def require(holds: bool, field: str, subject: str) -> None:
    """Raises MemberError unless it holds."""
    if not holds:
        raise MemberError(field, subject)


def require_keys(
    members: Mapping[str, Any], required: Collection[str], prefix: str = "", optional: Collection[str] = ()
) -> None:
    """Raises MemberError for the first member that is missing or unknown."""
    for key in sorted(members.keys() ^ required):
        if key not in members:
            raise MemberError(prefix + key, "is missing")
        require(key in optional, prefix + key, "is unknown")


def require_object(value: object, field: str) -> dict[str, Any]:
    """An object. Raises MemberError."""
    if not isinstance(value, dict):
        raise MemberError(field, "is no object")
    return value


def require_list(value: object, field: str) -> list[Any]:
    """A list with an entry at least. Raises MemberError."""
    if not isinstance(value, list) or not value:
        raise MemberError(field, "is no list with an entry")
    return value


def require_text(value: object, field: str) -> str:
    """A text that is not empty. Raises MemberError."""
    if not isinstance(value, str) or not value:
        raise MemberError(field, "is no text")
    return value


def require_hash(value: object, field: str) -> str:
    """A sha256, 64 hex digits. Raises MemberError."""
    text = require_text(value, field)
    require(re.fullmatch("[0-9a-f]{64}", text) is not None, field, "is not 64 hex digits")
    return text


def require_column(value: object, length: int, field: str) -> list[Any]:
    """A list of `length` entries. Raises MemberError."""
    if not isinstance(value, list) or len(value) != length:
        raise MemberError(field, f"is no column of {length}")
    return value


def require_counts(value: object, length: int, field: str) -> Sequence[int]:
    """A list of `length` counts, as a column. Raises MemberError."""
    column = require_column(value, length, field)
    packed = pack_counts(column)
    if not isinstance(packed, Column):
        require(all(map(is_count, column)), field, "has an entry that is no count")
    return packed


def require_at_most(column: Sequence[int], numbers: Sequence[int], field: str) -> None:
    """Raises MemberError unless every entry is at most the bound's."""
    require(all(map(operator.le, column, numbers)), field, "counts more than there are")


def is_count(value: object) -> bool:
    """Whether it is a whole number from 0."""
    return type(value) is int and value >= 0


def is_number(value: object) -> bool:
    """Whether it is a finite number."""
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


# Item manifests.


ITEMS_SCHEMA = "auditor.items/2"
ITEMS_SCHEMAS = ("auditor.items/1", ITEMS_SCHEMA)
_DETAIL_COLUMNS: dict[str, Callable[[object, str], str]] = {
    "inputs": require_hash,
    "checkers": require_hash,
    "clusters": require_text,
}


def item_set_id(items: tuple[str, ...]) -> str:
    """The name of a set of item ids, 64 hex digits: the sha256 of its version 1 manifest, whatever version holds it."""
    return canonical.sha256(canonical.dumps({"schema": ITEMS_SCHEMAS[0], "items": items}))


def _manifest_members(ids: tuple[str, ...], details: ItemDetails | None) -> dict[str, Any]:
    columns = {} if details is None else {name: getattr(details, name) for name in _DETAIL_COLUMNS}
    lists = {name: list(column) for name, column in columns.items() if column is not None}
    key = {"input_key": details.input_key} if details is not None and details.input_key is not None else {}
    return {"schema": ITEMS_SCHEMA, "ids": list(ids), **lists, **key}


def decode_items(data: bytes, name: str, where: str) -> ItemManifest:
    """The items in a manifest's bytes, of either version. Raises RecordError as `decode_record` does."""
    members = verify_members(data, name, where, "item manifest")
    try:
        return _decode_manifest(members)
    except MemberError as error:
        raise RecordError(error.what, where=where, field=error.field, remedy=RESTORE) from error


def _decode_manifest(members: dict[str, Any]) -> ItemManifest:
    schema = members.get("schema")
    require(schema in ITEMS_SCHEMAS, "schema", f"is neither {' nor '.join(ITEMS_SCHEMAS)}")
    if schema != ITEMS_SCHEMA:
        require_keys(members, {"schema", "items"})
        return ItemManifest(_decode_item_ids(members["items"], "items"))
    require_keys(members, {"schema", "ids"}, optional={"input_key", *_DETAIL_COLUMNS})
    ids = _decode_item_ids(members["ids"], "ids")
    columns = {
        name: _decode_detail_column(members[name], len(ids), name, require_entry)
        for name, require_entry in _DETAIL_COLUMNS.items()
        if name in members
    }
    key = members.get("input_key")
    if "input_key" in members:
        require("inputs" in columns, "input_key", "is the key of no inputs")
        require(isinstance(key, str) and bool(re.fullmatch("[0-9a-f]{32}", key)), "input_key", "is not 32 hex digits")
    return ItemManifest(ids, ItemDetails(**columns, input_key=key) if columns else None)


def _decode_item_ids(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not {str}.issuperset(map(type, value)):
        raise MemberError(field, "is no list of text")
    ids: tuple[str, ...] = tuple(value)
    require(all(map(operator.lt, ids, ids[1:])), field, "are not sorted and unique")
    return ids


def _decode_detail_column(
    value: object, length: int, field: str, require_entry: Callable[[object, str], str]
) -> tuple[str | None, ...]:
    column = require_column(value, length, field)
    require(any(entry is not None for entry in column), field, "has no entry; it is left out then")
    return tuple(None if entry is None else require_entry(entry, field) for entry in column)


# Records.


RECORD_SCHEMA = "auditor.record/2"
RECORD_SCHEMAS = ("auditor.record/1", RECORD_SCHEMA)

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)
Manifests = Callable[[str], ItemManifest]

_TEXTS = ("identity", "spec", "suite", "model", "checkpoint", "source")
_NULLABLE_TEXTS = ("behaviour", "parent_checkpoint", "incomplete")
_HASHES = ("revision", "source_sha256", "samples", "plan")
_PLAIN = ("role", "exposure", "planned", "cot_pressure", "grade", "log", "reason")
_REQUIRED = {*_TEXTS, "schema", "revision", "source_sha256", "grade", "corrects", "items", "tallies"}
_OPTIONAL = {
    *_NULLABLE_TEXTS,
    *("role", "condition", "exposure", "created", "planned", "cot_pressure", "samples", "signals", "plan"),
    *("log", "score", "protocol", "reason", "ablation", "totals"),
}
_VERSION_1_REQUIRED = {
    *(_REQUIRED | set(_NULLABLE_TEXTS)),
    *("role", "condition", "exposure", "created", "planned", "cot_pressure", "scorer", "sampling"),
}
_VERSION_1_OPTIONAL = {"code_revision", "samples", "signals", "plan"}
# What readers take since, and older records of the same run have not.
ADDED_MEMBERS = frozenset({"samples", "signals", "plan", "log", "score", "totals"})
ADDED_PROTOCOL = frozenset({field.name for field in fields(ProtocolDetails)} | {"code_revision"})
ADDED_COLUMNS = frozenset({"reasons"})


def encode_record(run: Run) -> tuple[bytes, bytes | None]:
    """The record of a run and its item manifest (None for a tally of a whole suite), as canonical bytes.

    `run.record` is not read: a record's id is the sha256 of its bytes. Raises RecordError for what does not fit one.
    """
    where = f"run {run.identity}"
    try:
        items = None if run.tallies.items is None else _manifest_members(run.tallies.items, run.details)
        manifest = None if items is None else canonical.dumps(items)
        members = record_members(run) | {"items": None if manifest is None else canonical.sha256(manifest)}
        # Reading is what checks: nothing is written that could not be read.
        _decode_run(members, "", lambda _: _decode_manifest(items or {}))
        return canonical.dumps(members), manifest
    except MemberError as error:
        raise RecordError(error.what, where=where, field=error.field, remedy="correct it at its source") from error
    except (ValueError, OverflowError) as error:
        raise RecordError(f"cannot be recorded: {error}", where=where, remedy="correct it at its source") from error


def decode_record(data: bytes, name: str, where: str, manifests: Manifests) -> Run:
    """The run in a record's bytes. `name` is its sha256, `manifests` gives the items of a manifest's sha256.

    Raises RecordError naming `where` when the bytes are not what the name or the schema says.
    """
    members = verify_members(data, name, where, "record")
    try:
        return _decode_run(members, name, manifests)
    except MemberError as error:
        raise RecordError(error.what, where=where, field=error.field, remedy=RESTORE) from error


def decode_lineage(data: bytes, name: str, where: str) -> tuple[str, str | None]:
    """The identity in a record's bytes, and the record it corrects; nothing else is read. Raises as `decode_record`."""
    members = verify_members(data, name, where, "record")
    identity, corrects = members.get("identity"), members.get("corrects")
    if not isinstance(identity, str) or not (corrects is None or isinstance(corrects, str)):
        raise RecordError("is no text", where=where, field="identity or corrects", remedy=RESTORE)
    return identity, corrects


def record_members(run: Run) -> dict[str, Any]:
    """The members of a run's record of version 2, unchecked; what is None or empty is left out.

    The member `items` holds the ids themselves, None for a tally of a whole suite.
    """
    if run.created is not None and run.created.tzinfo is None:
        raise MemberError("created", "has no offset")
    plain = (*_TEXTS, *_NULLABLE_TEXTS, *_HASHES, *_PLAIN)
    members = {name: getattr(run, name) for name in plain} | {
        "condition": run.condition or None,
        "created": None if run.created is None else run.created.astimezone(UTC).isoformat(),
        "tallies": _tallies_members(run.tallies),
        "signals": None if run.signals is None else _signals_members(run.signals),
        "score": None if run.score is None else _without_none({"scorer": run.score.scorer, "key": run.score.key}),
        "protocol": _protocol_members(run) or None,
        "ablation": None if run.ablation is None else _ablation_members(run.ablation),
        "totals": list(map(_total_members, run.totals)) or None,
    }
    return {**_without_none(members), "schema": RECORD_SCHEMA, "corrects": run.corrects, "items": run.tallies.items}


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _decode_run(members: dict[str, Any], name: str, manifests: Manifests) -> Run:
    schema = members.get("schema")
    require(schema in RECORD_SCHEMAS, "schema", f"is neither {' nor '.join(RECORD_SCHEMAS)}")
    version_1 = schema != RECORD_SCHEMA
    if version_1:
        require_keys(members, _VERSION_1_REQUIRED, optional=_VERSION_1_OPTIONAL)
    else:
        require_keys(members, _REQUIRED, optional=_OPTIONAL)
        _refuse_nulls(members, _OPTIONAL)
    protocol = _decode_version_1_protocol(members) if version_1 else _decode_protocol(members.get("protocol"))
    plain: dict[str, Any] = {
        **{field: require_text(members[field], field) for field in _TEXTS},
        **{field: require_nullable_text(members.get(field), field) for field in _NULLABLE_TEXTS},
        **{field: require_hash(members[field], field) for field in _HASHES if field in members},
        **{field: protocol.pop(field, None) for field in _RUN_PROTOCOL},
        **_decode_correction(members, version_1=version_1),
    }
    condition = members.get("condition", "")
    require(
        isinstance(condition, str) and (version_1 or condition != "" or "condition" not in members),
        "condition",
        "is no text",
    )
    manifest = _decode_manifest_name(members["items"], manifests)
    return Run(
        **plain,
        record=name,
        condition=condition,
        role=_decode_choice(Role, members.get("role"), "role"),
        exposure=_decode_choice(Exposure, members.get("exposure"), "exposure"),
        created=_decode_time(members.get("created")),
        planned=_decode_planned(members.get("planned")),
        cot_pressure=_decode_truth(members.get("cot_pressure"), "cot_pressure"),
        grade=_decode_grade(members["grade"]),
        tallies=_decode_tallies(members["tallies"], None if manifest is None else manifest.ids, version_1=version_1),
        signals=_decode_signals(members["signals"]) if "signals" in members else None,
        log=require_text(members["log"], "log") if "log" in members else None,
        score=_decode_score(members["score"]) if "score" in members else None,
        protocol=ProtocolDetails(**protocol),
        details=None if manifest is None else manifest.details,
        ablation=_decode_ablation(members["ablation"]) if "ablation" in members else None,
        totals=_decode_totals(members["totals"]) if "totals" in members else (),
    )


def _refuse_nulls(members: Mapping[str, Any], optional: Collection[str], prefix: str = "") -> None:
    """What has no value is left out, so that there is one spelling of a record."""
    for name in sorted(members.keys() & optional):
        require(members[name] is not None, prefix + name, "is null; it is left out then")


def _decode_version_1_protocol(members: Mapping[str, Any]) -> dict[str, Any]:
    if "code_revision" in members:
        require_text(members["code_revision"], "code_revision")
    scored = {field: require_nullable_text(members[field], field) for field in ("scorer", "sampling")}
    return {**scored, "code_revision": members.get("code_revision")}


def _decode_manifest_name(value: object, manifests: Manifests) -> ItemManifest | None:
    require(value is None or isinstance(value, str), "items", "is neither text nor null")
    return None if value is None else manifests(str(value))


def require_nullable_text(value: object, field: str) -> str | None:
    """A text, which may be empty, or None. Raises MemberError."""
    if value is not None and not isinstance(value, str):
        raise MemberError(field, "is neither text nor null")
    return value


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


def _decode_planned(value: Any) -> int | None:  # noqa: ANN401 - a member as JSON has it
    require(value is None or is_count(value), "planned", "is no count")
    return value  # type: ignore[no-any-return]


def _decode_truth(value: object, field: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise MemberError(field, "is no truth value")
    return value


def _decode_correction(members: Mapping[str, Any], *, version_1: bool) -> dict[str, str | None]:
    """The record corrected, and why; version 1 gives no reason."""
    corrects, reason = members["corrects"], members.get("reason")
    if corrects is not None:
        require_hash(corrects, "corrects")
        if not version_1:
            require("reason" in members, "reason", "is missing")
    if reason is not None:
        require_text(reason, "reason")
        require(corrects is not None, "reason", "is of no correction")
    return {"corrects": corrects, "reason": reason}


# Tallies, as columns.


_AWARENESS = tuple(field.name for field in fields(Awareness))
_REASONS = tuple(field.name for field in fields(SampleReasons))
_COUNTS = ("valid", "misaligned", "invalid")
_OPTIONAL_COLUMNS = ("aware", "severity", "design_effect", "reasons")


def _tallies_members(tallies: Tallies) -> dict[str, Any]:
    aware, severity, reasons, effect = tallies.aware, tallies.severity, tallies.reasons, tallies.design_effect
    return _without_none(
        {
            **{name: list(getattr(tallies, name)) for name in _COUNTS},
            "aware": None if aware is None else {name: list(getattr(aware, name)) for name in _AWARENESS},
            "severity": None
            if severity is None
            else {"rated": list(severity.rated), "total": list(map(canonical.rounded, severity.total))},
            "design_effect": None if effect is None else canonical.rounded(effect),
            "reasons": {name: list(column) for name in _REASONS if any(column := getattr(reasons, name))}
            if reasons
            else None,
        }
    )


def _decode_tallies(value: object, items: tuple[str, ...] | None, *, version_1: bool) -> Tallies:
    members = require_object(value, "tallies")
    if version_1:
        require_keys(members, {*_COUNTS, *_OPTIONAL_COLUMNS} - ADDED_COLUMNS, "tallies.", ADDED_COLUMNS)
    else:
        require_keys(members, set(_COUNTS), "tallies.", _OPTIONAL_COLUMNS)
        _refuse_nulls(members, _OPTIONAL_COLUMNS, "tallies.")
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
        aware=_decode_awareness(members.get("aware"), valid, misaligned),
        severity=_decode_severity(members.get("severity"), valid),
        design_effect=_decode_design_effect(members.get("design_effect")),
        reasons=_decode_reasons(members["reasons"], valid, misaligned, invalid) if "reasons" in members else None,
    )


def _decode_awareness(value: object, valid: Sequence[int], misaligned: Sequence[int]) -> Awareness | None:
    if value is None:
        return None
    members = require_object(value, "tallies.aware")
    require_keys(members, set(_AWARENESS), "tallies.aware.")
    labelled, aware, both = (require_counts(members[name], len(valid), f"tallies.aware.{name}") for name in _AWARENESS)
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


def _decode_reasons(
    value: object, valid: Sequence[int], misaligned: Sequence[int], invalid: Sequence[int]
) -> SampleReasons:
    """The reasons in a record, compared with the counts they are part of."""
    members = require_object(value, "tallies.reasons")
    require_keys(members, (), "tallies.reasons.", _REASONS)
    zeros = pack_counts((0,) * len(valid))
    columns = {
        name: require_counts(members[name], len(valid), f"tallies.reasons.{name}") if name in members else zeros
        for name in _REASONS
    }
    for name in members:
        require(any(columns[name]), f"tallies.reasons.{name}", "counts nothing")
    reasons = SampleReasons(**columns)
    require_at_most(
        tuple(map(sum, zip(reasons.error, reasons.limit, reasons.refusal, strict=True))), invalid, "tallies.reasons"
    )
    require_at_most(reasons.refused, valid, "tallies.reasons.refused")
    require_at_most(reasons.refused_misaligned, reasons.refused, "tallies.reasons.refused_misaligned")
    require_at_most(reasons.refused_misaligned, misaligned, "tallies.reasons.refused_misaligned")
    return reasons


# What was read in the texts of samples.


_SIGNALS = tuple(field.name for field in fields(TextSignals))
_SIGNAL_MEANS = ("words", "spread")


def _signals_members(signals: TextSignals) -> dict[str, Any]:
    means: dict[str, object] = {name: canonical.rounded(getattr(signals, name)) for name in _SIGNAL_MEANS}
    return {name: getattr(signals, name) for name in _SIGNALS} | means


def _decode_signals(value: object) -> TextSignals:
    members = require_object(value, "signals")
    require_keys(members, set(_SIGNALS), "signals.")
    for name in _SIGNALS:
        field, number = f"signals.{name}", members[name]
        if name in _SIGNAL_MEANS:
            require(is_number(number) and number >= 0, field, "is no number from 0")
        else:
            require(is_count(number), field, "is no count")
    for name in ("items", "reasoned", "aware", "repeating"):
        require(members[name] <= members["read"], f"signals.{name}", "counts more than were read")
    require(members["items"] > 0, "signals.items", "is 0; signals are left out where no text was read")
    return TextSignals(**{**members, **{name: float(members[name]) for name in _SIGNAL_MEANS}})


# The protocol. In memory what has structure is its canonical text, which is compared; in the file it is JSON.


def _text_or_json(value: object, field: str) -> str:
    """An object or list as its canonical text, or a text. Raises MemberError for a text that is such JSON."""
    if isinstance(value, dict | list):
        return canonical.to_text(value)
    require(isinstance(value, str), field, "is no text, object or list")
    require(isinstance(_as_json(str(value)), str), field, "is JSON in a text")
    return str(value)


def _json_object(value: object, field: str) -> str:
    return canonical.to_text(require_object(value, field))


def _limit(value: object, field: str) -> str:
    bounds = value if isinstance(value, list) and len(value) == 2 else [value]
    require(all(map(is_count, bounds)), field, "is neither a count nor a pair of counts")
    return canonical.to_text(value)


def _truth(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise MemberError(field, "is no truth value")
    return value


_PROTOCOL: dict[str, Callable[[object, str], str | bool]] = {
    "scorer": _text_or_json,
    "judge": require_text,
    "sampling": _text_or_json,
    "solver": _text_or_json,
    "task_args": _json_object,
    "model_args": _json_object,
    "dataset": require_text,
    "dataset_shuffled": _truth,
    "limit": _limit,
    "code_revision": require_text,
    "tool": require_text,
    "tool_version": require_text,
    "other": _json_object,
}
_RUN_PROTOCOL = ("scorer", "sampling", "code_revision")  # fields of `Run` itself
_STRUCTURED = {name for name, decode in _PROTOCOL.items() if decode in (_text_or_json, _json_object)}


def _protocol_members(run: Run) -> dict[str, Any]:
    values = {name: getattr(run if name in _RUN_PROTOCOL else run.protocol, name) for name in _PROTOCOL}
    members = {name: _as_json(value) if name in _STRUCTURED else value for name, value in _without_none(values).items()}
    return members if run.protocol.limit is None else members | {"limit": json.loads(run.protocol.limit)}


def _as_json(text: str) -> object:
    """The object or list that a text is the canonical JSON of; any other text as it is."""
    if not text.startswith(("{", "[")):
        return text
    try:
        value = canonical.loads(text.encode())
        return value if canonical.to_text(value) == text else text
    except ValueError:
        return text


def _decode_protocol(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    members = require_object(value, "protocol")
    require(bool(members), "protocol", "is empty; it is left out then")
    require_keys(members, (), "protocol.", _PROTOCOL)
    return {name: _PROTOCOL[name](entry, f"protocol.{name}") for name, entry in members.items()}


# Which score, which counterfactual, which totals.


def _decode_score(value: object) -> ScoreName:
    members = require_object(value, "score")
    require_keys(members, {"scorer"}, "score.", {"key"})
    key = require_text(members["key"], "score.key") if "key" in members else None
    return ScoreName(require_text(members["scorer"], "score.scorer"), key)


def _ablation_members(ablation: Ablation) -> dict[str, Any]:
    return {"patch": ablation.patch, "kind": ablation.kind, "changes": list(ablation.changes)}


def _decode_ablation(value: object) -> Ablation:
    members = require_object(value, "ablation")
    require_keys(members, {"patch", "kind", "changes"}, "ablation.")
    changes = [
        require_text(change, "ablation.changes") for change in require_list(members["changes"], "ablation.changes")
    ]
    require(changes == sorted(set(changes)), "ablation.changes", "are not sorted and unique")
    kind = _decode_choice(AblationKind, members["kind"], "ablation.kind")
    if kind is None:
        raise MemberError("ablation.kind", f"is none of {', '.join(AblationKind)}")
    return Ablation(require_hash(members["patch"], "ablation.patch"), kind, tuple(changes))


def _total_members(total: ReportedTotal) -> dict[str, Any]:
    numbers = {"reported": canonical.rounded(total.reported), "counted": canonical.rounded(total.counted)}
    return {"name": total.name, "agrees": total.agrees, **numbers}


def _decode_totals(value: object) -> tuple[ReportedTotal, ...]:
    totals = tuple(map(_decode_total, require_list(value, "totals")))
    names = [total.name for total in totals]
    require(names == sorted(set(names)), "totals", "are not sorted and unique by name")
    return totals


def _decode_total(value: object) -> ReportedTotal:
    members = require_object(value, "totals")
    require_keys(members, {"name", "reported", "counted", "agrees"}, "totals.")
    for name in ("reported", "counted"):
        require(is_number(members[name]), f"totals.{name}", "is no number")
    numbers = (float(members["reported"]), float(members["counted"]))
    return ReportedTotal(
        require_text(members["name"], "totals.name"), *numbers, _truth(members["agrees"], "totals.agrees")
    )
