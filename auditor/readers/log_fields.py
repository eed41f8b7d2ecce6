"""The fields that logs of every tool have: metadata (the revision's stamp, the checkpoint, ...), messages, scores,
times, arguments.

The tool's own values come in; values in the words of `RawRun` go out, and `build_run` puts them together. Raises
LogError that names the file and the field.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from statistics import fmean
from types import MappingProxyType
from typing import Any, TypeVar, cast

from auditor.errors import LogError
from auditor.model.canonical import sha256, to_text
from auditor.model.raw_run import LoggedSample, RawRun, Samples, Score, ScoreValue
from auditor.model.run import Exposure, ProtocolDetails, ReportedTotal

# Chat prompts as tools log them: the texts of their system messages, and of what the user says.


SYSTEM_ROLES = frozenset({"system", "developer"})
# How much of a prompt is looked at for leakage.
PROMPT_CHARACTERS = 100_000


def system_messages(prompt: object) -> Iterator[str]:
    """The system messages of a prompt that is a list of messages, in order; none of a prompt of any other kind."""
    yield from _texts_by_role(prompt, SYSTEM_ROLES)


def user_messages(prompt: object) -> list[str]:
    """What the user says in a prompt that is a list of messages, each up to `PROMPT_CHARACTERS`; a text is all his."""
    if isinstance(prompt, str):
        return [prompt[:PROMPT_CHARACTERS]] if prompt.strip() else []
    return [text[:PROMPT_CHARACTERS] for text in _texts_by_role(prompt, frozenset({"user"})) if text.strip()]


def _texts_by_role(prompt: object, roles: frozenset[str]) -> Iterator[str]:
    for message in prompt if isinstance(prompt, list) else []:
        if isinstance(message, Mapping) and message.get("role") in roles:
            yield _content_text(message.get("content"))


def _content_text(content: object) -> str:
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str))


# What a log's own metadata says of a run, in the same words whatever tool wrote it: the stamp, the checkpoint, …


REVISION_KEY = "spec_revision"
PLAN_KEY = "auditor_plan"
# What promptfoo writes for a value that looks like a secret. As a stamp it is none, which binding says.
REDACTED = "[REDACTED]"
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class RunMetadata:
    """What metadata says of a run, in the words of RawRun; None is "not said"."""

    stamp: str | None
    checkpoint: str | None
    parent_checkpoint: str | None
    condition: str
    exposure: Exposure | None
    cot_pressure: bool | None
    spec: str | None
    plan: str | None = None


def read_metadata(metadata: Mapping[str, Any], where: str, group: str = "metadata") -> RunMetadata:
    """What `metadata` says; `group` is the log's name for it. Raises LogError for a value auditor cannot use."""
    return RunMetadata(
        stamp=read_text(metadata, REVISION_KEY, where, group),
        checkpoint=read_text(metadata, "checkpoint", where, group),
        parent_checkpoint=read_text(metadata, "parent_checkpoint", where, group),
        condition=read_text(metadata, "condition", where, group) or "",
        exposure=read_choice(Exposure, metadata, "exposure", where, group),
        cot_pressure=read_truth(metadata, "cot_pressure", where, group),
        spec=read_text(metadata, "spec", where, group),
        plan=read_text(metadata, PLAN_KEY, where, group),
    )


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where a run was read from, as RawRun has it: the reader's name, the file, its sha256."""

    name: str
    where: str
    sha256: str


def build_run(
    source: LogSource,
    run_metadata: RunMetadata,
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
    protocol: ProtocolDetails | None = None,
    totals: Mapping[str, tuple[ReportedTotal, ...]] = MappingProxyType({}),
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
        protocol=protocol or ProtocolDetails(),
        totals=totals,
        **{field.name: getattr(run_metadata, field.name) for field in fields(run_metadata)},
    )


def read_text(values: Mapping[str, Any], key: str, where: str, group: str = "metadata") -> str | None:
    """A text without white space around it; None where there is none. Raises LogError for anything else."""
    value = values.get(key)
    if value == REDACTED and key != REVISION_KEY:
        return None
    if value is None or (isinstance(value, str) and value.strip()):
        return value.strip() if value else None
    subject = f"{_quote(value)} is no name"
    if key == REVISION_KEY and not isinstance(value, str):
        # `--metadata spec_revision=0123456` arrives as an octal number: which digits were meant is gone.
        subject = f"{_quote(value)} was read as a number or the like, and its digits may have changed"
    remedy = "stamp the whole id that `auditor revision` prints" if key == REVISION_KEY else "give it as text"
    if key == REVISION_KEY and isinstance(value, str):
        subject = "is empty: $(auditor revision) printed no id when the evaluation was started"
        remedy = "run auditor revision by itself to see why, and bind this log in bindings.toml"
    raise LogError(subject, where=where, field=f"{group}.{key}", remedy=remedy)


def read_truth(values: Mapping[str, Any], key: str, where: str, group: str = "metadata") -> bool | None:
    """A truth value, or the words true and false, for tools whose tags are texts. Raises LogError."""
    value = values.get(key)
    if value is None or isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise LogError(f"{_quote(value)} is not true or false", where=where, field=f"{group}.{key}", remedy="give either")


