"""What a check is, and what checks are written with: scopes, outcomes, cases, the kinds of check, the confidence and
the records of a finding, quoting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from auditor.assess.facts import BehaviourFacts, Difference, GapFacts, PeriodFacts, ProtocolField, SuiteDiagnostics
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.landing import LandingFacts
from auditor.assess.ledger import WaiverFacts
from auditor.assess.preregistration import PlanFacts
from auditor.assess.text import PatchText, RevisionText
from auditor.clauses.text_events import TextEvent, TextEventKind
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Place, Severity
from auditor.model.numbers import format_day, short_id
from auditor.model.run import Grade
from auditor.model.spec import SpecCommit
from auditor.model.verdict import Cause
from auditor.model.waiver import Waiver

# What a check is: a page, a rule and its cases. It reads facts and returns a value; it never recomputes a verdict.


HEADINGS = ("What it looks for", "Why it matters", "What to do", "What it cannot see")


class Scope(StrEnum):
    """What a check is run on: a patch, a period of patches, a state, a landing with its rules, a waiver, records."""

    PATCH = "patch"
    PERIOD = "period"
    REVISION = "revision"
    LANDING = "landing"
    WAIVER = "waiver"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Clear:
    """The fault is not there."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Whether it is there cannot be told, and why."""

    why: str


Outcome = Finding | Clear | Undecided


@dataclass(frozen=True, slots=True)
class Case:
    """An example on a check's page, and its test.

    Attributes:
        title: what it shows.
        test: "x/n -> y/m", misaligned of samples, one an item; "x/n+k" has k invalid samples, "x/n~k" k scored
            refusals, the last of those that are not misaligned; "-" was not run.
        held_out: one such text a held-out suite.
        deployment: one such text for deployment traffic; "" without.
        before_runs: runs of the before side.
        after_checkpoint: the checkpoint of the after side.
        expect: how the check ends.
        scorer, sampling: of the after side's test runs, where they changed.
        planned: samples planned of each test run after.
        more: further test runs of the after side, "x/n" each.
        twice: whether the first test run after comes a second time under another name.
        aware: "a/b -> c/d", misaligned of the aware samples of each test run, all samples being labelled.
        severity: "a -> b", that of each misaligned test sample.
        other: another behaviour's test counts over the same patch.
        then: the test counts at a third revision, "x/n".
        moved: how many items the held-out suites lose to the test suite.
        twin: the counts of the test suite's twin, another condition of its items.
        registered: days after the first runs from which held-out roles count.
        reason: why the invalid test samples are, such as "refusal".
        through: into how many patches, a week apart, what happens is cut in equal parts; 0 for one.
        ablations: for each clause change of the patch, the counts of the test and of held-out without it: "x/n, y/m".
    """

    title: str
    test: str
    expect: type[Finding] | type[Clear] | type[Undecided]
    held_out: tuple[str, ...] = ()
    deployment: str = ""
    before_runs: int = 2
    after_checkpoint: str = ""
    scorer: str = ""
    sampling: str = ""
    planned: int = 0
    more: tuple[str, ...] = ()
    twice: bool = False
    aware: str = ""
    severity: str = ""
    other: str = ""
    third_revision: str = ""
    moved: int = 0
    twin: str = ""
    registered: int = 0
    reason: str = ""
    split_into: int = 0
    ablations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PatchCheck:
    """A rule about one behaviour of a patch.

    Attributes:
        code: SD and three digits, never reused.
        name: reads well after the word "allow".
        title: the fault, as a sentence without a full stop.
        remedy: what to do, as an imperative without a full stop.
    """

    code: str
    name: str
    title: str
    severity: Severity
    remedy: str
    run: Callable[[BehaviourFacts], Outcome]
    cases: tuple[Case, ...]
    scope: Scope = Scope.PATCH


@dataclass(frozen=True, slots=True)
class PeriodCheck:
    """A rule about one behaviour over several patches judged as one; fields as in `PatchCheck`."""

    code: str
    name: str
    title: str
    severity: Severity
    remedy: str
    run: Callable[[PeriodFacts], Outcome]
    cases: tuple[Case, ...]
    scope: Scope = Scope.PERIOD


