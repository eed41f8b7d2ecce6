"""promptfoo: the results of `--output x.json`, versions 2 and 3, or `x.jsonl`; one run for each provider and prompt.

An item's id is a hash of the test's variables, without the spec's text, and its description, so that adding, removing
or reordering tests renames no item; tests that differ in nothing but their assertions are told apart by these.
Repetitions carry no number and are epochs in the order of `testIdx`. The suite is the evaluation's description. Scores
are `score` and `success` (1 and true are good), and `namedScores`, a dictionary of the assertions' metrics.

JSON lines hold results and nothing else: what they are of is what the metadata of all their tests says.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun, Score
from auditor.model.run import ReportedTotal
from auditor.model.strict_json import JsonError, parse_json
from auditor.readers.interface import ReadOptions, without_garbage_collection
from auditor.readers.items import ItemHasher, hash_checker, separate_items
from auditor.readers.json_files import (
    MAX_DOCUMENT_BYTES,
    STRICT,
    Count,
    canonical_text,
    iterate_lines,
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
    number_epochs,
    parse_time,
    read_metadata,
    read_score,
    system_messages,
    user_messages,
)

# The parts of promptfoo's results that are read, versions 2 and 3. Unknown keys are skipped.


# An answer takes two kilobytes once it is typed.
MAX_RESULTS = 100_000
REMEDY = "give results promptfoo wrote"


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
    metadata: dict[str, Any] | None = None


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
    id: str | None = None


class Stats(Part):
    """How many answers there should be, by what became of them; held against the rows."""

    successes: Count = 0
    failures: Count = 0
    errors: Count = 0


class Summary(Part):
    """The results; aggregates are not read."""

    version: Literal[2, 3]
    timestamp: str | None = None
    results: list[Result] = Field(max_length=MAX_RESULTS)
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


DOCUMENT_ADAPTER = TypeAdapter(Document)
RESULT_ADAPTER = TypeAdapter(Result)


# What promptfoo's configuration says of a run: assertions, sampling, and how many tests there were to be.


# Of a provider's configuration only this: the rest is how requests are sent, and may hold secrets.
SAMPLING_KEYS = frozenset(
    {
        "frequency_penalty",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "maxOutputTokens",
        "presence_penalty",
        "reasoning",
        "reasoning_effort",
        "stop",
        "temperature",
        "thinking",
        "top_k",
        "top_p",
        "topK",
        "topP",
    }
)
ASSERTION_KEYS = ("metric", "provider", "threshold", "transform", "type", "weight")


def describe_scorer(document: Document, where: str) -> str | None:
    """What answers are asserted on, as canonical JSON; what is asked of every test with a hash of what it asks.

    A test's own assertions count by their kind alone: what they ask belongs to the item.
    """
    defaults = _as_mapping(document.config.defaultTest)
    shared = [
        _assertion(only_mapping) | _assertion_hash(only_mapping, where)
        for only_mapping in _only_mappings(defaults.get("assert"))
    ]
    own = {
        canonical_text(_assertion(only_mapping), where, "results.results.testCase.assert")
        for result in document.results.results
        for only_mapping in _only_mappings(result.testCase.asserts)
    }
    judge = _provider_name(_as_mapping(defaults.get("options")).get("provider"))
    parts = {"default": shared or None, "tests": [json.loads(text) for text in sorted(own)] or None, "judge": judge}
    set_parts = {name: value for name, value in parts.items() if value is not None}
    return canonical_text(set_parts, where, "config.defaultTest") if set_parts else None


def describe_sampling(config: Config, model: str, where: str) -> str | None:
    """The settings the model's answers were drawn with, as canonical JSON; None where the file does not say."""
    for name, provider in _providers(config):
        if model in (name, provider.get("label")):
            document = {
                key: value for key, value in _as_mapping(provider.get("config")).items() if key in SAMPLING_KEYS
            }
            return canonical_text(document, where, "config.providers")
    return None


def count_planned(config: Config, repeat: int | None) -> int | None:
    """The tests of a run, with repetitions; None where the file does not list them one by one."""
    tests = config.tests
    if not isinstance(tests, list) or not tests or config.scenarios:
        return None
    if any(not isinstance(test, Mapping) or _is_multiple(test) for test in tests):
        return None
    return len(tests) * (repeat or 1)


