"""A project as it lies on disk, or as it was: its place, its settings, its specs, and what was measured.

In comes a folder; out comes a `Place` (nothing read yet) or a `Project` (settings, specs, registry, runs, plans).
`snapshot_project` is the same project at a commit, with only the records of the batches sealed by then. Histories and
evidence of one spec are built from it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from auditor.app.find_spec import Warn, choose_specs
from auditor.errors import ConfigError, RecordError, RepositoryError
from auditor.evidence import Evidence, assemble_evidence
from auditor.git import Commit, Folder, Repository, Tree, file_changes, find_repository
from auditor.model.ablation import AblationManifest
from auditor.model.held_out_use import HeldOutUse
from auditor.model.numbers import short_id
from auditor.model.preregistration import Preregistration
from auditor.model.run import Run
from auditor.model.spec import History
from auditor.model.suite import Registry, Role, Suite
from auditor.settings import SETTINGS_FILE, SHARED_SETTINGS_FILE, Settings, SpecConfig, load_settings
from auditor.specs import folder, git
from auditor.store.ablations import load_ablations
from auditor.store.labels import UnjoinedLabels, join_labels
from auditor.store.ledger import load_held_out_uses, load_preregistrations
from auditor.store.records import load_records, records_folder
from auditor.store.registry import SUITES_FILE, load_registry

if TYPE_CHECKING:
    from auditor.store.integrity import StoreContents

# A project as it lies on disk: where it is, what it configures, which specs it has and what was measured.


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
        prompts_tree: what is named by its content is read from it; None for `tree`.
        sealed: the ids of what counts of that; None for all.
        proposed: by the name of a spec, the landing of `tip` on another commit that its history ends with.
        landed_at: the commit that has all that landed, where that is not `tip`.
        ablations: which texts that never landed are known by their content ids.
    """

    root: Path
    repository: Repository | None
    tree: Tree
    settings: Settings
    specs: tuple[SpecConfig, ...]
    registry: Registry
    runs: tuple[Run, ...]
    tip: str = "HEAD"
    unjoined: tuple[UnjoinedLabels, ...] = ()
    plans: tuple[Preregistration, ...] = ()
    looks: tuple[HeldOutUse, ...] = ()
    rederived: frozenset[str] = frozenset()
    prompts_tree: Tree | None = None
    sealed: frozenset[str] | None = None
    proposed: Mapping[str, git.ProposedLanding] = field(default_factory=dict)
    landed_at: str | None = None
    ablations: tuple[AblationManifest, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process that reads the repository."""
        _close_repository(self.repository)


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
        _close_repository(self.repository)


def _close_repository(repository: Repository | None) -> None:
    if repository is not None:
        repository.close()


def locate(where: Path) -> Place:
    """The place of the project that a folder lies in.

    Args:
        where: a folder in it, a bare repository, or a folder of dated revisions.

    Raises RepositoryError.
    """
    repository = find_repository(where)
    root = (repository.worktree if repository else None) or where
    tree: Tree = (
        Commit(repository, repository.resolve("HEAD")) if repository and repository.worktree is None else Folder(root)
    )
    return Place(root, repository, tree)


def open_project(where: Path, specs: Sequence[str] = (), *, warn: Warn | None = None) -> Project:
    """The project that a folder lies in.

    Args:
        where: as for `locate`.
        specs: as for `choose_specs`.
        warn: as for `choose_specs`.

    Use it in a `with` statement, or close its repository. Raises ConfigError, RecordError or RepositoryError.
    """
    place = locate(where)
    try:
        if place.repository is not None:
            place.repository.require_complete()
        settings = load_settings(place.tree)
        return read_project(place, settings, choose_specs(place, settings, specs, warn))
    except BaseException:
        _close_repository(place.repository)
        raise


def read_project(place: Place, settings: Settings, specs: tuple[SpecConfig, ...]) -> Project:
    """The project at a place with these of its specs, and everything that was measured. Raises as `open_project`."""
    registry = load_registry(place.tree, settings.store)
    joined = join_labels(place.tree, settings.store, load_records(place.tree, settings.store), registry.labels)
    return Project(
        place.root,
        place.repository,
        place.tree,
        settings,
        specs,
        registry,
        joined.runs,
        unjoined=joined.unjoined,
        plans=load_preregistrations(place.tree, settings.store),
        looks=load_held_out_uses(place.tree, settings.store),
        ablations=load_ablations(place.tree, settings.store),
    )


def unreadable_commits(history: History, commits: Container[str] | None = None) -> tuple[tuple[str, str], ...]:
    """The commits, of these or of all, in which the spec cannot be read: what each is, and why and what follows."""
    return tuple(
        (
            f"commit {short_id(commit.commit)} of {history.spec}",
            f"{commit.why}; it is passed over, and what it changes is part of the next patch",
        )
        for commit in history.unreadable
        if commits is None or commit.commit in commits
    )


def warn_unreadable(history: History, warn: Warn | None, commits: Container[str] | None = None) -> None:
    """Names the commits, of these or of all, in which the spec cannot be read, as the audit does."""
    if warn is not None:
        for subject, why in unreadable_commits(history, commits):
            warn(f"{subject}: {why}")


def build_evidence(project: Project, history: History) -> Evidence:
    """The evidence on one of the project's specs. Raises RecordError."""
    repository, registry = project.repository, project.registry
    if repository is not None and not registry.former:
        registry = add_former_suites(repository, project.landed_at or project.tip, project.settings.store, registry)
    return assemble_evidence(
        *(history, project.runs, registry, project.plans, project.rederived, landing_places(project)),
        ablations=project.ablations,
    )


def add_former_suites(repository: Repository, tip: str, store: str, registry: Registry) -> Registry:
    """A registry with the suites that were registered on the mainline up to `tip` as they are not any longer.

    A registry of the past that cannot be read says nothing here; the audit names its landing.
    """
    ancestry = repository.ancestry(repository.resolve(tip))
    file = str(PurePosixPath(store, SUITES_FILE))
    places = sorted(
        {change.place for change in file_changes(repository, ancestry, [file]) if not change.against_merged}
    )
    former: dict[tuple[str, Role, str], Suite] = {}
    for place in places:
        with suppress(ConfigError, RepositoryError):
            before = load_registry(Commit(repository, ancestry.chain[place - 1]), store).suites
            former |= {(suite.name, suite.role, suite.behaviour): suite for suite in registry.changed_suites(before)}
    return replace(registry, former=tuple(former.values()))


def landing_places(project: Project) -> Callable[[], Mapping[str, int]]:
    """Where each record landed on the mainline, by record id, read from git once when asked; empty outside of git."""

    @cache
    def places() -> Mapping[str, int]:
        repository, store = project.repository, project.settings.store
        if repository is None:
            return {}
        ancestry = repository.ancestry(repository.resolve(project.landed_at or project.tip))
        folder = records_folder(store)
        place_of_record = {PurePosixPath(path).stem: 0 for path in Commit(repository, ancestry.chain[0]).list(folder)}
        for change in file_changes(repository, ancestry, [folder]):
            if change.how == "A" and not change.against_merged:
                place_of_record.setdefault(PurePosixPath(change.path).stem, change.place)
        return place_of_record

    return places


def read_history(project: Project | Place, config: SpecConfig, tip: str | None = None) -> History:
    """The history of one of the project's specs. Raises ConfigError or RepositoryError.

    Args:
        tip: the commit, tag or branch it ends at, None for the project's; dated folders are those of its tree.
    """
    if config.source == "folder":
        history = folder.read_tree_history(project.tree, config.name, config.paths, where=str(project.root))
        return history.in_format(config.format)
    proposed = project.proposed.get(config.name) if isinstance(project, Project) and tip is None else None
    repository = require_repository(project, config)
    history = git.read_history(repository, config.name, config.paths, tip or project.tip, proposed)
    return history.in_format(config.format)


def require_repository(project: Project | Place, config: SpecConfig) -> Repository:
    """The repository a spec's commits are in. Raises ConfigError outside of git."""
    if project.repository is None:
        remedy = 'run this in its repository, or set source = "folder"'
        raise ConfigError(
            "is in no git repository", where=str(project.root), field=f"spec {config.name}", remedy=remedy
        )
    return project.repository


def require_checked_out(place: Place | Project) -> None:
    """Refuses a work tree that lacks a file of the configuration or the evaluation history which HEAD has.

    A report or a seal on what is there would leave out what somebody moved aside, or did not check out. Raises
    RecordError; nothing is refused outside of git, in a bare repository, or before the first commit.
    """
    repository = place.repository
    if repository is None or repository.worktree is None:
        return
    answer = repository.command.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if answer.status:
        return
    head = Commit(repository, answer.out.decode().strip())
    stores = {load_settings(head).store, load_settings(place.tree).store}
    required = {path for store in stores for path in head.list(store)}
    required |= {path for path in (SETTINGS_FILE, SHARED_SETTINGS_FILE) if head.read(path) is not None}
    names = {path for store in stores for path in place.tree.list(store)}
    missing = sorted(path for path in required - names if place.tree.read(path) is None)
    if missing:
        more = f", and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        remedy = f"git checkout HEAD -- {missing[0]}, or commit that it is gone"
        raise RecordError(f"is in HEAD and not in the work tree{more}", where=missing[0], remedy=remedy)


# A project as it was: the configuration and history of a commit, and the records of the batches sealed by then.


def sealed_records(contents: StoreContents, batch: int | None, where: str) -> frozenset[str] | None:
    """The ids in the batches up to one; None for whatever is there. Raises RecordError for a batch that is not here."""
    if batch is None:
        return None
    if batch > len(contents.checkpoints):
        subject = f"rests on batch {batch}, and {len(contents.checkpoints)} are sealed here"
        raise RecordError(
            subject, where=where, field="batch", remedy="restore eval_history/checkpoints from its history"
        )
    return frozenset(name for checkpoint in contents.checkpoints[:batch] for name in checkpoint.ids)


def read_settings_at(place: Place | Project, head: str | None) -> tuple[Tree, Settings]:
    """The tree of a commit id, None for the place's own, and the settings in it. Raises RepositoryError."""
    tree = place.tree
    if head is not None:
        if place.repository is None:
            subject, remedy = "is in no git repository", "run this where the report was made"
            raise RepositoryError(subject, where=str(place.root), remedy=remedy)
        tree = Commit(place.repository, place.repository.resolve(head))
    return tree, load_settings(tree)


def snapshot_project(
    place: Place | Project,
    head: str | None,
    only: frozenset[str] | None,
    specs: Iterable[SpecConfig],
    store: str,
) -> Project:
    """The project at a commit id, None for the place's own tree.

    What is named by its content is read from the place's tree, as a report seals records before they are committed.

    Args:
        only: the ids of the files of the store that count; None for all.
        store: the store's path in the place's tree.

    Raises ConfigError, RecordError or RepositoryError.
    """
    tree, settings = read_settings_at(place, head)
    registry = load_registry(tree, settings.store)
    runs = (run for run in load_records(place.tree, store) if only is None or run.record in only)
    joined = join_labels(place.tree, store, runs, registry.labels, only)
    return Project(
        place.root,
        place.repository,
        tree,
        settings,
        tuple(specs),
        registry,
        joined.runs,
        head or place.tip,
        joined.unjoined,
        plans=tuple(
            preregistration
            for preregistration in load_preregistrations(place.tree, store)
            if only is None or preregistration.id in only
        ),
        looks=tuple(
            held_out_use
            for held_out_use in load_held_out_uses(place.tree, store)
            if only is None or held_out_use.id in only
        ),
        prompts_tree=place.tree,
        sealed=only,
        ablations=tuple(
            manifest for manifest in load_ablations(place.tree, store) if only is None or manifest.id in only
        ),
    )
