"""Two wordings of a clause, side by side: which sentence and which marker of one is which of the other."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from auditor.clauses.prose import sentences
from auditor.clauses.similar import best_first, share_in_common
from auditor.clauses.strength import RULES, Marker, markers
from auditor.clauses.words import Op, word_change, words

# Least share of the shorter sentence's signs that two wordings of one keep, and else of their words.
_KEPT, _ALIKE = 0.3, 0.5


class Wording:
    """One wording of a clause: its prose, its sentences as (start, end), and its markers."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sentences = sentences(text)
        self.markers = markers(text)
        self._starts = [start for start, _ in self.sentences]

    def sentence_at(self, position: int) -> int:
        """The number of the sentence that a position stands in; the white space after one belongs to it."""
        return max(0, bisect_right(self._starts, position) - 1)

    def rule_at(self, position: int) -> Marker | None:
        """The rule that governs a position: the last one before it in its sentence, else the next one there."""
        at = self.sentence_at(position)
        rules = [marker for marker in self.markers if marker.sentence == at and marker.force in RULES]
        before = [marker for marker in rules if marker.start <= position]
        return before[-1] if before else rules[0] if rules else None


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that stand on one side only, at `start` to `end` there."""

    start: int
    end: int


class Alignment:
    """Two wordings compared.

    `pairs` are the sentences that are one (before to after). `segments` are the words on one side only, before and
    after. The revert of a change aligns in the same way.
    """

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = Wording(before), Wording(after)
        self._kept: dict[int, int] = {}
        self.segments: tuple[list[Segment], list[Segment]] = ([], [])
        self._read(before, after)
        self.pairs = self._paired_sentences()

    def _read(self, before: str, after: str) -> None:
        at, other = 0, 0
        for op, text in _change(before, after):
            size = len(text)
            if op == "equal":
                self._kept.update(zip(range(at, at + size), range(other, other + size), strict=True))
            else:
                start = at if op == "delete" else other
                self.segments[op == "insert"].append(Segment(start, start + size))
            at += size * (op != "insert")
            other += size * (op != "delete")

    def _paired_sentences(self) -> Mapping[int, int]:
        pairs = dict(best_first(self._kept_sentences()))
        taken = set(pairs.values())
        ours = {at: self._bag(self.before, at) for at in range(len(self.before.sentences)) if at not in pairs}
        theirs = {at: self._bag(self.after, at) for at in range(len(self.after.sentences)) if at not in taken}
        alike = ((share_in_common(ours[at], theirs[other]), at, other) for at in ours for other in theirs)
        pairs |= best_first(pair for pair in alike if pair[0] >= _ALIKE)
        return pairs

    def _kept_sentences(self) -> Iterator[tuple[float, int, int]]:
        kept = Counter(
            (self.before.sentence_at(at), self.after.sentence_at(other))
            for at, other in self._kept.items()
            if self.before.text[at].isalnum()
        )
        for (at, other), count in kept.items():
            size = min(_size(self.before, at), _size(self.after, other))
            if count >= _KEPT * size:
                yield float(count), at, other

    def _bag(self, wording: Wording, at: int) -> Counter[str]:
        start, end = wording.sentences[at]
        return Counter(words(wording.text[start:end]))

    @cached_property
    def changed(self) -> tuple[list[Marker], list[Marker]]:
        """The markers that only one side has, or that stand in other words there."""
        there = {(marker.start, marker.end, marker.force, marker.strength) for marker in self.after.markers}
        kept = {marker: self._moved(marker) for marker in self.before.markers}
        same = {place for place in kept.values() if place in there}
        ours = [marker for marker in self.before.markers if kept[marker] not in same]
        return ours, [marker for marker in self.after.markers if _place(marker) not in same]

    def _moved(self, marker: Marker) -> tuple[object, ...]:
        start, last = self._kept.get(marker.start), self._kept.get(marker.end - 1)
        return start, None if last is None else last + 1, marker.force, marker.strength


def _place(marker: Marker) -> tuple[object, ...]:
    return marker.start, marker.end, marker.force, marker.strength


def _size(wording: Wording, at: int) -> int:
    start, end = wording.sentences[at]
    return sum(map(str.isalnum, wording.text[start:end])) or 1


def _change(before: str, after: str) -> Iterator[tuple[Op, str]]:
    """The words that changed; one orientation for both directions, so that a revert undoes exactly that."""
    if before <= after:
        yield from word_change(before, after)
        return
    mirrored: Mapping[Op, Op] = {"insert": "delete", "delete": "insert", "equal": "equal"}
    for op, text in word_change(after, before):
        yield mirrored[op], text
