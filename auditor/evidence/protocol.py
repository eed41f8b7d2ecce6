"""How a run measured, as far as it can change an answer or its score: what two runs share that may be compared.

A run and its suite go in; a `Protocol` comes out, with what decides no answer left out of it: scorers whose score is
not used, how requests are sent, and the system message, which is the spec. What a record says nothing of agrees with
anything: version 1 records have neither solvers nor arguments.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from auditor.model.canonical import to_text
from auditor.model.raw_run import RawRun
from auditor.model.run import Exposure, Run
from auditor.model.suite import Suite

# How requests are sent: no answer depends on it.
TRANSPORT = frozenset(
    {
        "adaptive_connections",
        "attempt_timeout",
        "batch",
        "cache",
        "cache_prompt",
        "connect_timeout",
        "default_headers",
        "device",
        "extra_headers",
        "http_client",
        "max_connections",
        "max_retries",
        "port",
        "retry_delay",
        "server_timeout",
        "stream_idle_timeout",
        "timeout",
    }
)
# Settings of a model and of sampling that change answers.
DECISIVE = frozenset(
    {
        "base_url",
        "best_of",
        "chat_template",
        "do_sample",
        "dtype",
        "effort",
        "enable_thinking",
        "frequency_penalty",
        "load_in_4bit",
        "load_in_8bit",
        "logit_bias",
        "max_model_len",
        "max_tokens",
        "model_path",
        "num_choices",
        "parallel_tool_calls",
        "presence_penalty",
        "quantization",
        "reasoning_effort",
        "reasoning_tokens",
        "response_schema",
        "revision",
        "seed",
        "stop_seqs",
        "temperature",
        "tokenizer",
        "tokenizer_path",
        "top_k",
        "top_p",
        "torch_dtype",
    }
)
# Inspect's scorers that ask no model, so that the judge decides nothing.
_WITHOUT_JUDGE = frozenset({"answer", "choice", "exact", "f1", "includes", "match", "math", "pattern"})
_CACHE_SIZE = 4_096  # the runs of a project are set up in few ways
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a run measured: two runs of one suite are comparable only where their protocols agree.

    Attributes:
        scorer, sampling, condition, exposure: as the record has them; of several scorers, the one that is used.
        solver: the solvers and their options, as canonical JSON; None where the record does not tell, as below.
        task_args, model_args: as canonical JSON objects.
        dataset, shuffled: its name, and whether its order was drawn; only where items have no identity but their ids.
    """

    scorer: str | None
    sampling: str | None
    condition: str
    exposure: Exposure | None
    solver: str | None = None
    task_args: str | None = None
    model_args: str | None = None
    dataset: str | None = None
    shuffled: bool | None = None

    def agrees(self, other: Protocol) -> bool:
        """Whether runs under both may be compared: what one of them does not tell differs from nothing."""
        return not self.differences(other)

    def differences(self, other: Protocol) -> tuple[str, ...]:
        """The names of the fields that differ."""
        if self == other:
            return ()
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in _FIELDS)
        return tuple(
            name
            for name, mine, others in pairs
            if mine != others and (name not in _MAY_BE_UNTOLD or (mine is not None and others is not None))
        )


_FIELDS = tuple(field.name for field in fields(Protocol))
_MAY_BE_UNTOLD = frozenset({"solver", "task_args", "model_args", "dataset", "shuffled"})


def protocol_of(run: Run, suite: Suite | None = None) -> Protocol:
    """How a run measured; of its scorers, only the one whose score the run or its suite uses."""
    used = run.score.scorer if run.score else suite.score.name if suite is not None and suite.score else None
    return describe_protocol(run, used, by_id=run.details is None or not run.details.identify)


def describe_protocol(run: Run | RawRun, used: str | None, *, by_id: bool) -> Protocol:
    """How a run measured.

    Args:
        used: the scorer whose score counts; None where that cannot be told.
        by_id: whether its items have no identity but their ids.
    """
    plain = Protocol(_used_scorer(run.scorer, used), run.sampling, run.condition, run.exposure)
    details = run.protocol
    if details.tool is None:
        return plain
    return Protocol(
        *(plain.scorer, plain.sampling, plain.condition, plain.exposure),
        solver=_steps(details.solver or "[]"),
        task_args=_ADDRESS.sub("", details.task_args or "{}"),
        model_args=_without_transport(details.model_args or "{}"),
        dataset=details.dataset if by_id else None,
        shuffled=details.dataset_shuffled if by_id else None,
    )


