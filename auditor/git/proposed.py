"""What is about to be committed, as a commit that nothing refers to: the index, on HEAD and what is being merged."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.errors import RepositoryError
from auditor.git.command import history_incomplete
from auditor.git.repository import Repository

_MERGED = re.compile(r"GITHEAD_([0-9a-f]{40}|[0-9a-f]{64})")
_MESSAGE = "What is about to be committed"
_WHO = "auditor <auditor@invalid>"


@dataclass(frozen=True, slots=True)
class Proposed:
    """Ids of HEAD, and of a commit of the index on top of it."""

    base: str
    head: str


def proposed(repository: Repository, environment: Mapping[str, str], when: datetime) -> Proposed | None:
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
    parents = dict.fromkeys((base, *_merging(repository, environment)))
    return Proposed(base, _commit(repository, written.out.decode().strip(), tuple(parents), when))


def _check_unborn(repository: Repository) -> None:
    """Git says of a branch that it may not read, or that is damaged, what it says of one without a commit yet."""
    named = repository.command.attempt("symbolic-ref", "--quiet", "HEAD")
    branch = os.fsdecode(named.out).strip()
    packed = repository.common_dir / "packed-refs"
    try:
        known = named.status != 0 or (repository.common_dir / branch).is_file()
        known = known or (packed.exists() and f" {branch}\n".encode() in packed.read_bytes())
    except OSError as error:
        raise RepositoryError(f"cannot be read: {error.strerror}", where=branch, remedy="check its mode") from error
    if known:
        raise history_incomplete(f"{branch or 'HEAD'} names no commit that is here", str(repository))


def _merging(repository: Repository, environment: Mapping[str, str]) -> Iterator[str]:
    """The commits that a merge brings in."""
    file = repository.git_dir / "MERGE_HEAD"
    named = file.read_text().split() if file.is_file() else []
    named += [found[1] for name in sorted(environment) if (found := _MERGED.fullmatch(name))]
    for name in named:
        yield repository.resolve(name)


def _commit(repository: Repository, tree: str, parents: tuple[str, ...], when: datetime) -> str:
    stamp = f"{_WHO} {int(when.timestamp())} {when:%z}"
    lines = [f"tree {tree}", *(f"parent {one}" for one in parents), f"author {stamp}", f"committer {stamp}"]
    text = "\n".join((*lines, "", _MESSAGE, ""))
    written = repository.command.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode())
    return written.decode().strip()
