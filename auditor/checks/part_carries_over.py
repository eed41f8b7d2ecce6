"""Only part of the fall carries over.

What it looks for
A patch after which both rates fell, and the held-out fall is shown to be smaller than nine tenths of the test fall: the
verdict partial.

Why it matters
The behaviour changed, and the test score overstates by how much. What is reported outside should be the held-out rate.

What to do
Quote the held-out rate with its limits. Look at the items that fell on the test and not elsewhere: they show which part
of the patch speaks to the test's scenarios only.

What it cannot see
Whether the remaining difference comes from the patch or from held-out items that are harder.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, confidence_of, supporting_records
from auditor.model.finding import Finding, Severity
from auditor.model.verdict import Verdict


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the verdict partial."""
    if facts.verdict is Verdict.PARTIAL:
        return Finding(facts.reason, confidence_of(facts), supporting_records(facts))
    if facts.verdict in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED):
        return Undecided(facts.reason)
    return Clear()


CHECK = PatchCheck(
    code="SD102",
    name="part-carries-over",
    title="Both rates fell, the held-out rate by less",
    severity=Severity.MEDIUM,
    remedy="report the held-out rate with its limits instead of the test rate",
    run=run,
    cases=(
        Case("half of it carries over", "80/400 -> 0/400", Finding, ("160/800 -> 80/800",)),
        Case("all of it carries over", "80/400 -> 0/400", Clear, ("160/800 -> 2/800",)),
        Case("none of it carries over", "80/400 -> 0/400", Clear, ("160/800 -> 160/800",)),
        Case("too few to tell half from all", "80/400 -> 0/400", Undecided, ("6/30 -> 3/30",)),
    ),
)
