"""Two wordings of a clause, side by side: which sentence and which marker of one is which of the other."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from auditor.clauses.lexicon import Force
from auditor.clauses.prose import sentences
from auditor.clauses.sequence import common_in_order
from auditor.clauses.similar import best_first, share_in_common
from auditor.clauses.strength import Marker, markers
from auditor.clauses.words import word_change, words

# Least share of the shorter sentence's letters that two wordings of it keep, or else of both wordings' words.
_KEPT, _ALIKE = 0.3, 0.5
# Comparing each sentence with each takes time with their product; beyond it only those that keep words are compared.
_MOST_SENTENCES = 200

Pair = tuple[Marker | None, Marker | None]


class Wording:
    """One wording of a clause: its prose, its sentences as (start, end), and its markers."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sentences = sentences(text)
        self.markers = markers(text)
        self._starts = [start for start, _ in self.sentences]
        self._by_sentence: dict[int, list[Marker]] = defaultdict(list)
        for marker in self.markers:
            self._by_sentence[marker.sentence].append(marker)

    def sentence_at(self, position: int) -> int:
        """The number of the sentence that a position stands in; the white space after one belongs to it."""
        return max(0, bisect_right(self._starts, position) - 1)

    def rule_at(self, position: int) -> Marker | None:
        """The rule that governs a position: the last one before it in its sentence, else the next one there."""
        rules = [marker for marker in self._beside(position) if marker.is_rule]
        before = [marker for marker in rules if marker.start <= position]
        return before[-1] if before else rules[0] if rules else None

    def exception_at(self, position: int) -> Marker | None:
        """The exception that a position is part of: one before it in its sentence, with no rule in between."""
        before = [marker for marker in self._beside(position) if marker.end <= position]
        bounds = [marker for marker in before if marker.is_rule or marker.force is Force.EXCEPTION]
        return bounds[-1] if bounds and not bounds[-1].is_rule else None

    def sense_at(self, position: int) -> int:
        """1 where covering more means to ask more, -1 where it means to allow more, 0 where there is no rule."""
        rule = self.rule_at(position)
        if rule is None:
            return 0
        sense = -1 if rule.force is Force.PERMISSION else 1
        return -sense if self.exception_at(position) else sense

    def _beside(self, position: int) -> Sequence[Marker]:
        return self._by_sentence.get(self.sentence_at(position), ())


@dataclass(frozen=True, slots=True)
class Segment:
    """Words on one side only, at `start` to `end` there; `replaces` when other words stood in their place."""

    start: int
    end: int
    replaces: bool


class Alignment:
    """Two wordings compared.

    Attributes:
        before, after: the wordings.
        segments: the words on one side only: before, and after.
        sentences: which sentence before is which after.
        pairs: the markers that changed, each with what it became in the same sentence; None on the side it is not on.
            What reads the same in the same place, or stands for the same in the same sentence, is in none.
    """

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = Wording(before), Wording(after)
        self._kept: dict[int, int] = {}
        self.segments: tuple[list[Segment], list[Segment]] = ([], [])
        self._compare(before, after)
        self.sentences = self._paired_sentences()
        self.pairs = list(self._paired_markers())

    def _compare(self, before: str, after: str) -> None:
        at, other = 0, 0
        changes = word_change(before, after)
        for step, (op, text) in enumerate(changes):
            size = len(text)
            if op == "equal":
                self._kept.update(zip(range(at, at + size), range(other, other + size), strict=True))
            else:
                start = at if op == "delete" else other
                beside = changes[max(0, step - 1) : step + 2]
                replaces = any(near not in ("equal", op) for near, _ in beside)
                self.segments[op == "insert"].append(Segment(start, start + size, replaces))
            at += size * (op != "insert")
            other += size * (op != "delete")

    def _paired_sentences(self) -> Mapping[int, int]:
        pairs = dict(best_first(self._kept_sentences()))
        taken = set(pairs.values())
        ours = {at: _bag(self.before, at) for at in range(len(self.before.sentences)) if at not in pairs}
        theirs = {at: _bag(self.after, at) for at in range(len(self.after.sentences)) if at not in taken}
        if max(len(ours), len(theirs)) <= _MOST_SENTENCES:
            alike = ((share_in_common(ours[at], theirs[other]), at, other) for at in ours for other in theirs)
            pairs.update(best_first(pair for pair in alike if pair[0] >= _ALIKE))
        return pairs

    def _kept_sentences(self) -> Iterator[tuple[float, int, int]]:
        kept = Counter(
            (self.before.sentence_at(at), self.after.sentence_at(other))
            for at, other in self._kept.items()
            if self.before.text[at].isalnum()
        )
        for (at, other), count in kept.items():
            if count >= _KEPT * min(_letters(self.before, at), _letters(self.after, other)):
                yield float(count), at, other

    def _paired_markers(self) -> Iterator[Pair]:
        ours, theirs = map(_by_slot, self._changed())
        for (at, slot), here in ours.items():
            yield from _in_turn(here, theirs.pop((self.sentences.get(at, -1), slot), []))
        for there in theirs.values():
            yield from ((None, marker) for marker in there)

    def _changed(self) -> tuple[list[Marker], list[Marker]]:
        """The markers that do not stand for the same in the same place on the other side."""
        there = {_standing(marker, marker.start, marker.end) for marker in self.after.markers}
        kept = {}
        for marker in self.before.markers:
            start, last = self._kept.get(marker.start), self._kept.get(marker.end - 1)
            if start is not None and last is not None and _standing(marker, start, last + 1) in there:
                kept[marker] = _standing(marker, start, last + 1)
        same = set(kept.values())
        theirs = [marker for marker in self.after.markers if _standing(marker, marker.start, marker.end) not in same]
        return [marker for marker in self.before.markers if marker not in kept], theirs


_Standing = tuple[int, int, Force, int]


def _standing(marker: Marker, start: int, end: int) -> _Standing:
    return start, end, marker.force, marker.strength


def _by_slot(found: Iterable[Marker]) -> dict[tuple[int, str], list[Marker]]:
    slots: dict[tuple[int, str], list[Marker]] = defaultdict(list)
    for marker in found:
        slots[marker.sentence, "rule" if marker.is_rule else marker.force].append(marker)
    return slots


def _in_turn(ours: Sequence[Marker], theirs: Sequence[Marker]) -> Iterator[Pair]:
    """Those that stand for the same are left out, the rest pair in turn."""
    same = common_in_order(*([(marker.force, marker.strength) for marker in side] for side in (ours, theirs)))
    done, other_done = {at for at, _ in same}, {other for _, other in same}
    rest = (marker for at, marker in enumerate(ours) if at not in done)
    return zip_longest(rest, (marker for at, marker in enumerate(theirs) if at not in other_done))


def _letters(wording: Wording, at: int) -> int:
    start, end = wording.sentences[at]
    return sum(map(str.isalnum, wording.text[start:end])) or 1


def _bag(wording: Wording, at: int) -> Counter[str]:
    start, end = wording.sentences[at]
    return Counter(words(wording.text[start:end]))
