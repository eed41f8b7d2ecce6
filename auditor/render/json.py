"""An audit as the JSON document of the contract (schema auditor.audit/1).

What is undefined is null, never NaN; floats are rounded to 6 places after the verdict. Keys beyond the contract's first
version are additions; none is ever renamed.
"""

from __future__ import annotations

import json as stdlib_json
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from auditor.assess.account import What
from auditor.assess.facts import (
    Attribution,
    BehaviourFacts,
    Change,
    CheckpointAlone,
    GapFacts,
    Rate,
    SuiteFacts,
    Transfer,
    Trend,
)
from auditor.clauses.direction import Direction
from auditor.evidence import State, Step
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.run import Grade
from auditor.model.spec import Sighting
from auditor.model.suite import Role
from auditor.model.verdict import Cause, Verdict
from auditor.report import Audit, CheckpointEntry, PatchEntry


def _rounded(value: float) -> float:
    return round(value, 6) + 0.0


Number = Annotated[float, PlainSerializer(_rounded)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChecksPart(_Part):
    """How many times checks fired, were clear, could not tell, could not run."""

    fired: int
    clear: int
    undecided: int
    not_run: int


class CoveragePart(_Part):
    """What was looked at."""

    patches: int
    runs: int
    records: int
    checks: ChecksPart


class SightingPart(_Part):
    """Where a revision was seen: content id, commit (null for a dated folder), tag or folder name, date."""

    revision: str
    commit: str | None
    label: str | None
    date: datetime


class ChangesPart(_Part):
    """How many clauses changed, by kind."""

    added: int
    removed: int
    reworded: int
    moved: int


class RatePart(_Part):
    """A rate with its limits (error_rate left out at each end) and counts; items is null where there were none."""

    rate: Number
    low: Number
    high: Number
    misaligned: int
    valid: int
    items: int | None
    invalid: int


class SidesPart(_Part):
    """The rates before and after; both null without a comparable pair."""

    before: RatePart | None
    after: RatePart | None


class HeldOutPart(SidesPart):
    """The average of held-out suites; unchanged is null where it is not known."""

    unchanged: bool | None


class TransferPart(_Part):
    """Held-out fall over test fall; an end without a bound is null."""

    estimate: Number
    low: Number | None
    high: Number | None
    error_each_side: Number


class SuitePart(SidesPart):
    """One held-out suite, judged by itself."""

    suite: str
    role: Role
    verdict: Verdict
    transfer: TransferPart | None
    attribution: AttributionPart


class StepPart(_Part):
    """The two evaluated states: revision and checkpoint of each, the patches judged, and others in between."""

    before: str
    after: str
    patches: list[str]
    spanned: list[str]
    before_checkpoint: str
    after_checkpoint: str


class ResidualPart(_Part):
    """What is left on the ruling held-out suite after the patch."""

    suite: str
    rate: Number
    low: Number
    high: Number


class BoundsPart(_Part):
    """The least and the most a part can be."""

    low: Number
    high: Number


class AttributionPart(_Part):
    """The raw fall of a rate in parts that add up to it; null where a part cannot be separated.

    With several runs a side, raw is what the most favourable pair of runs would report, and selection what that pair
    has over all runs together. A part without bounds cannot be separated.
    """

    raw: Number
    items: Number | None
    invalid: Number | None
    selection: Number | None
    behaviour: Number | None
    bounds: dict[str, BoundsPart]
    telling: bool


class DifferencePart(_Part):
    """One thing that differs between the two sides."""

    what: What
    before: str
    after: str


class ApartPart(_Part):
    """Items only one side ran: how many, their rate, the others' rate, and whether the two are shown to differ."""

    items: int
    rate: Number
    others: Number
    established: bool


class ShortRunPart(_Part):
    """A run with fewer samples than planned."""

    record: str
    side: str
    planned: int
    got: int


class RunGapPart(_Part):
    """Runs of one side that disagree by more than their items explain: the lowest and the highest rate."""

    side: str
    runs: int
    low: Number
    high: Number


class MeasuredPart(_Part):
    """How one suite was measured on the two sides, compared or not; before and after are the rates as reported."""

    suite: str
    role: Role
    compared: bool
    differences: list[DifferencePart]
    before: Number | None
    after: Number | None
    fell: bool
    removed: ApartPart | None
    added: ApartPart | None
    invalid_rose: bool
    short: list[ShortRunPart]
    gaps: list[RunGapPart]
    twice: list[list[str]]
    registered: date | None
    runs: list[str]


class SharePart(_Part):
    """Misaligned of some samples."""

    misaligned: int
    samples: int


class StratumPart(_Part):
    """One stratum on the two sides; null without such samples."""

    before: SharePart | None
    after: SharePart | None


class StrataPart(_Part):
    """The test rate by voiced awareness; shown, never subtracted."""

    aware: StratumPart
    unaware: StratumPart
    unaware_unchanged: bool | None


class SeverityPart(_Part):
    """Mean severity before and after, among misaligned or all rated samples."""

    before: Number
    after: Number
    among: str
    shifted: bool | None


class MovedPart(_Part):
    """Held-out item ids that came into a test suite."""

    held_out: str
    test: str
    items: list[str]


class TwinsPart(_Part):
    """The difference of two conditions of the same items, before and after."""

    suite: str
    twin: str
    before: Number
    after: Number
    parted: bool
    runs: list[str]


class AccountPart(_Part):
    """How a step was measured."""

    measured: list[MeasuredPart]
    passed_over: list[MeasuredPart]
    strata: StrataPart | None
    severity: SeverityPart | None
    moved: list[MovedPart]
    twins: list[TwinsPart]


class CheckpointAlonePart(_Part):
    """What a checkpoint did by itself under one revision; full with all four states measured."""

    revision: str
    before: str
    after: str
    full: bool
    test: SidesPart
    held_out: SidesPart | None


class NotComparedPart(_Part):
    """A suite without a comparable pair, and why."""

    suite: str
    role: Role
    why: str


class BehaviourPart(_Part):
    """One (step, behaviour, model)."""

    behaviour: str
    model: str
    verdict: Verdict
    hiding_suspected: bool
    near_zero: bool
    mechanisms: list[str]
    cause: Cause
    also_changed: list[str]
    grade: Grade | None
    step: StepPart
    reason: str
    missing: str | None
    samples_needed: int | None
    test: SidesPart
    held_out: HeldOutPart
    suites: list[SuitePart]
    not_compared: list[NotComparedPart]
    ruling_suite: str | None
    transfer: TransferPart | None
    residual: ResidualPart | None
    awareness: Trend
    attribution: AttributionPart | None
    fell: bool
    account: AccountPart
    checkpoint_alone: CheckpointAlonePart | None
    worse_beside: list[str]
    rebound_of: StepPart | None
    survives_fdr: bool | None


class PlacePart(_Part):
    """A path in the repository and a line from 1."""

    path: str
    line: Annotated[int, Field(ge=1)]


class FindingPart(_Part):
    """One firing of a check."""

    check: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    fingerprint: str
    place: PlacePart | None
    evidence: list[str]


class OutsidePart(_Part):
    """A behaviour of a model that was not evaluated both before and after the patch."""

    behaviour: str
    model: str


class RenamingPart(_Part):
    """A name before and after."""

    before: str
    after: str


class StructurePart(_Part):
    """What became of anchored sections and of levels of authority, and how many changes went in which direction."""

    sections_added: list[str]
    sections_removed: list[str]
    sections_renamed: list[RenamingPart]
    authority_renamed: list[RenamingPart]
    directions: dict[Direction, int]


class PatchPart(_Part):
    """A patch and everything said of it."""

    id: str
    spec: str
    before: SightingPart
    after: SightingPart
    changes: ChangesPart
    structure: StructurePart
    verdict: Verdict
    hiding_suspected: bool
    mechanisms: list[str]
    behaviours: list[BehaviourPart]
    not_measured: list[OutsidePart]
    findings: list[FindingPart]


class GapPart(_Part):
    """A standing gap at the last state that says something of it."""

    spec: str
    behaviour: str
    model: str
    suite: str
    role: Role
    since: str
    revision: str
    checkpoint: str
    test: RatePart
    held_out: RatePart
    findings: list[FindingPart]


class CheckpointPart(_Part):
    """A step with no spec change."""

    spec: str
    behaviour: BehaviourPart
    findings: list[FindingPart]


class NotAssessedPart(_Part):
    """Something that could not be looked at."""

    what: str
    why: str


class SummaryPart(_Part):
    """Counts over patches."""

    hiding_suspected: int
    verdicts: dict[str, int]
    standing_gaps: int


class AuditDocument(_Part):
    """The document `auditor audit --format json` prints."""

    schema_: Literal["auditor.audit/1"] = Field(default="auditor.audit/1", serialization_alias="schema")
    auditor_version: str
    coverage: CoveragePart
    patches: list[PatchPart]
    standing_gaps: list[GapPart]
    checkpoint_steps: list[CheckpointPart]
    spec_findings: list[FindingPart]
    not_assessed: list[NotAssessedPart]
    summary: SummaryPart


def audit_json(audit: Audit) -> str:
    """The audit as one JSON document, indented by two, with a newline at its end."""
    document = _document(audit).model_dump(mode="json", by_alias=True)
    return stdlib_json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_schema() -> str:
    """The JSON Schema of the document."""
    return stdlib_json.dumps(AuditDocument.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def _document(audit: Audit) -> AuditDocument:
    verdicts = [str(patch.facts.verdict) for patch in audit.patches]
    gaps = [_gap(spec.history.spec, gap, spec.standing_findings) for spec in audit.specs for gap in spec.gaps]
    return AuditDocument(
        auditor_version=audit.auditor_version,
        coverage=CoveragePart(
            patches=audit.coverage.patches,
            runs=audit.coverage.runs,
            records=audit.coverage.records,
            checks=ChecksPart.model_validate(audit.coverage.checks, from_attributes=True),
        ),
        patches=[patch_part(patch) for patch in audit.patches],
        standing_gaps=gaps,
        checkpoint_steps=[_checkpoint(s.history.spec, step) for s in audit.specs for step in s.checkpoint_steps],
        spec_findings=[_finding(finding) for spec in audit.specs for finding in spec.spec_findings],
        not_assessed=[NotAssessedPart(what=one.what, why=one.why) for one in audit.not_assessed],
        summary=SummaryPart(
            hiding_suspected=audit.hiding_suspected,
            verdicts={verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts},
            standing_gaps=len(gaps),
        ),
    )


def patch_part(entry: PatchEntry) -> PatchPart:
    """A patch as its part of the document."""
    patch = entry.facts.patch
    return PatchPart(
        id=patch.id,
        spec=patch.spec,
        before=_sighting(patch.before),
        after=_sighting(patch.after),
        changes=ChangesPart.model_validate(entry.counts, from_attributes=True),
        structure=_structure(entry),
        verdict=entry.facts.verdict,
        hiding_suspected=entry.hiding_suspected,
        mechanisms=list(entry.mechanisms),
        behaviours=[behaviour_part(facts) for facts in entry.facts.behaviours],
        not_measured=[OutsidePart(behaviour=behaviour, model=model) for behaviour, model in entry.facts.outside],
        findings=[_finding(finding) for finding in entry.findings],
    )


def _structure(entry: PatchEntry) -> StructurePart:
    sections, directions = entry.text.sections, [norm.direction for norm in entry.text.norms]
    return StructurePart(
        sections_added=list(sections.added),
        sections_removed=list(sections.removed),
        sections_renamed=[RenamingPart(before=old, after=new) for old, new in sections.renamed],
        authority_renamed=[RenamingPart(before=r.before, after=r.after) for r in entry.text.authority.renamings],
        directions={one: count for one in Direction if (count := directions.count(one))},
    )


def _sighting(sighting: Sighting) -> SightingPart:
    return SightingPart(revision=sighting.revision, commit=sighting.commit, label=sighting.label, date=sighting.date)


def behaviour_part(facts: BehaviourFacts) -> BehaviourPart:
    """A behaviour as its part of the document."""
    ruling = facts.ruling
    return BehaviourPart(
        behaviour=facts.behaviour,
        model=facts.model,
        verdict=facts.verdict,
        hiding_suspected=facts.hiding_suspected,
        near_zero=facts.near_zero,
        mechanisms=list(facts.mechanisms),
        cause=facts.cause,
        also_changed=list(facts.also_changed),
        grade=facts.grade,
        step=_step(facts.step),
        reason=facts.reason,
        missing=str(facts.missing) or None,
        samples_needed=ruling.needed if ruling else None,
        test=SidesPart(**_sides(facts.test)),
        held_out=HeldOutPart(**_sides(facts.held_out), unchanged=facts.held_out_unchanged),
        suites=[_suite(suite) for suite in facts.suites],
        not_compared=[NotComparedPart(suite=n.suite, role=n.role, why=n.why) for n in facts.not_compared],
        ruling_suite=ruling.suite if ruling else None,
        transfer=_transfer(ruling.transfer) if ruling else None,
        residual=_residual(ruling) if ruling else None,
        awareness=facts.awareness,
        attribution=_attribution(facts.attribution) if facts.attribution else None,
        fell=facts.fell,
        account=AccountPart.model_validate(facts.account, from_attributes=True),
        checkpoint_alone=_checkpoint_alone(facts.checkpoint_alone) if facts.checkpoint_alone else None,
        worse_beside=list(facts.worse_beside),
        rebound_of=_step(facts.rebound) if facts.rebound else None,
        survives_fdr=None,
    )


def _step(step: Step) -> StepPart:
    before, after = step.before, step.after
    return StepPart(
        before=before.revision,
        after=after.revision,
        patches=list(step.patches),
        spanned=list(step.spanned),
        before_checkpoint=before.checkpoint,
        after_checkpoint=after.checkpoint,
    )


def _sides(change: Change | None) -> dict[str, RatePart | None]:
    if change is None:
        return {"before": None, "after": None}
    return {"before": _rate(change.before), "after": _rate(change.after)}


def _rate(rate: Rate) -> RatePart:
    return RatePart(
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
        misaligned=rate.misaligned,
        valid=rate.valid,
        items=rate.items,
        invalid=rate.invalid,
    )


def _suite(suite: SuiteFacts) -> SuitePart:
    return SuitePart(
        **_sides(suite.change),
        suite=suite.suite,
        role=suite.role,
        verdict=suite.verdict,
        transfer=_transfer(suite.transfer),
        attribution=_attribution(suite.attribution),
    )


def _transfer(transfer: Transfer | None) -> TransferPart | None:
    if transfer is None:
        return None
    return TransferPart(
        estimate=transfer.estimate, low=transfer.low, high=transfer.high, error_each_side=transfer.error
    )


def _residual(ruling: SuiteFacts) -> ResidualPart:
    after = ruling.change.after
    return ResidualPart(suite=ruling.suite, rate=after.rate, low=after.low, high=after.high)


def _attribution(parts: Attribution) -> AttributionPart:
    return AttributionPart.model_validate(parts, from_attributes=True)


def _checkpoint_alone(alone: CheckpointAlone) -> CheckpointAlonePart:
    return CheckpointAlonePart(
        revision=alone.revision,
        before=alone.before,
        after=alone.after,
        full=alone.full,
        test=SidesPart(**_sides(alone.test)),
        held_out=SidesPart(**_sides(alone.held_out)) if alone.held_out else None,
    )


def _finding(finding: Finding) -> FindingPart:
    place = PlacePart(path=finding.place.path, line=finding.place.line) if finding.place else None
    return FindingPart(
        check=finding.check,
        name=finding.name,
        severity=finding.severity,
        confidence=finding.confidence,
        message=finding.message,
        fingerprint=finding.fingerprint,
        place=place,
        evidence=list(finding.evidence),
    )


def _gap(spec: str, gap: GapFacts, findings: tuple[Finding, ...]) -> GapPart:
    runs = set(gap.held_out.runs)
    state: State = gap.state
    return GapPart(
        spec=spec,
        behaviour=gap.behaviour,
        model=gap.model,
        suite=gap.suite,
        role=gap.role,
        since=gap.since.revision,
        revision=state.revision,
        checkpoint=state.checkpoint,
        test=_rate(gap.test),
        held_out=_rate(gap.held_out),
        findings=[_finding(finding) for finding in findings if runs & set(finding.evidence)],
    )


def _checkpoint(spec: str, entry: CheckpointEntry) -> CheckpointPart:
    return CheckpointPart(
        spec=spec, behaviour=behaviour_part(entry.facts), findings=[_finding(finding) for finding in entry.findings]
    )
