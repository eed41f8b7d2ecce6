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
from auditor.model.held_out_use import HeldOutUse
from auditor.store.named import Exact, Hash, Instant, Kind, Name

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


class _File(Exact):
    schema_: Literal["auditor.look/1"] = Field(alias="schema")
    spec: Name
    suites: Annotated[list[Name], Field(min_length=1)]
    before: Hash
    after: Hash
    by: Name
    created: Instant


KIND = Kind("look", "looks", "auditor.look/1", _File)


def encode(look: HeldOutUse) -> bytes:
    """The look's canonical bytes, whose sha256 is its id; `look.id` is not read. Raises RecordError."""
    members = {name: getattr(look, name) for name in ("spec", "before", "after", "by", "created")}
    data = KIND.encode({**members, "suites": sorted(set(look.suites))}, KIND.word)
    decode(data, canonical.sha256(data), KIND.word)
    return data


def decode(data: bytes, name: str, where: str) -> HeldOutUse:
    """The look in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = KIND.decode(data, name, where)
    return HeldOutUse(name, file.spec, tuple(file.suites), file.before, file.after, file.by, file.created)


def load_looks(tree: Tree, store_path: str) -> tuple[HeldOutUse, ...]:
    """Every look in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode(*file) for file in KIND.files(tree, store_path))


def add_look(root: Path, store_path: str, look: HeldOutUse) -> HeldOutUse:
    """Records a look; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data, suites = encode(look), tuple(sorted(set(look.suites)))
    KIND.add(root, store_path, [data])
    return replace(look, id=canonical.sha256(data), suites=suites, created=look.created.astimezone(UTC))
