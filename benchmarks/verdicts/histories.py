"""From worlds to verdicts: many of them side by side in one history, each on a branch of its own, through `assess`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.facts import Assessment, BehaviourFacts, PatchFacts
from auditor.assess.judge import assess
from auditor.evidence import Evidence, assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.spec import History, Revision, SpecCommit, SpecFile
from auditor.model.suite import Registry, Suite
from auditor.model.verdict import Verdict, worst_verdict
from benchmarks.verdicts.draws import START, Size
from benchmarks.verdicts.lab import Lab, Scenario

SEED = 20261121
POLICY = Policy()
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Judged:
    """What auditor says of one world, and the runs it says it of."""

    verdict: Verdict
    suspected: bool
    facts: tuple[BehaviourFacts, ...]
    runs: tuple[Run, ...]


def generator(*names: object) -> np.random.Generator:
    """The source of chance of something named, the same on every machine and in every order."""
    return np.random.default_rng([SEED, zlib.crc32(repr(names).encode())])


def branches(worlds: Sequence[tuple[str, Sequence[str]]]) -> History:
    """One history: of each world its revisions, one after the other, from a common root."""
    spec_commits = [_sighting("root", "root", ())]
    for name, revisions in worlds:
        parent = "root"
        for place, revision in enumerate(revisions):
            spec_commits.append(_sighting(f"{name}/{place}", f"{name}/{revision}", (parent,)))
            parent = f"{name}/{place}"
    names = {spec_commit.revision for spec_commit in spec_commits}
    return History("spec", {n: Revision(n, (SpecFile("spec.md", n),)) for n in sorted(names)}, tuple(spec_commits))


def _sighting(name: str, revision: str, parents: tuple[str, ...]) -> SpecCommit:
    return SpecCommit(name, revision, parents, None, START, "", None)


def evidence_of(worlds: Sequence[tuple[str, Sequence[str], Sequence[Run]]], suites: Sequence[Suite]) -> Evidence:
    """Worlds (name, revisions, runs) as one body of evidence; each has a model of its own, and learns from no other."""
    runs = [_of_world(name, run) for name, _, given in worlds for run in given]
    history = branches([(name, revisions) for name, revisions, _ in worlds])
    return assemble_evidence(history, runs, Registry({suite.name: suite for suite in suites}))


def _of_world(name: str, run: Run) -> Run:
    parent = run.parent_checkpoint
    return replace(
        run,
        revision=f"{name}/{run.revision}",
        record=f"{name} {run.record}",
        identity=f"{name} {run.record}",
        model=f"{name} {run.model}",
        checkpoint=f"{name} {run.checkpoint}",
        parent_checkpoint=f"{name} {parent}" if parent else None,
    )


def patches_by_world(assessment: Assessment) -> dict[str, list[PatchFacts]]:
    """Each world's patches, in the order of history; the one from the common root is no world's."""
    patches: dict[str, list[PatchFacts]] = {}
    for patch in assessment.patches:
        world, place = patch.patch.after.name.rsplit("/", 1)
        if place != "0":
            patches.setdefault(world, []).append(patch)
    return patches


def judged(
    scenario: Scenario, size: Size, many: int, policy: Policy = POLICY, *, part: int = 0, again: int = 0
) -> Iterator[Judged]:
    """So many worlds of a scenario, judged; `again` are the same worlds evaluated another time."""
    sources = generator(scenario.name, size.name, part), generator(scenario.name, size.name, part, "luck", again)
    for start in range(0, many, AT_ONCE):
        worlds = []
        for place in range(start, min(many, start + AT_ONCE)):
            lab = Lab(*sources, size)
            scenario.draw(lab)
            worlds.append((f"w{place:06d}", scenario.revisions, lab.runs))
        by_world = patches_by_world(assess(evidence_of(worlds, scenario.suites), policy))
        for name, _, runs in worlds:
            yield _read(scenario, by_world[name], runs)


def _read(scenario: Scenario, patches: Sequence[PatchFacts], runs: Sequence[Run]) -> Judged:
    read = patches if scenario.read is None else [patches[scenario.read]]
    facts = tuple(behaviour for patch in read for behaviour in patch.behaviours)
    verdict = worst_verdict([patch.verdict for patch in read])
    return Judged(verdict, any(one.hiding_suspected for one in facts), facts, tuple(runs))
