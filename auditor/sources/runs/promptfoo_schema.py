"""The parts of promptfoo's results that are read, versions 2 and 3. Unknown keys are skipped."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from auditor.sources.runs.documents import STRICT, Count

# An answer takes two kilobytes once it is typed.
MOST_RESULTS = 100_000
WROTE = "give results promptfoo wrote"


class Part(BaseModel):
    """An object of the results."""

    model_config = STRICT


class Provider(Part):
    """What was asked: a label where the configuration gives one."""

    id: str = ""
    label: str | None = None


class Prompt(Part):
    """A prompt as it was sent, and what it is called."""

    raw: str = ""
    label: str = ""


class TestCase(Part):
    """The test with the defaults put in; `vars` there are the ones before they were rendered."""

    description: str | None = None
    asserts: list[Any] | None = Field(default=None, alias="assert")


class Result(Part):
    """One answer; `failureReason` 2 is an error, and no answer at all. Version 2 may lack it, and the indices."""

    provider: Provider | str
    prompt: Prompt
    vars: dict[str, Any] = {}
    success: bool
    score: float | None = None
    failureReason: int | None = None
    error: str | None = None
    gradingResult: dict[str, Any] | None = None
    namedScores: dict[str, Any] = {}
    response: Any = None
    testCase: TestCase = TestCase()
    testIdx: Count | None = None


class Stats(Part):
    """How many answers there should be."""

    successes: Count = 0
    failures: Count = 0
    errors: Count = 0


class Summary(Part):
    """The results; aggregates are not read."""

    version: Literal[2, 3]
    timestamp: str | None = None
    results: list[Result] = Field(max_length=MOST_RESULTS)
    stats: Stats | None = None


class Config(Part):
    """What was to be evaluated. A test, a provider or the defaults may also be the name of a file."""

    description: str | None = None
    tags: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    tests: Any = None
    scenarios: Any = None
    providers: Any = None
    defaultTest: Any = None


class RuntimeOptions(Part):
    """How it was run."""

    repeat: int | None = Field(default=None, ge=1, le=10**6)


class Metadata(Part):
    """Written by the export."""

    evaluationCreatedAt: str | None = None


class Document(Part):
    """A whole file."""

    evalId: str | None = None
    results: Summary
    config: Config = Config()
    runtimeOptions: RuntimeOptions | None = None
    metadata: Metadata | None = None


DOCUMENT = TypeAdapter(Document)
