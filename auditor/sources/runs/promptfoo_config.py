"""What promptfoo's configuration says of a run: assertions, sampling, and how many tests there were to be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.sources.runs.documents import canonical
from auditor.sources.runs.promptfoo_schema import Config, Document

# Of a provider's configuration only this: the rest is how requests are sent, and may hold secrets.
SAMPLING = frozenset(
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
KEPT = ("metric", "provider", "threshold", "transform", "type", "weight")


def scorer(document: Document, where: str) -> str | None:
    """What answers are asserted on, as canonical JSON; what is asked of every test with a hash of what it asks.

    A test's own assertions count by their kind alone: what they ask belongs to the item.
    """
    defaults = _mapping(document.config.defaultTest)
    shared = [_assertion(one) | _asked(one, where) for one in _objects(defaults.get("assert"))]
    own = {
        canonical(_assertion(one), where, "results.results.testCase.assert")
        for result in document.results.results
        for one in _objects(result.testCase.asserts)
    }
    judge = _provider(_mapping(defaults.get("options")).get("provider"))
    said = {"default": shared or None, "tests": [json.loads(text) for text in sorted(own)] or None, "judge": judge}
    given = {name: value for name, value in said.items() if value is not None}
    return canonical(given, where, "config.defaultTest") if given else None


def sampling(config: Config, model: str, where: str) -> str | None:
    """The settings the model's answers were drawn with, as canonical JSON; None where the file does not say."""
    for name, provider in _providers(config):
        if model in (name, provider.get("label")):
            kept = {key: value for key, value in _mapping(provider.get("config")).items() if key in SAMPLING}
            return canonical(kept, where, "config.providers")
    return None


def planned(config: Config, repeat: int | None) -> int | None:
    """The tests of a run, with repetitions; None where the file does not list them one by one."""
    tests = config.tests
    if not isinstance(tests, list) or not tests or config.scenarios:
        return None
    if any(not isinstance(test, Mapping) or _varies(test) for test in tests):
        return None
    return len(tests) * (repeat or 1)


def _varies(test: Mapping[str, Any]) -> bool:
    """Whether a test stands for several, or for some of the models: its variables are lists, files or patterns."""
    values = _mapping(test.get("vars")).values()
    several = any(isinstance(value, list) or (isinstance(value, str) and "file://" in value) for value in values)
    return several or not isinstance(test.get("vars"), Mapping) or bool({"providers", "prompts"} & test.keys())


def _objects(values: object) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in (values if isinstance(values, list) else []) if isinstance(one, Mapping))


def _assertion(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in KEPT if one.get(name) is not None}
    return kept | ({"provider": _provider(kept["provider"])} if "provider" in kept else {})


def _asked(one: Mapping[str, Any], where: str) -> dict[str, str]:
    """A hash of what an assertion asks: rubrics may quote prompts, which are never stored."""
    text = canonical(one.get("value"), where, "config.defaultTest.assert")
    return {"value": hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]}


def _providers(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each provider's name and options: it may be a name alone, options with an id, or options under a name."""
    for provider in config.providers if isinstance(config.providers, list) else [config.providers]:
        if isinstance(provider, str):
            yield provider, {}
        elif isinstance(provider, Mapping) and isinstance(provider.get("id"), str):
            yield provider["id"], provider
        elif isinstance(provider, Mapping):
            yield from ((str(name), _mapping(options)) for name, options in provider.items())


def _provider(value: object) -> str | None:
    name = value.get("id") if isinstance(value, Mapping) else value
    return name if isinstance(name, str) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
