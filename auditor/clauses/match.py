"""Two sequences of clauses -> what was added, removed, reworded, moved, split and merged, and what was not.

First pairs of clauses (same words in order, headings, similar words), then the pieces of splits and merges, then the
outcome of each clause. In: clauses of both sides, in document order. Out: a `Matching`; a patch and its revert have
mirrored changes.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from auditor.clauses.formats import Statement
from auditor.clauses.sequence import longest_increasing_positions, patience_pairs
from auditor.clauses.similarity import (
    WordBag,
    assign_best_first,
    bag_weight,
    candidate_pairs,
    common_weight,
    rarity_weights,
    word_bag,
    word_similarity,
    word_similarity_of_total,
)
from auditor.clauses.words import split_words
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind

# Which clause of one text is which clause of another.


# What a block is for, where that is more than a matter of layout: a rule that became commentary is no rule any more.
_STANDING = {kind: kind.value for kind in (ClauseKind.HEADING, ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)}

# Least likeness (share of words in common, rare words counting more) for two clauses to be one reworded: beside the
# same neighbour, in the same section, anywhere else or in another standing. Read off five releases of a published
# spec, where the least like of the true pairs are at 0.29, 0.77 and 0.64; two halves of one release, which have no
# true pair, reach 0.57 anywhere else.
LEAST_NEAR, LEAST_SAME_SECTION, LEAST_ELSEWHERE = 0.28, 0.5, 0.6
_NEAR_BONUS, _SECTION_BONUS = 0.1, 0.05
_MOST_STEPS = 8
_ROUNDING = 1e-9

# A section or file with another name is the same when this share of its clauses is.
_SAME_CONTENT = 0.5

SectionPlace = int | str
ClauseKey = tuple[Hashable, ...]


class Side:
    """One revision's clauses by position, ascending, with what each says and where it stands.

    `places` gives for each clause the position of the heading it stands directly under, or its path without one.
    """

    def __init__(self, clauses: Mapping[int, Clause]) -> None:
        self.clauses = clauses
        self.keys = {at: clause_key(clause) for at, clause in clauses.items()}
        self.places: dict[int, SectionPlace] = {}
        opened: dict[tuple[str, tuple[str, ...]], int] = {}
        for at, clause in clauses.items():
            self.places[at] = opened.get((clause.path, clause.section), clause.path)
            if clause.kind is ClauseKind.HEADING:
                opened[clause.path, (*clause.section, clause.text)] = at

    @cached_property
    def bags(self) -> dict[int, WordBag]:
        """The words of each clause, with how often each stands there."""
        return {at: word_bag(clause.text) for at, clause in self.clauses.items()}

    @cached_property
    def files(self) -> dict[str, list[int]]:
        """The positions of each file's clauses, by path."""
        files = defaultdict(list)
        for at, clause in self.clauses.items():
            files[clause.path].append(at)
        return dict(files)

    @property
    def last(self) -> int:
        """The last position; -1 without clauses."""
        return next(reversed(self.keys), -1)

    def is_heading(self, at: int) -> bool:
        """Whether the clause at this position is a heading."""
        return self.clauses[at].kind is ClauseKind.HEADING


def clause_key(clause: Clause | Statement) -> ClauseKey:
    """Equal for two clauses that say the same, wherever they stand; its first part is their standing."""
    if clause.kind is ClauseKind.HEADING:
        return clause.kind.value, clause.text, clause.anchor, tuple(sorted(clause.attributes.items()))
    return _STANDING.get(clause.kind, ""), clause.text