def _is_multiple(test: Mapping[str, Any]) -> bool:
    """Whether a test stands for several, or for some of the models: its variables are lists, files or patterns."""
    values = _as_mapping(test.get("vars")).values()
    several = any(isinstance(value, list) or (isinstance(value, str) and "file://" in value) for value in values)
    return several or not isinstance(test.get("vars"), Mapping) or bool({"providers", "prompts"} & test.keys())


def _only_mappings(values: object) -> Iterator[Mapping[str, Any]]:
    yield from (entry for entry in (values if isinstance(values, list) else []) if isinstance(entry, Mapping))


def _assertion(assertion: Mapping[str, Any]) -> dict[str, Any]:
    document = {name: assertion[name] for name in ASSERTION_KEYS if assertion.get(name) is not None}
    return document | ({"provider": _provider_name(document["provider"])} if "provider" in document else {})


def _assertion_hash(document: Mapping[str, Any], where: str) -> dict[str, str]:
    """A hash of what an assertion asks: rubrics may quote prompts, which are never stored."""
    text = canonical_text(document.get("value"), where, "config.defaultTest.assert")
    return {"value": hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]}


def _providers(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each provider's name and options: it may be a name alone, options with an id, or options under a name."""
    for provider in config.providers if isinstance(config.providers, list) else [config.providers]:
        if isinstance(provider, str):
            yield provider, {}
        elif isinstance(provider, Mapping) and isinstance(provider.get("id"), str):
            yield provider["id"], provider
        elif isinstance(provider, Mapping):
            yield from ((str(name), _as_mapping(options)) for name, options in provider.items())


def _provider_name(value: object) -> str | None:
    name = value.get("id") if isinstance(value, Mapping) else value
    return name if isinstance(name, str) else None


def _as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


# The results as runs.


DOCUMENT_HEAD = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"evalId"\s*:\s*(?:"[^"]*"|null)\s*,\s*)?"results"\s*:\s*\{\s*"version"\s*:\s*\d'
)
LINE_KEYS = (b'"prompt"', b'"namedScores"', b'"provider"')
ERROR_REASON = 2
# In how providers say why an answer ended.
REFUSAL_REASONS = ("content_filter", "refusal")
METADATA_KEYS = {REVISION_KEY, *(field.name for field in fields(RunMetadata))}
# Variables promptfoo adds itself, other ones in each run.
INTERNAL_VARIABLES = frozenset({"sessionId", "_conversation"})
_LABEL_CHARACTERS = 80


class PromptfooReader:
    """Reads one run a provider and prompt from promptfoo's results."""

    name = "promptfoo"
    kinds = "promptfoo results (.json, .jsonl)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A `.json` file that begins as promptfoo's do, or JSON lines with the keys of its results."""
        if path.suffix == ".jsonl":
            return head.lstrip().startswith(b"{") and all(key in head for key in LINE_KEYS)
        return path.suffix == ".json" and DOCUMENT_HEAD.match(head) is not None

    @without_garbage_collection
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a file, by model and prompt. Raises LogError."""
        data = read_bytes(path, MAX_DOCUMENT_BYTES, "filter the tests into several evaluations")
        if path.suffix == ".jsonl":
            document = _document_of_lines(data, path)
        else:
            document = validate(DOCUMENT_ADAPTER, parse_document(data, path), path, remedy=REMEDY)
        grouped: dict[tuple[str, str], list[Result]] = {}
        for result in document.results.results:
            grouped.setdefault((_model_name(result.provider), result.prompt.label or result.prompt.raw), []).append(
                result
            )
        if not grouped:
            raise LogError("holds no results", where=str(path), field="results.results", remedy=REMEDY)
        source = LogSource(PromptfooReader.name, str(path), hashlib.sha256(data).hexdigest())
        if not all(model for model, _ in grouped):
            raise LogError("is empty", where=str(path), field="results.results.provider", remedy="give it an id")
        hasher = options.hasher
        return tuple(
            _build_run(source, document, key, grouped[key], sorted(grouped), hasher) for key in sorted(grouped)
        )


def _document_of_lines(data: bytes, path: Path) -> Document:
    """The results in lines, the last of each id, with the metadata that the tests of all have in common."""
    results: dict[str, Result] = {}
    for where, value in iterate_lines(data, path):
        result = validate(RESULT_ADAPTER, value, where, remedy=REMEDY)
        results[result.id or where] = result
        if len(results) > MAX_RESULTS:
            raise LogError(f"holds more than {MAX_RESULTS:,} results", where=where, remedy="filter the tests")
    shared = [entry.testCase.metadata or {} for entry in results.values()]
    common = {
        name: value for name, value in shared[0].items() if all(document.get(name) == value for document in shared)
    }
    suite = common.pop("suite", None)
    return Document(
        results=Summary(version=3, results=list(results.values())),
        config=Config(description=suite if isinstance(suite, str) else None, metadata=common),
    )


def _build_run(
    source: LogSource,
    document: Document,
    key: tuple[str, str],
    results: Sequence[Result],
    among: Sequence[tuple[str, str]],
    hasher: ItemHasher,
) -> RawRun:
    """One run. `among` are all models and prompts of the file."""
    (model, prompt), config, where = key, document.config, source.where
    label = hashlib.sha256(prompt.encode(errors="surrogatepass")).hexdigest()[:12]
    several = len({other for _, other in among}) > 1
    ordered = sorted(results, key=lambda result: result.testIdx or 0)
    repeat = document.runtimeOptions.repeat if document.runtimeOptions else None
    return build_run(
        source,
        _run_metadata(document, f"prompt {label}" if several else "", where),
        suite=_suite_name(document, where),
        model=model,
        samples=number_epochs(separate_items([_to_logged_sample(result, hasher, where) for result in ordered])),
        log_id=f"{document.evalId}/{model}/{label}" if document.evalId else None,
        run=label if several else "",
        system_messages=_system_texts(ordered),
        scorer=describe_scorer(document, where),
        sampling=describe_sampling(config, model, where),
        created=_creation_time(document, where),
        planned=count_planned(config, repeat),
        incomplete=_reason_incomplete(document),
        prompts=_item_prompts(ordered, hasher, where),
        totals={"": _totals(document)},
    )


def _model_name(provider: Provider | str) -> str:
    """The provider's label, which names a custom provider better than its file does; else its id."""
    return provider if isinstance(provider, str) else provider.label or provider.id


