"""A waiver is for a finding that is not there.

What it looks for
A waiver whose check, fingerprint and patch together name no finding of this history. A waiver for a finding about
waivers is one of these: they cannot be waived.

Why it matters
It excuses nothing today. Its finding was settled, its text was changed and is another finding now, or somebody lays in
a stock of waivers.

What to do
Remove the file, or correct what it names: the gate and the audit print the three beside each finding.

What it cannot see
Whether the finding was there when the waiver was granted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires where nothing is found that it names."""
    if facts.known or facts.waiver.fingerprint is None:
        return Clear()
    message = f"waiver {facts.waiver.name} names a finding ({facts.waiver.check}) that is not there"
    return Finding(message, Confidence.HIGH, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD402",
    name="unmatched-waiver",
    title="A waiver is for a finding that is not there",
    severity=Severity.MEDIUM,
    remedy="remove the file, or correct its check, fingerprint and patch",
    run=run,
    cases=(
        WaiverCase("no such finding", replace(_GOOD, known=False), Finding),
        WaiverCase("its finding is there", _GOOD, Clear),
        WaiverCase("a blanket", replace(_GOOD, known=False, waiver=replace(SAMPLE_WAIVER, fingerprint=None)), Clear),
    ),
)
