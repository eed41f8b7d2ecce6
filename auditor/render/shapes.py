"""Which parts of a value its JSON has, where that is not every field: a key and the path of attributes to its value.

A path through a tuple is followed in each of its parts, and one through what is None comes to null. What is no
attribute is computed by a function, whose annotation is its type in the schema. A mapping is an object inside.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from auditor.assess.facts import (
    Attribution,
    BehaviourFacts,
    Bounds,
    Change,
    Diagnostics,
    Difference,
    GapFacts,
    Measured,
    MissingEvidence,
    MovedItems,
    NotCompared,
    PeriodFacts,
    Rate,
    RunDisagreement,
    SequentialEvidence,
    ShortRun,
    SuiteDiagnostics,
    SuiteFacts,
    UnmatchedItems,
)
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.ledger import WaiverFacts, verdict_finding
from auditor.assess.power import Choice, Design, PowerPlan, SuitePlan
from auditor.assess.preregistration import PlanFacts
from auditor.assess.scores import MovedItem, ScoreComparison, ScoredRun, SettingChange
from auditor.assess.timeline import LogEntry, SeriesPoint, SpecLog
from auditor.audit import Coverage, GapChange, LandingEntry, PatchEntry, SpecChanges, VerdictChange
from auditor.clauses.blame import ClauseEvent, ClauseState, SectionMember
from auditor.clauses.comparison import ClassifiedChange, Comparison, ComparisonSide, change_sides
from auditor.clauses.deontic import Direction, LevelRenaming
from auditor.clauses.words import DiffOp, diff_words
from auditor.document.clause_changes import attribute_changes, join_texts
from auditor.document.report_evidence import SuiteRow
from auditor.evidence import Step
from auditor.gate.decision import Decision
from auditor.model.clause import Clause, ClauseKind
from auditor.model.finding import Confidence, Finding, Level, Remedy, Severity
from auditor.model.integrity import StoreCheckpoint
from auditor.model.policy import Policy
from auditor.model.preregistration import Preregistration
from auditor.model.spec import Patch, SpecCommit
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.model.verification import OutsideCheckpoint, Verification
from auditor.model.waiver import Waiver

Source: TypeAlias = "str | Callable[[Any], object] | Mapping[str, Source]"
Shape: TypeAlias = Mapping[str, Source]
INLINE = "*"  # in place of a key: the keys of what stands there are keys of this object


_Facts = TypeVar("_Facts")


@dataclass(frozen=True, slots=True)
class OfSpec(Generic[_Facts]):
    """What is known of a spec, and what was found there."""

    spec: str
    facts: _Facts
    findings: tuple[Finding, ...]


def _fields(record: type, *without: str, under: str = "") -> dict[str, Source]:
    """Every field of a dataclass but some; `under` is the path to it."""
    names = (field.name for field in dataclasses.fields(record))
    return {name: f"{under}{name}" for name in names if name not in without}


def _paths(names: str, under: str = "") -> dict[str, Source]:
    return {name: f"{under}{name}" for name in names.split()}


def _directions(entry: PatchEntry) -> dict[Direction, int]:
    directions = [norm.direction for norm in entry.text.norms]
    return {each: count for each in Direction if (count := directions.count(each))}


def _headline(entry: PatchEntry) -> Measured | None:
    headline = entry.facts.headline
    return Measured(headline.behaviour, headline.model) if headline else None


def _fingerprint(facts: BehaviourFacts) -> str:
    return verdict_finding(facts.verdict, facts.step.spec, facts).fingerprint


def _missing(facts: BehaviourFacts) -> MissingEvidence | None:
    return facts.missing or None


def _committer(facts: WaiverFacts) -> str | None:
    return "{} <{}>".format(*facts.commit.author) if facts.commit else None


def _counts(facts: WaiverFacts) -> bool:
    return not facts.rejection


def _why_not(facts: WaiverFacts) -> str | None:
    return facts.rejection or None


def _or_null(field: str) -> Callable[[object], str | None]:
    """A text that is null where it is empty."""

    def read(value: object) -> str | None:
        text: str = attrgetter(field)(value)
        return text or None

    return read


class Words(NamedTuple):
    """Words that stayed, came or went, white space kept."""

    op: DiffOp
    text: str


class AttributeChange(NamedTuple):
    """What changed of a heading besides its words; null where there is none on that side."""

    name: str
    before: str | None
    after: str | None


def _clauses_before(change: ClassifiedChange) -> tuple[Clause, ...]:
    return change_sides(change.change)[0]


def _clauses_after(change: ClassifiedChange) -> tuple[Clause, ...]:
    return change_sides(change.change)[1]


def _words(change: ClassifiedChange) -> tuple[Words, ...]:
    """Of the texts, joined by a pilcrow where there are several; none where a side has none, and for the same text."""
    before, after = change_sides(change.change)
    old, new = join_texts(before), join_texts(after)
    if not before or not after or old == new:
        return ()
    return tuple(Words(*part) for part in diff_words(old, new))


def _attributes(change: ClassifiedChange) -> tuple[AttributeChange, ...]:
    before, after = change.change.before, change.change.after
    if before is None or after is None or not before.kind is after.kind is ClauseKind.HEADING:
        return ()
    anchors = [("anchor", before.anchor, after.anchor)] if before.anchor != after.anchor else []
    return tuple(AttributeChange(*part) for part in (*anchors, *attribute_changes(before.attributes, after.attributes)))


class UndecidedGroup(NamedTuple):
    """Checks that could not tell, for one reason, and all that they could not tell it of."""

    why: str
    checks: tuple[str, ...]
    on: tuple[str, ...]


def _undecided(coverage: Coverage) -> tuple[UndecidedGroup, ...]:
    subjects: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for undecided in coverage.undecided:
        subjects.setdefault((undecided.why, undecided.checks), []).append(undecided.on)
    return tuple(UndecidedGroup(*reason, tuple(on)) for reason, on in subjects.items())


def _patch_of_entry(entry: LogEntry) -> str | None:
    if entry.joins:
        return None
    patch = entry.facts.patch if entry.facts else entry.same_as
    return patch.id if patch else None


def _joined_commits(entry: LogEntry) -> tuple[str, ...]:
    return tuple(commit.name for commit in entry.joins)


def _verdict_of_entry(entry: LogEntry) -> Verdict | None:
    return entry.facts.verdict if entry.facts and not entry.joins else None


def _behaviours_of_entry(entry: LogEntry) -> tuple[BehaviourFacts, ...]:
    return entry.facts.behaviours if entry.facts else ()


class SuiteRate(NamedTuple):
    """A suite's rate at a state; the test is the average of its suites."""

    suite: str
    role: Role
    rate: Rate


