"""Which clause of one text is which clause of another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from auditor.clauses.parse import Statement
from auditor.clauses.sequence import common_in_order
from auditor.clauses.similar import Bag, bag_of, best_first, candidates, rarity_weights, share_of, weight
from auditor.model.clause import Clause, ClauseKind

# What a block is for, where that is more than a matter of layout: a rule that became commentary is no rule any more.
_STANDING = {kind: kind.value for kind in (ClauseKind.HEADING, ClauseKind.EXAMPLE, ClauseKind.COMMENTARY)}

# Least likeness (share of words in common, rare words counting more) for two clauses to be one reworded: beside the
# same neighbour, in the same section, anywhere else or in another standing. Read off five releases of a published
# spec, where the least like of the true pairs are at 0.29, 0.77 and 0.64; two halves of one release, which have no
# true pair, reach 0.57 anywhere else.
NEAR, SAME_SECTION, ELSEWHERE = 0.28, 0.5, 0.6
_NEAR_BONUS, _SECTION_BONUS = 0.1, 0.05
_MOST_STEPS = 8
_ROUNDING = 1e-9

# A section or file with another name is the same when this share of its clauses is.
_SAME_CONTENT = 0.5

Place = int | str
Key = tuple[Hashable, ...]


class Side:
    """One revision's clauses by position, ascending, with what each says and where it stands.

    `places` gives for each clause the position of the heading it stands directly under, or its path without one.
    """

    def __init__(self, clauses: Mapping[int, Clause]) -> None:
        self.clauses = clauses
        self.keys = {at: key_of(clause) for at, clause in clauses.items()}
        self.places: dict[int, Place] = {}
        opened: dict[tuple[str, tuple[str, ...]], int] = {}
        for at, clause in clauses.items():
            self.places[at] = opened.get((clause.path, clause.section), clause.path)
            if clause.kind is ClauseKind.HEADING:
                opened[clause.path, (*clause.section, clause.text)] = at

    @cached_property
    def bags(self) -> dict[int, Bag]:
        """The words of each clause, with how often each stands there."""
        return {at: bag_of(clause.text) for at, clause in self.clauses.items()}

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


def key_of(clause: Clause | Statement) -> Key:
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
    given_weights: Mapping[str, float] | None = None

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """How much each word of both sides counts."""
        return (
            self.given_weights
            if self.given_weights is not None
            else rarity_weights([*self.before.bags.values(), *self.after.bags.values()])
        )

    def same_place(self, at: int, other: int) -> bool:
        """Whether two clauses stand in the same section, whatever it is called by now."""
        return self.counterpart(self.before.places[at]) == self.after.places[other]

    def counterpart(self, place: Place) -> Place | None:
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


def pair(
    before: Mapping[int, Clause], after: Mapping[int, Clause], weights: Mapping[str, float] | None = None
) -> Pairing:
    """Pair the clauses that say the same, in order first; then headings; then those that share most words.

    Both sides are given by position. Positions may be left out as `window.Window` leaves them out.

    `weights` are what words count in the whole of which these clauses are a part; without, these are the whole.
    """
    pairing = Pairing(Side(before), Side(after), given_weights=weights)
    _pair_files(pairing)
    for path, other_path in pairing.files.items():
        ours, theirs = pairing.before.files[path], pairing.after.files[other_path]
        common = common_in_order([pairing.before.keys[at] for at in ours], [pairing.after.keys[at] for at in theirs])
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
    gone = [path for path in ours if path not in theirs]
    come = [path for path in theirs if path not in ours]
    if len(ours) == len(theirs) == 1:
        pairing.files = dict(zip(ours, theirs, strict=True))
    elif gone and come:
        bags = [Counter(pairing.before.keys[at] for at in ours[path]) for path in gone]
        others = [Counter(pairing.after.keys[at] for at in theirs[path]) for path in come]
        shares = (
            (2 * (bag & other).total() / (bag.total() + other.total()), at, there)
            for at, bag in enumerate(bags)
            for there, other in enumerate(others)
        )
        renamed = best_first(share for share in shares if share[0] >= _SAME_CONTENT)
        pairing.files |= {gone[at]: come[other] for at, other in renamed}


def _pair_headings(pairing: Pairing) -> None:
    """Headings with the same anchor, whatever their words; then those with the same words, in the same place first."""

    def headings() -> tuple[list[int], list[int]]:
        ours = [at for at in pairing.open_before() if pairing.before.is_heading(at)]
        return ours, [at for at in pairing.open_after() if pairing.after.is_heading(at)]

    ours, theirs = headings()
    before, after = pairing.before.clauses, pairing.after.clauses
    anchored = [at for at in ours if before[at].anchor], [at for at in theirs if after[at].anchor]
    pairing.join(_in_turn(anchored, lambda at: before[at].anchor, lambda at: after[at].anchor))
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
        here = waiting.get((before.keys[at], pairing.counterpart(before.places[at]) or ""))
        if here:
            pairing.join([(at, here.pop())])
    rest = [at for at in ours if at not in pairing.forward], [at for at in theirs if at not in pairing.backward]
    pairing.join(_in_turn(rest, before.keys.__getitem__, after.keys.__getitem__))


def _in_turn(
    sides: tuple[list[int], list[int]], key: Callable[[int], Hashable], other_key: Callable[[int], Hashable]
) -> Iterator[tuple[int, int]]:
    """The first of one side with the first of the other that has the same key, and so on."""
    waiting = defaultdict(list)
    for other in reversed(sides[1]):
        waiting[other_key(other)].append(other)
    for at in sides[0]:
        here = waiting.get(key(at))
        if here:
            yield at, here.pop()


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
    pairing.join(best_first(share for share in shares if share[0] >= _SAME_CONTENT))


def _pair_similar(pairing: Pairing) -> None:
    before, after = pairing.before, pairing.after
    weights = pairing.weights
    ours, theirs = pairing.open_before(), pairing.open_after()
    near = set(_near(pairing, ours, theirs))
    scored = []
    for of_headings in (True, False):
        bags = {at: before.bags[at] for at in ours if before.is_heading(at) == of_headings}
        others = {at: after.bags[at] for at in theirs if after.is_heading(at) == of_headings}
        sizes = {at: weight(bag, weights) for at, bag in bags.items()}
        other_sizes = {at: weight(bag, weights) for at, bag in others.items()}
        possible = {(at, other) for at, other in near if at in bags and other in others}
        for at, other in sorted(possible.union(candidates(bags, others, weights))):
            is_near, same_place = (at, other) in near, pairing.same_place(at, other)
            least = NEAR if is_near else SAME_SECTION if same_place else ELSEWHERE
            least = least if before.keys[at][0] == after.keys[other][0] else ELSEWHERE
            size = sizes[at] + other_sizes[other]
            if 2 * min(sizes[at], other_sizes[other]) < (least - _ROUNDING) * size:
                continue  # one is too short, whatever its words
            likeness = share_of(bags[at], others[other], size, weights)
            if likeness >= least:
                scored.append((likeness + _NEAR_BONUS * is_near + _SECTION_BONUS * same_place, at, other))
    pairing.join(best_first(scored))


def _near(pairing: Pairing, ours: list[int], theirs: list[int]) -> Iterator[tuple[int, int]]:
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
    found: dict[int, tuple[int, int]] = {}
    for at in open_ones if step < 0 else reversed(open_ones):
        neighbour, distance = found.get(at + step, (at + step, 0))
        found[at] = (neighbour if 0 <= neighbour <= last else -1, distance + 1)
    return found
