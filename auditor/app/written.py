"""A document into a file: whole or not at all, and never over something else unless asked."""

from __future__ import annotations

import os
from pathlib import Path

from auditor.errors import InputError


def write_document(document: str, path: Path, *, force: bool) -> None:
    """Writes a new file.

    Args:
        force: whether a file that is there is replaced; a link never is followed.

    Raises InputError where there is one already, or no folder to put it in.
    """
    if not path.parent.is_dir():
        raise InputError("no such folder", where=str(path.parent), remedy="make it first")
    if path.is_symlink() or (path.exists() and not force):
        raise InputError("is there already", where=str(path), remedy="give another name, or --force to replace a file")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(document.encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
