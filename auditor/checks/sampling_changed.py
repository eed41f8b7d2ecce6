"""The sampling changed across the patch.

What it looks for
A suite whose runs before and after share no sampling (temperature, token limits and the like), and so are not compared.

Why it matters
A lower temperature, or a shorter answer, changes how often a rare failure is seen without changing what the model does.

What to do
Run one side again with the other's sampling.

What it cannot see
Sampling that logs do not mention, a provider's default among it.
"""

from auditor.assess.facts import BehaviourFacts, ProtocolField
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, differing_suites
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a suite that was not compared because of its sampling."""
    for suite, change in differing_suites(facts, ProtocolField.SAMPLING):
        message = f"{suite.suite} was sampled with {change.before} before and {change.after} after"
        return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD112",
    name="sampling-changed",
    title="The sampling changed across the patch",
    severity=Severity.MEDIUM,
    remedy="run both sides with the same temperature, limits and tools",
    run=run,
    cases=(
        Case("another temperature", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",), sampling='{"temperature":0}'),
        Case("the same sampling", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
    ),
)