def _rates(point: SeriesPoint) -> tuple[SuiteRate, ...]:
    test = [SuiteRate("test", Role.TEST, point.test)] if point.test else []
    return (*test, *(SuiteRate(*part) for part in point.held_out))


def _day(point: SeriesPoint) -> date:
    return point.spec_commit.date.date()


class RuleChange(NamedTuple):
    """Something of the policy, or the role of a suite, that is not what it was."""

    what: str
    before: str
    after: str


def _rules(changes: SpecChanges) -> tuple[RuleChange, ...]:
    return tuple(RuleChange(*rule) for rule in changes.rules)


def _overused(row: SuiteRow) -> bool:
    return row.use is not None and row.use.overused


def _missing_of_plan(plan: PowerPlan) -> MissingEvidence | None:
    return plan.facts.missing or None


def _severity_of_check(finding: Finding) -> Severity | None:
    return finding.severity if finding.name else None


def _remedy_of_decision(finding: Finding) -> Remedy | None:
    """Of what a decision holds; of the others the check's page has it, once for all."""
    return None if finding.level in (None, Level.WAIVED) else finding.remedy


def _confidence_of_check(finding: Finding) -> Confidence | None:
    return finding.confidence if finding.name else None


class Irregularities(NamedTuple):
    """What is unusual in how a suite was measured: items of one side; short, disagreeing, doubled runs; a late role."""

    removed: UnmatchedItems | None
    added: UnmatchedItems | None
    short: tuple[ShortRun, ...]
    gaps: tuple[RunDisagreement, ...]
    twice: tuple[tuple[str, str], ...]
    registered: date | None


class SuiteAtStep(NamedTuple):
    """A suite of the behaviour at a step.

    `before`, `after` and what follows from them are of a held-out suite that is compared, on common items; null else.
    `reported` is by all complete runs; `irregularities` is null where there are none.
    """

    suite: str
    role: Role
    judged: SuiteFacts | None
    measured: SuiteDiagnostics | None
    not_compared: NotCompared | None


def _suites(facts: BehaviourFacts) -> tuple[SuiteAtStep, ...]:
    """Each suite once: those that are judged, the other compared ones, then those that are not compared."""
    judged = {suite.suite: suite for suite in facts.suites}
    excluded = {suite.suite: suite for suite in facts.not_compared}
    measured = {suite.suite: suite for suite in facts.diagnostics.measured}
    roles = {name: suite.role for suites in (judged, measured, excluded) for name, suite in suites.items()}
    rows = [
        SuiteAtStep(name, role, judged.get(name), measured.get(name), excluded.get(name))
        for name, role in roles.items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.judged is None, row.not_compared is not None)))


def _passed_over(diagnostics: Diagnostics) -> tuple[SuiteAtStep, ...]:
    return tuple(SuiteAtStep(suite.suite, suite.role, None, suite, None) for suite in diagnostics.passed_over)


