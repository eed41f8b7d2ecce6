"""A project as it lies on disk: where it is, what it configures, which specs it has and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from auditor.errors import ConfigError
from auditor.evidence import Evidence, assemble_evidence
from auditor.git import Commit, Folder, Repository, Tree, find_repository
from auditor.model.held_out_use import HeldOutUse
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run
from auditor.model.spec import History
from auditor.model.suite import Registry
from auditor.settings import Settings, SpecConfig, load
from auditor.sources.specs import folder, repository
from auditor.store.join import Unjoined, join
from auditor.store.looks import load_looks
from auditor.store.plans import load_plans
from auditor.store.records import load as load_records
from auditor.store.suites import load_registry


@dataclass(frozen=True, slots=True)
class Project:
    """A project.

    Attributes:
        root: the folder given.
        repository: None outside of git.
        tree: what configuration, suites and records are read from: the work tree, or HEAD of a bare repository.
        specs: the ones asked for.
        tip: the commit that history ends at.
        runs: with the labels of their samples counted in their tallies.
        unjoined: labels that count nowhere.
        rederived: the records that were held against their raw logs, and agree.
        kept: what is named by its content is read from it; None for `tree`.
        sealed: the ids of what counts of that; None for all.
    """

    root: Path
    repository: Repository | None
    tree: Tree
    settings: Settings
    specs: tuple[SpecConfig, ...]
    registry: Registry
    runs: tuple[Run, ...]
    tip: str = "HEAD"
    unjoined: tuple[Unjoined, ...] = ()
    plans: tuple[Preregistration, ...] = ()
    looks: tuple[HeldOutUse, ...] = ()
    rederived: frozenset[str] = frozenset()
    kept: Tree | None = None
    sealed: frozenset[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process that reads the repository."""
        _close(self.repository)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project is; nothing of it has been read yet. The attributes are those of `Project`."""

    root: Path
    repository: Repository | None
    tree: Tree
    tip: str = "HEAD"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process that reads the repository."""
        _close(self.repository)


def _close(repository: Repository | None) -> None:
    if repository is not None:
        repository.close()


def locate(where: Path) -> Place:
    """The place of the project that a folder lies in.

    Args:
        where: a folder in it, a bare repository, or a folder of dated revisions.

    Raises RepositoryError.
    """
    found = find_repository(where)
    root = (found.worktree if found else None) or where
    tree: Tree = Commit(found, found.resolve("HEAD")) if found and found.worktree is None else Folder(root)
    return Place(root, found, tree)


def open_project(where: Path, spec: str | None = None) -> Project:
    """The project that a folder lies in.

    Args:
        where: as for `locate`.
        spec: the name of a configured spec, or the path or pattern of one that is not; None for all configured.

    Use it in a `with` statement, or close its repository. Raises ConfigError, RecordError or RepositoryError.
    """
    place = locate(where)
    try:
        return _opened(place, spec)
    except BaseException:
        _close(place.repository)
        raise


def _opened(place: Place, spec: str | None) -> Project:
    if place.repository is not None:
        place.repository.require_complete()
    settings = load(place.tree)
    specs = chosen(settings.specs, spec, in_git=place.repository is not None)
    registry = load_registry(place.tree, settings.store)
    joined = join(place.tree, settings.store, load_records(place.tree, settings.store), registry.labels)
    return Project(
        place.root,
        place.repository,
        place.tree,
        settings,
        specs,
        registry,
        joined.runs,
        unjoined=joined.unjoined,
        plans=load_plans(place.tree, settings.store),
        looks=load_looks(place.tree, settings.store),
    )


def chosen(configured: Sequence[SpecConfig], spec: str | None, *, in_git: bool) -> tuple[SpecConfig, ...]:
    """The specs that a name stands for: configured ones, or one at that path. Raises ConfigError for none."""
    named = tuple(config for config in configured if spec in (None, config.name) or (spec,) == config.paths)
    if named:
        return named
    if spec is None:
        remedy = "give --spec PATH, or run auditor init"
        raise ConfigError("no spec is configured", where="auditor.toml", field="spec", remedy=remedy)
    return (SpecConfig(spec, (spec,), "git" if in_git else "folder"),)


def evidence_of(project: Project, history: History) -> Evidence:
    """The evidence on one of the project's specs. Raises RecordError."""
    return assemble_evidence(history, project.runs, project.registry, project.plans, project.rederived)


def history_of(project: Project | Place, config: SpecConfig, tip: str | None = None) -> History:
    """The history of one of the project's specs. Raises ConfigError or RepositoryError.

    Args:
        tip: the commit, tag or branch it ends at, None for the project's; dated folders are those of its tree.
    """
    if config.source == "folder":
        return folder.history_in(project.tree, config.name, config.paths, where=str(project.root))
    return repository.history(git_of(project, config), config.name, config.paths, tip or project.tip)


def git_of(project: Project | Place, config: SpecConfig) -> Repository:
    """The repository a spec's commits are in. Raises ConfigError outside of git."""
    if project.repository is None:
        remedy = 'run this in its repository, or set source = "folder"'
        raise ConfigError(
            "is in no git repository", where=str(project.root), field=f"spec {config.name}", remedy=remedy
        )
    return project.repository
