"""A run was planned, and there is no result of it.

What it looks for
Plans that `auditor preregister` recorded more than a week ago, of which no record is: none names the plan, and none is
of the same spec, revision, suite, model, checkpoint and condition and was made since. And plans that are named only by
runs of something else, or by older ones.

Why it matters
A run that is not shown because of what it showed cannot be seen in the results. It can be seen in the plans.

What to do
Record the run. Where it was not made, or broke off, record what there is of it, or say so where the report is read.

What it cannot see
Runs that nobody planned. Plans written after the result was known, since the clock is that of whoever plans. Which of
several results that fit a plan is meant, as long as none names it.
"""

from datetime import UTC, datetime

from auditor.assess.preregistration import PlanFacts, PlanState
from auditor.checks.interface import Clear, Outcome, PlanCase, PlanCheck, Undecided
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import short_id
from auditor.model.preregistration import Preregistration

# Days within which a result may still be on its way.
GRACE = 7


def run(facts: PlanFacts) -> Outcome:
    """Fires on a plan that is older than the grace and has no result, or a result of something else."""
    plan = facts.plan
    subject = f"of {plan.suite}, planned on {plan.created:%Y-%m-%d} ({plan.checkpoint}, {plan.planned:,} samples)"
    if facts.state is PlanState.FULFILLED:
        return Clear()
    if facts.state is PlanState.DIFFERS:
        named = ", ".join(short_id(record) for record in facts.runs)
        return Finding(
            f"a run {subject}, is named by {named}, which is something else or older", Confidence.HIGH, facts.runs
        )
    if facts.state is PlanState.UNCLEAR:
        return Undecided("several plans and results fit each other, and none names the other")
    if facts.age is None or facts.age <= GRACE:
        return Undecided("its result may still be on its way")
    return Finding(f"a run {subject}, has no result after {facts.age} days", Confidence.HIGH)


def _plan(state: PlanState, *runs: str, age: int | None = None) -> PlanFacts:
    """A plan of 400 samples, for the examples."""
    created = datetime(2026, 1, 5, tzinfo=UTC)
    plan = Preregistration("5" * 64, "assistant", "0" * 64, "refund-mails", "m", "m-2", "", 400, created)
    return PlanFacts(plan, state, runs, age)


CHECK = PlanCheck(
    code="SD501",
    name="planned-run-missing",
    title="A run was planned, and there is no result of it",
    severity=Severity.MEDIUM,
    remedy="record the run that was planned",
    run=run,
    cases=(
        PlanCase("eight days without a result", _plan(PlanState.MISSING, age=8), Finding),
        PlanCase("a week without a result", _plan(PlanState.MISSING, age=7), Undecided),
        PlanCase("nobody knows what day it is", _plan(PlanState.MISSING), Undecided),
        PlanCase("a result", _plan(PlanState.FULFILLED, "ab12", age=30), Clear),
        PlanCase("two runs could be it, and none says so", _plan(PlanState.UNCLEAR, "ab12", "cd34", age=30), Undecided),
        PlanCase("what names it is older, or of another checkpoint", _plan(PlanState.DIFFERS, "ab12", age=1), Finding),
    ),
)
