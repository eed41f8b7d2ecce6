"""How commits landed: which commit of the first-parent chain brought each in, when that can have been, who wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate

FORMAT = "%ct%x00%an%x00%ae"
_LAST_SECOND = 253402300799  # of the year 9999; git takes any number


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Every commit up to a tip.

    Attributes:
        chain: the first-parent chain, oldest first.
        landed: for every commit, the place in `chain` of the commit that brought it in.
        authors: name and address of each commit's author, as the commit says; git proves neither.
        earliest: for each place in `chain`, the latest day of it and all before it (UTC, by committers' clocks).
        latest: for each place in `chain`, the earliest day of it and all after it.
        merged: for each place in `chain`, the parents of its commit that are not in the chain.
    """

    chain: tuple[str, ...]
    landed: Mapping[str, int]
    authors: Mapping[str, tuple[str, str]]
    earliest: tuple[date, ...]
    latest: tuple[date, ...]
    merged: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Commit:
    id: str
    parents: tuple[str, ...]
    day: date
    author: tuple[str, str]


def ancestry_of(text: str, tip: str) -> Ancestry:
    """What `git rev-list --parents --format=FORMAT TIP` prints, put in order. `tip` is a commit id in it."""
    commits = {commit.id: commit for commit in _commits(text)}
    chain = tuple(reversed(list(_first_parents(commits, tip))))
    days = [commits[name].day for name in chain]
    return Ancestry(
        chain=chain,
        landed=_landed(commits, chain),
        authors={commit.id: commit.author for commit in commits.values()},
        earliest=tuple(accumulate(days, max)),
        latest=tuple(reversed(list(accumulate(reversed(days), min)))),
        merged=tuple(commits[name].parents[1:] for name in chain),
    )


def _commits(text: str) -> Iterator[_Commit]:
    lines = text.split("\n")
    for head, line in zip(lines[:-1:2], lines[1::2], strict=True):
        name, *parents = head.removeprefix("commit ").split(" ")
        seconds, author, address = line.split("\0")
        day = datetime.fromtimestamp(min(max(int(seconds), 0), _LAST_SECOND), UTC).date()
        yield _Commit(name, tuple(parents), day, (author, address))


def _first_parents(commits: Mapping[str, _Commit], tip: str) -> Iterator[str]:
    name: str | None = tip
    while name is not None:
        yield name
        name = next(iter(commits[name].parents), None)


def _landed(commits: Mapping[str, _Commit], chain: Iterable[str]) -> dict[str, int]:
    """Walks the chain from its beginning: what can be reached from a place and from none before it landed there."""
    landed: dict[str, int] = {}
    for place, name in enumerate(chain):
        waiting = [name]
        while waiting:
            at = waiting.pop()
            if at not in landed:
                landed[at] = place
                waiting.extend(commits[at].parents)
    return landed