def _compared(row: SuiteAtStep) -> bool:
    return row.measured.compared if row.measured is not None else row.judged is not None


def _differences(row: SuiteAtStep) -> tuple[Difference, ...]:
    if row.measured is not None:
        return row.measured.differences
    return row.not_compared.differences if row.not_compared is not None else ()


def _irregularities(row: SuiteAtStep) -> Irregularities | None:
    if row.measured is None:
        return None
    irregularities = Irregularities(*(getattr(row.measured, name) for name in Irregularities._fields))
    return irregularities if any(irregularities) else None


def _loose_bounds(attribution: Attribution) -> dict[str, Bounds]:
    """The limits of the parts that are not exact; a part that is null has none."""
    return {
        part: bounds
        for part, bounds in attribution.bounds.items()
        if not bounds.low == bounds.high == getattr(attribution, part)
    }


def _item_count(moved: MovedItems) -> int:
    return len(moved.items)


def _id_count(checkpoint: StoreCheckpoint) -> int:
    return len(checkpoint.ids)


def _statement(verification: Verification) -> str:
    return " ".join(verification.statement)


_BEHAVIOUR: Shape = {
    **_paths("behaviour model verdict"),
    "fingerprint": _fingerprint,
    **_paths("hiding_suspected near_zero mechanisms cause also_changed grade step reason"),
    "missing": _missing,
    "samples_needed": "ruling.needed",
    "runs_needed": "ruling.runs_needed",
    **_paths("sensitivity test"),
    "held_out": {"before": "held_out.before", "after": "held_out.after", "unchanged": "held_out_unchanged"},
    "suites": _suites,
    "ruling_suite": "ruling.suite",
    "transfer": "ruling.transfer",
    "residual": "ruling.residual",
    "test_residual": "residual",
    "pooled": {
        "before": "pooled.change.before",
        "after": "pooled.change.after",
        "transfer": "pooled.transfer",
        "verdict": "pooled.verdict",
    },
    "withdrawn": "withdrawn",
    **_paths("awareness attribution fell diagnostics checkpoint_contrast worse_behaviours rebound_of"),
    **_paths("survives_fdr sequential ablation"),
}

