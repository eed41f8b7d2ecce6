"""Which clause became several, and which several became one: by whose words the pieces are, and what they cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.clauses.pairing import Pairing, Side
from auditor.clauses.similar import Bag, candidates, weight, weight_in_common
from auditor.clauses.words import words

# A piece is a clause most of whose words are the whole's, or one that holds most of what the whole said besides its
# other pieces; in the second case, or where both are nearly so, some of it in the very same words.
_MOST, _NEARLY = 0.6, 0.4
_FAR = 0.85
# Least share of the whole's words that its pieces hold together, and that each holds by itself.
_COVERED, _PART = 0.6, 0.04
_STEPS = 12
_LEAST_WORDS = 3
# The very same words: this many runs of five.
_RUN, _LEAST_RUNS = 5, 3


@dataclass(frozen=True, slots=True)
class _Group:
    """A whole, and its pieces; `gain` is what the pieces that are not its pair weigh."""

    gain: float
    whole: int
    first: int
    more: tuple[int, ...]
    merge: bool


@dataclass(slots=True)
class _Reading:
    """One side's clauses as wholes and the other's as pieces; a merge is a split read backwards."""

    wholes: Side
    parts: Side
    paired: Mapping[int, int]
    open_wholes: Sequence[int]
    open_parts: Sequence[int]
    weights: Mapping[str, float]
    merge: bool

    def groups(self) -> Iterator[_Group]:
        for whole, possible in self._possible().items():
            first = self.paired.get(whole)
            pieces, gain = self._pieces(whole, first, possible)
            if pieces:
                own = pieces[0] if first is None else first
                yield _Group(gain, whole, own, tuple(sorted(part for part in pieces if part != own)), self.merge)

    def _possible(self) -> dict[int, list[int]]:
        """For each clause that may be a whole, the parts that share its rarest words."""
        at_all = [at for at in (*self.open_wholes, *self.paired) if not self.wholes.is_heading(at)]
        parts = {
            at: self.parts.bags[at]
            for at in self.open_parts
            if not self.parts.is_heading(at) and self.parts.bags[at].total() >= _LEAST_WORDS
        }
        possible = defaultdict(list)
        for part, whole in candidates(parts, {at: self.wholes.bags[at] for at in at_all}, self.weights):
            if self.wholes.keys[whole][0] == self.parts.keys[part][0]:
                possible[whole].append(part)
        return possible

    def _pieces(self, whole: int, first: int | None, possible: list[int]) -> tuple[list[int], float]:
        """The pieces besides `first`, the largest first, and their weight; none where the whole was not split."""
        bag = self.wholes.bags[whole]
        size = weight(bag, self.weights)
        left: Bag = bag.copy() if first is None else bag - self.parts.bags[first]
        together = [] if first is None else [first]
        gain = 0.0
        for part in sorted(
            possible, key=lambda part: (-weight_in_common(self.parts.bags[part], bag, self.weights), part)
        ):
            held = weight_in_common(self.parts.bags[part], left, self.weights)
            if held >= _PART * size and self._is_piece(part, whole, held, weight(left, self.weights), together):
                together.append(part)
                left = left - self.parts.bags[part]
                gain += held
        enough = len(together) > 1 and weight(left, self.weights) <= (1 - _COVERED) * size
        return ([part for part in together if part != first], gain) if enough else ([], 0.0)

    def _is_piece(self, part: int, whole: int, held: float, left: float, together: Sequence[int]) -> bool:
        owned, covered = held / weight(self.parts.bags[part], self.weights), held / left
        if together and all(abs(part - other) > _STEPS for other in together):
            return owned >= _FAR
        if owned >= _MOST:
            return True
        return bool(together) and (covered >= _MOST or min(owned, covered) >= _NEARLY) and self._verbatim(part, whole)

    def _verbatim(self, part: int, whole: int) -> bool:
        runs = [_runs(side.clauses[at].text) for side, at in ((self.parts, part), (self.wholes, whole))]
        return len(runs[0] & runs[1]) >= _LEAST_RUNS


def pair_pieces(pairing: Pairing) -> None:
    """Finds the splits and merges among what was reworded, added and removed, and writes them into the pairing.

    Split: a clause that is gone or reworded, whose words are now in two or more clauses. The one it is paired with, or
    else the one that shares most words with it, is its pair, the others are in `splits`. Merged: the same, read
    backwards. Of two readings of the same clauses the one that explains more words holds.
    """
    changed = {at: other for at, other in pairing.forward.items() if not pairing.same_words(at, other)}
    ours, theirs = pairing.open_before(), pairing.open_after()
    backwards = {other: at for at, other in changed.items()}
    before, after, weights = pairing.before, pairing.after, pairing.weights
    groups: list[_Group] = []
    if theirs and (ours or changed):
        groups += _Reading(before, after, changed, ours, theirs, weights, merge=False).groups()
    if ours and (theirs or changed):
        groups += _Reading(after, before, backwards, theirs, ours, weights, merge=True).groups()
    taken: tuple[set[int], set[int]] = (set(), set())
    for group in sorted(groups, key=lambda group: (-group.gain, group.merge, group.whole)):
        sides = {group.whole}, {group.first, *group.more}
        left, right = reversed(sides) if group.merge else sides
        if not left & taken[0] and not right & taken[1]:
            taken[0].update(left)
            taken[1].update(right)
            pairing.join([(group.first, group.whole) if group.merge else (group.whole, group.first)])
            (pairing.merges if group.merge else pairing.splits)[group.whole] = group.more


def _runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[at : at + _RUN]) for at in range(len(found) - _RUN + 1)}
