"""Runs the catalogue over an assessment, a text, a landing or waivers, and returns findings with counts.

A check that raised is counted and shown, never taken for clear.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, NotAssessed, PeriodFacts
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.landing import LandingFacts
from auditor.assess.ledger import WaiverFacts
from auditor.assess.preregistration import PlanFacts
from auditor.assess.text import PatchText, RevisionText
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import (
    Check,
    Clear,
    CurrentTextCheck,
    GapCheck,
    LandingCheck,
    Outcome,
    PatchCheck,
    PeriodCheck,
    PlanCheck,
    TextCheck,
    TextOutcome,
    Undecided,
    UseCheck,
    WaiverCheck,
)
from auditor.model.finding import Finding, Place, Remedy, Severity, Subject, fingerprint_of
from auditor.model.numbers import short_id

_WORST_FIRST = tuple(Severity)
_Kind = TypeVar("_Kind", bound=Check)


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many times checks fired, were clear, could not tell, could not run."""

    fired: int
    clear: int
    undecided: int
    not_run: int


@dataclass(frozen=True, slots=True)
class UndecidedChecks:
    """Checks that could not tell whether their fault is there.

    Attributes:
        on: what they were run on.
        why: what they lack, as a sentence; the same for all of them.
        checks: their codes, ascending.
    """

    on: str
    why: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResults:
    """What the catalogue says of an assessment.

    Attributes:
        measured: findings in how a patch was measured, by its id: a group for each of its behaviours, in their order.
        of_texts: findings in what a patch did to the text, by its id.
        by_step: of checkpoint steps, in their order; standing: of the last states.
        by_window: of windows, in their order.
        of_spec: what is wrong with the text of the current revision.
        of_plans: what is wrong with runs that were planned, by plan id.
        of_uses: what is wrong with how held-out suites are used, by suite.
        counts: over everything run.
        not_run: the checks that raised, and what.
        undecided: those that could not tell, and why; for each subject and reason once.
    """

    measured: Mapping[str, tuple[tuple[Finding, ...], ...]]
    of_texts: Mapping[str, tuple[Finding, ...]]
    by_step: tuple[tuple[Finding, ...], ...]
    by_period: tuple[tuple[Finding, ...], ...]
    standing: tuple[Finding, ...]
    current_text_findings: tuple[Finding, ...]
    counts: OutcomeCounts
    not_run: tuple[NotAssessed, ...]
    undecided: tuple[UndecidedChecks, ...] = ()
    by_plan: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    by_suite: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScopeResults:
    """What the checks of one scope say of one subject; fields as in `Checked`."""

    findings: tuple[Finding, ...]
    counts: OutcomeCounts
    not_run: tuple[NotAssessed, ...]


class _Tally:
    """Collects outcomes while the catalogue runs; `on` is what it runs on."""

    def __init__(self) -> None:
        self.on = ""
        self.undecided: dict[tuple[str, str], list[str]] = {}
        self.kinds: dict[type[Outcome] | None, int] = {}
        self.not_run: list[NotAssessed] = []

    def count(self, kind: type[Outcome] | None) -> None:
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def could_not_tell(self, check: Check, why: str) -> None:
        self.count(Undecided)
        self.undecided.setdefault((self.on, why), []).append(check.code)

    def failed(self, check: Check, error: Exception) -> None:
        self.count(None)
        self.not_run.append(NotAssessed(f"check {check.code}", f"it raised {type(error).__name__}: {error}"))

    def not_told(self) -> tuple[UndecidedChecks, ...]:
        return tuple(UndecidedChecks(on, why, tuple(sorted(codes))) for (on, why), codes in self.undecided.items())

    def counts(self) -> OutcomeCounts:
        return OutcomeCounts(*(self.kinds.get(kind, 0) for kind in (Finding, Clear, Undecided, None)))


