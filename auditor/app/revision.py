"""The content id of a spec, to stamp on an evaluation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.app.project import Place, chosen, git_of, history_of, locate
from auditor.errors import RepositoryError, RevisionError
from auditor.git import Commit, Repository
from auditor.settings import SpecConfig, load
from auditor.sources.specs.names import RevisionNames
from auditor.sources.specs.repository import revision_in_force
from auditor.sources.specs.revisions import read_revision

_HEX = re.compile(r"[0-9a-fA-F]{4,64}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What to stamp on an evaluation of a spec.

    Attributes:
        spec: its name.
        revision: content id, 64 hex digits.
        caution: why the stamp may not be found later; None for a revision that is in the history.
    """

    spec: str
    revision: str
    caution: str | None = None


def stamps(where: Path, spec: str | None, name: str | None) -> tuple[Stamp, ...]:
    """The stamp of every spec asked for. Records are not read, so that a broken one stops no evaluation.

    Args:
        where: a folder in the project, a bare repository, or a folder of dated revisions.
        spec: the name or path of a spec; None for all configured.
        name: what stands for the revision: a content id, a commit, the beginning of either, a tag, a branch, HEAD, or
            a dated folder. None for the files of the work tree as they are, staged or not; in a bare repository for
            those of HEAD; for dated folders for the latest.

    Raises ConfigError or RepositoryError where a spec cannot be read; RevisionError where the name stands for no
    revision of any of the specs, or for several of one.
    """
    with locate(where) as place:
        configs = chosen(load(place.tree).specs, spec, in_git=place.repository is not None)
        return _all_named(place, configs, name) if name is not None else tuple(_now(place, one) for one in configs)


def _all_named(place: Place, configs: Sequence[SpecConfig], name: str) -> tuple[Stamp, ...]:
    found, errors = [], []
    for config in configs:
        try:
            found.append(Stamp(config.name, _named(place, config, name)))
        except RevisionError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return tuple(found)


def _now(place: Place, config: SpecConfig) -> Stamp:
    if config.source == "folder":
        return Stamp(config.name, history_of(place, config).sightings[-1].revision)
    repository = git_of(place, config)
    if repository.worktree is None:
        return Stamp(config.name, revision_in_force(repository, config.paths, "HEAD"))
    revision = read_revision(place.tree, config.paths)
    if not revision.files:
        where = ", ".join(config.paths)
        raise RepositoryError("no such file in the work tree", where=where, remedy="check paths, or name a revision")
    return Stamp(config.name, revision.id, _caution(repository, config, revision.id))


def _caution(repository: Repository, config: SpecConfig, revision: str) -> str | None:
    """Why a stamp of the work tree may not be found. History may be cut short here, which hinders no evaluation."""
    try:
        head = repository.resolve("HEAD")
    except RepositoryError as error:
        return f"spec {config.name}: whether it is committed cannot be told ({error})"
    if read_revision(Commit(repository, head), config.paths).id == revision:
        return None
    return f"spec {config.name}: the work tree differs from HEAD; commit it before the results are ingested"


def _named(place: Place, config: SpecConfig, name: str) -> str:
    """A person types it, so that what moves (HEAD, branches) stands for what it is at now."""
    if config.source == "folder":
        return RevisionNames(history_of(place, config)).find(name)
    repository = git_of(place, config)
    if _HEX.fullmatch(name):
        return RevisionNames(history_of(place, config), repository, config.paths).find(name)
    return revision_in_force(repository, config.paths, _commit_named(repository, name))


def _commit_named(repository: Repository, name: str) -> str:
    """The commit of a tag, which a branch of the same name does not hide; else what git makes of the name."""
    tagged = [commit for commit, tags in repository.tags().items() if name in tags]
    return tagged[0] if tagged else repository.resolve(name)
