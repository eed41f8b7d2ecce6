"""Sealing: what is in no batch yet becomes the next one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import RecordError
from auditor.model.integrity import StoreCheckpoint
from auditor.store import checkpoints, durable
from auditor.store.integrity import Contents, examine

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


def next_checkpoint(contents: Contents) -> StoreCheckpoint | None:
    """The checkpoint that would seal what is in no batch yet; None where there is nothing.

    Raises RecordError for a store in which something is wrong: a seal would vouch for it.
    """
    if contents.faults:
        first = contents.faults[0]
        more = f" (and {len(contents.faults) - 1} more)" if len(contents.faults) > 1 else ""
        raise RecordError(f"{first.what}{more}", where=first.path, remedy="mend the store first; nothing was sealed")
    before = contents.checkpoints[-1] if contents.checkpoints else None
    return checkpoints.following(before, contents.unsealed) if contents.unsealed else None


def seal(root: Path, store_path: str, tree: Tree) -> StoreCheckpoint | None:
    """Seals what is in no batch yet as `checkpoints/NNNN.json`; returns it, or None where everything is sealed.

    The file is there whole or not at all, and none is ever written over. Of two that seal at once the second finds
    nothing left. `tree` is that of the folder `root`. Raises RecordError for a store in which something is wrong, and
    where the file cannot be written.
    """
    folder = root / store_path / checkpoints.FOLDER
    with durable.writing(root, folder):
        made = next_checkpoint(examine(tree, store_path))
        if made is not None:
            durable.make_folders(root, [folder])
            durable.create(root / checkpoints.path_of(store_path, made.number), checkpoints.encode(made))
            durable.sync_folder(folder)
    return made
