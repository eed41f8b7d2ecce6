"""Several small patches together made a rate rise.

What it looks for
A period - a quarter, what lies between two releases, the last patches - over which the test rate rose, or did not fall
while a held-out rate rose, though no step inside it shows that by itself.

Why it matters
A behaviour that gets a point worse with every patch is never caught by judging patches one by one.

What to do
Evaluate the state before the period and the last one again with more samples, then the ones in between, to find where
it rose.

What it cannot see
Which of the patches did it. While a period is open it is looked at again with every patch; what is said of it before it
ends is said with less confidence.
"""

from auditor.assess.facts import PeriodFacts
from auditor.checks.interface import (
    Case,
    Clear,
    Outcome,
    PeriodCheck,
    Undecided,
    confidence_of_period,
    supporting_records,
)
from auditor.model.finding import Finding, Severity
from auditor.model.verdict import Verdict


def run(facts: PeriodFacts) -> Outcome:
    """Fires where the period is worse and no step in it is."""
    if Verdict.WORSE in facts.steps:
        return Clear()
    if facts.facts.verdict is Verdict.WORSE:
        many = len(facts.facts.step.patches)
        message = f"over {facts.names[0]}, {many} patches together: {facts.facts.reason}"
        return Finding(message, confidence_of_period(facts), supporting_records(facts.facts))
    if facts.facts.verdict in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED):
        return Undecided(facts.facts.reason)
    return Clear()


CHECK = PeriodCheck(
    code="SD132",
    name="small-steps-worse",
    title="Several patches together made a rate rise",
    severity=Severity.HIGH,
    remedy="evaluate the states of this period again with more samples, and take back what made the rate rise",
    run=run,
    cases=(
        Case("ten steps upwards", "20/400 -> 60/400", Finding, ("20/400 -> 60/400",), split_into=10),
        Case("ten steps that change nothing", "600/4000 -> 600/4000", Clear, ("60/400 -> 60/400",), split_into=10),
        Case("ten steps upwards, few samples", "2/40 -> 5/40", Undecided, ("20/400 -> 30/400",), split_into=10),
        Case("two steps, each shown by itself", "20/400 -> 60/400", Clear, ("20/400 -> 60/400",), split_into=2),
    ),
)
