"""A patch brings its own waiver.

What it looks for
A landing that changes a spec's text and adds or changes a waiver, whatever the waiver is for.

Why it matters
A waiver is somebody's word that a finding may stand. In one landing with what it excuses, nobody has read it as
such.

What to do
Land the waiver by itself first, committed by somebody else; then the patch.

What it cannot see
A waiver that its patch's author lands a minute earlier: SD406 looks at who committed it.
"""

from auditor.assess.landing import LandingFacts
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: LandingFacts) -> Outcome:
    """Fires where a waiver comes with a patch."""
    if not facts.patched or not facts.waivers:
        return Clear()
    message = f"{', '.join(facts.waivers)} in one landing with a patch to {', '.join(facts.patched)}"
    return Finding(message, Confidence.HIGH, identity="\n".join(facts.waivers), place=Place(facts.waivers[0], 1))


_WAIVER = "eval_history/waivers/one.toml"

CHECK = LandingCheck(
    code="SD305",
    name="own-waiver",
    title="A patch brings its own waiver",
    severity=Severity.HIGH,
    remedy="land the waiver by itself first, committed by somebody else than the patch's author",
    run=run,
    cases=(
        LandingCase("a waiver beside a patch", LandingFacts(patched=("conduct",), waivers=(_WAIVER,)), Finding),
        LandingCase("a waiver by itself", LandingFacts(waivers=(_WAIVER,)), Clear),
        LandingCase("a patch by itself", LandingFacts(patched=("conduct",)), Clear),
    ),
)
