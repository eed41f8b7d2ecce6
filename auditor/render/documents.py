"""The JSON document of each command, as frozen values that `render.json` writes; each has its published schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from auditor.assess.facts import (
    BehaviourFacts,
    BehaviourTrend,
    GapFacts,
    Measured,
    NotAssessed,
    PeriodFacts,
    PeriodTransfer,
)
from auditor.assess.flips import SuiteFlips
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.ledger import Debt, WaiverFacts
from auditor.assess.power import POWER, Design, PowerPlan
from auditor.assess.preregistration import PlanFacts
from auditor.assess.scores import NotComparable, ScoreComparison, ScoredRun, SideComparison
from auditor.assess.timeline import Series, SpecLog
from auditor.audit import (
    Audit,
    Baseline,
    Coverage,
    LandingEntry,
    PatchEntry,
    RecordBasis,
    Report,
    Section,
    SpecChanges,
)
from auditor.clauses.blame import ClauseHistory
from auditor.clauses.comparison import Comparison
from auditor.document.report import RequestValue, answer_paragraphs, report_request
from auditor.document.report_evidence import SuiteRow, orphan_lines, suite_rows
from auditor.gate.decision import Decision
from auditor.model.finding import Finding
from auditor.model.period import Period
from auditor.model.policy import Policy
from auditor.model.spec import Patch
from auditor.model.status import ProjectStatus
from auditor.model.verdict import Verdict
from auditor.model.verification import Verification
from auditor.render.json import json_document, json_line, json_text, schema_text
from auditor.render.shapes import OfSpec

# An audit.

AUDIT = "auditor.audit/2"


class Excused(NamedTuple):
    """A verdict or finding that a waiver excuses: its check, verdict or rule, and the name of the waiver."""

    check: str
    fingerprint: str
    waiver: str


class MeasuredBehaviours(NamedTuple):
    """What is measured of a spec's models; a behaviour that a patch lacks was not evaluated on both of its sides."""

    spec: str
    behaviours: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over patches."""

    hiding_suspected: int
    verdicts: Mapping[Verdict, int]
    open_gaps: int


@dataclass(frozen=True, slots=True)
class AuditDocument:
    """What `auditor audit --format json` prints."""

    coverage: Coverage
    measured: tuple[MeasuredBehaviours, ...]
    patches: tuple[PatchEntry, ...]
    joining_merges: tuple[Patch, ...]
    open_gaps: tuple[OfSpec[GapFacts], ...]
    checkpoint_steps: tuple[OfSpec[BehaviourFacts], ...]
    periods: tuple[OfSpec[PeriodFacts], ...]
    period_transfer: tuple[PeriodTransfer, ...]
    trend: tuple[BehaviourTrend, ...]
    spec_findings: tuple[Finding, ...]
    waivers: tuple[WaiverFacts, ...]
    waiver_findings: tuple[Finding, ...]
    excused: tuple[Excused, ...]
    plans: tuple[OfSpec[PlanFacts], ...]
    held_out_uses: tuple[OfSpec[HoldoutReuse], ...]
    evidence_debts: tuple[Debt, ...]
    landings: tuple[LandingEntry, ...]
    not_assessed: tuple[NotAssessed, ...]
    summary: Summary


def audit_json(audit: Audit) -> str:
    """The audit as one JSON document, indented by two, with a newline at its end."""
    return json_text(AUDIT, audit_document(audit))


def audit_lines(audit: Audit) -> Iterator[str]:
    """The same document as lines of JSON: what it has one of, then every member of its lists.

    A line is an object, with a newline at its end: `{"schema": ..., "coverage": ..., "summary": ...}`, then each member
    under the name of its list, as `{"patches": {"id": ...}}`.
    """
    document = json_document(AUDIT, audit_document(audit))
    lists = {name: members for name, members in document.items() if isinstance(members, list)}
    yield json_line({name: value for name, value in document.items() if name not in lists})
    for name, members in lists.items():
        yield from (json_line({name: member}) for member in members)


def audit_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(AUDIT, AuditDocument)


def audit_document(audit: Audit) -> AuditDocument:
    """The audit as its document."""
    verdicts = [patch.facts.verdict for patch in audit.patches]
    specs = [(spec.history.spec, spec) for spec in audit.specs]
    gaps = tuple(
        OfSpec(name, gap, _findings_of_gap(gap, spec.gap_findings)) for name, spec in specs for gap in spec.gaps
    )
    return AuditDocument(
        coverage=audit.coverage,
        measured=_measured_behaviours(audit.patches),
        patches=audit.patches,
        joining_merges=tuple(entry.facts.patch for spec in audit.specs for entry in spec.joining_merges),
        open_gaps=gaps,
        checkpoint_steps=tuple(
            OfSpec(name, step.facts, step.findings) for name, spec in specs for step in spec.checkpoint_steps
        ),
        periods=tuple(OfSpec(name, each.facts, each.findings) for name, spec in specs for each in spec.periods),
        period_transfer=tuple(each for spec in audit.specs for each in spec.assessment.transfers),
        trend=tuple(each for spec in audit.specs for each in spec.assessment.trends),
        spec_findings=tuple(finding for spec in audit.specs for finding in spec.spec_findings),
        waivers=audit.waivers,
        waiver_findings=audit.waiver_findings,
        excused=tuple(Excused(*subject, waiver) for subject, waiver in sorted(audit.excused().items())),
        plans=tuple(
            OfSpec(name, facts, spec.plan_findings[facts.plan.id]) for name, spec in specs for facts in spec.plans
        ),
        held_out_uses=tuple(
            OfSpec(name, use, spec.use_findings.get(use.suite, ())) for name, spec in specs for use in spec.uses
        ),
        evidence_debts=audit.debts,
        landings=audit.landings,
        not_assessed=audit.not_assessed,
        summary=Summary(
            hiding_suspected=audit.hiding_suspected,
            verdicts={verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts},
            open_gaps=len(gaps),
        ),
    )


def _measured_behaviours(patches: Iterable[PatchEntry]) -> tuple[MeasuredBehaviours, ...]:
    behaviours: dict[str, set[Measured]] = {}
    for patch in patches:
        compared = (Measured(facts.behaviour, facts.model) for facts in patch.facts.behaviours)
        behaviours.setdefault(patch.facts.patch.spec, set()).update(compared, patch.facts.other_behaviours)
    return tuple(MeasuredBehaviours(spec, tuple(sorted(measured))) for spec, measured in behaviours.items())


def _findings_of_gap(gap: GapFacts, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    runs = set(gap.held_out.runs)
    return tuple(finding for finding in findings if runs & set(finding.evidence))


# A periodic report.

REPORT = "auditor.report/2"


@dataclass(frozen=True, slots=True)
class SectionDocument:
    """One spec: ids of the patches of the period, of those flagged in it, before it and after it; what changed since.

    `since_last` is null without an earlier state, and for a spec that was not tracked then.
    """

    spec: str
    answer: str
    period: tuple[str, ...]
    flagged: tuple[str, ...]
    carried_over: tuple[str, ...]
    later: tuple[str, ...]
    since_last: SpecChanges | None
    suites: tuple[SuiteRow, ...]
    eval_prompts_orphaned: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """What `auditor report --format json` prints."""

    request: Mapping[str, RequestValue | Mapping[str, RequestValue]]
    period: Period
    head: str | None
    records: RecordBasis
    policy: Policy
    compared_with: Baseline | None
    not_compared: str
    specs: tuple[SectionDocument, ...]
    audit: AuditDocument


def report_json(report: Report) -> str:
    """The report as one JSON document, indented by two, with a newline at its end."""
    answers = zip(report.sections, answer_paragraphs(report), strict=True)
    document = ReportDocument(
        request=report_request(report),
        period=report.period,
        head=report.head,
        records=report.basis,
        policy=report.policy,
        compared_with=report.earlier,
        not_compared=report.no_baseline,
        specs=tuple(_section_document(section, answer) for section, answer in answers),
        audit=audit_document(report.audit),
    )
    return json_text(REPORT, document)


def report_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(REPORT, ReportDocument)


def _section_document(section: Section, answer: str) -> SectionDocument:
    return SectionDocument(
        spec=section.spec.history.spec,
        answer=answer,
        period=_patch_ids(section.period),
        flagged=_patch_ids(section.flagged),
        carried_over=_patch_ids(section.carried),
        later=_patch_ids(section.later),
        since_last=section.since,
        suites=tuple(suite_rows(section)),
        eval_prompts_orphaned=tuple(orphan_lines(section)),
        series=section.series,
    )


def _patch_ids(entries: Iterable[PatchEntry]) -> tuple[str, ...]:
    return tuple(entry.facts.patch.id for entry in entries)


# History: log, diff, show, blame.

LOG, DIFF, SHOW, BLAME = "auditor.log/2", "auditor.diff/2", "auditor.show/2", "auditor.blame/2"


@dataclass(frozen=True, slots=True)
class LogDocument:
    """What `auditor log --format json` prints: the spec commits of each spec, newest first."""

    specs: tuple[SpecLog, ...]


def log_json(logs: Sequence[SpecLog]) -> str:
    """The logs as one JSON document."""
    return json_text(LOG, LogDocument(tuple(logs)))


def log_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(LOG, LogDocument)


@dataclass(frozen=True, slots=True)
class DiffDocument:
    """What `auditor diff --format json` prints."""

    specs: tuple[Comparison, ...]


def diff_json(comparisons: Sequence[Comparison]) -> str:
    """The comparisons as one JSON document."""
    return json_text(DIFF, DiffDocument(tuple(comparisons)))


def diff_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(DIFF, DiffDocument)


class PatchComparison(NamedTuple):
    """A patch as the audit has it, what it changed, and the items of each suite that moved."""

    patch: PatchEntry
    comparison: Comparison
    items: tuple[SuiteFlips, ...]


@dataclass(frozen=True, slots=True)
class ShowDocument:
    """What `auditor show --format json` prints."""

    measured: tuple[MeasuredBehaviours, ...]
    patches: tuple[PatchComparison, ...]


def show_json(patches: Sequence[tuple[PatchEntry, Comparison, tuple[SuiteFlips, ...]]]) -> str:
    """The patches as one JSON document."""
    measured = _measured_behaviours(entry for entry, _, _ in patches)
    return json_text(SHOW, ShowDocument(measured, tuple(PatchComparison(*view) for view in patches)))


def show_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(SHOW, ShowDocument)


def blame_json(story: ClauseHistory) -> str:
    """A clause's life as one JSON document."""
    return json_text(BLAME, story)


