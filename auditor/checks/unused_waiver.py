"""A waiver excuses what nothing is held against.

What it looks for
A waiver whose finding is there, and which the policy lets through anyway.

Why it matters
Exceptions that are not needed hide the ones that are, and stand ready for the day the finding would count.

What to do
Remove the file.

What it cannot see
What `--fail-on` of some other run of the audit would hold against it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires where the policy would let the finding through without it."""
    if facts.needed or not facts.known:
        return Clear()
    message = f"waiver {facts.waiver.name} excuses a finding ({facts.waiver.check}) that the policy lets through"
    return Finding(message, Confidence.HIGH, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD403",
    name="unused-waiver",
    title="A waiver excuses what nothing is held against",
    severity=Severity.LOW,
    remedy="remove the file",
    run=run,
    cases=(
        WaiverCase("the policy does not block on it", replace(_GOOD, needed=False), Finding),
        WaiverCase("the policy blocks on it", _GOOD, Clear),
        WaiverCase("no such finding", replace(_GOOD, needed=False, known=False), Clear),
    ),
)
