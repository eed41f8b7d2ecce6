"""Files that are there whole or not at all, and still there after a power cut.

POSIX only: folders are locked and synced, which Windows does not offer.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.errors import RecordError

RESTORE = "restore it from the repository's history"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` against other writers; waits for them. The lock dies with its process and leaves no file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def writing(root: Path, place: Path) -> Iterator[None]:
    """Hold `root` while something is written at `place`. Raises RecordError for what the operating system refuses."""
    with refused_as_record_error(place), locked(root):
        yield


@contextmanager
def refused_as_record_error(place: Path) -> Iterator[None]:
    """What the operating system refuses in here, while something is written at `place`, is a RecordError."""
    try:
        yield
    except OSError as error:
        where, remedy = str(error.filename or place), "make it writable, then run the command again"
        raise RecordError(f"cannot be written: {error.strerror}", where=where, remedy=remedy) from error


def make_folders(root: Path, folders: Iterable[Path], settled: set[Path] | None = None) -> None:
    """Create folders and what is missing between them and `root`, to stay. Raises RecordError for a link on the way.

    Their names are synced even where they are there: who made them may have died before it did that. `settled` are
    folders of which this process knows, and takes up these.
    """
    settled = settled if settled is not None else set()
    wanted = {path for folder in folders for path in (folder, *folder.parents)}
    new = sorted(path for path in wanted - settled if path.is_relative_to(root) and path != root)
    for path in new:
        if path.is_symlink():
            raise RecordError("is a symbolic link", where=str(path), remedy="make it a folder")
        path.mkdir(exist_ok=True)
    sync_folders(path.parent for path in new)
    settled.update(new)


def write_new(path: Path, data: bytes) -> None:
    """Write a file named by its content: whole under its name, or not at all. The caller syncs the folder.

    The writer must hold the lock. What a killed writer left under the temporary name is overwritten. Raises
    RecordError when the name is taken by other content.
    """
    if path.exists():
        if path.read_bytes() != data:
            raise RecordError("its content is not what its name says", where=str(path), remedy=RESTORE)
        return
    half = temporary(path)
    try:
        _fill(half, data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def create(path: Path, data: bytes) -> None:
    """Write a file whole under its name, which nothing may have yet. The caller holds the lock and syncs the folder.

    Raises RecordError where the name is taken.
    """
    half = temporary(path)
    try:
        _fill(half, data)
        path.hardlink_to(half)
    except FileExistsError as error:
        raise RecordError("is there already, and is left as it is", where=str(path), remedy="move it away") from error
    finally:
        half.unlink(missing_ok=True)


def temporary(path: Path) -> Path:
    """The name a file has until it is whole."""
    return path.with_name(f".{path.name}.tmp")


def _fill(path: Path, data: bytes) -> None:
    """Write a file that a crash may cut short, and see it onto the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the names in these folders survive a power cut."""
    for folder in sorted(set(folders)):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
