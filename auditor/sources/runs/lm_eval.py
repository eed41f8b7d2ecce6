"""lm-evaluation-harness: a results file with its samples beside it, one run a task.

`results_{date}.json` is what is read; `samples_{task}_{date}.jsonl` of the same folder and date is read through it.
The samples file has one line a filter; a score is named `metric,filter` as in the results (`exact_match,strict-match`).
An item's id is the harness's `doc_hash`. A run's sha256 is that of its results file followed by its samples file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import RawRun
from auditor.sources.runs.documents import AGAIN, DOCUMENT_BYTES, LINES_BYTES, canonical, parse, read_bytes, valid
from auditor.sources.runs.interface import ReadOptions, uncollected
from auditor.sources.runs.lm_eval_samples import TaskSamples, samples_of
from auditor.sources.runs.lm_eval_schema import RESULTS, WROTE, Results, Task
from auditor.sources.runs.metadata import Said, Source, run_of, said_in

DATE = r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(?:\.\d+)?)"
RESULTS_NAME = re.compile(rf".+_{DATE}\.json", re.DOTALL)
SAMPLES_NAME = re.compile(rf"samples_.+_{DATE}\.jsonl", re.DOTALL)
RESULTS_HEAD = re.compile(rb'\s*\{\s*"results"\s*:\s*\{\s*("[^"]*"\s*:\s*\{|\})')
SPLIT = "evaluate fewer tasks at a time"


class LmEvalReader:
    """Reads one run a task from the results of lm-evaluation-harness."""

    name = "lm_eval"
    kinds = "lm-evaluation-harness results (results_*.json beside samples_*.jsonl)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A results file or a samples file, by the dated name the harness gives it and how it begins."""
        if SAMPLES_NAME.fullmatch(path.name):
            return True
        return bool(RESULTS_NAME.fullmatch(path.name) and RESULTS_HEAD.match(head))

    @uncollected
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a results file, none of a samples file that has one beside it. Raises LogError."""
        if match := SAMPLES_NAME.fullmatch(path.name):
            _check_accompanied(path, match[1])
            return ()
        data = read_bytes(path, DOCUMENT_BYTES, SPLIT)
        results = _results(path, data)
        if not results.configs:
            raise LogError("names no task", where=str(path), field="configs", remedy=WROTE)
        return tuple(_run(path, data, results, task) for task in sorted(results.configs))


def _check_accompanied(path: Path, date: str) -> None:
    """Raises LogError unless a results file of the same date names the task whose samples these are."""
    task = path.name.removeprefix("samples_").removesuffix(f"_{date}.jsonl")
    beside = (other for other in path.parent.glob(f"*_{date}.json") if RESULTS_NAME.fullmatch(other.name))
    if not any(task in _results(other, read_bytes(other, DOCUMENT_BYTES, SPLIT)).configs for other in beside):
        what = f"no results file of {date} beside it names the task {task:.80}"
        raise LogError(what, where=str(path), remedy="put both files into one folder, as the harness writes them")


def _results(path: Path, data: bytes) -> Results:
    return valid(RESULTS, parse(data, path), path, remedy=WROTE)


def _run(path: Path, data: bytes, results: Results, task: str) -> RawRun:
    where, config = str(path), results.configs[task]
    beside = _samples_path(path, task)
    lines = read_bytes(beside, LINES_BYTES, SPLIT)
    found = samples_of(lines, beside, results.higher_is_better.get(task, {}), results.system_instruction)
    counts = results.n_samples.get(task)
    model = results.model_name or results.model_source
    if not model:
        raise LogError("is empty", where=where, field="model_name", remedy="name the model in --model_args")
    return run_of(
        Source(LmEvalReader.name, where, _digest(data, lines)),
        _with_checkpoint(said_in(config.metadata or {}, where, f"configs.{task[:80]}.metadata"), results, model),
        suite=task,
        model=model,
        samples=found.samples,
        log_id=None,
        system_messages=(results.system_instruction,) if results.system_instruction else (),
        scorer=_scorer(results, task, where),
        sampling=_sampling(results, config, where),
        created=datetime.fromtimestamp(results.date, UTC),
        planned=counts.original if counts else None,
        code_revision=(results.git_hash or "").strip()[:200] or None,
        incomplete=_incomplete(results, task, found, beside),
        prompts=found.prompts,
    )


def _with_checkpoint(said: Said, results: Results, model: str) -> Said:
    """With the revision of the model's weights where the metadata name no checkpoint: one name, several models."""
    given = results.config.model_args
    if isinstance(given, str):
        given = dict(pair.split("=", 1) for pair in given.split(",") if "=" in pair)
    weights = (given or {}).get("revision")
    return said if said.checkpoint or not weights else replace(said, checkpoint=f"{model}@{weights}")


def _digest(*files: bytes) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file)
    return digest.hexdigest()


def _samples_path(path: Path, task: str) -> Path:
    match = RESULTS_NAME.fullmatch(path.name)
    assert match is not None
    beside = path.with_name(f"samples_{Path(task).name}_{match[1]}.jsonl")
    if Path(task).name != task:
        raise LogError("is no name of a file", where=str(path), field=f"configs.{task[:80]}", remedy=WROTE)
    if not beside.is_file():
        remedy = "evaluate with --log_samples, and keep both files in one folder"
        raise LogError(f"has no {beside.name:.200} beside it", where=str(path), remedy=remedy)
    return beside


def _scorer(results: Results, task: str, where: str) -> str:
    config = results.configs[task]
    said = {"metrics": config.metric_list, "filters": config.filter_list, "version": results.versions.get(task)}
    return canonical(_given(said), where, f"configs.{task[:80]}")


def _sampling(results: Results, config: Task, where: str) -> str:
    said = {"num_fewshot": config.num_fewshot, "chat_template": results.chat_template_sha, "repeats": config.repeats}
    return canonical(_given({**(config.generation_kwargs or {}), **said}), where, "generation_kwargs")


def _given(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if value is not None}


def _incomplete(results: Results, task: str, found: TaskSamples, beside: Path) -> str | None:
    """Why the run cannot support a verdict. Raises LogError for samples the results were not computed from."""
    counts, read = results.n_samples.get(task), len(found.samples)
    if counts is not None and counts.effective != read:
        return f"the results count {counts.effective} samples, the samples file holds {read}"
    if found.uneven:
        return f"the samples file lacks lines of the filter {found.uneven[:80]!r}"
    said = results.task_hashes.get(task)
    if said is not None and found.task_hash is not None and said != found.task_hash:
        what = "holds other documents, prompts or targets than the results were computed from"
        raise LogError(what, where=str(beside), field="doc_hash, prompt_hash, target_hash", remedy=AGAIN)
    return None if read else "the samples file is empty"


READER = LmEvalReader()
