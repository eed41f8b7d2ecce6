"""Objects by id, through one long-lived `git cat-file --batch`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from auditor.errors import InternalError, RepositoryError
from auditor.git.command import Command, Process, incomplete_history_error

# Bounds what one object may cost in memory; a record or a spec is far smaller.
MAX_OBJECT_BYTES = 256 * 2**20
# Asked for ahead of being read. Two such batches of ids stay below the smallest pipe buffer (16 KB), so that neither
# side ever waits for the other.
_BATCH_IDS = 100
_PIPE_BYTES = 2**20
_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")

FOLDER_MODE = "40000"
SYMLINK_MODE = "120000"
SUBMODULE_MODE = "160000"


def is_object_id(text: str) -> bool:
    """Whether the text is a full object id: 40 or 64 lower-case hex digits."""
    return _ID.match(text) is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree or the index says about one name: git's mode in octal, and the object's id."""

    mode: str
    id: str

    @property
    def is_folder(self) -> bool:
        """Whether it is a tree."""
        return self.mode == FOLDER_MODE


class IndirectionError(RepositoryError):
    """A path is a symbolic link or a submodule, where a file was expected."""


def refuse_indirection(entry: Entry, path: str, where: str) -> None:
    """Raises IndirectionError where a path is a symbolic link or a submodule: its text is somewhere else."""
    kind = {SYMLINK_MODE: "a symbolic link", SUBMODULE_MODE: "a submodule"}.get(entry.mode)
    if kind:
        raise IndirectionError(f"is {kind}", where=f"{where}:{path}", remedy="commit the file itself")


def parse_tree(data: bytes, id_bytes: int) -> dict[str, Entry]:
    """The entries of a tree object by name; names that are not UTF-8 keep their bytes as surrogates."""
    entries, at = {}, 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        at = end + 1 + id_bytes
        entries[name.decode("utf-8", "surrogateescape")] = Entry(mode.decode("ascii"), data[end + 1 : at].hex())
    return entries


def _widen_pipe(pipe: int) -> None:
    """Let git unpack the next objects while one is looked at. Where the system does not let it, it waits more often."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class Objects:
    """The objects of a repository. The process starts with the first question and ends with `close`."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._process: Process | None = None

    def read(self, object_id: str, kind: str, *, limit: int = MAX_OBJECT_BYTES) -> bytes:
        """The content of one object of that kind (`blob`, `tree`, `commit`); see `read_all`."""
        return next(self.read_all([object_id], kind, limit=limit))

    def read_all(self, object_ids: Sequence[str], kind: str, *, limit: int = MAX_OBJECT_BYTES) -> Iterator[bytes]:
        """The contents in the order asked for; nothing else may be asked before the last one is taken.

        A commit asked for as a `tree` gives its tree. Raises RepositoryError where an object is missing or larger than
        `limit` bytes.
        """
        for object_id in object_ids:
            if not is_object_id(object_id):
                raise InternalError("not an object id", where=object_id)
        suffix = b"^{tree}\n" if kind == "tree" else b"\n"
        batches = [object_ids[at : at + _BATCH_IDS] for at in range(0, len(object_ids), _BATCH_IDS)]
        received = 0
        try:
            for number in range(len(batches)):
                self._ask(batches[:2] if number == 0 else batches[number + 1 : number + 2], suffix)
                for object_id in batches[number]:
                    content = self._answer(object_id, kind, limit)
                    received += 1
                    yield content
        finally:
            if received < len(object_ids):  # answers nobody will read are still in the pipe
                self.close()

    def close(self) -> None:
        """End the process, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None

    def _ask(self, batches: Sequence[Sequence[str]], suffix: bytes) -> None:
        if self._process is None:
            self._process = self._command.start("cat-file", "--batch")
            assert self._process.stdout is not None
            _widen_pipe(self._process.stdout.fileno())
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"".join(name.encode() + suffix for batch in batches for name in batch))
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._broken() from error

    def _answer(self, object_id: str, kind: str, limit: int) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if len(words) < 3:
            raise (
                self._broken() if not words else incomplete_history_error(f"object {object_id} is missing", self._where)
            )
        if words[1] != kind.encode():
            raise RepositoryError(f"object {object_id} is no {kind}", where=self._where, remedy="run git fsck")
        size = int(words[2])
        if size > limit:
            raise RepositoryError(f"object {object_id} has {size} bytes, more than {limit}", where=self._where)
        content: bytes = self._process.stdout.read(size)
        if len(content) + len(self._process.stdout.read(1)) != size + 1:  # each answer ends with a line end
            raise self._broken()
        return content

    def _broken(self) -> RepositoryError:
        assert self._process is not None
        assert self._process.stderr is not None
        return self._command.failure(self._process.stderr.read().decode(errors="replace"))

    @property
    def _where(self) -> str:
        return str(self._command.folder)
