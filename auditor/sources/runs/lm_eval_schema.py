"""The parts of lm-evaluation-harness's results and samples that are read. Unknown keys are skipped."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from auditor.sources.runs.documents import STRICT, Count, Name

WROTE = "give results lm-evaluation-harness wrote"
LAST_SECOND = 253_402_300_799  # of the year 9999


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
    """A results file; its aggregates are not read."""

    model_config = ConfigDict(**STRICT, populate_by_name=True)

    config: Config = Config()
    configs: dict[Name, Task]
    versions: dict[str, Any] = {}
    n_samples: dict[str, Counts] = Field(default={}, alias="n-samples")
    higher_is_better: dict[str, dict[str, Any]] = {}
    date: Annotated[float, Field(ge=0, le=LAST_SECOND)]
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


RESULTS = TypeAdapter(Results)
LINE = TypeAdapter(Line)
