"""One sighting read against its parents: who its clauses are, and what happened to them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from auditor.clauses.gone import Gone, likeness
from auditor.clauses.lives import LineageEvent
from auditor.clauses.match import Outcome, changes_of, outcomes_of
from auditor.clauses.pairing import key_of
from auditor.clauses.window import Outline, Weights, Window, window
from auditor.model.clause import ChangeKind, Clause, ClauseChange

_EXACT = (None, ChangeKind.MOVED)
_DISTANCE: Mapping[ChangeKind | None, int] = {None: 0, ChangeKind.MOVED: 1}


@dataclass(frozen=True, slots=True)
class State:
    """What is known at a sighting, of it and of all before it.

    Attributes:
        revision: content id.
        outline: of that revision.
        ids: of its clauses.
        gone: the clauses there were once, in their last state, by id; the one that went last comes last.
        sighted: by revision, the ids it had when it was last seen.
    """

    revision: str
    outline: Outline
    ids: tuple[str, ...]
    gone: Mapping[str, Clause]
    sighted: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, the ids of those in whose lives it stands, of those it began, and of those it ended in another."""

    event: LineageEvent
    ids: tuple[str, ...]
    born: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """A sighting's text, or a window of it, against one parent's: what became of each clause, by position in there."""

    clauses: Mapping[int, Clause]
    ids: Sequence[str]
    outcomes: Sequence[Outcome]
    places: dict[str, int] = field(init=False)
    by_after: dict[int, Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.places = {self.ids[at]: at for at in self.clauses}
        self.by_after = {at: outcome for outcome in self.outcomes for at in outcome.positions[1]}


class _Namer:
    """Makes ids: the first that a text has and that is not known yet."""

    def __init__(self, spec: str, known: Sequence[Collection[str]]) -> None:
        self._spec, self._known = spec, known

    @cached_property
    def _names(self) -> set[str]:
        return {name for names in self._known for name in names}  # of no use where nothing is new, as mostly

    def name(self, text: str) -> str:
        ordinal = 0
        while (name := _id(self._spec, text, ordinal)) in self._names:
            ordinal += 1
        self._names.add(name)
        return name


def _id(spec: str, text: str, ordinal: int) -> str:
    parts = (part.encode("utf-8", "surrogatepass") for part in (spec, text, str(ordinal)))
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()[:32]


def next_state(
    spec: str, sighting: str, patch: str | None, revision: str, outline: Outline, parents: Sequence[State], lost: Gone
) -> tuple[State, list[Happening], tuple[ClauseChange, ...]]:
    """The state of a sighting with these parents, first parent first, what happened in it, and its clause changes.

    The changes are against the first parent alone, and know nothing of who a clause was before. `lost` is for looking
    up what is gone, one for a whole history.
    """
    gone: dict[str, Clause] = {}
    sighted: dict[str, tuple[str, ...]] = {}
    for parent in parents:
        gone |= parent.gone
    for parent in reversed(parents):
        sighted |= parent.sighted
    ids = _same_again(revision, parents, sighted)
    part = window(parents[0].outline, outline) if len(parents) == 1 and ids is None else None
    if part:
        clauses, before = part.after, parents[0].ids
        last = part.first + part.sizes[0]
        readings = [_Reading(part.before, before[part.first : last], _outcomes(part, parents[0].outline, outline))]
        inside = _assigned(_Namer(spec, (gone, before)), clauses, readings, gone, lost)
        ids = (*before[: part.first], *_unfolded(part, inside, readings[0].ids), *before[last:])
    else:
        clauses = dict(enumerate(outline.clauses))
        readings = [_whole(parent, clauses) for parent in parents]
        namer = _Namer(spec, (gone, *(parent.ids for parent in parents)))
        inside = dict(enumerate(ids)) if ids is not None else _assigned(namer, clauses, readings, gone, lost)
        ids = tuple(inside.values())
    changes = changes_of(readings[0].outcomes, readings[0].clauses, clauses) if readings else ()
    happenings = list(_Teller(sighting, patch, clauses, inside, readings, gone).happenings())
    here = set(inside.values())
    for reading in reversed(readings):
        gone.update((name, reading.clauses[at]) for name, at in reading.places.items() if name not in here)
    for name in here & gone.keys():
        del gone[name]
    sighted[revision] = ids
    return State(revision, outline, ids, gone, sighted), happenings, changes


def _outcomes(part: Window, before: Outline, after: Outline) -> list[Outcome]:
    """As `outcomes_of` the whole has them, by position in the window."""
    lead = len(part.lead)
    ours, theirs = (
        dict(enumerate(part.lead)) | {lead + at: clause for at, clause in side.items()}
        for side in (part.before, part.after)
    )
    found = outcomes_of(ours, theirs, Weights(before, after))
    return [_shifted(outcome, lead) for outcome in found if outcome.at is None or outcome.at >= lead]


def _whole(parent: State, clauses: Mapping[int, Clause]) -> _Reading:
    before = dict(enumerate(parent.outline.clauses))
    return _Reading(before, parent.ids, outcomes_of(before, clauses))


def _unfolded(part: Window, ids: Mapping[int, str], before: Sequence[str]) -> list[str]:
    """The ids of all clauses after; those that were left out have the ones they had."""
    found = [ids.get(at, "") for at in range(part.sizes[1])]
    for at, other, size in part.folds:
        found[other : other + size] = before[at : at + size]
    return found


def _shifted(outcome: Outcome, lead: int) -> Outcome:
    at, other = (None if place is None else place - lead for place in (outcome.at, outcome.other))
    more = tuple(place - lead for place in outcome.more)
    return Outcome(at, other, outcome.kind, outcome.similarity, outcome.moved, more)


def _same_again(
    revision: str, parents: Sequence[State], sighted: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...] | None:
    same = (parent.ids for parent in parents if parent.revision == revision)
    return next(same, None) or sighted.get(revision)


def _assigned(
    namer: _Namer, clauses: Mapping[int, Clause], readings: Sequence[_Reading], gone: Mapping[str, Clause], lost: Gone
) -> dict[int, str]:
    """The ids of the clauses: the same words in any parent, similar words, those that are back, then new ones."""
    ids: dict[int, str] = {}
    taken: set[str] = set()

    def take(at: int, name: str) -> None:
        if at not in ids and name not in taken:
            ids[at] = name
            taken.add(name)

    for exact in (True, False):
        for reading in readings:
            for outcome in reading.outcomes:
                if outcome.at is not None and outcome.other is not None and (outcome.kind in _EXACT) == exact:
                    take(outcome.other, reading.ids[outcome.at])
    added = {at: clause for at, clause in clauses.items() if at not in ids}
    for at, name in lost.found_again(gone, taken, added).items():
        take(at, name)
    return {at: ids[at] if at in ids else namer.name(clause.text) for at, clause in clauses.items()}


@dataclass(frozen=True, slots=True)
class _Held:
    """Where a parent has a clause, and what became of it; `outcome` is None where the matching has it elsewhere.

    A revision that is back has its former ids, so that the clause may be any piece of a split, and any part of a merge.
    """

    reading: _Reading
    place: int
    kind: ChangeKind | None
    outcome: Outcome | None

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere."""
        return self.outcome.moved if self.outcome else self.kind is ChangeKind.MOVED


@dataclass(slots=True)
class _Teller:
    """Tells what happened, from who the clauses are: the matching proposes, identity decides."""

    sighting: str
    patch: str | None
    clauses: Mapping[int, Clause]
    ids: Mapping[int, str]
    readings: Sequence[_Reading]
    gone: Mapping[str, Clause]
    told: set[str] = field(default_factory=set)

    def happenings(self) -> Iterator[Happening]:
        """What is there and was in no parent as it is, in the order of the text; then what is there no more."""
        held = {at: self._held(at, name) for at, name in self.ids.items()}
        together: dict[int, Happening] = {}
        for at, one in held.items():
            happening = self._together(at, one, held) if one else None
            if happening is not None:
                together[at] = happening
                self.told.update(happening.ids)
        for at, name in self.ids.items():
            happening = together.get(at)
            if happening is None and name not in self.told:
                happening = self._alone(at, name, held[at])
            if happening is not None:
                yield happening
        yield from self._departures()

    def _held(self, at: int, name: str) -> _Held | None:
        """The parent that has this clause most alike."""
        held = []
        for reading in self.readings:
            place = reading.places.get(name)
            if place is not None:
                held.append(self._compared(reading, place, at))
        return min(held, key=lambda one: _DISTANCE.get(one.kind, 2), default=None)

    def _compared(self, reading: _Reading, place: int, at: int) -> _Held:
        outcome = reading.by_after[at]
        if place in outcome.positions[0]:
            return _Held(reading, place, outcome.kind, outcome)
        same = key_of(reading.clauses[place]) == key_of(self.clauses[at])
        return _Held(reading, place, ChangeKind.MOVED if same else ChangeKind.REWORDED, None)

    def _together(self, at: int, one: _Held, held: Mapping[int, _Held | None]) -> Happening | None:
        """A split whose pieces are new, or a merge of clauses that are there no more; none of them told of already."""
        if one.outcome is None or not one.outcome.more:
            return None
        parent, name = one.reading, self.ids[at]
        if one.kind is ChangeKind.SPLIT:
            places = one.outcome.positions[1]
            pieces = [other for other in places if held[other] is None and self.ids[other] not in self.told]
            after = tuple(self.clauses[other] for other in sorted([at, *pieces]))
            event = self._event(one.kind, (parent.clauses[one.place],), after, one.moved)
            others = tuple(self.ids[other] for other in pieces)
            return Happening(event, (name, *others), born=tuple(name for name in others if name not in self.gone))
        here = {*self.ids.values(), *self.gone, *self.told}
        parts = [other for other in one.outcome.positions[0] if parent.ids[other] not in here]
        before = tuple(parent.clauses[other] for other in sorted([one.place, *parts]))
        event = self._event(ChangeKind.MERGED, before, (self.clauses[at],), one.moved)
        others = tuple(parent.ids[other] for other in parts)
        return Happening(event, (name, *others), ended=others)

    def _alone(self, at: int, name: str, one: _Held | None) -> Happening | None:
        clause = self.clauses[at]
        if one is None and name not in self.gone:
            return Happening(self._event(ChangeKind.ADDED, (), (clause,)), (name,))
        if one is None:
            return Happening(self._event(ChangeKind.REINSTATED, (self.gone[name],), (clause,)), (name,))
        if one.kind is None:
            return None
        return Happening(self._event(one.kind, (one.reading.clauses[one.place],), (clause,), one.moved), (name,))

    def _departures(self) -> Iterator[Happening]:
        """What was in a parent and went neither here nor, earlier, on the way to another parent."""
        past = {*self.ids.values(), *self.told, *self.gone}
        for reading in self.readings:
            for name, at in reading.places.items():
                if name not in past:
                    past.add(name)
                    yield Happening(self._event(ChangeKind.REMOVED, (reading.clauses[at],), ()), (name,))

    def _event(
        self, kind: ChangeKind, before: tuple[Clause, ...], after: tuple[Clause, ...], moved: bool = False
    ) -> LineageEvent:
        if kind in (ChangeKind.SPLIT, ChangeKind.MERGED) and len(before) == len(after) == 1:
            kind = ChangeKind.REWORDED
        similarity = likeness(before, after) if before and after else 0.0
        return LineageEvent(kind, self.sighting, self.patch, before, after, similarity, moved)
