"""One spec as it would be after landing, and one step of it with the patches in question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from auditor.assess.facts import Assessment, BehaviourFacts, PeriodFacts
from auditor.assess.ledger import Debt, waiver_subject
from auditor.assess.reasons import format_change
from auditor.assess.text import PatchText
from auditor.evidence import Evidence
from auditor.gate.decision import Entry, Level
from auditor.gate.unblock import Remedy, Sides, collect, unblock
from auditor.model.finding import Finding, Place, fingerprint_of
from auditor.model.policy import Policy
from auditor.model.verdict import Cause, Verdict

GapKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Landing:
    """One spec, as it would be after landing.

    Attributes:
        evidence: head's history with the runs of both sides.
        assessment: of that evidence, under the policy.
        patches: ids of the patches that are about to land, oldest first; none where only records do.
        texts: what each of them did to the text, by its id.
        findings: what the catalogue says of each of them, by its id.
        places: the clause each of them is shown at, at head.
        landed_before: what of the steps of earlier patches was held against them without the new records.
        open_before: the standing gaps that were open without the records that are about to land.
        new_records: ids of those records.
        registered: the names in the suite registry.
        stamp: the shell's words for the content id of the work tree's text.
        day: of the decision, for debts; None where none can be granted, as the spec's landings cannot be told.
        debts: what patches that landed before owe.
        windows: several patches judged as one, some of which land, each with what was found.
        of_state: what was found of held-out suites, planned runs, and the text with what it is measured on.
    """

    spec: str
    evidence: Evidence
    assessment: Assessment
    patches: tuple[str, ...]
    texts: Mapping[str, PatchText]
    findings: Mapping[str, tuple[Finding, ...]]
    places: Mapping[str, Place]
    open_before: frozenset[GapKey]
    landed_before: frozenset[str]
    new_records: frozenset[str]
    registered: frozenset[str]
    stamp: str
    day: date | None = None
    debts: tuple[Debt, ...] = ()
    windows: tuple[tuple[PeriodFacts, tuple[Finding, ...]], ...] = ()
    of_state: tuple[Finding, ...] = ()

    @property
    def head(self) -> str:
        """The content id at head."""
        return self.evidence.history.sightings[-1].revision


@dataclass(frozen=True, slots=True)
class Case:
    """One step with the patches in question that lie in it."""

    landing: Landing
    facts: BehaviourFacts
    patches: tuple[str, ...]
    policy: Policy
    reveal: bool

    def entry(self, level: Level, rule: str, why: str, remedy: Remedy | None = None) -> Entry:
        """One entry for all of the step's patches that land."""
        fingerprint = waiver_subject(rule, self.landing.spec, self.facts).fingerprint
        return self._about(level, rule, why, remedy, self.patches, fingerprint)

    def by_patch(self, level: Level, rule: str, why: str, remedy: Remedy | None = None) -> Iterator[Entry]:
        """One entry a patch, under the fingerprint that a check's finding on it has everywhere else."""
        facts = self.facts
        for patch in self.patches:
            fingerprint = fingerprint_of(rule, self.landing.spec, patch, facts.behaviour, facts.model)
            yield self._about(level, rule, why, remedy, (patch,), fingerprint)

    def _about(
        self, level: Level, rule: str, why: str, remedy: Remedy | None, patches: tuple[str, ...], fingerprint: str
    ) -> Entry:
        facts = self.facts
        return Entry(
            level=level,
            rule=rule,
            why=why,
            spec=self.landing.spec,
            patches=patches,
            behaviour=facts.behaviour,
            model=facts.model,
            rates=facts.reason if self.reveal and facts.ruling else None,
            remedy=remedy,
            fingerprint=fingerprint,
            place=self.landing.places.get(patches[-1]) if patches else None,
        )

    def unblock(self) -> Remedy:
        """What would unblock it."""
        return unblock(self.facts, self.landing.evidence, self.sides, self.landing.stamp)

    def collect(self) -> Remedy:
        """What evidence it lacks."""
        return collect(self.facts, self.landing.evidence, self.sides)

    @property
    def sides(self) -> Sides:
        """The content ids on both sides of the step."""
        return Sides(self.facts.step.before.revision, self.facts.step.after.revision)


def why_of(facts: BehaviourFacts) -> str:
    """Why, with the rates of the test, which the author may know, and none of held-out suites."""
    if facts.verdict is Verdict.MEASUREMENT:
        said = facts.reason
    else:
        said = f"the test rate went {format_change(facts.test)}: {facts.conclusion}" if facts.test else facts.conclusion
    if facts.cause is Cause.UNRESOLVED and facts.verdict is not Verdict.UNMEASURED:
        said += f"; what did it is unresolved: {'; '.join(facts.also_changed)}"
    return said
