"""Two sequences of clauses -> what was added, removed, reworded and moved, and what was not."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.clauses.pairing import Pairing, Place, pair
from auditor.clauses.pieces import pair_pieces
from auditor.clauses.sequence import longest_increasing
from auditor.clauses.similar import Bag, share_in_common
from auditor.model.clause import ChangeKind, Clause, ClauseChange

_MIRRORED = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.SPLIT: ChangeKind.MERGED}
_MIRRORED |= {mirrored: kind for kind, mirrored in _MIRRORED.items()}


Clauses = Sequence[Clause] | Mapping[int, Clause]


@dataclass(frozen=True, slots=True)
class Matching:
    """Every clause of both sides once.

    Attributes:
        changes: in the order of the text after, a removed clause where it would stand.
        unchanged: (before, after) of the clauses that say the same in the same place, in order.
    """

    changes: tuple[ClauseChange, ...]
    unchanged: tuple[tuple[Clause, Clause], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a clause: positions before and after; `kind` is None where nothing changed.

    `more` are further positions: after for a split, before for a merge.
    """

    at: int | None
    other: int | None
    kind: ChangeKind | None
    similarity: float
    moved: bool = False
    more: tuple[int, ...] = ()

    @property
    def positions(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """All positions before and all positions after, the pair's first."""
        before, after = (() if place is None else (place,) for place in (self.at, self.other))
        return (before, after + self.more) if self.kind is ChangeKind.SPLIT else (before + self.more, after)

    def mirrored(self) -> Outcome:
        """What the revert would make of it."""
        kind = _MIRRORED.get(self.kind, self.kind) if self.kind else None
        return Outcome(self.other, self.at, kind, self.similarity, self.moved, self.more)


def match(before: Sequence[Clause], after: Sequence[Clause]) -> Matching:
    """Match the clauses of two texts, each given in document order.

    Unchanged: the same words (a heading: the same anchor and attributes, too) under the same heading, whatever that
    is called by now, in the same order as its unchanged neighbours there. Moved: the same words elsewhere. Reworded:
    paired by anchor, or by the words they share; also a rule that became commentary or an example. Split and merged:
    see `pieces.pair_pieces`. A patch and its revert have mirrored changes.
    """
    outcomes = outcomes_of(dict(enumerate(before)), dict(enumerate(after)))
    unchanged = ((outcome.at, outcome.other) for outcome in outcomes if not outcome.kind)
    return Matching(
        changes=changes_of(outcomes, before, after),
        unchanged=tuple((before[at], after[to]) for at, to in unchanged if at is not None and to is not None),
    )


def changes_of(outcomes: Iterable[Outcome], before: Clauses, after: Clauses) -> tuple[ClauseChange, ...]:
    """The outcomes that are changes, with their clauses."""
    return tuple(_change(outcome, before, after) for outcome in outcomes if outcome.kind)


def outcomes_of(
    before: Mapping[int, Clause], after: Mapping[int, Clause], weights: Mapping[str, float] | None = None
) -> list[Outcome]:
    """What became of every clause of both sides, by position; in the order of `Matching.changes`.

    Both sides by position, and `weights`: see `pairing.pair`.
    """
    # One orientation for both directions: whatever decides a tie decides it the same way for the revert.
    if _precedes(after.values(), before.values()):
        found = [outcome.mirrored() for outcome in _outcomes(_paired(after, before, weights))]
    else:
        found = list(_outcomes(_paired(before, after, weights)))
    order = _order(found)
    return [found[place] for place in sorted(range(len(found)), key=order.__getitem__)]


def _paired(before: Mapping[int, Clause], after: Mapping[int, Clause], weights: Mapping[str, float] | None) -> Pairing:
    pairing = pair(before, after, weights)
    pair_pieces(pairing)
    return pairing


def _precedes(ours: Collection[Clause], theirs: Collection[Clause]) -> bool:
    """An order of texts that lines have no part in."""
    for one, other in zip(ours, theirs, strict=False):
        if (here := _canonical(one)) != (there := _canonical(other)):
            return here < there
    return len(ours) < len(theirs)


_Canonical = tuple[str, tuple[str, ...], str, str, str, list[tuple[str, str]]]


def _canonical(clause: Clause) -> _Canonical:
    attributes = sorted(clause.attributes.items())
    return clause.path, clause.section, clause.kind, clause.text, clause.anchor or "", attributes


def _change(outcome: Outcome, before: Clauses, after: Clauses) -> ClauseChange:
    assert outcome.kind is not None
    return ClauseChange(
        kind=outcome.kind,
        before=None if outcome.at is None else before[outcome.at],
        after=None if outcome.other is None else after[outcome.other],
        similarity=outcome.similarity,
        moved=outcome.moved,
        others=tuple((after if outcome.kind is ChangeKind.SPLIT else before)[at] for at in outcome.more),
    )


def _outcomes(pairing: Pairing) -> Iterator[Outcome]:
    in_order = _in_order(pairing)
    unchanged = {at for chain, _ in in_order.values() for at in chain}
    for at, other in sorted(pairing.forward.items()):
        if at in unchanged:
            yield Outcome(at, other, None, 1.0)
        elif pairing.same_words(at, other):
            yield Outcome(at, other, ChangeKind.MOVED, 1.0, True)
        else:
            yield _changed(pairing, at, other, not _keeps_place(pairing, in_order, at, other))
    for at in pairing.open_before():
        yield Outcome(at, None, ChangeKind.REMOVED, 0.0)
    for other in pairing.open_after():
        yield Outcome(None, other, ChangeKind.ADDED, 0.0)


def _changed(pairing: Pairing, at: int, other: int, moved: bool) -> Outcome:
    before, after = pairing.before.bags, pairing.after.bags
    if at in pairing.splits:
        more = pairing.splits[at]
        similarity = share_in_common(before[at], _together(after, other, *more))
        return Outcome(at, other, ChangeKind.SPLIT, similarity, moved, more)
    if other in pairing.merges:
        more = pairing.merges[other]
        similarity = share_in_common(_together(before, at, *more), after[other])
        return Outcome(at, other, ChangeKind.MERGED, similarity, moved, more)
    return Outcome(at, other, ChangeKind.REWORDED, share_in_common(before[at], after[other]), moved)


def _together(bags: Mapping[int, Bag], *positions: int) -> Bag:
    whole: Bag = Counter()
    for at in positions:
        whole.update(bags[at])
    return whole


_InOrder = dict[Place, tuple[list[int], list[int]]]


def _in_order(pairing: Pairing) -> _InOrder:
    """For each place before, the clauses that say the same there and in the same order: positions before, and after.

    Order is a matter of one section: when a whole section moves, its heading has moved and its clauses have not.
    """
    staying: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for at, other in sorted(pairing.forward.items()):
        if pairing.same_words(at, other) and pairing.same_place(at, other):
            staying[pairing.before.places[at]].append((at, other))
    chains: _InOrder = {}
    for place, pairs in staying.items():
        chain = [pairs[position] for position in longest_increasing([other for _, other in pairs])]
        chains[place] = [at for at, _ in chain], [other for _, other in chain]
    return chains


def _keeps_place(pairing: Pairing, in_order: _InOrder, at: int, other: int) -> bool:
    """Whether a reworded clause stands between the same unchanged ones, in the same section."""
    if not pairing.same_place(at, other):
        return False
    ours, theirs = in_order.get(pairing.before.places[at], ([], []))
    return bisect(ours, at) == bisect(theirs, other)


def _order(outcomes: list[Outcome]) -> list[tuple[int, int, int]]:
    """Where each outcome stands in the text after; what is gone follows what it followed."""
    places = {outcome.at: outcome.other for outcome in outcomes if outcome.at is not None}
    last = -1
    removed: dict[int, int] = {}
    for at in sorted(places):
        other = places[at]
        if other is None:
            removed[at] = last
        else:
            last = other
    return [
        (outcome.other, 0, 0) if outcome.other is not None else (removed[outcome.at or 0], 1, outcome.at or 0)
        for outcome in outcomes
    ]
