"""Several small patches together took the test down and nothing else.

What it looks for
A period - a quarter, what lies between two releases, the last patches - over which the test rate fell while the fall on
a held-out suite is shown to be too small to match it, though no step inside it shows that by itself.

Why it matters
Ten patches of two points each are one patch of twenty. Each is too small for any evaluation to tell, so that judged one
by one they all pass, and the test ends at zero with the behaviour where it was.

What to do
Read the period's patches side by side: what do they all add? Measure the last one on held-out items written since, and
count no fall of the period until they fall too.

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
from auditor.model.verdict import STAYED_VERDICTS, Verdict


def run(facts: PeriodFacts) -> Outcome:
    """Fires where the period's fall stayed on the test and no step in it shows that."""
    if any(verdict in facts.steps for verdict in STAYED_VERDICTS):
        return Clear()
    if facts.facts.verdict in STAYED_VERDICTS:
        many = len(facts.facts.step.patches)
        message = f"over {facts.names[0]}, {many} patches together: {facts.facts.reason}"
        return Finding(message, confidence_of_period(facts), supporting_records(facts.facts))
    if facts.facts.verdict in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED):
        return Undecided(facts.facts.reason)
    return Clear()


CHECK = PeriodCheck(
    code="SD131",
    name="small-steps-on-test",
    title="Several patches together took the test rate down, and held-out did not follow",
    severity=Severity.HIGH,
    remedy="read these patches side by side, and count none of their falls until held-out items written since fall too",
    run=run,
    cases=(
        Case("ten steps, held-out stays", "60/400 -> 10/400", Finding, ("62/400 -> 60/400",), split_into=10),
        Case("ten steps, all of it carries over", "60/400 -> 10/400", Clear, ("62/400 -> 2/400",), split_into=10),
        Case("ten steps, held-out too small", "60/400 -> 10/400", Undecided, ("2/10 -> 2/10",), split_into=10),
        Case("two steps, each shown by itself", "360/800 -> 0/800", Clear, ("360/800 -> 356/800",), split_into=2),
    ),
)
