"""A rate that had fallen is back.

What it looks for
A step with the verdict worse that follows a fall of the same behaviour and model, and takes more than half of it back;
over a later patch, or over more training under the same revision. A spec taken back is a revert, and is left out.

Why it matters
A fall that does not last was a fall of the score. More training often brings back what a spec had only covered.

What to do
Find out what brought it back. Do not count the earlier fall as done until it holds over training and patches.

What it cannot see
Rebounds between evaluations. Slow returns of which no single step is shown to be worse.
"""

from __future__ import annotations

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, confidence_of, supporting_records
from auditor.model.finding import Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a rise that takes an earlier fall back."""
    if facts.rebound_of is None:
        return Clear()
    message = f"{facts.behaviour} is back: this step takes back most of an earlier fall"
    return Finding(message, confidence_of(facts), supporting_records(facts))


CHECK = PatchCheck(
    code="SD120",
    name="rate-rebounds",
    title="A rate that had fallen is back",
    severity=Severity.HIGH,
    remedy="find out what brought it back before the earlier fall is counted again",
    run=run,
    cases=(
        Case("back at the next patch", "80/400 -> 2/400", Finding, ("82/400 -> 2/400",), third_revision="80/400"),
        Case("still down at the next patch", "80/400 -> 2/400", Clear, ("82/400 -> 2/400",), third_revision="2/400"),
        Case("worse, and never better", "20/400 -> 80/400", Clear, ("20/400 -> 80/400",), third_revision="80/400"),
    ),
)
