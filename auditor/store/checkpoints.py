"""Checkpoints, `<store>/checkpoints/NNNN.json`: batches of records, sealed one after the other.

    {"schema": "auditor.checkpoint/1", "number": 2, "ids": ["…"], "leaves": ["…", "…"], "root": "…"}

A batch is the sorted ids (64 hex digits) of what was in no batch before: runs, plans and every other file of the store
that is named by its content. Item manifests are left out, since the records that need them name them. A leaf is the
RFC 6962 leaf hash of a batch, its ids as 32 bytes each, one after the other; `leaves` are those of batches 1 to
`number`, and `root` is the tree hash over them. So whoever holds one checkpoint elsewhere can tell later whether any
of these batches is still what it was, and which is not. There is no date in it: the same records and the same earlier
checkpoints give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.integrity import StoreCheckpoint
from auditor.store.durable import RESTORE
from auditor.store.merkle import leaf_hash, tree_hash
from auditor.store.named import Exact, Hash, checked, members_of

SCHEMA = "auditor.checkpoint/1"
FOLDER = "checkpoints"


class _File(Exact):
    schema_: Literal["auditor.checkpoint/1"] = Field(alias="schema")
    number: Annotated[int, Field(ge=1)]
    ids: Annotated[list[Hash], Field(min_length=1)]
    leaves: list[Hash]
    root: Hash


def leaf_of(ids: Iterable[str]) -> str:
    """The leaf hash of a batch of ids, 64 hex digits."""
    return leaf_hash(b"".join(map(bytes.fromhex, sorted(ids)))).hex()


def root_of(leaves: Sequence[str]) -> str:
    """The tree hash over leaf hashes, 64 hex digits each, as 64 hex digits."""
    return tree_hash([bytes.fromhex(leaf) for leaf in leaves]).hex()


def following(before: StoreCheckpoint | None, ids: Iterable[str]) -> StoreCheckpoint:
    """The checkpoint after `before` (None: the first) that seals `ids`, of which there is at least one."""
    batch = tuple(sorted(set(ids)))
    leaves = (*(before.leaves if before else ()), leaf_of(batch))
    return StoreCheckpoint(len(leaves), batch, leaves, root_of(leaves))


def encode(checkpoint: StoreCheckpoint) -> bytes:
    """Its file's bytes, canonical JSON."""
    members = {name: getattr(checkpoint, name) for name in ("number", "ids", "leaves", "root")}
    return canonical.dumps({"schema": SCHEMA, **members})


def decode(data: bytes, where: str) -> StoreCheckpoint:
    """The checkpoint in a file, which agrees with itself: the last leaf is its batch's, the root that of its leaves.

    White space and the order of members are free, since a copy may have been mailed. Raises RecordError.
    """
    file = checked(_File, members_of(data, where, "checkpoint"), where)
    found = StoreCheckpoint(file.number, tuple(file.ids), tuple(file.leaves), file.root)
    contradiction = _contradiction(found)
    if contradiction is not None:
        raise RecordError("does not agree with the rest of it", where=where, field=contradiction, remedy=RESTORE)
    return found


def _contradiction(found: StoreCheckpoint) -> str | None:
    """The member of a checkpoint that the others contradict; None where they agree."""
    if list(found.ids) != sorted(set(found.ids)):
        return "ids"
    if len(found.leaves) != found.number:
        return "number"
    if found.leaves[-1] != leaf_of(found.ids):
        return "leaves"
    return "root" if found.root != root_of(found.leaves) else None


def path_of(store_path: str, number: int) -> str:
    """Where a checkpoint lies."""
    return str(PurePosixPath(store_path, FOLDER, f"{number:04d}.json"))


def number_in(path: str, store_path: str) -> int | None:
    """The number that a path in the checkpoints' folder gives; None for the path of no checkpoint."""
    found = re.fullmatch(r"([0-9]{4,})\.json", PurePosixPath(path).name)
    return int(found[1]) if found and int(found[1]) and path == path_of(store_path, int(found[1])) else None
