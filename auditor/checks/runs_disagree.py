"""Runs of one side disagree by more than chance.

What it looks for
Two runs of one suite, revision, checkpoint and protocol, on the same items, whose rates differ by more than their items
explain, with the error shared over all pairs of runs, sides and suites.

Why it matters
Whoever may choose among such runs chooses the result. auditor averages all of them; a report may have quoted the best.

What to do
Quote all runs. Find what differs between them: a seed, a judge, a provider's change that no log mentions.

What it cannot see
Runs that were made and never recorded. For that there are run plans.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_percent


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the first side whose runs disagree."""
    for suite in facts.diagnostics.measured:
        for gap in suite.gaps:
            message = (
                f"the {gap.runs} runs of {suite.suite} {gap.side} the patch range from {format_percent(gap.low)} to "
                f"{format_percent(gap.high)}"
            )
            return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD114",
    name="runs-disagree",
    title="Runs of one side disagree by more than chance",
    severity=Severity.MEDIUM,
    remedy="report all runs of a side together, and find out what made them differ",
    run=run,
    cases=(
        Case("one run of three is good", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",), more=("80/400", "78/400")),
        Case("three runs alike", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",), more=("1/400", "0/400")),
        Case("one run", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
    ),
)
