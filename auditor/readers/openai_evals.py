"""OpenAI evals: the event log of `oaieval --record_path x.jsonl`; one run a log.

Its first line is the `spec`; a `match` event scores a sample (`match`, true is right), a `metrics` event gives it
numbers (`metrics`, a dictionary). Events may come after the `final_report`, so nothing ends a log: a log is incomplete
where the report is missing, where events or samples have a gap, or where the accuracy differs from the report's.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun, Score
from auditor.model.run import ReportedTotal
from auditor.readers.interface import ReadOptions, without_garbage_collection
from auditor.readers.items import ItemHasher, hash_checker
from auditor.readers.json_files import (
    MAX_LINES_BYTES,
    MAX_SAMPLES,
    REFETCH,
    STRICT,
    Count,
    Name,
    canonical_text,
    first_key,
    iterate_lines,
    read_bytes,
    validate,
)
from auditor.readers.log_fields import (
    REVISION_KEY,
    LogSource,
    RunMetadata,
    build_run,
    compare_total,
    mean_score,
    parse_time,
    read_metadata,
    read_score,
    system_messages,
    user_messages,
)

# The lines of an OpenAI evals log that are read. Unknown keys are skipped.


REMEDY = "give a log oaieval wrote"


class Part(BaseModel):
    """A line, or an object in one."""

    model_config = STRICT


class EvalSpec(Part):
    """The eval as the registry has it."""

    cls: str | None = None
    args: dict[str, Any] | None = None


class RunConfig(Part):
    """`max_samples` took some of the samples, in an order of its own."""

    eval_spec: EvalSpec | None = None
    max_samples: Count | None = None


class Spec(Part):
    """What was to be run; `created_by` is what `--user` gave."""

    completion_fns: Annotated[list[Name], Field(min_length=1)]
    eval_name: Name
    base_eval: str = ""
    run_config: RunConfig = RunConfig()
    created_by: str = ""
    run_id: Name | None = None


class Event(Part):
    """One event of one sample."""

    run_id: str | None = None
    event_id: Count | None = None
    sample_id: Name
    type: str
    data: Any = None
    created_at: str | None = None


SPEC_ADAPTER = TypeAdapter(Spec)
EVENT_ADAPTER = TypeAdapter(Event)
REPORT_ADAPTER = TypeAdapter(dict[str, Any] | None)


# The events of an OpenAI evals log, put together as samples; and whether they are all there.


MAX_EVENTS = 2_000_000
UNREADABLE_CHOICE = "__invalid__"


@dataclass(frozen=True, slots=True)
class EventLog:
    """A log's parts.

    Attributes:
        spec: its first line.
        samples: by sample id; several scores of one type are epochs in the order they were recorded.
        system_messages: of what the samples' models were asked first; a judge's prompt is no part of it.
        prompts: sample id and what the user says last in what its model was asked first.
        first_time: when the first event was recorded; "" without events.
        incomplete: why the log cannot support a verdict.
        totals: its final report against its events, by scorer.
    """

    spec: Spec
    samples: tuple[LoggedSample, ...]
    system_messages: tuple[str, ...]
    prompts: tuple[tuple[str, str], ...]
    first_time: str
    incomplete: str | None
    totals: Mapping[str, tuple[ReportedTotal, ...]]


@dataclass(slots=True)
class _SampleEvents:
    match: list[Score] = field(default_factory=list)
    metrics: list[Score] = field(default_factory=list)
    choices: list[tuple[str, object]] = field(default_factory=list)
    has_prompt: bool = False
    prompt: str = ""
    failed: bool = False
    input: str | None = None
    checker: str | None = None


@dataclass(slots=True)
class _LogState:
    """What has been read of a log: its events' numbers and first time, its samples, the messages they began with.

    `last` is the sample of the last event.
    """

    spec: Spec
    report: Mapping[str, Any] | None = None
    numbers: set[int] = field(default_factory=set)
    first_time: str = ""
    last: str = ""
    samples: dict[str, _SampleEvents] = field(default_factory=dict)
    system: dict[str, None] = field(default_factory=dict)


def read_events(data: bytes, path: Path, hasher: ItemHasher) -> EventLog:
    """The parts of a log's bytes. Raises LogError naming the line."""
    lines = iterate_lines(data, path)
    where, first = next(lines, (str(path), None))
    log = _LogState(
        validate(SPEC_ADAPTER, first.get("spec") if isinstance(first, Mapping) else first, where, "spec", REMEDY)
    )
    for where, value in lines:
        if isinstance(value, Mapping) and "final_report" in value:
            if log.report is not None:
                raise LogError("stands in the log twice", where=where, field="final_report", remedy=REFETCH)
            log.report = validate(REPORT_ADAPTER, value["final_report"], where, "final_report", REMEDY) or {}
            continue
        event = validate(EVENT_ADAPTER, value, where, remedy=REMEDY)
        _check_event(event, log, where)
        log.last = event.sample_id
        _add_event(log.samples.setdefault(event.sample_id, _SampleEvents()), event, log.system, where, hasher)
        if len(log.samples) > MAX_SAMPLES or len(log.numbers) > MAX_EVENTS:
            subject = f"holds more than {MAX_SAMPLES:,} samples, or {MAX_EVENTS:,} events"
            raise LogError(subject, where=where, field="sample_id", remedy="evaluate fewer samples at a time")
    samples = tuple(
        logged for item, sample in sorted(log.samples.items()) for logged in _to_logged_samples(item, sample)
    )
    prompts = tuple((item, sample.prompt) for item, sample in sorted(log.samples.items()) if sample.prompt)
    return EventLog(
        log.spec, samples, tuple(log.system), prompts, log.first_time, _reason_incomplete(log), _totals(log)
    )


