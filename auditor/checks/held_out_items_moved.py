"""Held-out items came into the test suite.

What it looks for
Item ids of a held-out suite that are new in a test suite's runs: those that left the held-out suite as they came, or
any where the two suites had no id in common before.

Why it matters
An item that authors can see is no longer held out. A suite that loses its hard items to the test says less each time.

What to do
Keep the suites apart. Write new held-out items for those that were moved.

What it cannot see
The same prompt under another id: for that there are the hashes of held-out prompts.
"""

from __future__ import annotations

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, supporting_records
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the first held-out suite that items moved from."""
    for moved in facts.diagnostics.moved:
        items, example = f"{len(moved.items)} items of {moved.held_out}", moved.items[0]
        message = f"{items} are now in {moved.test}, {example} among them"
        return Finding(message, Confidence.MEDIUM, supporting_records(facts))
    return Clear()


CHECK = PatchCheck(
    code="SD121",
    name="held-out-items-moved",
    title="Held-out items came into the test suite",
    severity=Severity.HIGH,
    remedy="take the items out of the test suite, or out of the held-out one for good, and write new held-out items",
    run=run,
    cases=(
        Case("twenty items moved", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",), moved=20),
        Case("no item moved", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
    ),
)