def blame_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(BLAME, ClauseHistory)


# The decision of the gate.

GATE = "auditor.gate/2"


def gate_json(decision: Decision) -> str:
    """The decision as one JSON document, indented by two, with a newline at its end."""
    return json_text(GATE, decision)


def gate_document(decision: Decision) -> dict[str, object]:
    """The decision as what its JSON document holds."""
    return json_document(GATE, decision)


def gate_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(GATE, Decision)


# Two evaluations compared.

COMPARE = "auditor.compare/2"


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """A side: what it was called, and its runs."""

    name: str
    runs: tuple[ScoredRun, ...]


@dataclass(frozen=True, slots=True)
class CompareDocument:
    """What `auditor compare --format json` prints: B against A.

    Attributes:
        error: of all comparisons together, two-sided.
    """

    a: ComparedSide
    b: ComparedSide
    error: float
    comparisons: tuple[ScoreComparison, ...]
    not_compared: tuple[NotComparable, ...]


def compare_json(compared: SideComparison) -> str:
    """The comparison as one JSON document."""
    first, second = (ComparedSide(*side) for side in zip(compared.names, compared.runs, strict=True))
    return json_text(
        COMPARE, CompareDocument(first, second, compared.rules.error, compared.comparisons, compared.not_compared)
    )


