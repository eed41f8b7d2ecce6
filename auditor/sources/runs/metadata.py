"""What a log's own metadata says of a run, in the same words whatever tool wrote it: the stamp, the checkpoint, …"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from auditor.errors import LogError
from auditor.model.raw_run import RawRun, Samples
from auditor.model.run import Exposure

STAMP = "spec_revision"
PLAN = "auditor_plan"
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Said:
    """What metadata says of a run, in the words of RawRun; None is "not said"."""

    stamp: str | None
    checkpoint: str | None
    parent_checkpoint: str | None
    condition: str
    exposure: Exposure | None
    cot_pressure: bool | None
    spec: str | None
    plan: str | None = None


def said_in(metadata: Mapping[str, Any], where: str, group: str = "metadata") -> Said:
    """What `metadata` says; `group` is the log's name for it. Raises LogError for a value auditor cannot use."""
    return Said(
        stamp=text_of(metadata, STAMP, where, group),
        checkpoint=text_of(metadata, "checkpoint", where, group),
        parent_checkpoint=text_of(metadata, "parent_checkpoint", where, group),
        condition=text_of(metadata, "condition", where, group) or "",
        exposure=choice_of(Exposure, metadata, "exposure", where, group),
        cot_pressure=truth_of(metadata, "cot_pressure", where, group),
        spec=text_of(metadata, "spec", where, group),
        plan=text_of(metadata, PLAN, where, group),
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Where a run was read from, as RawRun has it: the reader's name, the file, its sha256."""

    name: str
    where: str
    sha256: str


def run_of(
    source: Source,
    said: Said,
    *,
    suite: str,
    model: str,
    samples: Samples,
    log_id: str | None,
    run: str = "",
    system_messages: tuple[str, ...] = (),
    scorer: str | None = None,
    sampling: str | None = None,
    created: datetime | None = None,
    planned: int | None = None,
    incomplete: str | None = None,
    prompts: tuple[tuple[str, str], ...] = (),
    code_revision: str | None = None,
) -> RawRun:
    """A run of a log: what the metadata said, and what else the reader found, in the words of RawRun."""
    return RawRun(
        source=source.name,
        where=source.where,
        source_sha256=source.sha256,
        log_id=log_id,
        run=run,
        suite=suite,
        system_messages=system_messages,
        model=model,
        behaviour=None,
        role=None,
        scorer=scorer,
        sampling=sampling,
        created=created,
        planned=planned,
        incomplete=incomplete,
        samples=samples,
        prompts=prompts,
        code_revision=code_revision,
        **{field.name: getattr(said, field.name) for field in fields(said)},
    )


def text_of(values: Mapping[str, Any], key: str, where: str, group: str = "metadata") -> str | None:
    """A text without white space around it; None where there is none. Raises LogError for anything else."""
    value = values.get(key)
    if value is None or (isinstance(value, str) and value.strip()):
        return value.strip() if value else None
    what = f"{_shown(value)} is no name"
    if key == STAMP and not isinstance(value, str):
        # `--metadata spec_revision=0123456` arrives as an octal number: which digits were meant is gone.
        what = f"{_shown(value)} was read as a number or the like, and its digits may have changed"
    remedy = "stamp the whole id that `auditor revision` prints" if key == STAMP else "give it as text"
    raise LogError(what, where=where, field=f"{group}.{key}", remedy=remedy)


def truth_of(values: Mapping[str, Any], key: str, where: str, group: str = "metadata") -> bool | None:
    """A truth value, or the words true and false, for tools whose tags are texts. Raises LogError."""
    value = values.get(key)
    if value is None or isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise LogError(f"{_shown(value)} is not true or false", where=where, field=f"{group}.{key}", remedy="give either")


def choice_of(kind: type[E], values: Mapping[str, Any], key: str, where: str, group: str = "metadata") -> E | None:
    """One of a kind's values. Raises LogError for any other."""
    value = values.get(key)
    if value is None or value in list(kind):
        return kind(value) if value is not None else None
    remedy = f"give one of {', '.join(kind)}"
    raise LogError(f"{_shown(value)} is none of its values", where=where, field=f"{group}.{key}", remedy=remedy)


def time_of(text: str, where: str, field: str, tool: str) -> datetime:
    """An ISO 8601 time with its offset. Raises LogError naming the tool for any other text."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = f"give a log {tool} wrote"
        raise LogError(f"{text[:40]!r} is no ISO 8601 time", where=where, field=field, remedy=remedy) from error
    if time.utcoffset() is None:
        remedy = "add the offset the log was written in"
        raise LogError(f"{text[:40]!r} has no offset from UTC", where=where, field=field, remedy=remedy)
    return time


def _shown(value: object) -> str:
    return "NaN" if isinstance(value, float) and math.isnan(value) else f"{value!r:.60}"
