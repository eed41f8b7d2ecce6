"""A spec's history -> who each clause is in every spec commit, and its life.

Each spec commit is read against its parents: the same words, similar words, then clauses that were removed earlier and
are back. In: a `History`. Out: a `Lineage`: the id of each clause in each spec commit, every life, and the events of
each commit.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from auditor.clauses.match import ClauseKey, ClauseOutcome, changes_from_outcomes, clause_key, clause_outcomes
from auditor.clauses.outline import ChangedRegion, Outline, OutlineWeights, find_changed_region, outline_revision
from auditor.clauses.similarity import (
    MOST_HOLDERS,
    WordBag,
    assign_best_first,
    candidate_pairs_by_word,
    word_bag,
    word_similarity,
)
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind
from auditor.model.spec import History, patches_of

# Clauses that were removed, and which of them is back.


# Fewer words than these say the same by chance: such a clause is back only where it was.
_LEAST_TELLING_WORDS = 4
# Least likeness to a clause that is gone from the same section, or from anywhere. Above what pairs two revisions: there
# are more clauses gone than there are in a patch, and nothing beside them to hold them in place.
_LEAST_SAME_SECTION, _LEAST_ANYWHERE = 0.6, 0.7
_SECTION_BONUS = 0.05


class RemovedClauses:
    """The clauses that are gone at one spec commit or another, looked up by what they say.

    From one question to the next it is changed by what differs, so that many questions about nearly the same clauses
    cost little; the answers do not depend on the order of the questions.
    """

    def __init__(self) -> None:
        self._clauses: dict[str, Clause] = {}
        self._by_key: dict[ClauseKey, dict[str, None]] = defaultdict(dict)
        self._by_anchor: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_word: dict[str, dict[str, None]] = defaultdict(dict)
        self._telling: dict[str, None] = {}

    def find_same_words(
        self,
        removed: Mapping[str, Clause],
        former: Mapping[ClauseKey, Sequence[str]],
        names: Collection[str],
        added: Mapping[int, Clause],
    ) -> dict[int, str]:
        """Which of the added clauses once said the very same: ids by position.

        By the last words of a clause that is gone, in the same section and then anywhere; then by any former words. Of
        several the one that went last.

        Args:
            removed: by id, the one that went last comes last.
            former: the ids of the clauses that once said something else than they do, or did last, by what they said.
            names: ids that are not to be found.
        """
        if not added:
            return {}
        self._change(removed)
        search = _Search(removed, names, added)
        search.join(lambda clause: (name for name in self._saying(clause) if _same_section(removed[name], clause)))
        search.join(lambda clause: self._saying(clause) if _is_telling(clause) else ())
        search.join(lambda clause: former.get(clause_key(clause), ()) if _is_telling(clause) else ())
        return search.matches

    def find_similar(
        self, removed: Mapping[str, Clause], taken_names: Collection[str], added: Mapping[int, Clause]
    ) -> dict[int, str]:
        """Which of the added clauses were there once in other words: by a heading's anchor, then most of the words.

        Arguments as in `find_same_words`, which is to be asked first.
        """
        if not removed or not added:
            return {}
        self._change(removed)
        search = _Search(removed, taken_names, added)
        search.join(lambda clause: self._by_anchor.get(_anchor(clause) or "", ()))
        rest = {at: clause for at, clause in added.items() if at not in search.matches and _is_telling(clause)}
        names = [name for name in search.order if name in self._telling and name not in search.used]
        return search.matches | self._similar(names, rest)

    def _similar(self, names: Sequence[str], added: Mapping[int, Clause]) -> dict[int, str]:
        """Of these names, those of the clauses that share most of their words with the added ones, by position."""
        bags = {at: word_bag(clause.text) for at, clause in added.items()}
        if not names or not bags:
            return {}
        holders = _Holders(self._by_word, names, self._telling.keys() - set(names))
        weights = _Weights(holders, bags.values())
        scored = []
        for at, rank in candidate_pairs_by_word(bags, holders, weights):
            before, after = self._clauses[names[rank]], added[at]
            here = _same_section(before, after)
            likeness = word_similarity(word_bag(before.text), bags[at], weights)
            if clause_key(before)[0] == clause_key(after)[0] and likeness >= (
                _LEAST_SAME_SECTION if here else _LEAST_ANYWHERE
            ):
                scored.append((likeness + _SECTION_BONUS * here, at, rank))
        return {at: names[rank] for at, rank in assign_best_first(scored)}

    def _saying(self, clause: Clause) -> Iterable[str]:
        return self._by_key.get(clause_key(clause), ())

    def _change(self, removed: Mapping[str, Clause]) -> None:
        clauses = self._clauses
        for name in [name for name, clause in clauses.items() if removed.get(name) is not clause]:
            for names in self._indices(clauses.pop(name)):
                del names[name]
        for name, clause in removed.items():
            if name not in clauses:
                clauses[name] = clause
                for names in self._indices(clause):
                    names[name] = None

    def _indices(self, clause: Clause) -> Iterator[dict[str, None]]:
        """Where the clause's name belongs."""
        yield self._by_key[clause_key(clause)]
        anchor = _anchor(clause)
        if anchor is not None:
            yield self._by_anchor[anchor]
        if _is_telling(clause):
            yield self._telling
            yield from (self._by_word[word] for word in word_bag(clause.text))


