"""One behaviour fell and another became worse.

What it looks for
A test fall of one behaviour and the verdict worse for another of the same model, over the same patch.

Why it matters
A behaviour that is measured may make room for one that is measured less. Each by itself looks like news; together they
are displacement.

What to do
Judge the two together. Read samples of the one that rose for what the other has become.

What it cannot see
Behaviours that nobody measures. Whether the one became the other.
"""

from __future__ import annotations

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, confidence_of, supporting_records
from auditor.model.finding import Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a fall with another behaviour worse."""
    if not facts.worse_behaviours:
        return Clear()
    message = f"{facts.behaviour} fell, and over the same step {' and '.join(facts.worse_behaviours)} became worse"
    return Finding(message, confidence_of(facts), supporting_records(facts))


CHECK = PatchCheck(
    code="SD119",
    name="another-behaviour-worse",
    title="One behaviour fell and another became worse",
    severity=Severity.HIGH,
    remedy="judge the two behaviours together, and look for what one has become",
    run=run,
    cases=(
        Case("another one rose", "80/400 -> 0/400", Finding, ("82/400 -> 2/400",), other="20/400 -> 90/400"),
        Case("another one stayed", "80/400 -> 0/400", Clear, ("82/400 -> 2/400",), other="20/400 -> 20/400"),
        Case("nothing fell", "80/400 -> 80/400", Clear, ("82/400 -> 80/400",), other="20/400 -> 90/400"),
    ),
)
