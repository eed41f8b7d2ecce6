"""Files of a kind in the store, `<store>/<folder>/<sha256>.json`: immutable, canonical JSON, named by content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.store import durable

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

RESTORE = "restore it from the repository's history"


class NamedFile(BaseModel):
    """What every such file has: when it was made, with an offset."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    created: str


_File = TypeVar("_File", bound=NamedFile)


def encode(kind: str, schema: str, members: Mapping[str, object], created: datetime) -> bytes:
    """Canonical bytes, whose sha256 is the file's name. Raises RecordError naming the kind ("plan")."""
    try:
        return canonical.dumps({**members, "schema": schema, "created": created.astimezone(UTC).isoformat()})
    except ValueError as error:
        raise RecordError(f"cannot be recorded: {error}", where=kind, remedy="give it as text") from error


def decode(kind: str, model: type[_File], data: bytes, name: str, where: str) -> tuple[_File, datetime]:
    """What a file says, and when it was made; `name` is the sha256 of its bytes. Raises RecordError naming `where`."""
    if canonical.sha256(data) != name:
        raise RecordError("its content is not what its name says", where=where, remedy=RESTORE)
    try:
        file = model.model_validate(canonical.loads(data))
        created = datetime.fromisoformat(file.created)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise RecordError(fault["msg"], where=where, field=".".join(map(str, fault["loc"])), remedy=RESTORE) from error
    except ValueError as error:
        raise RecordError(f"is no {kind}: {error}", where=where, remedy=RESTORE) from error
    if created.tzinfo is None:
        raise RecordError("has no offset", where=where, field="created", remedy=RESTORE)
    return file, created


def files(tree: Tree, store_path: str, folder: str, kind: str) -> Iterator[tuple[bytes, str, str]]:
    """(bytes, name, path) of a folder's files, by path; hidden ones are passed over. Raises what `name_in` does."""
    for path in tree.list(str(PurePosixPath(store_path, folder))):
        if not PurePosixPath(path).name.startswith("."):
            yield tree.read(path) or b"", name_in(path, store_path, folder, kind), path


def add(root: Path, store_path: str, folder: str, data: bytes) -> str:
    """Writes a file, unless it is there; its name. Raises RecordError where it cannot be written."""
    name, place = canonical.sha256(data), root / store_path / folder
    with durable.writing(root, place):
        durable.make_folders(root, [place])
        durable.write_new(place / f"{name}.json", data)
        durable.sync_folder(place)
    return name


def name_in(path: str, store_path: str, folder: str, kind: str) -> str:
    """The name that a path in the folder gives. Raises RecordError for the path of no such file."""
    name = PurePosixPath(path).name.removesuffix(".json")
    if not re.fullmatch("[0-9a-f]{64}", name) or path != str(PurePosixPath(store_path, folder, f"{name}.json")):
        raise RecordError(f"is no {kind}", where=path, remedy=f"move it out of the {folder}")
    return name
