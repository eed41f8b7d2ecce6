"""What an audit or a decision comes to, in the words that other tools' formats have in common.

An `Audit` or a `Decision` comes in; `Results` (findings, cases, waivers, exit code) go out. Every text in it is
somebody's, with control, bidirectional and invisible characters written out already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.assess.facts import BehaviourFacts
from auditor.assess.ledger import WaiverFacts, verdict_finding
from auditor.audit import Audit, LandingEntry, PatchEntry, SpecAudit
from auditor.checks.catalogue import load_pages
from auditor.document.audit import VERDICT_MEANINGS, accuses
from auditor.document.blocks import sentence
from auditor.document.decision import subject_text, summarise_outcome
from auditor.document.ledger import describe_landing
from auditor.gate.decision import Decision
from auditor.model.finding import Finding, Level, Place, Remedy, Severity, fingerprint_of
from auditor.model.numbers import count_noun, short_id
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict
from auditor.render.escape import escape_terminal


class Weight(StrEnum):
    """How much a finding weighs. Declared worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class CaseState(StrEnum):
    """How a case ended. What could not be told is skipped, never passed."""

    FAILED = "failed"
    MISSING = "missing"
    SKIPPED = "skipped"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Case:
    """One behaviour of one patch, or one rule: what was judged, how it ended, and in one sentence why."""

    suite: str
    name: str
    state: CaseState
    message: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the formats have in common.

    Attributes:
        title: what was run, and how it ended.
        headline: what was looked at, and what it comes to.
        findings: with a sentence as message, a label for what they are about, and no two of one fingerprint.
        waivers: every waiver there is.
        exit_code: what the process ends with.
    """

    title: str
    headline: str
    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]
    waivers: tuple[WaiverFacts, ...]
    exit_code: int

    def waived_by(self, finding: Finding) -> str:
        """The name of the waiver that excuses a finding, with its reason; "" for most."""
        reasons = {facts.waiver.name: facts.waiver.reason for facts in self.waivers}
        return f"{finding.waiver}: {escape_terminal(reasons.get(finding.waiver, ''))}" if finding.waiver else ""


def rule_name(finding: Finding) -> str:
    """The code of a check with its name; a verdict or a rule of the policy by its word."""
    return f"{finding.code} {finding.name}" if finding.name else finding.code


def rule_help(rule: str) -> tuple[str, str]:
    """(title, page) of a rule; its own name for what has no page."""
    page = next((page for page in load_pages() if page.check.code == rule), None)
    if page is None:
        return _RULE_TITLES.get(rule, rule), ""
    return page.check.title, "\n\n".join(f"{heading}: {text}" for heading, text in page.sections.items())


_RULE_TITLES = {
    **{str(verdict): sentence(meaning)[:-1] for verdict, meaning in VERDICT_MEANINGS.items()},
    "require_held_out": "Held-out evidence that the policy requires is missing",
    "evidence-debt": "Evidence is owed",
    "open-gap": "The held-out rate is clearly above the test rate, and no later evaluation has closed the gap",
    "diverged": "The text changed on both sides",
    "spec-gone": "The spec is not where it was",
}


# Verdicts and rules that say that nothing can be said.
UNDECIDED_RULES = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED, "no-score", "evidence-debt")


def patch_name(patch: Patch) -> str:
    """A patch as a suite is called."""
    return escape_terminal(f"patch {short_id(patch.id)} {patch.after.label or patch.after.subject}")


def as_sentence(text: str) -> str:
    """A sentence with its capital and full stop."""
    return sentence(escape_terminal(text))


def deduplicate(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings; what is found twice under one fingerprint, as in two patches, is told apart by its count."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.fingerprint] += 1
        count = counts[finding.fingerprint]
        again = fingerprint_of(finding.fingerprint, str(count))
        yield finding if count == 1 else replace(finding, fingerprint=again)


_WEIGHT_BY_SEVERITY = {Severity.HIGH: Weight.ERROR, Severity.MEDIUM: Weight.WARNING}
_WEIGHT_BY_LEVEL = {
    Level.BLOCKED: Weight.ERROR,
    Level.MISSING: Weight.ERROR,
    Level.WARNING: Weight.WARNING,
    Level.WAIVED: Weight.NOTE,
    Level.NOTICE: Weight.NOTE,
}


def weight_of(finding: Finding) -> Weight:
    """By its level in a decision; where nothing is decided, by how bad it is."""
    if finding.level is not None:
        return _WEIGHT_BY_LEVEL[finding.level]
    return _WEIGHT_BY_SEVERITY.get(finding.severity, Weight.NOTE)


def _as_shown(finding: Finding, label: str, place: Place | None) -> Finding:
    """A finding in words that are safe to show, under a label for what it is about."""
    remedy = finding.remedy and Remedy(
        escape_terminal(finding.remedy.text), tuple(map(escape_terminal, finding.remedy.commands))
    )
    return replace(
        finding,
        name=escape_terminal(finding.name),
        message=as_sentence(finding.rates or finding.message),
        subject=replace(finding.subject, label=label),
        place=place,
        remedy=remedy,
    )


# An audit.


def audit_results(audit: Audit, exit_code: int) -> Results:
    """What an audit comes to. A waived finding is a note under its waiver's name."""
    excused = audit.excused()
    findings = [landing_finding for landing in audit.landings for landing_finding in _landing_findings(landing)]
    findings += [spec_finding for spec in audit.specs for spec_finding in _spec_findings(spec)]
    findings += [_as_shown(finding, "waivers", finding.place) for finding in audit.waiver_findings]
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    return Results(
        title="auditor audit" if not exit_code else "auditor audit: blocked",
        headline=f"{count_noun(len(audit.patches), 'patch', 'es')}, {audit.hiding_suspected:,} suspected of hiding; "
        f"{count_noun(gaps, 'open gap')}",
        findings=tuple(deduplicate([_apply_waiver(finding, excused) for finding in findings])),
        cases=(
            *(case for landing in audit.landings for case in _landing_cases(landing)),
            *(case for spec in audit.specs for case in _spec_cases(spec, excused)),
        ),
        waivers=audit.waivers,
        exit_code=exit_code,
    )


