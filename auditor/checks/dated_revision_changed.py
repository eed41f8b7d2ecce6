"""A dated revision of before is changed or removed.

What it looks for
Dated folders of a spec that were there before the landing and are not after it, or say something else.

Why it matters
A dated folder is a revision: what was measured under it was measured on that text. Edited in place, the text changes
and no patch is there to be judged.

What to do
Restore it, and put the new text into a folder of its own date.

What it cannot see
A folder that was edited before it was first committed, and anything outside of git.
"""

from auditor.assess.landing import LandingFacts
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: LandingFacts) -> Outcome:
    """Fires where a dated revision is another text, or gone."""
    if not facts.rewritten:
        return Clear()
    return Finding(
        f"dated revisions that are no longer what they were: {', '.join(facts.rewritten)}",
        Confidence.HIGH,
        identity="\n".join(facts.rewritten),
    )


CHECK = LandingCheck(
    code="SD307",
    name="dated-revision-changed",
    title="A dated revision of before is changed or removed",
    severity=Severity.HIGH,
    remedy="restore the folder, and put the new text into one of its own date",
    run=run,
    alone=True,
    cases=(
        LandingCase("alone", LandingFacts(rewritten=("conduct at 2026-01-01",)), Finding),
        LandingCase("with a patch", LandingFacts(rewritten=("conduct at 2026-01-01",), patched=("conduct",)), Finding),
        LandingCase("nothing of the kind", LandingFacts(), Clear),
    ),
)
