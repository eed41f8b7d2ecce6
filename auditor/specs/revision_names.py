"""Names that people and logs use for a revision, resolved to its content id; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from auditor.errors import RevisionError
from auditor.git import Repository
from auditor.model.spec import History
from auditor.specs.git import SpecPaths, find_spec_paths

_MAX_NAMES = 5
_HEX = re.compile(r"[0-9a-f]{6,64}\Z")


class RevisionNames:
    """The names that stand for a revision of one spec.

    With a repository and the spec's patterns, any commit or tag stands for the revision in force at it; without, only
    the commits and labels of the history do. Branches and HEAD stand for nothing: they move.
    """

    def __init__(self, history: History, repository: Repository | None = None, patterns: Sequence[str] = ()) -> None:
        self._history = history
        self._repository = repository
        self._patterns = tuple(patterns)
        self._ids = {spec_commit.revision for spec_commit in history.spec_commits}
        self._commits = {s.commit: s.revision for s in history.spec_commits if s.commit is not None}
        self._in_force = dict(self._commits)
        self._labels = {s.label: s.revision for s in history.spec_commits if s.label is not None}

    def find(self, text: str) -> str:
        """The content id of the revision that a name stands for.

        Args:
            text: a content id, a commit, the beginning (6 hex digits or more) of either, a tag, or a dated folder.

        Raises RevisionError where it stands for none or for several.
        """
        name = text.strip()
        lower = name.lower()
        if lower in self._ids:
            return lower
        if lower in self._commits:
            return self._commits[lower]
        found = {self._labels[name]} if name in self._labels else set()
        found |= set(self._by_prefix(lower)) if _HEX.match(lower) else set()
        found |= set(self._in_repository(name))
        if len(found) == 1:
            return found.pop()
        if found:
            raise RevisionError(f"stands for several: {_shorten(sorted(found))}", where=name, remedy="write more of it")
        what = f"unbound revision; known are {_shorten(self._known())}"
        raise RevisionError(what, where=name or repr(text), remedy="stamp runs with auditor revision")

    def _by_prefix(self, prefix: str) -> Iterable[str]:
        yield from (revision for revision in self._ids if revision.startswith(prefix))
        yield from (revision for commit, revision in self._commits.items() if commit.startswith(prefix))

    def _in_repository(self, name: str) -> Iterable[str]:
        """The revisions in force at the tag, and at the commits, of that name."""
        if self._repository is None:
            return
        commits = [commit for commit, tags in self._tags.items() if name in tags]
        if _HEX.match(name.lower()):
            commits += self._repository.commits_by_prefix(name.lower())
        for commit in commits:
            if commit not in self._in_force:
                self._in_force[commit] = self._paths.revision_at(commit).id
            yield self._in_force[commit]

    @cached_property
    def _tags(self) -> Mapping[str, tuple[str, ...]]:
        assert self._repository is not None
        return self._repository.tags()

    @cached_property
    def _paths(self) -> SpecPaths:
        assert self._repository is not None
        tip = next((s.commit for s in reversed(self._history.spec_commits) if s.commit), None)
        return find_spec_paths(self._repository, self._patterns, tip or "HEAD")

    def _known(self) -> list[str]:
        newest = reversed(self._history.spec_commits)
        return [s.label or s.revision for s in newest]


def _shorten(names: Sequence[str]) -> str:
    shown = [name[:12] if _HEX.match(name) else name for name in names[:_MAX_NAMES]]
    return ", ".join(shown) + (", …" if len(names) > _MAX_NAMES else "")
