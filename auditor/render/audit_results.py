"""What an audit comes to, in the words that other tools' formats have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from auditor.assess.facts import BehaviourFacts
from auditor.assess.ledger import waiver_subject
from auditor.audit import Audit, LandingEntry, PatchEntry, SpecAudit
from auditor.checks.catalogue import find_check
from auditor.model.finding import Finding, Place, Severity
from auditor.model.verdict import Verdict
from auditor.render.escape import terminal
from auditor.render.landings import landing_name
from auditor.render.results import UNTOLD, Case, Problem, Results, State, Weight, patch_name, sentence, unique

_SEVERE = {Severity.HIGH: Weight.ERROR, Severity.MEDIUM: Weight.WARNING}
_ACCUSED = (Verdict.TEST_ONLY, Verdict.WORSE, Verdict.MEASUREMENT)


def of_audit(audit: Audit, exit_code: int) -> Results:
    """What an audit comes to. A waived finding is a note under its waiver's name."""
    excused = audit.excused()
    reasons = {facts.waiver.name: facts.waiver.reason for facts in audit.waivers}
    problems = [one for landing in audit.landings for one in _of_landing(landing)]
    problems += [one for spec in audit.specs for one in _of_spec(spec)]
    problems += [_of_finding(finding, "waivers", finding.place) for finding in audit.waiver_findings]
    counted = len(audit.patches)
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    return Results(
        title="auditor audit" if not exit_code else "auditor audit: blocked",
        headline=f"{counted:,} patch{'' if counted == 1 else 'es'}, {audit.hiding_suspected} suspected of hiding; "
        f"{gaps} standing gap{'' if gaps == 1 else 's'}",
        problems=tuple(unique([_excused(one, excused, reasons) for one in problems])),
        cases=(
            *(case for landing in audit.landings for case in _landed(landing, excused)),
            *(case for spec in audit.specs for case in _cases(spec, excused)),
        ),
        waivers=audit.waivers,
        exit_code=exit_code,
    )


def _of_spec(spec: SpecAudit) -> Iterator[Problem]:
    for entry in spec.patches:
        name = patch_name(entry.facts.patch)
        places = {place: now(entry, spec, place) for place in {one.place for one in entry.findings}}
        yield from (_of_finding(finding, name, places[finding.place]) for finding in entry.findings)
        place = next(iter(places.values()), now(entry, spec, None))
        for facts in entry.facts.behaviours:
            yield from _of_verdict(spec.history.spec, facts, name, place)
    last = _last(spec)
    for step in spec.checkpoint_steps:
        about = terminal(f"{step.facts.step.before.checkpoint} to {step.facts.step.after.checkpoint}")
        yield from (_of_finding(finding, about, last) for finding in step.findings)
        yield from _of_verdict(spec.history.spec, step.facts, about, last)
    for window in spec.windows:
        yield from (_of_finding(finding, "several patches", last) for finding in window.findings)
    yield from (_of_finding(one, "the last evaluated state", last) for one in spec.standing_findings)
    yield from (_of_finding(one, "the current revision", one.place or last) for one in spec.spec_findings)


def now(entry: PatchEntry, spec: SpecAudit, place: Place | None) -> Place | None:
    """Where a patch's clause stands today; where it is gone, or was none, the first line of the spec."""
    there = entry.text.where_now(place) if place is not None else None
    return there or _last(spec)


def _last(spec: SpecAudit) -> Place | None:
    files = spec.history.revisions[spec.history.sightings[-1].revision].files
    return Place(files[0].path, 1) if files else None


def _of_finding(finding: Finding, about: str, place: Place | None) -> Problem:
    check = find_check(finding.check)
    return Problem(
        rule=finding.check,
        name=terminal(finding.name),
        weight=_SEVERE.get(finding.severity, Weight.NOTE),
        about=about,
        message=sentence(finding.message),
        fingerprint=finding.fingerprint,
        place=place,
        remedy=check.remedy if check else "",
    )


def _of_landing(landing: LandingEntry) -> Iterator[Problem]:
    about = terminal(landing_name(landing))
    yield from (_of_finding(finding, about, finding.place) for finding in landing.findings)


def _landed(landing: LandingEntry, excused: Mapping[tuple[str, str], str]) -> Iterator[Case]:
    """What would have been held back is a failure; rules that were changed by themselves are a case that passed."""
    for finding in landing.findings:
        waiver = excused.get((finding.check, finding.fingerprint))
        failed = State.FAILED if finding.severity is Severity.HIGH else State.PASSED
        message = f"waived by {waiver}: {finding.message}" if waiver else finding.message
        name = terminal(f"{finding.check} {finding.name}")
        yield Case(terminal(landing_name(landing)), name, State.SKIPPED if waiver else failed, terminal(message))


def _of_verdict(spec: str, facts: BehaviourFacts, about: str, place: Place | None) -> Iterator[Problem]:
    """A verdict that accuses and that no check says again, as SD101 does of what is test-only."""
    if facts.verdict not in (Verdict.WORSE, Verdict.MEASUREMENT):
        return
    subject = waiver_subject(facts.verdict, spec, facts)
    named = f"{about}, {terminal(f'{facts.behaviour} of {facts.model}')}"
    yield Problem(facts.verdict, facts.verdict, Weight.ERROR, named, sentence(facts.reason), subject.fingerprint, place)


def _excused(problem: Problem, excused: Mapping[tuple[str, str], str], reasons: Mapping[str, str]) -> Problem:
    name = excused.get((problem.rule, problem.fingerprint))
    if name is None:
        return problem
    return replace(problem, weight=Weight.NOTE, waiver=(name, terminal(reasons[name])))


def _cases(spec: SpecAudit, excused: Mapping[tuple[str, str], str]) -> Iterator[Case]:
    for entry in spec.patches:
        name = patch_name(entry.facts.patch)
        yield from (_judged(spec, name, facts, excused) for facts in entry.facts.behaviours)
        if not entry.facts.behaviours:
            yield Case(name, "evaluations", State.SKIPPED, "no behaviour was evaluated on both sides of it")
    for step in spec.checkpoint_steps:
        about = terminal(f"{step.facts.step.before.checkpoint} to {step.facts.step.after.checkpoint}")
        yield _judged(spec, about, step.facts, excused)


def _judged(spec: SpecAudit, suite: str, facts: BehaviourFacts, excused: Mapping[tuple[str, str], str]) -> Case:
    subject = waiver_subject(facts.verdict, spec.history.spec, facts)
    waiver = excused.get((subject.rule, subject.fingerprint))
    untold = facts.verdict in UNTOLD or waiver is not None
    state = State.SKIPPED if untold else State.FAILED if facts.verdict in _ACCUSED else State.PASSED
    message = f"waived by {waiver}: {facts.reason}" if waiver else facts.reason
    name = f"{facts.behaviour} of {facts.model}"
    return Case(suite, terminal(name), state, terminal(f"{facts.verdict}: {message}"))
