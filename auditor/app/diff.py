"""Two revisions of a spec, clause by clause."""

from __future__ import annotations

from pathlib import Path

from auditor.app.named import at_sighting, named, work_tree
from auditor.app.project import Place, chosen, history_of, locate
from auditor.clauses.comparison import Comparison, ComparisonSide, compare_revisions
from auditor.errors import AuditorError, RevisionError
from auditor.model.spec import History
from auditor.settings import SpecConfig, load


def diff(where: Path, spec: str | None, before: str | None, after: str | None) -> tuple[Comparison, ...]:
    """The comparison of every spec asked for; records are not read.

    Args:
        where: a folder in the project, a bare repository, or a folder of dated revisions.
        spec: the name or path of a spec; None for all configured, without those that a side does not have.
        before: a name as for `named.named`; None for HEAD, or for the folder before the last.
        after: the same; None for the work tree, in a bare repository for HEAD, or for the last folder.

    Raises ConfigError, RepositoryError or RevisionError.
    """
    with locate(where) as place:
        configs = chosen(load(place.tree).specs, spec, in_git=place.repository is not None)
        found: list[Comparison] = []
        errors: list[AuditorError] = []
        for config in configs:
            try:
                found.append(_of_spec(place, config, before, after))
            except RevisionError as error:
                errors.append(error)
        if not found:
            raise errors[0]
        return tuple(found)


def _of_spec(place: Place, config: SpecConfig, before: str | None, after: str | None) -> Comparison:
    history = history_of(place, config)
    one = _first(place, config, history) if before is None else named(place, config, history, before)
    other = _last(place, config, history) if after is None else named(place, config, history, after)
    return compare_revisions(config.name, one, other)


def _first(place: Place, config: SpecConfig, history: History) -> ComparisonSide:
    if config.source == "folder":
        return at_sighting(history, history.sightings[-2 if len(history.sightings) > 1 else -1])
    return named(place, config, history, "HEAD")


def _last(place: Place, config: SpecConfig, history: History) -> ComparisonSide:
    if config.source == "folder":
        return at_sighting(history, history.sightings[-1])
    bare = place.repository is None or place.repository.worktree is None
    return named(place, config, history, "HEAD") if bare else work_tree(place, config)
