"""What an audit or a decision comes to, in the words that other tools' formats have in common.

An `Audit` or a `Decision` comes in; `Results` (problems, cases, waivers, exit code) go out. Every text in it is
somebody's, with control,
bidirectional and invisible characters written out already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from auditor.assess.facts import BehaviourFacts
from auditor.assess.ledger import WaiverFacts, waiver_subject
from auditor.audit import Audit, LandingEntry, PatchEntry, SpecAudit
from auditor.checks.catalogue import find_check, load_pages
from auditor.document.decision import entry_subject, summarise_outcome
from auditor.document.ledger import describe_landing
from auditor.gate.decision import Decision, Entry, Level
from auditor.model.finding import Finding, Place, Severity, fingerprint_of
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict
from auditor.render.escape import escape_terminal

# What an audit or a decision comes to, in the words that other tools' formats have in common.
#
# Every text in it is somebody's, with control, bidirectional and invisible characters written out already.


class Weight(StrEnum):
    """How much a problem weighs. Declared worst first."""

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
class Problem:
    """One thing that is wrong.

    Attributes:
        rule: the check's code, a verdict, or a rule of the gate; `name` is the check's name or the rule again.
        about: what it is about, in a few words.
        message: one sentence.
        fingerprint: 32 hex digits, unique among the problems; the same as long as it is the same problem.
        place: where it is to be shown; None for nowhere.
        remedy: what to do about it, as an imperative; "" where nothing has to be.
        commands: shell commands that do it.
        waiver: the name of the waiver that excuses it, and its reason; None for most.
    """

    rule: str
    name: str
    weight: Weight
    about: str
    message: str
    fingerprint: str
    place: Place | None
    remedy: str = ""
    commands: tuple[str, ...] = ()
    waiver: tuple[str, str] | None = None


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
        waivers: every waiver there is.
        exit_code: what the process ends with.
    """

    title: str
    headline: str
    problems: tuple[Problem, ...]
    cases: tuple[Case, ...]
    waivers: tuple[WaiverFacts, ...]
    exit_code: int


def rule_help(rule: str) -> tuple[str, str]:
    """(title, page) of a rule; its own name for what has no page."""
    page = next((page for page in load_pages() if page.check.code == rule), None)
    if page is None:
        return _RULE_TITLES.get(rule, rule), ""
    return page.check.title, "\n\n".join(f"{heading}: {text}" for heading, text in page.sections.items())


_RULE_TITLES = {
    "test-only": "The score fell, held-out did not follow",
    "worse": "A rate rose",
    "artefact": "The fall came from what was counted",
    "partial": "Held-out followed in part",
    "inconclusive": "The evidence cannot tell",
    "unmeasured": "Nobody measured what would tell",
    "require_held_out": "Held-out evidence that the policy requires is missing",
    "evidence-debt": "Evidence is owed",
    "open-gap": "Held-out is clearly worse than the test, and nothing has closed the gap",
    "diverged": "The text changed on both sides",
    "spec-gone": "The spec is not where it was",
}


# Verdicts and rules that say that nothing can be said.
UNDECIDED_RULES = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED, "no-score", "evidence-debt")


def patch_name(patch: Patch) -> str:
    """A patch as a suite is called."""
    return escape_terminal(f"patch {patch.id[:8]} {patch.after.label or patch.after.subject}")


def as_sentence(text: str) -> str:
    """A sentence with its capital and full stop."""
    shown = escape_terminal(text)
    return f"{shown[:1].upper()}{shown[1:]}."


def deduplicate(problems: Sequence[Problem]) -> Iterator[Problem]:
    """The problems; what is found twice under one fingerprint, as in two patches, is told apart by its count."""
    seen: Counter[str] = Counter()
    for problem in problems:
        seen[problem.fingerprint] += 1
        count = seen[problem.fingerprint]
        again = fingerprint_of(problem.fingerprint, str(count))
        yield problem if count == 1 else replace(problem, fingerprint=again)


# What an audit comes to, in the words that other tools' formats have in common.


_WEIGHT_BY_SEVERITY = {Severity.HIGH: Weight.ERROR, Severity.MEDIUM: Weight.WARNING}
_ACCUSATIONS = (Verdict.TEST_ONLY, Verdict.WORSE, Verdict.ARTEFACT)


