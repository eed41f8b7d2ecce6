"""Names that people and logs use for a revision, resolved to its content id; nothing is guessed."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from auditor.errors import RevisionError
from auditor.git import Repository
from auditor.model.numbers import short_id
from auditor.model.spec import History
from auditor.specs.git import SpecPaths, find_spec_paths

_MAX_NAMES = 5
_MAX_NAME = 80
_HEX = re.compile(r"[0-9a-f]{6,64}\Z")


class RevisionNames:
    """The names that stand for a revision of one spec.

    With a repository and the spec's patterns, whatever git resolves to a commit stands for the revision in force at it;
    without, only the commits and labels of the history do. Commits, tags and labels stay; branches, HEAD and what is
    counted from them move, and stand for what they are at now.
    """

    def __init__(self, history: History, repository: Repository | None = None, patterns: Sequence[str] = ()) -> None:
        self._history = history
        self._repository = repository
        self._patterns = tuple(patterns)
        self._ids = {spec_commit.revision for spec_commit in history.spec_commits}
        self._commits = {s.commit: s.revision for s in history.spec_commits if s.commit is not None}
        self._in_force = dict(self._commits)
        self._labels = {s.label: s.revision for s in history.spec_commits if s.label is not None}
        self._fixed: dict[str, frozenset[str]] = {}
        self._moving: dict[str, str] = {}

    def find(self, text: str) -> str:
        """The content id of the revision that a name stands for.

        Args:
            text: a content id, a commit, the beginning (6 hex digits or more) of either, a tag, or a dated folder;
                where it is none of these, a branch or any other name that git resolves to a commit.

        Raises RevisionError where it stands for none or for several, or for a commit without the spec.
        """
        name = text.strip()
        revisions = self._find_fixed(name)
        if len(revisions) > 1:
            raise RevisionError(
                f"stands for several: {_shorten(sorted(revisions))}", where=name, remedy="write more of it"
            )
        return next(iter(revisions)) if revisions else self._find_moving(name, text)

    def moves(self, text: str) -> bool:
        """Whether a name that stands for a revision may stand for another one later."""
        return not self._find_fixed(text.strip())

    def _find_fixed(self, name: str) -> frozenset[str]:
        """The revisions that a name stands for now and later."""
        lower = name.lower()
        if lower in self._ids:
            return frozenset({lower})
        if lower in self._commits:
            return frozenset({self._commits[lower]})
        if name not in self._fixed:
            revisions = {self._labels[name]} if name in self._labels else set()
            revisions |= set(self._by_prefix(lower)) if _HEX.match(lower) else set()
            self._fixed[name] = frozenset(revisions | set(self._in_repository(name)))
        return self._fixed[name]

    def _find_moving(self, name: str, text: str) -> str:
        """The revision in force at the commit that git makes of a name. Raises RevisionError as `find` does."""
        if name not in self._moving:
            if self._repository is None or not name:
                raise self._unknown(name, text)
            try:
                commit = self._repository.resolve(name)
            except RevisionError as error:
                raise self._unknown(name, text) from error
            self._moving[name] = self._revision_at(commit)
        return self._moving[name]

    def _unknown(self, name: str, text: str) -> RevisionError:
        names = [*dict.fromkeys((*self._labels, *(() if self._repository is None else self._repository.ref_names())))]
        close = difflib.get_close_matches(name[:_MAX_NAME], names, n=1)
        which = f"the nearest name is {close[0]}" if close else f"known are {_shorten(self._revision_names())}"
        subject = f"is no revision of the spec{'' if self._repository is None else ', and no name that git resolves'}"
        remedy = "stamp runs with auditor revision"
        if name.startswith(("$", "`")):
            remedy = "the shell did not run this command: write it in double quotes"
        return RevisionError(f"{subject}; {which}", where=name[:_MAX_NAME] or repr(text), remedy=remedy)

    def _by_prefix(self, prefix: str) -> Iterable[str]:
        at = bisect_left(self._sorted_ids, (prefix,))
        while at < len(self._sorted_ids) and self._sorted_ids[at][0].startswith(prefix):
            yield self._sorted_ids[at][1]
            at += 1

    @cached_property
    def _sorted_ids(self) -> Sequence[tuple[str, str]]:
        """Content ids and commits in the order of their names, each with the revision it stands for."""
        return sorted([*((name, name) for name in self._ids), *self._commits.items()])

    def _in_repository(self, name: str) -> Iterable[str]:
        """The revisions in force at the tag, and at the commits, of that name."""
        if self._repository is None:
            return
        commits = list(self._commits_by_tag.get(name, ()))
        if _HEX.match(name.lower()):
            commits += self._repository.commits_by_prefix(name.lower())
        yield from map(self._revision_at, commits)

    def _revision_at(self, commit: str) -> str:
        if commit not in self._in_force:
            self._in_force[commit] = self._paths.revision_at(commit).id
        return self._in_force[commit]

    @cached_property
    def _commits_by_tag(self) -> Mapping[str, Sequence[str]]:
        assert self._repository is not None
        commits: dict[str, list[str]] = defaultdict(list)
        for commit, tags in self._repository.tags().items():
            for tag in tags:
                commits[tag].append(commit)
        return commits

    @cached_property
    def _paths(self) -> SpecPaths:
        assert self._repository is not None
        tip = next((s.commit for s in reversed(self._history.spec_commits) if s.commit), None)
        return find_spec_paths(self._repository, self._patterns, tip or "HEAD")

    def _revision_names(self) -> list[str]:
        newest = reversed(self._history.spec_commits)
        return [s.label or s.commit or s.revision for s in newest]


def _shorten(names: Sequence[str]) -> str:
    lines = [short_id(name) if _HEX.match(name) else name for name in names[:_MAX_NAMES]]
    return ", ".join(lines) + (", …" if len(names) > _MAX_NAMES else "")
