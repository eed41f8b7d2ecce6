"""A held-out role was registered after the suite was run.

What it looks for
A held-out or deployment suite with a run at this step from before the day its role counts from. Such runs are left out.

Why it matters
A suite that is declared held-out once its result is known may be any suite whose result was good.

What to do
Run it again on both revisions. Items written after a patch and first run then are what a held-out suite should be.

What it cannot see
Dates that are made up. Evaluations that were made and not recorded before the role was registered.
"""

from __future__ import annotations

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the first suite that was run before its role counts."""
    for suite in facts.diagnostics.measured:
        if suite.registered is not None:
            message = f"{suite.suite} was run before {suite.registered}, the day its role counts from"
            return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD123",
    name="role-registered-late",
    title="A held-out role was registered after the suite was run",
    severity=Severity.MEDIUM,
    remedy="run the suite again on both revisions, now that its role is registered",
    run=run,
    cases=(
        Case("registered after its runs", "80/400 -> 0/400", Finding, ("82/400 -> 2/400",), registered=3),
        Case("always registered", "80/400 -> 0/400", Clear, ("82/400 -> 2/400",)),
    ),
)
