"""A spec is no longer configured, and its text stays.

What it looks for
Specs that were configured before the landing and are not after it, while their text is still there: an entry that is
taken out or renamed, or a configuration that is removed.

Why it matters
What nothing configures is judged by nobody. The next landing could say anything.

What to do
Configure it again. To end a spec, remove its text in the same landing; a spec that gets another name is another one,
and needs a waiver.

What it cannot see
Another pipeline that no longer calls the gate.
"""

from auditor.assess.landing import LandingFacts
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: LandingFacts) -> Outcome:
    """Fires where a spec is left without configuration."""
    if not facts.unjudged:
        return Clear()
    return Finding(
        f"text that nothing judges any longer: {', '.join(facts.unjudged)}",
        Confidence.HIGH,
        identity="\n".join(facts.unjudged),
    )


CHECK = LandingCheck(
    code="SD306",
    name="spec-left-unjudged",
    title="A spec is no longer configured, and its text stays",
    severity=Severity.HIGH,
    remedy="configure the spec again, or remove its text in the same landing",
    run=run,
    alone=True,
    cases=(
        LandingCase("alone", LandingFacts(unjudged=("conduct",)), Finding),
        LandingCase("with a patch", LandingFacts(unjudged=("conduct",), patched=("conduct",)), Finding),
        LandingCase("nothing of the kind", LandingFacts(), Clear),
    ),
)
