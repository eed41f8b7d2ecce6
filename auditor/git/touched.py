"""What each commit of the first-parent chain does to some paths: against the commit before it, and what it merges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.git.ancestry import Ancestry
from auditor.git.repository import Repository

_OPTIONS = ("--stdin", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class Touched:
    """A file that a landing touches.

    Attributes:
        place: of the landing in the chain, 1 or more: what the first commit has was there before anything landed.
        how: "A" added, "M" changed, "D" removed, "T" made something else of.
        beside: whether that is held against a parent which the landing merges, and not against the commit before it.
    """

    place: int
    how: str
    path: str
    beside: bool


def touched(repository: Repository, ancestry: Ancestry, paths: Sequence[str]) -> tuple[Touched, ...]:
    """Every file at or below `paths` that a landing touches, by place; of what it merges, what it changes or removes.

    A merge that is the same as its first parent may drop what the other one had: only the second look sees that.
    Two calls of git over the whole chain, whatever its length.
    """
    chain, places = ancestry.chain, {name: place for place, name in enumerate(ancestry.chain)}
    before = zip(chain[1:], chain, strict=False)
    aside = ((name, other) for name, others in zip(chain, ancestry.merged, strict=True) for other in others)
    pairs = ((before, False, ()), (aside, True, ("--diff-filter=DMT",)))
    found = [
        Touched(places[name], how, path, beside)
        for some, beside, options in pairs
        for name, how, path in _compared(repository, some, paths, *options)
    ]
    return tuple(sorted(found, key=lambda one: (one.place, one.beside, one.path)))


def _compared(
    repository: Repository, pairs: Iterable[tuple[str, str]], paths: Sequence[str], *options: str
) -> Iterator[tuple[str, str, str]]:
    """(commit, how, path) of every difference of a commit from the one beside it."""
    given = "".join(f"{name} {other}\n" for name, other in pairs).encode()
    if not given:
        return
    call = ("--literal-pathspecs", "diff-tree", *_OPTIONS, *options, "--", *paths)
    words = iter(repository.command.run(*call, stdin=given).decode("utf-8", "surrogateescape").split("\0"))
    commit = ""
    for word in words:
        if word.startswith(":"):
            yield commit, word.rpartition(" ")[2][:1], next(words)
        else:
            commit = word.strip()
