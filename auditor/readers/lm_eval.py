"""lm-evaluation-harness: a results file together with its samples files, one run a task.

`results_{date}.json` is what is read; `samples_{task}_{date}.jsonl` of the same folder and date is read through it. The
samples file has a line for each document and filter; a score is named `metric,filter` as in the results
(`exact_match,strict-match`). An item's id is the harness's `doc_hash`. A run's sha256 is that of its results file
followed by its samples file.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun, Score, ScoreValue
from auditor.model.run import ReportedTotal
from auditor.model.strict_json import JsonError, parse_json
from auditor.readers.interface import ReadOptions, without_garbage_collection
from auditor.readers.items import ItemHasher, separate_items
from auditor.readers.json_files import (
    MAX_DOCUMENT_BYTES,
    MAX_LINES_BYTES,
    MAX_SAMPLES,
    REFETCH,
    STRICT,
    Count,
    Name,
    canonical_text,
    iterate_lines,
    parse_document,
    read_bytes,
    validate,
)
from auditor.readers.log_fields import (
    SYSTEM_ROLES,
    LogSource,
    RunMetadata,
    build_run,
    compare_total,
    mean_score,
    number_epochs,
    read_metadata,
    read_score,
    user_messages,
)

# The parts of lm-evaluation-harness's results and samples that are read. Unknown keys are skipped.


REMEDY = "give results lm-evaluation-harness wrote"
MAX_TIMESTAMP = 253_402_300_799  # of the year 9999


class Part(BaseModel):
    """An object of the results."""

    model_config = STRICT


class Task(Part):
    """How a task was set up; its metadata holds what `--metadata` gave."""

    metadata: dict[str, Any] | None = None
    metric_list: list[Any] | None = None
    filter_list: list[Any] | None = None
    generation_kwargs: dict[str, Any] | None = None
    num_fewshot: int | None = None
    repeats: int | None = None


class Counts(Part):
    """Samples of the whole dataset, and those that `--limit` left."""

    original: Count
    effective: Count


class Config(Part):
    """How the harness was called; older versions keep the model's arguments as one text."""

    model_args: dict[str, Any] | str | None = None


class Results(Part):
    """A results file; its aggregates are held against the samples, and used for nothing else."""

    model_config = ConfigDict(**STRICT, populate_by_name=True)

    config: Config = Config()
    results: dict[str, dict[str, Any]] = {}
    configs: dict[Name, Task]
    versions: dict[str, Any] = {}
    n_samples: dict[str, Counts] = Field(default={}, alias="n-samples")
    higher_is_better: dict[str, dict[str, Any]] = {}
    date: Annotated[float, Field(ge=0, le=MAX_TIMESTAMP)]
    task_hashes: dict[str, str] = {}
    model_source: str | None = None
    model_name: str | None = None
    system_instruction: str | None = None
    chat_template_sha: str | None = None
    git_hash: str | None = None


class Line(Part):
    """One line of a samples file; the metrics it names are keys of their own."""

    doc_id: Count
    doc_hash: Name
    prompt_hash: str | None = None
    target_hash: str | None = None
    arguments: Any = None
    filter: str = "none"
    metrics: list[str] | None = None


RESULTS_ADAPTER = TypeAdapter(Results)
LINE_ADAPTER = TypeAdapter(Line)


# The samples file of one lm-evaluation-harness task: lines by document and filter, put together as samples.


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
    incomplete_filter: str


@dataclass(slots=True)
class _Document:
    item: str
    prompt: str
    input: str | None = None
    checker: str | None = None
    scores: dict[str, Score] = field(default_factory=dict)
    filters: set[str] = field(default_factory=set)