def compare_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(COMPARE, CompareDocument)


# Power plans.

PLAN = "auditor.plan/2"


@dataclass(frozen=True, slots=True)
class PlannedPatch:
    """A patch and its plans."""

    patch: str
    spec: str
    date: datetime
    plans: tuple[PowerPlan, ...]


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """What `auditor plan --format json` prints: patches, or a design."""

    power: float
    patches: tuple[PlannedPatch, ...]
    design: Design | None


def plans_json(patches: Sequence[tuple[Patch, Sequence[PowerPlan]]]) -> str:
    """The patches with what would settle their verdicts."""
    planned = tuple(PlannedPatch(patch.id, patch.spec, patch.after.date, tuple(plans)) for patch, plans in patches)
    return json_text(PLAN, PlanDocument(POWER, planned, None))


def design_json(design: Design) -> str:
    """A design before any run."""
    return json_text(PLAN, PlanDocument(POWER, (), design))


def plan_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(PLAN, PlanDocument)


# The integrity of the records.

VERIFY = "auditor.verify/2"


def verify_json(verification: Verification) -> str:
    """What came of verifying as one JSON document, indented by two, with a newline at its end."""
    return json_text(VERIFY, verification)


def verify_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(VERIFY, Verification)


# How a project stands.

STATUS = "auditor.status/2"


def status_json(status: ProjectStatus) -> str:
    """How a project stands, with the next command."""
    return json_text(STATUS, status)


def status_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(STATUS, ProjectStatus)
