"""The gate's warm path in a client's hook: the standard library and git, and nothing else is imported.

It says nothing of its own. Where what is about to be committed touches nothing that the gate looks at, it ends with 0;
where this very landing was judged today, it repeats what was said. In every other case, and in every doubt, the gate
itself runs. CI and a server's hooks never come here: who can write below `.git` could write what is repeated.
"""

from __future__ import annotations

import io
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

HOOKS = ("pre-commit", "pre-merge-commit")
FOLDER = "auditor-gate"
_FORM = 1
_KEPT = 64
_SETTINGS = "auditor.toml"
# As auditor.git.command has it: nothing of the user's or the repository's configuration answers for git, or is run.
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
OVERRIDES = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.commitGraph=false",
    "protocol.allow=never",
    "safe.directory=*",
)
_SHOWN = ("NO_COLOR", "COLUMNS", "TERM")
_HOOK_VARIABLES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")


class Doubt(Exception):
    """Something is not as expected: the gate itself decides."""


def answer(arguments: Sequence[str], version: str) -> int | None:
    """The exit code of `auditor ARGUMENTS`, with what was said then said again; None where the gate has to run."""
    asked = _hook_of(arguments)
    if asked is None:
        return None
    try:
        place = _Place(arguments, version)
        return place.repeated() if place.judged() else 0
    except (Doubt, OSError, ValueError, KeyError, TypeError):
        return None


def remember(arguments: Sequence[str], version: str, code: int, out: str, err: str) -> None:
    """Keeps what the gate said of a landing; only for `answer`, and never where that could go wrong."""
    if _hook_of(arguments) is None or code not in (0, 1, 3):
        return
    try:
        _Place(arguments, version).keep(code, out, err)
    except (Doubt, OSError, ValueError):
        return


def _hook_of(arguments: Sequence[str]) -> str | None:
    """The client's hook of a call as `auditor hook install` writes it, with nothing else in it; else None."""
    given = list(arguments)
    if given[:2] != ["gate", "--hook"] or len(given) < 3 or given[2] not in HOOKS:
        return None
    rest = given[3:]
    while rest[:1] == ["--branch"] and len(rest) > 1:
        rest = rest[2:]
    return given[2] if rest in ([], ["--"]) else None


