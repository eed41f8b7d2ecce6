"""Waivers and evidence debts: what a project has excused, and what it owes.

Whether a waiver counts and why not; a verdict as the finding that a waiver names (`verdict_finding`); which behaviours
a landed patch still has to be evaluated on. Read by gate, audit and report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from auditor.assess.facts import BehaviourFacts, Measured, PatchFacts
from auditor.evidence import Evidence, evaluated_states
from auditor.model.finding import Finding, Subject, fingerprint_of
from auditor.model.run import Exposure
from auditor.model.spec import Patch
from auditor.model.waiver import Waiver

# Evidence debts: a spec that a model is trained on cannot be evaluated before its patch lands, and owes it after.


@dataclass(frozen=True, slots=True)
class Debt:
    """What a patch that has landed owes.

    Attributes:
        patch: its id.
        owed: what was measured before it and has no held-out comparison across it yet.
        landed: the day it landed, at the latest.
        due: the last day for it.
    """

    spec: str
    patch: str
    owed: tuple[Measured, ...]
    landed: date
    due: date

    def overdue(self, day: date) -> bool:
        """Whether its last day is over; what bears a date that is yet to come has no day of grace."""
        return self.due < day or self.landed > day + timedelta(days=1)


def find_owed(evidence: Evidence, facts: PatchFacts) -> tuple[Measured, ...]:
    """What a patch's evaluation is owed on; nothing where the patch was taken back.

    That is what a model trained on the spec was measured on before, and has no held-out comparison across the patch on.
    A comparison on any model settles a behaviour, as it does for the gate.
    """
    before = revisions_before(evidence, facts.patch)
    if evidence.history.spec_commits[-1].revision in before:
        return ()
    settled = {behaviour.behaviour for behaviour in facts.behaviours if behaviour.suites}
    lacking = {(behaviour.behaviour, behaviour.model) for behaviour in facts.behaviours if not behaviour.suites} | set(
        facts.other_behaviours
    )
    return tuple(
        Measured(behaviour, model)
        for behaviour, model in sorted(lacking)
        if behaviour not in settled
        and is_trained_in(evidence, model)
        and any(state.revision in before for state in evaluated_states(evidence, behaviour, model))
    )


def is_trained_in(evidence: Evidence, model: str) -> bool:
    """Whether a lineage knows the spec from training: some run says so, and none had it in the context."""
    exposures = {run.exposure for run in evidence.runs.values() if evidence.lineages[run.checkpoint] == model}
    return Exposure.TRAINED in exposures and Exposure.IN_CONTEXT not in exposures


def revisions_before(evidence: Evidence, patch: Patch) -> set[str]:
    """The content ids of the spec commits that do not come after a patch."""
    reached, before = {patch.after.name}, set[str]()
    for spec_commit in evidence.history.spec_commits:
        if reached & {spec_commit.name, *spec_commit.parents}:
            reached.add(spec_commit.name)
        else:
            before.add(spec_commit.revision)
    return before


# What is known of a waiver: facts for the checks of scope `waiver`, and whether it counts. Read by gate and audit.


# A waiver for longer is one for good.
MAX_DURATION = timedelta(days=366)
# A day's commit may bear the day before or after elsewhere on earth.
DATE_SLACK = timedelta(days=1)


def verdict_finding(rule: str, spec: str, facts: BehaviourFacts) -> Finding:
    """A verdict, or another rule on a step, as a finding: of the step's patches, else of the two states themselves."""
    before, after = facts.step.before, facts.step.after
    states = (before.revision, before.checkpoint, after.revision, after.checkpoint)
    about = facts.step.patches or states
    return Finding(
        facts.reason,
        code=rule,
        subject=Subject(spec, facts.step.patches, facts.behaviour, facts.model),
        fingerprint=fingerprint_of(rule, spec, *about, facts.behaviour, facts.model),
    )


@dataclass(frozen=True, slots=True)
class WaiverCommit:
    """Who brought a waiver in, as git says. Author names and dates are what whoever committed wrote there.

    Attributes:
        author: name and address of the last commit that wrote the file as it is.
        day: the earliest day on which it can have landed: no commit before it on the way it landed bears a later one.
    """

    author: tuple[str, str]
    day: date


@dataclass(frozen=True, slots=True)
class WaiverFacts:
    """A waiver and what it is held against.

    Attributes:
        day: of the decision.
        committed: None where it is in no commit, or there is no git.
        in_git: whether there is git at all.
        known: whether the finding it names is there.
        needed: whether the policy would hold that finding against a landing.
        patch_authors: name and address of who wrote the patch it names.
        after_patch: whether it landed when its patch had landed already.
        two_person: whether the policy wants somebody else than the patch's author.
    """

    waiver: Waiver
    day: date
    commit: WaiverCommit | None = None
    in_git: bool = True
    known: bool = True
    needed: bool = True
    patch_authors: tuple[tuple[str, str], ...] = ()
    after_patch: bool = False
    two_person: bool = False

    @property
    def blanket(self) -> str:
        """Why it is not one exception for one finding and some time; "" where it is."""
        if self.waiver.fingerprint is None:
            return "it names no finding"
        if self.waiver.until is None:
            return "it names no end"
        days = (self.waiver.until - self.waiver.granted).days
        return f"it is for {days:,} days" if days > MAX_DURATION.days else ""

    @property
    def expired(self) -> bool:
        """Whether its last day is over."""
        return self.waiver.until is not None and self.waiver.until < self.day

    @property
    def backdated(self) -> bool:
        """Whether it says an earlier day than it can have landed on."""
        return self.commit is not None and self.waiver.granted < self.commit.day - DATE_SLACK

    @property
    def postdated(self) -> bool:
        """Whether the day it is granted is still to come."""
        return self.waiver.granted > self.day + DATE_SLACK

    @property
    def self_approved(self) -> bool | None:
        """Whether the patch's author committed it; None where it is not known who did."""
        if self.commit is None or not self.patch_authors:
            return None
        return any(_is_same_person(self.commit.author, author) for author in self.patch_authors)

    @property
    def rejection(self) -> str:
        """Why it does not count; "" where it does."""
        reasons = (
            (bool(self.blanket), self.blanket),
            (self.expired, f"it expired on {self.waiver.until}"),
            (self.in_git and self.commit is None, "it is in no commit yet"),
            (self.backdated, "it is backdated"),
            (self.postdated, f"it is granted on {self.waiver.granted} only"),
            (self.two_person and self.self_approved is True, "the patch's author granted it"),
            (self.two_person and self.self_approved is None, "nobody can tell who granted it"),
        )
        return next((why for holds, why in reasons if holds), "")


def _is_same_person(person: tuple[str, str], other: tuple[str, str]) -> bool:
    """One address or one name is one person: two of either for one person are quickly had."""
    return any(a.strip().casefold() == b.strip().casefold() != "" for a, b in zip(person, other, strict=True))
