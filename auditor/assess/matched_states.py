"""States further apart that were measured alike, where the nearest ones were not; and the contrast of two
checkpoints under one revision.

A step goes in; the step it can be judged on comes out, with its comparison.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from auditor.assess.comparable import Comparison, Pair, compare
from auditor.assess.contrast import average_fall, estimate_change
from auditor.assess.facts import Change, CheckpointContrast
from auditor.evidence import Evidence, State, Step, evaluated_states
from auditor.model.spec import Patch, SpecCommit
from auditor.model.suite import Role

# How many evaluated revisions, and pairs of states, are looked at on the way out.
MAX_REVISIONS, MAX_PAIRS = 8, 64

_RevisionsWithPatches = list[tuple[str, tuple[str, ...]]]


def compare_matched_states(evidence: Evidence, step: Step) -> tuple[Step, Comparison, Comparison | None]:
    """What a step can be judged on: the nearest states, or the nearest ones that were measured alike.

    Only where the protocol changed on a side that has no comparable suite, and only across the same patches and more.
    The third part is what the nearest states were, where they were passed over.
    """
    nearest = compare(evidence, step)
    if not step.patches or not _protocol_changed(nearest):
        return step, nearest, None
    for wider in itertools.islice(_wider_steps(evidence, step), MAX_PAIRS):
        comparison = compare(evidence, wider)
        if comparison.test and (comparison.held_out or (not nearest.test and not _measures_held_out(nearest))):
            return wider, comparison, nearest
    return step, nearest, None


def _protocol_changed(nearest: Comparison) -> bool:
    """Whether a side without a comparable suite has one that was run on both sides, differently."""
    roles = {not_compared.role is Role.TEST for not_compared in nearest.not_compared if not_compared.differences}
    return (True in roles and not nearest.test) or (False in roles and not nearest.held_out)


def _measures_held_out(nearest: Comparison) -> bool:
    return bool(nearest.held_out) or any(not_compared.role is not Role.TEST for not_compared in nearest.not_compared)


def _wider_steps(evidence: Evidence, step: Step) -> Iterator[Step]:
    """Steps across the same patches, the fewest further patches first, then the same checkpoint first."""
    states = evaluated_states(evidence, step.behaviour, step.lineage)
    spec_commits = {spec_commit.name: spec_commit for spec_commit in evidence.history.spec_commits}
    names = {patch.after.name: patch.id for patch in evidence.patches.values()}
    first, last = evidence.patches[step.patches[0]], evidence.patches[step.patches[-1]]
    earlier = _earlier_revisions(first, spec_commits, names, {state.revision for state in states})
    later = _later_revisions(last, evidence.history.spec_commits, names, {state.revision for state in states})
    paths = [
        (
            len(back) + len(on),
            a != b,
            -evidence.training_order[a],
            evidence.training_order[b],
            before,
            after,
            (*back, *on),
            a,
            b,
        )
        for (before, back), (after, on) in itertools.product(earlier, later)
        for a in sorted(state.checkpoint for state in states if state.revision == before)
        for b in sorted(state.checkpoint for state in states if state.revision == after)
        if before != after
    ]
    for *_, before, after, spanned, a, b in sorted(paths):
        wider = Step(
            step.spec, step.behaviour, step.lineage, State(before, a), State(after, b), step.patches, spanned, step.sums
        )
        if (wider.before, wider.after) != (step.before, step.after):
            yield wider


def _earlier_revisions(
    patch: Patch, spec_commits: dict[str, SpecCommit], patch_names: dict[str, str], evaluated: set[str]
) -> _RevisionsWithPatches:
    """Evaluated revisions at or before a patch, with the patches between; along first parents, nearest first."""
    names: dict[str, tuple[str, ...]] = {}
    spanned: tuple[str, ...] = ()
    spec_commit: SpecCommit | None = patch.before
    while spec_commit is not None and len(names) < MAX_REVISIONS:
        if spec_commit.revision in evaluated:
            names.setdefault(spec_commit.revision, spanned)
        if spec_commit.name in patch_names:
            spanned = (patch_names[spec_commit.name], *spanned)
        spec_commit = spec_commits[spec_commit.parents[0]] if spec_commit.parents else None
    return list(names.items())


def _later_revisions(
    patch: Patch, spec_commits: Sequence[SpecCommit], patch_names: dict[str, str], evaluated: set[str]
) -> _RevisionsWithPatches:
    """Evaluated revisions at or after a patch, with the patches between; along first parents, in history's order."""
    reached: dict[str, tuple[str, ...]] = {patch.after.name: ()}
    names: dict[str, tuple[str, ...]] = {}
    for spec_commit in spec_commits:
        if spec_commit.name not in reached and spec_commit.parents and spec_commit.parents[0] in reached:
            own = (patch_names[spec_commit.name],) if spec_commit.name in patch_names else ()
            reached[spec_commit.name] = (*reached[spec_commit.parents[0]], *own)
        if spec_commit.name in reached and spec_commit.revision in evaluated and len(names) < MAX_REVISIONS:
            names.setdefault(spec_commit.revision, reached[spec_commit.name])
    return list(names.items())


def contrast_checkpoints(evidence: Evidence, step: Step, error: float) -> CheckpointContrast | None:
    """The contrast of two checkpoints under one revision, where the step compares one checkpoint and another was run.

    The one under which all four states were evaluated comes first, then the checkpoint trained nearest; of the two
    revisions, the one before the patch, so that the checkpoint is seen without it.
    """
    own = step.after.checkpoint
    if not step.patches or step.before.checkpoint != own:
        return None
    states, place = evaluated_states(evidence, step.behaviour, step.lineage), evidence.training_order
    sides = (step.before.revision, step.after.revision)
    others = {name for name in place for revision in sides if State(revision, name) in states} - {own}
    runs = {name: [revision for revision in sides if State(revision, name) in states] for name in others}
    for name in sorted(others, key=lambda other: (-len(runs[other]), abs(place[other] - place[own]), other)):
        early, late = sorted((name, own), key=place.__getitem__)
        revision = runs[name][0]
        both = Step(step.spec, step.behaviour, step.lineage, State(revision, early), State(revision, late), ())
        compared = compare(evidence, both)
        if compared.test:
            test, held_out = _average_change(compared.test, error), _average_change(compared.held_out, error)
            assert test is not None
            return CheckpointContrast(revision, early, late, len(runs[name]) > 1, test, held_out)
    return None


def _average_change(pairs: Sequence[Pair], error: float) -> Change | None:
    return estimate_change(pairs, average_fall(pairs), error) if pairs else None
