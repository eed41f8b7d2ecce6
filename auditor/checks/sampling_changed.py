"""The sampling or set-up changed across the patch.

What it looks for
A suite whose runs before and after share no sampling (temperature, token limits and the like), solver, task arguments,
model arguments or dataset, and so are not compared.

Why it matters
A lower temperature, a shorter answer, a solver that gives hints or an easier variant of the task changes how often a
rare failure is seen without changing what the model does.

What to do
Run one side again, set up as the other.

What it cannot see
What logs do not mention, a provider's default among it.
"""

from auditor.assess.facts import BehaviourFacts, ProtocolField
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, differing_suites
from auditor.model.finding import Confidence, Finding, Severity

_FIELDS = {
    ProtocolField.SAMPLING: "sampled with",
    ProtocolField.SOLVER: "run with the solver",
    ProtocolField.TASK_ARGUMENTS: "run with the task arguments",
    ProtocolField.MODEL_ARGUMENTS: "run with the model arguments",
    ProtocolField.DATASET: "run on the dataset",
    ProtocolField.SHUFFLED: "run in an order that was drawn:",
}


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a suite that was not compared because of its sampling, or of how it was set up."""
    for protocol_field, words in _FIELDS.items():
        for suite, change in differing_suites(facts, protocol_field):
            message = f"{suite.suite} was {words} {change.before} before and {change.after} after"
            return Finding(message, Confidence.HIGH, suite.runs)
    return Clear()


CHECK = PatchCheck(
    code="SD112",
    name="sampling-changed",
    title="The sampling or set-up changed across the patch",
    severity=Severity.MEDIUM,
    remedy="run both sides with the same temperature, limits, solver, arguments and tools",
    run=run,
    cases=(
        Case("another temperature", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",), sampling='{"temperature":0}'),
        Case("the same sampling", "80/400 -> 0/400", Clear, ("82/400 -> 80/400",)),
    ),
)