SHAPES: Mapping[type, Shape] = {
    Attribution: {**_fields(Attribution, "bounds"), "bounds": _loose_bounds},
    BehaviourFacts: _BEHAVIOUR,
    Change: _paths("before after"),
    ClassifiedChange: {
        **_paths("kind moved similarity", "change."),
        **_paths("direction grounds", "norm."),
        "before": _clauses_before,
        "after": _clauses_after,
        "words": _words,
        "attributes": _attributes,
    },
    Clause: _paths("path line end kind section anchor text"),
    ClauseEvent: {"word": "word", "spec_commit": "spec_commit", "patch": "patch", "change": "typed"},
    ClauseState: {"id": "id", "there": "there", "spec_commit": "spec_commit", "clause": "clause"},
    Choice: _paths("epochs items samples"),
    Comparison: _paths("spec before after counts renamings changes"),
    ComparisonSide: {
        "name": "name",
        "revision": "revision.id",
        "commit": "commit",
        "label": "spec_commit.label",
        "date": "spec_commit.date",
    },
    Coverage: {
        **_fields(Coverage, "failed", "undecided"),  # the first stands under not_assessed
        "undecided": _undecided,
    },
    Decision: {
        **_paths("base head policy_from exit_code judged"),
        **_paths("blocked missing warnings waived notices waivers"),
    },
    Diagnostics: {**_fields(Diagnostics, "measured"), "passed_over": _passed_over},
    Design: {**_fields(Design, "at", "suite"), "fewest": "at", "suite": "suite"},
    Finding: {
        "check": "code",
        "name": _or_null("name"),
        "severity": _severity_of_check,
        "confidence": _confidence_of_check,
        "message": "message",
        "rates": "rates",
        "spec": _or_null("subject.spec"),
        **_paths("patches behaviour model", "subject."),
        "place": "place",
        "evidence": "evidence",
        "fingerprint": _or_null("fingerprint"),
        **_paths("level waiver"),
        "remedy": _remedy_of_decision,
    },
    GapChange: {**_paths("behaviour model suite", "latest."), **_paths("became before after")},
    GapFacts: {
        **_paths("behaviour model suite role open"),
        "since": "since.revision",
        "revision": "state.revision",
        "checkpoint": "state.checkpoint",
        **_paths("test held_out kept_open"),
    },
    HoldoutReuse: {**_paths("suite uses decisions revealed allowed"), "leaked_into": "leaked", "overused": "overused"},
    LandingEntry: {"commit": "commit", "landed": "day", **_paths("patched findings")},
    LevelRenaming: _paths("before after count of"),
    LogEntry: {
        INLINE: "spec_commit",
        "clauses": "clauses",
        "changes": "changes",
        "patch": _patch_of_entry,
        "joins": _joined_commits,
        "verdict": _verdict_of_entry,
        "behaviours": _behaviours_of_entry,
    },
    MovedItem: {**_paths("item label"), "a": "first", "b": "second"},
    MovedItems: {"held_out": "held_out", "test": "test", "items": _item_count},
    OfSpec: {"spec": "spec", INLINE: "facts", "findings": "findings"},
    OutsideCheckpoint: {"given": "given", **_paths("holds number root differences", "witness.")},
    NotCompared: _paths("why same_as"),
    Patch: _paths("id spec before after"),
    PatchEntry: {
        **_paths("id spec before after", "facts.patch."),
        "changes": "counts",
        "sections": "text.sections",
        "authority_renamed": "text.authority.renamings",
        "directions": _directions,
        "verdict": "facts.verdict",
        "headline": _headline,
        **_paths("hiding_suspected mechanisms"),
        "behaviours": "facts.behaviours",
        "stream": "facts.place",
        "findings": "findings",
    },
    PeriodFacts: {**_paths("names quarter open steps"), "behaviour": "facts"},
    PlanFacts: {**_fields(Preregistration, under="plan."), "state": "state", "age_days": "age", "runs": "runs"},
    Policy: _paths("error_rate transfer_threshold unchanged_margin zero_tolerance false_discovery_rate block_on"),
    PowerPlan: {
        **_paths("behaviour model verdict", "facts."),
        "missing": _missing_of_plan,
        "conclusion": "facts.conclusion",
        **_paths("advice test held_out ablation"),
    },
    Rate: _paths("rate low high misaligned valid items invalid"),
    SequentialEvidence: _paths("looks e_value threshold holds"),
    SectionMember: {"state": "state", "word": "word", "spec_commit": "spec_commit"},
    ScoreComparison: {
        **_paths("suite condition of score binary outcome"),
        **{"a": "first", "b": "second"},
        **_paths("difference bound margin items_needed"),
        "changed": "changed",
        **{"paired_by_id": "by_id", "only_a": "only_first", "only_b": "only_second"},
        **_paths("higher lower same moved concealed repeats notes"),
    },
    ScoredRun: _paths("name suite condition model checkpoint revision created incomplete"),
    SeriesPoint: {
        "spec_commit": "spec_commit.name",
        "day": _day,
        "revision": "state.revision",
        "checkpoint": "state.checkpoint",
        "rates": _rates,
    },
    SettingChange: {"name": "name", "a": "first", "b": "second"},
    SpecChanges: {"new": "new", "lost": "lost.id", **_paths("verdicts gaps"), "rules": _rules},
    SpecCommit: _paths("revision commit label date subject"),
    SpecLog: {"spec": "spec", "commits": "spec_commits"},
    Step: {
        "before": "before.revision",
        "after": "after.revision",
        **_paths("patches spanned"),
        "before_checkpoint": "before.checkpoint",
        "after_checkpoint": "after.checkpoint",
    },
    SuiteAtStep: {
        **_paths("suite role"),
        "compared": _compared,
        "not_compared": "not_compared",
        "verdict": "judged.verdict",
        **_paths("before after", "judged.change."),
        **_paths("transfer attribution residual", "judged."),
        "not_run_after": "judged.missing_samples",
        "reported": _paths("before after fell invalid_rose", "measured."),
        "differences": _differences,
        "irregularities": _irregularities,
        **_paths("endings runs", "measured."),
    },
    StoreCheckpoint: {"number": "number", "ids": _id_count, "root": "root"},
    SuitePlan: {**_fields(SuitePlan), "either": "either"},
    SuiteRow: {
        "suite": "suite.name",
        **_paths("behaviour role registered", "suite."),
        "uses": "use.uses",
        "allowed": "suite.looks_allowed",
        "overused": _overused,
    },
    VerdictChange: {
        "patch": "patch.id",
        "behaviour": "step.behaviour",
        "model": "step.lineage",
        "before_checkpoint": "step.before.checkpoint",
        "after_checkpoint": "step.after.checkpoint",
        "before": "before",
        "after": "after",
        "hiding_suspected": "suspected",
    },
    Verification: {
        **_paths("store counts"),
        "unknown_kinds": "unknown",
        **_paths("checkpoints unsealed faults"),
        "against": "outside_checkpoints",
        "witnessed": "latest_outside_checkpoint.witness.number",
        **_paths("logs reports"),
        "statement": _statement,
        "exit_code": "exit_code",
    },
    WaiverFacts: {
        **_fields(Waiver, under="waiver."),
        "committed_by": _committer,
        "landed": "commit.day",
        **_paths("known needed after_patch self_approved"),
        "counts": _counts,
        "why_not": _why_not,
    },
}
