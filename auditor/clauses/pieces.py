"""Which clause became several, and which several became one: by whose words the pieces cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.clauses.pairing import Pairing, Side
from auditor.clauses.similar import Bag, candidates, weight

# Least share of a piece's words that are the whole's (and no other piece's): close to its sisters, or anywhere else.
_CLOSE, _FAR = 0.6, 0.85
# Least share of the whole's words that all pieces together hold, and that a piece holds by itself.
_COVERED, _PART = 0.6, 0.08
_STEPS = 12
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class _Direction:
    """One side's whole clauses and the other side's pieces; a merge is a split read backwards."""

    wholes: Side
    parts: Side
    paired: Mapping[int, int]
    open_wholes: list[int]
    open_parts: list[int]
    weights: Mapping[str, float]


def pair_pieces(pairing: Pairing) -> None:
    """Finds the splits and merges among what was reworded, added and removed, and writes them into the pairing.

    Split: a clause that is gone or reworded, whose words are now in two or more clauses, each made of its words for the
    most part. The one that shares most words with the whole is its pair, the others are in `splits`. Merged: the same,
    read backwards.
    """
    changed = {at: other for at, other in pairing.forward.items() if not pairing.same_words(at, other)}
    ours, theirs = pairing.open_before(), pairing.open_after()
    if theirs and (changed or ours):
        for at, first, more in _splits(
            _Direction(pairing.before, pairing.after, changed, ours, theirs, pairing.weights)
        ):
            pairing.join([(at, first)])
            pairing.splits[at] = more
    ours, theirs = pairing.open_before(), pairing.open_after()
    backwards = {other: at for at, other in changed.items() if at not in pairing.splits}
    if ours and (backwards or theirs):
        for other, first, more in _splits(
            _Direction(pairing.after, pairing.before, backwards, theirs, ours, pairing.weights)
        ):
            pairing.join([(first, other)])
            pairing.merges[other] = more


def _splits(direction: _Direction) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(whole, the piece that is its pair, the other pieces)."""
    taken: set[int] = set()
    for at, possible in sorted(_possible(direction).items()):
        pieces = _pieces(direction, at, [part for part in possible if part not in taken])
        if pieces:
            taken.update(pieces)
            first = direction.paired.get(at, pieces[0])
            yield at, first, tuple(sorted(piece for piece in pieces if piece != first))


def _possible(direction: _Direction) -> dict[int, list[int]]:
    """For each clause that may be a whole, the parts that may be pieces of it."""
    wholes, parts = direction.wholes, direction.parts
    whole_bags = {
        at: wholes.bags[at] for at in (*direction.open_wholes, *direction.paired) if not wholes.is_heading(at)
    }
    part_bags = {
        at: parts.bags[at]
        for at in direction.open_parts
        if not parts.is_heading(at) and parts.bags[at].total() >= _LEAST_WORDS
    }
    possible = defaultdict(list)
    for part, at in candidates(part_bags, whole_bags, direction.weights):
        if wholes.keys[at][0] == parts.keys[part][0]:
            common = weight(part_bags[part] & whole_bags[at], direction.weights)
            if common >= _CLOSE * weight(part_bags[part], direction.weights):
                possible[at].append(part)
    return possible


def _pieces(direction: _Direction, at: int, possible: list[int]) -> list[int]:
    """The pieces of a whole, its pair left out, the largest first; empty where it was not split."""
    weights, bags = direction.weights, direction.parts.bags
    whole = direction.wholes.bags[at]
    size = weight(whole, weights)
    first = direction.paired.get(at)
    left: Bag = whole - bags[first] if first is not None else whole.copy()
    near = [first] if first is not None else []
    pieces: list[int] = []
    for part in sorted(possible, key=lambda part: (-weight(bags[part] & whole, weights), part)):
        held = weight(bags[part] & left, weights)
        close = not (near or pieces) or any(abs(part - other) <= _STEPS for other in (*near, *pieces))
        if held >= max((_CLOSE if close else _FAR) * weight(bags[part], weights), _PART * size):
            pieces.append(part)
            left = left - bags[part]
    enough = len(pieces) + len(near) > 1 and weight(left, weights) <= (1 - _COVERED) * size
    return pieces if enough else []
