"""The held-out samples are too few to tell.

What it looks for
An inconclusive verdict that more held-out samples would settle. It names how many a side would show, with probability
0.8, that the fall did not carry over, if it did not; or, where runs of one state lie too far apart for any number of
samples in so few, how many runs.

Why it matters
Most held-out sets are too small for the question they are asked. A set that can never speak against a patch is no
control.

What to do
Run more held-out items (new items before more epochs) on both revisions.

What it cannot see
How much will carry over. A transfer near a threshold needs more samples than any plan says.
"""

from auditor.assess.facts import BehaviourFacts, MissingEvidence
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, supporting_records
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_count
from auditor.model.verdict import Verdict


def run(facts: BehaviourFacts) -> Outcome:
    """Fires where held-out samples are what is missing."""
    if facts.missing in (MissingEvidence.HELD_OUT, MissingEvidence.RUNS) and facts.ruling is not None:
        side = min(facts.ruling.change.before, facts.ruling.change.after, key=lambda rate: rate.size)
        worth = f", worth {format_count(side.size)} independent ones" if round(side.size) < side.valid else ""
        would = f"about {facts.ruling.needed:,} would do" if facts.ruling.needed else "no number is sure to do"
        if facts.ruling.runs_needed:
            would = f"runs of one state lie too far apart: about {facts.ruling.runs_needed:,} runs a side would do"
        message = f"{facts.ruling.suite} has {side.valid:,} samples a side{worth}; {would}"
        return Finding(message, Confidence.HIGH, supporting_records(facts))
    if facts.verdict is Verdict.UNMEASURED:
        return Undecided(facts.reason)
    return Clear()


CHECK = PatchCheck(
    code="SD105",
    name="held-out-too-small",
    title="The held-out samples are too few to tell whether the fall carried over",
    severity=Severity.LOW,
    remedy="run more held-out items on both revisions; auditor plan says how many",
    run=run,
    cases=(
        Case("ten samples", "80/400 -> 0/400", Finding, ("2/10 -> 2/10",)),
        Case("enough samples, no transfer", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
        Case("enough samples, all carried over", "80/400 -> 0/400", Clear, ("82/400 -> 1/400",)),
        Case("zero before: no number helps", "80/400 -> 0/400", Clear, ("0/300 -> 0/300",)),
        Case("not measured at all", "80/400 -> 0/400", Undecided),
    ),
)
