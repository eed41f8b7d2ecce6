"""What an Inspect log's header says of a run: which revision, model and scorer, and how the model was sampled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from auditor.errors import LogError
from auditor.sources.runs.documents import canonical
from auditor.sources.runs.inspect_schema import Eval, Header, ModelRole
from auditor.sources.runs.metadata import STAMP, Said, said_in, text_of, time_of

# Settings that say how requests are sent, not how answers are drawn; headers may hold secrets, a system message is
# content, and two seeds are two draws from the same distribution.
NOT_SAMPLING = frozenset(
    {
        "adaptive_connections",
        "attempt_timeout",
        "batch",
        "cache",
        "cache_prompt",
        "extra_headers",
        "max_connections",
        "max_retries",
        "seed",
        "stream_idle_timeout",
        "system_message",
        "timeout",
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header says, in the words of RawRun."""

    said: Said
    log_id: str | None
    system_messages: tuple[str, ...]
    model: str
    scorer: str | None
    sampling: str | None
    created: datetime
    planned: int | None
    code_revision: str | None


def facts_of(header: Header, where: str) -> Facts:
    """The facts of a header. Raises LogError where the log says something auditor cannot use."""
    spec = header.eval
    metadata = _metadata(header)
    target = _role(spec, "target", where)
    return Facts(
        said=replace(said_in(metadata, where), stamp=_stamp(header, metadata, where)),
        log_id=_log_id(spec),
        system_messages=_system_templates(header),
        model=target.model if target else spec.model,
        scorer=_scorer(header, where),
        sampling=_sampling(header, target, where),
        created=time_of(spec.created, where, "eval.created", "Inspect"),
        code_revision=_code_revision(spec),
        planned=None if spec.dataset.samples is None else spec.dataset.samples * (spec.config.epochs or 1),
    )


def _code_revision(spec: Eval) -> str | None:
    """The commit of the evaluation's code, and whether more than that was run."""
    revision = spec.revision
    if revision is None or not revision.commit.strip():
        return None
    return f"{revision.commit.strip()[:200]}{' with changes' if revision.dirty else ''}"


def _log_id(spec: Eval) -> str | None:
    """The log's own id; logs before 2025 had none, but a run's and a task's, unique together."""
    if spec.eval_id:
        return spec.eval_id
    return f"{spec.run_id}/{spec.task_id}" if spec.run_id and spec.task_id else None


def _metadata(header: Header) -> dict[str, Any]:
    """The metadata as last edited: Inspect keeps it beside what the log was started with."""
    return header.metadata if header.log_updates else (header.eval.metadata or {}) | header.metadata


def _stamp(header: Header, metadata: Mapping[str, Any], where: str) -> str | None:
    """The revision's name from metadata, tags or task arguments, in this order; never the evaluation code's commit."""
    if STAMP in metadata:
        return text_of(metadata, STAMP, where)
    tags = header.tags if header.log_updates else [*(header.eval.tags or []), *header.tags]
    stamped = {tag.removeprefix(f"{STAMP}=") for tag in tags if tag.startswith(f"{STAMP}=")}
    if len(stamped) > 1:
        raise LogError(f"tags name {len(stamped)} revisions", where=where, field="tags", remedy="keep one of them")
    return stamped.pop() if stamped else text_of(header.eval.task_args, STAMP, where, "task_args")


def _system_templates(header: Header) -> tuple[str, ...]:
    """The system messages the plan was set up with, for logs whose samples do not show them."""
    settings = [header.eval.model_generate_config or {}, header.plan.config or {}]
    said = [step.params.get("template") for step in header.plan.steps if step.solver.endswith("system_message")]
    said += [config.get("system_message") for config in settings]
    return tuple(dict.fromkeys(text for text in said if isinstance(text, str)))


def _role(spec: Eval, name: str, where: str) -> ModelRole | None:
    role = (spec.model_roles or {}).get(name)
    if not isinstance(role, list):
        return role
    if len(role) > 1:
        remedy = "evaluate one model in a log"
        raise LogError(f"{len(role)} models in one role", where=where, field=f"eval.model_roles.{name}", remedy=remedy)
    return role[0] if role else None


def _scorer(header: Header, where: str) -> str | None:
    """Scorers with their options, and the judge, as canonical JSON; what makes two runs' scores comparable."""
    named = [{"name": scorer.name, "options": scorer.options or {}} for scorer in header.eval.scorers or []]
    if not named and header.results:
        scores = header.results.scores
        named = [{"name": score.scorer or score.name, "options": score.params} for score in scores]
    if not named:
        return None
    texts = sorted({canonical(scorer, where, "eval.scorers") for scorer in named})
    grader = _role(header.eval, "grader", where)
    judge = {"grader": grader.model} if grader else {}
    return canonical({"scorers": [json.loads(text) for text in texts], **judge}, where, "eval.scorers")


def _sampling(header: Header, target: ModelRole | None, where: str) -> str | None:
    """The settings answers were drawn with, as canonical JSON; None for a log that has no place for them."""
    own = target.config if target else header.eval.model_generate_config
    if own is None and header.plan.config is None:
        return None
    said = (own or {}) | (header.plan.config or {})
    kept = {name: value for name, value in said.items() if value is not None and name not in NOT_SAMPLING}
    return canonical(kept, where, "eval.model_generate_config")
