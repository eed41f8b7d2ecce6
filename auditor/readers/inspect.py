"""Inspect logs: `.eval` archives and whole `.json` logs, read without inspect_ai; one run a log.

In this order: the log's objects as pydantic models (unknown keys are skipped: the schema grows), a sample, the header,
the members of an archive, the reader. Scores come from the samples' summaries and are compared with the samples in
full; the log's own aggregates are not used. A sample that failed, hit a limit or was invalidated is recorded as
invalid, never left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import fmean, variance
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, TypeAdapter

from auditor.clauses.transcript_signals import SIGNAL_RULES, SampleSignals, detect_signals
from auditor.errors import LogError
from auditor.model.canonical import to_text
from auditor.model.raw_run import LoggedSample, RawRun, Score, ScoreValue
from auditor.model.run import ProtocolDetails, ReportedTotal, TextSignals
from auditor.readers.interface import ReadOptions, without_garbage_collection
from auditor.readers.items import ItemHasher, hash_checker
from auditor.readers.json_files import (
    MAX_DOCUMENT_BYTES,
    REFETCH,
    STRICT,
    Count,
    canonical_text,
    first_key,
    parse_document,
    read_bytes,
    validate,
)
from auditor.readers.log_fields import (
    PROMPT_CHARACTERS,
    REVISION_KEY,
    LogSource,
    RunMetadata,
    build_run,
    compare_total,
    mean_score,
    parse_time,
    read_metadata,
    read_score,
    read_text,
    storable,
    storable_arguments,
    storable_name,
)
from auditor.readers.zip_members import Archive, open_archive

# The parts of an Inspect log that are read, as its JSON has them. Unknown keys are skipped: the schema grows.


MAX_LIST = 200_000
MAX_ID = 10_000
ItemId = int | Annotated[str, Field(min_length=1, max_length=MAX_ID)]


class Part(BaseModel):
    """An object of the log."""

    model_config = STRICT


class Dataset(Part):
    """`samples` counts the whole dataset, whatever `--limit` left of it. What decides no verdict may be of any type."""

    samples: Count | None = None
    name: Any = None
    location: Any = None
    shuffled: Any = None


class Config(Part):
    """`epochs` is absent in older logs, which had one."""

    epochs: Annotated[int, Field(ge=1, le=10**6)] | None = None
    limit: Any = None


class ModelRole(Part):
    """The model that plays a role, such as `target` or `grader`."""

    model: str
    config: dict[str, Any] = {}


class Scorer(Part):
    """A scorer and how it was set up."""

    name: str
    options: dict[str, Any] | None = None


class Revision(Part):
    """The commit of the evaluation's code."""

    commit: str = ""
    dirty: bool | None = None


class Eval(Part):
    """What was to be run."""

    eval_id: str = ""
    run_id: str = ""
    task_id: str = ""
    created: str
    task: Annotated[str, Field(min_length=1)]
    task_args: dict[str, Any] = {}
    model_args: Any = None
    packages: Any = None
    model: Annotated[str, Field(min_length=1)]
    model_roles: dict[str, ModelRole | list[ModelRole]] | None = None
    model_generate_config: dict[str, Any] | None = None
    dataset: Dataset = Dataset()
    config: Config = Config()
    scorers: list[Scorer] | None = None
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    revision: Revision | None = None


class Step(Part):
    """One solver."""

    solver: str
    params: dict[str, Any] = {}


class Plan(Part):
    """The solvers, and the generation settings that go over the model's own."""

    steps: list[Step] = []
    config: dict[str, Any] | None = None


class ResultScore(Part):
    """A scorer as older logs name it, and its metrics."""

    name: str
    scorer: str | None = None
    params: dict[str, Any] = {}
    reducer: str | None = None
    metrics: dict[str, Any] = {}


class Results(Part):
    """The aggregates, which are held against the samples and used for nothing else."""

    total_samples: Count | None = None
    completed_samples: Count | None = None
    scores: list[ResultScore] = []


class Header(Part):
    """`header.json`, a whole `.json` log without its samples, or `_journal/start.json` (which has no status)."""

    version: Literal[1, 2] = 2
    status: str = "started"
    eval: Eval
    plan: Plan = Plan()
    results: Results | None = None
    error: dict[str, Any] | None = None
    log_updates: list[Any] | None = None
    tags: list[str] = []
    metadata: dict[str, Any] = {}


