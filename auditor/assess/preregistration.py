"""Preregistered plans and what became of them: fulfilled, missing, different, unclear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum

from auditor.evidence import Evidence
from auditor.model.preregistration import Preregistration


class PlanState(StrEnum):
    """What became of a plan."""

    FULFILLED = "fulfilled"
    MISSING = "missing"
    DIFFERS = "differs"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan, and what became of it.

    Attributes:
        state: `differs` where only runs name it that are something else, or older; `unclear` where runs could be it and
            none says so.
        runs: records of the runs that fulfil it, or differ, or could be it.
        age: whole days since it was written down; None where the day of asking is not given.
    """

    plan: Preregistration
    state: PlanState
    runs: tuple[str, ...]
    age: int | None


def assess_plans(evidence: Evidence, today: date | None) -> tuple[PlanFacts, ...]:
    """What became of every plan of the spec by a day (UTC), oldest first."""
    results = []
    for result in evidence.results.values():
        plan = result.plan
        pairs = (
            (PlanState.FULFILLED, result.runs),
            (PlanState.DIFFERS, result.differing),
            (PlanState.UNCLEAR, result.unclear),
        )
        state, runs = next(((state, runs) for state, runs in pairs if runs), (PlanState.MISSING, ()))
        age = None if today is None else (today - plan.created.astimezone(UTC).date()).days
        results.append(PlanFacts(plan, state, runs, age))
    return tuple(sorted(results, key=lambda plan_facts: (plan_facts.plan.created, plan_facts.plan.id)))