class _Search:
    """Ids for added clauses, each once; of several the one that went last, and what is still there after those."""

    def __init__(self, removed: Mapping[str, Clause], names: Collection[str], added: Mapping[int, Clause]) -> None:
        self.order = {name: place for place, name in enumerate(reversed(list(removed)))}
        self.used = set(names)
        self.matches: dict[int, str] = {}
        self._added = added

    def join(self, alike: Callable[[Clause], Iterable[str]]) -> None:
        """Give the clauses without an id the best of the ids that are alike."""
        for at, clause in self._added.items():
            names = [name for name in alike(clause) if name not in self.used] if at not in self.matches else []
            if names:
                self.matches[at] = min(names, key=lambda name: (self.order.get(name, len(self.order)), name))
                self.used.add(self.matches[at])


class _Holders(dict[str, Sequence[int]]):
    """For a word, the ranks of the names whose clauses have it, looked up when it is asked for; none for too many."""

    def __init__(self, by_word: Mapping[str, Collection[str]], names: Sequence[str], others: Collection[str]) -> None:
        super().__init__()
        self._by_word, self._others = by_word, others
        self._ranks = {name: rank for rank, name in enumerate(names)}

    def __missing__(self, word: str) -> Sequence[int]:
        few = self.count(word) <= MOST_HOLDERS
        ranks = [self._ranks[name] for name in self._by_word.get(word, ()) if name in self._ranks] if few else []
        self[word] = ranks
        return ranks

    def count(self, word: str) -> int:
        """How many of the names have the word."""
        every = self._by_word.get(word, ())
        fewer, more = sorted((every, self._others), key=len)
        return len(every) - sum(name in more for name in fewer)

    @property
    def size(self) -> int:
        """How many names there are."""
        return len(self._ranks)


class _Weights(dict[str, float]):
    """As `similar.rarity_weights` of the clauses that are gone and those that were added, when it is asked for."""

    def __init__(self, holders: _Holders, added: Collection[WordBag]) -> None:
        super().__init__()
        self._holders, self._added = holders, added

    def __missing__(self, word: str) -> float:
        count = self._holders.count(word) + sum(word in bag for bag in self._added)
        weight = self[word] = math.log1p((self._holders.size + len(self._added)) / count)
        return weight


def _same_section(clause: Clause, other: Clause) -> bool:
    return clause.section[-1:] == other.section[-1:]


def _is_telling(clause: Clause) -> bool:
    return word_bag(clause.text).total() >= _LEAST_TELLING_WORDS


def _anchor(clause: Clause) -> str | None:
    return clause.anchor if clause.kind is ClauseKind.HEADING else None