def _spec_findings(spec: SpecAudit) -> Iterator[Finding]:
    for entry in spec.patches:
        name = patch_name(entry.facts.patch)
        places = {place: current_place(entry, spec, place) for place in {finding.place for finding in entry.findings}}
        yield from (_as_shown(finding, name, places[finding.place]) for finding in entry.findings)
        place = next(iter(places.values()), current_place(entry, spec, None))
        for facts in entry.facts.behaviours:
            yield from _accusations(spec.history.spec, facts, name, place)
    last = _first_line(spec)
    for step in spec.checkpoint_steps:
        about = escape_terminal(f"{step.facts.step.before.checkpoint} to {step.facts.step.after.checkpoint}")
        yield from (_as_shown(finding, about, last) for finding in step.findings)
        yield from _accusations(spec.history.spec, step.facts, about, last)
    for window in spec.periods:
        yield from (_as_shown(finding, "several patches", last) for finding in window.findings)
    for suite, findings in spec.use_findings.items():
        yield from (
            _as_shown(finding, f"suite {escape_terminal(suite)}", finding.place or last) for finding in findings
        )
    for plan in spec.plans:
        about = escape_terminal(f"preregistered run of {plan.plan.suite}")
        yield from (
            _as_shown(finding, about, finding.place or last) for finding in spec.plan_findings.get(plan.plan.id, ())
        )
    yield from (_as_shown(gap_finding, "the last evaluated state", last) for gap_finding in spec.gap_findings)
    yield from (
        _as_shown(spec_finding, "the current revision", spec_finding.place or last)
        for spec_finding in spec.spec_findings
    )


def current_place(entry: PatchEntry, spec: SpecAudit, place: Place | None) -> Place | None:
    """Where a patch's clause stands today; where it is gone, or was none, the first line of the spec."""
    there = entry.text.current_place(place) if place is not None else None
    return there or _first_line(spec)


def _first_line(spec: SpecAudit) -> Place | None:
    files = spec.history.revisions[spec.history.spec_commits[-1].revision].files
    return Place(files[0].path, 1) if files else None


def _landing_findings(landing: LandingEntry) -> Iterator[Finding]:
    about = escape_terminal(describe_landing(landing))
    yield from (_as_shown(finding, about, finding.place) for finding in landing.findings)


def _landing_cases(landing: LandingEntry) -> Iterator[Case]:
    """What would have been held back is a failure; rules that were changed by themselves are a case that passed."""
    for finding in landing.findings:
        waiver = finding.waiver
        failed = CaseState.FAILED if finding.severity is Severity.HIGH else CaseState.PASSED
        message = f"waived by {waiver}: {finding.message}" if waiver else finding.message
        name = escape_terminal(f"{finding.code} {finding.name}")
        yield Case(
            escape_terminal(describe_landing(landing)),
            name,
            CaseState.SKIPPED if waiver else failed,
            escape_terminal(message),
        )


