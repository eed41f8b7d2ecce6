"""Runs the catalogue over an assessment, a text, a landing or waivers, and returns findings with counts.

A check that raised is counted and shown, never taken for clear.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, NotAssessed, PatchFacts, PeriodFacts
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
    Fired,
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
from auditor.model.finding import Finding, Place, fingerprint_of

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
        by_patch: findings by patch id; by_step: of checkpoint steps, in their order; standing: of the last states.
        by_window: of windows, in their order.
        of_spec: what is wrong with the text of the current revision.
        of_plans: what is wrong with runs that were planned, by plan id.
        of_uses: what is wrong with how held-out suites are used, by suite.
        counts: over everything run.
        not_run: the checks that raised, and what.
        undecided: those that could not tell, and why; for each subject and reason once.
    """

    by_patch: dict[str, tuple[Finding, ...]]
    by_step: tuple[tuple[Finding, ...], ...]
    by_window: tuple[tuple[Finding, ...], ...]
    standing: tuple[Finding, ...]
    of_spec: tuple[Finding, ...]
    counts: OutcomeCounts
    not_run: tuple[NotAssessed, ...]
    undecided: tuple[UndecidedChecks, ...] = ()
    of_plans: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    of_uses: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)


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
        return OutcomeCounts(*(self.kinds.get(kind, 0) for kind in (Fired, Clear, Undecided, None)))


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
    by_patch = {
        facts.patch.id: (
            *_check_patch(spec, facts, places.get(facts.patch.id), tally),
            *_check_text(spec, texts[facts.patch.id], tally),
        )
        for facts in assessment.patches
    }
    of_spec = tuple(_check_current_text(spec, current, tally)) if current is not None else ()
    by_step = tuple(
        tuple(_check_behaviour(assessment.spec, facts, None, tally)) for facts in assessment.checkpoint_steps
    )
    by_window = tuple(tuple(_check_period(spec, facts, tally)) for facts in assessment.windows)
    standing = tuple(f for facts in assessment.standings for f in _check_gap(assessment.spec, facts, tally))
    of_plans = {facts.plan.id: tuple(_check_plan(spec, facts, tally)) for facts in assessment.plans}
    of_uses = {use.suite: tuple(_check_holdout_reuse(spec, use, tally)) for use in assessment.uses}
    ran = tally.counts(), tuple(tally.not_run), tally.not_told()
    return CheckResults(by_patch, by_step, by_window, standing, of_spec, *ran, of_plans, of_uses)


def run_on_landing(facts: LandingFacts) -> ScopeResults:
    """Every check on what a landing does to the rules and records it is judged by."""
    tally = _Tally()
    found = _run_kind(LandingCheck, lambda check: check.run(facts), tally)
    return _scope_results(tuple(_file_finding(check, fired) for check, fired in found), tally)


def run_on_waivers(waivers: Iterable[WaiverFacts]) -> ScopeResults:
    """Every check on every waiver."""
    tally = _Tally()
    return _scope_results(tuple(one for facts in waivers for one in _check_waiver(facts, tally)), tally)


def _check_waiver(facts: WaiverFacts, tally: _Tally) -> Iterator[Finding]:
    for check, fired in _run_kind(WaiverCheck, lambda check: check.run(facts), tally):
        yield _file_finding(check, fired)


def add_counts(one: OutcomeCounts, other: OutcomeCounts) -> OutcomeCounts:
    """Both together."""
    names = ("fired", "clear", "undecided", "not_run")
    return OutcomeCounts(*(getattr(one, name) + getattr(other, name) for name in names))


def _scope_results(findings: tuple[Finding, ...], tally: _Tally) -> ScopeResults:
    return ScopeResults(findings, tally.counts(), tuple(tally.not_run))


def _file_finding(check: Check, fired: Fired) -> Finding:
    return _build_finding(check, fired, Place(fired.file, 1) if fired.file else None, fired.about)


def _check_patch(spec: str, facts: PatchFacts, place: Place | None, tally: _Tally) -> Iterator[Finding]:
    for behaviour in facts.behaviours:
        yield from _check_behaviour(spec, behaviour, place, tally, facts.patch.id)