# Of what follows a log holds thousands. A default that can be changed is deeply copied for each, which takes longer
# than all the rest of it; a factory makes a new one.


class LoggedScore(Part):
    """A score; a later edit has replaced `value`, and left what it was in `history`."""

    value: Any = None
    history: list[Any] = Field(default_factory=list)


class ErrorInfo(Part):
    """Why a sample, or the log, failed."""

    message: str = ""


class LimitInfo(Part):
    """Which limit ended a sample."""

    type: str = "unknown"


class Content(Part):
    """One part of a message's content: text, or reasoning; of reasoning that is withheld there may be a summary."""

    text: str | None = None
    reasoning: str | None = None
    summary: str | None = None
    redacted: bool = False


class Message(Part):
    """A chat message; logs of early 2025 have its reasoning beside the content."""

    role: str = ""
    content: str | list[str | Content] = ""
    reasoning: str | None = None


class Choice(Part):
    """One answer, and why it ended."""

    stop_reason: str | None = None


class Output(Part):
    """What the model answered last."""

    choices: list[Choice] = Field(default_factory=list, max_length=MAX_LIST)


class Sample(Part):
    """A row of `summaries.json`, or a sample in full."""

    id: ItemId
    uuid: str | None = None
    epoch: Annotated[int, Field(ge=1)]
    scores: dict[str, LoggedScore] | None = None
    score: LoggedScore | None = None
    error: str | ErrorInfo | None = None
    limit: str | LimitInfo | None = None
    completed: bool | None = None
    invalidation: dict[str, Any] | None = None
    input: Any = None
    choices: Any = None
    files: Any = None
    setup: Any = None
    target: Any = None
    messages: list[Message] = Field(default_factory=list, max_length=MAX_LIST)
    message_refs: list[Annotated[list[Count], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    attachments: dict[str, str] = Field(default_factory=dict)
    output: Output | None = None


HEADER_ADAPTER = TypeAdapter(Header)
SAMPLE_ADAPTER = TypeAdapter(Sample)
# An object takes a kilobyte once it is typed, so a list of small ones is bounded by its length too.
MESSAGES_ADAPTER = TypeAdapter(Annotated[list[Message], Field(max_length=MAX_LIST)])
TEXTS_ADAPTER = TypeAdapter(list[str])


# A sample of an Inspect log, as auditor takes it: its scores, why it is invalid, and what the model was told.


ATTACHMENT_PREFIX = "attachment://"
REFUSAL_STOP = "content_filter"
# What a sample has that says more of it than its scores do.
DETAIL_FIELDS = frozenset(Sample.model_fields) - {"id", "epoch", "scores", "completed", "uuid", "input", "target"}
SCALARS = frozenset({bool, float, int, str, type(None)})


@dataclass(frozen=True, slots=True)
class ParsedSample:
    """A sample read in full, or its summary, which has neither messages nor prompt.

    Attributes:
        sample: what it scored.
        system: the texts of its system messages, in order.
        prompt: the text of its first user message, up to `PROMPT_CHARACTERS`; "" without one.
        edited: whether a score was changed after it was given.
        signals: what its reasoning shows, or the assistant's words where there is none; None without either.
        reasoned: whether it was the reasoning that was read.
    """

    sample: LoggedSample
    system: tuple[str, ...]
    prompt: str
    edited: bool
    signals: SampleSignals | None = None
    reasoned: bool = False


def parse_samples(samples: object, path: Path, member: str, hasher: ItemHasher | None = None) -> list[ParsedSample]:
    """The samples, or their summaries, in a list. Raises LogError naming the member and the place in it.

    The list is emptied on the way: what it holds takes several times the memory of what is taken from it. `hasher` is
    for samples in full; a summary's input may be cut.
    """
    if not isinstance(samples, list):
        raise LogError("is no list", where=str(path), field=member, remedy="give a log Inspect wrote")
    if len(samples) > MAX_LIST:
        subject = f"holds more than {MAX_LIST:,} samples"
        raise LogError(subject, where=str(path), field=member, remedy="evaluate fewer samples at a time")
    parsed = []
    for place, sample in enumerate(samples):
        parsed.append(
            (_parse_plain_summary(sample) if hasher is None else None)
            or parse_sample(validate(SAMPLE_ADAPTER, sample, path, f"{member}.{place}"), path, hasher)
        )
        samples[place] = None
    return parsed


def _parse_plain_summary(sample: object) -> ParsedSample | None:
    """A summary that says its scores and no more, as nearly all do: the schema's rules, without an object of it."""
    if type(sample) is not dict or not DETAIL_FIELDS.isdisjoint(sample):
        return None
    item, epoch, scores = sample.get("id"), sample.get("epoch"), sample.get("scores")
    named = type(item) is int or (type(item) is str and 0 < len(item) <= MAX_ID)
    if not named or type(epoch) is not int or epoch < 1 or type(scores) is not dict:
        return None
    uuid = sample.get("uuid")
    if sample.get("completed", True) is not True or type(uuid) not in (str, type(None)):
        return None
    score_values = {}
    for name, score in scores.items():
        if type(score) is not dict or score.get("history", []) != [] or type(score.get("value")) not in SCALARS:
            return None
        value = score.get("value")
        score_values[name] = None if value != value else value
    return ParsedSample(LoggedSample(str(item), epoch, score_values, None, uuid=uuid), (), "", False)


def parse_sample(sample: Sample, path: Path, hasher: ItemHasher | None = None) -> ParsedSample:
    """A sample in full, or a summary without a `hasher`. Raises LogError for a score auditor cannot represent."""
    system = (message for message in sample.messages if message.role == "system")
    first = next((message for message in sample.messages if message.role == "user"), None)
    prompt = "" if first is None else _message_text(first, sample.attachments)[:PROMPT_CHARACTERS]
    lines = tuple(_message_text(message, sample.attachments) for message in system)
    answers = [message for message in sample.messages if message.role == "assistant"]
    reasoning = "\n".join(part for message in answers for part in _reasoning_texts(message, sample.attachments))
    text = reasoning or "\n".join(_message_text(message, sample.attachments) for message in answers)
    signals = detect_signals(text) if text.strip() else None
    logged = to_logged_sample(sample, path)
    if hasher is not None:
        logged = replace(logged, input=_hash_input(sample, hasher), checker=hash_checker(_target(sample)))
    return ParsedSample(logged, lines, prompt, is_edited(sample), signals, bool(reasoning))


def _hash_input(sample: Sample, hasher: ItemHasher) -> str | None:
    """The hash of what a sample gives the model and its tools: the dataset's input, not what solvers put before it."""
    messages = _with_attachments(sample.input, sample.attachments)
    others = {name: value for name in ("files", "setup") if (value := getattr(sample, name))}
    if choices := _choices(sample):
        others["choices"] = sorted(choices)
    first = hasher.hash_messages(messages)
    return hasher.hash_input({"input": first, **others}) if first and others else first


def _choices(sample: Sample) -> list[str]:
    """What a multiple-choice question offers; each run may draw their order anew."""
    return [str(choice) for choice in sample.choices] if isinstance(sample.choices, list) else []


def _target(sample: Sample) -> object:
    """The target; of a multiple-choice question not the letters, which go with the order, but what they stand for."""
    choices, target = _choices(sample), sample.target
    letters = target if isinstance(target, list) else [target]
    places = [ord(letter) - ord("A") for letter in letters if isinstance(letter, str) and len(letter) == 1]
    if choices and len(places) == len(letters) and all(0 <= place < len(choices) for place in places):
        return sorted(choices[place] for place in places)
    return target


def _with_attachments(value: object, attachments: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return _resolve_attachment(value, attachments)
    if isinstance(value, list):
        return [_with_attachments(entry, attachments) for entry in value]
    if isinstance(value, dict):
        return {name: _with_attachments(entry, attachments) for name, entry in value.items()}
    return value


def _reasoning_texts(message: Message, attachments: Mapping[str, str]) -> Iterator[str]:
    """The texts of a message's reasoning, as far as they can be read: what is withheld is not."""
    parts = [] if isinstance(message.content, str) else message.content
    lines = [message.reasoning, *(_readable_reasoning(part) for part in parts if isinstance(part, Content))]
    yield from (_resolve_attachment(text, attachments) for text in lines if text)


def _readable_reasoning(part: Content) -> str | None:
    return part.summary if part.redacted else part.reasoning or part.summary


def sum_signals(samples: Sequence[ParsedSample]) -> TextSignals | None:
    """What the texts of a log's samples show, added up; None where no sample that ran to its end shows any."""
    read = [parsed for parsed in samples if parsed.signals is not None and parsed.sample.invalid_reason is None]
    sample_signals = [text_signals.signals for text_signals in read if text_signals.signals is not None]
    words: dict[str, list[int]] = defaultdict(list)
    for sample, signals in zip(read, sample_signals, strict=True):
        words[sample.sample.item].append(signals.words)
    if not words:
        return None
    means = [fmean(words[item]) for item in sorted(words)]
    return TextSignals(
        rules=SIGNAL_RULES,
        items=len(words),
        read=len(read),
        reasoned=sum(parsed.reasoned for parsed in read),
        aware=sum(signals.aware for signals in sample_signals),
        repeating=sum(signals.repeating for signals in sample_signals),
        words=fmean(means),
        spread=variance(means) if len(means) > 1 else 0.0,
    )


def is_edited(sample: Sample) -> bool:
    """Whether a score of a sample, or of its summary, was changed after it was given."""
    if sample.score is not None and sample.score.history:
        return True
    return any(score.history for score in (sample.scores or {}).values())


def to_logged_sample(sample: Sample, path: Path) -> LoggedSample:
    """A sample, or its summary. Raises LogError for a score auditor cannot represent."""
    scores = sample.scores or {}
    if sample.score is not None:
        # Logs before there were several scorers have one score without a name.
        scores = {**scores, "score": sample.score}
    values = {name: read_score(score.value, path, name) for name, score in scores.items()}
    return LoggedSample(str(sample.id), sample.epoch, values, _invalid_reason(sample), _is_refusal(sample), sample.uuid)


def _is_refusal(sample: Sample) -> bool:
    """Whether the model's last answer was stopped as a refusal: Inspect's word for it, whoever provides the model."""
    choices = sample.output.choices if sample.output is not None else []
    return bool(choices) and choices[0].stop_reason == REFUSAL_STOP


def _invalid_reason(sample: Sample) -> str | None:
    if sample.invalidation is not None:
        return "invalidated"
    if sample.error is not None:
        return "error"
    if sample.limit is not None:
        return f"limit: {sample.limit.type if isinstance(sample.limit, LimitInfo) else sample.limit}"
    return "not completed" if sample.completed is False else None


def _message_text(message: Message, attachments: Mapping[str, str]) -> str:
    """A message's text, with what the log stores apart put back."""
    content = [message.content] if isinstance(message.content, str) else message.content
    parts = [part if isinstance(part, str) else part.text or "" for part in content]
    return "\n".join(_resolve_attachment(part, attachments) for part in parts)


def _resolve_attachment(part: str, attachments: Mapping[str, str]) -> str:
    return attachments.get(part.removeprefix(ATTACHMENT_PREFIX), part) if part.startswith(ATTACHMENT_PREFIX) else part


# An `.eval` archive: which members hold the header and the samples, and how much of it is read.


MAX_TRANSCRIPT_BYTES = 256 * 2**20
HEADER_MEMBER, START_MEMBER, SUMMARIES_MEMBER = "header.json", "_journal/start.json", "summaries.json"
JOURNAL_FOLDER = "_journal/summaries"
SAMPLE_NAME = re.compile(r"samples/.+_epoch_\d+(?:\.json|/sample\.json)", re.DOTALL)
CHUNK_NAME = re.compile(r"(\d{1,12})\.json")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ParsedLog:
    """A log's parts.

    Attributes:
        header: its header, or what it was started with.
        finished: false for a log without a header of its own: it crashed, or runs still.
        rows: its samples' summaries; None without any.
        full: its samples in full, as many as the bounds allow.
        is_whole: whether `full` is every sample there is.
        retried: samples that were run again; the last attempt is the one in `full`.
    """

    header: Header
    finished: bool
    rows: Sequence[ParsedSample] | None
    full: Sequence[ParsedSample]
    is_whole: bool
    retried: int = 0


def read_archive(path: Path, hasher: ItemHasher) -> ParsedLog:
    """The parts of an archive. Raises LogError for one that is no Inspect log, is damaged or is out of bounds."""
    with open_archive(path, repeatable="samples/").kept_open() as archive:
        return _read_members(archive, hasher)


def _read_members(archive: Archive, hasher: ItemHasher) -> ParsedLog:
    path = archive.path
    finished = HEADER_MEMBER in archive.members
    if not finished and START_MEMBER not in archive.members:
        subject = f"has neither {HEADER_MEMBER} nor {START_MEMBER}"
        raise LogError(subject, where=str(path), remedy="give a log Inspect wrote")
    header = _read_member(archive, HEADER_MEMBER if finished else START_MEMBER, HEADER_ADAPTER)
    folders = _group_members(archive)
    rows = _read_summaries(archive, folders)
    names = sorted(name for name in archive.members if SAMPLE_NAME.fullmatch(name))
    # Without summaries the samples are all there is, and every one of them is needed.
    read = names if rows is None else list(_readable_members(archive, names, folders))
    full = [parse_sample(_read_sample(archive, name, folders), path, hasher) for name in read]
    retried = sum(name in archive.repeated for name in names)
    return ParsedLog(header, finished, rows, full, len(read) == len(names), retried)


def _group_members(archive: Archive) -> Mapping[str, list[str]]:
    """The numbered members by their folder, in the order of their numbers."""
    folders: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in archive.members:
        folder, _, file = name.rpartition("/")
        if number := CHUNK_NAME.fullmatch(file):
            folders[folder].append((int(number[1]), name))
    return {folder: [name for _, name in sorted(chunks)] for folder, chunks in folders.items()}


def _read_summaries(archive: Archive, folders: Mapping[str, list[str]]) -> list[ParsedSample] | None:
    """The summaries of a finished log, or those a running one has journaled; None without any."""
    if SUMMARIES_MEMBER in archive.members:
        return _read_rows(archive, SUMMARIES_MEMBER)
    if JOURNAL_FOLDER not in folders:
        return None
    rows = [row for name in folders[JOURNAL_FOLDER] for row in _read_rows(archive, name)]
    # A running log journals a sample again when it is run again; the later row stands, as Inspect has it.
    return list({(row.sample.item, row.sample.epoch): row for row in rows}.values())


def _read_rows(archive: Archive, name: str) -> list[ParsedSample]:
    return parse_samples(parse_document(archive.read(name), archive.path, name), archive.path, name)


def _readable_members(archive: Archive, names: Sequence[str], folders: Mapping[str, list[str]]) -> Iterator[str]:
    """The samples that can be read within the bounds, in order; transcripts may run to gigabytes."""
    number = MAX_TRANSCRIPT_BYTES
    for name in names:
        sizes = [archive.size(member) for member in (name, *_chunk_names(name, folders))]
        number -= sum(sizes)
        if number >= 0 and max(sizes) <= archive.limits.member_bytes:
            yield name


def _chunk_names(name: str, folders: Mapping[str, list[str]]) -> list[str]:
    """The chunks of a sample that is stored in chunks: its messages, and the texts they refer to."""
    folder = name.removesuffix("/sample.json")
    return folders.get(f"{folder}/messages", []) + folders.get(f"{folder}/attachments", [])


def _read_sample(archive: Archive, name: str, folders: Mapping[str, list[str]]) -> Sample:
    sample = _read_member(archive, name, SAMPLE_ADAPTER)
    if not name.endswith("/sample.json"):
        return sample
    folder = name.removesuffix("/sample.json")
    pool = _read_chunks(archive, folders.get(f"{folder}/messages", []), MESSAGES_ADAPTER)
    texts = _read_chunks(archive, folders.get(f"{folder}/attachments", []), TEXTS_ADAPTER)
    attachments = {str(index): text for index, text in enumerate(texts)}
    messages = list(_select_messages(pool, sample.message_refs))
    return sample.model_copy(update={"messages": messages, "attachments": attachments})


def _select_messages(pool: Sequence[Message], ranges: list[list[int]]) -> Iterator[Message]:
    """The messages in half-open ranges of the pool, each once however the ranges overlap."""
    done = 0
    for start, end in sorted(ranges):
        yield from pool[max(start, done) : end]
        done = max(done, end)


def _read_chunks(archive: Archive, names: Sequence[str], kind: TypeAdapter[list[T]]) -> list[T]:
    return [entry for name in names for entry in _read_member(archive, name, kind)]


def _read_member(archive: Archive, name: str, kind: TypeAdapter[T]) -> T:
    return validate(kind, parse_document(archive.read(name), archive.path, name), archive.path, name)


# What an Inspect log's header says of a run: which revision, model and scorer, and how the model was sampled.


# Settings that say how requests are sent, not how answers are drawn; headers may hold secrets, a system message is
# content, and two seeds are two draws from the same distribution.
NOT_SAMPLING = frozenset(
    {
        "adaptive_connections",
        "attempt_timeout",
        "batch",
        "cache",
        "cache_prompt",
        "extra_headers",
        "max_connections",
        "max_retries",
        "seed",
        "stream_idle_timeout",
        "system_message",
        "timeout",
    }
)


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What the header says, in the words of RawRun."""

    run_metadata: RunMetadata
    log_id: str | None
    system_messages: tuple[str, ...]
    model: str
    scorer: str | None
    sampling: str | None
    created: datetime
    planned: int | None
    code_revision: str | None
    protocol: ProtocolDetails


def read_header(header: Header, where: str, hasher: ItemHasher) -> HeaderFacts:
    """The facts of a header; `hasher` knows the spec, which is no argument. Raises LogError for what cannot be used."""
    spec = header.eval
    metadata = _latest_metadata(header)
    target = _model_in_role(spec, "target", where)
    return HeaderFacts(
        run_metadata=replace(read_metadata(metadata, where), stamp=_revision_stamp(header, metadata, where)),
        log_id=_log_id(spec),
        system_messages=_system_templates(header),
        model=target.model if target else spec.model,
        scorer=_scorer(header, where),
        sampling=_sampling(header, target, where),
        created=parse_time(spec.created, where, "eval.created", "Inspect"),
        code_revision=_code_revision(spec),
        protocol=_protocol(header, where, hasher),
        planned=None if spec.dataset.samples is None else spec.dataset.samples * (spec.config.epochs or 1),
    )


def _protocol(header: Header, where: str, hasher: ItemHasher) -> ProtocolDetails:
    """What else may change an answer, as a record may hold it: without the spec's texts, which every patch changes.

    The template of a system message is recorded as it is; comparisons leave it out.
    """
    spec, dataset = header.eval, header.eval.dataset
    grader = _model_in_role(spec, "grader", where)
    steps = [{"solver": step.solver, "params": storable(_step_options(step, hasher))} for step in header.plan.steps]
    version = spec.packages.get("inspect_ai") if isinstance(spec.packages, dict) else None
    return ProtocolDetails(
        judge=grader.model if grader and grader.model else None,
        solver=canonical_text(steps, where, "plan.steps") if steps else None,
        task_args=storable_arguments(hasher.without_spec(spec.task_args)),
        model_args=storable_arguments(hasher.without_spec(spec.model_args)),
        dataset=storable_name(dataset.name) or storable_name(dataset.location),
        dataset_shuffled=dataset.shuffled if isinstance(dataset.shuffled, bool) else None,
        limit=_limit(spec.config.limit),
        tool="inspect_ai",
        tool_version=storable_name(version),
    )


def _step_options(step: Step, hasher: ItemHasher) -> object:
    return step.params if step.solver.endswith("system_message") else hasher.without_spec(step.params)


def _limit(limit: object) -> str | None:
    """A count from the start, or [start, end), as canonical JSON."""
    bounds = limit if isinstance(limit, list) and len(limit) == 2 else [limit]
    return to_text(limit) if all(type(most) is int and most >= 0 for most in bounds) else None


def _code_revision(spec: Eval) -> str | None:
    """The commit of the evaluation's code, and whether more than that was run."""
    revision = spec.revision
    if revision is None or not revision.commit.strip():
        return None
    return f"{revision.commit.strip()[:200]}{' with changes' if revision.dirty else ''}"


def _log_id(spec: Eval) -> str | None:
    """The log's own id; logs before 2025 had none, but a run's and a task's, unique together."""
    if spec.eval_id:
        return spec.eval_id
    return f"{spec.run_id}/{spec.task_id}" if spec.run_id and spec.task_id else None


def _latest_metadata(header: Header) -> dict[str, Any]:
    """The metadata as last edited: Inspect keeps it beside what the log was started with."""
    return header.metadata if header.log_updates else (header.eval.metadata or {}) | header.metadata


def _revision_stamp(header: Header, metadata: Mapping[str, Any], where: str) -> str | None:
    """The revision's name from metadata, tags or task arguments, in this order; never the evaluation code's commit."""
    if REVISION_KEY in metadata:
        return read_text(metadata, REVISION_KEY, where)
    tags = header.tags if header.log_updates else [*(header.eval.tags or []), *header.tags]
    stamped = {tag.removeprefix(f"{REVISION_KEY}=") for tag in tags if tag.startswith(f"{REVISION_KEY}=")}
    if len(stamped) > 1:
        raise LogError(f"tags name {len(stamped)} revisions", where=where, field="tags", remedy="keep one of them")
    return stamped.pop() if stamped else read_text(header.eval.task_args, REVISION_KEY, where, "task_args")


def _system_templates(header: Header) -> tuple[str, ...]:
    """The system messages the plan was set up with, for logs whose samples do not show them."""
    settings = [header.eval.model_generate_config or {}, header.plan.config or {}]
    templates = [step.params.get("template") for step in header.plan.steps if step.solver.endswith("system_message")]
    templates += [config.get("system_message") for config in settings]
    return tuple(dict.fromkeys(text for text in templates if isinstance(text, str)))


def _model_in_role(spec: Eval, name: str, where: str) -> ModelRole | None:
    role = (spec.model_roles or {}).get(name)
    if not isinstance(role, list):
        return role
    if len(role) > 1:
        remedy = "evaluate one model in a log"
        raise LogError(f"{len(role)} models in one role", where=where, field=f"eval.model_roles.{name}", remedy=remedy)
    return role[0] if role else None


def _scorer(header: Header, where: str) -> str | None:
    """Scorers with their options, and the judge, as canonical JSON; what makes two runs' scores comparable."""
    named = [{"name": scorer.name, "options": scorer.options or {}} for scorer in header.eval.scorers or []]
    if not named and header.results:
        scores = header.results.scores
        named = [{"name": score.scorer or score.name, "options": score.params} for score in scores]
    if not named:
        return None
    texts = sorted({canonical_text(scorer, where, "eval.scorers") for scorer in named})
    grader = _model_in_role(header.eval, "grader", where)
    judge = {"grader": grader.model} if grader else {}
    return canonical_text({"scorers": [json.loads(text) for text in texts], **judge}, where, "eval.scorers")


def _sampling(header: Header, target: ModelRole | None, where: str) -> str | None:
    """The settings answers were drawn with, as canonical JSON; None for a log that has no place for them."""
    own = target.config if target else header.eval.model_generate_config
    if own is None and header.plan.config is None:
        return None
    settings = (own or {}) | (header.plan.config or {})
    document = {name: value for name, value in settings.items() if value is not None and name not in NOT_SAMPLING}
    return canonical_text(document, where, "eval.model_generate_config")


# Inspect logs: `.eval` archives and whole `.json` logs, read without inspect_ai.
#
# Scores come from the samples' summaries and are held against the samples in full; the log's own aggregates are not
# used. Where a sample failed, hit a limit or was invalidated, that is said, never left out.


# Metrics that are the mean of the samples' scores.
MEAN_METRICS = frozenset({"accuracy", "mean"})
# What a log may begin with: other tools' JSON, and the `logs.json` of an eval set, have these words further in.
LOG_KEYS = frozenset(Header.model_fields) - {"results"} | {"etag", "invalidated", "location", "samples", "stats"}


class InspectReader:
    """Reads one run from an Inspect log."""

    name = "inspect"
    kinds = "Inspect logs (.eval, .json)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """An `.eval` file, or a `.json` file that begins as Inspect's logs do, and not its lists of logs."""
        if path.suffix == ".json":
            return b'"eval"' in head and b'"version"' in head and first_key(head) in LOG_KEYS
        return path.suffix == ".eval"

    @without_garbage_collection
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The log's one run; `options` say nothing about logs. Raises LogError."""
        hasher = options.hasher
        log = read_archive(path, hasher) if path.suffix == ".eval" else _read_json(path, hasher)
        return (_build_run(path, log, _check_samples(log, path), hasher),)


def _build_run(path: Path, log: ParsedLog, samples: tuple[LoggedSample, ...], hasher: ItemHasher) -> RawRun:
    facts = read_header(log.header, str(path), hasher)
    system_messages = tuple(dict.fromkeys(text for sample in log.full for text in sample.system))
    run = build_run(
        LogSource(InspectReader.name, str(path), _file_sha256(path)),
        facts.run_metadata,
        suite=log.header.eval.task,
        model=facts.model,
        samples=samples,
        log_id=facts.log_id,
        system_messages=system_messages or facts.system_messages,
        scorer=facts.scorer,
        sampling=facts.sampling,
        created=facts.created,
        planned=facts.planned,
        code_revision=facts.code_revision,
        protocol=facts.protocol,
        incomplete=_reason_incomplete(log, len(samples)),
        totals=_totals(log, samples),
        prompts=tuple(dict.fromkeys((sample.sample.item, sample.prompt) for sample in log.full if sample.prompt)),
    )
    return replace(run, edited=_count_edited(log), signals=sum_signals(log.full), retried=log.retried)


def _count_edited(log: ParsedLog) -> int:
    """How many samples have a score that was changed after it was given."""
    return len(
        {(sample.sample.item, sample.sample.epoch) for sample in (*(log.rows or ()), *log.full) if sample.edited}
    )


def _reason_incomplete(log: ParsedLog, read: int) -> str | None:
    """Why the log cannot support a verdict; None if it can."""
    header = log.header
    if not log.finished:
        return "the log was never finished"
    if header.status != "success":
        return f"the log's status is {header.status[:40]!r}"
    if header.error:
        return "the log ends in an error"
    total = header.results.total_samples if header.results else None
    if total is not None and total != read:
        return f"the log's header counts {total} samples, the log holds {read}"
    if log.is_whole and len(log.full) != read:
        return f"the log lists {read} samples and holds {len(log.full)}"
    return None if read else "the log holds no samples"


def _totals(log: ParsedLog, samples: Sequence[LoggedSample]) -> dict[str, tuple[ReportedTotal, ...]]:
    """What the header says of the samples: how many there are, how many ran to their end, and the mean of each score.

    The mean is that of metrics and reducers that are means; of a log with invalidated samples none is compared, since
    it depends on when they were.
    """
    results = log.header.results
    if results is None:
        return {}
    completed = sum(sample.invalid_reason != "error" for sample in samples)
    counts = (
        *compare_total("completed samples", results.completed_samples, completed),
        *compare_total("samples", results.total_samples, len(samples)),
    )
    totals: dict[str, tuple[ReportedTotal, ...]] = {"": counts}
    if any(sample.invalid_reason == "invalidated" for sample in samples):
        return totals
    for score in results.scores:
        if score.reducer not in (None, "mean"):
            continue
        scorer = score.scorer or score.name
        counted = mean_score((sample.item, _entry(sample.scores.get(scorer), score.name)) for sample in samples)
        for name in sorted(score.metrics.keys() & MEAN_METRICS):
            label = f"{scorer}: {name}" if score.name == scorer else f"{scorer}, {score.name}: {name}"
            metric = score.metrics[name]
            value = metric.get("value") if isinstance(metric, dict) else None
            totals[scorer] = (*totals.get(scorer, ()), *compare_total(label, value, counted))
    return totals


def _entry(score: Score, name: str) -> ScoreValue:
    return score.get(name) if isinstance(score, Mapping) else score


def _check_samples(log: ParsedLog, path: Path) -> tuple[LoggedSample, ...]:
    """The samples by their summaries, which are held against the samples in full."""
    full = [sample.sample for sample in log.full]
    in_full = {(sample.item, sample.epoch): sample for sample in full}
    rows = full if log.rows is None else [row.sample for row in log.rows]
    if in_full and log.rows is not None:
        rows = [_check_summary(row, in_full.get((row.item, row.epoch)), path) for row in rows]
    if len({(sample.item, sample.epoch) for sample in rows}) != len(rows) or len(in_full) != len(full):
        raise LogError("has a sample of the same item and epoch twice", where=str(path), remedy=REFETCH)
    return tuple(rows)


def _check_summary(row: LoggedSample, full: LoggedSample | None, path: Path) -> LoggedSample:
    """A summary, as the sample in full bears it out; only that has the input, and says what became of the sample."""
    if full is None:
        return row
    if full.scores != row.scores:
        subject = f"sample {row.item[:80]!r}, epoch {row.epoch}, is scored otherwise than its summary says"
        raise LogError(subject, where=str(path), field=SUMMARIES_MEMBER, remedy=REFETCH)
    reason = full.invalid_reason or row.invalid_reason
    return replace(row, invalid_reason=reason, refused=full.refused, input=full.input, checker=full.checker)


def _read_json(path: Path, hasher: ItemHasher) -> ParsedLog:
    data = read_bytes(path, MAX_DOCUMENT_BYTES, "convert it with `inspect log convert --to eval`")
    document = parse_document(data, path)
    header = validate(HEADER_ADAPTER, document, path)
    samples = document.get("samples") if isinstance(document, dict) else None
    full = parse_samples(samples or [], path, "samples", hasher)
    return ParsedLog(header, True, None, full, True)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


READER = InspectReader()