def run_checks(
    assessment: Assessment, texts: Mapping[str, PatchText], current: RevisionText | None, places: Mapping[str, Place]
) -> CheckResults:
    """Every check on everything in its scope.

    Args:
        texts: what each patch did to the text, by patch id.
        current: the text of the current revision.
        places: the clause a patch's findings about behaviour point at, by patch id.
    """
    tally, spec = _Tally(), assessment.spec
    measured, of_texts = {}, {}
    for facts in assessment.patches:
        name = facts.patch.id
        measured[name] = tuple(
            _check_behaviour(spec, behaviour, places.get(name), tally, name) for behaviour in facts.behaviours
        )
        of_texts[name] = tuple(_check_text(spec, texts[name], tally))
    of_spec = tuple(_check_current_text(spec, current, tally)) if current is not None else ()
    by_step = tuple(_check_behaviour(spec, facts, None, tally) for facts in assessment.checkpoint_steps)
    by_window = tuple(tuple(_check_period(spec, facts, tally)) for facts in assessment.periods)
    standing = tuple(f for facts in assessment.standings for f in _check_gap(spec, facts, tally))
    of_plans = {facts.plan.id: tuple(_check_plan(spec, facts, tally)) for facts in assessment.plans}
    of_uses = {use.suite: tuple(_check_holdout_reuse(spec, use, tally)) for use in assessment.uses}
    ran = tally.counts(), tuple(tally.not_run), tally.not_told()
    return CheckResults(measured, of_texts, by_step, by_window, standing, of_spec, *ran, of_plans, of_uses)


def run_on_landing(facts: LandingFacts) -> ScopeResults:
    """Every check on what a landing does to the rules and records it is judged by."""
    tally = _Tally()
    return _scope_results(tuple(_run_kind(LandingCheck, lambda check: check.run(facts), Subject(), (), tally)), tally)


def run_on_waivers(waivers: Iterable[WaiverFacts]) -> ScopeResults:
    """Every check on every waiver."""
    tally = _Tally()
    return _scope_results(tuple(finding for facts in waivers for finding in _check_waiver(facts, tally)), tally)


def _check_waiver(facts: WaiverFacts, tally: _Tally) -> Iterator[Finding]:
    return _run_kind(WaiverCheck, lambda check: check.run(facts), Subject(), (), tally)


def add_counts(outcome_counts: OutcomeCounts, other: OutcomeCounts) -> OutcomeCounts:
    """Both together."""
    names = ("fired", "clear", "undecided", "not_run")
    return OutcomeCounts(*(getattr(outcome_counts, name) + getattr(other, name) for name in names))


def _scope_results(findings: tuple[Finding, ...], tally: _Tally) -> ScopeResults:
    return ScopeResults(findings, tally.counts(), tuple(tally.not_run))


def _check_behaviour(
    spec: str, facts: BehaviourFacts, place: Place | None, tally: _Tally, patch: str = ""
) -> tuple[Finding, ...]:
    before, after = facts.step.before, facts.step.after
    step = patch or f"{before.revision} {before.checkpoint} {after.revision} {after.checkpoint}"
    step_text = f"patch {short_id(patch)}" if patch else f"checkpoints {before.checkpoint} to {after.checkpoint}"
    tally.on = f"{step_text}: {facts.behaviour} of {facts.model}"
    subject = Subject(spec, (patch,) if patch else (), facts.behaviour, facts.model)
    identity = (spec, step, facts.behaviour, facts.model)
    return tuple(_run_kind(PatchCheck, lambda check: check.run(facts), subject, identity, tally, place))


def _check_period(spec: str, facts: PeriodFacts, tally: _Tally) -> Iterator[Finding]:
    behaviour, model, step = facts.facts.behaviour, facts.facts.model, facts.facts.step
    before, after = step.before, step.after
    period = f"{before.revision} {before.checkpoint} {after.revision} {after.checkpoint}"
    tally.on = f"period {short_id(before.revision)} to {short_id(after.revision)}: {behaviour} of {model}"
    subject, identity = Subject(spec, (), behaviour, model), (spec, period, behaviour, model)
    return _run_kind(PeriodCheck, lambda check: check.run(facts), subject, identity, tally)


