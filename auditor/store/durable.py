"""Files that are written whole or not at all, and are still there after a power cut.

POSIX only: folders are locked and synced, which Windows does not offer. A `Transaction` writes many files without a
name and gives the names under the lock; a process that dies before that leaves nothing behind. Where the file system
has no files without a name (only Linux has), they are written under the lock, by one writer at a time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from auditor.errors import RecordError

# Files that are there whole or not at all, and still there after a power cut.
#
# POSIX only: folders are locked and synced, which Windows does not offer.


RESTORE = "restore it from the repository's history, or remove it where it never was right"


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold `folder` against other writers; waits for them. The lock dies with its process and leaves no file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def write_lock(root: Path, place: Path) -> Iterator[None]:
    """Hold `root` while something is written at `place`. Raises RecordError for what the operating system refuses."""
    with raise_record_errors(place), lock(root):
        yield


@contextmanager
def raise_record_errors(place: Path) -> Iterator[None]:
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
    paths = {path for folder in folders for path in (folder, *folder.parents)}
    new = sorted(path for path in paths - settled if path.is_relative_to(root) and path != root)
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
    half = temporary_path(path)
    try:
        _write_synced(half, data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def write_once(path: Path, data: bytes) -> None:
    """Write a file whole under its name, which nothing may have yet. The caller holds the lock and syncs the folder.

    Raises RecordError where the name is taken.
    """
    half = temporary_path(path)
    try:
        _write_synced(half, data)
        path.hardlink_to(half)
    except FileExistsError as error:
        raise RecordError("is there already, and is left as it is", where=str(path), remedy="move it away") from error
    finally:
        half.unlink(missing_ok=True)


def temporary_path(path: Path) -> Path:
    """The name a file has until it is whole."""
    return path.with_name(f".{path.name}.tmp")


def _write_synced(path: Path, data: bytes) -> None:
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


# Files that are on disk before they have a name, so that many writers need the lock only to give names.
#
# Whoever dies leaves nothing behind. Where a file system has no files without a name (only Linux has), they are
# written when they are named, under the lock, by one writer at a time.


# How many files wait for the disk at once: it takes as many together nearly as fast as one.
_THREADS = 16
_T = TypeVar("_T")
_UNNAMED_FILE: int = getattr(os, "O_TMPFILE", 0)


class Transaction:
    """Some files, whole and on disk; their folders are there. `name_them` under the lock, then `sync`."""

    def __init__(self, files: Mapping[Path, bytes]) -> None:
        self._files = files
        self._handles: dict[Path, int] = {}

    def __enter__(self) -> Self:
        """Puts the files onto the disk. Raises OSError where it does not take them."""
        try:
            run_concurrently(self._stage, self._files)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._close()

    def publish(self) -> None:
        """Give each its name; one that is there already stays. The caller holds the lock.

        Raises RecordError where a name is taken by other content.
        """
        for path, data in self._files.items():
            if path in self._handles and self._linked(path):
                temporary_path(path).unlink(missing_ok=True)  # what another way of writing left when it was killed
            else:
                write_new(path, data)

    def sync(self) -> None:
        """Make the names survive a power cut, also those that another writer gave and may not have synced."""
        run_concurrently(sync_folder, {path.parent for path in self._files})

    def _stage(self, path: Path) -> None:
        if not _UNNAMED_FILE or path.exists():
            return
        try:
            handle = os.open(path.parent, os.O_WRONLY | _UNNAMED_FILE, 0o666)
        except OSError:  # this file system has none; whatever else is wrong shows when the file is written
            return
        self._handles[path] = handle
        with open(handle, "wb", closefd=False) as file:
            file.write(self._files[path])
            file.flush()
            os.fsync(handle)

    def _linked(self, path: Path) -> bool:
        """Whether the file got its name; not where the name is taken, or there is no /proc to give it by."""
        handle = self._handles[path]
        try:
            # With src_dir_fd, which an absolute path makes no use of, Python calls linkat: that alone follows the link
            # which stands for the open file.
            os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)
        except (FileExistsError, FileNotFoundError):
            return False
        return True

    def _close(self) -> None:
        for handle in self._handles.values():
            os.close(handle)
        self._handles.clear()


def run_concurrently(work: Callable[[_T], None], arguments: Iterable[_T]) -> None:
    """Do some work on each, several at once. Raises what the first of them raises."""
    queue = list(arguments)
    if len(queue) <= 1:
        for argument in queue:
            work(argument)
        return
    with ThreadPoolExecutor(min(_THREADS, len(queue))) as pool:
        list(pool.map(work, queue))
