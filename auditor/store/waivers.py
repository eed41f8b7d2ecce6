"""Waivers on disk, `<store>/waivers/<name>.toml`, one a file:

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
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from auditor.errors import ConfigError
from auditor.model.toml import TomlTable, parse_toml, validate_toml
from auditor.model.waiver import Waiver

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

FOLDER = "waivers"


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("should say something")
    return " ".join(value.split())


_Said = Annotated[str, Field(max_length=2000), AfterValidator(_said)]


class _WaiverTable(TomlTable):
    check: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    fingerprint: Annotated[str, Field(pattern=r"^([0-9a-f]{32}|\*)$")] | None = None
    patch: Annotated[str, Field(pattern=r"^([0-9a-f]{8,64}|\*)$")] | None = None
    reason: _Said
    who: _Said
    granted: date
    until: date | None = None


def waiver_folder(store_path: str) -> str:
    """Where the waivers of a store are."""
    return str(PurePosixPath(store_path, FOLDER))


def load_waivers(tree: Tree, store_path: str) -> tuple[Waiver, ...]:
    """The waivers of the store at `store_path`, by name; none where there is no folder.

    Raises ConfigError for malformed TOML, an unknown key, a wrong type, or a file that is no waiver.
    """
    folder = waiver_folder(store_path)
    paths = [path for path in tree.list(folder) if not PurePosixPath(path).name.startswith(".")]
    return tuple(_waiver(tree.read(path) or b"", path, folder) for path in sorted(paths))


def _waiver(data: bytes, path: str, folder: str) -> Waiver:
    name = PurePosixPath(path).name.removesuffix(".toml")
    if path != f"{folder}/{name}.toml" or not re.fullmatch(r"[\w.-]+", name):
        what, remedy = "is no waiver", f"name it {folder}/NAME.toml, or move it out"
        raise ConfigError(what, where=path, remedy=remedy)
    table = validate_toml(_WaiverTable, parse_toml(data, path), path)
    fingerprint = None if table.fingerprint == "*" else table.fingerprint
    patch = None if table.patch == "*" else table.patch
    return Waiver(name, path, table.check, fingerprint, patch, table.reason, table.who, table.granted, table.until)