def _check_gap(spec: str, facts: GapFacts, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"{facts.suite} at the last state: {facts.behaviour} of {facts.model}"
    subject, identity = Subject(spec, (), facts.behaviour, facts.model), gap_identity(spec, facts)
    return _run_kind(GapCheck, lambda check: check.run(facts), subject, identity, tally)


def gap_identity(spec: str, facts: GapFacts) -> tuple[str, ...]:
    """What the fingerprints of findings on how a held-out suite stands to the test are of."""
    return spec, facts.behaviour, facts.model, facts.suite


def _check_plan(spec: str, facts: PlanFacts, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"plan {short_id(facts.plan.id)}: {facts.plan.suite} of {facts.plan.checkpoint}"
    return _run_kind(PlanCheck, lambda check: check.run(facts), Subject(spec), (spec, facts.plan.id), tally)


def _check_holdout_reuse(spec: str, use: HoldoutReuse, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"{use.suite}: how often it was looked at"
    return _run_kind(UseCheck, lambda check: check.run(use), Subject(spec), (spec, use.suite), tally)


def _check_text(spec: str, text: PatchText, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"patch {short_id(text.patch.id)}: its text"
    subject = Subject(spec, (text.patch.id,))
    for check in all_checks():
        if isinstance(check, TextCheck):
            yield from _run_check(check, functools.partial(check.run, text), subject, (spec,), tally)


def _check_current_text(spec: str, text: RevisionText, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"the current text of {spec}"
    for check in all_checks():
        if isinstance(check, TextCheck) and check.standing is not None:
            yield from _run_check(check, functools.partial(check.standing, text), Subject(spec), (spec,), tally)
        elif isinstance(check, CurrentTextCheck):
            yield from _run_check(check, functools.partial(check.run, text), Subject(spec), (spec,), tally)


def _run_kind(
    kind: type[_Kind],
    run: Callable[[_Kind], Outcome],
    subject: Subject,
    identity: tuple[str, ...],
    tally: _Tally,
    place: Place | None = None,
) -> Iterator[Finding]:
    """What the checks of a kind find; all of them are run and counted."""
    for check in all_checks():
        if isinstance(check, kind):
            yield from _run_check(check, functools.partial(run, check), subject, identity, tally, place)


def _run_check(
    check: Check,
    run: Callable[[], Outcome | TextOutcome],
    subject: Subject,
    identity: tuple[str, ...],
    tally: _Tally,
    place: Place | None = None,
) -> tuple[Finding, ...]:
    """What one check finds, with the check's name and severity, whose it is, and its fingerprint.

    Args:
        identity: with the finding's own, what the fingerprint is of: never a line.
        place: for findings that have none.
    """
    try:
        outcome = run()
    except Exception as error:  # a rule's bug must not silence the others, nor pass for "clear"
        tally.failed(check, error)
        return ()
    if isinstance(outcome, Undecided):
        tally.could_not_tell(check, outcome.why)
        return ()
    findings = outcome if isinstance(outcome, tuple) else (outcome,) if isinstance(outcome, Finding) else ()
    tally.count(Finding if findings else Clear)
    return tuple(
        replace(
            finding,
            place=finding.place or place,
            identity="",
            code=check.code,
            name=check.name,
            severity=min(check.severity, finding.severity, key=_WORST_FIRST.index),
            subject=subject,
            fingerprint=fingerprint_of(check.code, *identity, *_own_identity(check, finding)),
            remedy=Remedy(check.remedy),
        )
        for finding in findings
    )


def _own_identity(check: Check, finding: Finding) -> tuple[str, ...]:
    """The part of its identity that only the check knows: of what stands in a text, a landing or a waiver."""
    by_itself = isinstance(check, TextCheck | CurrentTextCheck | LandingCheck | WaiverCheck)
    return (finding.identity,) if by_itself else ()
