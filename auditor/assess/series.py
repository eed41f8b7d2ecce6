"""A behaviour over time: the rates of its suites at every evaluated state, in the order of history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.assess.at_once import compute
from auditor.assess.comparable import Pair, compare
from auditor.assess.contrast import fall_of
from auditor.assess.facts import Rate
from auditor.assess.rates import Side, after_of, rates_of
from auditor.assess.steps import checkpoints_by_revision
from auditor.evidence import Evidence, State, Step, behaviours, evaluated_states, lineages_measured
from auditor.model.policy import Policy
from auditor.model.spec import SpecCommit
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

    sighting: SpecCommit
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
    checkpoints = checkpoints_by_revision(evidence, evaluated_states(evidence, behaviour, lineage))
    states = [
        (sighting, State(sighting.revision, name))
        for sighting in evidence.history.sightings
        for name in checkpoints.get(sighting.revision, ())
    ]
    found = [compare(evidence, Step(behaviour, lineage, state, state, ())) for _, state in states]
    compute(found)
    asked = [pairs for one in found for pairs in (one.test, *((pair,) for pair in one.held_out)) if pairs]
    rates = iter(rates_of([_side(pairs) for pairs in asked], error))
    for (sighting, state), compared in zip(states, found, strict=True):
        test = next(rates) if compared.test else None
        held_out = tuple((pair.name, pair.suite.role, next(rates)) for pair in compared.held_out)
        yield Point(sighting, state, test, held_out)


def _side(pairs: Sequence[Pair]) -> Side:
    return after_of(pairs, mean_of_falls([fall_of(pair) for pair in pairs]).after)
