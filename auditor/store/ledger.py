"""What is recorded next to runs: run plans, looks at held-out rates, waivers.

`<store>/plans/<sha256>.json` and `<store>/looks/<sha256>.json` are immutable; whoever shows held-out rates calls
`add_held_out_use`, since an author who has seen them can write to them.

People write waivers, `<store>/waivers/<name>.toml`, one a file:

    check = "test-only"              # the verdict, check's code or rule that the gate or the audit printed
    fingerprint = "…"                # of the one finding, 32 hex digits, printed beside it
    patch = "198b9e10"               # the patch it is in; left out for what is in no patch
    reason = "…"                     # why it may land all the same
    who = "Bea"                      # who grants it
    granted = 2026-03-01             # the day it is granted
    until = 2026-04-01               # the last day it counts, at most a year on

A file that names no finding or no end is read, and is a finding itself: it waives nothing.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from auditor.errors import ConfigError, InputError
from auditor.model import canonical
from auditor.model.finding import present_word
from auditor.model.held_out_use import HeldOutUse
from auditor.model.preregistration import Preregistration
from auditor.model.toml import TomlTable, parse_toml, validate_toml
from auditor.model.waiver import Waiver
from auditor.store.content_files import FileKind, NonEmptyText, Sha256, StrictForm, Timestamp

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


# Looks on disk, `<store>/looks/<sha256>.json`.
#
# Whoever shows held-out rates calls `add_look`: an author who has seen them can write to them.


class _HeldOutUseFile(StrictForm):
    schema_: Literal["auditor.look/1"] = Field(alias="schema")
    spec: NonEmptyText
    suites: Annotated[list[NonEmptyText], Field(min_length=1)]
    before: Sha256
    after: Sha256
    by: NonEmptyText
    created: Timestamp


HELD_OUT_USE_FILES = FileKind("look", "looks", "auditor.look/1", _HeldOutUseFile)


def encode_held_out_use(look: HeldOutUse) -> bytes:
    """The look's canonical bytes, whose sha256 is its id; `look.id` is not read. Raises RecordError."""
    members = {name: getattr(look, name) for name in ("spec", "before", "after", "by", "created")}
    data = HELD_OUT_USE_FILES.encode({**members, "suites": sorted(set(look.suites))}, HELD_OUT_USE_FILES.word)
    decode_held_out_use(data, canonical.sha256(data), HELD_OUT_USE_FILES.word)
    return data


def decode_held_out_use(data: bytes, name: str, where: str) -> HeldOutUse:
    """The look in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = HELD_OUT_USE_FILES.decode(data, name, where)
    return HeldOutUse(name, file.spec, tuple(file.suites), file.before, file.after, file.by, file.created)


def load_held_out_uses(tree: Tree, store_path: str) -> tuple[HeldOutUse, ...]:
    """Every look in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode_held_out_use(*file) for file in HELD_OUT_USE_FILES.files(tree, store_path))


def add_held_out_use(root: Path, store_path: str, look: HeldOutUse) -> HeldOutUse:
    """Records a look; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data, suites = encode_held_out_use(look), tuple(sorted(set(look.suites)))
    HELD_OUT_USE_FILES.add(root, store_path, [data])
    return replace(look, id=canonical.sha256(data), suites=suites, created=look.created.astimezone(UTC))


# Run plans on disk, `<store>/plans/<sha256>.json`.


class _PreregistrationFile(StrictForm):
    schema_: Literal["auditor.plan/1"] = Field(alias="schema")
    spec: NonEmptyText
    revision: Sha256
    suite: NonEmptyText
    model: NonEmptyText
    checkpoint: NonEmptyText
    condition: str
    planned: Annotated[int, Field(ge=1)]
    note: str
    created: Timestamp


PREREGISTRATION_FILES = FileKind("plan", "plans", "auditor.plan/1", _PreregistrationFile)
_PREREGISTRATION_FIELDS = [field.name for field in fields(Preregistration) if field.name != "id"]


def encode_preregistration(plan: Preregistration) -> bytes:
    """The plan's canonical bytes, whose sha256 is its id; `plan.id` is not read. Raises RecordError."""
    data = PREREGISTRATION_FILES.encode(
        {name: getattr(plan, name) for name in _PREREGISTRATION_FIELDS}, PREREGISTRATION_FILES.word
    )
    decode_preregistration(data, canonical.sha256(data), PREREGISTRATION_FILES.word)
    return data


