"""The gate's warm path in a client's hook: the standard library and git, and nothing else is imported.

Where what is about to be committed touches nothing that the gate looks at, it ends with 0 and prints nothing. In every
other case, and in every doubt, the gate itself runs. CI and a server's hooks never come here: who can write below
`.git` could write which paths are watched.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HOOKS = ("pre-commit", "pre-merge-commit")
FOLDER = "auditor-gate"
_FORM = 1
_MOST_FILES = 64
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
_HOOK_VARIABLES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")


class Doubt(Exception):
    """Something is not as expected: the gate itself decides."""


def nothing_to_judge(arguments: Sequence[str], version: str) -> bool:
    """Whether `auditor ARGUMENTS` is a client's hook that has nothing to judge; False in every doubt."""
    if not _is_client_hook(arguments):
        return False
    try:
        return not _Place(arguments, version).judged()
    except (Doubt, OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _is_client_hook(arguments: Sequence[str]) -> bool:
    """Whether a call is of a client's hook as `auditor hook install` writes it, with nothing else in it."""
    names = list(arguments)
    if names[:2] != ["gate", "--hook"] or len(names) < 3 or names[2] not in HOOKS:
        return False
    rest = names[3:]
    while rest[:1] == ["--branch"] and len(rest) > 1:
        rest = rest[2:]
    return rest in ([], ["--"])


def _git(*arguments: str) -> bytes:
    """What git prints. Raises Doubt where it fails."""
    names = {
        name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _HOOK_VARIABLES
    }
    overrides = [word for override in OVERRIDES for word in ("-c", override)]
    read, write = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
        call = ["git", "--no-pager", *overrides, *arguments]
        child = os.posix_spawnp("git", call, {**names, **ENVIRONMENT}, file_actions=actions)
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
    """A repository in a hook: where its cache is, what HEAD is, and which branch is checked out."""

    def __init__(self, arguments: Sequence[str], version: str) -> None:
        folder, names = ("--path-format=absolute", "--git-common-dir"), ("--symbolic-full-name", "HEAD")
        lines = _git("rev-parse", *folder, "HEAD", f"HEAD:{_SETTINGS}", *names).split(b"\n")
        if len(lines) != 5:
            raise Doubt
        common, head, settings, branch, _ = lines
        self.branch, self.head, self.settings = os.fsdecode(branch), head.decode(), settings.decode()
        self.folder = os.path.join(os.fsdecode(common), FOLDER)  # noqa: PTH118
        self.arguments = list(arguments)
        self.version = version

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

        Reading TOML takes longer than everything else here, so that what was read is kept below the git directory.
        """
        from zlib import crc32

        file = os.path.join(self.folder, f"watched-{self.settings}")  # noqa: PTH118
        mark = f"{_FORM} {self.version}".encode()
        try:
            with open(file, "rb") as buffered_reader:  # noqa: PTH123
                check, _, content = buffered_reader.read().partition(b"\n")
            if check == b"%08x" % crc32(content) and content.startswith(mark + b"\0"):
                return tuple(content.split(b"\0")[1:])
        except FileNotFoundError:
            pass
        prefixes = _watched(_git("cat-file", "blob", self.settings).decode())
        content = b"\0".join((mark, *prefixes))
        try:
            self._write(file, b"%08x\n%s" % (crc32(content), content))
        except OSError:
            return prefixes  # and looked up again the next time
        return prefixes

    def _write(self, file: str, content: bytes) -> None:
        os.makedirs(self.folder, exist_ok=True)  # noqa: PTH103
        dir_entries = sorted(os.scandir(self.folder), key=lambda entry: entry.stat().st_mtime)
        for dir_entry in dir_entries[: max(0, len(dir_entries) - _MOST_FILES)]:
            os.unlink(dir_entry.path)  # noqa: PTH108
        temporary = f"{file}.{os.getpid()}"
        with open(temporary, "wb") as written:  # noqa: PTH123
            written.write(content)
        os.replace(temporary, file)  # noqa: PTH105


def _watched(settings: str) -> tuple[bytes, ...]:
    """How the paths of records and specs begin: what stands before the first wild character, so sooner too often.

    What lies beside a spec is looked at only where a patch of it is judged. A debt falls due without any change.
    """
    import tomllib

    document = tomllib.loads(settings)
    if "evidence_debt_days" in document.get("policy", {}):
        return (b"",)
    store = f"{document.get('store', {}).get('path', 'eval_history').strip('/')}/"
    return tuple(
        _start(path).encode() for path in (store, *(path for spec in document["spec"] for path in spec["paths"]))
    )


def _start(pattern: str) -> str:
    start = pattern.removeprefix("./")
    for wild in "*?[":
        start = start.split(wild, 1)[0]
    return start
