"""What a checkpoint that somebody else holds says of the checkpoints that are here."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from auditor.model.integrity import CheckpointComparison, StoreCheckpoint


def by_root(here: Sequence[StoreCheckpoint], root: str) -> CheckpointComparison:
    """Held against the root of a checkpoint alone, 64 hex digits; it cannot name what was changed."""
    number = next((one.number for one in here if one.root == root), None)
    if number is not None:
        return CheckpointComparison(number, root, ())
    what = "no checkpoint here has this root: something was removed or changed since; a copy of its file would say what"
    return CheckpointComparison(None, root, (what,))


def by_copy(here: Sequence[StoreCheckpoint], there: Collection[str], outside: StoreCheckpoint) -> CheckpointComparison:
    """Held against a copy of a checkpoint's file, whose batch is named record by record, earlier ones as a whole.

    `there` are the ids whose files are in the store.
    """
    found = [
        f"record {name}, sealed in batch {outside.number}, is missing" for name in outside.ids if name not in there
    ]
    if len(here) < outside.number:
        found.append(f"checkpoint {len(here) + 1} is missing or cannot be read, and {outside.number} were sealed")
    for one, leaf in zip(here, outside.leaves, strict=False):
        if one.leaves[-1] == leaf:
            continue
        if one.number == outside.number:
            found += _named(one, outside)
        else:
            found.append(f"batch {one.number} is not what was sealed; a copy of checkpoint {one.number} would name it")
    return CheckpointComparison(outside.number, outside.root, tuple(found))


def _named(here: StoreCheckpoint, outside: StoreCheckpoint) -> list[str]:
    gone, new = sorted(set(outside.ids) - set(here.ids)), sorted(set(here.ids) - set(outside.ids))
    return [f"record {name} was taken out of batch {here.number}" for name in gone] + [
        f"record {name} was put into batch {here.number}" for name in new
    ]