def _suite_name(document: Document, where: str) -> str:
    name = (document.config.description or "").strip()
    if not name:
        remedy = "evaluate with --description NAME, the suite's name or a task of it"
        if where.endswith(".jsonl"):
            remedy = "write .json, or name the suite in the metadata of defaultTest: suite: NAME"
        raise LogError("is missing, and nothing else names the suite", where=where, field="description", remedy=remedy)
    return name


def _run_metadata(document: Document, variant: str, where: str) -> RunMetadata:
    """What metadata and tags say. Under one stamp several prompts are variants of the same items: conditions."""
    metadata, tags = document.config.metadata or {}, document.config.tags or {}
    for name in sorted(METADATA_KEYS & metadata.keys() & tags.keys()):
        if metadata[name] != tags[name]:
            subject = "says something else than config.metadata"
            raise LogError(subject, where=where, field=f"config.tags.{name}", remedy="remove one of them")
    run_metadata = read_metadata({**metadata, **tags}, where, "config.tags")
    if run_metadata.checkpoint and len({_model_name(result.provider) for result in document.results.results}) > 1:
        remedy = "evaluate one model in a file, or leave it out"
        raise LogError("is one for several models", where=where, field="config.tags.checkpoint", remedy=remedy)
    return (
        replace(run_metadata, condition=variant) if run_metadata.stamp and not run_metadata.condition else run_metadata
    )


def _item_variables(result: Result, hasher: ItemHasher) -> object:
    """A test's own variables: without those that promptfoo adds, and without the spec."""
    return hasher.without_spec({name: value for name, value in result.vars.items() if name not in INTERNAL_VARIABLES})


def _hash_input(result: Result, hasher: ItemHasher) -> str | None:
    """The hash of the chat prompt without its system messages; of the variables where the prompt is another text.

    Of such a text nobody can tell what is the spec's. None where a prompt holds what earlier answers were.
    """
    messages = _parse_messages(result.prompt.raw) if result.prompt.raw.lstrip().startswith("[") else None
    if not isinstance(messages, list):
        return hasher.hash_input(_item_variables(result, hasher))
    if any(result.vars.get(name) for name in INTERNAL_VARIABLES):
        return None
    return hasher.hash_messages(messages)


