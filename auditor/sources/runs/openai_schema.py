"""The lines of an OpenAI evals log that are read. Unknown keys are skipped."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from auditor.sources.runs.documents import STRICT, Count, Name

WROTE = "give a log oaieval wrote"


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


SPEC = TypeAdapter(Spec)
EVENT = TypeAdapter(Event)
REPORT = TypeAdapter(dict[str, Any] | None)
