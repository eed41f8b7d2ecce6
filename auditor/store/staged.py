"""Files that are on disk before they have a name, so that many writers need the lock only to give names.

Whoever dies leaves nothing behind. Where a file system has no files without a name (only Linux has), they are written
when they are named, under the lock, by one writer at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from auditor.store import durable

# How many files wait for the disk at once: it takes as many together nearly as fast as one.
_TOGETHER = 16
_T = TypeVar("_T")
_NAMELESS: int = getattr(os, "O_TMPFILE", 0)


class Staged:
    """Some files, whole and on disk; their folders are there. `name_them` under the lock, then `sync`."""

    def __init__(self, files: Mapping[Path, bytes]) -> None:
        self._files = files
        self._handles: dict[Path, int] = {}

    def __enter__(self) -> Self:
        """Puts the files onto the disk. Raises OSError where it does not take them."""
        try:
            together(self._stage, self._files)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._close()

    def name_them(self) -> None:
        """Give each its name; one that is there already stays. The caller holds the lock.

        Raises RecordError where a name is taken by other content.
        """
        for path, data in self._files.items():
            if path in self._handles and self._linked(path):
                durable.temporary(path).unlink(missing_ok=True)  # what another way of writing left when it was killed
            else:
                durable.write_new(path, data)

    def sync(self) -> None:
        """Make the names survive a power cut, also those that another writer gave and may not have synced."""
        together(durable.sync_folder, {path.parent for path in self._files})

    def _stage(self, path: Path) -> None:
        if not _NAMELESS or path.exists():
            return
        try:
            handle = os.open(path.parent, os.O_WRONLY | _NAMELESS, 0o666)
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


def together(work: Callable[[_T], None], given: Iterable[_T]) -> None:
    """Do some work on each, several at once. Raises what the first of them raises."""
    every = list(given)
    if len(every) <= 1:
        for one in every:
            work(one)
        return
    with ThreadPoolExecutor(min(_TOGETHER, len(every))) as pool:
        list(pool.map(work, every))
