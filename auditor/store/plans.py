"""Run plans on disk, `<store>/plans/<sha256>.json`: immutable, canonical JSON, each named by its content."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.errors import RecordError
from auditor.model.plan import Plan
from auditor.store import canonical, durable

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

SCHEMA = "auditor.plan/1"
FOLDER = "plans"
RESTORE = "restore it from the repository's history"
_Name = Annotated[str, Field(min_length=1)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    schema_: Literal["auditor.plan/1"] = Field(alias="schema")
    spec: _Name
    revision: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    suite: _Name
    model: _Name
    checkpoint: _Name
    condition: str
    planned: Annotated[int, Field(ge=1)]
    created: str
    note: str


_FIELDS = [field.name for field in fields(Plan) if field.name != "id"]


def encode(plan: Plan) -> bytes:
    """The plan's canonical bytes, whose sha256 is its id; `plan.id` is not read. Raises RecordError."""
    members = {name: getattr(plan, name) for name in _FIELDS}
    try:
        data = canonical.dumps({**members, "schema": SCHEMA, "created": plan.created.astimezone(UTC).isoformat()})
    except ValueError as error:
        raise RecordError(f"cannot be recorded: {error}", where="plan", remedy="give it as text") from error
    decode(data, canonical.sha256(data), "plan")
    return data


def decode(data: bytes, name: str, where: str) -> Plan:
    """The plan in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    if canonical.sha256(data) != name:
        raise RecordError("its content is not what its name says", where=where, remedy=RESTORE)
    try:
        file = _File.model_validate(canonical.loads(data))
        created = datetime.fromisoformat(file.created)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise RecordError(fault["msg"], where=where, field=".".join(map(str, fault["loc"])), remedy=RESTORE) from error
    except ValueError as error:
        raise RecordError(f"is no plan: {error}", where=where, remedy=RESTORE) from error
    if created.tzinfo is None:
        raise RecordError("has no offset", where=where, field="created", remedy=RESTORE)
    return Plan(id=name, **{one: getattr(file, one) for one in _FIELDS if one != "created"}, created=created)


def load_plans(tree: Tree, store_path: str) -> tuple[Plan, ...]:
    """Every plan in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    paths = tree.list(str(PurePosixPath(store_path, FOLDER)))
    seen = [path for path in paths if not PurePosixPath(path).name.startswith(".")]
    return tuple(decode(tree.read(path) or b"", name_in(path, store_path), path) for path in seen)


def add_plan(root: Path, store_path: str, plan: Plan) -> Plan:
    """Records a plan; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data = encode(plan)
    name, folder = canonical.sha256(data), root / store_path / FOLDER
    with durable.writing(root, folder):
        durable.make_folders(root, [folder])
        durable.write_new(folder / f"{name}.json", data)
        durable.sync_folder(folder)
    return replace(plan, id=name, created=plan.created.astimezone(UTC))


def name_in(path: str, store_path: str) -> str:
    """The name that a path in the plans' folder gives. Raises RecordError for the path of no plan."""
    name = PurePosixPath(path).name.removesuffix(".json")
    if not re.fullmatch("[0-9a-f]{64}", name) or path != str(PurePosixPath(store_path, FOLDER, f"{name}.json")):
        raise RecordError("is no plan", where=path, remedy="move it out of the plans")
    return name
