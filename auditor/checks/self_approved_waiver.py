"""A patch's author granted the waiver for it.

What it looks for
A waiver whose file, as it is, was last written by a commit of the author of the patch it names: the same name or the
same address. What the file says under `who` is not asked.

Why it matters
With `two_person` in the policy such a waiver does not count. Without it, it counts, and this says so.

What to do
Have somebody else commit the waiver.

What it cannot see
Forged authors: git proves no name. Let the server demand signed commits, or a review by the owners of the waivers'
folder. A squash that bears the author's name hides who wrote what in it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.checks.interface import SAMPLE_WAIVER, Clear, Outcome, Undecided, WaiverCase, WaiverCheck
from auditor.model.finding import Confidence, Finding, Place, Severity


def run(facts: WaiverFacts) -> Outcome:
    """Fires where one person wrote both."""
    if facts.self_approved is None:
        return Undecided("nobody can tell who committed the waiver, or the patch")
    if not facts.self_approved:
        return Clear()
    name, address = facts.commit.author if facts.commit else ("", "")
    message = f"waiver {facts.waiver.name} was committed by {name} <{address}>, who wrote its patch"
    return Finding(message, Confidence.MEDIUM, identity=facts.waiver.name, place=Place(facts.waiver.path, 1))


_TODAY = date(2026, 3, 20)
_GOOD = WaiverFacts(SAMPLE_WAIVER, _TODAY, WaiverCommit(("Bea", "bea@example.org"), date(2026, 3, 1)))

CHECK = WaiverCheck(
    code="SD406",
    name="self-approved-waiver",
    title="A patch's author granted the waiver for it",
    severity=Severity.MEDIUM,
    remedy="have somebody else than the patch's author commit it",
    run=run,
    cases=(
        WaiverCase("the same address", replace(_GOOD, patch_authors=(("B", "Bea@example.org"),)), Finding),
        WaiverCase("the same name", replace(_GOOD, patch_authors=(("bea", "other@example.org"),)), Finding),
        WaiverCase("somebody else", replace(_GOOD, patch_authors=(("Ada", "ada@example.org"),)), Clear),
        WaiverCase("one of several", replace(_GOOD, patch_authors=(("Ada", "a@x.org"), ("Bea", "b@x.org"))), Finding),
        WaiverCase("in no commit", replace(_GOOD, commit=None), Undecided),
    ),
)
