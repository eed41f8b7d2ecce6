"""Looks on disk, `<store>/looks/<sha256>.json`.

Whoever shows held-out rates calls `add_look`: an author who has seen them can write to them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.model import canonical
from auditor.model.look import Look
from auditor.store import named

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

SCHEMA = "auditor.look/1"
FOLDER, KIND = "looks", "look"
_Name = Annotated[str, Field(min_length=1)]
_Revision = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _File(named.NamedFile):
    schema_: Literal["auditor.look/1"] = Field(alias="schema")
    spec: _Name
    suites: Annotated[list[_Name], Field(min_length=1)]
    before: _Revision
    after: _Revision
    by: _Name


def encode(look: Look) -> bytes:
    """The look's canonical bytes, whose sha256 is its id; `look.id` is not read. Raises RecordError."""
    members = {name: getattr(look, name) for name in ("spec", "before", "after", "by")}
    data = named.encode(KIND, SCHEMA, {**members, "suites": sorted(set(look.suites))}, look.created)
    decode(data, canonical.sha256(data), KIND)
    return data


def decode(data: bytes, name: str, where: str) -> Look:
    """The look in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file, created = named.decode(KIND, _File, data, name, where)
    return Look(name, file.spec, tuple(file.suites), file.before, file.after, file.by, created)


def load_looks(tree: Tree, store_path: str) -> tuple[Look, ...]:
    """Every look in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode(*file) for file in named.files(tree, store_path, FOLDER, KIND))


def add_look(root: Path, store_path: str, look: Look) -> Look:
    """Records a look; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    name = named.add(root, store_path, FOLDER, encode(look))
    return replace(look, id=name, suites=tuple(sorted(set(look.suites))), created=look.created.astimezone(UTC))