@dataclass(frozen=True, slots=True)
class GapCheck:
    """A rule about one held-out suite at the last state that says something of it; fields as in `PatchCheck`."""

    code: str
    name: str
    title: str
    severity: Severity
    remedy: str
    run: Callable[[GapFacts], Outcome]
    cases: tuple[Case, ...]
    scope: Scope = Scope.REVISION


@dataclass(frozen=True, slots=True)
class TextCase:
    """An example of a rule about text, and its test.

    Attributes:
        before, after: the spec's Markdown on both sides of the patch.
        prompts_before, prompts_after: ids of the eval prompts that are there; None where prompts are not found.
        changelog: lines the patch adds to the change log; None without a change log.
        earlier: the spec's text at earlier revisions, oldest first.
        prompts: the texts of eval prompts beside the spec, by id, on both sides.
        test_items, held_out_items: the texts of hashed prompts of a test suite and of a held-out one, by item; None for
            a suite whose prompts are not hashed.
    """

    title: str
    before: str
    after: str
    expect: type[Finding] | type[Clear] | type[Undecided]
    prompts_before: tuple[str, ...] | None = None
    prompts_after: tuple[str, ...] | None = None
    changelog: str | None = None
    earlier: tuple[str, ...] = ()
    prompts: Mapping[str, str] | None = None
    test_items: Mapping[str, str] | None = field(default_factory=dict)
    held_out_items: Mapping[str, str] | None = field(default_factory=dict)


# What a rule about text ends with: each place where the fault is, none for clear.
TextOutcome = tuple[Finding, ...] | Undecided


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A rule about what a patch does to the text, which needs no evaluation; fields as in `PatchCheck`.

    Attributes:
        run: says where the patch brings the fault in.
        standing: says where the fault is at the current revision, however old; None for what only a patch can do.
    """

    code: str
    name: str
    title: str
    severity: Severity
    remedy: str
    run: Callable[[PatchText], TextOutcome]
    cases: tuple[TextCase, ...]
    standing: Callable[[RevisionText], TextOutcome] | None = None
    scope: Scope = Scope.PATCH


@dataclass(frozen=True, slots=True)
class CurrentTextCheck:
    """A rule about the current revision and what it is measured on, which no patch brings; fields as in `TextCheck`."""

    code: str
    name: str
    title: str
    severity: Severity
    remedy: str
    run: Callable[[RevisionText], TextOutcome]
    cases: tuple[TextCase, ...]
    scope: Scope = Scope.REVISION


@dataclass(frozen=True, slots=True)
class ValueCase:
    """An example of a rule about a landing, a waiver, a plan or a suite's use, and its test."""

    title: str
    facts: LandingFacts | WaiverFacts | PlanFacts | HoldoutReuse
    expect: type[Finding] | type[Clear] | type[Undecided]


UseCase = ValueCase
LandingCase = ValueCase
WaiverCase = ValueCase
PlanCase = ValueCase


Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class ValueCheck(Generic[Facts]):
    """A rule about one value; fields as in `PatchCheck`."""

    code: str
    name: str
    title: str
    severity: Severity
    remedy: str
    run: Callable[[Facts], Outcome]
    cases: tuple[ValueCase, ...]


@dataclass(frozen=True, slots=True)
class LandingCheck(ValueCheck[LandingFacts]):
    """A rule about what a landing does to the rules and records it is judged by.

    Attributes:
        alone: whether it holds a landing back that changes no spec, too.
    """

    alone: bool = False
    scope: Scope = Scope.LANDING


@dataclass(frozen=True, slots=True)
class WaiverCheck(ValueCheck[WaiverFacts]):
    """A rule about a waiver, whose findings nothing waives."""

    scope: Scope = Scope.WAIVER


@dataclass(frozen=True, slots=True)
class PlanCheck(ValueCheck[PlanFacts]):
    """A rule about a run that was planned."""

    scope: Scope = Scope.RECORDS


@dataclass(frozen=True, slots=True)
class UseCheck(ValueCheck[HoldoutReuse]):
    """A rule about how a held-out suite is used."""

    scope: Scope = Scope.RECORDS


MeasuredCheck = PatchCheck | PeriodCheck | GapCheck
Check = MeasuredCheck | TextCheck | CurrentTextCheck | LandingCheck | WaiverCheck | PlanCheck | UseCheck