def decode_preregistration(data: bytes, name: str, where: str) -> Preregistration:
    """The plan in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = PREREGISTRATION_FILES.decode(data, name, where)
    return Preregistration(id=name, **{field: getattr(file, field) for field in _PREREGISTRATION_FIELDS})


def load_preregistrations(tree: Tree, store_path: str) -> tuple[Preregistration, ...]:
    """Every plan in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode_preregistration(*file) for file in PREREGISTRATION_FILES.files(tree, store_path))


def add_preregistration(root: Path, store_path: str, plan: Preregistration) -> Preregistration:
    """Records a plan; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data = encode_preregistration(plan)
    PREREGISTRATION_FILES.add(root, store_path, [data])
    return replace(plan, id=canonical.sha256(data), created=plan.created.astimezone(UTC))


WAIVERS_FOLDER = "waivers"


def _check_text(value: str) -> str:
    if not value.strip():
        raise ValueError("should say something")
    return " ".join(value.split())


_WaiverText = Annotated[str, Field(max_length=2000), AfterValidator(_check_text)]


class _WaiverTable(TomlTable):
    check: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    fingerprint: Annotated[str, Field(pattern=r"^([0-9a-f]{32}|\*)$")] | None = None
    patch: Annotated[str, Field(pattern=r"^([0-9a-f]{8,64}|\*)$")] | None = None
    reason: _WaiverText
    who: _WaiverText
    granted: date
    until: date | None = None


def waiver_folder(store_path: str) -> str:
    """Where the waivers of a store are."""
    return str(PurePosixPath(store_path, WAIVERS_FOLDER))


def load_waivers(tree: Tree, store_path: str) -> tuple[Waiver, ...]:
    """The waivers of the store at `store_path`, by name; none where there is no folder.

    Raises ConfigError for malformed TOML, an unknown key, a wrong type, or a file that is no waiver.
    """
    waivers, unread = read_waivers(tree, store_path)
    for error in unread.values():
        raise error
    return waivers


def read_waivers(tree: Tree, store_path: str) -> tuple[tuple[Waiver, ...], dict[str, InputError]]:
    """The waivers of the store at `store_path` that can be read, by name; and by its path why another cannot."""
    folder = waiver_folder(store_path)
    waivers, unread = list[Waiver](), dict[str, InputError]()
    try:
        paths = tree.list(folder)
    except InputError as error:
        return (), {folder: error}
    if not paths and tree.read(folder) is not None:
        what, remedy = "is a file, where a folder should be", "move it, or take it out"
        unread[folder] = ConfigError(what, where=folder, remedy=remedy)
    for path in sorted(path for path in paths if not PurePosixPath(path).name.startswith(".")):
        try:
            waivers.append(_waiver(tree.read(path) or b"", path, folder))
        except InputError as error:
            unread[path] = error
    return tuple(waivers), unread


def _waiver(data: bytes, path: str, folder: str) -> Waiver:
    name = PurePosixPath(path).name.removesuffix(".toml")
    if path != f"{folder}/{name}.toml" or not re.fullmatch(r"[\w.-]+", name):
        subject, remedy = "is no waiver", f"name it {folder}/NAME.toml, or move it out"
        raise ConfigError(subject, where=path, remedy=remedy)
    table = validate_toml(_WaiverTable, parse_toml(data, path), path)
    fingerprint = None if table.fingerprint == "*" else table.fingerprint
    patch = None if table.patch == "*" else table.patch
    rule = present_word(table.check)
    return Waiver(name, path, rule, fingerprint, patch, table.reason, table.who, table.granted, table.until)