def match_protocols(
    before: Mapping[Protocol, Sequence[Run]], after: Mapping[Protocol, Sequence[Run]]
) -> list[tuple[Protocol, tuple[Run, ...], tuple[Run, ...]]]:
    """The runs of two sides that may be compared, by protocol; all runs of a side that agree are taken together."""
    protocols: dict[tuple[frozenset[Protocol], frozenset[Protocol]], Protocol] = {}
    for protocol in sorted({**before, **after}, key=_untold):
        early, late = (frozenset(other for other in side if other.agrees(protocol)) for side in (before, after))
        alike = all(first.agrees(other) for first, other in itertools.combinations(early | late, 2))
        if early and late and alike:
            protocols.setdefault((early, late), protocol)
    return [
        (protocol, _runs_under(early, before), _runs_under(late, after))
        for (early, late), protocol in protocols.items()
    ]


def _untold(protocol: Protocol) -> int:
    return sum(getattr(protocol, name) is None for name in _MAY_BE_UNTOLD)


def _runs_under(protocols: frozenset[Protocol], side: Mapping[Protocol, Sequence[Run]]) -> tuple[Run, ...]:
    runs = (run for protocol, some in side.items() if protocol in protocols for run in some)
    return tuple(runs) if len(protocols) == 1 else tuple(sorted(runs, key=lambda run: run.record))


def describe_change(name: str, before: object, after: object) -> tuple[str, str]:
    """A field of two protocols as people read it: of objects and lists, the entries that differ.

    A setting of the model or of sampling that nobody classified may change answers or not, which is said.
    """
    sides = _parsed(before), _parsed(after)
    first, second = sides
    if isinstance(first, dict) and isinstance(second, dict) and name != "scorer":
        names = sorted(key for key in first.keys() | second.keys() if first.get(key) != second.get(key))
        unknown = [key for key in names if key not in DECISIVE] if name in ("sampling", "model_args") else []
        note = f" (nobody classified whether {', '.join(unknown)} can change an answer)" if unknown else ""
        return _entries(first, names), _entries(second, names) + note
    if isinstance(first, list) and isinstance(second, list):
        return _steps_besides(first, second), _steps_besides(second, first)
    return ("unsaid" if before in (None, "") else str(before)), ("unsaid" if after in (None, "") else str(after))


def _entries(side: Mapping[str, object], names: Iterable[str]) -> str:
    return to_text({name: side[name] for name in names if name in side})


def _steps_besides(side: Sequence[object], other: Sequence[object]) -> str:
    """The entries that only this side has; all of them where only their order differs."""
    rest = [step for step in side if step not in other]
    return to_text(rest or side) if rest or len(other) == len(side) else "none"


@lru_cache(maxsize=_CACHE_SIZE)
def _used_scorer(scorer: str | None, used: str | None) -> str | None:
    """The scorers of a run without those whose score is not used; as it is where that cannot be told."""
    parsed = _parsed(scorer)
    scorers = parsed.get("scorers") if isinstance(parsed, dict) else None
    if not isinstance(parsed, dict) or not isinstance(scorers, list):
        return scorer
    names = [_short_name(entry) for entry in scorers]
    scorer_name = _short_name({"name": used}) if used is not None else None
    used_entries = [entry for entry, name in zip(scorers, names, strict=True) if name == scorer_name] or scorers
    judged = not {_short_name(entry) for entry in used_entries} <= _WITHOUT_JUDGE
    return to_text(
        {name: value for name, value in parsed.items() if judged or name != "grader"} | {"scorers": used_entries}
    )


def _short_name(scorer: object) -> str | None:
    """A scorer's name without its package's."""
    name = scorer.get("name") if isinstance(scorer, dict) else None
    return name.rpartition("/")[2] if isinstance(name, str) else None


@lru_cache(maxsize=_CACHE_SIZE)
def _steps(solver: str) -> str:
    """The solvers without the system message, which is the spec, and without addresses in memory."""
    steps = _parsed(_ADDRESS.sub("", solver))
    if not isinstance(steps, list):
        return solver
    return to_text([_without_system_message(step) for step in steps])


def _without_system_message(step: object) -> object:
    if not isinstance(step, dict) or not str(step.get("solver", "")).endswith("system_message"):
        return step
    params = step.get("params")
    other_params = (
        {name: value for name, value in params.items() if name != "template"} if isinstance(params, dict) else {}
    )
    return step | {"params": other_params}


@lru_cache(maxsize=_CACHE_SIZE)
def _without_transport(arguments: str) -> str:
    parsed = _parsed(_ADDRESS.sub("", arguments))
    return to_text({k: v for k, v in parsed.items() if k not in TRANSPORT}) if isinstance(parsed, dict) else arguments


def _parsed(text: object) -> object:
    """The JSON of an object or list; any other value as it is."""
    if not isinstance(text, str) or not text.startswith(("{", "[")):
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
