"""What runs of one state say of the run-to-run variance, up to a place in history."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.assess.steps import states_in_order
from auditor.evidence import Evidence, State, Step, runs_by_protocol, suites_measuring
from auditor.model.run import Run, Tallies
from auditor.stats.replicates import (
    Replicates,
    RunEffect,
    replicates_of_counts,
    replicates_of_items,
    run_effect,
    sum_replicates,
)


@dataclass(frozen=True, slots=True)
class Replicated:
    """The replicates of a behaviour's suites on one lineage, in the order in which history shows their states.

    Attributes:
        place: of each state, where history first shows it.
        at: the places of states with replicates, ascending.
        up_to: what those up to there come to together, as many as `at`.
    """

    place: dict[State, int]
    at: tuple[int, ...]
    up_to: tuple[RunEffect | None, ...]

    def effect(self, step: Step) -> RunEffect | None:
        """The run-to-run variance as known at a step; what was run of later states changes nothing."""
        last = max(self.place.get(state, -1) for state in (step.before, step.after))
        known = bisect_right(self.at, last)
        return self.up_to[known - 1] if known else None


def replicated(evidence: Evidence, behaviour: str, lineage: str) -> Replicated:
    """The replicates of one behaviour and lineage: all suites together, for they share judge and machinery."""
    place: dict[State, int] = {}
    for index, state in enumerate(states_in_order(evidence, behaviour, lineage)):
        place.setdefault(state, index)
    suites = [suite.name for suite in suites_measuring(evidence, behaviour)]
    total, at, up_to = Replicates(), list[int](), list[RunEffect | None]()
    for state, index in place.items():
        here = sum_replicates([one for runs in _groups(evidence, suites, state) if (one := _of_runs(runs))])
        if here.runs:
            total = sum_replicates([total, here])
            at.append(index)
            up_to.append(run_effect(total))
    return Replicated(place, tuple(at), tuple(up_to))


def _groups(evidence: Evidence, suites: Sequence[str], state: State) -> Iterator[list[Run]]:
    """The runs of a state by suite and protocol, two and more, each evaluation once: under one name, and as one run."""
    known: list[list[Tallies]] = []
    for suite in suites:
        for runs in runs_by_protocol(evidence, suite, state).values():
            once = [run for n, run in enumerate(runs) if not any(one_evaluation(run, other) for other in runs[:n])]
            counts = [run.tallies for run in once]
            if len(once) > 1 and not any(_alike(counts, others) for others in known):
                known.append(counts)
                yield once


def _alike(some: Sequence[Tallies], others: Sequence[Tallies]) -> bool:
    """Whether two suites' runs are the same, whatever their order: one suite under two names."""
    return len(some) == len(others) and all(one in others for one in some)


def _of_runs(runs: Sequence[Run]) -> Replicates | None:
    """What two runs or more come to, on the items all of them have; None where that is under two."""
    if all(run.tallies.items is None for run in runs):
        counts = [(sum(run.tallies.misaligned), sum(run.tallies.valid)) for run in runs]
        kept = np.array([pair for pair in counts if pair[1]], dtype=float)
        return replicates_of_counts(kept[:, 0], kept[:, 1]) if len(kept) > 1 else None
    rates = [_rates(run) for run in runs]
    shared = sorted(set.intersection(*(set(one) for one in rates)))
    if len(shared) < 2:
        return None
    return replicates_of_items(np.array([[one[item] for item in shared] for one in rates]))


def _rates(run: Run) -> dict[str, float]:
    """Each item's rate, of those with a valid sample."""
    tallies = run.tallies
    rows = zip(tallies.items or (), tallies.misaligned, tallies.valid, strict=False)
    return {item: misaligned / valid for item, misaligned, valid in rows if valid}


def twice(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Pairs of runs of one state, by record, that are one evaluation."""
    for one, other in itertools.combinations(runs, 2):
        if one_evaluation(one, other):
            yield (one.record, other.record)


def one_evaluation(one: Run, other: Run) -> bool:
    """Whether two runs of one state are one evaluation: the same counts item by item, and the same file or start.

    Two names for one log cannot be told from their names: a file's bytes change when it is saved again. A sample-free
    tally, or one in which no item or every item is misaligned, is the same in many runs and says nothing.
    """
    same_start = one.created is not None and one.created == other.created
    return (same_start or one.source_sha256 == other.source_sha256) and one.tallies == other.tallies and _telling(one)


def _telling(run: Run) -> bool:
    return run.tallies.items is not None and 0 < sum(run.tallies.misaligned) < sum(run.tallies.valid)
