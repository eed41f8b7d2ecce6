"""Where the files of a store lie."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from auditor.errors import RecordError


def records_folder(store_path: str) -> str:
    """The folder of the records."""
    return str(PurePosixPath(store_path, "records"))


def record_path(store_path: str, name: str) -> str:
    """The path of the record called `name`, 64 hex digits."""
    return str(PurePosixPath(store_path, "records", name[:2], f"{name}.json"))


def item_path(store_path: str, name: str) -> str:
    """The path of the item manifest called `name`, 64 hex digits."""
    return str(PurePosixPath(store_path, "items", f"{name}.json"))


def name_in(path: str, store_path: str) -> str:
    """The record's name that a path gives. Raises RecordError for the path of no record."""
    name = PurePosixPath(path).name.removesuffix(".json")
    if not re.fullmatch("[0-9a-f]{64}", name) or path != record_path(store_path, name):
        raise RecordError("is no record", where=path, remedy="move it out of the records")
    return name