def read_samples(
    data: bytes,
    path: Path,
    metrics: Collection[str],
    system: str | None,
    hasher: ItemHasher,
) -> TaskSamples:
    """The samples in a file's bytes; `metrics` are the task's, for lines of older versions that do not name theirs;
    `system` is what goes before every prompt, and no part of an item.

    Raises LogError naming the line.
    """
    documents: dict[int, _Document] = {}
    digest, hashed = hashlib.sha256(), True
    for where, value in iterate_lines(data, path):
        line = validate(LINE_ADAPTER, value, where, remedy=REMEDY)
        assert isinstance(value, Mapping)
        if line.doc_id not in documents:
            documents[line.doc_id] = _new_document(line, system, hasher)
        _add_line(documents[line.doc_id], line, value, metrics, where)
        if len(documents) > MAX_SAMPLES:
            subject, remedy = f"is one of more than {MAX_SAMPLES:,} documents", "evaluate fewer documents at a time"
            raise LogError(subject, where=where, field="doc_id", remedy=remedy)
        hashed = hashed and line.prompt_hash is not None and line.target_hash is not None
        digest.update(f"{line.doc_hash}{line.prompt_hash}{line.target_hash}".encode(errors="surrogatepass"))
    samples = separate_items(
        [
            LoggedSample(document.item, 1, document.scores, None, input=document.input, checker=document.checker)
            for _, document in sorted(documents.items())
        ]
    )
    prompts = tuple(
        dict.fromkeys(
            (document.item, text)
            for _, document in sorted(documents.items())
            if (text := _remove_system(document.prompt, system))
        )
    )
    return TaskSamples(
        number_epochs(samples), digest.hexdigest() if hashed else None, prompts, _incomplete_filter(documents)
    )


def _first_prompt(arguments: object) -> str:
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


def _remove_system(prompt: str, system: str | None) -> str:
    return (prompt.replace(system, "", 1) if system else prompt).strip()


def _new_document(line: Line, system: str | None, hasher: ItemHasher) -> _Document:
    messages = _without_system(line.arguments, system)
    return _Document(line.doc_hash, _first_prompt(line.arguments), hasher.hash_input(messages), line.target_hash)


def _without_system(value: object, system: str | None) -> object:
    """The requests of a document without what goes before every prompt: system messages, as text or as messages."""
    if isinstance(value, Mapping):
        return {name: _without_system(entry, system) for name, entry in value.items()}
    if isinstance(value, list):
        without_system = (
            message for message in value if not (isinstance(message, Mapping) and message.get("role") in SYSTEM_ROLES)
        )
        return [_without_system(entry, system) for entry in without_system]
    if not isinstance(value, str):
        return value
    messages: object = None
    if value.lstrip().startswith("["):
        with contextlib.suppress(JsonError, UnicodeEncodeError):  # a text that begins with a bracket
            messages = parse_json(value.encode())
    return _without_system(messages, system) if isinstance(messages, list) else _remove_system(value, system)


def _add_line(document: _Document, line: Line, value: Mapping[str, Any], metrics: Collection[str], where: str) -> None:
    if document.item != line.doc_hash:
        raise LogError(f"document {line.doc_id} has another hash above", where=where, field="doc_hash", remedy=REFETCH)
    if line.filter in document.filters:
        subject = f"document {line.doc_id} has a line of the filter {line.filter[:80]!r} above"
        raise LogError(subject, where=where, field="filter", remedy=REFETCH)
    document.filters.add(line.filter)
    for name in metrics if line.metrics is None else line.metrics:
        # A list is what a metric over the whole corpus keeps of a sample, and no score of it.
        if name in value and not isinstance(value[name], list):
            document.scores[f"{name},{line.filter}"] = read_score(value[name], where, name)


def _incomplete_filter(documents: Mapping[int, _Document]) -> str:
    every = set().union(*(document.filters for document in documents.values()))
    return next(
        (name for name in sorted(every) if any(name not in document.filters for document in documents.values())), ""
    )


