"""promptfoo: the results of `--output x.json`, versions 2 and 3; one run a provider and prompt.

An item's id is a hash of the test's variables and description, so that adding, removing or reordering tests renames
none; what its assertions ask is no part of it. Repetitions carry no number and are epochs in the order of `testIdx`.
The suite is the evaluation's description. Scores are `score` and `success` (1 and true are good), and `namedScores`, a
dictionary of the assertions' metrics.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import LoggedSample, RawRun, Score
from auditor.model.strict_json import JsonError, parse_json
from auditor.sources.runs.documents import DOCUMENT_BYTES, canonical, parse, read_bytes, valid
from auditor.sources.runs.interface import ReadOptions, uncollected
from auditor.sources.runs.messages import PROMPT_CHARACTERS, system_messages, user_messages
from auditor.sources.runs.metadata import STAMP, Said, Source, run_of, said_in, time_of
from auditor.sources.runs.promptfoo_config import planned, sampling, scorer
from auditor.sources.runs.promptfoo_schema import DOCUMENT, WROTE, Document, Provider, Result
from auditor.sources.runs.scores import in_epochs, score_of

HEAD = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"evalId"\s*:\s*(?:"[^"]*"|null)\s*,\s*)?"results"\s*:\s*\{\s*"version"\s*:\s*\d'
)
ERROR = 2
# In how providers say why an answer ended.
REFUSED = ("content_filter", "refusal")
NAMES = {STAMP, *(field.name for field in fields(Said))}
# Variables promptfoo adds itself, other ones in each run.
OWN_VARIABLES = frozenset({"sessionId", "_conversation"})


class PromptfooReader:
    """Reads one run a provider and prompt from promptfoo's results."""

    name = "promptfoo"
    kinds = "promptfoo results (.json)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A `.json` file that begins as promptfoo's do."""
        return path.suffix == ".json" and HEAD.match(head) is not None

    @uncollected
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a file, by model and prompt. Raises LogError."""
        data = read_bytes(path, DOCUMENT_BYTES, "filter the tests into several evaluations")
        document = valid(DOCUMENT, parse(data, path), path, remedy=WROTE)
        grouped: dict[tuple[str, str], list[Result]] = {}
        for result in document.results.results:
            grouped.setdefault((_model(result.provider), result.prompt.label or result.prompt.raw), []).append(result)
        if not grouped:
            raise LogError("holds no results", where=str(path), field="results.results", remedy=WROTE)
        source = Source(PromptfooReader.name, str(path), hashlib.sha256(data).hexdigest())
        if not all(model for model, _ in grouped):
            raise LogError("is empty", where=str(path), field="results.results.provider", remedy="give it an id")
        return tuple(_run(source, document, key, grouped[key], sorted(grouped)) for key in sorted(grouped))


def _run(
    source: Source,
    document: Document,
    key: tuple[str, str],
    results: Sequence[Result],
    among: Sequence[tuple[str, str]],
) -> RawRun:
    """One run. `among` are all models and prompts of the file."""
    (model, prompt), config, where = key, document.config, source.where
    label = hashlib.sha256(prompt.encode(errors="surrogatepass")).hexdigest()[:12]
    several = len({other for _, other in among}) > 1
    ordered = sorted(results, key=lambda result: result.testIdx or 0)
    repeat = document.runtimeOptions.repeat if document.runtimeOptions else None
    return run_of(
        source,
        _said(document, f"prompt {label}" if several else "", where),
        suite=_suite(document, where),
        model=model,
        samples=in_epochs(_sample(result, where) for result in ordered),
        log_id=f"{document.evalId}/{model}/{label}" if document.evalId else None,
        run=label if several else "",
        system_messages=_system(ordered),
        scorer=scorer(document, where),
        sampling=sampling(config, model, where),
        created=_created(document, where),
        planned=planned(config, repeat),
        incomplete=_incomplete(document),
        prompts=_prompts(ordered, where),
    )


def _model(provider: Provider | str) -> str:
    """The provider's label, which names a custom provider better than its file does; else its id."""
    return provider if isinstance(provider, str) else provider.label or provider.id


