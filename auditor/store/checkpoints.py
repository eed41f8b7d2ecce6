"""Checkpoints, `<store>/checkpoints/NNNN.json`: batches of records, sealed one after the other (RFC 6962 tree hashes).

    {"schema": "auditor.checkpoint/1", "number": 2, "ids": ["…"], "leaves": ["…", "…"], "root": "…"}

A batch is the sorted ids (64 hex digits) of what was in no batch before: runs, plans and every other file of the
store that is named by its content. Item manifests are left out, since the records that need them name them. A leaf
is the RFC 6962 leaf hash of a batch, its ids as 32 bytes each, one after the other; `leaves` are those of batches 1
to `number`, and `root` is the tree hash over them. So whoever holds one checkpoint elsewhere can tell later whether
any of these batches is still what it was, and which is not. There is no date in it: the same records and the same
earlier checkpoints give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.integrity import CheckpointComparison, StoreCheckpoint
from auditor.store.content_files import Sha256, StrictForm, parse_members, validate_form
from auditor.store.durable import RESTORE

# Merkle tree hashes of RFC 6962, section 2.1, over sha256: one hash that stands for a sequence, in its order.


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry, 32 bytes: sha256 over 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """The hash of a sequence of entries, given as their leaf hashes; 32 bytes.

    Of none it is sha256 of nothing; of one the leaf hash; of n it is sha256 over 0x01, the hash of the first k and that
    of the rest, k being the largest power of two below n.
    """
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:middle]) + tree_hash(leaves[middle:])).digest()


CHECKPOINT_SCHEMA = "auditor.checkpoint/1"
CHECKPOINTS_FOLDER = "checkpoints"


class _CheckpointFile(StrictForm):
    schema_: Literal["auditor.checkpoint/1"] = Field(alias="schema")
    number: Annotated[int, Field(ge=1)]
    ids: Annotated[list[Sha256], Field(min_length=1)]
    leaves: list[Sha256]
    root: Sha256


def batch_leaf(ids: Iterable[str]) -> str:
    """The leaf hash of a batch of ids, 64 hex digits."""
    return leaf_hash(b"".join(map(bytes.fromhex, sorted(ids)))).hex()


def tree_root(leaves: Sequence[str]) -> str:
    """The tree hash over leaf hashes, 64 hex digits each, as 64 hex digits."""
    return tree_hash([bytes.fromhex(leaf) for leaf in leaves]).hex()


def next_checkpoint(before: StoreCheckpoint | None, ids: Iterable[str]) -> StoreCheckpoint:
    """The checkpoint after `before` (None: the first) that seals `ids`, of which there is at least one."""
    batch = tuple(sorted(set(ids)))
    leaves = (*(before.leaves if before else ()), batch_leaf(batch))
    return StoreCheckpoint(len(leaves), batch, leaves, tree_root(leaves))


def encode_checkpoint(checkpoint: StoreCheckpoint) -> bytes:
    """Its file's bytes, canonical JSON."""
    members = {name: getattr(checkpoint, name) for name in ("number", "ids", "leaves", "root")}
    return canonical.dumps({"schema": CHECKPOINT_SCHEMA, **members})


def decode_checkpoint(data: bytes, where: str) -> StoreCheckpoint:
    """The checkpoint in a file, which agrees with itself: the last leaf is its batch's, the root that of its leaves.

    White space and the order of members are free, since a copy may have been mailed. Raises RecordError.
    """
    file = validate_form(_CheckpointFile, parse_members(data, where, "checkpoint"), where)
    checkpoint = StoreCheckpoint(file.number, tuple(file.ids), tuple(file.leaves), file.root)
    contradiction = _contradiction(checkpoint)
    if contradiction is not None:
        raise RecordError("does not agree with the rest of it", where=where, field=contradiction, remedy=RESTORE)
    return checkpoint


def _contradiction(checkpoint: StoreCheckpoint) -> str | None:
    """The member of a checkpoint that the others contradict; None where they agree."""
    if list(checkpoint.ids) != sorted(set(checkpoint.ids)):
        return "ids"
    if len(checkpoint.leaves) != checkpoint.number:
        return "number"
    if checkpoint.leaves[-1] != batch_leaf(checkpoint.ids):
        return "leaves"
    return "root" if checkpoint.root != tree_root(checkpoint.leaves) else None


def checkpoint_path(store_path: str, number: int) -> str:
    """Where a checkpoint lies."""
    return str(PurePosixPath(store_path, CHECKPOINTS_FOLDER, f"{number:04d}.json"))


def checkpoint_number(path: str, store_path: str) -> int | None:
    """The number that a path in the checkpoints' folder gives; None for the path of no checkpoint."""
    match = re.fullmatch(r"([0-9]{4,})\.json", PurePosixPath(path).name)
    return int(match[1]) if match and int(match[1]) and path == checkpoint_path(store_path, int(match[1])) else None


# What a checkpoint that somebody else holds says of the checkpoints that are here.


def compare_root(checkpoints: Sequence[StoreCheckpoint], root: str) -> CheckpointComparison:
    """Held against the root of a checkpoint alone, 64 hex digits; it cannot name what was changed."""
    number = next((checkpoint.number for checkpoint in checkpoints if checkpoint.root == root), None)
    if number is not None:
        return CheckpointComparison(number, root, ())
    subject = (
        "no checkpoint here has this root: something was removed or changed since; a copy of its file would say what"
    )
    return CheckpointComparison(None, root, (subject,))


def compare_copy(
    checkpoints: Sequence[StoreCheckpoint], present: Collection[str], outside: StoreCheckpoint
) -> CheckpointComparison:
    """Held against a copy of a checkpoint's file, whose batch is named record by record, earlier ones as a whole.

    `present` are the ids whose files are in the store.
    """
    differences = [
        f"record {name}, sealed in batch {outside.number}, is missing" for name in outside.ids if name not in present
    ]
    if len(checkpoints) < outside.number:
        differences.append(
            f"checkpoint {len(checkpoints) + 1} is missing or cannot be read, and {outside.number} were sealed"
        )
    for checkpoint, leaf in zip(checkpoints, outside.leaves, strict=False):
        number = checkpoint.number
        if checkpoint.leaves[-1] == leaf:
            continue
        if number == outside.number:
            differences += _changed_records(checkpoint, outside)
        else:
            differences.append(f"batch {number} is not what was sealed; a copy of checkpoint {number} would name it")
    return CheckpointComparison(outside.number, outside.root, tuple(differences))


def _changed_records(checkpoint: StoreCheckpoint, outside: StoreCheckpoint) -> list[str]:
    removed, new = sorted(set(outside.ids) - set(checkpoint.ids)), sorted(set(checkpoint.ids) - set(outside.ids))
    return [f"record {name} was taken out of batch {checkpoint.number}" for name in removed] + [
        f"record {name} was put into batch {checkpoint.number}" for name in new
    ]
