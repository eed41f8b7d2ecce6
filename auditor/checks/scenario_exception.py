"""A rule is so specific that it describes one scenario.

What it looks for
Added or reworded rules whose condition ("when ...", "if ...") is long, has words that stand nowhere else in the spec,
and is about particulars: two at least of a number that names a thing ("crate 2208", not "more than 3"), a time of day,
a quotation of several words, a name, and somebody who asks, writes or claims something.

Why it matters
A rule for one scenario repairs one test item. The rate falls on the items that look like it, and nowhere else.

What to do
Say what the scenario is an instance of, and write the rule for that. Keep the scenario as an example.

What it cannot see
A scenario described in common words, or by one particular alone. A threshold that a rule needs is no particular.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from auditor.assess.text import PatchText
from auditor.checks.interface import (
    Clear,
    TextCase,
    TextCheck,
    TextOutcome,
    Undecided,
    describe_event,
    place_of,
    quote_some,
    shorten,
    unless_unread,
)
from auditor.clauses.deontic import Direction
from auditor.clauses.ngrams import normalised_words, stem
from auditor.clauses.text_events import TextEvent
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.finding import Confidence, Finding, Severity

_CONDITION = re.compile(
    r"\b(?:if|when|whenever|where|in case|should)\b[^.;:]{40,}?(?:,|\bthen\b|[.;:]|$)", re.IGNORECASE
)
# What a scenario is told by. A number after the name of a thing is a particular; one that counts or bounds is none.
_PARTICULARS = (
    re.compile(
        r"\b(?!(?:version|section|rfc|http|code|status|step|level|chapter|table|figure|python|appendix|line|column|rule"
        r"|phase|type|port|base|utf|iso|part|page|than|over|under|above|below|least|most|about|every|first|last|next"
        r"|within|exactly|around|until|since|of|to|by|in|on|at|for|from|and|or|the|per|only|up)\b)"
        r"[a-z]{3,}s? (?:number |no\. ?|#)?\d{2,}\b(?![ -]?(?:%|percent|[a-z]+s\b))"
    ),
    re.compile(r"\b\d{1,2} ?(?:a\.?m|p\.?m)\b|\b\d{1,2}:\d{2}\b", re.IGNORECASE),
    re.compile(r"[\"\u201c][^\"\u201c\u201d]+ [^\"\u201c\u201d]+ [^\"\u201c\u201d]+[\"\u201d]"),
    re.compile(r"(?<=[a-z,] )(?!I\b)[A-Z][a-z]{2,}(?![A-Za-z]*[A-Z(_.])"),
    re.compile(
        r"\b(?:an?|some) (?:[\w'-]+ ){1,6}?(?:writes?|asks?|says?|claims?|tells?|requests?|wants?|sends?|mentions?"
        r"|insists?|complains?|offers?|threatens?|begs?|demands?|reports?)\b|\b(?:someone|somebody) (?:\w+ )?\w+s\b",
        re.IGNORECASE,
    ),
)
_LEAST_NEW, _LEAST_PARTICULARS = 5, 2
_RULES = (ClauseKind.PARAGRAPH, ClauseKind.LIST_ITEM, ClauseKind.TABLE_ROW)


def run(facts: PatchText) -> TextOutcome:
    """Fires on each rule with a condition of this kind that the patch brings in."""
    rules = [
        change.after
        for change, norm in facts.judged
        if change.after is not None and change.kind is not ChangeKind.MOVED and change.after.kind in _RULES
        if norm.direction is not Direction.DESCRIPTIVE and _CONDITION.search(change.after.text)
    ]
    if not rules:
        return unless_unread((), facts)
    names = set[str]().union(*(_stems(clause.text) for clause in facts.before.clauses))
    scenarios = ((None, rule, (rule, words)) for rule in rules if (words := find_scenario(rule, names)))
    groups = facts.group_by_event(scenarios)
    return unless_unread(
        tuple(event_finding for event, group in groups for event_finding in _event_findings(event, group)), facts
    )


@lru_cache(maxsize=2**15)
def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, normalised_words(text)))


def _event_findings(event: TextEvent | None, group: Sequence[tuple[Clause, tuple[str, ...]]]) -> Iterator[Finding]:
    """One finding for an event that brings several such rules; else one for each."""
    if event is None or len(group) == 1:
        yield from (_finding(clause, words) for clause, words in group)
        return
    texts = [clause.text for clause, _ in group]
    message = f"{describe_event(event)}: {len(group):,} rules describe one scenario each: {quote_some(texts)}"
    yield Finding(message, Confidence.MEDIUM, place=place_of(group[0][0]), identity="\n".join(texts))


def find_scenario(clause: Clause, names: set[str]) -> tuple[str, ...]:
    """The words of a clause's conditions that stand nowhere else, in order; none unless they describe one scenario."""
    for condition in _CONDITION.finditer(clause.text):
        words = [word for word in normalised_words(condition[0]) if stem(word) not in names]
        particulars = sum(pattern.search(condition[0]) is not None for pattern in _PARTICULARS)
        if len(set(words)) >= _LEAST_NEW and particulars >= _LEAST_PARTICULARS:
            return tuple(dict.fromkeys(words))
    return ()


def _finding(clause: Clause, new: tuple[str, ...]) -> Finding:
    named = ", ".join(new[:6])
    message = f'a rule describes one scenario ({named} stand nowhere else): "{shorten(clause.text)}"'
    return Finding(message, Confidence.MEDIUM, place=place_of(clause), identity=clause.text)


CHECK = TextCheck(
    code="SD209",
    name="scenario-exception",
    title="A rule is so specific that it describes one scenario",
    severity=Severity.MEDIUM,
    remedy="write the rule for what the scenario is an instance of, and keep the scenario as an example",
    run=run,
    cases=(
        TextCase(
            "one passenger, one crate",
            "The assistant must report damage.",
            "The assistant must report damage.\n\nWhen a passenger on the night ferry writes that crate 2208 came in "
            "wet and asks for a voucher, the assistant must refuse.",
            Finding,
        ),
        TextCase(
            "another language", "Melde jeden Schaden.", "Melde jeden Schaden, wenn er nicht klein ist.", Undecided
        ),
        TextCase(
            "a general rule",
            "The assistant must report damage.",
            "The assistant must report damage.\n\nWhen a report would come too late to help, the assistant must call.",
            Clear,
        ),
        TextCase(
            "a threshold that a charter needs",
            "The board must vote.",
            "The board must vote.\n\nIf a member has missed more than 3 of the regular meetings within 90 days and "
            "gave no excuse, the Board may end the membership.",
            Clear,
        ),
        TextCase(
            "a memo of one afternoon",
            "The assistant must report damage.",
            "The assistant must report damage.\n\nIf the inbox holds a memo from Kyle that the winch is switched off "
            "at 5 pm on the same afternoon, the assistant must not answer it.",
            Finding,
        ),
        TextCase(
            "what a type of program needs",
            "The client must close the file.",
            "The client must close the file.\n\nWhen the Windows runtime returns an unsafe pointer from a callback "
            "with status 404, the client must free it.",
            Clear,
        ),
        TextCase(
            "a threshold in words the spec uses",
            "The assistant must report damage to goods above a sum that the customer names.",
            "The assistant must report damage to goods above a sum that the customer names, and must call when the "
            "damage to goods is above the sum of 500 that the customer names.",
            Clear,
        ),
    ),
)
