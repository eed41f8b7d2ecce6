"""Simulated histories with known truth, judged through `assess` itself; every seed is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from auditor.model.run import Exposure, Grade, Run, Tallies
from auditor.model.spec import History, Revision, SpecCommit
from auditor.model.suite import Registry, Role, Suite

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
SPEC, MODEL, TEST = "spec", "m1", "test"


@dataclass(frozen=True, slots=True)
class Rates:
    """True rates of one state: of the test, and of each held-out suite."""

    test: float
    held_out: tuple[float, ...]


def straight(revisions: int, *, days: int) -> History:
    """A line of revisions r0, r1, ..., so many days apart."""
    names = [f"r{place}" for place in range(revisions)]
    spec_commits = [
        SpecCommit(f"c{n}", name, (f"c{n - 1}",) if n else (), None, START + timedelta(days=days * n), "", f"c{n}")
        for n, name in enumerate(names)
    ]
    return History(SPEC, {name: Revision(name, ()) for name in names}, tuple(spec_commits))


def suites(held_out: int, behaviour: str = "lying") -> Registry:
    """One test suite and some held-out ones, all of one behaviour."""
    named = [
        Suite(TEST, behaviour, Role.TEST),
        *(Suite(f"held-{n}", behaviour, Role.HELD_OUT) for n in range(held_out)),
    ]
    return Registry({suite.name: suite for suite in named})


def measured(
    dice: np.random.Generator, revision: str, rates: Rates, samples: tuple[int, int], *, runs: int, day: int = 0
) -> list[Run]:
    """Every suite, run so many times at a revision, with its samples (test, held-out) shared out over the runs."""
    found = []
    for place, (suite, rate) in enumerate(
        [(TEST, rates.test), *((f"held-{n}", r) for n, r in enumerate(rates.held_out))]
    ):
        size = samples[1 if place else 0] // runs
        found += [a_run(suite, revision, int(dice.binomial(size, rate)), size, number=n, day=day) for n in range(runs)]
    return found


def a_run(suite: str, revision: str, misaligned: int, valid: int, *, number: int = 0, day: int = 0) -> Run:
    """A run of independent samples."""
    return Run(
        record=f"{suite} {revision} {day} {number}",
        identity=f"{suite} {revision} {day} {number}",
        spec=SPEC,
        revision=revision,
        suite=suite,
        behaviour=None,
        role=None,
        model=MODEL,
        checkpoint=MODEL,
        parent_checkpoint=None,
        condition="",
        exposure=Exposure.IN_CONTEXT,
        scorer="judge",
        sampling=None,
        created=START + timedelta(days=day, minutes=number),
        planned=None,
        incomplete=None,
        source="table",
        source_sha256="0" * 64,
        grade=Grade.B,
        tallies=Tallies(None, (valid,), (misaligned,), (0,), design_effect=1.0),
    )


def in_steps(first: Rates, last: Rates, steps: int) -> Sequence[Rates]:
    """The rates of `steps` + 1 states, in equal parts from the first to the last."""
    parts = [place / steps for place in range(steps + 1)]
    return [
        Rates(
            first.test + (last.test - first.test) * part,
            tuple(a + (b - a) * part for a, b in zip(first.held_out, last.held_out, strict=True)),
        )
        for part in parts
    ]
