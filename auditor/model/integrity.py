"""Integrity of the store: checkpoints over sealed records, faults of files, and the comparison with a checkpoint
held outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class StoreCheckpoint:
    """A batch, and the hash of the sequence that it ends.

    Attributes:
        number: from 1, without gaps.
        ids: of the batch, sorted and unique, at least one.
        leaves: the leaf hashes of batches 1 to `number`, 64 hex digits each.
        root: the tree hash over the leaves, 64 hex digits.
    """

    number: int
    ids: tuple[str, ...]
    leaves: tuple[str, ...]
    root: str


class StoreFaultKind(StrEnum):
    """What can be wrong with a file of the store."""

    STRAY = "stray"
    NAME = "name"
    FORM = "form"
    SCHEMA = "schema"
    MISSING = "missing"
    DUPLICATE = "duplicate"
    CORRECTS = "corrects"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True, order=True)
class StoreFault:
    """One thing that is wrong: the file, from the root of its tree, and a sentence without a full stop."""

    path: str
    kind: StoreFaultKind
    what: str


@dataclass(frozen=True, slots=True)
class CheckpointComparison:
    """What came of holding the store against a checkpoint from outside.

    Attributes:
        number: the checkpoint's number; None for a root that is that of none here.
        root: its root, 64 hex digits.
        differences: what is not as it was sealed, one sentence each without a full stop; none where all is.
    """

    number: int | None
    root: str
    differences: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything up to that checkpoint is as it was sealed."""
        return not self.differences
