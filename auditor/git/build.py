"""A repository written from scratch: the same contents give the same commit ids on every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.git.command import Command

_AUTHOR = "Kelpwick model policy <policy@kelpwick.invalid>"


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to write: the whole content of its tree, by path; its date, with offset; its message."""

    files: Mapping[str, bytes]
    date: datetime
    message: str


def build_repository(folder: Path, commits: Sequence[NewCommit]) -> str:
    """Writes commits, oldest first, into a new repository in an empty or absent folder, and checks the last one out.

    Returns the id of the last commit. Raises RepositoryError where git cannot be run or refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    git = Command(folder)
    git.run("init", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=main")
    git.run("fast-import", "--quiet", "--done", stdin=_stream(commits))
    git.run("reset", "--quiet", "--hard", "main")
    return git.run("rev-parse", "--verify", "refs/heads/main").decode().strip()


def _stream(commits: Sequence[NewCommit]) -> bytes:
    """The commits in the format of git fast-import."""
    parts = []
    for commit in commits:
        when = f"{int(commit.date.timestamp())} {commit.date:%z}"
        message = commit.message.encode()
        parts.append(f"commit refs/heads/main\ncommitter {_AUTHOR} {when}\ndata {len(message)}\n".encode() + message)
        parts.append(b"\ndeleteall\n")
        for path in sorted(commit.files):
            data = commit.files[path]
            parts.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    return b"".join(parts) + b"done\n"