def _check_event(event: Event, log: _LogState, where: str) -> None:
    """Note an event's number. Raises LogError for one of another run, or with the number of another."""
    number = len(log.numbers) if event.event_id is None else event.event_id
    if event.run_id not in (None, log.spec.run_id):
        raise LogError("is an event of another run", where=where, field="run_id", remedy="give one run in a file")
    if number in log.numbers:
        raise LogError(f"event {number} stands in the log already", where=where, field="event_id", remedy=REFETCH)
    log.numbers.add(number)
    log.first_time = log.first_time or event.created_at or ""


def _add_event(sample: _SampleEvents, event: Event, system: dict[str, None], where: str, hasher: ItemHasher) -> None:
    data = event.data if isinstance(event.data, Mapping) else {}
    if event.type == "match":
        correct = data.get("correct")
        if not isinstance(correct, bool):
            raise LogError("is not true or false", where=where, field="data.correct", remedy=REMEDY)
        sample.match.append(correct)
        sample.checker = sample.checker or hash_checker(data.get("expected"))
    elif event.type == "metrics":
        sample.metrics.append(_metric_scores(data, where))
        sample.choices.append((str(data.get("choice")), data.get("score")))
    elif event.type == "error":
        sample.failed = True
    elif event.type == "sampling" and not sample.has_prompt:
        sample.has_prompt = True
        system.update(dict.fromkeys(system_messages(data.get("prompt"))))
        sample.prompt = next(reversed(user_messages(data.get("prompt"))), "")
        sample.input = hasher.hash_messages(data.get("prompt"))


def _metric_scores(data: Mapping[str, Any], where: str) -> Score:
    """A sample's metrics; those that are no number or word are no score. None where the judge said neither choice."""
    if data.get("choice") == UNREADABLE_CHOICE:
        # The score beside it is the scale's lowest, which the judge never gave.
        return None
    document = {name: value for name, value in data.items() if not isinstance(value, (list, Mapping))}
    return read_score(document, where, "metrics")


def _to_logged_samples(item: str, sample: _SampleEvents) -> Iterator[LoggedSample]:
    rounds = list(zip_longest(sample.match, sample.metrics)) or [(None, None)]
    for epoch, (match, metrics) in enumerate(rounds, start=1):
        by_kind = {"match": match, "metrics": metrics}
        scores = {name: score for name, score in by_kind.items() if score is not None}
        missing = "unreadable judgement" if sample.metrics else "no score"
        reason = "error" if sample.failed else None if scores else missing
        yield LoggedSample(item, epoch, scores, reason, input=sample.input, checker=sample.checker)


def _reason_incomplete(log: _LogState) -> str | None:
    if log.report is None:
        return "the log has no final report"
    if not log.samples:
        return "the log holds no samples"
    if len(log.numbers) != max(log.numbers) + 1:
        return f"the log holds {len(log.numbers)} of {max(log.numbers) + 1} events"
    if log.spec.run_config.max_samples is None and (missing := _missing_sample(log.samples)):
        return f"the log lacks sample {missing:.80}"
    if unscored := _reason_unscored(log):
        return unscored
    return None


def _totals(log: _LogState) -> dict[str, tuple[ReportedTotal, ...]]:
    """The final report against the events: accuracy, the judge's mean score, and how often it made each choice."""
    report = log.report or {}
    judged = [choice for sample in log.samples.values() for choice in sample.choices]
    choices = Counter(choice for choice, _ in judged)
    counts = sorted(name for name in report if name.startswith("counts/"))
    # The report's mean takes an unreadable judgement as the lowest score, as its event says.
    scores = [(str(place), score) for place, (_, score) in enumerate(judged) if isinstance(score, int | float)]
    return {
        "match": tuple(compare_total("accuracy", report.get("accuracy"), _accuracy(log.samples))),
        "metrics": (
            *(
                total
                for name in counts
                for total in compare_total(name, report[name], choices[name.removeprefix("counts/")])
            ),
            *(compare_total("score", report.get("score"), mean_score(scores))),
        ),
    }


