"""What is written to git: a repository from scratch, and a commit of what is about to be committed.

The same contents give the same commit ids on every machine. Nothing refers to a proposed commit, so that git clears
it away in time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.errors import RepositoryError
from auditor.git.command import Command, incomplete_history_error
from auditor.git.repository import Repository

# A repository written from scratch: the same contents give the same commit ids on every machine.


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
    git.run("fast-import", "--quiet", "--done", stdin=_fast_import_stream(commits))
    git.run("reset", "--quiet", "--hard", "main")
    return git.run("rev-parse", "--verify", "refs/heads/main").decode().strip()


def _fast_import_stream(commits: Sequence[NewCommit]) -> bytes:
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


# What is about to be committed, as a commit that nothing refers to: the index, on HEAD and what is being merged.


_MERGED_VARIABLE = re.compile(r"GITHEAD_([0-9a-f]{40}|[0-9a-f]{64})")
_MESSAGE = "What is about to be committed"
_COMMITTER = "auditor <auditor@invalid>"


@dataclass(frozen=True, slots=True)
class ProposedCommit:
    """Ids of HEAD, and of a commit of the index on top of it."""

    base: str
    head: str


def propose_commit(repository: Repository, environment: Mapping[str, str], when: datetime) -> ProposedCommit | None:
    """What a commit would add now; None before the first commit, which there is nothing to hold against.

    Nothing refers to the commit that is written, so that git clears it away in time.

    Args:
        environment: a hook's: in `pre-merge-commit` what is being merged stands only there.
        when: the date of that commit.

    Raises RepositoryError for a merge that is not resolved, and for a branch that is there and cannot be read.
    """
    head = repository.command.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.status:
        _check_unborn(repository)
        return None
    base = head.out.decode().strip()
    written = repository.command.attempt("write-tree")
    if written.status:
        remedy = "resolve the conflicts and git add them"
        raise RepositoryError("the index cannot be written as a tree", where=str(repository), remedy=remedy)
    parents = dict.fromkeys((base, *_merge_heads(repository, environment)))
    return ProposedCommit(base, _write_commit(repository, written.out.decode().strip(), tuple(parents), when))


def _check_unborn(repository: Repository) -> None:
    """Git says of a branch that it may not read, or that is damaged, what it says of one without a commit yet."""
    named = repository.command.attempt("symbolic-ref", "--quiet", "HEAD")
    branch = os.fsdecode(named.out).strip()
    packed = repository.common_dir / "packed-refs"
    try:
        exists = named.status != 0 or (repository.common_dir / branch).is_file()
        exists = exists or (packed.exists() and f" {branch}\n".encode() in packed.read_bytes())
    except OSError as error:
        raise RepositoryError(f"cannot be read: {error.strerror}", where=branch, remedy="check its mode") from error
    if exists:
        raise incomplete_history_error(f"{branch or 'HEAD'} names no commit that is here", str(repository))


def _merge_heads(repository: Repository, environment: Mapping[str, str]) -> Iterator[str]:
    """The commits that a merge brings in."""
    file = repository.git_dir / "MERGE_HEAD"
    named = file.read_text().split() if file.is_file() else []
    named += [match[1] for name in sorted(environment) if (match := _MERGED_VARIABLE.fullmatch(name))]
    for name in named:
        yield repository.resolve(name)


def _write_commit(repository: Repository, tree: str, parents: tuple[str, ...], when: datetime) -> str:
    stamp = f"{_COMMITTER} {int(when.timestamp())} {when:%z}"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {stamp}", f"committer {stamp}"]
    text = "\n".join((*lines, "", _MESSAGE, ""))
    written = repository.command.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
    return written.decode().strip()
