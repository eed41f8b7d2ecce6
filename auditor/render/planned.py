"""Plans as their part of the audit's JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from auditor.assess.preregistration import PlanFacts
from auditor.audit import SpecAudit
from auditor.model.finding import Finding
from auditor.render.schema import FindingPart, PlanPart


def plan_parts(specs: Sequence[SpecAudit], finding: Callable[[Finding], FindingPart]) -> list[PlanPart]:
    """The plans of some specs, and what became of them; `finding` makes a finding's part."""
    return [_part(one, map(finding, spec.plan_findings[one.plan.id])) for spec in specs for one in spec.plans]


def _part(facts: PlanFacts, findings: Iterable[FindingPart]) -> PlanPart:
    plan = facts.plan
    return PlanPart(
        **{name: getattr(plan, name) for name in PlanPart.model_fields if hasattr(plan, name)},
        state=facts.state,
        age_days=facts.age,
        runs=list(facts.runs),
        findings=list(findings),
    )