def clause_similarity(before: Iterable[Clause], after: Iterable[Clause]) -> float:
    """The share of words that the clauses of one side have in common with those of the other, 0 to 1."""
    ours, theirs = (sum((word_bag(clause.text) for clause in side), start=WordBag()) for side in (before, after))
    return word_similarity(ours, theirs)


# What became of a clause: the events of its life.


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """One thing that happened to a clause.

    Attributes:
        kind: what; in a first spec commit every clause is added.
        spec_commit: the name of the spec commit that shows it first.
        patch: the patch's id; None in a first spec commit, and for a merge that is no patch.
        before: the clause before; all of them for a merge, the last state for a reinstated one, none for an added one.
        after: the clause after; all of them for a split, none for a removed one.
        similarity: 1.0 for the same text, else the share of words in common, 0 to 1; 0.0 for added and removed.
        moved: whether it stands elsewhere, too.
    """

    kind: ChangeKind
    spec_commit: str
    patch: str | None
    before: tuple[Clause, ...]
    after: tuple[Clause, ...]
    similarity: float
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """A clause through its whole history.

    Attributes:
        id: 32 hex digits, from the spec's name, its first text, and which of the clauses that began with it it is.
        events: in the order of the history's spec commits; a split or merge stands in the lives of all who take part.
        parent: the id of the clause it was split from; None for most.
        heir: the id of the clause it was merged into; None for most.
    """

    id: str
    events: tuple[LineageEvent, ...]
    parent: str | None = None
    heir: str | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """Who is who in a spec's history.

    Attributes:
        spec: its name.
        ids: by commit name, the id of each of its revision's clauses, in the order of `diff.clauses_of`; none twice.
        lives: by id.
        events: by commit name, everything that happened there, each event once, in the order of the text after, what
            is gone last.
        changes: by commit name, what `match.match` finds between its first parent's revision and its own; none for a
            first spec commit.
        cited: by revision, the ids of the footnotes that its clauses cite.
    """

    spec: str
    ids: Mapping[str, tuple[str, ...]]
    lives: Mapping[str, Life]
    events: Mapping[str, tuple[LineageEvent, ...]]
    changes: Mapping[str, tuple[ClauseChange, ...]]
    cited: Mapping[str, frozenset[str]]
    _positions: dict[str, Mapping[str, int]] = field(default_factory=dict, compare=False, repr=False)

    def position(self, spec_commit: str, identity: str) -> int | None:
        """Where a clause stands in the revision of a commit, from 0; None where it does not."""
        if spec_commit not in self._positions:
            self._positions[spec_commit] = {name: at for at, name in enumerate(self.ids[spec_commit])}
        return self._positions[spec_commit].get(identity)


# One spec commit read against its parents: who its clauses are, and what happened to them.


_EXACT = (None, ChangeKind.MOVED)
_DISTANCE: Mapping[ChangeKind | None, int] = {None: 0, ChangeKind.MOVED: 1}


