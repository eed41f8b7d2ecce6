"""Runs and raw runs for the store's tests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from auditor.model.raw_run import LoggedSample, RawRun, Samples, Score
from auditor.model.run import Grade, Run, Tallies

TALLIES = Tallies(items=("i1", "i2"), valid=(2, 1), misaligned=(1, 0), invalid=(0, 1))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def a_run(identity: str = "log-1", **changes: Any) -> Run:  # noqa: ANN401 - as dataclasses.replace takes them
    run = Run(
        record="",
        identity=identity,
        spec="spec",
        revision=digest("revision"),
        suite="suite",
        behaviour=None,
        role=None,
        model="model",
        checkpoint="model",
        parent_checkpoint=None,
        condition="",
        exposure=None,
        scorer="judge",
        sampling=None,
        created=datetime(2026, 1, 31, 12, tzinfo=UTC),
        planned=4,
        incomplete=None,
        source="inspect",
        source_sha256=digest(identity),
        grade=Grade.B,
        tallies=TALLIES,
    )
    return replace(run, **changes)


def a_raw_run(samples: Samples, **changes: Any) -> RawRun:  # noqa: ANN401 - as dataclasses.replace takes them
    raw = RawRun(
        source="inspect",
        where="logs/a.eval",
        source_sha256=digest("log"),
        log_id=None,
        run="",
        suite="suite",
        stamp=None,
        system_messages=(),
        model="model",
        checkpoint=None,
        parent_checkpoint=None,
        behaviour=None,
        role=None,
        condition="",
        exposure=None,
        scorer=None,
        sampling=None,
        created=None,
        planned=None,
        incomplete=None,
        samples=samples,
    )
    return replace(raw, **changes)


def logged(item: str, value: Score, epoch: int = 1, invalid: str | None = None, scorer: str = "judge") -> LoggedSample:
    return LoggedSample(item, epoch, {scorer: value}, invalid)
