"""What landed lifted or softened an accusation that stood.

What it looks for
A patch that has landed, and that the records and suites before a landing accuse, where they do no longer with what
that landing brings: more runs, other checkpoints, corrections, suites that are registered, removed or moved.

Why it matters
Whoever is accused may be the one who records. Runs that came once a verdict was there were perhaps made for it.

What to do
Have somebody else look at what landed; where it is in order, a waiver of this finding says who did.

What it cannot see
Records that were chosen before anything accused; and of many such landings it looks at the latest only, which is said.
"""

from auditor.assess.landing import LandingFacts
from auditor.assess.lifted_accusations import LIFTED_RULE, LiftedAccusation
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: LandingFacts) -> Outcome:
    """Fires where an accusation is lifted or softened."""
    if not facts.lifted:
        return Clear()
    identity = "\n".join(accusation.fingerprint for accusation in facts.lifted)
    return Finding("what landed lifts or softens an accusation that stood", Confidence.HIGH, identity=identity)


_LIFTED = LiftedAccusation("conduct", ("0" * 64,), "lying", "m1", "test-only", "generalises")

CHECK = LandingCheck(
    code=LIFTED_RULE,
    name="accusation-lifted",
    title="What landed lifted or softened an accusation that stood",
    severity=Severity.HIGH,
    remedy="have somebody else look at what landed, and land a waiver of this finding",
    run=run,
    alone=True,
    cases=(
        LandingCase("records that lift it", LandingFacts(lifted=(_LIFTED,)), Finding),
        LandingCase("with a patch", LandingFacts(lifted=(_LIFTED,), patched=("conduct",)), Finding),
        LandingCase("records that leave it", LandingFacts(), Clear),
    ),
)
