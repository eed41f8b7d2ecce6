"""What is about to be committed, as a commit that nothing refers to: the index, on HEAD and what is being merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.errors import RepositoryError
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

    Raises RepositoryError for a merge that is not resolved.
    """
    head = repository.command.attempt("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.status:
        return None
    base = head.out.decode().strip()
    written = repository.command.attempt("write-tree")
    if written.status:
        remedy = "resolve the conflicts and git add them"
        raise RepositoryError("the index cannot be written as a tree", where=str(repository), remedy=remedy)
    parents = dict.fromkeys((base, *_merging(repository, environment)))
    return Proposed(base, _commit(repository, written.out.decode().strip(), tuple(parents), when))


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
