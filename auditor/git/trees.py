"""Trees: the one way project files are read, whether from a folder, a commit or the index."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from auditor.errors import RepositoryError
from auditor.git.objects import FOLDER_MODE, MAX_OBJECT_BYTES, SUBMODULE_MODE, SYMLINK_MODE, Entry, refuse_indirection
from auditor.git.repository import Repository
from auditor.model.numbers import short_id


class Tree(Protocol):
    """Files by their path from the root, in posix form. Reading never follows a symbolic link or a submodule."""

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none. Raises RepositoryError for a symbolic link or a submodule."""

    def list(self, prefix: str) -> tuple[str, ...]:
        """The paths of all files in the folder `prefix` and below it, sorted; "" is the root.

        Symbolic links and submodules are listed as if they were files, so that whoever reads them is told.
        """


@dataclass(frozen=True)
class Folder:
    """The files of a folder, as they are now; `.git` is no part of it."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        at, entry = str(self.root), None
        for name in _path_parts(path):
            at = os.path.join(at, name)  # noqa: PTH118 - thousands of records are read, and a Path takes as long to make
            entry = _entry_on_disk(at)
            if entry is None:
                return None
            refuse_indirection(entry, path, str(self.root))
        if entry is None or entry.is_folder:
            return None
        with open(at, "rb") as file:  # noqa: PTH123
            data = file.read(MAX_OBJECT_BYTES + 1)
        if len(data) > MAX_OBJECT_BYTES:
            raise RepositoryError(f"has more than {MAX_OBJECT_BYTES} bytes", where=at)
        return data

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        at = self.root
        for name in _path_parts(prefix):
            at = at / name
            entry = _entry_on_disk(str(at))
            if entry is None:
                return ()
            refuse_indirection(entry, prefix, str(self.root))
        return tuple(sorted(_files_on_disk(at, self.root)))


@dataclass(frozen=True)
class Commit:
    """The files of a commit. `commit_id` is a full id."""

    repository: Repository
    commit_id: str

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        entry = self.entry(path)
        return None if entry is None or entry.is_folder else self.repository.blob(entry.id)

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        return tuple(self.entries(prefix))

    def entry(self, path: str) -> Entry | None:
        """What stands at a path, or None. Raises RepositoryError for a symbolic link or a submodule on the way."""
        entry = Entry("40000", self.commit_id)
        for name in _path_parts(path):
            below = self.repository.tree(entry.id).get(name) if entry.is_folder else None
            if below is None:
                return None
            refuse_indirection(below, path, short_id(self.commit_id))
            entry = below
        return entry

    def entries(self, prefix: str) -> dict[str, Entry]:
        """What `list` lists, each with its mode and id."""
        folder = self.entry(prefix)
        if folder is None or not folder.is_folder:
            return {}
        start = "".join(f"{name}/" for name in _path_parts(prefix))
        return {start + path: entry for path, entry in self.repository.files_under(folder.id)}


@dataclass(frozen=True)
class Index:
    """The files that are staged, read once."""

    repository: Repository

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        name = "/".join(_path_parts(path))
        self._refuse_on_the_way(name)
        entry = self._entries.get(name)
        return None if entry is None else self.repository.blob(entry.id)

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        name = "/".join(_path_parts(prefix))
        self._refuse_on_the_way(name)
        start = f"{name}/" if name else ""
        return tuple(sorted(path for path in self._entries if path.startswith(start)))

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return self.repository.index_entries()

    def _refuse_on_the_way(self, path: str) -> None:
        for step in (path, *map(str, PurePosixPath(path).parents)):
            if step in self._entries:
                refuse_indirection(self._entries[step], path, "index")


def _path_parts(path: str) -> tuple[str, ...]:
    """The names of a path from the root. Raises RepositoryError for one that leaves it."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise RepositoryError("leaves the tree", where=path, remedy="give a path relative to the root, without ..")
    return parts


def _entry_on_disk(path: str) -> Entry | None:
    """The entry git would make of a path, as far as a reader must know it; None for nothing, `.git` and devices."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if path.lower().endswith(f"{os.sep}.git"):
        return None
    if stat.S_ISLNK(mode):
        return Entry(SYMLINK_MODE, "")
    if stat.S_ISDIR(mode):
        inside = os.path.exists(os.path.join(path, ".git"))  # noqa: PTH110, PTH118
        return Entry(SUBMODULE_MODE if inside else FOLDER_MODE, "")
    return Entry("100644", "") if stat.S_ISREG(mode) else None


def _files_on_disk(folder: Path, root: Path) -> list[str]:
    start = folder.relative_to(root).as_posix()
    files, waiting = [], [(str(folder), "" if start == "." else f"{start}/")]
    while waiting:
        at, prefix = waiting.pop()
        for item in os.scandir(at) if Path(at).is_dir() else ():
            entry = _entry_on_disk(item.path)
            if entry is not None and entry.is_folder:
                waiting.append((item.path, f"{prefix}{item.name}/"))
            elif entry is not None:
                files.append(prefix + item.name)
    return files
