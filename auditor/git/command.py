"""Running git so that nothing in the repository it reads can make it run anything else."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from auditor.errors import RepositoryError

if TYPE_CHECKING:
    from git import Git

# A running git, with its three pipes; it is killed when nothing refers to it any more.
Process: TypeAlias = "Git.AutoInterrupt"

# What the user's machine says about git must not change an answer, and nothing may be fetched to give one.
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

# Configuration of the repository that would run something, or answer for it: a forged commit-graph rewrites parents.
# safe.directory guards against running somebody else's configuration, which the rest of this list takes care of;
# without it a repository owned by another user (the normal case in a container) could not be read at all.
OVERRIDES = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.pager=cat",
    "core.commitGraph=false",
    "core.warnAmbiguousRefs=true",
    "log.showSignature=false",
    "advice.graftFileDeprecated=false",
    "protocol.allow=never",
    "safe.directory=*",
)

_INCOMPLETE = ("bad object", "unable to read", "could not read", "failed to traverse", "missing", "unable to parse")
_ENVIRONMENT_LOCK = threading.Lock()


@contextmanager
def without_git_variables() -> Iterator[None]:
    """Take GIT_* out of the environment: inside a hook they point git at another index, object store or repository."""
    with _ENVIRONMENT_LOCK:
        hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
        try:
            yield
        finally:
            os.environ.update(hidden)


@dataclass(frozen=True, slots=True)
class GitResult:
    """What one run of git gave: its exit status and both streams."""

    status: int
    out: bytes
    err: str


def incomplete_history_error(
    subject: str, where: str, remedy: str = "run git fsck and fetch what is missing"
) -> RepositoryError:
    """The error for a history that is not all there."""
    return RepositoryError(f"history incomplete: {subject}", where=where, remedy=remedy)


class Command:
    """git, hardened, with its working folder; constructing it runs nothing.

    Args:
        folder: where git is run.
        variables: further environment, such as GIT_DIR once it is known.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.variables = dict(variables or {})

    def attempt(self, *arguments: str, stdin: bytes = b"") -> GitResult:
        """Run git and wait. Raises RepositoryError where git is not installed."""
        process = self.start(*arguments)
        out, err = process.communicate(stdin)
        return GitResult(process.returncode, out, err.decode(errors="replace"))

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What git prints. Raises RepositoryError where it fails."""
        answer = self.attempt(*arguments, stdin=stdin)
        if answer.status:
            raise self.failure(answer.err)
        return answer.out

    def start(self, *arguments: str) -> Process:
        """Start git with pipes for all three streams. Raises RepositoryError where git is not installed."""
        overrides = [word for override in OVERRIDES for word in ("-c", override)]
        with without_git_variables():
            try:
                from git import Git
                from git.exc import GitCommandNotFound
            except ImportError as error:  # GitPython runs git when it is imported
                raise _not_installed_error() from error
            git = Git(self.folder)
            git.update_environment(**ENVIRONMENT, **self.variables)
            call = ["git", "--no-pager", *overrides, *arguments]
            try:
                return git.execute(call, istream=subprocess.PIPE, as_process=True)
            except (GitCommandNotFound, PermissionError) as error:
                raise _not_installed_error() from error

    def failure(self, message: str) -> RepositoryError:
        """The error for what git said on stderr."""
        lines = [line for line in message.splitlines() if line.startswith(("fatal:", "error:"))] or [message]
        text = lines[0].removeprefix("fatal:").removeprefix("error:").strip() or "git failed without a message"
        if any(word in message.lower() for word in _INCOMPLETE):
            return incomplete_history_error(text, str(self.folder))
        return RepositoryError(f"git cannot read it: {text}", where=str(self.folder), remedy="run git fsck")


def _not_installed_error() -> RepositoryError:
    return RepositoryError("git cannot be run", where="git", remedy="install git 2.34 or newer and put it on PATH")
