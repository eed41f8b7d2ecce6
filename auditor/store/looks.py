"""Looks on disk, `<store>/looks/<sha256>.json`: immutable, canonical JSON, each named by its content.

Whoever shows held-out rates calls `add_look`: an author who has seen them can write to them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.errors import RecordError
from auditor.model.look import Look
from auditor.store import canonical, durable

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

SCHEMA = "auditor.look/1"
FOLDER = "looks"
RESTORE = "restore it from the repository's history"
_Name = Annotated[str, Field(min_length=1)]
_Revision = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    schema_: Literal["auditor.look/1"] = Field(alias="schema")
    spec: _Name
    suites: Annotated[list[_Name], Field(min_length=1)]
    before: _Revision
    after: _Revision
    by: _Name
    created: str


def encode(look: Look) -> bytes:
    """The look's canonical bytes, whose sha256 is its id; `look.id` is not read. Raises RecordError."""
    members = {name: getattr(look, name) for name in ("spec", "before", "after", "by")}
    members |= {"suites": sorted(set(look.suites)), "created": look.created.astimezone(UTC).isoformat()}
    try:
        data = canonical.dumps({**members, "schema": SCHEMA})
    except ValueError as error:
        raise RecordError(f"cannot be recorded: {error}", where="look", remedy="give it as text") from error
    decode(data, canonical.sha256(data), "look")
    return data


def decode(data: bytes, name: str, where: str) -> Look:
    """The look in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    if canonical.sha256(data) != name:
        raise RecordError("its content is not what its name says", where=where, remedy=RESTORE)
    try:
        file = _File.model_validate(canonical.loads(data))
        created = datetime.fromisoformat(file.created)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise RecordError(fault["msg"], where=where, field=".".join(map(str, fault["loc"])), remedy=RESTORE) from error
    except ValueError as error:
        raise RecordError(f"is no look: {error}", where=where, remedy=RESTORE) from error
    if created.tzinfo is None:
        raise RecordError("has no offset", where=where, field="created", remedy=RESTORE)
    return Look(name, file.spec, tuple(file.suites), file.before, file.after, file.by, created)


def load_looks(tree: Tree, store_path: str) -> tuple[Look, ...]:
    """Every look in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    paths = tree.list(str(PurePosixPath(store_path, FOLDER)))
    seen = [path for path in paths if not PurePosixPath(path).name.startswith(".")]
    return tuple(decode(tree.read(path) or b"", _name_in(path, store_path), path) for path in seen)


def add_look(root: Path, store_path: str, look: Look) -> Look:
    """Records a look; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data = encode(look)
    name, folder = canonical.sha256(data), root / store_path / FOLDER
    with durable.writing(root, folder):
        durable.make_folders(root, [folder])
        durable.write_new(folder / f"{name}.json", data)
        durable.sync_folder(folder)
    return replace(look, id=name, suites=tuple(sorted(set(look.suites))), created=look.created.astimezone(UTC))


def _name_in(path: str, store_path: str) -> str:
    name = PurePosixPath(path).name.removesuffix(".json")
    if not re.fullmatch("[0-9a-f]{64}", name) or path != str(PurePosixPath(store_path, FOLDER, f"{name}.json")):
        raise RecordError("is no look", where=path, remedy="move it out of the looks")
    return name
