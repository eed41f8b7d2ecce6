"""A checkpoint that somebody else holds, held against the store that is here."""

from __future__ import annotations

import re
from pathlib import Path

from auditor.errors import RecordError
from auditor.model.integrity import CheckpointComparison
from auditor.store import checkpoints
from auditor.store.integrity import Contents
from auditor.store.witness import by_copy, by_root

_ROOT = re.compile(r"[0-9a-f]{64}")


def witness_of(given: str, contents: Contents) -> CheckpointComparison:
    """What a checkpoint from outside says of a store: `given` as in `verify`. Raises RecordError for none."""
    there = {name for ids in contents.ids.values() for name in ids}
    path = Path(given)
    if _ROOT.fullmatch(given) and not path.exists():
        return by_root(contents.checkpoints, given)
    try:
        data = path.read_bytes()
    except OSError as error:
        remedy = "give a copy of a checkpoint's file, or its root of 64 hex digits"
        raise RecordError(f"cannot be read: {error.strerror}", where=given, remedy=remedy) from error
    try:
        outside = checkpoints.decode(data, given)
    except RecordError as error:
        remedy = "give the copy as it was handed over"
        raise RecordError(error.what, where=given, field=error.field, remedy=remedy) from error
    return by_copy(contents.checkpoints, there, outside)
