"""A waiver came when its patch had landed already.

What it looks for
A waiver that landed after the patch it names, by the order of history and not by dates.

Why it matters
The patch landed without it: past the gate, or before there was one. Such a waiver settles what is found afterwards; it
is no approval beforehand, and must not read like one.

What to do
Say in its reason how the patch came to land without it.

What it cannot see
The order of landings in a history that was rewritten.
"""

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires where the patch was there first."""
    if not facts.after_patch:
        return Clear()
    message = f"waiver {facts.waiver.name} landed after the patch it is for"
    return Finding(message, Confidence.HIGH, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD407",
    name="waiver-after-landing",
    title="A waiver came when its patch had landed already",
    severity=Severity.MEDIUM,
    remedy="say in its reason how the patch came to land without it",
    run=run,
    cases=(
        WaiverCase("after its patch", replace(_GOOD, after_patch=True), Finding),
        WaiverCase("before its patch", _GOOD, Clear),
    ),
)
