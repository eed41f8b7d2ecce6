"""A waiver has expired.

What it looks for
A waiver whose last day is over. It waives nothing any more.

Why it matters
An exception that nobody takes back reads like one that still holds, and the finding under it is open again.

What to do
Remove the file; or measure what the finding asks for; or have a new waiver granted.

What it cannot see
Whether the reason for it has gone before its last day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires from the day after its last day on."""
    if not facts.expired:
        return Clear()
    message = f"waiver {facts.waiver.name} expired on {facts.waiver.until}"
    return Finding(message, Confidence.HIGH, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD401",
    name="expired-waiver",
    title="A waiver has expired",
    severity=Severity.LOW,
    remedy="remove the file, or have a new waiver granted",
    run=run,
    cases=(
        WaiverCase("the day after", replace(_GOOD, day=date(2026, 4, 1)), Finding),
        WaiverCase("its last day", replace(_GOOD, day=date(2026, 3, 31)), Clear),
        WaiverCase("without an end", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, until=None)), Clear),
    ),
)
