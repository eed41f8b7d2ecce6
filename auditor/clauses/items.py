"""Things that were added to, or taken from, what a rule lists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from auditor.clauses.alignment import Segment, Wording
from auditor.clauses.words import words

_JOINT = re.compile(r"[\s,(]*(or|and|nor|and/or|as well as|plus|including|in addition to)\b", re.IGNORECASE)
_LAST_JOINT = re.compile(r"[^.;:]{0,80}?\b(or|and|nor)\b", re.IGNORECASE)
# In an exception that is a condition "and" narrows it; in one that lists things it adds one more.
_CONDITIONS = ("unless", "only", "as long", "so long", "provided", "insofar", "if and")
# Longer than this it is hardly an item.
_MOST_WORDS = 14
# Shorter words than this (in letters) are in any text.
_TELLING = 4


@dataclass(frozen=True, slots=True)
class Item:
    """An item: its words, how far into the text it stands (0 to 1), and what its being there does (1 or -1)."""

    words: str
    place: float
    effect: int


def items(
    wording: Wording, segments: Iterable[Segment], kept: Collection[int], elsewhere: Collection[str]
) -> Iterator[Item]:
    """The items among the segments that only this wording has, in the sentences (`kept`) that the other has, too.

    `elsewhere` are the words that only the other wording has: what is made of them was put elsewhere, not added.
    """
    for segment in segments:
        text = wording.text[segment.start : segment.end]
        start = segment.start + len(text) - len(text.lstrip())
        joint = _joint(wording, segment)
        if not joint or wording.sentence_at(start) not in kept or _is_more(wording, segment):
            continue
        if any(len(word) >= _TELLING and word in elsewhere for word in words(text)):
            continue
        effect = _effect(wording, start, joint)
        if effect:
            yield Item(text.strip(" ,()"), segment.start / len(wording.text), effect)


def _is_more(wording: Wording, segment: Segment) -> bool:
    """Whether a segment is more than an item: too long, in the place of other words, or with a rule of its own."""
    inside = (marker for marker in wording.markers if segment.start <= marker.start < segment.end)
    long = len(words(wording.text[segment.start : segment.end])) > _MOST_WORDS
    return long or segment.replaces or any(marker.is_rule for marker in inside)


def _joint(wording: Wording, segment: Segment) -> str:
    """The word that joins a segment to a list: at its head, or after it where it is not the last item; else ""."""
    text = wording.text[segment.start : segment.end]
    if not any(map(str.isalnum, text)):
        return ""
    head = _JOINT.match(text)
    if head:
        return head[1].casefold()
    if not text.lstrip().startswith(",") and not text.rstrip().endswith(","):
        return ""
    last = _LAST_JOINT.match(text) or _LAST_JOINT.match(wording.text, segment.end)
    return last[1].casefold() if last else ""


def _effect(wording: Wording, start: int, joint: str) -> int:
    exception = wording.exception_at(start)
    narrows = joint == "and" and exception is not None and exception.words.startswith(_CONDITIONS)
    return -wording.sense_at(start) if narrows else wording.sense_at(start)
