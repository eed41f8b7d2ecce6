"""One clause through its whole history, and which clause a text means.

In: a history with its lineage; a place (`path:line`), an anchor or words. Out: the states of all clauses there ever
were, the ones that are meant, and the `ClauseHistory` of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile

from auditor.clauses.comparison import ClassifiedChange, classify_event, clauses_of
from auditor.clauses.deontic import GroundKind, find_authority_changes
from auditor.clauses.lineage import Life, Lineage, LineageEvent
from auditor.clauses.match import match_clauses
from auditor.model.clause import ChangeKind, Clause, ClauseKind
from auditor.model.spec import History, SpecCommit

_PLACE = re.compile(r"(\S+):(\d+)\Z")
_ID = re.compile(r"[0-9a-f]{8,32}\Z")
# As findings and lists quote the beginning of a clause.
_QUOTED = re.compile(r'"?(.*?)"?(?:\s*(?:\.\.\.|\u2026))?"?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClauseState:
    """A clause as it was last seen.

    Attributes:
        there: whether it still is.
        former: how else it stood, oldest first: other words, another anchor.
    """

    id: str
    clause: Clause
    spec_commit: SpecCommit
    there: bool
    former: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseEvent:
    """One event of a clause's life; `word` is what it was to this very clause."""

    word: str
    typed: ClassifiedChange
    spec_commit: SpecCommit
    patch: str | None


@dataclass(frozen=True, slots=True)
class SectionMember:
    """A clause of a section, what last happened to it, and where that was seen."""

    state: ClauseState
    word: str
    spec_commit: SpecCommit


@dataclass(frozen=True, slots=True)
class ClauseHistory:
    """A clause's whole life.

    Attributes:
        state: as it is, or was last.
        events: oldest first.
        parent: the clause it was split from; None for most.
        heir: the clause it was merged into; None for most.
        section: of a heading that is there, the clauses under it, in order; none for any other clause.
    """

    spec: str
    state: ClauseState
    events: tuple[ClauseEvent, ...]
    parent: ClauseState | None
    heir: ClauseState | None
    section: tuple[SectionMember, ...]


def clause_states(history: History, lineage: Lineage, revision: str | None = None) -> dict[str, ClauseState]:
    """Every clause there ever was, by id, in its last state, those that are there first and in order.

    Args:
        revision: what counts as there: the clauses of this content id; None for those of the last spec commit.
    """
    last = next(
        (commit for commit in reversed(history.spec_commits) if revision in (None, commit.revision)),
        history.spec_commits[-1],
    )
    clauses_by_id: dict[str, dict[tuple[str, str | None], Clause]] = {}
    when: dict[str, SpecCommit] = {}
    for spec_commit in (*history.spec_commits, last):
        clauses = clauses_of(history.revisions[spec_commit.revision])
        for name, clause in zip(lineage.ids[spec_commit.name], clauses, strict=True):
            stands = clause.text, clause.anchor
            earlier = clauses_by_id.setdefault(name, {})
            earlier.pop(stands, None)
            earlier[stands] = clause
            when[name] = spec_commit
    there = dict.fromkeys(lineage.ids[last.name])
    return {
        name: ClauseState(name, stood[-1], when[name], name in there, tuple(stood[:-1]))
        for name in (*there, *(name for name in clauses_by_id if name not in there))
        if (stood := list(clauses_by_id[name].values()))
    }


def find_clauses(every_state: Iterable[ClauseState], text: str) -> tuple[ClauseState, ...]:
    """The clauses that somebody means, one if all is well.

    Those that are there rule out those that are gone, and both those that once said so.

    Args:
        text: `path:line`; the beginning of an id, 8 digits or more; a heading's anchor, with or without `#`; or words
            of a clause, white space aside, also as a finding quotes them. A clause that says just these words rules out
            those that say more; only if there is none, case is left aside.
    """
    every = tuple(every_state)
    there, removed = ([(state, state.clause) for state in every if state.there is still] for still in (True, False))
    formerly = [(state, clause) for state in every for clause in state.former]
    states = _at_line(there, text)
    quoted = _QUOTED.fullmatch(text.strip())
    words = " ".join((quoted[1] if quoted else text).split())
    for among in (there, removed, formerly):
        states = states or _with_id(among, text) or _with_anchor(among, text) or _with_words(among, words)
    return tuple({state.id: state for state in states}.values())