def _suite(document: Document, where: str) -> str:
    name = (document.config.description or "").strip()
    if not name:
        remedy = "evaluate with --description NAME, the suite's name or a task of it"
        raise LogError("is missing, and nothing else names the suite", where=where, field="description", remedy=remedy)
    return name


def _said(document: Document, variant: str, where: str) -> Said:
    """What metadata and tags say. Under one stamp several prompts are variants of the same items: conditions."""
    metadata, tags = document.config.metadata or {}, document.config.tags or {}
    for name in sorted(NAMES & metadata.keys() & tags.keys()):
        if metadata[name] != tags[name]:
            what = "says something else than config.metadata"
            raise LogError(what, where=where, field=f"config.tags.{name}", remedy="remove one of them")
    said = said_in({**metadata, **tags}, where, "config.tags")
    if said.checkpoint and len({_model(result.provider) for result in document.results.results}) > 1:
        remedy = "evaluate one model in a file, or leave it out"
        raise LogError("is one for several models", where=where, field="config.tags.checkpoint", remedy=remedy)
    return replace(said, condition=variant) if said.stamp and not said.condition else said


def _item(result: Result, where: str) -> str:
    kept = {name: value for name, value in result.vars.items() if name not in OWN_VARIABLES}
    text = canonical({"vars": kept, "description": result.testCase.description}, where, "results.results.vars")
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def _sample(result: Result, where: str) -> LoggedSample:
    scores: dict[str, Score] = {"score": score_of(result.score, where, "score"), "success": result.success}
    if result.namedScores:
        scores["namedScores"] = score_of(result.namedScores, where, "namedScores")
    return LoggedSample(_item(result, where), 1, scores, "error" if _failed(result) else None, _refused(result))


def _refused(result: Result) -> bool:
    """Whether the provider calls its answer a refusal, or stopped it as one."""
    response = result.response if isinstance(result.response, Mapping) else {}
    return response.get("isRefusal") is True or response.get("finishReason") in REFUSED


def _failed(result: Result) -> bool:
    """Whether there was no answer to judge; files without failureReason show it by an error nothing has graded."""
    if result.failureReason is not None:
        return result.failureReason == ERROR
    return bool(result.error) and result.gradingResult is None


def _system(results: Sequence[Result]) -> tuple[str, ...]:
    """The distinct system messages of prompts that are lists of messages."""
    found: dict[str, None] = {}
    for raw in dict.fromkeys(result.prompt.raw for result in results):
        if raw.lstrip().startswith("["):
            found.update(dict.fromkeys(system_messages(_messages(raw))))
    return tuple(found)


def _prompts(results: Sequence[Result], where: str) -> tuple[tuple[str, str], ...]:
    """Items and what they say to the model: the first user message; of a prompt that is one text, the variables.

    Such a text may hold the spec beside them, as a variable that is the same in every test may: neither is the item's.
    """
    texts = [{name: value for name, value in one.vars.items() if isinstance(value, str)} for one in results]
    same = set.intersection(*(set(one.items()) for one in texts)) if len(texts) > 1 else set()
    found: dict[tuple[str, str], None] = {}
    for result, variables in zip(results, texts, strict=True):
        said = user_messages(_messages(result.prompt.raw)) if result.prompt.raw.lstrip().startswith("[") else []
        own = "\n".join(value for name, value in sorted(variables.items()) if (name, value) not in same)
        if text := (said[0] if said else own[:PROMPT_CHARACTERS]).strip():
            found[_item(result, where), text] = None
    return tuple(found)


def _messages(raw: str) -> object:
    try:
        return parse_json(raw.encode())
    except (JsonError, UnicodeEncodeError):  # a text that begins with a bracket
        return None


def _created(document: Document, where: str) -> datetime | None:
    metadata = document.metadata
    if metadata and metadata.evaluationCreatedAt:
        return time_of(metadata.evaluationCreatedAt, where, "metadata.evaluationCreatedAt", "promptfoo")
    said = document.results.timestamp
    return time_of(said, where, "results.timestamp", "promptfoo") if said else None


def _incomplete(document: Document) -> str | None:
    stats, read = document.results.stats, len(document.results.results)
    counted = stats.successes + stats.failures + stats.errors if stats else read
    return None if counted == read else f"the file's statistics count {counted} results, the file holds {read}"


READER = PromptfooReader()
