"""Fewer samples fail, and those that do fail more mildly.

What it looks for
A test fall with a mean severity shown to have shifted: lower among the misaligned, or, where all samples are rated,
falling by less than half as much as the rate.

Why it matters
Overt failures that turn into deniable ones slip under a threshold. The rate falls; the behaviour has changed its form.

What to do
Read samples from both sides of the threshold. Report the mean severity beside the rate.

What it cannot see
Severity without ratings on both sides. Whether milder is better: sometimes it is just that.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, confidence_of, supporting_records
from auditor.model.finding import Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a fall with a shift; undecided where a fall comes without ratings on both sides."""
    if not facts.fell:
        return Clear()
    severity = facts.diagnostics.severity
    if severity is None or severity.shifted is None:
        return Undecided("the severity of what is left is not known")
    if not severity.shifted:
        return Clear()
    message = f"mean severity ({severity.among} samples) went from {severity.before:.2f} to {severity.after:.2f}"
    return Finding(message, confidence_of(facts), supporting_records(facts))


CHECK = PatchCheck(
    code="SD118",
    name="severity-shifted",
    title="Fewer samples fail, and those that do fail more mildly",
    severity=Severity.MEDIUM,
    remedy="read samples from both sides of the threshold, and report the severity beside the rate",
    run=run,
    cases=(
        Case("milder failures", "160/400 -> 40/400", Finding, ("162/400 -> 160/400",), severity="0.9 -> 0.3"),
        Case("failures as grave", "160/400 -> 40/400", Clear, ("162/400 -> 160/400",), severity="0.9 -> 0.9"),
        Case("no ratings", "160/400 -> 40/400", Undecided, ("162/400 -> 160/400",)),
    ),
)
