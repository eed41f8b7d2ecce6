"""What lands changes files of the evaluation history.

What it looks for
Files of the store that are only ever added to (records, item manifests, labels, samples, prompts, plans, held-out uses,
seals) that were there before the landing and are another content after it.

Why it matters
A record is named by its content, so that one that is changed is another under the old one's name. Nobody may edit
what was measured.

What to do
Restore what was there. A correction is a new record that names the old one.

What it cannot see
A run that was never recorded, and a record that was false when it was added.
"""

from auditor.assess.landing import LandingFacts
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: LandingFacts) -> Outcome:
    """Fires where a record is changed."""
    if not facts.changed:
        return Clear()
    count = len(facts.changed)
    message = f"{count:,} file{'' if count == 1 else 's'} of the evaluation history of before: changed"
    return Finding(message, Confidence.HIGH, facts.changed, identity="\n".join(facts.changed))


_RECORD = "0" * 64

CHECK = LandingCheck(
    code="SD304",
    name="records-changed",
    title="What lands changes files of the evaluation history",
    severity=Severity.HIGH,
    remedy="restore what was there; a correction is a new record that names the old",
    run=run,
    alone=True,
    cases=(
        LandingCase("a record is changed", LandingFacts(changed=(_RECORD,)), Finding),
        LandingCase("with a patch", LandingFacts(changed=(_RECORD,), patched=("conduct",)), Finding),
        LandingCase("records are only added", LandingFacts(), Clear),
        LandingCase("another record is removed", LandingFacts(removed=(_RECORD,)), Clear),
    ),
)
