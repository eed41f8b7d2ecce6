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

from collections.abc import Sequence

from auditor.assess.text import PatchText
from auditor.checks.interface import (
    Clear,
    TextCase,
    TextCheck,
    TextOutcome,
    describe_event,
    place_of,
    quote_some,
    shorten,
)
from auditor.clauses.text_events import TextEvent
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.finding import Confidence, Finding, Severity


def run(facts: PatchText) -> TextOutcome:
    """Fires on each rule that comes back, once for those of one event; headings and examples come back with them."""
    returned = (
        (None, event.after[0], event.after[0])
        for event in facts.events
        if event.kind is ChangeKind.REINSTATED
        and event.after[0].kind not in (ClauseKind.HEADING, ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)
    )
    return tuple(_finding(facts, event, clauses) for event, clauses in facts.group_by_event(returned))


def _finding(facts: PatchText, event: TextEvent | None, clauses: Sequence[Clause]) -> Finding:
    clause, texts = clauses[0], [clause.text for clause in clauses]
    removed = facts.removed_on(clause)
    when = f" taken out on {removed:%Y-%m-%d}" if removed else ""
    if len(clauses) == 1 or event is None:
        since = f" that was{when}" if when else ""
        message = f'a clause comes back{since}: "{shorten(clause.text)}"'
    else:
        since = f", the first of them{when}" if when else ""
        message = f"{describe_event(event)}: {len(clauses):,} clauses come back{since}: {quote_some(texts)}"
    return Finding(message, Confidence.HIGH, place=place_of(clause), identity="\n".join(texts))


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
