"""Two revisions side by side: every change of a clause with its direction, and the levels that got another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.clauses.authority import Renaming, authority_changes
from auditor.clauses.diff import clauses_of, counts
from auditor.clauses.lives import LineageEvent
from auditor.clauses.match import match
from auditor.clauses.norms import Norm, judge
from auditor.model.clause import ChangeCounts, ChangeKind, Clause, ClauseChange, ClauseKind
from auditor.model.spec import Revision, Sighting

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Named:
    """One side of a comparison.

    Attributes:
        name: what it was asked for by, or "work tree".
        revision: its text.
        commit: full id; None for the work tree, a dated folder and a content id.
        sighting: the one it is; None where it is none.
    """

    name: str
    revision: Revision
    commit: str | None
    sighting: Sighting | None


@dataclass(frozen=True, slots=True)
class TypedChange:
    """A change of a clause, and which way it goes."""

    change: ClauseChange
    norm: Norm


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed between two revisions of a spec.

    Attributes:
        changes: in the order of the text after, what is gone where it would stand.
        renamings: the levels of authority that have another name throughout, which is no change of level.
    """

    spec: str
    before: Named
    after: Named
    changes: tuple[TypedChange, ...]
    renamings: tuple[Renaming, ...]

    @property
    def counts(self) -> ChangeCounts:
        """How many clauses changed, by kind."""
        return counts(one.change for one in self.changes)


def compare(spec: str, before: Named, after: Named, events: Sequence[LineageEvent] = ()) -> Comparison:
    """Compares two revisions.

    Args:
        events: what happened in the sighting after, by the spec's whole history: a clause that is back is then
            reinstated, with its last state before; two revisions alone never say so.
    """
    matching = match(clauses_of(before.revision), clauses_of(after.revision))
    levels = authority_changes(matching.changes, matching.unchanged)
    returned = {_key(event.after[0]): event for event in events if event.kind is ChangeKind.REINSTATED}
    changes = [_returned(change, returned) for change in matching.changes]
    typed = tuple(TypedChange(change, judge(change, renamed=levels.renamed)) for change in changes)
    return Comparison(spec, before, after, typed, levels.renamings)


_Key = tuple[str, int, str]


def _key(clause: Clause) -> _Key:
    return clause.path, clause.line, clause.text


def _returned(change: ClauseChange, events: Mapping[_Key, LineageEvent]) -> ClauseChange:
    if change.kind is not ChangeKind.ADDED or change.after is None:
        return change
    event = events.get(_key(change.after))
    if event is None:
        return change
    return replace(change, kind=ChangeKind.REINSTATED, before=event.before[0], similarity=event.similarity)


def typed_event(event: LineageEvent, renamed: Mapping[str, str] = _NONE) -> TypedChange:
    """An event of a clause's life as a change; `renamed` as in `norms.judge`."""
    before, after = event.before, event.after
    change = ClauseChange(
        kind=event.kind,
        before=before[0] if before else None,
        after=after[0] if after else None,
        similarity=event.similarity,
        moved=event.moved,
        others=after[1:] if event.kind is ChangeKind.SPLIT else before[1:],
    )
    return TypedChange(change, judge(change, renamed=renamed))


def place_of(clause: Clause) -> tuple[str, ...]:
    """The section a clause belongs to: the titles of its headings, outermost first; a heading belongs to its own."""
    return (*clause.section, clause.text) if clause.kind is ClauseKind.HEADING else clause.section


def sides_of(change: ClauseChange) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
    """The clauses before and after, each side in the order of its text."""
    before = () if change.before is None else (change.before,)
    after = () if change.after is None else (change.after,)
    if change.kind is ChangeKind.SPLIT:
        return before, _in_order(after + change.others)
    return _in_order(before + change.others), after


def _in_order(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return tuple(sorted(clauses, key=lambda clause: (clause.path, clause.line)))