def _accusations(spec: str, facts: BehaviourFacts, about: str, place: Place | None) -> Iterator[Finding]:
    """A verdict that accuses and that no check says again, as SD101 does of what is test-only."""
    if facts.verdict in (Verdict.WORSE, Verdict.ARTEFACT):
        finding = replace(verdict_finding(facts.verdict, spec, facts), severity=Severity.HIGH)
        yield _as_shown(finding, f"{about}, {escape_terminal(f'{facts.behaviour} of {facts.model}')}", place)


def _apply_waiver(finding: Finding, excused: Mapping[tuple[str, str], str]) -> Finding:
    name = excused.get((finding.code, finding.fingerprint))
    return finding if name is None else replace(finding, level=Level.WAIVED, waiver=name)


def _spec_cases(spec: SpecAudit, excused: Mapping[tuple[str, str], str]) -> Iterator[Case]:
    for entry in spec.patches:
        name = patch_name(entry.facts.patch)
        yield from (_behaviour_case(spec, name, facts, excused) for facts in entry.facts.behaviours)
        if not entry.facts.behaviours:
            yield Case(name, "evaluations", CaseState.SKIPPED, "no behaviour was evaluated both before and after it")
    for step in spec.checkpoint_steps:
        about = escape_terminal(f"{step.facts.step.before.checkpoint} to {step.facts.step.after.checkpoint}")
        yield _behaviour_case(spec, about, step.facts, excused)


def _behaviour_case(spec: SpecAudit, suite: str, facts: BehaviourFacts, excused: Mapping[tuple[str, str], str]) -> Case:
    finding = verdict_finding(facts.verdict, spec.history.spec, facts)
    waiver = excused.get((finding.code, finding.fingerprint))
    untold = facts.verdict in UNDECIDED_RULES or waiver is not None
    state = CaseState.SKIPPED if untold else CaseState.FAILED if accuses(facts.verdict) else CaseState.PASSED
    message = f"waived by {waiver}: {facts.reason}" if waiver else facts.reason
    name = f"{facts.behaviour} of {facts.model}"
    return Case(suite, escape_terminal(name), state, escape_terminal(f"{facts.verdict}: {message}"))


# What a decision comes to, in the words that other tools' formats have in common.


_STATE_BY_LEVEL = {Level.BLOCKED: CaseState.FAILED, Level.MISSING: CaseState.MISSING, Level.WAIVED: CaseState.SKIPPED}


def decision_results(decision: Decision) -> Results:
    """What a decision comes to; held-out rates only where the decision has them to show."""
    patches = {patch.id: patch for patch in decision.judged}
    levelled = [finding for level in Level for finding in decision.findings if finding.level is level]
    findings = [finding for finding in levelled if finding.level is not Level.NOTICE or finding.name]
    escaped = [
        _as_shown(_identified(finding), escape_terminal(subject_text(finding.subject, patches)), finding.place)
        for finding in findings
    ]
    title, headline = summarise_outcome(decision)
    return Results(
        title=f"auditor gate: {title}",
        headline=headline,
        findings=tuple(deduplicate(escaped)),
        cases=tuple(_levelled_case(finding, patches) for finding in levelled if _is_case(finding)),
        waivers=decision.waivers,
        exit_code=decision.exit_code,
    )


def _identified(finding: Finding) -> Finding:
    """A finding with a fingerprint, as the formats want one of each: what cannot be waived is known by its message."""
    subject = finding.subject
    by_itself = fingerprint_of(finding.code, subject.spec, *subject.patches, finding.message)
    return replace(finding, fingerprint=finding.fingerprint or by_itself)


def _is_case(finding: Finding) -> bool:
    """What was measured across a patch, or not; and whatever is held against the landing."""
    subject = finding.subject
    measured = subject.patches and (subject.behaviour or finding.code in UNDECIDED_RULES)
    return bool(measured) or finding.level in _STATE_BY_LEVEL


def _levelled_case(finding: Finding, patches: dict[str, Patch]) -> Case:
    subject = finding.subject
    named = [patch_name(patches[name]) for name in subject.patches if name in patches]
    passed = CaseState.SKIPPED if finding.code in UNDECIDED_RULES else CaseState.PASSED
    state = _STATE_BY_LEVEL.get(finding.level or Level.NOTICE, passed)
    measured = escape_terminal(f"{subject.behaviour} of {subject.model}") if subject.behaviour else ""
    name = f"{measured}: {rule_name(finding)}" if measured else rule_name(finding)
    waived = f"waived by {finding.waiver}: " if finding.waiver else ""
    message = escape_terminal(f"{waived}{finding.rates or finding.message}")
    return Case(", ".join(named) or "landing", name, state, message)
