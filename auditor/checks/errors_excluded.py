"""Invalid samples became more and make up part of the fall.

What it looks for
A suite whose reported rate fell and whose share of samples without a score (error, limit, refusal) is shown to have
risen, where counting them as misaligned on both sides takes more than a fifth of that fall away.

Why it matters
A rate leaves out what has no score. A sample that failed and now ends in an error is gone from the count.

What to do
Find out why samples end without a score, run them again, and report their share beside the rate.

What it cannot see
Why a sample is invalid where its log does not say: the finding names errors, limits and refusals where it does.
Refusals that were given a score: SD124 looks for these.
"""

from auditor.assess.facts import BehaviourFacts, ProtocolField
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_points

NOTABLE_SHARE = 0.2


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a suite with more invalid samples that account for a part of its fall."""
    if facts.test is None:
        return Undecided(facts.reason)
    parts = {suite.suite: suite.attribution for suite in facts.suites}
    for suite in facts.diagnostics.measured:
        attribution = parts.get(suite.suite, facts.attribution)
        if (
            suite.fell
            and suite.invalid_rose
            and attribution is not None
            and (attribution.invalid or 0.0) > NOTABLE_SHARE * attribution.pooled
        ):
            share = suite.differs_in(ProtocolField.INVALID)
            changed = f" went from {share.before} to {share.after}" if share else " rose"
            message = (
                f"the share of samples without a score in {suite.suite}{changed}; counted as misaligned they take away "
                f"{format_points(attribution.invalid or 0.0)} of {format_points(attribution.pooled)} points"
            )
            return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD110",
    name="errors-excluded",
    title="Invalid samples became more and make up part of the fall",
    severity=Severity.HIGH,
    remedy="run the samples that ended without a score again, and report their share beside the rate",
    run=run,
    cases=(
        Case("failures ended in errors", "80/400 -> 0/320+80", Finding, ("82/400 -> 80/400",)),
        Case("failures were refused", "80/400 -> 0/320+80", Finding, ("82/400 -> 80/400",), reason="refusal"),
        Case("no more errors than before", "80/400+20 -> 0/400+20", Clear, ("82/400 -> 80/400",)),
        Case("no errors", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
        Case("not run after", "80/400 -> -", Undecided, ("82/400 -> 80/400",)),
    ),
)
