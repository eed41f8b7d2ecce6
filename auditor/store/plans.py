"""Run plans on disk, `<store>/plans/<sha256>.json`."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.model import canonical
from auditor.model.preregistration import Preregistration
from auditor.store.named import Exact, Hash, Instant, Kind, Name

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


class _File(Exact):
    schema_: Literal["auditor.plan/1"] = Field(alias="schema")
    spec: Name
    revision: Hash
    suite: Name
    model: Name
    checkpoint: Name
    condition: str
    planned: Annotated[int, Field(ge=1)]
    note: str
    created: Instant


KIND = Kind("plan", "plans", "auditor.plan/1", _File)
_FIELDS = [field.name for field in fields(Preregistration) if field.name != "id"]


def encode(plan: Preregistration) -> bytes:
    """The plan's canonical bytes, whose sha256 is its id; `plan.id` is not read. Raises RecordError."""
    data = KIND.encode({name: getattr(plan, name) for name in _FIELDS}, KIND.word)
    decode(data, canonical.sha256(data), KIND.word)
    return data


def decode(data: bytes, name: str, where: str) -> Preregistration:
    """The plan in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = KIND.decode(data, name, where)
    return Preregistration(id=name, **{field: getattr(file, field) for field in _FIELDS})


def load_plans(tree: Tree, store_path: str) -> tuple[Preregistration, ...]:
    """Every plan in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode(*file) for file in KIND.files(tree, store_path))


def add_plan(root: Path, store_path: str, plan: Preregistration) -> Preregistration:
    """Records a plan; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data = encode(plan)
    KIND.add(root, store_path, [data])
    return replace(plan, id=canonical.sha256(data), created=plan.created.astimezone(UTC))
