"""Labels of samples on disk, `<store>/labels/<sha256>.json`: one immutable file for a scan, a scanner, an evaluation.

Labels come before or after the log they are about, and never change its record: they are joined to the tallies when
records are read, by the samples' ids, and mean what `suites.toml` says then.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.model.raw_run import RawLabel, RawLabels
from auditor.store.named import Exact, Instant, Kind

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


class _Row(Exact):
    """A sample's labels in a file."""

    sample: str
    item: str | None
    epoch: Annotated[int, Field(ge=1)] | None
    values: list[bool | int | float | str]


class _File(Exact):
    """A file as its JSON has it."""

    schema_: Literal["auditor.labels/1"] = Field(alias="schema")
    scan: str
    scanner: str
    key: str | None
    evaluation: str
    created: Instant | None
    labels: list[_Row]


KIND = Kind("file of labels", "labels", "auditor.labels/1", _File)


def encode(labels: RawLabels) -> bytes:
    """The file's canonical bytes, whatever the order of the labels. Raises RecordError for what is no Unicode."""
    rows = [
        {"sample": one.sample, "item": one.item, "epoch": one.epoch, "values": list(one.values)}
        for one in sorted(labels.labels, key=lambda one: one.sample)
    ]
    head = {name: getattr(labels, name) for name in ("scan", "scanner", "key", "evaluation", "created")}
    return KIND.encode({**head, "labels": rows}, f"labels of scanner {labels.scanner!r:.80}")


def add_labels(root: Path, store_path: str, labels: Sequence[RawLabels], *, dry_run: bool) -> tuple[bool, ...]:
    """Write label files; says of each whether it is new. Those that are there already stay as they are.

    Raises RecordError where they cannot be written.
    """
    return KIND.add(root, store_path, map(encode, labels), dry_run=dry_run)


def load_labels(tree: Tree, store_path: str, only: frozenset[str] | None = None) -> tuple[RawLabels, ...]:
    """Every label file of the store at `store_path`, by name, or those of these ids; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode(*file) for file in KIND.files(tree, store_path, only))


def decode(data: bytes, name: str, where: str) -> RawLabels:
    """The labels in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = KIND.decode(data, name, where)
    labels = tuple(RawLabel(row.sample, row.item, row.epoch, tuple(row.values)) for row in file.labels)
    return RawLabels(file.scan, file.scanner, file.key, file.evaluation, file.created, labels)