def audit_results(audit: Audit, exit_code: int) -> Results:
    """What an audit comes to. A waived finding is a note under its waiver's name."""
    excused = audit.excused()
    reasons = {facts.waiver.name: facts.waiver.reason for facts in audit.waivers}
    problems = [one for landing in audit.landings for one in _landing_problems(landing)]
    problems += [one for spec in audit.specs for one in _spec_problems(spec)]
    problems += [_finding_problem(finding, "waivers", finding.place) for finding in audit.waiver_findings]
    counted = len(audit.patches)
    gaps = sum(len(spec.gaps) for spec in audit.specs)
    return Results(
        title="auditor audit" if not exit_code else "auditor audit: blocked",
        headline=f"{counted:,} patch{'' if counted == 1 else 'es'}, {audit.hiding_suspected} suspected of hiding; "
        f"{gaps} standing gap{'' if gaps == 1 else 's'}",
        problems=tuple(deduplicate([_apply_waiver(one, excused, reasons) for one in problems])),
        cases=(
            *(case for landing in audit.landings for case in _landing_cases(landing, excused)),
            *(case for spec in audit.specs for case in _spec_cases(spec, excused)),
        ),
        waivers=audit.waivers,
        exit_code=exit_code,
    )


def _spec_problems(spec: SpecAudit) -> Iterator[Problem]:
    for entry in spec.patches:
        name = patch_name(entry.facts.patch)
        places = {place: current_place(entry, spec, place) for place in {one.place for one in entry.findings}}
        yield from (_finding_problem(finding, name, places[finding.place]) for finding in entry.findings)
        place = next(iter(places.values()), current_place(entry, spec, None))
        for facts in entry.facts.behaviours:
            yield from _verdict_problems(spec.history.spec, facts, name, place)
    last = _first_line(spec)
    for step in spec.checkpoint_steps:
        about = escape_terminal(f"{step.facts.step.before.checkpoint} to {step.facts.step.after.checkpoint}")
        yield from (_finding_problem(finding, about, last) for finding in step.findings)
        yield from _verdict_problems(spec.history.spec, step.facts, about, last)
    for window in spec.windows:
        yield from (_finding_problem(finding, "several patches", last) for finding in window.findings)
    yield from (_finding_problem(one, "the last evaluated state", last) for one in spec.standing_findings)
    yield from (_finding_problem(one, "the current revision", one.place or last) for one in spec.spec_findings)


def current_place(entry: PatchEntry, spec: SpecAudit, place: Place | None) -> Place | None:
    """Where a patch's clause stands today; where it is gone, or was none, the first line of the spec."""
    there = entry.text.where_now(place) if place is not None else None
    return there or _first_line(spec)


def _first_line(spec: SpecAudit) -> Place | None:
    files = spec.history.revisions[spec.history.sightings[-1].revision].files
    return Place(files[0].path, 1) if files else None


def _finding_problem(finding: Finding, about: str, place: Place | None) -> Problem:
    check = find_check(finding.check)
    return Problem(
        rule=finding.check,
        name=escape_terminal(finding.name),
        weight=_WEIGHT_BY_SEVERITY.get(finding.severity, Weight.NOTE),
        about=about,
        message=as_sentence(finding.message),
        fingerprint=finding.fingerprint,
        place=place,
        remedy=check.remedy if check else "",
    )


def _landing_problems(landing: LandingEntry) -> Iterator[Problem]:
    about = escape_terminal(describe_landing(landing))
    yield from (_finding_problem(finding, about, finding.place) for finding in landing.findings)


def _landing_cases(landing: LandingEntry, excused: Mapping[tuple[str, str], str]) -> Iterator[Case]:
    """What would have been held back is a failure; rules that were changed by themselves are a case that passed."""
    for finding in landing.findings:
        waiver = excused.get((finding.check, finding.fingerprint))
        failed = CaseState.FAILED if finding.severity is Severity.HIGH else CaseState.PASSED
        message = f"waived by {waiver}: {finding.message}" if waiver else finding.message
        name = escape_terminal(f"{finding.check} {finding.name}")
        yield Case(
            escape_terminal(describe_landing(landing)),
            name,
            CaseState.SKIPPED if waiver else failed,
            escape_terminal(message),
        )


def _verdict_problems(spec: str, facts: BehaviourFacts, about: str, place: Place | None) -> Iterator[Problem]:
    """A verdict that accuses and that no check says again, as SD101 does of what is test-only."""
    if facts.verdict not in (Verdict.WORSE, Verdict.ARTEFACT):
        return
    subject = waiver_subject(facts.verdict, spec, facts)
    named = f"{about}, {escape_terminal(f'{facts.behaviour} of {facts.model}')}"
    yield Problem(
        facts.verdict, facts.verdict, Weight.ERROR, named, as_sentence(facts.reason), subject.fingerprint, place
    )


def _apply_waiver(problem: Problem, excused: Mapping[tuple[str, str], str], reasons: Mapping[str, str]) -> Problem:
    name = excused.get((problem.rule, problem.fingerprint))
    if name is None:
        return problem
    return replace(problem, weight=Weight.NOTE, waiver=(name, escape_terminal(reasons[name])))


