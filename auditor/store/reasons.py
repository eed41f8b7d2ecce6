"""Why samples are invalid, as columns: counted on the way in, written into records, read back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields

from auditor.model.raw_run import JudgedSample, LoggedSample
from auditor.model.run import INVALID_REASON_PATTERNS, SampleReasons
from auditor.store.members import Fault, at_most, counts_of, object_of, same_keys

_COLUMNS = tuple(field.name for field in fields(SampleReasons))
_KINDS = {kind: re.compile(pattern) for kind, pattern in INVALID_REASON_PATTERNS.items()}


def reason_kind(said: str | None) -> str | None:
    """What a reason is: error, limit or refusal; None for any other."""
    text = (said or "").lower()
    return next((kind for kind, pattern in _KINDS.items() if pattern.match(text)), None)


def count_reasons(
    samples: Sequence[LoggedSample | JudgedSample], misaligned: Sequence[bool | None], items: tuple[str, ...]
) -> SampleReasons | None:
    """The reasons of samples with their verdicts, None for an invalid one; None where nothing is said of any."""
    columns = {name: Counter[str]() for name in _COLUMNS}
    for sample, verdict in zip(samples, misaligned, strict=True):
        if verdict is None:
            if kind := reason_kind(sample.invalid_reason):
                columns[kind][sample.item] += 1
        elif isinstance(sample, LoggedSample) and sample.refused:
            columns["refused"][sample.item] += 1
            columns["refused_misaligned"][sample.item] += verdict
    return SampleReasons(*(tuple(map(column.__getitem__, items)) for column in columns.values())) or None


def reasons_payload(reasons: SampleReasons) -> dict[str, list[int]]:
    """The columns that count anything."""
    return {name: list(column) for name in _COLUMNS if any(column := getattr(reasons, name))}


def reasons_of(
    value: object, valid: tuple[int, ...], misaligned: tuple[int, ...], invalid: tuple[int, ...]
) -> SampleReasons:
    """The reasons in a record, held to the counts they are part of. Raises Fault."""
    members = object_of(value, "tallies.reasons")
    same_keys(members, set(_COLUMNS) & members.keys(), "tallies.reasons.")
    none = (0,) * len(valid)
    columns = {
        name: counts_of(members[name], len(valid), f"tallies.reasons.{name}") if name in members else none
        for name in _COLUMNS
    }
    for name in members:
        if not any(columns[name]):
            raise Fault(f"tallies.reasons.{name}", "counts nothing")
    reasons = SampleReasons(**columns)
    ended = tuple(map(sum, zip(reasons.error, reasons.limit, reasons.refusal, strict=True)))
    at_most(ended, invalid, "tallies.reasons")
    at_most(reasons.refused, valid, "tallies.reasons.refused")
    at_most(reasons.refused_misaligned, reasons.refused, "tallies.reasons.refused_misaligned")
    at_most(reasons.refused_misaligned, misaligned, "tallies.reasons.refused_misaligned")
    return reasons
