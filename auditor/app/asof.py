"""A project as it was: the configuration and history of a commit, and the records of the batches sealed by then."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.app.project import Place, Project
from auditor.errors import RecordError, RepositoryError
from auditor.git import Commit, Tree
from auditor.settings import Settings, SpecConfig, load
from auditor.store.integrity import Contents
from auditor.store.join import join
from auditor.store.looks import load_looks
from auditor.store.plans import load_plans
from auditor.store.records import load as load_records
from auditor.store.suites import load_registry


def sealed_by(contents: Contents, batch: int | None, where: str) -> frozenset[str] | None:
    """The ids in the batches up to one; None for whatever is there. Raises RecordError for a batch that is not here."""
    if batch is None:
        return None
    if batch > len(contents.checkpoints):
        what = f"rests on batch {batch}, and {len(contents.checkpoints)} are sealed here"
        raise RecordError(what, where=where, field="batch", remedy="restore eval_history/checkpoints from its history")
    return frozenset(name for one in contents.checkpoints[:batch] for name in one.ids)


def settings_at(place: Place | Project, head: str | None) -> tuple[Tree, Settings]:
    """The tree of a commit id, None for the place's own, and the settings in it. Raises RepositoryError."""
    tree = place.tree
    if head is not None:
        if place.repository is None:
            what, remedy = "is in no git repository", "run this where the report was made"
            raise RepositoryError(what, where=str(place.root), remedy=remedy)
        tree = Commit(place.repository, place.repository.resolve(head))
    return tree, load(tree)


def as_of(
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
    tree, settings = settings_at(place, head)
    registry = load_registry(tree, settings.store)
    runs = (run for run in load_records(place.tree, store) if only is None or run.record in only)
    joined = join(place.tree, store, runs, registry.labels, only)
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
        plans=tuple(one for one in load_plans(place.tree, store) if only is None or one.id in only),
        looks=tuple(one for one in load_looks(place.tree, store) if only is None or one.id in only),
        kept=place.tree,
        sealed=only,
    )
