"""A waiver says an earlier day than it can have landed on.

What it looks for
A waiver whose day lies before every day on which it can have landed. That day is not its own commit's, which whoever
commits sets, but the latest of all commits before it on the way it landed.

Why it matters
A waiver that is made to look older than the landing it excuses makes a landing without one look approved.

What to do
Grant it again, with the day on which it is granted.

What it cannot see
Dates of a whole history that was rewritten, and a waiver that says a later day than its own. Dates in commits are
what the committer's clock said, or the committer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, Undecided, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires where its day lies before the day it can have landed on at the earliest."""
    if facts.commit is None:
        return Undecided("it is in no commit") if facts.in_git else Undecided("there is no git history to ask")
    if not facts.backdated:
        return Clear()
    landed = facts.commit.day
    message = f"waiver {facts.waiver.name} says {facts.waiver.granted}, and landed on {landed} at the earliest"
    return Finding(message, Confidence.HIGH, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD405",
    name="backdated-waiver",
    title="A waiver says an earlier day than it can have landed on",
    severity=Severity.HIGH,
    remedy="grant it again, with the day on which it is granted",
    run=run,
    cases=(
        WaiverCase("a month earlier", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, granted=date(2026, 2, 1))), Finding),
        WaiverCase("the same day", _GOOD, Clear),
        WaiverCase("a day earlier", replace(_GOOD, waiver=replace(SAMPLE_WAIVER, granted=date(2026, 2, 28))), Clear),
        WaiverCase("in no commit", replace(_GOOD, commit=None), Undecided),
    ),
)
