"""A behaviour over time: the rates of its suites at every evaluated state, in the order of history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.assess.comparable import Pair, compare
from auditor.assess.contrast import fall_of
from auditor.assess.facts import Rate
from auditor.assess.rates import rate_of
from auditor.evidence import Evidence, State, Step, behaviours, evaluated_states, lineages_measured
from auditor.model.policy import Policy
from auditor.model.spec import Sighting
from auditor.model.suite import Role
from auditor.stats.clusters import mean_of_falls

TEST = "test"


@dataclass(frozen=True, slots=True)
class Point:
    """The rates at one state.

    Attributes:
        sighting: where its revision was seen; a revert is seen again.
        test: the average over the test suites; None where none was run.
        held_out: (suite, role, rate) of every other suite that was run, by name.
    """

    sighting: Sighting
    state: State
    test: Rate | None
    held_out: tuple[tuple[str, Role, Rate], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One behaviour of one lineage over time, oldest first; at least one point."""

    behaviour: str
    model: str
    points: tuple[Point, ...]


def series(evidence: Evidence, policy: Policy) -> tuple[Series, ...]:
    """Every behaviour of every lineage that was evaluated in this history, by name."""
    found = (
        Series(behaviour, lineage, tuple(_points(evidence, behaviour, lineage, policy.error_rate)))
        for behaviour in behaviours(evidence)
        for lineage in lineages_measured(evidence, behaviour)
    )
    return tuple(one for one in found if one.points)


def _points(evidence: Evidence, behaviour: str, lineage: str, error: float) -> Iterator[Point]:
    states = evaluated_states(evidence, behaviour, lineage)
    for sighting in evidence.history.sightings:
        here = (state for state in states if state.revision == sighting.revision)
        for state in sorted(here, key=lambda state: evidence.trained[state.checkpoint]):
            compared = compare(evidence, Step(behaviour, lineage, state, state, ()))
            held_out = tuple((pair.name, pair.suite.role, _rate([pair], error)) for pair in compared.held_out)
            yield Point(sighting, state, _rate(compared.test, error) if compared.test else None, held_out)


def _rate(pairs: tuple[Pair, ...] | list[Pair], error: float) -> Rate:
    side = mean_of_falls([fall_of(pair) for pair in pairs]).after
    return rate_of([pair.after for pair in pairs], [run for pair in pairs for run in pair.runs_after], side, error)
