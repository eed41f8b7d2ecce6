"""The words that make a rule strict or lax, and how strong each is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from auditor.clauses.context import ORDER, Test, allows, anywhere, does_not, forbids, is_order, is_rule, opens
from auditor.clauses.prose import sentences


class Direction(StrEnum):
    """What a change does to what is asked of the model."""

    TIGHTENED = "tightened"
    RELAXED = "relaxed"
    MIXED = "mixed"
    CLARIFIED = "clarified"
    DESCRIPTIVE = "descriptive"
    UNDETERMINED = "undetermined"


class Force(StrEnum):
    """What a marker does: the first three make a rule, the others widen, narrow or soften the one they stand in."""

    OBLIGATION = "obligation"
    PROHIBITION = "prohibition"
    PERMISSION = "permission"
    HEDGE = "hedge"
    SCOPE = "scope"
    ONLY = "only"
    LIMIT = "limit"
    EXPLICIT = "explicit"
    EXCEPTION = "exception"


RULES = frozenset({Force.OBLIGATION, Force.PROHIBITION, Force.PERMISSION})


@dataclass(frozen=True, slots=True)
class Marker:
    """Words with a force, at `start` to `end` of a text from `prose`.

    `strength` orders markers of one force: rules from 2 (encouraged) to 6 (must), a permission 0; scope 1 for all and
    -1 for some; a limit's number, at most n as -n; 0 elsewhere. `words` are case folded. `sentence` counts from 0.
    """

    force: Force
    strength: int
    start: int
    end: int
    words: str
    sentence: int


_N = r"(?:n't|(?: also| \w+ly)? not)"
_ADVERB = r"(?: (?:also|\w+ly|then|still|in general|at all times))?"
_NUMBERS = {word: at for at, word in enumerate("zero one two three four five six seven eight nine ten".split())}
_NUMBER = rf"(?P<number>\d{1,9}|{'|'.join(_NUMBERS)})"

# (force, strength, what else must hold, words): of the rows that match at a place the first one counts.
_ROWS: tuple[tuple[Force, int, Test, str], ...] = (
    # no rule after all
    (Force.PERMISSION, 0, is_rule, r"(?:is|are|be|being)(?: not|n't)(?: \w+ly)? (?:required|obliged|obligated|expected|prohibited|forbidden|banned|disallowed)(?: to)?"),
    (Force.PERMISSION, 0, is_rule, rf"(?:do|does){_N} (?:have|need) to|need not|needn't|never (?:has|needs?|have) to|(?:does|do){_N} (?:require|mandate)"),
    (Force.PERMISSION, 0, is_rule, r"(?:is|are) (?:never|no longer) (?:required|prohibited|forbidden)|there is no need to|no need to"),
    (Force.PERMISSION, 0, is_rule, r"(?:need|must|should)(?: not|n't) (?:necessarily|always)"),
    # prohibitions
    (Force.PROHIBITION, 6, is_rule, rf"(?:must|shall){_N}?{_ADVERB} never|(?:must|shall){_N}|mustn't|shan't|(?:must|shall){_ADVERB} (?:avoid|refrain from)"),
    (Force.PROHIBITION, 6, is_rule, r"must (?:under|in) no (?:circumstances?|cases?|way)"),
    (Force.PROHIBITION, 6, allows, r"may only|can only|may never|can never|may not"),
    (Force.PROHIBITION, 5, is_rule, rf"(?:should|ought to){_ADVERB} never"),
    (Force.PROHIBITION, 4, is_rule, rf"(?:should|ought){_N}(?: to)?|(?:should|ought to){_ADVERB} (?:avoid|refrain from)"),
    (Force.PROHIBITION, 6, forbids, r"cannot|can not|can't"),
    (Force.PROHIBITION, 6, is_rule, rf"(?:is|are|be|being){_N}{_ADVERB} (?:allowed|permitted|acceptable|authorized|licensed|ok|okay)(?: to)?"),
    (Force.PROHIBITION, 6, is_rule, rf"(?:is|are|be|being){_ADVERB} (?:prohibited|forbidden|banned|disallowed|off[- ]limits|unacceptable)"),
    (Force.PROHIBITION, 6, is_rule, r"(?:is|are) (?:never|no longer) (?:allowed|permitted|acceptable|authorized|justified|licensed|okay|ok)"),
    (Force.PROHIBITION, 6, is_order, r"under no circumstances?|in no circumstances?|never"),
    (Force.PROHIBITION, 6, does_not, rf"(?:do|does|will){_N}|won't"),
    (Force.PROHIBITION, 4, is_order, r"avoids?(?= )|refrains? from|declines? to|refuses? to"),
    (Force.PROHIBITION, 2, is_rule, r"(?:is|are) discouraged"),
    # obligations
    (Force.OBLIGATION, 6, is_rule, rf"(?<!\ba )must(?!-)|shall|(?:is|are|be){_ADVERB} (?:required|obliged|obligated|mandatory)(?: to)?"),
    (Force.OBLIGATION, 6, is_rule, r"(?:has|have|needs?) to(?! (?:know|be able))"),
    (Force.OBLIGATION, 4, is_rule, r"should|ought to|(?:is|are) (?:expected|supposed) to"),
    (Force.OBLIGATION, 2, is_rule, r"(?:is|are) (?:encouraged|recommended|advised)(?: to)?"),
    (Force.OBLIGATION, 6, is_order, r"always"),
    (Force.OBLIGATION, 5, opens, ORDER),
    # permissions
    (Force.PERMISSION, 0, allows, r"may|can(?!')"),
    (Force.PERMISSION, 0, is_rule, r"(?:is|are|be) (?:\w+ly )?(?:allowed|permitted|acceptable|authorized|licensed|optional|welcome|free|fine|okay|ok)(?: to\b)?(?!-)"),
    # what a rule does not cover
    (Force.EXCEPTION, 0, anywhere, r"unless|except(?:ing)?(?: for| in| when| if| where| as)?|excluding|other than|apart from|with the exception of|save for"),
    (Force.EXCEPTION, 0, anywhere, r"(?:but )?only (?:if|when|where|after|insofar as|for|in|with|to the extent)|(?:as|so) long as|provided(?: that)?(?= the| it| they| you| that| no)|insofar as|if and only if"),
    # how wide it is
    (Force.LIMIT, 1, anywhere, rf"(?:at least|no (?:fewer|less) than|a minimum of|minimum) {_NUMBER}"),
    (Force.LIMIT, -1, anywhere, rf"(?:at most|no more than|not more than|up to|a maximum of|maximum|within|under|fewer than|less than) {_NUMBER}"),
    (Force.ONLY, 0, anywhere, r"(?<!not )(?<!the )(?<!-)only|solely|exclusively"),
    (Force.SCOPE, -1, anywhere, r"some(?: of)?|certain|most(?= of| \w+s\b)(?! \w+ous\b)|in most|many|a few|several"),
    (Force.SCOPE, 1, anywhere, r"regardless(?: of)?|irrespective of|no matter|even (?:if|when|though|in|after)|whatever|whichever|without exception"),
    (Force.SCOPE, 1, anywhere, r"(?:in|under) (?:all|any|every) (?:cases?|circumstances?|contexts?|situations?)|at all times|always"),
    (Force.SCOPE, 1, anywhere, r"(?<!\bat )(?<!\babove )(?<!\bafter )(?<!\bin )all(?!-)|any|every|each|everyone|anyone|everything|anything|both|including|entire"),
    (Force.EXPLICIT, 0, anywhere, r"explicit(?:ly)?|expressly|strictly"),
    # how firmly it is said
    (Force.HEDGE, 0, anywhere, r"by default|(?:where|when|whenever|if|as|wherever) (?:possible|feasible|practical|practicable|appropriate|reasonable|necessary)"),
    (Force.HEDGE, 0, anywhere, r"generally|typically|usually|normally|ordinarily|in general|in most cases|ideally|preferably|mostly|often"),
    (Force.HEDGE, 0, anywhere, r"(?:try|tries|attempts?|aims?|strives?|endeavou?rs?|seeks?) to|consider(?= \w+ing\b)|to the extent possible|reasonable efforts?"),
)
_PATTERNS = tuple((row, re.compile(rf"(?<![\w-])(?:{row[3]})(?!\w)", re.IGNORECASE)) for row in _ROWS)


def markers(text: str) -> tuple[Marker, ...]:
    """The markers in a text from `prose`, in order; none overlaps another."""
    found = [one for at, (start, end) in enumerate(sentences(text)) for one in _of_sentence(text[start:end], start, at)]
    return tuple(sorted(found, key=lambda marker: marker.start))


def _of_sentence(sentence: str, offset: int, at: int) -> Iterator[Marker]:
    taken: set[int] = set()
    for (force, strength, holds, _), pattern in _PATTERNS:
        for found in pattern.finditer(sentence):
            start, end = found.span()
            if taken.isdisjoint(range(start, end)) and holds(sentence, start, end):
                taken.update(range(start, end))
                words = found[0].casefold()
                number = _number(found.groupdict().get("number"))
                yield Marker(force, strength * number, start + offset, end + offset, words, at)


def _number(words: str | None) -> int:
    if words is None:
        return 1
    return int(words) if words.isdecimal() else _NUMBERS[words.casefold()]
