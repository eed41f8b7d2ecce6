"""The parts of an Inspect log that are read, as its JSON has them. Unknown keys are skipped: the schema grows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from auditor.sources.runs.documents import STRICT, Count

LONGEST_LIST = 200_000
LONGEST_ID = 10_000
ItemId = int | Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]


class Part(BaseModel):
    """An object of the log."""

    model_config = STRICT


class Dataset(Part):
    """`samples` counts the whole dataset, whatever `--limit` left of it."""

    samples: Count | None = None


class Config(Part):
    """`epochs` is absent in older logs, which had one."""

    epochs: Annotated[int, Field(ge=1, le=10**6)] | None = None


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
    """A scorer as older logs name it, beside its aggregate (which is not read)."""

    name: str
    scorer: str | None = None
    params: dict[str, Any] = {}


class Results(Part):
    """Of the aggregates only what tells a complete log from an incomplete one."""

    total_samples: Count | None = None
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

    choices: list[Choice] = Field(default_factory=list, max_length=LONGEST_LIST)


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
    messages: list[Message] = Field(default_factory=list, max_length=LONGEST_LIST)
    message_refs: list[Annotated[list[Count], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    attachments: dict[str, str] = Field(default_factory=dict)
    output: Output | None = None


HEADER = TypeAdapter(Header)
SAMPLE = TypeAdapter(Sample)
# An object takes a kilobyte once it is typed, so a list of small ones is bounded by its length too.
MESSAGES = TypeAdapter(Annotated[list[Message], Field(max_length=LONGEST_LIST)])
TEXTS = TypeAdapter(list[str])
