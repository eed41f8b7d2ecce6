"""A clause comes back that was once taken out.

What it looks for
Clauses that the patch brings in and that stood in an earlier revision, found again by their words.

Why it matters
What was taken out for a reason may come back without one, and its evaluation may be gone.

What to do
Say in the change log why it was taken out and why it is back, and check that its eval prompt still is there.

What it cannot see
Rules that come back in other words.
"""

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, place_of, shorten
from auditor.clauses.lineage import LineageEvent
from auditor.model.clause import ChangeKind, ClauseKind
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: PatchText) -> TextOutcome:
    """Fires on each rule that comes back; headings and examples come back with it."""
    return tuple(
        _finding(facts, event)
        for event in facts.events
        if event.kind is ChangeKind.REINSTATED
        and event.after[0].kind not in (ClauseKind.HEADING, ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)
    )


def _finding(facts: PatchText, event: LineageEvent) -> Finding:
    clause = event.after[0]
    removed = facts.removed_on(clause)
    when = f" that was taken out on {removed:%Y-%m-%d}" if removed else ""
    return Finding(
        f'a clause comes back{when}: "{shorten(clause.text)}"',
        Confidence.HIGH,
        place=place_of(clause),
        identity=clause.text,
    )


CHECK = TextCheck(
    code="SD206",
    name="clause-reinstated",
    title="A clause comes back that was once taken out",
    severity=Severity.LOW,
    remedy="say in the change log why it was taken out and why it is back",
    run=run,
    cases=(
        TextCase(
            "out and in again",
            "Be kind to everyone you meet.",
            "Be kind to everyone you meet.\n\nNever keep a secret from the people you work for.",
            Finding,
            earlier=("Be kind to everyone you meet.\n\nNever keep a secret from the people you work for.",),
        ),
        TextCase("a new clause", "Be kind to everyone you meet.", "Be kind to everyone you meet.\n\nBe brief.", Clear),
    ),
)