def _check_behaviour(
    spec: str, facts: BehaviourFacts, place: Place | None, tally: _Tally, patch: str = ""
) -> Iterator[Finding]:
    before, after = facts.step.before, facts.step.after
    step = patch or f"{before.revision} {before.checkpoint} {after.revision} {after.checkpoint}"
    what = f"patch {patch[:12]}" if patch else f"checkpoints {before.checkpoint} to {after.checkpoint}"
    tally.on = f"{what}: {facts.behaviour} of {facts.model}"
    for check, fired in _run_kind(PatchCheck, lambda check: check.run(facts), tally):
        yield _build_finding(check, fired, place, spec, step, facts.behaviour, facts.model)


def _check_period(spec: str, facts: PeriodFacts, tally: _Tally) -> Iterator[Finding]:
    before, after = facts.facts.step.before, facts.facts.step.after
    window = f"{before.revision} {before.checkpoint} {after.revision} {after.checkpoint}"
    tally.on = f"window {before.revision[:12]} to {after.revision[:12]}: {facts.facts.behaviour} of {facts.facts.model}"
    for check, fired in _run_kind(PeriodCheck, lambda check: check.run(facts), tally):
        yield _build_finding(check, fired, None, spec, window, facts.facts.behaviour, facts.facts.model)


def _check_gap(spec: str, facts: GapFacts, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"{facts.suite} at the last state: {facts.behaviour} of {facts.model}"
    for check, fired in _run_kind(GapCheck, lambda check: check.run(facts), tally):
        yield _build_finding(check, fired, None, spec, facts.behaviour, facts.model, facts.suite)


def _check_plan(spec: str, facts: PlanFacts, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"plan {facts.plan.id[:12]}: {facts.plan.suite} of {facts.plan.checkpoint}"
    for check, fired in _run_kind(PlanCheck, lambda check: check.run(facts), tally):
        yield _build_finding(check, fired, None, spec, facts.plan.id)


def _check_holdout_reuse(spec: str, use: HoldoutReuse, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"{use.suite}: how often it was looked at"
    for check, fired in _run_kind(UseCheck, lambda check: check.run(use), tally):
        yield _build_finding(check, fired, None, spec, use.suite)


def _check_text(spec: str, text: PatchText, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"patch {text.patch.id[:12]}: its text"
    for check in all_checks():
        if isinstance(check, TextCheck):
            yield from _findings_at_places(check, functools.partial(check.run, text), spec, tally)


def _check_current_text(spec: str, text: RevisionText, tally: _Tally) -> Iterator[Finding]:
    tally.on = f"the current text of {spec}"
    for check in all_checks():
        if isinstance(check, TextCheck) and check.standing is not None:
            yield from _findings_at_places(check, functools.partial(check.standing, text), spec, tally)
        elif isinstance(check, CurrentTextCheck):
            yield from _findings_at_places(check, functools.partial(check.run, text), spec, tally)


def _findings_at_places(
    check: TextCheck | CurrentTextCheck, run: Callable[[], TextOutcome], spec: str, tally: _Tally
) -> Iterator[Finding]:
    try:
        outcome = run()
    except Exception as error:  # as in `_outcome`
        tally.failed(check, error)
        return
    if isinstance(outcome, Undecided):
        tally.could_not_tell(check, outcome.why)
        return
    tally.count(Fired if outcome else Clear)
    for fired in outcome:
        place = Place(fired.at.path, fired.at.line) if fired.at is not None else None
        yield _build_finding(check, fired, place, spec, fired.about)


def _run_kind(kind: type[_Kind], ask: Callable[[_Kind], Outcome], tally: _Tally) -> Iterator[tuple[_Kind, Fired]]:
    """The checks of a kind that fire, each with what it says; all of them are asked and counted."""
    for check in all_checks():
        if isinstance(check, kind):
            outcome = _outcome(check, functools.partial(ask, check), tally)
            if isinstance(outcome, Fired):
                yield check, outcome


def _outcome(check: Check, run: Callable[[], Outcome], tally: _Tally) -> Outcome | None:
    try:
        outcome = run()
    except Exception as error:  # a rule's bug must not silence the others, nor pass for "clear"
        tally.failed(check, error)
        return None
    if isinstance(outcome, Undecided):
        tally.could_not_tell(check, outcome.why)
    else:
        tally.count(type(outcome))
    return outcome


def _build_finding(check: Check, fired: Fired, place: Place | None, *identity: str) -> Finding:
    """The fingerprint is of the check and what it fired on, never of a line."""
    fingerprint = fingerprint_of(check.code, *identity)
    return Finding(
        check.code, check.name, check.severity, fired.confidence, fired.message, fingerprint, place, fired.evidence
    )
