"""Labels of samples on disk, `<store>/labels/<sha256>.json`: one immutable file for a scan, a scanner, an evaluation.

Labels come before or after the log they are about, and never change its record: they are joined to the tallies when
records are read, by the samples' ids, and mean what `suites.toml` says then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.raw import RawLabel, RawLabels
from auditor.store import durable
from auditor.store.samples import RESTORE

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

SCHEMA = "auditor.labels/1"
FOLDER = "labels"


class _Row(BaseModel):
    """A sample's labels in a file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    sample: str
    item: str | None
    epoch: Annotated[int, Field(ge=1)] | None
    values: list[bool | int | float | str]


class _File(BaseModel):
    """A file as its JSON has it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    schema_: Literal["auditor.labels/1"] = Field(alias="schema")
    scan: str
    scanner: str
    key: str | None
    evaluation: str
    created: str | None
    labels: list[_Row]


_FILE = TypeAdapter(_File)


def encode_labels(labels: RawLabels) -> bytes:
    """The file's canonical bytes, whatever the order of the labels. Raises RecordError for what is no Unicode."""
    rows = [
        {"sample": one.sample, "item": one.item, "epoch": one.epoch, "values": list(one.values)}
        for one in sorted(labels.labels, key=lambda one: one.sample)
    ]
    created = None if labels.created is None else labels.created.astimezone(UTC).isoformat()
    head = {"scan": labels.scan, "scanner": labels.scanner, "key": labels.key, "evaluation": labels.evaluation}
    try:
        return canonical.dumps({"schema": SCHEMA, **head, "created": created, "labels": rows})
    except ValueError as error:
        where, remedy = f"scanner {labels.scanner!r:.80}", "correct it at its source"
        raise RecordError(f"its labels cannot be recorded: {error}", where=where, remedy=remedy) from error


def add_labels(root: Path, store_path: str, labels: Sequence[RawLabels], *, dry_run: bool) -> tuple[bool, ...]:
    """Write label files; says of each whether it is new. Those that are there already stay as they are.

    Raises RecordError where they cannot be written.
    """
    folder = root / store_path / FOLDER
    files = [(folder / f"{canonical.sha256(data)}.json", data) for data in map(encode_labels, labels)]
    if dry_run:
        return tuple(not path.exists() for path, _ in files)
    with durable.writing(root, folder):
        durable.make_folders(root, [folder])
        new = tuple(not path.exists() for path, _ in files)
        for path, data in files:
            durable.write_new(path, data)
        durable.sync_folder(folder)
    return new


def load_labels(tree: Tree, store_path: str, only: frozenset[str] | None = None) -> tuple[RawLabels, ...]:
    """Every label file of the store at `store_path`, by name, or those of these ids; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    paths = tree.list(str(PurePosixPath(store_path, FOLDER)))
    seen = sorted(path for path in paths if not PurePosixPath(path).name.startswith("."))
    wanted = [path for path in seen if only is None or PurePosixPath(path).stem in only]
    return tuple(decode(tree.read(path) or b"", path, store_path) for path in wanted)


def decode(data: bytes, path: str, store_path: str) -> RawLabels:
    """The labels in a file's bytes. Raises RecordError as `load_labels` does."""
    name = PurePosixPath(path).name
    if PurePosixPath(path) != PurePosixPath(store_path, FOLDER, name) or not re.fullmatch(r"[0-9a-f]{64}\.json", name):
        raise RecordError("is no file of labels", where=path, remedy="move it out of the folder")
    if canonical.sha256(data) != name.removesuffix(".json"):
        raise RecordError("its content is not what its name says", where=path, remedy=RESTORE)
    try:
        file = _FILE.validate_python(canonical.loads(data))
        created = None if file.created is None else datetime.fromisoformat(file.created)
    except ValueError as error:
        raise RecordError(f"holds no {SCHEMA}", where=path, remedy=RESTORE) from error
    labels = tuple(RawLabel(row.sample, row.item, row.epoch, tuple(row.values)) for row in file.labels)
    return RawLabels(file.scan, file.scanner, file.key, file.evaluation, created, labels)