# lm-evaluation-harness: a results file with its samples beside it, one run a task.
#
# `results_{date}.json` is what is read; `samples_{task}_{date}.jsonl` of the same folder and date is read through it.
# The samples file has one line a filter; a score is named `metric,filter` as in the results (`exact_match,strict-
# match`). An item's id is the harness's `doc_hash`. A run's sha256 is that of its results file followed by its
# samples file.


DATE_PATTERN = r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?)"
RESULTS_NAME = re.compile(rf".+_{DATE_PATTERN}\.json", re.DOTALL)
SAMPLES_NAME = re.compile(rf"samples_.+_{DATE_PATTERN}\.jsonl", re.DOTALL)
RESULTS_HEAD = re.compile(rb'\s*\{\s*"results"\s*:\s*\{\s*("[^"]*"\s*:\s*\{|\})')
# Metrics that are means where a task lists none.
MEAN_METRICS = ("acc", "acc_norm", "exact_match")
SPLIT_TASKS = "evaluate fewer tasks at a time"


class LmEvalReader:
    """Reads one run a task from the results of lm-evaluation-harness."""

    name = "lm_eval"
    kinds = "lm-evaluation-harness results (results_*.json beside samples_*.jsonl)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A results file or a samples file, by the dated name the harness gives it and how it begins."""
        if SAMPLES_NAME.fullmatch(path.name):
            return True
        return bool(RESULTS_NAME.fullmatch(path.name) and RESULTS_HEAD.match(head))

    @without_garbage_collection
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a results file, none of a samples file that has one beside it. Raises LogError."""
        if match := SAMPLES_NAME.fullmatch(path.name):
            _check_results_file(path, match[1])
            return ()
        data = read_bytes(path, MAX_DOCUMENT_BYTES, SPLIT_TASKS)
        results = _read_results(path, data)
        if not results.configs:
            raise LogError("names no task", where=str(path), field="configs", remedy=REMEDY)
        return tuple(_build_run(path, data, results, task, options.hasher) for task in sorted(results.configs))


def _check_results_file(path: Path, date: str) -> None:
    """Raises LogError unless a results file of the same date names the task whose samples these are."""
    task = path.name.removeprefix("samples_").removesuffix(f"_{date}.jsonl")
    paths = (other for other in path.parent.glob(f"*_{date}.json") if RESULTS_NAME.fullmatch(other.name))
    if not any(
        task in _read_results(other, read_bytes(other, MAX_DOCUMENT_BYTES, SPLIT_TASKS)).configs for other in paths
    ):
        subject = f"no results file of {date} beside it names the task {task:.80}"
        raise LogError(subject, where=str(path), remedy="put both files into one folder, as the harness writes them")


def _read_results(path: Path, data: bytes) -> Results:
    return validate(RESULTS_ADAPTER, parse_document(data, path), path, remedy=REMEDY)


def _build_run(path: Path, data: bytes, results: Results, task: str, hasher: ItemHasher) -> RawRun:
    where, config = str(path), results.configs[task]
    samples_file = _samples_path(path, task)
    lines = read_bytes(samples_file, MAX_LINES_BYTES, SPLIT_TASKS)
    metrics = results.higher_is_better.get(task, {})
    task_samples = read_samples(lines, samples_file, metrics, results.system_instruction, hasher)
    counts = results.n_samples.get(task)
    model = results.model_name or results.model_source
    if not model:
        raise LogError("is empty", where=where, field="model_name", remedy="name the model in --model_args")
    return build_run(
        LogSource(LmEvalReader.name, where, _files_sha256(data, lines)),
        _with_checkpoint(read_metadata(config.metadata or {}, where, f"configs.{task[:80]}.metadata"), results, model),
        suite=task,
        model=model,
        samples=task_samples.samples,
        log_id=None,
        system_messages=(results.system_instruction,) if results.system_instruction else (),
        scorer=_scorer(results, task, where),
        sampling=_sampling(results, config, where),
        created=datetime.fromtimestamp(results.date, UTC),
        planned=counts.original if counts else None,
        code_revision=(results.git_hash or "").strip()[:200] or None,
        incomplete=_reason_incomplete(results, task, task_samples, samples_file),
        prompts=task_samples.prompts,
        totals=_totals(results, task, task_samples.samples),
    )


def _totals(results: Results, task: str, samples: Collection[LoggedSample]) -> dict[str, tuple[ReportedTotal, ...]]:
    """The task's scores against the means of its documents', of metrics that are means."""
    metrics = results.configs[task].metric_list or [{"metric": name, "aggregation": "mean"} for name in MEAN_METRICS]
    means = {
        metric.get("metric") for metric in metrics if isinstance(metric, dict) and metric.get("aggregation") == "mean"
    }
    totals = {}
    for name, value in results.results.get(task, {}).items():
        if name.partition(",")[0] in means:
            # Each document counts once, also one of the same content as another.
            rows = ((str(place), _plain(sample.scores.get(name))) for place, sample in enumerate(samples))
            totals[name] = tuple(compare_total(name, value, mean_score(rows)))
    return totals


def _plain(score: Score) -> ScoreValue:
    return None if isinstance(score, Mapping) else score


def _with_checkpoint(run_metadata: RunMetadata, results: Results, model: str) -> RunMetadata:
    """With the revision of the model's weights where the metadata name no checkpoint: one name, several models."""
    arguments = results.config.model_args
    if isinstance(arguments, str):
        arguments = dict(pair.split("=", 1) for pair in arguments.split(",") if "=" in pair)
    weights = (arguments or {}).get("revision")
    return (
        run_metadata
        if run_metadata.checkpoint or not weights
        else replace(run_metadata, checkpoint=f"{model}@{weights}")
    )


