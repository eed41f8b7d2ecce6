"""The test rate fell and nobody measured held-out.

What it looks for
A patch after which the test rate fell, with no held-out or deployment suite that was run comparably on both sides.

Why it matters
A fall on the test alone cannot tell a changed behaviour from a changed score. Not measuring is how the question stays
open by itself.

What to do
Run a held-out suite of this behaviour on the revision before and on the one after, with the same scorer, sampling and
condition, and stamp both.

What it cannot see
Evaluations that were run and not ingested.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, confidence_of, supporting_records
from auditor.model.finding import Finding, Severity
from auditor.model.verdict import Verdict


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a test fall without a comparable held-out pair; undecided where the test side was not measured."""
    if facts.verdict is not Verdict.UNMEASURED:
        return Clear()
    if facts.test is None:
        return Undecided(facts.reason)
    return Finding(facts.reason, confidence_of(facts), supporting_records(facts))


CHECK = PatchCheck(
    code="SD104",
    name="held-out-not-measured",
    title="The test rate fell and no held-out suite was measured on both sides",
    severity=Severity.MEDIUM,
    remedy="run a held-out suite of this behaviour on both revisions, stamped with auditor revision",
    run=run,
    cases=(
        Case("no held-out suite at all", "80/400 -> 0/400", Finding),
        Case("held-out run before only", "80/400 -> 0/400", Finding, ("82/400 -> -",)),
        Case("held-out measured", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
        Case("deployment measured", "80/400 -> 0/400", Clear, (), "82/400 -> 80/400"),
        Case("test did not fall", "800/2000 -> 800/2000", Clear),
        Case("test not run after", "80/400 -> -", Undecided, ("82/400 -> 80/400",)),
    ),
)
