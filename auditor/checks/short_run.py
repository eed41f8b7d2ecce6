"""A run has fewer samples than were planned.

What it looks for
A run on either side with fewer samples, valid and invalid together, than were planned: by the plan it fulfils
(`auditor preregister`), else by its log or table. Runs that broke off are among them.

Why it matters
A run stopped while it looks good, or a limit that keeps the easy first items, is a choice made after seeing results.

What to do
Run the samples that are missing. Where fewer are meant, plan fewer.

What it cannot see
Runs that do not say what was planned. Samples left out before the plan was written.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on the first run that is short."""
    for suite in facts.diagnostics.measured:
        for short in suite.short:
            samples = f"{short.got:,} of {short.planned:,} planned samples"
            message = f"a run of {suite.suite} {short.side} the patch has {samples}"
            return Finding(message, Confidence.HIGH, (short.record,))
    return Clear()


CHECK = PatchCheck(
    code="SD113",
    name="short-run",
    title="A run has fewer samples than were planned",
    severity=Severity.MEDIUM,
    remedy="run the samples that are missing, or say before the run that fewer are meant",
    run=run,
    cases=(
        Case("four hundred of five hundred", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",), planned=500),
        Case("all that were planned", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",), planned=400),
        Case("nothing is said of a plan", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
    ),
)