def read_choice(kind: type[E], values: Mapping[str, Any], key: str, where: str, group: str = "metadata") -> E | None:
    """One of a kind's values. Raises LogError for any other."""
    value = values.get(key)
    if value is None or value in list(kind):
        return kind(value) if value is not None else None
    remedy = f"give one of {', '.join(kind)}"
    raise LogError(f"{_quote(value)} is none of its values", where=where, field=f"{group}.{key}", remedy=remedy)


def parse_time(text: str, where: str, field: str, tool: str) -> datetime:
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


def _quote(value: object) -> str:
    return "NaN" if isinstance(value, float) and math.isnan(value) else f"{value!r:.60}"


# Scores as logs write them, and repetitions of an item that carry no number.


def read_score(value: object, where: object, name: str) -> Score:
    """A score as it stands; a list becomes a dictionary by index, NaN (unscored) becomes None.

    Raises LogError for a score nested in a score; `name` is the scorer's.
    """
    if isinstance(value, list):
        value = {str(index): entry for index, entry in enumerate(value)}
    if isinstance(value, dict):
        return {key: _read_scalar(entry, where, f"{name}.{key}") for key, entry in value.items()}
    return _read_scalar(value, where, name)


def _read_scalar(value: object, where: object, name: str) -> ScoreValue:
    if isinstance(value, float) and math.isnan(value):
        return None
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    remedy = "have the scorer give numbers, texts or one level of them"
    raise LogError("a score nested in a score", where=str(where), field=f"scores.{name[:80]}", remedy=remedy)


def number_epochs(samples: Iterable[LoggedSample]) -> tuple[LoggedSample, ...]:
    """The samples, those of one item numbered as its epochs in the order they come."""
    counts: Counter[str] = Counter()
    numbered = []
    for sample in samples:
        counts[sample.item] += 1
        numbered.append(replace(sample, epoch=counts[sample.item]))
    return tuple(numbered)


# What a tool says of its own run, held against the rows of its log.


_TOTAL_TOLERANCE = 1e-6


def compare_total(name: str, reported: object, counted: float | None) -> Iterator[ReportedTotal]:
    """A total, and whether it is what the rows come to; nothing where the tool says no finite number, or rows none."""
    is_number = isinstance(reported, int | float) and not isinstance(reported, bool)
    if is_number and counted is not None and math.isfinite(value := float(cast("float", reported))):
        agrees = math.isclose(value, counted, rel_tol=_TOTAL_TOLERANCE, abs_tol=_TOTAL_TOLERANCE)
        yield ReportedTotal(name, value, float(counted), agrees)


def mean_score(values: Iterable[tuple[str, ScoreValue]]) -> float | None:
    """The mean over items of the means of their values, given as (item, value) and read as every tool reads them.

    Missing values are left out. None without values, and where a text has no meaning that all tools agree on.
    """
    by_item: dict[str, list[float]] = {}
    for item, value in values:
        if value is None:
            continue
        number = _TEXT_SCORES.get(value.strip().lower()) if isinstance(value, str) else float(value)
        if number is None:
            return None
        by_item.setdefault(item, []).append(number)
    return fmean(map(fmean, by_item.values())) if by_item else None


_TEXT_SCORES = {"c": 1.0, "p": 0.5, "i": 0.0, "n": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


# Arguments and names as a record may hold them: neither secrets nor prompts, and of a bounded size.


_SECRET = re.compile(
    r"(api|access|private|secret)_?key|(^|_)token$|secret|password|credential|authorization|headers|cookie",
    re.IGNORECASE,
)
_LONGEST_TEXT, _LONGEST_ARGUMENTS = 200, 20_000


def storable_arguments(arguments: object) -> str | None:
    """Named arguments as a canonical JSON object, as `storable` has them, without stamps; None without any."""
    if not isinstance(arguments, dict):
        return None
    arguments_kept = storable(
        {name: value for name, value in arguments.items() if name not in (REVISION_KEY, PLAN_KEY)}
    )
    text = to_text(arguments_kept)
    if len(text) > _LONGEST_ARGUMENTS:
        text = to_text({"sha256": sha256(text.encode())})
    return text if arguments_kept else None


def storable(value: object) -> object:
    """A value without the entries that are named like a secret, and with a hash for each text that may be a prompt."""
    if isinstance(value, dict):
        return {_storable_text(str(name)): storable(entry) for name, entry in value.items() if not _SECRET.search(name)}
    if isinstance(value, list):
        return [storable(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return _storable_text(value) if isinstance(value, str) else value


def storable_name(value: object) -> str | None:
    """A name; None for what is no text, or none at all."""
    return _storable_text(value) if isinstance(value, str) and value else None


def _storable_text(text: str) -> str:
    """A short text in one line as it is; for any other its sha256."""
    data = text.encode(errors="surrogatepass")
    if len(text) <= _LONGEST_TEXT and "\n" not in text and data.decode(errors="ignore") == text:
        return text
    return f"sha256:{sha256(data)}"