def _git(*arguments: str) -> bytes:
    """What git prints. Raises Doubt where it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _HOOK_VARIABLES}
    overrides = [word for override in OVERRIDES for word in ("-c", override)]
    read, write = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
        call = ["git", "--no-pager", *overrides, *arguments]
        child = os.posix_spawnp("git", call, {**kept, **ENVIRONMENT}, file_actions=actions)
        os.close(write)
        write = -1
        parts = []
        while part := os.read(read, 1 << 16):
            parts.append(part)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(read)
        os.close(null)
        if write >= 0:
            os.close(write)
    if status:
        raise Doubt
    return b"".join(parts)


class _Place:
    """A repository in a hook: where its cache is, what HEAD is, and what would be committed."""

    def __init__(self, arguments: Sequence[str], version: str) -> None:
        folders, names = ("--path-format=absolute", "--git-dir", "--git-common-dir"), ("--symbolic-full-name", "HEAD")
        lines = _git("rev-parse", *folders, "HEAD", f"HEAD:{_SETTINGS}", *names).split(b"\n")
        if len(lines) != 6:
            raise Doubt
        git_dir, common, head, settings, branch, _ = lines
        self.git_dir, self.common, self.branch = os.fsdecode(git_dir), os.fsdecode(common), os.fsdecode(branch)
        self.head, self.settings = head.decode(), settings.decode()
        self.folder = os.path.join(self.common, FOLDER)  # noqa: PTH118
        self.arguments = list(arguments)
        self.version = version
        self._tree = ""

    @property
    def tree(self) -> str:
        """What would be committed."""
        self._tree = self._tree or _git("write-tree").decode().strip()
        return self._tree

    def judged(self) -> bool:
        """Whether the gate has something to look at: a judged branch, and a change of anything it reads."""
        branches = [word for at, word in enumerate(self.arguments) if at and self.arguments[at - 1] == "--branch"]
        if branches and self.branch.removeprefix("refs/heads/") not in branches:
            return False
        compare = ("diff-index", "--cached", "--no-renames", "--no-relative", "--ignore-submodules=none")
        words = _git(*compare, "--name-status", "-z", self.head).split(b"\0")
        if b"U" in words[:-1:2]:
            raise Doubt
        changed = words[1::2]
        watched = (b"auditor.toml", b"pyproject.toml", *self.watched()) if changed else ()
        return any(path.startswith(watched) for path in changed)

    def watched(self) -> tuple[bytes, ...]:
        """How paths begin that the gate reads, as HEAD configures it: (b"",) for every one.

        Reading TOML takes longer than everything else here, so that it is kept beside the decisions.
        """
        from zlib import crc32

        file = os.path.join(self.folder, f"watched-{self.settings}")  # noqa: PTH118
        mark = f"{_FORM} {self.version}".encode()
        try:
            with open(file, "rb") as kept:  # noqa: PTH123
                check, _, said = kept.read().partition(b"\n")
            if check == b"%08x" % crc32(said) and said.startswith(mark + b"\0"):
                return tuple(said.split(b"\0")[1:])
        except FileNotFoundError:
            pass
        found = _watched(_git("cat-file", "blob", self.settings).decode())
        said = b"\0".join((mark, *found))
        try:
            self._write(file, b"%08x\n%s" % (crc32(said), said))
        except OSError:
            return found  # and looked up again the next time
        return found

    @property
    def key(self) -> str:
        """What a decision and how it looks depend on: arguments, HEAD, what is merged in, the tree, the day."""
        import json

        merged = sorted(name for name in os.environ if name.startswith("GITHEAD_"))
        try:
            with open(os.path.join(self.git_dir, "MERGE_HEAD"), encoding="ascii") as file:  # noqa: PTH118, PTH123
                merged += file.read().split()
        except FileNotFoundError:
            pass
        day = time.strftime("%Y-%m-%d", time.gmtime())
        key_file = os.environ.get("AUDITOR_PROMPT_KEY_FILE", "")
        shown = [sys.stdout.isatty(), *(os.environ.get(name) for name in _SHOWN)]
        said = [_FORM, self.version, self.arguments, self.head, self.tree, merged, day, key_file, shown]
        return _digest(json.dumps(said))

    @property
    def _file(self) -> str:
        return os.path.join(self.folder, f"{self.key}.json")  # noqa: PTH118

    def repeated(self) -> int | None:
        """The exit code of this very landing, with what was said; None where it was not judged, or that is damaged."""
        import json

        try:
            with open(self._file, encoding="utf-8") as file:  # noqa: PTH123
                kept: dict[str, Any] = json.load(file)
        except FileNotFoundError:
            return None
        code, out, err = kept["code"], kept["out"], kept["err"]
        if kept["sum"] != _sum(code, out, err) or code not in (0, 1, 3):
            return None
        sys.stdout.write(out)
        sys.stderr.write(err)
        return int(code)

    def keep(self, code: int, out: str, err: str) -> None:
        """Writes what was said; the oldest ones go."""
        import json

        kept = json.dumps({"code": code, "out": out, "err": err, "sum": _sum(code, out, err)})
        self._write(self._file, kept.encode())

    def _write(self, file: str, content: bytes) -> None:
        os.makedirs(self.folder, exist_ok=True)  # noqa: PTH103
        found = sorted(os.scandir(self.folder), key=lambda one: one.stat().st_mtime)
        for one in found[: max(0, len(found) - _KEPT)]:
            os.unlink(one.path)  # noqa: PTH108
        temporary = f"{file}.{os.getpid()}"
        with open(temporary, "wb") as written:  # noqa: PTH123
            written.write(content)
        os.replace(temporary, file)  # noqa: PTH105


class Heard(io.TextIOBase):
    """A stream that keeps what passes through it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._parts: list[str] = []

    def write(self, text: str) -> int:
        """Writes on, and keeps it."""
        written = self._stream.write(text)
        self._parts.append(text)
        return written

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there, and read-only here
        """Of the stream behind."""
        return self._stream.encoding

    def flush(self) -> None:
        """Flushes the stream behind."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream behind."""
        return self._stream.fileno()

    @property
    def said(self) -> str:
        """Everything so far."""
        return "".join(self._parts)


def _sum(code: int, out: str, err: str) -> str:
    import json

    return _digest(json.dumps([code, out, err]))


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _watched(settings: str) -> tuple[bytes, ...]:
    """How the paths of records and specs begin: what stands before the first wild character, so sooner too often.

    What lies beside a spec is looked at only where a patch of it is judged. A debt falls due without any change.
    """
    import tomllib

    found = tomllib.loads(settings)
    if "evidence_debt_days" in found.get("policy", {}):
        return (b"",)
    store = f"{found.get('store', {}).get('path', 'eval_history').strip('/')}/"
    return tuple(_start(one).encode() for one in (store, *(path for spec in found["spec"] for path in spec["paths"])))


def _start(pattern: str) -> str:
    start = pattern.removeprefix("./")
    for wild in "*?[":
        start = start.split(wild, 1)[0]
    return start
