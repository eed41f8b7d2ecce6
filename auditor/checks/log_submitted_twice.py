"""One evaluation was recorded under two names.

What it looks for
Two runs of one suite and state with the same counts item by item, and the same source file or the same start, that have
different identities.

Why it matters
Evidence counted twice looks twice as sure. The same file under the same name changes nothing; a copy saved again does.

What to do
Replace one of the two by a correction that names it. Where they are two runs, give each its own start.

What it cannot see
Copies in which a sample or the start was changed as well. Runs in which no item, or every item, fails, since two honest
runs are often the same there.
"""

from __future__ import annotations

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import short_id


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the first pair of records that are one run."""
    for suite in facts.diagnostics.measured:
        for name, other in suite.twice:
            message = (
                f"records {short_id(name)} and {short_id(other)} of {suite.suite} are one evaluation under two names"
            )
            return Finding(message, Confidence.HIGH, (name, other))
    return Clear()


CHECK = PatchCheck(
    code="SD115",
    name="log-submitted-twice",
    title="One evaluation was recorded under two names",
    severity=Severity.HIGH,
    remedy="correct one of the two records, or say what tells the runs apart",
    run=run,
    cases=(
        Case("a copy of the run after", "80/400 -> 8/400", Finding, ("82/400 -> 80/400",), twice=True),
        Case("one run after", "80/400 -> 8/400", Clear, ("82/400 -> 80/400",)),
        Case("a second run that came out alike", "80/400 -> 8/400", Clear, ("82/400 -> 80/400",), more=("8/400",)),
    ),
)
