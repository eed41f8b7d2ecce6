"""Something other than the patch changed in the step.

What it looks for
A decided verdict on a step in which the checkpoint changed too, other training lies between, or several patches share
the step.

Why it matters
The contrast stands: test and held-out moved as they moved. What moved them is not settled, and a patch must not be
credited or blamed for a model upgrade.

What to do
Evaluate the old checkpoint under the new revision, or the new checkpoint under the old one; either separates the two.

What it cannot see
Changes that no record mentions: a silent model update behind an unchanged name, a changed tool or environment.
"""

from auditor.assess.facts import BehaviourFacts
from auditor.checks.interface import Case, Clear, Outcome, PatchCheck, Undecided, supporting_records
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.verdict import Cause


def run(facts: BehaviourFacts) -> Outcome:
    """Fires on a measured step with an unresolved cause; a checkpoint step has no patch to be credited."""
    if facts.test is None:
        return Undecided(facts.reason)
    if facts.cause is Cause.PATCH or not facts.step.patches:
        return Clear()
    return Finding(f"in this step also: {'; '.join(facts.also_changed)}", Confidence.HIGH, supporting_records(facts))


CHECK = PatchCheck(
    code="SD107",
    name="something-else-changed",
    title="Something other than the patch changed in the step",
    severity=Severity.MEDIUM,
    remedy="evaluate the old checkpoint under the new revision, or each patch by itself",
    run=run,
    cases=(
        Case(
            "a new checkpoint with the patch", "80/400 -> 0/400", Finding, ("82/400 -> 2/400",), after_checkpoint="m2"
        ),
        Case("the same checkpoint", "80/400 -> 0/400", Clear, ("82/400 -> 2/400",)),
        Case("not run after", "80/400 -> -", Undecided, ("82/400 -> 2/400",)),
    ),
)
