"""The events of an OpenAI evals log, put together as samples; and whether they are all there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, Score
from auditor.sources.runs.documents import AGAIN, MOST_SAMPLES, json_lines, valid
from auditor.sources.runs.messages import system_messages, user_messages
from auditor.sources.runs.openai_schema import EVENT, REPORT, SPEC, WROTE, Event, Spec
from auditor.sources.runs.scores import score_of

MOST_EVENTS = 2_000_000
UNREADABLE = "__invalid__"


@dataclass(frozen=True, slots=True)
class Events:
    """A log's parts.

    Attributes:
        spec: its first line.
        samples: by sample id; several scores of one type are epochs in the order they were recorded.
        system_messages: of what the samples' models were asked first; a judge's prompt is no part of it.
        prompts: sample id and what the user says last in what its model was asked first.
        first_time: when the first event was recorded; "" without events.
        incomplete: why the log cannot support a verdict.
    """

    spec: Spec
    samples: tuple[LoggedSample, ...]
    system_messages: tuple[str, ...]
    prompts: tuple[tuple[str, str], ...]
    first_time: str
    incomplete: str | None


@dataclass(slots=True)
class _Sample:
    match: list[Score] = field(default_factory=list)
    metrics: list[Score] = field(default_factory=list)
    asked: bool = False
    prompt: str = ""
    failed: bool = False


@dataclass(slots=True)
class _Log:
    """What has been read of a log: its events' numbers and first time, its samples, the messages they began with.

    `last` is the sample of the last event.
    """

    spec: Spec
    report: Mapping[str, Any] | None = None
    numbers: set[int] = field(default_factory=set)
    first_time: str = ""
    last: str = ""
    samples: dict[str, _Sample] = field(default_factory=dict)
    system: dict[str, None] = field(default_factory=dict)


def events_of(data: bytes, path: Path) -> Events:
    """The parts of a log's bytes. Raises LogError naming the line."""
    lines = json_lines(data, path)
    where, first = next(lines, (str(path), None))
    log = _Log(valid(SPEC, first.get("spec") if isinstance(first, Mapping) else first, where, "spec", WROTE))
    for where, value in lines:
        if isinstance(value, Mapping) and "final_report" in value:
            if log.report is not None:
                raise LogError("stands in the log twice", where=where, field="final_report", remedy=AGAIN)
            log.report = valid(REPORT, value["final_report"], where, "final_report", WROTE) or {}
            continue
        event = valid(EVENT, value, where, remedy=WROTE)
        _note(event, log, where)
        log.last = event.sample_id
        _add(log.samples.setdefault(event.sample_id, _Sample()), event, log.system, where)
        if len(log.samples) > MOST_SAMPLES or len(log.numbers) > MOST_EVENTS:
            what = f"holds more than {MOST_SAMPLES:,} samples, or {MOST_EVENTS:,} events"
            raise LogError(what, where=where, field="sample_id", remedy="evaluate fewer samples at a time")
    samples = tuple(logged for item, one in sorted(log.samples.items()) for logged in _logged(item, one))
    prompts = tuple((item, one.prompt) for item, one in sorted(log.samples.items()) if one.prompt)
    return Events(log.spec, samples, tuple(log.system), prompts, log.first_time, _incomplete(log))


def _note(event: Event, log: _Log, where: str) -> None:
    """Note an event's number. Raises LogError for one of another run, or with the number of another."""
    number = len(log.numbers) if event.event_id is None else event.event_id
    if event.run_id not in (None, log.spec.run_id):
        raise LogError("is an event of another run", where=where, field="run_id", remedy="give one run in a file")
    if number in log.numbers:
        raise LogError(f"event {number} stands in the log already", where=where, field="event_id", remedy=AGAIN)
    log.numbers.add(number)
    log.first_time = log.first_time or event.created_at or ""


def _add(sample: _Sample, event: Event, system: dict[str, None], where: str) -> None:
    data = event.data if isinstance(event.data, Mapping) else {}
    if event.type == "match":
        correct = data.get("correct")
        if not isinstance(correct, bool):
            raise LogError("is not true or false", where=where, field="data.correct", remedy=WROTE)
        sample.match.append(correct)
    elif event.type == "metrics":
        sample.metrics.append(_metrics(data, where))
    elif event.type == "error":
        sample.failed = True
    elif event.type == "sampling" and not sample.asked:
        sample.asked = True
        system.update(dict.fromkeys(system_messages(data.get("prompt"))))
        sample.prompt = next(reversed(user_messages(data.get("prompt"))), "")


def _metrics(data: Mapping[str, Any], where: str) -> Score:
    """A sample's metrics; those that are no number or word are no score. None where the judge said neither choice."""
    if data.get("choice") == UNREADABLE:
        # The score beside it is the scale's lowest, which the judge never gave.
        return None
    kept = {name: value for name, value in data.items() if not isinstance(value, (list, Mapping))}
    return score_of(kept, where, "metrics")


def _logged(item: str, sample: _Sample) -> Iterator[LoggedSample]:
    rounds = list(zip_longest(sample.match, sample.metrics)) or [(None, None)]
    for epoch, (match, metrics) in enumerate(rounds, start=1):
        said = {"match": match, "metrics": metrics}
        scores = {name: score for name, score in said.items() if score is not None}
        missing = "unreadable judgement" if sample.metrics else "no score"
        reason = "error" if sample.failed else None if scores else missing
        yield LoggedSample(item, epoch, scores, reason)


def _incomplete(log: _Log) -> str | None:
    if log.report is None:
        return "the log has no final report"
    if not log.samples:
        return "the log holds no samples"
    if len(log.numbers) != max(log.numbers) + 1:
        return f"the log holds {len(log.numbers)} of {max(log.numbers) + 1} events"
    if log.spec.run_config.max_samples is None and (missing := _gap(log.samples)):
        return f"the log lacks sample {missing:.80}"
    if unscored := _unscored(log):
        return unscored
    accuracy, said = _accuracy(log.samples), log.report.get("accuracy")
    if accuracy is not None and isinstance(said, float) and not math.isclose(accuracy, said, abs_tol=1e-9):
        return f"the log's final report says accuracy {said:.6g}, its events {accuracy:.6g}"
    return None


def _unscored(log: _Log) -> str | None:
    """What shows that scores are missing at the end, where the events are numbered through and every sample begun."""
    report = log.report or {}
    counted = [value for name, value in report.items() if name.startswith("counts/") and type(value) is int]
    judged = sum(len(one.metrics) for one in log.samples.values())
    if counted and sum(counted) != judged:
        return f"the log's final report counts {sum(counted)} judgements, its events {judged}"
    open_ = (item for item, one in log.samples.items() if one.asked and not (one.match or one.metrics or one.failed))
    unfinished = next(open_, None)
    if unfinished is not None and (log.last == unfinished or "accuracy" in report):
        return f"the log ends before sample {unfinished:.80} is scored"
    return None


def _gap(samples: Mapping[str, _Sample]) -> str | None:
    """A sample that is missing before another: their ids end in their place in the data."""
    places: dict[str, set[int]] = {}
    for item in samples:
        stem, _, place = item.rpartition(".")
        if place.isascii() and place.isdigit() and len(place) < 10:
            places.setdefault(stem, set()).add(int(place))
    gaps = ((stem, index) for stem, taken in places.items() for index in range(len(taken)) if index not in taken)
    return next((f"{stem}.{index}" for stem, index in gaps), None)


def _accuracy(samples: Mapping[str, _Sample]) -> float | None:
    said = [correct for one in samples.values() for correct in one.match]
    return sum(correct is True for correct in said) / len(said) if said else None