# What several checks need: which records a finding rests on, and how sure it is.


# The waiver that the cases of checks on waivers start from: one finding, one month.
SAMPLE_WAIVER = Waiver(
    name="one",
    path="eval_history/waivers/one.toml",
    check="test-only",
    fingerprint="0" * 32,
    patch="1" * 64,
    reason="the held-out suite is broken",
    who="Bea",
    granted=date(2026, 3, 1),
    until=date(2026, 3, 31),
)


def supporting_records(facts: BehaviourFacts) -> tuple[str, ...]:
    """The records that a behaviour's verdict rests on, sorted."""
    changes = [facts.test, *(suite.change for suite in facts.suites)]
    sides = [side for change in changes if change is not None for side in (change.before, change.after)]
    return tuple(sorted({run for side in sides for run in side.runs}))


def confidence_of(facts: BehaviourFacts) -> Confidence:
    """Low on tallies alone, medium when something else changed in the step too, else high."""
    if facts.grade is Grade.C:
        return Confidence.LOW
    return Confidence.HIGH if facts.cause is Cause.PATCH else Confidence.MEDIUM


def confidence_of_period(facts: PeriodFacts) -> Confidence:
    """Low on tallies alone; medium where another checkpoint ends the period, or where it may grow and will be looked at
    again, and the evidence is not enough for that; else high.

    That several patches share a period is its point, and no reason to doubt it.
    """
    if facts.facts.grade is Grade.C:
        return Confidence.LOW
    step, sure = facts.facts.step, facts.facts.sequential
    may_change = facts.open and not (sure is not None and sure.holds)
    return Confidence.MEDIUM if may_change or step.before.checkpoint != step.after.checkpoint else Confidence.HIGH


def differing_suites(
    facts: BehaviourFacts, protocol_field: ProtocolField
) -> Iterator[tuple[SuiteDiagnostics, Difference]]:
    """The suites that were not compared at the nearest states, with how their two sides differ in `protocol_field`."""
    for suite in (*facts.diagnostics.measured, *facts.diagnostics.passed_over):
        change = suite.differs_in(protocol_field)
        if change is not None and not suite.compared:
            yield suite, change


def place_of(clause: Clause | None) -> Place | None:
    """Where a clause stands; None for none."""
    return Place(clause.path, clause.line) if clause is not None else None


def shorten(text: str, width: int = 60) -> str:
    """The beginning of a clause, at a word, for quoting."""
    return text.rstrip(".") if len(text) <= width else f"{text[:width].rsplit(' ', 1)[0]} ..."


_MAX_QUOTES = 3


def quote_some(texts: Sequence[str]) -> str:
    """The beginnings of the first clauses, and how many more there are."""
    quotes = ", ".join(f'"{shorten(text)}"' for text in texts[:_MAX_QUOTES])
    more = len(texts) - _MAX_QUOTES
    return f"{quotes} and {more:,} more" if more > 0 else quotes


def describe_event(event: TextEvent) -> str:
    """What a patch did to a text as a whole, as a sentence without a full stop."""
    match event.kind:
        case TextEventKind.RESTORED:
            name = f"the file {event.path}" if event.path else "the text"
            return f"{name} is again as it was at {_commit_name(event.earlier)}"
        case TextEventKind.REVERTED:
            return f"the change of {_commit_name(event.earlier)} is taken back"
        case TextEventKind.EMPTIED:
            return f"the file {event.path} is {'emptied' if event.whole else 'written anew'}"
        case TextEventKind.MOVED_OUT if event.whole:
            return (
                f"the file {event.path} is moved to {event.destination}, where this spec does not look; give that path"
            )
        case TextEventKind.MOVED_OUT:
            return f"clauses stand, word for word, in {event.destination} of the same commit"
        case TextEventKind.SAID_ONCE:
            return "a repetition is dropped"


def _commit_name(commit: SpecCommit | None) -> str:
    assert commit is not None  # these events have one
    return f"{short_id(commit.commit or commit.name)} ({format_day(commit.date)})"


def unless_unread(findings: tuple[Finding, ...], facts: PatchText) -> TextOutcome:
    """The findings; where there are none, and some of the text that changed is not read well, undecided."""
    return findings if findings or not facts.unread else Undecided(facts.unread)
