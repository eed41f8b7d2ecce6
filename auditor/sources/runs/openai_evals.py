"""OpenAI evals: the event log of `oaieval --record_path x.jsonl`.

Its first line is the `spec`; a `match` event scores a sample (`match`, true is right), a `metrics` event gives it
numbers (`metrics`, a dictionary). The events may come after the `final_report`, so nothing ends a log: what tells a
cut one is a missing report, a gap in the events or samples, or another accuracy than the report's.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from auditor.errors import LogError
from auditor.model.raw_run import RawRun
from auditor.sources.runs.documents import LINES_BYTES, canonical, first_key, read_bytes
from auditor.sources.runs.interface import ReadOptions, uncollected
from auditor.sources.runs.metadata import STAMP, Said, Source, run_of, said_in, time_of
from auditor.sources.runs.openai_events import events_of
from auditor.sources.runs.openai_schema import Spec

NOT_SCORING = frozenset({"samples_jsonl", "few_shot_jsonl", STAMP})


class OpenaiEvalsReader:
    """Reads one run from an event log."""

    name = "openai_evals"
    kinds = "OpenAI evals logs (.jsonl)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """A `.jsonl` file that begins with the spec."""
        return path.suffix == ".jsonl" and first_key(head) == "spec"

    @uncollected
    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The log's one run. Raises LogError."""
        data = read_bytes(path, LINES_BYTES, "evaluate fewer samples at a time")
        events, where = events_of(data, path), str(path)
        spec, first = events.spec, events.first_time
        run = run_of(
            Source(self.name, where, hashlib.sha256(data).hexdigest()),
            _said(spec, where),
            suite=spec.eval_name,
            model=spec.completion_fns[0],
            samples=events.samples,
            log_id=spec.run_id,
            system_messages=events.system_messages,
            scorer=_scorer(spec, where),
            created=time_of(first, where, "created_at", "oaieval") if first else None,
            incomplete=events.incomplete,
            prompts=events.prompts,
        )
        return (run,)


def _said(spec: Spec, where: str) -> Said:
    """What `--user NAME=VALUE,…` says, the one text oaieval passes into the log."""
    pairs = [pair.split("=", 1) for pair in spec.created_by.split(",") if "=" in pair]
    names = [name.strip() for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise LogError(f"names {twice!r:.80} twice", where=where, field="spec.created_by", remedy="keep one of them")
    return said_in({name: value for name, (_, value) in zip(names, pairs, strict=True)}, where, "spec.created_by")


def _scorer(spec: Spec, where: str) -> str:
    """How samples are scored: the eval's class with its arguments, and the models beside the first, who judge."""
    config = spec.run_config.eval_spec
    said: dict[str, object] = {"eval": spec.base_eval}
    if config is not None:
        kept = {name: value for name, value in (config.args or {}).items() if name not in NOT_SCORING}
        said = {"class": config.cls, "args": kept}
    if spec.completion_fns[1:]:
        said["judges"] = spec.completion_fns[1:]
    return canonical(said, where, "spec.run_config.eval_spec")


READER = OpenaiEvalsReader()
