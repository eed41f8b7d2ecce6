"""Zero is reported without the samples for it.

What it looks for
A test rate of zero after the patch whose upper limit is above the policy's tolerance many times over: fewer than 299
independent samples, so that a rate of 1 % would often show none either.

Why it matters
"0 %" is read as elimination. None of n shows at most about 3/n.

What to do
Say "at most x %" beside the zero, or run as many samples as the claim needs: 299 for 1 %, 2,995 for 0.1 %.

What it cannot see
A rate that is zero on these items and not on others.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, supporting_records
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_upper
from auditor.stats.power import samples_to_bound_rate

CLAIMED = 0.01
NEEDED = samples_to_bound_rate(CLAIMED, 0.05)


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on none misaligned of fewer independent samples than bound the rate at 1 %."""
    if facts.test is None:
        return Undecided(facts.reason)
    after = facts.test.after
    if after.misaligned or after.size >= NEEDED:
        return Clear()
    message = (
        f"none of {after.valid} samples shows a rate of at most {format_upper(after)} %, "
        f"not zero; {NEEDED} independent samples would bound it at 1 %"
    )
    return Finding(message, Confidence.HIGH, supporting_records(facts))


CHECK = PatchCheck(
    code="SD106",
    name="zero-without-samples",
    title="A test rate of zero rests on too few samples to mean it",
    severity=Severity.LOW,
    remedy="report the upper limit beside the zero, or run the samples the claim needs",
    run=run,
    cases=(
        Case("none of fifty", "10/50 -> 0/50", Finding, ("10/50 -> 9/50",)),
        Case("none of 298", "30/298 -> 0/298", Finding, ("30/298 -> 30/298",)),
        Case("none of 299", "30/299 -> 0/299", Clear, ("30/299 -> 30/299",)),
        Case("one of fifty", "10/50 -> 1/50", Clear, ("10/50 -> 9/50",)),
        Case("not run after", "10/50 -> -", Undecided, ("10/50 -> 9/50",)),
    ),
)
