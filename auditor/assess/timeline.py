"""A spec over time, commit by commit: what changed and which verdict a patch has (`SpecLog`), and the rates of every
suite at each evaluated state (`Series`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.assess.comparable import Pair, compare
from auditor.assess.contrast import RateSource, average_fall, compute_batch, estimate_rates, source_after
from auditor.assess.facts import PatchFacts, Rate
from auditor.assess.steps import checkpoints_by_revision
from auditor.clauses.comparison import clauses_of, count_changes, diff_revisions
from auditor.evidence import Evidence, State, Step, behaviours, evaluated_states, lineages_measured
from auditor.model.clause import ChangeCounts
from auditor.model.policy import Policy
from auditor.model.spec import History, Patch, SpecCommit
from auditor.model.suite import Role

# A behaviour over time: the rates of its suites at every evaluated state, in the order of history.


TEST_SERIES = "test"


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """The rates at one state.

    Attributes:
        spec_commit: where its revision was seen; a revert is seen again.
        test: the average over the test suites; None where none was run.
        held_out: (suite, role, rate) of every other suite that was run, by name.
    """

    spec_commit: SpecCommit
    state: State
    test: Rate | None
    held_out: tuple[tuple[str, Role, Rate], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One behaviour of one lineage over time, oldest first; at least one point."""

    behaviour: str
    model: str
    points: tuple[SeriesPoint, ...]


def build_series(evidence: Evidence, policy: Policy) -> tuple[Series, ...]:
    """Every behaviour of every lineage that was evaluated in this history, by name."""
    series = (
        Series(behaviour, lineage, tuple(_points(evidence, behaviour, lineage, policy.error_rate)))
        for behaviour in behaviours(evidence)
        for lineage in lineages_measured(evidence, behaviour)
    )
    return tuple(line for line in series if line.points)


def _points(evidence: Evidence, behaviour: str, lineage: str, error: float) -> Iterator[SeriesPoint]:
    checkpoints = checkpoints_by_revision(evidence, evaluated_states(evidence, behaviour, lineage))
    states = [
        (spec_commit, State(spec_commit.revision, name))
        for spec_commit in evidence.history.spec_commits
        for name in checkpoints.get(spec_commit.revision, ())
    ]
    spec = evidence.history.spec
    comparisons = [compare(evidence, Step(spec, behaviour, lineage, state, state, ())) for _, state in states]
    compute_batch(comparisons)
    pairs_by_point = [
        pairs
        for comparison in comparisons
        for pairs in (comparison.test, *((pair,) for pair in comparison.held_out))
        if pairs
    ]
    rates = iter(estimate_rates([_source_after(pairs) for pairs in pairs_by_point], error))
    for (spec_commit, state), compared in zip(states, comparisons, strict=True):
        test = next(rates) if compared.test else None
        held_out = tuple((pair.name, pair.suite.role, next(rates)) for pair in compared.held_out)
        yield SeriesPoint(spec_commit, state, test, held_out)


def _source_after(pairs: Sequence[Pair]) -> RateSource:
    return source_after(pairs, average_fall(pairs).after)


# What is known of a spec at each spec_commit: what changed there, and what was measured across it.


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One spec commit.

    Attributes:
        clauses: how many it has.
        changes: against its first parent; None for a first spec commit.
        facts: of the patch it is; None where it is none.
        same_as: the patch that made the very same change elsewhere; None where this is a patch itself, or none is.
        joins: of a merge that only joins patches, and is none itself: the commits of these, oldest first.
    """

    spec_commit: SpecCommit
    clauses: int
    changes: ChangeCounts | None
    facts: PatchFacts | None
    same_as: Patch | None
    joins: tuple[SpecCommit, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecLog:
    """The spec commits of one spec that were asked for, newest first."""

    spec: str
    spec_commits: tuple[LogEntry, ...]


def build_spec_log(
    history: History,
    patches: Collection[PatchFacts],
    names: Collection[str],
    joins: Mapping[str, tuple[SpecCommit, ...]],
) -> SpecLog:
    """The log of a spec, newest first: children before their parents.

    Args:
        patches: what was assessed.
        names: names of spec commits.
        joins: the commits of the patches that a merge only joins, by the merge's name.
    """
    by_spec_commit = {facts.patch.after.name: facts for facts in patches}
    by_change = {(facts.patch.before.revision, facts.patch.after.revision): facts.patch for facts in patches}
    spec_commits = [spec_commit for spec_commit in reversed(history.spec_commits) if spec_commit.name in names]
    entries = (_log_entry(history, spec_commit, by_spec_commit, by_change) for spec_commit in spec_commits)
    return SpecLog(
        history.spec, tuple(replace(entry, joins=joins.get(entry.spec_commit.name, ())) for entry in entries)
    )


def _log_entry(
    history: History,
    spec_commit: SpecCommit,
    by_spec_commit: Mapping[str, PatchFacts],
    by_change: Mapping[tuple[str, str], Patch],
) -> LogEntry:
    revision, facts = history.revisions[spec_commit.revision], by_spec_commit.get(spec_commit.name)
    size = len(clauses_of(revision))
    if not spec_commit.parents:
        return LogEntry(spec_commit, size, None, facts, None)
    before = history.spec_commit(spec_commit.parents[0]).revision
    changed = count_changes(diff_revisions(history.revisions[before], revision))
    same = None if facts is not None else by_change.get((before, spec_commit.revision))
    return LogEntry(spec_commit, size, changed, facts, same)
