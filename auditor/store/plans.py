"""Run plans on disk, `<store>/plans/<sha256>.json`."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.model import canonical
from auditor.model.plan import Plan
from auditor.store import named

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

SCHEMA = "auditor.plan/1"
FOLDER, KIND = "plans", "plan"
_Name = Annotated[str, Field(min_length=1)]


class _File(named.NamedFile):
    schema_: Literal["auditor.plan/1"] = Field(alias="schema")
    spec: _Name
    revision: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    suite: _Name
    model: _Name
    checkpoint: _Name
    condition: str
    planned: Annotated[int, Field(ge=1)]
    note: str


_FIELDS = [field.name for field in fields(Plan) if field.name not in ("id", "created")]


def encode(plan: Plan) -> bytes:
    """The plan's canonical bytes, whose sha256 is its id; `plan.id` is not read. Raises RecordError."""
    data = named.encode(KIND, SCHEMA, {name: getattr(plan, name) for name in _FIELDS}, plan.created)
    decode(data, canonical.sha256(data), KIND)
    return data


def decode(data: bytes, name: str, where: str) -> Plan:
    """The plan in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file, created = named.decode(KIND, _File, data, name, where)
    return Plan(id=name, **{one: getattr(file, one) for one in _FIELDS}, created=created)


def load_plans(tree: Tree, store_path: str) -> tuple[Plan, ...]:
    """Every plan in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode(*file) for file in named.files(tree, store_path, FOLDER, KIND))


def add_plan(root: Path, store_path: str, plan: Plan) -> Plan:
    """Records a plan; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    name = named.add(root, store_path, FOLDER, encode(plan))
    return replace(plan, id=name, created=plan.created.astimezone(UTC))
