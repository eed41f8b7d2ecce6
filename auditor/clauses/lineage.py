"""A spec's history -> who each clause is, in every sighting, and its life."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from auditor.clauses.gone import Gone
from auditor.clauses.lives import Life, Lineage, LineageEvent
from auditor.clauses.tracing import Happening, State, next_state
from auditor.clauses.window import outline
from auditor.model.clause import ChangeKind, ClauseChange
from auditor.model.spec import History, patches_of

__all__ = ["Life", "Lineage", "LineageEvent", "trace"]


@dataclass(slots=True)
class _Draft:
    events: list[LineageEvent] = field(default_factory=list)
    parent: str | None = None
    heir: str | None = None


def trace(history: History) -> Lineage:
    """Gives every clause of every sighting its identity, and every identity its life.

    A sighting's clauses are read against its parents: the same words in any parent first, then similar words, in the
    order of the parents. A clause in no parent that was there once, among the sighting's ancestors, is reinstated: by
    its text, its anchor, or most of its words. A revision that comes back has the ids it had. Text that a merge takes
    from a parent is no event of the merge. Neither the order of the sightings matters, as long as parents come first,
    nor what branches say that have not met.
    """
    patches = {patch.after.name: patch.id for patch in patches_of(history)}
    waiting = Counter(name for sighting in history.sightings for name in set(sighting.parents))
    lost = Gone()
    states: dict[str, State] = {}
    ids: dict[str, tuple[str, ...]] = {}
    happenings: dict[str, list[Happening]] = {}
    changes: dict[str, tuple[ClauseChange, ...]] = {}
    cited: dict[str, frozenset[str]] = {}
    for sighting in history.sightings:
        name = sighting.name
        parents = [states[parent] for parent in dict.fromkeys(sighting.parents)]
        text = outline(history.revisions[sighting.revision], parents[0].outline if parents else None)
        states[name], happenings[name], changes[name] = next_state(
            history.spec, name, patches.get(name), sighting.revision, text, parents, lost
        )
        ids[name] = states[name].ids
        cited[sighting.revision] = text.cited
        for parent in set(sighting.parents):
            waiting[parent] -= 1
            if not waiting[parent]:  # a long history is not kept in memory
                del states[parent]
    events = {name: tuple(happening.event for happening in some) for name, some in happenings.items()}
    lives = _lives(one for some in happenings.values() for one in some)
    return Lineage(history.spec, ids, lives, events, changes, cited)


def _lives(happenings: Iterable[Happening]) -> dict[str, Life]:
    drafts: dict[str, _Draft] = defaultdict(_Draft)
    for happening in happenings:
        for name in happening.ids:
            drafts[name].events.append(happening.event)
            if happening.event.kind in (ChangeKind.REINSTATED, ChangeKind.SPLIT):  # there again
                drafts[name].heir = None
        for name in happening.born:
            drafts[name].parent = happening.ids[0]
        for name in happening.ended:
            drafts[name].heir = happening.ids[0]
    return {name: Life(name, tuple(draft.events), draft.parent, draft.heir) for name, draft in drafts.items()}
