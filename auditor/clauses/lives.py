"""What became of a clause: the events of its life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.model.clause import ChangeKind, Clause, ClauseChange


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """One thing that happened to a clause.

    Attributes:
        kind: what; in a first sighting every clause is added.
        sighting: the name of the sighting that shows it first.
        patch: the patch's id; None in a first sighting, and for a merge that is no patch.
        before: the clause before; all of them for a merge, the last state for a reinstated one, none for an added one.
        after: the clause after; all of them for a split, none for a removed one.
        similarity: 1.0 for the same text, else the share of words in common, 0 to 1; 0.0 for added and removed.
        moved: whether it stands elsewhere, too.
    """

    kind: ChangeKind
    sighting: str
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
        events: in the order of the history's sightings; a split or merge stands in the lives of all who take part.
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
        ids: by sighting name, the id of each of its revision's clauses, in the order of `diff.clauses_of`; none twice.
        lives: by id.
        events: by sighting name, everything that happened there, each event once, in the order of the text after, what
            is gone last.
        changes: by sighting name, what `match.match` finds between its first parent's revision and its own; none for a
            first sighting.
        cited: by revision, the ids of the footnotes that its clauses cite.
    """

    spec: str
    ids: Mapping[str, tuple[str, ...]]
    lives: Mapping[str, Life]
    events: Mapping[str, tuple[LineageEvent, ...]]
    changes: Mapping[str, tuple[ClauseChange, ...]]
    cited: Mapping[str, frozenset[str]]
