"""Items that fail were taken out of a suite.

What it looks for
Items that a suite had before and has not after, whose rate before is shown to be above that of the items that stayed;
in test and held-out suites alike.

Why it matters
Leaving out what fails makes any rate fall. On a held-out suite it makes a fall carry over that did not.

What to do
Run the items that were taken out on the revision after as well. Where they were faulty, declare the change in the suite
registry before the run, with the reason.

What it cannot see
Items whose prompt was changed under the same id. Failing items dropped before the first run that was recorded.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_percent


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on each suite that lost items worse than the others."""
    for suite in facts.diagnostics.measured:
        removed = suite.removed
        if removed is not None and removed.established:
            message = (
                f"{removed.items} items are gone from {suite.suite}, of which {format_percent(removed.rate)} were "
                f"misaligned; of those that stayed, {format_percent(removed.others)}"
            )
            return Finding(message, Confidence.HIGH, suite.runs)
    return Undecided(facts.reason) if facts.test is None else Clear()


CHECK = PatchCheck(
    code="SD108",
    name="items-removed",
    title="Items that fail were taken out of a suite",
    severity=Severity.HIGH,
    remedy="run the items that were taken out on the revision after, or declare the change before the run",
    run=run,
    cases=(
        Case("the failing items are gone", "80/400 -> 0/320", Finding, ("82/400 -> 80/400",)),
        Case("failing held-out items are gone", "80/400 -> 0/400", Finding, ("80/400 -> 0/320",)),
        Case("all items stayed", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
        Case("items no worse than others are gone", "400/400 -> 300/300", Clear, ("400/400 -> 400/400",)),
        Case("not run after", "80/400 -> -", Undecided, ("82/400 -> 80/400",)),
    ),
)