def _item_id(result: Result, hasher: ItemHasher, where: str) -> str:
    variables = _item_variables(result, hasher)
    text = canonical_text(
        {"vars": variables, "description": result.testCase.description}, where, "results.results.vars"
    )
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def _to_logged_sample(result: Result, hasher: ItemHasher, where: str) -> LoggedSample:
    scores: dict[str, Score] = {"score": read_score(result.score, where, "score"), "success": result.success}
    if result.namedScores:
        scores["namedScores"] = read_score(result.namedScores, where, "namedScores")
    return LoggedSample(
        item=_item_id(result, hasher, where),
        epoch=1,
        scores=scores,
        invalid_reason="error" if _is_error(result) else None,
        refused=_is_refusal(result),
        input=_hash_input(result, hasher),
        checker=hash_checker(result.testCase.asserts),
        label=_label(result),
    )


def _label(result: Result) -> str:
    """What promptfoo calls a test: its number in the table of results, and its description."""
    parts = (f"test {result.testIdx + 1}" if result.testIdx is not None else "", result.testCase.description or "")
    return ": ".join(part for part in parts if part)[:_LABEL_CHARACTERS]


def _is_refusal(result: Result) -> bool:
    """Whether the provider calls its answer a refusal, or stopped it as one."""
    response = result.response if isinstance(result.response, Mapping) else {}
    return response.get("isRefusal") is True or response.get("finishReason") in REFUSAL_REASONS


def _is_error(result: Result) -> bool:
    """Whether there was no answer to judge; files without failureReason show it by an error nothing has graded."""
    if result.failureReason is not None:
        return result.failureReason == ERROR_REASON
    return bool(result.error) and result.gradingResult is None


def _system_texts(results: Sequence[Result]) -> tuple[str, ...]:
    """The distinct system messages of prompts that are lists of messages."""
    texts: dict[str, None] = {}
    for raw in dict.fromkeys(result.prompt.raw for result in results):
        if raw.lstrip().startswith("["):
            texts.update(dict.fromkeys(system_messages(_parse_messages(raw))))
    return tuple(texts)


def _item_prompts(results: Sequence[Result], hasher: ItemHasher, where: str) -> tuple[tuple[str, str], ...]:
    """Items and what they say to the model: the first user message; of a prompt that is one text, the variables.

    Such a text may hold the spec beside them, as a variable that is the same in every test may: neither is the item's.
    """
    texts = [{name: value for name, value in each.vars.items() if isinstance(value, str)} for each in results]
    same = set.intersection(*(set(names.items()) for names in texts)) if len(texts) > 1 else set()
    prompts: dict[tuple[str, str], None] = {}
    for result, variables in zip(results, texts, strict=True):
        lines = user_messages(_parse_messages(result.prompt.raw)) if result.prompt.raw.lstrip().startswith("[") else []
        own = "\n".join(value for name, value in sorted(variables.items()) if (name, value) not in same)
        if text := (lines[0] if lines else own[:PROMPT_CHARACTERS]).strip():
            prompts[_item_id(result, hasher, where), text] = None
    return tuple(prompts)


def _parse_messages(raw: str) -> object:
    try:
        return parse_json(raw.encode())
    except (JsonError, UnicodeEncodeError):  # a text that begins with a bracket
        return None


def _creation_time(document: Document, where: str) -> datetime | None:
    metadata = document.metadata
    if metadata and metadata.evaluationCreatedAt:
        return parse_time(metadata.evaluationCreatedAt, where, "metadata.evaluationCreatedAt", "promptfoo")
    text = document.results.timestamp
    return parse_time(text, where, "results.timestamp", "promptfoo") if text else None


def _totals(document: Document) -> tuple[ReportedTotal, ...]:
    """The file's statistics against all its results; without reasons of failures, errors and failures are one sum."""
    stats, results = document.results.stats, document.results.results
    if stats is None:
        return ()
    errors, passed = sum(map(_is_error, results)), sum(result.success for result in results)
    failed = sum(not result.success and not _is_error(result) for result in results)
    if any(result.failureReason is None for result in results):
        unsuccessful = compare_total("failures and errors", stats.failures + stats.errors, len(results) - passed)
        return (*unsuccessful, *compare_total("successes", stats.successes, passed))
    return (
        *compare_total("errors", stats.errors, errors),
        *compare_total("failures", stats.failures, failed),
        *compare_total("successes", stats.successes, passed),
    )


def _reason_incomplete(document: Document) -> str | None:
    stats, read = document.results.stats, len(document.results.results)
    counted = stats.successes + stats.failures + stats.errors if stats else read
    return None if counted == read else f"the file's statistics count {counted} results, the file holds {read}"


READER = PromptfooReader()
