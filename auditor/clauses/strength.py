"""Which words of a text make a rule strict or lax, and how strong each is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from auditor.clauses.lexicon import NUMBERS, ROWS, RULES, Force
from auditor.clauses.prose import sentences

_KEPT = 4096  # texts: a clause is asked about before and after each patch, and again where patches are compared
_PATTERNS = tuple((row, re.compile(rf"(?<![\w-])(?:{'|'.join(row[3])})(?!\w)", re.IGNORECASE)) for row in ROWS)


@dataclass(frozen=True, slots=True)
class Marker:
    """Words with a force, at `start` to `end` of a text from `prose`.

    `strength` orders markers of one force: rules from 2 (encouraged) over 4 (should) to 6 (must), a permission 0; scope
    1 for all and -1 for some; a limit's number, at most n as -n; 0 elsewhere. `words` are case folded. `sentence`
    counts the sentences of the text from 0.
    """

    force: Force
    strength: int
    start: int
    end: int
    words: str
    sentence: int

    @property
    def is_rule(self) -> bool:
        """Whether it makes a rule by itself."""
        return self.force in RULES


@lru_cache(maxsize=_KEPT)
def markers(text: str) -> tuple[Marker, ...]:
    """The markers in a text from `prose`, in order; none overlaps another."""
    found = [one for at, (start, end) in enumerate(sentences(text)) for one in _of_sentence(text[start:end], start, at)]
    return tuple(sorted(found, key=lambda marker: marker.start))


def _of_sentence(sentence: str, offset: int, at: int) -> Iterator[Marker]:
    taken: set[int] = set()
    no_rule: set[int] = set()
    for (force, strength, holds, _), pattern in _PATTERNS:
        for found in pattern.finditer(sentence):
            start, end = found.span()
            place = range(start, end)
            if not taken.isdisjoint(place) or (force in RULES and not no_rule.isdisjoint(place)):
                continue
            if holds(sentence, start, end):
                taken.update(place)
                number = strength * _number(found.groupdict().get("number"))
                yield Marker(force, number, start + offset, end + offset, found[0].casefold(), at)
            elif force in RULES:
                no_rule.update(place)


def _number(words: str | None) -> int:
    if words is None:
        return 1
    return int(words) if words.isdecimal() else NUMBERS[words.casefold()]
