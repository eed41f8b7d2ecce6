"""Whether the evaluation history is what it says, what it was, and what its logs say; and sealing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from auditor.app.project import Place, locate, open_project
from auditor.app.rederive import rederive
from auditor.app.remade import remake
from auditor.app.witness import witness_of
from auditor.errors import RecordError, RepositoryError
from auditor.model.integrity import StoreCheckpoint
from auditor.report.verification import Held, LogsReport, Verification
from auditor.settings import load
from auditor.store import seal as sealing
from auditor.store.integrity import examine


def verify(
    where: Path,
    *,
    against: Sequence[str] = (),
    logs: Sequence[Path] = (),
    reports: Sequence[Path] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    ignore_extra: bool = False,
) -> Verification:
    """Looks at everything in the evaluation history.

    Args:
        where: a folder in the project, or a bare repository, whose HEAD is looked at.
        against: checkpoints held outside: the path of a copy of the file, or its root, 64 hex digits.
        logs: files and folders with the raw logs and tables; every record is held against them.
        reports: what `auditor report` wrote; each is made again and compared.
        environment: as for `audit`.
        ignore_extra: columns a table's contract does not know are skipped.

    Raises RecordError for a checkpoint from outside that is none, or where there is no evaluation history; ConfigError
    or RepositoryError where the project cannot be read.
    """
    with _store(where) as (place, store):
        contents = examine(place.tree, store)
    held = tuple(Held(one, witness_of(one, contents)) for one in against)
    return Verification(
        store=store,
        counts={folder: len(ids) for folder, ids in contents.ids.items()},
        unknown=contents.unknown,
        checkpoints=contents.checkpoints,
        unsealed=contents.unsealed,
        faults=contents.faults,
        held=held,
        logs=_derived(where, logs, ignore_extra=ignore_extra) if logs and not contents.faults else None,
        logs_asked=bool(logs),
        reports=tuple(remake(path, where, environment) for path in reports),
    )


def _derived(where: Path, logs: Sequence[Path], *, ignore_extra: bool) -> LogsReport:
    with open_project(where) as project:
        return rederive(project, logs, ignore_extra=ignore_extra)


def seal(where: Path) -> StoreCheckpoint | None:
    """Seals the records that are in no batch yet as the next one, `checkpoints/NNNN.json` in the store.

    Returns the checkpoint made; None where everything is sealed. Raises RecordError where something in the store is
    wrong or cannot be written, RepositoryError for a bare repository.
    """
    with _store(where) as (place, store):
        if place.repository is not None and place.repository.worktree is None:
            remedy = "run this in a clone, and commit what it writes"
            raise RepositoryError("is bare, and checkpoints are files of a work tree", where=str(where), remedy=remedy)
        return sealing.seal(place.root, store, place.tree)


@contextmanager
def _store(where: Path) -> Iterator[tuple[Place, str]]:
    with locate(where) as place:
        store = load(place.tree).store
        if not place.tree.list(store):
            remedy = "run this in the project, or auditor init"
            raise RecordError("there is no evaluation history", where=str(place.root), field=store, remedy=remedy)
        yield place, store