def _files_sha256(*files: bytes) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file)
    return digest.hexdigest()


def _samples_path(path: Path, task: str) -> Path:
    match = RESULTS_NAME.fullmatch(path.name)
    assert match is not None
    samples_file = path.with_name(f"samples_{Path(task).name}_{match[1]}.jsonl")
    if Path(task).name != task:
        raise LogError("is no name of a file", where=str(path), field=f"configs.{task[:80]}", remedy=REMEDY)
    if not samples_file.is_file():
        remedy = "evaluate with --log_samples, and keep both files in one folder"
        raise LogError(f"has no {samples_file.name:.200} beside it", where=str(path), remedy=remedy)
    return samples_file


def _scorer(results: Results, task: str, where: str) -> str:
    config = results.configs[task]
    settings = {"metrics": config.metric_list, "filters": config.filter_list, "version": results.versions.get(task)}
    return canonical_text(_without_none(settings), where, f"configs.{task[:80]}")


def _sampling(results: Results, config: Task, where: str) -> str:
    settings = {
        "num_fewshot": config.num_fewshot,
        "chat_template": results.chat_template_sha,
        "repeats": config.repeats,
    }
    return canonical_text(_without_none({**(config.generation_kwargs or {}), **settings}), where, "generation_kwargs")


def _without_none(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value is not None}


def _reason_incomplete(results: Results, task: str, task_samples: TaskSamples, samples_file: Path) -> str | None:
    """Why the run cannot support a verdict. Raises LogError for samples the results were not computed from."""
    counts, read = results.n_samples.get(task), len(task_samples.samples)
    if counts is not None and counts.effective != read:
        return f"the results count {counts.effective} samples, the samples file holds {read}"
    if task_samples.incomplete_filter:
        return f"the samples file lacks lines of the filter {task_samples.incomplete_filter[:80]!r}"
    text = results.task_hashes.get(task)
    if text is not None and task_samples.task_hash is not None and text != task_samples.task_hash:
        subject = "holds other documents, prompts or targets than the results were computed from"
        raise LogError(subject, where=str(samples_file), field="doc_hash, prompt_hash, target_hash", remedy=REFETCH)
    return None if read else "the samples file is empty"


READER = LmEvalReader()
