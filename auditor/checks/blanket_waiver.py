"""A waiver is for everything, or for good.

What it looks for
A waiver that names no finding, or no last day, or a last day more than a year after the day it was granted.

Why it matters
An exception is one finding for some time. A blanket is another policy, which nobody decided on.

What to do
Name the finding's fingerprint and its patch, and a last day within a year.

What it cannot see
Many narrow waivers that together are a blanket: every report lists them all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires where it is not one exception for one finding and some time."""
    if not facts.blanket:
        return Clear()
    message = f"waiver {facts.waiver.name} waives nothing: {facts.blanket}"
    return Finding(message, Confidence.HIGH, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD404",
    name="blanket-waiver",
    title="A waiver is for everything, or for good",
    severity=Severity.HIGH,
    remedy="name one finding and a last day within a year",
    run=run,
    cases=(
        WaiverCase("no fingerprint", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, fingerprint=None)), Finding),
        WaiverCase("no end", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, until=None)), Finding),
        WaiverCase("for two years", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, until=date(2028, 3, 1))), Finding),
        WaiverCase("for a year", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, until=date(2027, 3, 1))), Clear),
        WaiverCase("for a month", _GOOD, Clear),
    ),
)
