"""The samples file of one lm-evaluation-harness task: lines by document and filter, put together as samples."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, Score
from auditor.model.strict_json import JsonError, parse_json
from auditor.sources.runs.documents import AGAIN, MOST_SAMPLES, json_lines, valid
from auditor.sources.runs.lm_eval_schema import LINE, WROTE, Line
from auditor.sources.runs.messages import user_messages
from auditor.sources.runs.scores import in_epochs, score_of


@dataclass(frozen=True, slots=True)
class TaskSamples:
    """The samples of one task.

    Attributes:
        samples: in the order of the documents; documents of the same content are epochs of one item.
        task_hash: over the lines' documents, prompts and targets, as the harness has it; None where they have none.
        prompts: items and what they say to the model, each pair once.
        uneven: a filter that some documents have no line of; "" if there is none.
    """

    samples: tuple[LoggedSample, ...]
    task_hash: str | None
    prompts: tuple[tuple[str, str], ...]
    uneven: str


@dataclass(slots=True)
class _Document:
    item: str
    prompt: str
    scores: dict[str, Score] = field(default_factory=dict)
    filters: set[str] = field(default_factory=set)


def samples_of(data: bytes, path: Path, metrics: Collection[str], system: str | None = None) -> TaskSamples:
    """The samples in a file's bytes; `metrics` are the task's, for lines of older versions that do not name theirs;
    `system` is what goes before every prompt, and no part of an item.

    Raises LogError naming the line.
    """
    documents: dict[int, _Document] = {}
    digest, hashed = hashlib.sha256(), True
    for where, value in json_lines(data, path):
        line = valid(LINE, value, where, remedy=WROTE)
        assert isinstance(value, Mapping)
        _add(documents, line, value, metrics, where)
        if len(documents) > MOST_SAMPLES:
            what, remedy = f"is one of more than {MOST_SAMPLES:,} documents", "evaluate fewer documents at a time"
            raise LogError(what, where=where, field="doc_id", remedy=remedy)
        hashed = hashed and line.prompt_hash is not None and line.target_hash is not None
        digest.update(f"{line.doc_hash}{line.prompt_hash}{line.target_hash}".encode(errors="surrogatepass"))
    samples = (LoggedSample(one.item, 1, one.scores, None) for _, one in sorted(documents.items()))
    prompts = tuple(
        dict.fromkeys(
            (one.item, text) for _, one in sorted(documents.items()) if (text := _without(one.prompt, system))
        )
    )
    return TaskSamples(in_epochs(samples), digest.hexdigest() if hashed else None, prompts, _uneven(documents))


def _prompt(arguments: object) -> str:
    """What the model was asked first: the first argument of the first request, or the last user message in it."""
    for _ in range(2):  # requests by name or in a list, and so their arguments
        values = list(arguments.values()) if isinstance(arguments, Mapping) else arguments
        arguments = values[0] if isinstance(values, list) and values else ""
    if not isinstance(arguments, str):
        return ""
    try:
        messages = parse_json(arguments.encode()) if arguments.lstrip().startswith("[") else arguments
    except (JsonError, UnicodeEncodeError):  # a text that begins with a bracket
        messages = arguments
    return next(reversed(user_messages(messages)), "")


def _without(prompt: str, system: str | None) -> str:
    return (prompt.replace(system, "", 1) if system else prompt).strip()


def _add(
    documents: dict[int, _Document], line: Line, value: Mapping[str, Any], metrics: Collection[str], where: str
) -> None:
    document = documents.get(line.doc_id)
    if document is None:
        document = documents[line.doc_id] = _Document(line.doc_hash, _prompt(line.arguments))
    if document.item != line.doc_hash:
        raise LogError(f"document {line.doc_id} has another hash above", where=where, field="doc_hash", remedy=AGAIN)
    if line.filter in document.filters:
        what = f"document {line.doc_id} has a line of the filter {line.filter[:80]!r} above"
        raise LogError(what, where=where, field="filter", remedy=AGAIN)
    document.filters.add(line.filter)
    for name in metrics if line.metrics is None else line.metrics:
        # A list is what a metric over the whole corpus keeps of a sample, and no score of it.
        if name in value and not isinstance(value[name], list):
            document.scores[f"{name},{line.filter}"] = score_of(value[name], where, name)


def _uneven(documents: Mapping[int, _Document]) -> str:
    every = set().union(*(one.filters for one in documents.values()))
    return next((name for name in sorted(every) if any(name not in one.filters for one in documents.values())), "")
