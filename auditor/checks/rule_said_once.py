"""A rule that stood several times stands fewer times.

What it looks for
Rules that the patch takes out in one place, and that still stand word for word in another, at no lower level of
authority.

Why it matters
Nothing is weaker where the other place covers the same cases. Where it is about other cases, the rule is gone from
those it was taken out of.

What to do
Read the section in which the rule still stands: it must cover what the other one covered.

What it cannot see
What a section is about.
"""

from collections.abc import Mapping

from auditor.assess.text import PatchText
from auditor.checks.interface import Clear, TextCase, TextCheck, TextOutcome, place_of, quote_some
from auditor.clauses.deontic import Direction
from auditor.clauses.text_events import TextEventKind
from auditor.model.clause import Clause
from auditor.model.finding import Confidence, Finding, Severity

_FEWEST_WORDS = 4  # fewer are a label


def run(facts: PatchText) -> TextOutcome:
    """Fires once for all rules of which a repetition is dropped."""
    relaxed = {id(change) for change, norm in facts.judged if norm.direction is Direction.RELAXED}
    copies = {
        change.before.text: copy
        for event in facts.text_events
        if event.kind is TextEventKind.SAID_ONCE
        for change, copy in zip(event.changes, event.copies, strict=True)
        if change.before is not None and id(change) in relaxed and len(change.before.text.split()) >= _FEWEST_WORDS
    }
    return (_finding(copies),) if copies else ()


def _finding(copies: Mapping[str, Clause]) -> Finding:
    texts, copy = list(copies), next(iter(copies.values()))
    if len(texts) == 1:
        place = f"under {copy.section[-1]}" if copy.section else "before the first heading"
        subject = f"a repetition is dropped; the rule still stands {place}"
    else:
        subject = f"repetitions of {len(texts):,} rules are dropped; each still stands elsewhere in the spec"
    message = f"{subject}: {quote_some(texts)}"
    return Finding(message, Confidence.HIGH, place=place_of(copy), identity="\n".join(texts))


CHECK = TextCheck(
    code="SD213",
    name="rule-said-once",
    title="A rule that stood several times stands fewer times",
    severity=Severity.NOTE,
    remedy="check that the section in which it still stands covers the same cases",
    run=run,
    cases=(
        TextCase(
            "the second of two goes",
            "# Mail\n\nThe assistant must never send a letter twice.\n\nBe brief.\n\n"
            "# Parcels\n\nThe assistant must never send a letter twice.\n\nUse string.",
            "# Mail\n\nThe assistant must never send a letter twice.\n\nBe brief.\n\n# Parcels\n\nUse string.",
            Finding,
        ),
        TextCase(
            "the only one goes",
            "# Mail\n\nThe assistant must never send a letter twice.\n\nBe brief.",
            "# Mail\n\nBe brief.",
            Clear,
        ),
        TextCase(
            "the one that is left is at a lower level",
            "# Mail {authority=root}\n\nThe assistant must never send a letter twice.\n\nBe brief.\n\n"
            "# Parcels {authority=guideline}\n\nThe assistant must never send a letter twice.",
            "# Mail {authority=root}\n\nBe brief.\n\n"
            "# Parcels {authority=guideline}\n\nThe assistant must never send a letter twice.",
            Clear,
        ),
    ),
)
