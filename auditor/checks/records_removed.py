"""What lands removes files of the evaluation history.

What it looks for
Files of the store that are only ever added to (records, item manifests, labels, samples, prompts, plans, held-out uses,
seals) that were there before the landing and are not there after it.

Why it matters
A run that is no longer there was perhaps one that said something. Records are an unordered set to which runs are
added; nothing in it grows old.

What to do
Restore what was there. A correction is a new record that names the old one.

What it cannot see
A run that was never recorded, and a history that was rewritten: hold it against a checkpoint from outside.
"""

from auditor.assess.landing import LandingFacts
from auditor.checks.interface import Clear, LandingCase, LandingCheck, Outcome
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: LandingFacts) -> Outcome:
    """Fires where a record is removed."""
    if not facts.removed:
        return Clear()
    count = len(facts.removed)
    message = f"{count:,} file{'' if count == 1 else 's'} of the evaluation history of before: removed"
    return Finding(message, Confidence.HIGH, facts.removed, identity="\n".join(facts.removed))


_RECORD = "0" * 64

CHECK = LandingCheck(
    code="SD303",
    name="records-removed",
    title="What lands removes files of the evaluation history",
    severity=Severity.HIGH,
    remedy="restore what was there; a correction is a new record that names the old",
    run=run,
    alone=True,
    cases=(
        LandingCase("a record is removed", LandingFacts(removed=(_RECORD,)), Finding),
        LandingCase("with a patch", LandingFacts(removed=(_RECORD,), patched=("conduct",)), Finding),
        LandingCase("records are only added", LandingFacts(), Clear),
        LandingCase("another record is changed", LandingFacts(changed=(_RECORD,)), Clear),
    ),
)