def is_clause_place(text: str, states: Iterable[ClauseState]) -> bool:
    """Whether a text is `path:line` of a file that the spec has."""
    place = _PLACE.match(text)
    return place is not None and _path(place[1]) in {state.clause.path for state in states if state.there}


def _path(text: str) -> str:
    return text.removeprefix("./")


_StatedClause = tuple[ClauseState, Clause]


def _at_line(among: Sequence[_StatedClause], text: str) -> list[ClauseState]:
    place = _PLACE.match(text)
    if place is None:
        return []
    path, line = _path(place[1]), int(place[2])
    return [state for state, clause in among if clause.path == path and clause.line <= line <= clause.end]


def _with_id(among: Sequence[_StatedClause], text: str) -> list[ClauseState]:
    return [state for state, _ in among if state.id.startswith(text)] if _ID.match(text) else []


def _with_anchor(among: Sequence[_StatedClause], text: str) -> list[ClauseState]:
    anchor = text.removeprefix("#")
    return [state for state, clause in among if clause.kind is ClauseKind.HEADING and clause.anchor == anchor]


def _with_words(among: Sequence[_StatedClause], words: str) -> list[ClauseState]:
    stated = [(state, " ".join(clause.text.split())) for state, clause in among] if words else []
    for name, texts in ((words, stated), (words.casefold(), [(state, text.casefold()) for state, text in stated])):
        states = [state for state, text in texts if text == name] or [state for state, text in texts if name in text]
        if states:
            return states
    return []


def clause_history(history: History, lineage: Lineage, states: Mapping[str, ClauseState], name: str) -> ClauseHistory:
    """The life of the clause of that id, which `states` has."""
    life = lineage.lives[name]
    spec_commits = {spec_commit.name: spec_commit for spec_commit in history.spec_commits}
    events = tuple(
        ClauseEvent(
            _event_word(event, life, lineage),
            _classified_event(event, history, spec_commits),
            spec_commits[event.spec_commit],
            event.patch,
        )
        for event in life.events
    )
    parent, heir = (states.get(other) if other else None for other in (life.parent, life.heir))
    under = (
        SectionMember(state, _event_word(last, lineage.lives[state.id], lineage), spec_commits[last.spec_commit])
        for state in _section_states(states, states[name])
        for last in lineage.lives[state.id].events[-1:]
    )
    return ClauseHistory(lineage.spec, states[name], events, parent, heir, tuple(under))


def _section_states(states: Mapping[str, ClauseState], heading: ClauseState) -> Iterator[ClauseState]:
    """The clauses that stand under a heading; `states` begins with those that are there, in order."""
    if heading.clause.kind is not ClauseKind.HEADING or not heading.there:
        return
    place = (*heading.clause.section, heading.clause.text)
    after = dropwhile(lambda state: state.id != heading.id, states.values())
    next(after)
    yield from takewhile(
        lambda state: (
            state.there and state.clause.path == heading.clause.path and state.clause.section[: len(place)] == place
        ),
        after,
    )


def _event_word(event: LineageEvent, life: Life, lineage: Lineage) -> str:
    """What an event is to one of the clauses that take part in it."""
    match event.kind:
        case ChangeKind.ADDED:
            return "introduced"
        case ChangeKind.SPLIT if life.parent is not None and life.events[0] is event:
            return "split off"
        case ChangeKind.MERGED if life.id not in lineage.ids[event.spec_commit]:
            return "merged into another"
        case _:
            return str(event.kind)


def _classified_event(
    event: LineageEvent, history: History, spec_commits: Mapping[str, SpecCommit]
) -> ClassifiedChange:
    """The event with its direction; a level that its patch renames is no change of level."""
    typed = classify_event(event)
    parents = spec_commits[event.spec_commit].parents
    if not parents or all(ground.kind is not GroundKind.AUTHORITY for ground in typed.norm.grounds):
        return typed
    names = spec_commits[parents[0]].revision, spec_commits[event.spec_commit].revision
    matching = match_clauses(*(clauses_of(history.revisions[name]) for name in names))
    return classify_event(event, find_authority_changes(matching.changes, matching.unchanged).renamed)
