"""The scorer changed and the rate fell.

What it looks for
A suite whose runs before and after share no scorer, so that they cannot be compared, while the reported rate fell.

Why it matters
Another scorer, or another judge behind it, is another measure. A fall across the change says nothing of the model.

What to do
Score the stored samples of both sides with one scorer, or run the old one once more on the revision after.

What it cannot see
A judge that changed behind an unchanged name. A prompt of the judge that no log mentions.
"""

from auditor.assess.facts import BehaviourFacts, ProtocolField
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, differing_suites
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_percent


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a suite that was not compared because of its scorer, and whose reported rate fell."""
    for suite, change in differing_suites(facts, ProtocolField.SCORER):
        if suite.fell and suite.before is not None and suite.after is not None:
            message = (
                f"{suite.suite} was scored by {change.before} before and by {change.after} after, and its "
                f"reported rate went from {format_percent(suite.before)} to {format_percent(suite.after)}"
            )
            return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD111",
    name="scorer-changed",
    title="The scorer changed and the rate fell",
    severity=Severity.HIGH,
    remedy="score the samples of both sides with one scorer and judge",
    run=run,
    cases=(
        Case("another judge", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",), scorer="judge-2"),
        Case("another judge, the same rate", "80/400 -> 80/400", Clear, ("82/400 -> 80/400",), scorer="judge-2"),
        Case("the same judge", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
    ),
)