def _reason_unscored(log: _LogState) -> str | None:
    """What shows that scores are missing at the end, where the events are numbered through and every sample begun."""
    report = log.report or {}
    counted = [value for name, value in report.items() if name.startswith("counts/") and type(value) is int]
    judged = sum(len(sample.metrics) for sample in log.samples.values())
    if counted and sum(counted) != judged:
        return f"the log's final report counts {sum(counted)} judgements, its events {judged}"
    open_ = (
        item
        for item, sample in log.samples.items()
        if sample.has_prompt and not (sample.match or sample.metrics or sample.failed)
    )
    unfinished = next(open_, None)
    if unfinished is not None and (log.last == unfinished or "accuracy" in report):
        return f"the log ends before sample {unfinished:.80} is scored"
    return None


def _missing_sample(samples: Mapping[str, _SampleEvents]) -> str | None:
    """A sample that is missing before another: their ids end in their place in the data."""
    places: dict[str, set[int]] = {}
    for item in samples:
        stem, _, place = item.rpartition(".")
        if place.isascii() and place.isdigit() and len(place) < 10:
            places.setdefault(stem, set()).add(int(place))
    gaps = ((stem, index) for stem, numbers in places.items() for index in range(len(numbers)) if index not in numbers)
    return next((f"{stem}.{index}" for stem, index in gaps), None)


def _accuracy(samples: Mapping[str, _SampleEvents]) -> float | None:
    outcomes = [correct for sample in samples.values() for correct in sample.match]
    return sum(correct is True for correct in outcomes) / len(outcomes) if outcomes else None


# OpenAI evals: the event log of `oaieval --record_path x.jsonl`.
#
# Its first line is the `spec`; a `match` event scores a sample (`match`, true is right), a `metrics` event gives it
# numbers (`metrics`, a dictionary). The events may come after the `final_report`, so nothing ends a log: what tells a
# cut one is a missing report, a gap in the events or samples, or another accuracy than the report's.


NON_SCORING_ARGUMENTS = frozenset({"samples_jsonl", "few_shot_jsonl", REVISION_KEY})


class OpenaiEvalsReader:
    """Reads one run from an event log."""

    name = "openai_evals"
    kinds = "OpenAI evals logs (.jsonl)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A `.jsonl` file that begins with the spec."""
        return path.suffix == ".jsonl" and first_key(head) == "spec"

    @without_garbage_collection
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The log's one run. Raises LogError."""
        data = read_bytes(path, MAX_LINES_BYTES, "evaluate fewer samples at a time")
        events, where = read_events(data, path, options.hasher), str(path)
        spec, first = events.spec, events.first_time
        run = build_run(
            LogSource(self.name, where, hashlib.sha256(data).hexdigest()),
            _user_metadata(spec, where),
            suite=spec.eval_name,
            model=spec.completion_fns[0],
            samples=events.samples,
            log_id=spec.run_id,
            system_messages=events.system_messages,
            scorer=_scorer(spec, where),
            created=parse_time(first, where, "created_at", "oaieval") if first else None,
            incomplete=events.incomplete,
            prompts=events.prompts,
            totals=events.totals,
        )
        return (run,)


def _user_metadata(spec: Spec, where: str) -> RunMetadata:
    """What `--user NAME=VALUE,…` says, the one text oaieval passes into the log."""
    pairs = [pair.split("=", 1) for pair in spec.created_by.split(",") if "=" in pair]
    names = [name.strip() for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise LogError(f"names {twice!r:.80} twice", where=where, field="spec.created_by", remedy="keep one of them")
    return read_metadata({name: value for name, (_, value) in zip(names, pairs, strict=True)}, where, "spec.created_by")


def _scorer(spec: Spec, where: str) -> str:
    """How samples are scored: the eval's class with its arguments, and the models beside the first, who judge."""
    config = spec.run_config.eval_spec
    settings: dict[str, object] = {"eval": spec.base_eval}
    if config is not None:
        document = {name: value for name, value in (config.args or {}).items() if name not in NON_SCORING_ARGUMENTS}
        settings = {"class": config.cls, "args": document}
    if spec.completion_fns[1:]:
        settings["judges"] = spec.completion_fns[1:]
    return canonical_text(settings, where, "spec.run_config.eval_spec")


READER = OpenaiEvalsReader()
