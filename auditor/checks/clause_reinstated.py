"""A clause comes back that was once taken out.

What it looks for
Rules that the patch brings in and that stood in an earlier revision, found again by their words.

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
from auditor.clauses.deontic import Direction
from auditor.clauses.lexicon import to_prose
from auditor.clauses.text_events import TextEvent
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.finding import Confidence, Finding, Severity

_FEWEST_WORDS = 4


def run(facts: PatchText) -> TextOutcome:
    """Fires on each rule that comes back, once for those of one event; headings, examples, and what is neither a
    rule nor a sentence (a tag, a link, a name) come back with them."""
    directions = {place_of(change.after): norm.direction for change, norm in facts.judged}
    returned = (
        (None, event.after[0], event.after[0])
        for event in facts.events
        if event.kind is ChangeKind.REINSTATED
        and event.after[0].kind not in (ClauseKind.HEADING, ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)
        and (directions.get(place_of(event.after[0])) is not Direction.DESCRIPTIVE or _is_sentence(event.after[0]))
    )
    return tuple(_finding(facts, event, clauses) for event, clauses in facts.group_by_event(returned))


def _is_sentence(clause: Clause) -> bool:
    return to_prose(clause.text).endswith((".", "!", "?", "\u3002")) and len(clause.text.split()) >= _FEWEST_WORDS


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
        TextCase(
            "a name comes back to a list",
            "Ask one of these:\n\n- Ada of the pier\n- Bea of the harbour",
            "Ask one of these:\n\n- Ada of the pier\n- Bea of the harbour\n- Cid of the long quay",
            Clear,
            earlier=("Ask one of these:\n\n- Ada of the pier\n- Bea of the harbour\n- Cid of the long quay",),
        ),
        TextCase("a new clause", "Be kind to everyone you meet.", "Be kind to everyone you meet.\n\nBe brief.", Clear),
    ),
)