def _spec_cases(spec: SpecAudit, excused: Mapping[tuple[str, str], str]) -> Iterator[Case]:
    for entry in spec.patches:
        name = patch_name(entry.facts.patch)
        yield from (_behaviour_case(spec, name, facts, excused) for facts in entry.facts.behaviours)
        if not entry.facts.behaviours:
            yield Case(name, "evaluations", CaseState.SKIPPED, "no behaviour was evaluated on both sides of it")
    for step in spec.checkpoint_steps:
        about = escape_terminal(f"{step.facts.step.before.checkpoint} to {step.facts.step.after.checkpoint}")
        yield _behaviour_case(spec, about, step.facts, excused)


def _behaviour_case(spec: SpecAudit, suite: str, facts: BehaviourFacts, excused: Mapping[tuple[str, str], str]) -> Case:
    subject = waiver_subject(facts.verdict, spec.history.spec, facts)
    waiver = excused.get((subject.rule, subject.fingerprint))
    untold = facts.verdict in UNDECIDED_RULES or waiver is not None
    state = CaseState.SKIPPED if untold else CaseState.FAILED if facts.verdict in _ACCUSATIONS else CaseState.PASSED
    message = f"waived by {waiver}: {facts.reason}" if waiver else facts.reason
    name = f"{facts.behaviour} of {facts.model}"
    return Case(suite, escape_terminal(name), state, escape_terminal(f"{facts.verdict}: {message}"))


# What a decision comes to, in the words that other tools' formats have in common.


_WEIGHT_BY_LEVEL = {
    Level.BLOCKED: Weight.ERROR,
    Level.MISSING: Weight.ERROR,
    Level.WARNING: Weight.WARNING,
    Level.WAIVED: Weight.NOTE,
    Level.NOTICE: Weight.NOTE,
}
_STATE_BY_LEVEL = {Level.BLOCKED: CaseState.FAILED, Level.MISSING: CaseState.MISSING, Level.WAIVED: CaseState.SKIPPED}


def decision_results(decision: Decision) -> Results:
    """What a decision comes to; held-out rates only where the decision has them to show."""
    patches = {patch.id: patch for patch in decision.judged}
    reasons = {facts.waiver.name: facts.waiver.reason for facts in decision.waivers}
    told = [entry for level in Level for entry in decision.entries if entry.level is level]
    kept = [entry for entry in told if entry.level is not Level.NOTICE or entry.name]
    problems = [_entry_problem(entry, patches, reasons) for entry in kept]
    title, headline = summarise_outcome(decision)
    return Results(
        title=f"auditor gate: {title}",
        headline=headline,
        problems=tuple(deduplicate(problems)),
        cases=tuple(_entry_case(entry, patches) for entry in told if _is_case(entry)),
        waivers=decision.waivers,
        exit_code=decision.exit_code,
    )


def _entry_problem(entry: Entry, patches: dict[str, Patch], reasons: dict[str, str]) -> Problem:
    why = entry.rates or entry.why
    return Problem(
        rule=entry.rule,
        name=entry.name or entry.rule,
        weight=_WEIGHT_BY_LEVEL[entry.level],
        about=escape_terminal(entry_subject(entry, patches)),
        message=as_sentence(why),
        fingerprint=entry.fingerprint or fingerprint_of(entry.rule, entry.spec, *entry.patches, entry.why),
        place=entry.place,
        remedy=escape_terminal(entry.remedy.text) if entry.remedy else "",
        commands=entry.remedy.commands if entry.remedy else (),
        waiver=(entry.waiver, escape_terminal(reasons.get(entry.waiver, ""))) if entry.waiver else None,
    )


def _is_case(entry: Entry) -> bool:
    """What was measured across a patch, or not; and whatever is held against the landing."""
    measured = entry.patches and (entry.behaviour or entry.rule in UNDECIDED_RULES)
    return bool(measured) or entry.level in _STATE_BY_LEVEL


def _entry_case(entry: Entry, patches: dict[str, Patch]) -> Case:
    named = [patch_name(patches[name]) for name in entry.patches if name in patches]
    state = _STATE_BY_LEVEL.get(entry.level, CaseState.SKIPPED if entry.rule in UNDECIDED_RULES else CaseState.PASSED)
    measured = escape_terminal(f"{entry.behaviour} of {entry.model}") if entry.behaviour else ""
    rule = f"{entry.rule} {entry.name}" if entry.name else entry.rule
    name = f"{measured}: {rule}" if measured else rule
    waived = f"waived by {entry.waiver}: " if entry.waiver else ""
    return Case(", ".join(named) or "landing", name, state, escape_terminal(f"{waived}{entry.rates or entry.why}"))
