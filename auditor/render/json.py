"""An audit as the JSON document of the contract; its parts are in `schema`."""

from __future__ import annotations

import json as stdlib_json

from auditor.assess.facts import Attribution, BehaviourFacts, CheckpointContrast, GapFacts, SuiteFacts
from auditor.assess.ledger import waiver_subject
from auditor.assess.sensitivity import Sensitivity
from auditor.audit import Audit, CheckpointEntry, LandingEntry, PatchEntry, PeriodEntry
from auditor.clauses.deontic import Direction
from auditor.evidence import State, Step
from auditor.model.finding import Finding
from auditor.model.spec import SpecCommit
from auditor.model.verdict import Verdict
from auditor.render.debts import debt_part
from auditor.render.planned import plan_parts
from auditor.render.rates import rate_part, remaining_part, residual_part, sides_of, transfer_part
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
    HeldOutPart,
    LandingPart,
    NotAssessedPart,
    NotComparedPart,
    OutsidePart,
    PatchPart,
    PlacePart,
    RenamingPart,
    SensitivityPart,
    SidesPart,
    SightingPart,
    StepPart,
    StreamPart,
    StructurePart,
    SuitePart,
    SummaryPart,
    UndecidedPart,
    WindowPart,
    WithoutPart,
)
from auditor.render.uses import use_parts
from auditor.render.waivers import excused_parts, waiver_part


def audit_json(audit: Audit) -> str:
    """The audit as one JSON document, indented by two, with a newline at its end."""
    return audit_document(audit).model_dump_json(indent=2, by_alias=True) + "\n"


def json_schema() -> str:
    """The JSON Schema of the document."""
    return stdlib_json.dumps(AuditDocument.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def audit_document(audit: Audit) -> AuditDocument:
    """The audit as its document."""
    verdicts = [str(patch.facts.verdict) for patch in audit.patches]
    gaps = [_gap(spec.history.spec, gap, spec.standing_findings) for spec in audit.specs for gap in spec.gaps]
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
        checkpoint_steps=[_checkpoint(s.history.spec, step) for s in audit.specs for step in s.checkpoint_steps],
        windows=[_window(spec.history.spec, window) for spec in audit.specs for window in spec.windows],
        spec_findings=[_finding(finding) for spec in audit.specs for finding in spec.spec_findings],
        waivers=[waiver_part(facts) for facts in audit.waivers],
        waiver_findings=[_finding(finding) for finding in audit.waiver_findings],
        excused=excused_parts(audit.excused()),
        plans=plan_parts(audit.specs, _finding),
        held_out_looks=use_parts(audit.specs, _finding),
        evidence_debts=[debt_part(debt) for debt in audit.debts],
        landings=[_landing(entry) for entry in audit.landings],
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
        stream=StreamPart.model_validate(entry.facts.place, from_attributes=True) if entry.facts.place else None,
        behaviours=[behaviour_part(facts, patch.spec) for facts in entry.facts.behaviours],
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


def _sighting(sighting: SpecCommit) -> SightingPart:
    return SightingPart(revision=sighting.revision, commit=sighting.commit, label=sighting.label, date=sighting.date)


def behaviour_part(facts: BehaviourFacts, spec: str) -> BehaviourPart:
    """A behaviour as its part of the document; `spec` is the spec's name."""
    ruling = facts.ruling
    return BehaviourPart(
        behaviour=facts.behaviour,
        model=facts.model,
        verdict=facts.verdict,
        fingerprint=waiver_subject(facts.verdict, spec, facts).fingerprint,
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
        runs_needed=ruling.runs_needed if ruling else None,
        sensitivity=_sensitivity(facts.sensitivity) if facts.sensitivity else None,
        test=SidesPart(**sides_of(facts.test)),
        held_out=HeldOutPart(**sides_of(facts.held_out), unchanged=facts.held_out_unchanged),
        suites=[_suite(suite) for suite in facts.suites],
        not_compared=[NotComparedPart(suite=n.suite, role=n.role, why=n.why) for n in facts.not_compared],
        ruling_suite=ruling.suite if ruling else None,
        transfer=transfer_part(ruling.transfer) if ruling else None,
        residual=residual_part(ruling) if ruling else None,
        test_remaining=remaining_part(facts.left) if facts.left else None,
        awareness=facts.awareness,
        attribution=_attribution(facts.attribution) if facts.attribution else None,
        fell=facts.fell,
        account=AccountPart.model_validate(facts.account, from_attributes=True),
        checkpoint_alone=_checkpoint_alone(facts.checkpoint_alone) if facts.checkpoint_alone else None,
        worse_beside=list(facts.worse_beside),
        rebound_of=_step(facts.rebound) if facts.rebound else None,
        survives_fdr=facts.survives_fdr,
        evidence_anytime=AtAnyTimePart.model_validate(facts.at_any_time, from_attributes=True)
        if facts.at_any_time
        else None,
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


def _suite(suite: SuiteFacts) -> SuitePart:
    return SuitePart(
        **sides_of(suite.change),
        suite=suite.suite,
        role=suite.role,
        verdict=suite.verdict,
        transfer=transfer_part(suite.transfer),
        attribution=_attribution(suite.attribution),
        remaining=remaining_part(suite.left),
        not_run_after=suite.gone,
    )


def _sensitivity(given: Sensitivity) -> SensitivityPart:
    without = [WithoutPart(suite=suite, verdict=verdict) for suite, verdict in given.without]
    return SensitivityPart(tips_at=given.tips_at, on_rates=given.on_rates, on_odds=given.on_odds, without_suite=without)


def _attribution(parts: Attribution) -> AttributionPart:
    return AttributionPart.model_validate(parts, from_attributes=True)


def _checkpoint_alone(alone: CheckpointContrast) -> CheckpointAlonePart:
    return CheckpointAlonePart(
        revision=alone.revision,
        before=alone.before,
        after=alone.after,
        full=alone.full,
        test=SidesPart(**sides_of(alone.test)),
        held_out=SidesPart(**sides_of(alone.held_out)) if alone.held_out else None,
    )


def _landing(entry: LandingEntry) -> LandingPart:
    findings = [_finding(finding) for finding in entry.findings]
    return LandingPart(commit=entry.commit, landed=entry.day, patched=list(entry.patched), findings=findings)


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
        test=rate_part(gap.test),
        held_out=rate_part(gap.held_out),
        kept_open=gap.kept_open,
        findings=[_finding(finding) for finding in findings if runs & set(finding.evidence)],
    )


def _checkpoint(spec: str, entry: CheckpointEntry) -> CheckpointPart:
    findings = [_finding(finding) for finding in entry.findings]
    return CheckpointPart(spec=spec, behaviour=behaviour_part(entry.facts, spec), findings=findings)


def _window(spec: str, entry: PeriodEntry) -> WindowPart:
    return WindowPart(
        spec=spec,
        names=list(entry.facts.names),
        quarter=entry.facts.quarter,
        open=entry.facts.open,
        steps=list(entry.facts.steps),
        behaviour=behaviour_part(entry.facts.facts, spec),
        findings=[_finding(finding) for finding in entry.findings],
    )
