"""An audit as the JSON document of the contract; its parts are declared in `schema`.

An `Audit` comes in, the document or its text goes out; rates, transfer and plans become their parts here.
"""

from __future__ import annotations

import json as stdlib_json
from collections.abc import Callable, Iterable, Sequence

from auditor.assess.facts import (
    Attribution,
    BehaviourFacts,
    Change,
    CheckpointContrast,
    GapFacts,
    Rate,
    SuiteFacts,
    Transfer,
)
from auditor.assess.ledger import verdict_finding
from auditor.assess.preregistration import PlanFacts
from auditor.assess.residual import Residual
from auditor.assess.sensitivity import Sensitivity
from auditor.audit import Audit, CheckpointEntry, LandingEntry, PatchEntry, PeriodEntry, SpecAudit
from auditor.clauses.deontic import Direction
from auditor.evidence import State, Step
from auditor.model.finding import Finding
from auditor.model.spec import SpecCommit
from auditor.model.verdict import Verdict
from auditor.render.holdout_reuse import holdout_reuse_parts
from auditor.render.ledger import debt_part, excused_parts, waiver_part
from auditor.render.schema import (
    AccountPart,
    AtAnyTimePart,
    AttributionPart,
    AuditDocument,
    BehaviourPart,
    ChangesPart,
    CheckpointAlonePart,
    CheckpointPart,
    ChecksPart,
    CoveragePart,
    FindingPart,
    GapPart,
    HeadlinePart,
    HeldOutPart,
    LandingPart,
    NotAssessedPart,
    NotComparedPart,
    OutsidePart,
    PatchPart,
    PlacePart,
    PlanPart,
    RatePart,
    RemainingPart,
    RenamingPart,
    ResidualPart,
    SensitivityPart,
    SidesPart,
    SightingPart,
    StepPart,
    StreamPart,
    StructurePart,
    SuitePart,
    SummaryPart,
    TransferPart,
    UndecidedPart,
    WindowPart,
    WithoutPart,
)

# Plans as their part of the audit's JSON.


def plan_parts(specs: Sequence[SpecAudit], finding: Callable[[Finding], FindingPart]) -> list[PlanPart]:
    """The plans of some specs, and what became of them; `finding` makes a finding's part."""
    return [_plan_part(one, map(finding, spec.plan_findings[one.plan.id])) for spec in specs for one in spec.plans]


def _plan_part(facts: PlanFacts, findings: Iterable[FindingPart]) -> PlanPart:
    plan = facts.plan
    return PlanPart(
        **{name: getattr(plan, name) for name in PlanPart.model_fields if hasattr(plan, name)},
        state=facts.state,
        age_days=facts.age,
        runs=list(facts.runs),
        findings=list(findings),
    )


# Rates, falls and transfer as parts of the JSON document.


def side_parts(change: Change | None) -> dict[str, RatePart | None]:
    """The two sides of a change, by the names they have in the document."""
    if change is None:
        return {"before": None, "after": None}
    return {"before": rate_part(change.before), "after": rate_part(change.after)}


def rate_part(rate: Rate) -> RatePart:
    """A rate as its part of the document."""
    return RatePart(
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
        misaligned=rate.misaligned,
        valid=rate.valid,
        items=rate.items,
        invalid=rate.invalid,
    )


def transfer_part(transfer: Transfer | None) -> TransferPart | None:
    """Transfer as its part of the document."""
    if transfer is None:
        return None
    return TransferPart(
        estimate=transfer.estimate, low=transfer.low, high=transfer.high, error_each_side=transfer.error
    )


def residual_part(ruling: SuiteFacts) -> ResidualPart:
    """What is left on the ruling suite."""
    after = ruling.change.after
    left = remaining_part(ruling.left)
    return ResidualPart(suite=ruling.suite, rate=after.rate, low=after.low, high=after.high, remaining=left)


def remaining_part(remaining: Residual) -> RemainingPart:
    """What is left after as its part of the document."""
    return RemainingPart.model_validate(remaining, from_attributes=True)


# An audit as the JSON document of the contract; its parts are in `schema`.


def audit_json(audit: Audit) -> str:
    """The audit as one JSON document, indented by two, with a newline at its end."""
    return audit_document(audit).model_dump_json(indent=2, by_alias=True) + "\n"