@dataclass(frozen=True, slots=True)
class TraceState:
    """What is known at a spec commit, of it and of all before it.

    Attributes:
        revision: content id.
        outline: of that revision.
        ids: of its clauses.
        removed: clauses of earlier commits, in their last state, by id; the one that went last comes last.
        ids_by_revision: the ids that a revision had at its last commit.
        former: by what they said, the ids of clauses that say something else now, or did when they were removed.
    """

    revision: str
    outline: Outline
    ids: tuple[str, ...]
    removed: Mapping[str, Clause]
    ids_by_revision: Mapping[str, tuple[str, ...]]
    former: Mapping[ClauseKey, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """An event, the ids of those in whose lives it stands, of those it began, and of those it ended in another."""

    event: LineageEvent
    ids: tuple[str, ...]
    new_ids: tuple[str, ...] = ()
    merged_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """A commit's text, or a window of it, against one parent's: what became of each clause, by position in there."""

    clauses: Mapping[int, Clause]
    ids: Sequence[str]
    outcomes: Sequence[ClauseOutcome]
    places: dict[str, int] = field(init=False)
    by_after: dict[int, ClauseOutcome] = field(init=False)

    def __post_init__(self) -> None:
        self.places = {self.ids[at]: at for at in self.clauses}
        self.by_after = {at: outcome for outcome in self.outcomes for at in outcome.positions[1]}


class _IdAllocator:
    """Makes ids: the first that a text has and that is not known yet."""

    def __init__(self, spec: str, names: Sequence[Collection[str]]) -> None:
        self._spec, self._named = spec, names
        self._ordinals: Counter[str] = Counter()

    @cached_property
    def _names(self) -> set[str]:
        return {name for names in self._named for name in names}  # of no use where nothing is new, as mostly

    def name(self, text: str) -> str:
        while (name := _id(self._spec, text, self._ordinals[text])) in self._names:
            self._ordinals[text] += 1
        self._names.add(name)
        return name


def _id(spec: str, text: str, ordinal: int) -> str:
    parts = (part.encode("utf-8", "surrogatepass") for part in (spec, text, str(ordinal)))
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()[:32]


def trace_commit(
    spec: str,
    spec_commit: str,
    patch: str | None,
    revision: str,
    outline: Outline,
    parents: Sequence[TraceState],
    lost: RemovedClauses,
) -> tuple[TraceState, list[TracedEvent], tuple[ClauseChange, ...]]:
    """The state of a spec commit with these parents, first parent first, what happened in it, and its clause changes.

    The changes are against the first parent alone, and know nothing of who a clause was before. `lost` is for looking
    up what is gone, one for a whole history.
    """
    removed: dict[str, Clause] = {}
    sighted: dict[str, tuple[str, ...]] = {}
    former: dict[ClauseKey, tuple[str, ...]] = {}
    for parent in parents:
        removed |= parent.removed
        _add_former(former, parent.former)
    for parent in reversed(parents):
        sighted |= parent.ids_by_revision
    ids = _ids_seen_before(revision, parents, sighted)
    part = find_changed_region(parents[0].outline, outline) if len(parents) == 1 and ids is None else None
    if part:
        clauses, before = part.after, parents[0].ids
        last = part.first + part.sizes[0]
        readings = [
            _Reading(part.before, before[part.first : last], _region_outcomes(part, parents[0].outline, outline))
        ]
        inside = _assign_ids(_IdAllocator(spec, (removed, before)), clauses, readings, removed, former, lost)
        ids = (*before[: part.first], *_unfold_ids(part, inside, readings[0].ids), *before[last:])
    else:
        clauses = dict(enumerate(outline.clauses))
        readings = [_read_whole(parent, clauses) for parent in parents]
        namer = _IdAllocator(spec, (removed, *(parent.ids for parent in parents)))
        inside = (
            dict(enumerate(ids)) if ids is not None else _assign_ids(namer, clauses, readings, removed, former, lost)
        )
        ids = tuple(inside.values())
    changes = changes_from_outcomes(readings[0].outcomes, readings[0].clauses, clauses) if readings else ()
    happenings = list(_EventBuilder(spec_commit, patch, clauses, inside, readings, removed).happenings())
    _add_former(former, _other_words(happenings, clauses, inside, readings, removed))
    names = set(inside.values())
    for reading in reversed(readings):
        removed.update((name, reading.clauses[at]) for name, at in reading.places.items() if name not in names)
    for name in names & removed.keys():
        del removed[name]
    sighted[revision] = ids
    return TraceState(revision, outline, ids, removed, sighted, former), happenings, changes


def _add_former(former: dict[ClauseKey, tuple[str, ...]], more: Mapping[ClauseKey, tuple[str, ...]]) -> None:
    for key, names in more.items():
        earlier = former.get(key, ())
        former[key] = earlier + tuple(name for name in names if name not in earlier)


def _other_words(
    happenings: Iterable[TracedEvent],
    clauses: Mapping[int, Clause],
    ids: Mapping[int, str],
    readings: Sequence[_Reading],
    removed: Mapping[str, Clause],
) -> dict[ClauseKey, tuple[str, ...]]:
    """What clauses that are there said in a parent, or when they were last there, where they say something else now."""
    places = {name: at for at, name in ids.items()}
    names: dict[ClauseKey, tuple[str, ...]] = {}
    for name in dict.fromkeys(name for happening in happenings for name in happening.ids if name in places):
        earlier = [reading.clauses[reading.places[name]] for reading in readings if name in reading.places]
        earlier += [removed[name]] if name in removed else []
        keys = dict.fromkeys(map(clause_key, earlier))
        keys.pop(clause_key(clauses[places[name]]), None)
        _add_former(names, dict.fromkeys(keys, (name,)))
    return names


def _region_outcomes(part: ChangedRegion, before: Outline, after: Outline) -> list[ClauseOutcome]:
    """As `outcomes_of` the whole has them, by position in the window."""
    lead = len(part.lead)
    ours, theirs = (
        dict(enumerate(part.lead)) | {lead + at: clause for at, clause in side.items()}
        for side in (part.before, part.after)
    )
    outcomes = clause_outcomes(ours, theirs, OutlineWeights(before, after))
    return [_shift_outcome(outcome, lead) for outcome in outcomes if outcome.at is None or outcome.at >= lead]


def _read_whole(parent: TraceState, clauses: Mapping[int, Clause]) -> _Reading:
    before = dict(enumerate(parent.outline.clauses))
    return _Reading(before, parent.ids, clause_outcomes(before, clauses))


def _unfold_ids(part: ChangedRegion, ids: Mapping[int, str], before: Sequence[str]) -> list[str]:
    """The ids of all clauses after; those that were left out have the ones they had."""
    names = [""] * part.sizes[1]
    for at, name in ids.items():
        names[at] = name
    for at, other, size in part.folds:
        names[other : other + size] = before[at : at + size]
    return names


def _shift_outcome(outcome: ClauseOutcome, lead: int) -> ClauseOutcome:
    at, other = (None if place is None else place - lead for place in (outcome.at, outcome.other))
    more = tuple(place - lead for place in outcome.more)
    return ClauseOutcome(at, other, outcome.kind, outcome.similarity, outcome.moved, more)


def _ids_seen_before(
    revision: str, parents: Sequence[TraceState], sighted: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...] | None:
    same = (parent.ids for parent in parents if parent.revision == revision)
    return next(same, None) or sighted.get(revision)


def _assign_ids(
    namer: _IdAllocator,
    clauses: Mapping[int, Clause],
    readings: Sequence[_Reading],
    removed: Mapping[str, Clause],
    former: Mapping[ClauseKey, Sequence[str]],
    lost: RemovedClauses,
) -> dict[int, str]:
    """The ids of the clauses: the same words in any parent, the same words ever, similar words in any parent, similar
    words of what is gone, then new ones."""
    ids: dict[int, str] = {}
    names: set[str] = set()

    def take(at: int, name: str) -> None:
        if at not in ids and name not in names:
            ids[at] = name
            names.add(name)

    def take_paired(exact: bool) -> None:
        for reading in readings:
            for outcome in reading.outcomes:
                if outcome.at is not None and outcome.other is not None and (outcome.kind in _EXACT) == exact:
                    take(outcome.other, reading.ids[outcome.at])

    def added() -> dict[int, Clause]:
        return {at: clause for at, clause in clauses.items() if at not in ids}

    take_paired(exact=True)
    open_ids = removed.keys() | {name for reading in readings for name in reading.places}
    once = {
        key: [name for name in former.get(key, ()) if name in open_ids] for key in map(clause_key, added().values())
    }
    for at, name in lost.find_same_words(removed, once, names, added()).items():
        take(at, name)
    take_paired(exact=False)
    for at, name in lost.find_similar(removed, names, added()).items():
        take(at, name)
    return {at: ids[at] if at in ids else namer.name(clause.text) for at, clause in clauses.items()}


@dataclass(frozen=True, slots=True)
class _ParentMatch:
    """Where a parent has a clause, and what became of it; `outcome` is None where the matching has it elsewhere.

    A revision that is back has its former ids, so that the clause may be any piece of a split, and any part of a merge.
    """

    reading: _Reading
    place: int
    kind: ChangeKind | None
    outcome: ClauseOutcome | None

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere."""
        return self.outcome.moved if self.outcome else self.kind is ChangeKind.MOVED


@dataclass(slots=True)
class _EventBuilder:
    """Tells what happened, from who the clauses are: the matching proposes, identity decides."""

    spec_commit: str
    patch: str | None
    clauses: Mapping[int, Clause]
    ids: Mapping[int, str]
    readings: Sequence[_Reading]
    removed: Mapping[str, Clause]
    reported: set[str] = field(default_factory=set)

    def happenings(self) -> Iterator[TracedEvent]:
        """What is there and was in no parent as it is, in the order of the text; then what is there no more."""
        matches = {at: self._best_match(at, name) for at, name in self.ids.items()}
        together: dict[int, TracedEvent] = {}
        for at, match in matches.items():
            happening = self._together(at, match, matches) if match else None
            if happening is not None:
                together[at] = happening
                self.reported.update(happening.ids)
        for at, name in self.ids.items():
            happening = together.get(at)
            if happening is None and name not in self.reported:
                happening = self._alone(at, name, matches[at])
            if happening is not None:
                yield happening
        yield from self._departures()

    def _best_match(self, at: int, name: str) -> _ParentMatch | None:
        """The parent that has this clause most alike."""
        candidates = []
        for reading in self.readings:
            place = reading.places.get(name)
            if place is not None:
                candidates.append(self._compared(reading, place, at))
        return min(candidates, key=lambda match: _DISTANCE.get(match.kind, 2), default=None)

    def _compared(self, reading: _Reading, place: int, at: int) -> _ParentMatch:
        outcome = reading.by_after[at]
        if place in outcome.positions[0]:
            return _ParentMatch(reading, place, outcome.kind, outcome)
        same = clause_key(reading.clauses[place]) == clause_key(self.clauses[at])
        return _ParentMatch(reading, place, ChangeKind.MOVED if same else ChangeKind.REWORDED, None)

    def _together(self, at: int, match: _ParentMatch, matches: Mapping[int, _ParentMatch | None]) -> TracedEvent | None:
        """A split whose pieces are new, or a merge of clauses that are there no more; none of them told of already."""
        if match.outcome is None or not match.outcome.more:
            return None
        parent, name = match.reading, self.ids[at]
        if match.kind is ChangeKind.SPLIT:
            places = match.outcome.positions[1]
            pieces = [other for other in places if matches[other] is None and self.ids[other] not in self.reported]
            after = tuple(self.clauses[other] for other in sorted([at, *pieces]))
            event = self._event(match.kind, (parent.clauses[match.place],), after, match.moved)
            others = tuple(self.ids[other] for other in pieces)
            return TracedEvent(
                event, (name, *others), new_ids=tuple(name for name in others if name not in self.removed)
            )
        names = {*self.ids.values(), *self.removed, *self.reported}
        parts = [other for other in match.outcome.positions[0] if parent.ids[other] not in names]
        before = tuple(parent.clauses[other] for other in sorted([match.place, *parts]))
        event = self._event(ChangeKind.MERGED, before, (self.clauses[at],), match.moved)
        others = tuple(parent.ids[other] for other in parts)
        return TracedEvent(event, (name, *others), merged_ids=others)

    def _alone(self, at: int, name: str, match: _ParentMatch | None) -> TracedEvent | None:
        clause = self.clauses[at]
        if match is None and name not in self.removed:
            return TracedEvent(self._event(ChangeKind.ADDED, (), (clause,)), (name,))
        if match is None:
            return TracedEvent(self._event(ChangeKind.REINSTATED, (self.removed[name],), (clause,)), (name,))
        if match.kind is None:
            return None
        return TracedEvent(
            self._event(match.kind, (match.reading.clauses[match.place],), (clause,), match.moved), (name,)
        )

    def _departures(self) -> Iterator[TracedEvent]:
        """What was in a parent and went neither here nor, earlier, on the way to another parent."""
        past = {*self.ids.values(), *self.reported, *self.removed}
        for reading in self.readings:
            for name, at in reading.places.items():
                if name not in past:
                    past.add(name)
                    yield TracedEvent(self._event(ChangeKind.REMOVED, (reading.clauses[at],), ()), (name,))

    def _event(
        self, kind: ChangeKind, before: tuple[Clause, ...], after: tuple[Clause, ...], moved: bool = False
    ) -> LineageEvent:
        if kind in (ChangeKind.SPLIT, ChangeKind.MERGED) and len(before) == len(after) == 1:
            kind = ChangeKind.REWORDED
        similarity = clause_similarity(before, after) if before and after else 0.0
        return LineageEvent(kind, self.spec_commit, self.patch, before, after, similarity, moved)


# A spec's history -> who each clause is, in every spec commit, and its life.


@dataclass(slots=True)
class _LifeDraft:
    events: list[LineageEvent] = field(default_factory=list)
    parent: str | None = None
    heir: str | None = None


def trace_lineage(history: History) -> Lineage:
    """Gives every clause of every spec commit its identity, and every identity its life.

    A spec commit's clauses are read against its parents: the same words in any parent first, then similar words, in the
    order of the parents. A clause in no parent that was there once, among the commit's ancestors, is reinstated: by
    its text, its anchor, or most of its words. A revision that comes back has the ids it had. Text that a merge takes
    from a parent is no event of the merge. Neither the order of the commits matters, as long as parents come first,
    nor what branches say that have not met.
    """
    patches = {patch.after.name: patch.id for patch in patches_of(history)}
    waiting = Counter(name for spec_commit in history.spec_commits for name in set(spec_commit.parents))
    lost = RemovedClauses()
    states: dict[str, TraceState] = {}
    ids: dict[str, tuple[str, ...]] = {}
    happenings: dict[str, list[TracedEvent]] = {}
    changes: dict[str, tuple[ClauseChange, ...]] = {}
    cited: dict[str, frozenset[str]] = {}
    for spec_commit in history.spec_commits:
        name = spec_commit.name
        parents = [states[parent] for parent in dict.fromkeys(spec_commit.parents)]
        text = outline_revision(history.revisions[spec_commit.revision], parents[0].outline if parents else None)
        states[name], happenings[name], changes[name] = trace_commit(
            history.spec, name, patches.get(name), spec_commit.revision, text, parents, lost
        )
        ids[name] = states[name].ids
        cited[spec_commit.revision] = text.cited
        for parent in set(spec_commit.parents):
            waiting[parent] -= 1
            if not waiting[parent]:  # a long history is not kept in memory
                del states[parent]
    events = {name: tuple(happening.event for happening in traced_events) for name, traced_events in happenings.items()}
    lives = _lives(traced_event for happening in happenings.values() for traced_event in happening)
    return Lineage(history.spec, ids, lives, events, changes, cited)


def _lives(happenings: Iterable[TracedEvent]) -> dict[str, Life]:
    drafts: dict[str, _LifeDraft] = defaultdict(_LifeDraft)
    for happening in happenings:
        for name in happening.ids:
            drafts[name].events.append(happening.event)
            if happening.event.kind in (ChangeKind.REINSTATED, ChangeKind.SPLIT):  # there again
                drafts[name].heir = None
        for name in happening.new_ids:
            drafts[name].parent = happening.ids[0]
        for name in happening.merged_ids:
            drafts[name].heir = happening.ids[0]
    return {name: Life(name, tuple(draft.events), draft.parent, draft.heir) for name, draft in drafts.items()}
