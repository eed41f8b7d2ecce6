"""A clause's whole life, found by its anchor, its place or its words."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from auditor.app.named import named
from auditor.app.project import Place, chosen, history_of, locate
from auditor.clauses.blame import (
    ClauseHistory,
    ClauseState,
    clause_history,
    clause_states,
    find_clauses,
    is_clause_place,
)
from auditor.clauses.lineage import Lineage, trace_lineage
from auditor.errors import InputError
from auditor.model.spec import History
from auditor.settings import SpecConfig, load


@dataclass(frozen=True, slots=True)
class _Known:
    """A spec's clauses."""

    config: SpecConfig
    history: History
    lineage: Lineage
    states: dict[str, ClauseState]


def blame(
    where: Path, spec: str | None, clause: str, rev: str | None = None
) -> ClauseHistory | tuple[ClauseState, ...]:
    """The life of a clause; or the clauses that may be meant, where they are several.

    Args:
        where: a folder in the project, a bare repository, or a folder of dated revisions.
        spec: the name or path of a spec; None for all configured.
        clause: see `story.meant`.
        rev: the revision in which lines and words are looked up, as for `named.named`; None for the last sighting.

    Raises ConfigError, RepositoryError, RevisionError; InputError where there is no such clause.
    """
    with locate(where) as place:
        configs = chosen(load(place.tree).specs, spec, in_git=place.repository is not None)
        every = [_known(place, config, rev) for config in configs]
    found = [(known, find_clauses(known.states.values(), clause)) for known in every]
    candidates = tuple(state for _, some in found for state in some)
    if len(candidates) > 1:
        return candidates
    for known, some in found:
        for state in some:
            return clause_history(known.history, known.lineage, clause_states(known.history, known.lineage), state.id)
    raise _no_such_clause(clause, every)


def _known(place: Place, config: SpecConfig, rev: str | None) -> _Known:
    history = history_of(place, config)
    at = None if rev is None else named(place, config, history, rev)
    if at is not None and at.revision.id not in history.revisions:  # it is on another branch
        history = history_of(place, config, at.commit or "HEAD")
    lineage = trace_lineage(history)
    return _Known(config, history, lineage, clause_states(history, lineage, at.revision.id if at else None))


def _no_such_clause(clause: str, every: list[_Known]) -> InputError:
    there = [state for known in every for state in known.states.values()]
    if is_clause_place(clause, there):
        return InputError("no clause stands on this line", where=clause, remedy="give a line that has text")
    anchors = sorted({f"#{state.clause.anchor}" for state in there if state.clause.anchor})
    near = get_close_matches(f"#{clause.removeprefix('#')}", anchors, n=3)
    if clause.startswith("#") or near:
        remedy = f"nearest are {', '.join(near)}" if near else "see the anchors of the spec's headings"
        return InputError("no heading has this anchor", where=clause, remedy=remedy)
    remedy = "give an anchor, path:line, or words that stand in it"
    return InputError("no clause says this, and none ever did", where=clause, remedy=remedy)