def audit_json_schema() -> str:
    """The JSON Schema of the document."""
    return stdlib_json.dumps(AuditDocument.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def audit_document(audit: Audit) -> AuditDocument:
    """The audit as its document."""
    verdicts = [str(patch.facts.verdict) for patch in audit.patches]
    gaps = [_gap_part(spec.history.spec, gap, spec.standing_findings) for spec in audit.specs for gap in spec.gaps]
    return AuditDocument(
        auditor_version=audit.auditor_version,
        coverage=CoveragePart(
            patches=audit.coverage.patches,
            runs=audit.coverage.runs,
            records=audit.coverage.records,
            checks=ChecksPart.model_validate(audit.coverage.checks, from_attributes=True),
            undecided=[UndecidedPart.model_validate(one, from_attributes=True) for one in audit.coverage.undecided],
        ),
        patches=[patch_part(patch) for patch in audit.patches],
        standing_gaps=gaps,
        checkpoint_steps=[_checkpoint_part(s.history.spec, step) for s in audit.specs for step in s.checkpoint_steps],
        windows=[_period_part(spec.history.spec, window) for spec in audit.specs for window in spec.windows],
        spec_findings=[_finding_part(finding) for spec in audit.specs for finding in spec.spec_findings],
        waivers=[waiver_part(facts) for facts in audit.waivers],
        waiver_findings=[_finding_part(finding) for finding in audit.waiver_findings],
        excused=excused_parts(audit.excused()),
        plans=plan_parts(audit.specs, _finding_part),
        held_out_looks=holdout_reuse_parts(audit.specs, _finding_part),
        evidence_debts=[debt_part(debt) for debt in audit.debts],
        landings=[_landing_part(entry) for entry in audit.landings],
        not_assessed=[NotAssessedPart(what=one.what, why=one.why) for one in audit.not_assessed],
        summary=SummaryPart(
            hiding_suspected=audit.hiding_suspected,
            verdicts={verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts},
            standing_gaps=len(gaps),
        ),
    )


def patch_part(entry: PatchEntry) -> PatchPart:
    """A patch as its part of the document."""
    patch, headline = entry.facts.patch, entry.facts.headline
    return PatchPart(
        id=patch.id,
        spec=patch.spec,
        before=_sighting_part(patch.before),
        after=_sighting_part(patch.after),
        changes=ChangesPart.model_validate(entry.counts, from_attributes=True),
        structure=_structure_part(entry),
        verdict=entry.facts.verdict,
        headline=HeadlinePart(behaviour=headline.behaviour, model=headline.model) if headline else None,
        hiding_suspected=entry.hiding_suspected,
        mechanisms=list(entry.mechanisms),
        stream=StreamPart.model_validate(entry.facts.place, from_attributes=True) if entry.facts.place else None,
        behaviours=[behaviour_part(facts, patch.spec) for facts in entry.facts.behaviours],
        not_measured=[OutsidePart(behaviour=behaviour, model=model) for behaviour, model in entry.facts.outside],
        findings=[_finding_part(finding) for finding in entry.findings],
    )


def _structure_part(entry: PatchEntry) -> StructurePart:
    sections, directions = entry.text.sections, [norm.direction for norm in entry.text.norms]
    return StructurePart(
        sections_added=list(sections.added),
        sections_removed=list(sections.removed),
        sections_renamed=[RenamingPart(before=old, after=new) for old, new in sections.renamed],
        authority_renamed=[RenamingPart(before=r.before, after=r.after) for r in entry.text.authority.renamings],
        directions={one: count for one in Direction if (count := directions.count(one))},
    )


def _sighting_part(sighting: SpecCommit) -> SightingPart:
    return SightingPart(revision=sighting.revision, commit=sighting.commit, label=sighting.label, date=sighting.date)


def behaviour_part(facts: BehaviourFacts, spec: str) -> BehaviourPart:
    """A behaviour as its part of the document; `spec` is the spec's name."""
    ruling = facts.ruling
    return BehaviourPart(
        behaviour=facts.behaviour,
        model=facts.model,
        verdict=facts.verdict,
        fingerprint=verdict_finding(facts.verdict, spec, facts).fingerprint,
        hiding_suspected=facts.hiding_suspected,
        near_zero=facts.near_zero,
        mechanisms=list(facts.mechanisms),
        cause=facts.cause,
        also_changed=list(facts.also_changed),
        grade=facts.grade,
        step=_step_part(facts.step),
        reason=facts.reason,
        missing=str(facts.missing) or None,
        samples_needed=ruling.needed if ruling else None,
        runs_needed=ruling.runs_needed if ruling else None,
        sensitivity=_sensitivity_part(facts.sensitivity) if facts.sensitivity else None,
        test=SidesPart(**side_parts(facts.test)),
        held_out=HeldOutPart(**side_parts(facts.held_out), unchanged=facts.held_out_unchanged),
        suites=[_suite_part(suite) for suite in facts.suites],
        not_compared=[NotComparedPart(suite=n.suite, role=n.role, why=n.why) for n in facts.not_compared],
        ruling_suite=ruling.suite if ruling else None,
        transfer=transfer_part(ruling.transfer) if ruling else None,
        residual=residual_part(ruling) if ruling else None,
        test_remaining=remaining_part(facts.left) if facts.left else None,
        awareness=facts.awareness,
        attribution=_attribution_part(facts.attribution) if facts.attribution else None,
        fell=facts.fell,
        account=AccountPart.model_validate(facts.account, from_attributes=True),
        checkpoint_alone=_checkpoint_alone_part(facts.checkpoint_alone) if facts.checkpoint_alone else None,
        worse_beside=list(facts.worse_beside),
        rebound_of=_step_part(facts.rebound) if facts.rebound else None,
        survives_fdr=facts.survives_fdr,
        evidence_anytime=AtAnyTimePart.model_validate(facts.at_any_time, from_attributes=True)
        if facts.at_any_time
        else None,
    )


def _step_part(step: Step) -> StepPart:
    before, after = step.before, step.after
    return StepPart(
        before=before.revision,
        after=after.revision,
        patches=list(step.patches),
        spanned=list(step.spanned),
        before_checkpoint=before.checkpoint,
        after_checkpoint=after.checkpoint,
    )


def _suite_part(suite: SuiteFacts) -> SuitePart:
    return SuitePart(
        **side_parts(suite.change),
        suite=suite.suite,
        role=suite.role,
        verdict=suite.verdict,
        transfer=transfer_part(suite.transfer),
        attribution=_attribution_part(suite.attribution),
        remaining=remaining_part(suite.left),
        not_run_after=suite.gone,
    )


def _sensitivity_part(given: Sensitivity) -> SensitivityPart:
    without = [WithoutPart(suite=suite, verdict=verdict) for suite, verdict in given.without]
    return SensitivityPart(tips_at=given.tips_at, on_rates=given.on_rates, on_odds=given.on_odds, without_suite=without)


def _attribution_part(parts: Attribution) -> AttributionPart:
    return AttributionPart.model_validate(parts, from_attributes=True)


def _checkpoint_alone_part(alone: CheckpointContrast) -> CheckpointAlonePart:
    return CheckpointAlonePart(
        revision=alone.revision,
        before=alone.before,
        after=alone.after,
        full=alone.full,
        test=SidesPart(**side_parts(alone.test)),
        held_out=SidesPart(**side_parts(alone.held_out)) if alone.held_out else None,
    )


def _landing_part(entry: LandingEntry) -> LandingPart:
    findings = [_finding_part(finding) for finding in entry.findings]
    return LandingPart(commit=entry.commit, landed=entry.day, patched=list(entry.patched), findings=findings)


def _finding_part(finding: Finding) -> FindingPart:
    place = PlacePart(path=finding.place.path, line=finding.place.line) if finding.place else None
    return FindingPart(
        check=finding.code,
        name=finding.name,
        severity=finding.severity,
        confidence=finding.confidence,
        message=finding.message,
        fingerprint=finding.fingerprint,
        place=place,
        evidence=list(finding.evidence),
    )


def _gap_part(spec: str, gap: GapFacts, findings: tuple[Finding, ...]) -> GapPart:
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
        test=rate_part(gap.test),
        held_out=rate_part(gap.held_out),
        kept_open=gap.kept_open,
        findings=[_finding_part(finding) for finding in findings if runs & set(finding.evidence)],
    )


def _checkpoint_part(spec: str, entry: CheckpointEntry) -> CheckpointPart:
    findings = [_finding_part(finding) for finding in entry.findings]
    return CheckpointPart(spec=spec, behaviour=behaviour_part(entry.facts, spec), findings=findings)


def _period_part(spec: str, entry: PeriodEntry) -> WindowPart:
    return WindowPart(
        spec=spec,
        names=list(entry.facts.names),
        quarter=entry.facts.quarter,
        open=entry.facts.open,
        steps=list(entry.facts.steps),
        behaviour=behaviour_part(entry.facts.facts, spec),
        findings=[_finding_part(finding) for finding in entry.findings],
    )
