"""Which states are compared: the steps of a model lineage, over patches and over checkpoints, and the mainline on
which the patches landed.

The evidence graph and the history go in; `Step`s, states in the order of history, and the `Mainline` (first parents,
quarters, landing places) come out.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from auditor.evidence import Evidence, State, Step, evaluated_states
from auditor.model.period import quarter_name
from auditor.model.spec import History, Patch, SpecCommit

# The line of a history: its first parents, oldest first, and where on it each patch landed.
#
# Order is the line's. Dates only say which quarter a place on it is called after: never an earlier one than what
# stands before it, so that quarters are stretches of the line whatever a clock said, and appending moves no earlier
# place.


@dataclass(frozen=True, slots=True)
class Mainline:
    """A history's first parents.

    Attributes:
        spec_commits: oldest first; the last one is the tip.
        quarters: of each spec commit, "2026Q3".
        patches: ids, in the order in which they landed.
        landed: of each patch, the place in `spec_commits` at which its text first arrived on the line; never falling.
    """

    spec_commits: tuple[SpecCommit, ...]
    quarters: tuple[str, ...]
    patches: tuple[str, ...]
    landed: tuple[int, ...]

    def between(self, start: int, end: int) -> tuple[str, ...]:
        """Ids of the patches that landed after place `start`, up to and with `end`."""
        return self.patches[bisect_right(self.landed, start) : bisect_right(self.landed, end)]


def trace_mainline(history: History, patches: Mapping[str, Patch]) -> Mainline:
    """The line up to the last spec commit, and the patches behind it: by where they landed, then as given."""
    by_name = {spec_commit.name: spec_commit for spec_commit in history.spec_commits}
    line = [history.spec_commits[-1]] if history.spec_commits else []
    while line and line[-1].parents:
        line.append(by_name[line[-1].parents[0]])
    line.reverse()
    arrived = _arrival_places(line, by_name)
    behind = ((arrived.get(patch.after.name), name) for name, patch in patches.items())
    placed = sorted(((place, name) for place, name in behind if place is not None), key=lambda pair: pair[0])
    return Mainline(
        tuple(line), _quarter_names(line), tuple(name for _, name in placed), tuple(place for place, _ in placed)
    )


def _arrival_places(line: list[SpecCommit], by_name: Mapping[str, SpecCommit]) -> dict[str, int]:
    """The first place on the line that has each spec commit behind it, or is it."""
    arrived: dict[str, int] = {}
    for place, spec_commit in enumerate(line):
        waiting = [spec_commit.name]
        while waiting:
            name = waiting.pop()
            if name not in arrived:
                arrived[name] = place
                waiting.extend(by_name[name].parents)
    return arrived


def _quarter_names(line: list[SpecCommit]) -> tuple[str, ...]:
    latest, names = datetime.min.replace(tzinfo=UTC), []
    for spec_commit in line:
        latest = max(latest, spec_commit.date.astimezone(UTC))
        names.append(quarter_name(latest))
    return tuple(names)


# Steps: consecutive evaluated states of one model lineage, over patches and over checkpoints.


def find_steps(evidence: Evidence, behaviour: str, lineage: str) -> tuple[Step, ...]:
    """The steps of a lineage for a behaviour: over patches in the order of history, then over checkpoints."""
    states = evaluated_states(evidence, behaviour, lineage)
    checkpoints = checkpoints_by_revision(evidence, states)
    nearest = _find_nearest_evaluated(evidence, set(checkpoints))
    joined = _joined_commits_of_merges(evidence)
    names: dict[tuple[State, State, int], list[str]] = {}
    for patch in evidence.patches.values():
        pair = _states_around(evidence, patch, checkpoints, nearest)
        if pair is not None:  # the same change made again after a revert is measured alike, and shares nothing
            names.setdefault((*pair, patch.occurrence), []).append(patch.id)
    over_patches = [
        _step_over_patches(evidence, behaviour, lineage, (a, b), patches, joined)
        for (a, b, _), patches in names.items()
    ]
    over_checkpoints = [
        Step(evidence.history.spec, behaviour, lineage, *pair, ()) for pair in _checkpoint_pairs(evidence, states)
    ]
    return (*over_patches, *over_checkpoints)


_JOINED: WeakKeyDictionary[Evidence, Mapping[str, frozenset[str]]] = WeakKeyDictionary()


def _joined_commits_of_merges(evidence: Evidence) -> Mapping[str, frozenset[str]]:
    """By the id of each patch that is a merge which only joins others: the names of the commits that it joins."""
    if evidence not in _JOINED:
        from auditor.clauses.comparison import joined_commits  # few histories have such a merge

        merges = [patch for patch in evidence.patches.values() if len(patch.after.parents) > 1]
        joined = {patch.id: joined_commits(evidence.history, patch) for patch in merges}
        _JOINED[evidence] = {name: commits for name, commits in joined.items() if commits}
    return _JOINED[evidence]


def _step_over_patches(
    evidence: Evidence,
    behaviour: str,
    lineage: str,
    ends: tuple[State, State],
    patches: Sequence[str],
    joined: Mapping[str, frozenset[str]],
) -> Step:
    """A step of some patches; a landing that only brings in or joins others of them adds none."""
    commits = {evidence.patches[name].after.name for name in patches}
    adding = (name for name in patches if name not in evidence.sums and not commits & joined.get(name, frozenset()))
    parts = tuple(adding) or tuple(patches)
    sums = tuple(name for name in patches if name not in parts)
    return Step(evidence.history.spec, behaviour, lineage, *ends, parts, sums=sums)


def _states_around(
    evidence: Evidence, patch: Patch, checkpoints: Mapping[str, Sequence[str]], nearest: _NearestEvaluated
) -> tuple[State, State] | None:
    """The evaluated states nearest before and after a patch; None where there is none on one side."""
    before, after = nearest.before[patch.before.name], nearest.after[patch.after.name]
    if before is None or after is None or before == after:
        return None
    return nearest_checkpoints(evidence, before, after, checkpoints)


@dataclass(frozen=True, slots=True)
class _NearestEvaluated:
    """For each spec commit, the nearest evaluated revision at or before it, and at or after it."""

    before: Mapping[str, str | None]
    after: Mapping[str, str | None]


def _find_nearest_evaluated(evidence: Evidence, evaluated: set[str]) -> _NearestEvaluated:
    """One pass each way over the spec_commits: back along first parents, on along any edge, the fewest edges first."""
    before: dict[str, str | None] = {}
    after: dict[str, tuple[int, str] | None] = {}
    for spec_commit in evidence.history.spec_commits:
        inherited = before[spec_commit.parents[0]] if spec_commit.parents else None
        before[spec_commit.name] = spec_commit.revision if spec_commit.revision in evaluated else inherited
    for spec_commit in reversed(evidence.history.spec_commits):
        reached = after.get(spec_commit.name)
        here = (0, spec_commit.revision) if spec_commit.revision in evaluated else reached
        after[spec_commit.name] = here
        if here is None:
            continue
        for place, parent in enumerate(spec_commit.parents):
            edges = 1 if place else evidence.spans.get(spec_commit.name, 1)  # no shorter than by its patches
            onward = (here[0] + edges, here[1])
            after[parent] = min(after.get(parent) or onward, onward)
    return _NearestEvaluated(before, {name: nearest[1] if nearest else None for name, nearest in after.items()})


def checkpoints_by_revision(evidence: Evidence, states: Iterable[State]) -> dict[str, list[str]]:
    """The checkpoints of some states by revision, in the order of training."""
    names: dict[str, list[str]] = {}
    for state in sorted(states, key=lambda state: evidence.training_order[state.checkpoint]):
        names.setdefault(state.revision, []).append(state.checkpoint)
    return names


def nearest_checkpoints(
    evidence: Evidence, before: str, after: str, checkpoints: Mapping[str, Sequence[str]]
) -> tuple[State, State]:
    """The checkpoints to compare across a patch: the latest that both revisions were evaluated on, else the nearest."""
    order = evidence.training_order.__getitem__
    on_before, on_after = checkpoints[before], checkpoints[after]
    common = [name for name in on_before if name in on_after]
    if common:
        return State(before, common[-1]), State(after, common[-1])
    for late in on_after:
        earlier = [name for name in on_before if order(name) < order(late)]
        if earlier:
            return State(before, earlier[-1]), State(after, late)
    return State(before, on_before[-1]), State(after, on_after[0])


def steps_on_other_checkpoints(evidence: Evidence, step: Step) -> Iterator[Step]:
    """A step over patches on every other checkpoint that both of its revisions were evaluated on, the latest first."""
    if not step.patches or step.before.checkpoint != step.after.checkpoint:
        return
    states = evaluated_states(evidence, step.behaviour, step.lineage)
    checkpoints = checkpoints_by_revision(evidence, states)
    for name in reversed(checkpoints.get(step.before.revision, ())):
        before, after = State(step.before.revision, name), State(step.after.revision, name)
        if name != step.before.checkpoint and after in states:
            yield replace(step, before=before, after=after)


def _checkpoint_pairs(evidence: Evidence, states: frozenset[State]) -> Iterator[tuple[State, State]]:
    """Consecutive checkpoints under one revision, with no evaluated checkpoint of another revision in between."""
    order = evidence.training_order.__getitem__
    all_checkpoints = sorted({state.checkpoint for state in states}, key=order)
    for revision in sorted({state.revision for state in states}):
        under = [name for name in all_checkpoints if State(revision, name) in states]
        for early, late in itertools.pairwise(under):
            if all_checkpoints.index(late) - all_checkpoints.index(early) == 1:
                yield State(revision, early), State(revision, late)


def states_in_order(evidence: Evidence, behaviour: str, lineage: str) -> tuple[State, ...]:
    """The evaluated states of a lineage as history shows them: by commit, then by training; a revert shows again."""
    checkpoints = checkpoints_by_revision(evidence, evaluated_states(evidence, behaviour, lineage))
    return tuple(
        State(spec_commit.revision, checkpoint)
        for spec_commit in evidence.history.spec_commits
        for checkpoint in checkpoints.get(spec_commit.revision, ())
    )
