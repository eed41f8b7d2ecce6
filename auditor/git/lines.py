"""Commits as git's lines say them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A commit that touches what was asked for.

    Attributes:
        id: the commit's id.
        parents: the nearest such commits before it, first parent first.
        date: the committer's, ISO 8601 with offset, as git prints it.
        subject: the message's first line.
    """

    id: str
    parents: tuple[str, ...]
    date: str
    subject: str


def commit_line(head: str, line: str) -> CommitLine:
    """What `git rev-list --parents --format=%cI%x00%s` prints of a commit, on two lines."""
    commit, *parents = head.removeprefix("commit ").split(" ")
    date, _, subject = line.partition("\0")
    return CommitLine(commit, tuple(parents), date, subject)
