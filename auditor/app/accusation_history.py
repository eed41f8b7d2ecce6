"""Which past landings lifted accusations: what stood before their records and suites, and does not with them.

In come a project, the audits of its specs, and where records landed; out come the lifted accusations of each landing.
A history is assessed anew only around landings at which the crude rates of what is not accused now could have accused:
`MAX_REPLAYED` of them, the latest; what is left out is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from auditor.app.project import Project
from auditor.assess.facts import Assessment, BehaviourFacts, NotAssessed, PatchFacts
from auditor.assess.judge import assess
from auditor.assess.lifted_accusations import (
    LiftedAccusation,
    lifted_accusations,
    may_have_been_accused,
    standing_accusations,
)
from auditor.assess.online_fdr import ACCUSING_VERDICTS
from auditor.audit import Audit, SpecAudit
from auditor.evidence import assemble_evidence
from auditor.git import Commit, Repository
from auditor.model.run import Run
from auditor.model.suite import Registry
from auditor.model.verdict import Verdict
from auditor.store.registry import load_registry

MAX_REPLAYED = 8
# What is held against a patch, whatever the policy blocks on.
_ACCUSING = (*ACCUSING_VERDICTS, Verdict.WORSE)


def find_lifted(
    project: Project, repository: Repository, chain: Sequence[str], audit: Audit, suite_landings: Sequence[int]
) -> tuple[Mapping[int, tuple[LiftedAccusation, ...]], tuple[NotAssessed, ...]]:
    """The accusations that landings lifted, by place in the chain, and what was not looked at.

    Args:
        chain: the mainline's commits, oldest first.
        suite_landings: the places at which suites changed, ascending.
    """
    lifted: dict[int, list[LiftedAccusation]] = {}
    notes: list[NotAssessed] = []
    for spec in audit.specs:
        replay = _Replay(project, repository, chain, spec, tuple(suite_landings))
        suspicious = replay.suspicious_landings()
        for place in sorted(suspicious)[-MAX_REPLAYED:]:
            lifted.setdefault(place, []).extend(replay.lifted_at(place, suspicious[place]))
        if len(suspicious) > MAX_REPLAYED:
            many = len(suspicious) - MAX_REPLAYED
            why = f"{many:,} earlier landings of records may have lifted accusations: these were not looked at"
            notes.append(NotAssessed(f"accusations of {spec.history.spec}", why))
    return {place: tuple(some) for place, some in lifted.items() if some}, tuple(notes)


@dataclass(frozen=True)
class _Replay:
    """One spec's history with what had landed up to a place."""

    project: Project
    repository: Repository
    chain: Sequence[str]
    spec: SpecAudit
    suite_landings: tuple[int, ...]

    @property
    def places(self) -> Mapping[str, int]:
        """Where each record landed."""
        return self.spec.evidence.landing_places()

    @cached_property
    def runs(self) -> Mapping[str, list[Run]]:
        """The spec's runs that have landed, by revision."""
        runs_by_revision: dict[str, list[Run]] = {}
        for run in self.project.runs:
            if run.spec == self.spec.history.spec and run.record in self.places:
                runs_by_revision.setdefault(run.revision, []).append(run)
        return runs_by_revision

    @cached_property
    def registries(self) -> list[Registry]:
        """The suites before each landing that changed them, and those of now; with the former ones of each."""
        store = self.project.settings.store
        every = [load_registry(Commit(self.repository, self.chain[at - 1]), store) for at in self.suite_landings]
        every.append(self.project.registry)
        return [
            replace(
                registry, former=tuple(suite for old in every[:at] for suite in registry.changed_suites(old.suites))
            )
            for at, registry in enumerate(every)
        ]

    def registry(self, place: int) -> Registry:
        """The suites as a place on the mainline registers them."""
        return self.registries[bisect_right(self.suite_landings, place)]

    def lifted_at(self, place: int, patches: Mapping[str, frozenset[str]]) -> Iterator[LiftedAccusation]:
        """The accusations of some patches that a landing lifted, and that do not stand again now.

        Args:
            patches: the revisions to assess, by the patches' ids.
        """
        before, after = (self._assess(at, frozenset().union(*patches.values())) for at in (place - 1, place))
        now = standing_accusations(self.spec.assessment, _ACCUSING)
        standing = standing_accusations(before, _ACCUSING)
        for key, lifted in lifted_accusations(standing, after, _ACCUSING):
            if key[0] in patches and (key not in now or standing[key].hiding_suspected > now[key].hiding_suspected):
                yield lifted

    def _assess(self, place: int, revisions: frozenset[str]) -> Assessment:
        runs = [
            run for revision in revisions for run in self.runs.get(revision, ()) if self.places[run.record] <= place
        ]
        places = self.spec.evidence.landing_places
        evidence = assemble_evidence(self.spec.history, runs, self.registry(place), landing_places=places)
        return assess(evidence, self.project.settings.policy)

    def suspicious_landings(self) -> dict[int, dict[str, frozenset[str]]]:
        """The landings before which crude rates could accuse a patch that is not accused now, by their places.

        Each has the ids of these patches, with the revisions on both sides of them.
        """
        revisions_by_place: dict[int, dict[str, frozenset[str]]] = {}
        for patch in self.spec.assessment.patches:
            facts_of = {(facts.behaviour, facts.model): facts for facts in patch.behaviours}
            for key in {*facts_of, *self._measured_across(patch)}:
                facts = facts_of.get(key)
                if facts is None or facts.verdict not in _ACCUSING or not facts.hiding_suspected:
                    sides = _revisions_around(patch, facts)
                    for place in self._suspicious_places(key, sides):
                        revisions = revisions_by_place.setdefault(place, {}).get(patch.patch.id, frozenset())
                        revisions_by_place[place][patch.patch.id] = revisions | sides[0] | sides[1]
        return revisions_by_place

    def _measured_across(self, patch: PatchFacts) -> set[tuple[str, str]]:
        """(behaviour, model) of what was run right before and after a patch, as some registry of the past has it."""
        sides = (self.runs.get(state.revision, ()) for state in (patch.patch.before, patch.patch.after))
        pairs = ({pair for run in side for pair in self._measured_by(run)} for side in sides)
        return next(pairs) & next(pairs)

    def _measured_by(self, run: Run) -> Iterator[tuple[str, str]]:
        for registry in self.registries:
            if suite := registry.suites.get(run.suite):
                yield suite.behaviour, self._model(run)

    def _model(self, run: Run) -> str:
        return self.spec.evidence.lineages.get(run.checkpoint, run.model)

    def _suspicious_places(self, key: tuple[str, str], sides: tuple[frozenset[str], frozenset[str]]) -> Iterator[int]:
        behaviour, model = key
        mine = [
            run for revision in sides[0] | sides[1] for run in self.runs.get(revision, ()) if self._model(run) == model
        ]
        landings = sorted({self.places[run.record] for run in mine} | set(self.suite_landings if mine else ()))
        for before, place in pairwise(landings):
            runs = [run for run in mine if self.places[run.record] <= before]
            if may_have_been_accused(runs, self.registry(before).suites, behaviour, sides):
                yield place


def _revisions_around(patch: PatchFacts, facts: BehaviourFacts | None) -> tuple[frozenset[str], frozenset[str]]:
    """The revisions before and after a patch at which it is judged, and its own."""
    before, after = {patch.patch.before.revision}, {patch.patch.after.revision}
    if facts is not None:
        before.add(facts.step.before.revision)
        after.add(facts.step.after.revision)
    return frozenset(before), frozenset(after)