@dataclass
class Pairing:
    """Two sides and the pairs found so far; `files` maps the paths before to the paths after.

    `splits` gives for a paired clause before what else it became, `merges` for one after what else became it: clauses
    in no pair and in one of these at most once.
    """

    before: Side
    after: Side
    forward: dict[int, int] = field(default_factory=dict)
    backward: dict[int, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    splits: dict[int, tuple[int, ...]] = field(default_factory=dict)
    merges: dict[int, tuple[int, ...]] = field(default_factory=dict)
    revision_weights: Mapping[str, float] | None = None

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """How much each word of both sides counts."""
        return (
            self.revision_weights
            if self.revision_weights is not None
            else rarity_weights([*self.before.bags.values(), *self.after.bags.values()])
        )

    def same_place(self, at: int, other: int) -> bool:
        """Whether two clauses stand in the same section, whatever it is called by now."""
        return self.counterpart(self.before.places[at]) == self.after.places[other]

    def counterpart(self, place: SectionPlace) -> SectionPlace | None:
        """What a place before is after; None if it is gone, or not found yet."""
        return self.files.get(place) if isinstance(place, str) else self.forward.get(place)

    def same_words(self, at: int, other: int) -> bool:
        """Whether two clauses say the same."""
        return self.before.keys[at] == self.after.keys[other]

    def join(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Pair these, except where a clause is paired already."""
        for at, other in pairs:
            if at not in self.forward and other not in self.backward:
                self.forward[at] = other
                self.backward[other] = at

    def open_before(self) -> list[int]:
        """The clauses before that have no pair and are no part of a merge, ascending."""
        merged = {at for parts in self.merges.values() for at in parts}
        return [at for at in self.before.clauses if at not in self.forward and at not in merged]

    def open_after(self) -> list[int]:
        """The clauses after that have no pair and are no part of a split, ascending."""
        split = {at for parts in self.splits.values() for at in parts}
        return [at for at in self.after.clauses if at not in self.backward and at not in split]


def pair_clauses(
    before: Mapping[int, Clause], after: Mapping[int, Clause], weights: Mapping[str, float] | None = None
) -> Pairing:
    """Pair the clauses that say the same, in order first; then headings; then those that share most words.

    Both sides are given by position. Positions may be left out as `window.Window` leaves them out.

    `weights` are what words count in the whole of which these clauses are a part; without, these are the whole.
    """
    pairing = Pairing(Side(before), Side(after), revision_weights=weights)
    _pair_files(pairing)
    for path, other_path in pairing.files.items():
        ours, theirs = pairing.before.files[path], pairing.after.files[other_path]
        common = patience_pairs([pairing.before.keys[at] for at in ours], [pairing.after.keys[at] for at in theirs])
        pairing.join((ours[at], theirs[other]) for at, other in common)
    _pair_headings(pairing)
    _pair_equal(pairing)
    _pair_sections_by_content(pairing)
    _pair_similar(pairing)
    _pair_sections_by_content(pairing)  # once more: now reworded clauses speak for their section, too
    return pairing


def _pair_files(pairing: Pairing) -> None:
    ours, theirs = pairing.before.files, pairing.after.files
    pairing.files = {path: path for path in ours if path in theirs}
    removed = [path for path in ours if path not in theirs]
    come = [path for path in theirs if path not in ours]
    if len(ours) == len(theirs) == 1:
        pairing.files = dict(zip(ours, theirs, strict=True))
    elif removed and come:
        bags = [Counter(pairing.before.keys[at] for at in ours[path]) for path in removed]
        others = [Counter(pairing.after.keys[at] for at in theirs[path]) for path in come]
        shares = (
            (2 * (bag & other).total() / (bag.total() + other.total()), at, number)
            for at, bag in enumerate(bags)
            for number, other in enumerate(others)
        )
        renamed = assign_best_first(share for share in shares if share[0] >= _SAME_CONTENT)
        pairing.files |= {removed[at]: come[other] for at, other in renamed}


def _pair_headings(pairing: Pairing) -> None:
    """Headings with the same anchor, whatever their words; then those with the same words, in the same place first."""

    def headings() -> tuple[list[int], list[int]]:
        ours = [at for at in pairing.open_before() if pairing.before.is_heading(at)]
        return ours, [at for at in pairing.open_after() if pairing.after.is_heading(at)]

    ours, theirs = headings()
    before, after = pairing.before.clauses, pairing.after.clauses
    anchored = [at for at in ours if before[at].anchor], [at for at in theirs if after[at].anchor]
    pairing.join(_pair_in_turn(anchored, lambda at: before[at].anchor, lambda at: after[at].anchor))
    _join_by_key(pairing, *headings())


def _pair_equal(pairing: Pairing) -> None:
    _join_by_key(pairing, pairing.open_before(), pairing.open_after())


def _join_by_key(pairing: Pairing, ours: list[int], theirs: list[int]) -> None:
    """Clauses of the same words: those in the same place first, then the rest, in order."""
    before, after = pairing.before, pairing.after
    # A parent precedes its children, so that it is paired by the time they ask for their place.
    waiting = defaultdict(list)
    for other in reversed(theirs):
        waiting[after.keys[other], after.places[other]].append(other)
    for at in ours:
        numbers = waiting.get((before.keys[at], pairing.counterpart(before.places[at]) or ""))
        if numbers:
            pairing.join([(at, numbers.pop())])
    rest = [at for at in ours if at not in pairing.forward], [at for at in theirs if at not in pairing.backward]
    pairing.join(_pair_in_turn(rest, before.keys.__getitem__, after.keys.__getitem__))


def _pair_in_turn(
    sides: tuple[list[int], list[int]], key: Callable[[int], Hashable], other_key: Callable[[int], Hashable]
) -> Iterator[tuple[int, int]]:
    """The first of one side with the first of the other that has the same key, and so on."""
    waiting = defaultdict(list)
    for other in reversed(sides[1]):
        waiting[other_key(other)].append(other)
    for at in sides[0]:
        numbers = waiting.get(key(at))
        if numbers:
            yield at, numbers.pop()


def _pair_sections_by_content(pairing: Pairing) -> None:
    """Headings of which neither words nor anchor are left, when most of what stands under them is."""
    sizes, other_sizes = Counter(pairing.before.places.values()), Counter(pairing.after.places.values())
    votes = Counter((pairing.before.places[at], pairing.after.places[other]) for at, other in pairing.forward.items())
    shares = (
        (2 * count / (sizes[place] + other_sizes[other]), place, other)
        for (place, other), count in votes.items()
        if isinstance(place, int) and isinstance(other, int)
        if place not in pairing.forward and other not in pairing.backward
    )
    pairing.join(assign_best_first(share for share in shares if share[0] >= _SAME_CONTENT))


def _pair_similar(pairing: Pairing) -> None:
    before, after = pairing.before, pairing.after
    weights = pairing.weights
    ours, theirs = pairing.open_before(), pairing.open_after()
    near = set(_near_pairs(pairing, ours, theirs))
    scored = []
    for of_headings in (True, False):
        bags = {at: before.bags[at] for at in ours if before.is_heading(at) == of_headings}
        others = {at: after.bags[at] for at in theirs if after.is_heading(at) == of_headings}
        sizes = {at: bag_weight(bag, weights) for at, bag in bags.items()}
        other_sizes = {at: bag_weight(bag, weights) for at, bag in others.items()}
        possible = {(at, other) for at, other in near if at in bags and other in others}
        for at, other in sorted(possible.union(candidate_pairs(bags, others, weights))):
            is_near, same_place = (at, other) in near, pairing.same_place(at, other)
            least = LEAST_NEAR if is_near else LEAST_SAME_SECTION if same_place else LEAST_ELSEWHERE
            least = least if before.keys[at][0] == after.keys[other][0] else LEAST_ELSEWHERE
            size = sizes[at] + other_sizes[other]
            if 2 * min(sizes[at], other_sizes[other]) < (least - _ROUNDING) * size:
                continue  # one is too short, whatever its words
            likeness = word_similarity_of_total(bags[at], others[other], size, weights)
            if likeness >= least:
                scored.append((likeness + _NEAR_BONUS * is_near + _SECTION_BONUS * same_place, at, other))
    pairing.join(assign_best_first(scored))


def _near_pairs(pairing: Pairing, ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int]]:
    """Open pairs that follow, or come before, the same paired neighbour at about the same distance."""
    for step in (-1, 1):
        ahead = _neighbours(ours, pairing.before.last, step)
        beyond = _neighbours(theirs, pairing.after.last, step)
        waiting = {standing: other for other, standing in beyond.items()}
        for at, (neighbour, distance) in ahead.items():
            for other_distance in range(distance - _MOST_STEPS, distance + _MOST_STEPS + 1):
                other = waiting.get((pairing.forward.get(neighbour, neighbour), other_distance))
                if other is not None:
                    yield at, other


def _neighbours(open_ones: list[int], last: int, step: int) -> dict[int, tuple[int, int]]:
    """For each open clause the nearest paired one before (step -1) or after it (1), and how far it is; -1 at an end."""
    neighbours: dict[int, tuple[int, int]] = {}
    for at in open_ones if step < 0 else reversed(open_ones):
        neighbour, distance = neighbours.get(at + step, (at + step, 0))
        neighbours[at] = (neighbour if 0 <= neighbour <= last else -1, distance + 1)
    return neighbours


# Which clause became several, and which several became one: by whose words the pieces are, and what they cover.


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
        for part, whole in candidate_pairs(parts, {at: self.wholes.bags[at] for at in at_all}, self.weights):
            if self.wholes.keys[whole][0] == self.parts.keys[part][0]:
                possible[whole].append(part)
        return possible

    def _pieces(self, whole: int, first: int | None, possible: list[int]) -> tuple[list[int], float]:
        """The pieces besides `first`, the largest first, and their weight; none where the whole was not split."""
        bag = self.wholes.bags[whole]
        size = bag_weight(bag, self.weights)
        counts: WordBag = bag.copy() if first is None else bag - self.parts.bags[first]
        together = [] if first is None else [first]
        gain = 0.0
        for part in sorted(possible, key=lambda part: (-common_weight(self.parts.bags[part], bag, self.weights), part)):
            weight = common_weight(self.parts.bags[part], counts, self.weights)
            if weight >= _PART * size and self._is_piece(
                part, whole, weight, bag_weight(counts, self.weights), together
            ):
                together.append(part)
                counts = counts - self.parts.bags[part]
                gain += weight
        enough = len(together) > 1 and bag_weight(counts, self.weights) <= (1 - _COVERED) * size
        return ([part for part in together if part != first], gain) if enough else ([], 0.0)

    def _is_piece(self, part: int, whole: int, weight: float, value: float, together: Sequence[int]) -> bool:
        owned, covered = weight / bag_weight(self.parts.bags[part], self.weights), weight / value
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
    used: tuple[set[int], set[int]] = (set(), set())
    for group in sorted(groups, key=lambda group: (-group.gain, group.merge, group.whole)):
        sides = {group.whole}, {group.first, *group.more}
        numbers, right = reversed(sides) if group.merge else sides
        if not numbers & used[0] and not right & used[1]:
            used[0].update(numbers)
            used[1].update(right)
            pairing.join([(group.first, group.whole) if group.merge else (group.whole, group.first)])
            (pairing.merges if group.merge else pairing.splits)[group.whole] = group.more


def _runs(text: str) -> set[tuple[str, ...]]:
    names = split_words(text)
    return {tuple(names[at : at + _RUN]) for at in range(len(names) - _RUN + 1)}


# Two sequences of clauses -> what was added, removed, reworded and moved, and what was not.


_MIRRORED = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.SPLIT: ChangeKind.MERGED}
_MIRRORED |= {mirrored: kind for kind, mirrored in _MIRRORED.items()}


PositionedClauses = Sequence[Clause] | Mapping[int, Clause]


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
class ClauseOutcome:
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

    def mirrored(self) -> ClauseOutcome:
        """What the revert would make of it."""
        kind = _MIRRORED.get(self.kind, self.kind) if self.kind else None
        return ClauseOutcome(self.other, self.at, kind, self.similarity, self.moved, self.more)


def match_clauses(before: Sequence[Clause], after: Sequence[Clause]) -> Matching:
    """Match the clauses of two texts, each given in document order.

    Unchanged: the same words (a heading: the same anchor and attributes, too) under the same heading, whatever that
    is called by now, in the same order as its unchanged neighbours there; or in the order of the file, where only the
    heading above it is new, or gone. Moved: the same words elsewhere. Reworded:
    paired by anchor, or by the words they share; also a rule that became commentary or an example. Split and merged:
    see `pieces.pair_pieces`. A patch and its revert have mirrored changes.
    """
    outcomes = clause_outcomes(dict(enumerate(before)), dict(enumerate(after)))
    unchanged = ((outcome.at, outcome.other) for outcome in outcomes if not outcome.kind)
    return Matching(
        changes=changes_from_outcomes(outcomes, before, after),
        unchanged=tuple((before[at], after[to]) for at, to in unchanged if at is not None and to is not None),
    )


def changes_from_outcomes(
    outcomes: Iterable[ClauseOutcome], before: PositionedClauses, after: PositionedClauses
) -> tuple[ClauseChange, ...]:
    """The outcomes that are changes, with their clauses."""
    return tuple(_change(outcome, before, after) for outcome in outcomes if outcome.kind)


def clause_outcomes(
    before: Mapping[int, Clause], after: Mapping[int, Clause], weights: Mapping[str, float] | None = None
) -> list[ClauseOutcome]:
    """What became of every clause of both sides, by position; in the order of `Matching.changes`.

    Both sides by position, and `weights`: see `pairing.pair`.
    """
    # One orientation for both directions: whatever decides a tie decides it the same way for the revert.
    if _precedes(after.values(), before.values()):
        outcomes = [outcome.mirrored() for outcome in _outcomes(_pair_all(after, before, weights))]
    else:
        outcomes = list(_outcomes(_pair_all(before, after, weights)))
    order = _order(outcomes)
    return [outcomes[place] for place in sorted(range(len(outcomes)), key=order.__getitem__)]


def _pair_all(
    before: Mapping[int, Clause], after: Mapping[int, Clause], weights: Mapping[str, float] | None
) -> Pairing:
    pairing = pair_clauses(before, after, weights)
    pair_pieces(pairing)
    return pairing


def _precedes(ours: Collection[Clause], theirs: Collection[Clause]) -> bool:
    """An order of texts that lines have no part in."""
    for clause, other in zip(ours, theirs, strict=False):
        if (here := _canonical(clause)) != (there := _canonical(other)):
            return here < there
    return len(ours) < len(theirs)


_Canonical = tuple[str, tuple[str, ...], str, str, str, list[tuple[str, str]]]


def _canonical(clause: Clause) -> _Canonical:
    attributes = sorted(clause.attributes.items())
    return clause.path, clause.section, clause.kind, clause.text, clause.anchor or "", attributes


def _change(outcome: ClauseOutcome, before: PositionedClauses, after: PositionedClauses) -> ClauseChange:
    assert outcome.kind is not None
    return ClauseChange(
        kind=outcome.kind,
        before=None if outcome.at is None else before[outcome.at],
        after=None if outcome.other is None else after[outcome.other],
        similarity=outcome.similarity,
        moved=outcome.moved,
        others=tuple((after if outcome.kind is ChangeKind.SPLIT else before)[at] for at in outcome.more),
    )


def _outcomes(pairing: Pairing) -> Iterator[ClauseOutcome]:
    in_order, by_file = _in_order(pairing), _in_file_order(pairing)
    unchanged = {at for chain, _ in in_order.values() for at in chain}
    unchanged |= {at for chain, _ in by_file.values() for at in chain if _has_other_heading_only(pairing, at)}
    for at, other in sorted(pairing.forward.items()):
        if at in unchanged:
            yield ClauseOutcome(at, other, None, 1.0)
        elif pairing.same_words(at, other):
            yield ClauseOutcome(at, other, ChangeKind.MOVED, 1.0, True)
        else:
            yield _reworded_outcome(pairing, at, other, not _keeps_place(pairing, in_order, by_file, at, other))
    for at in pairing.open_before():
        yield ClauseOutcome(at, None, ChangeKind.REMOVED, 0.0)
    for other in pairing.open_after():
        yield ClauseOutcome(None, other, ChangeKind.ADDED, 0.0)


def _reworded_outcome(pairing: Pairing, at: int, other: int, moved: bool) -> ClauseOutcome:
    before, after = pairing.before.bags, pairing.after.bags
    if at in pairing.splits:
        more = pairing.splits[at]
        similarity = word_similarity(before[at], _joined_bag(after, other, *more))
        return ClauseOutcome(at, other, ChangeKind.SPLIT, similarity, moved, more)
    if other in pairing.merges:
        more = pairing.merges[other]
        similarity = word_similarity(_joined_bag(before, at, *more), after[other])
        return ClauseOutcome(at, other, ChangeKind.MERGED, similarity, moved, more)
    return ClauseOutcome(at, other, ChangeKind.REWORDED, word_similarity(before[at], after[other]), moved)


def _joined_bag(bags: Mapping[int, WordBag], *positions: int) -> WordBag:
    whole: WordBag = Counter()
    for at in positions:
        whole.update(bags[at])
    return whole


_InOrder = dict[SectionPlace, tuple[list[int], list[int]]]


def _in_order(pairing: Pairing) -> _InOrder:
    """For each place before, the clauses that say the same there and in the same order: positions before, and after.

    Order is a matter of one section: when a whole section moves, its heading has moved and its clauses have not.
    """
    staying: dict[SectionPlace, list[tuple[int, int]]] = defaultdict(list)
    for at, other in sorted(pairing.forward.items()):
        if pairing.same_words(at, other) and pairing.same_place(at, other):
            staying[pairing.before.places[at]].append((at, other))
    chains: _InOrder = {}
    for place, pairs in staying.items():
        chain = [pairs[position] for position in longest_increasing_positions([other for _, other in pairs])]
        chains[place] = [at for at, _ in chain], [other for _, other in chain]
    return chains


def _in_file_order(pairing: Pairing) -> _InOrder:
    """For each path before, the clauses that say the same there in the same order, whatever they stand under."""
    by_file: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, other in sorted(pairing.forward.items()):
        path = pairing.before.clauses[at].path
        if pairing.same_words(at, other) and pairing.files.get(path) == pairing.after.clauses[other].path:
            by_file[path].append((at, other))
    chains: _InOrder = {}
    for path, pairs in by_file.items():
        chain = [pairs[position] for position in longest_increasing_positions([other for _, other in pairs])]
        chains[path] = [at for at, _ in chain], [other for _, other in chain]
    return chains


def _has_other_heading_only(pairing: Pairing, at: int) -> bool:
    """Whether the section of a paired clause is another one because its heading is new, or the one it had is gone.

    Where nothing else moved it, that heading is the change; not where it gives the clause another level.
    """
    other = pairing.forward[at]
    place, place_after = pairing.before.places[at], pairing.after.places[other]
    is_new = isinstance(place_after, int) and place_after not in pairing.backward
    is_gone = isinstance(place, int) and place not in pairing.forward
    before, after = pairing.before.clauses[at], pairing.after.clauses[other]
    return (is_new or is_gone) and before.attributes == after.attributes


def _keeps_place(pairing: Pairing, in_order: _InOrder, by_file: _InOrder, at: int, other: int) -> bool:
    """Whether a reworded clause stands between the same unchanged ones, in the same section."""
    if pairing.same_place(at, other):
        ours, theirs = in_order.get(pairing.before.places[at], ([], []))
    elif _has_other_heading_only(pairing, at):
        ours, theirs = by_file.get(pairing.before.clauses[at].path, ([], []))
    else:
        return False
    return bisect(ours, at) == bisect(theirs, other)


def _order(outcomes: list[ClauseOutcome]) -> list[tuple[int, int, int]]:
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
