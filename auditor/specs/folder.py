"""A spec's history as a folder of dated revisions: no git needed, one entry a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path, PurePosixPath

from auditor.errors import ConfigError, RepositoryError
from auditor.git import Folder, Tree
from auditor.model.spec import History, SpecCommit
from auditor.specs.files import Pattern, build_revision, check_path, decode_spec_text, parse_patterns

_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")


def read_history(root: Path, name: str, patterns: Sequence[str]) -> History:
    """The history of the spec called `name` in a folder; see `history_in`."""
    return read_tree_history(Folder(root), name, patterns, where=str(root))


def read_tree_history(tree: Tree, name: str, patterns: Sequence[str], *, where: str = "") -> History:
    """Everything the dated folders of a tree say of a spec, sorted by their names.

    Args:
        patterns: paths or globs from the root. The name matched by the first `*` is the revision's folder; it is the
            label, starts with an ISO date, and is left out of the paths of the revision's files. A pattern without `*`
            is looked for in every dated folder.
        where: what to call the tree in errors.

    Raises:
        ConfigError: a pattern is none.
        RepositoryError: no folder has the spec, its name is no date, or a file is too large, not UTF-8 or indirect.
    """
    texts: dict[str, dict[str, str]] = {}
    for pattern in parse_patterns(patterns):
        for label, path, file in _matches(tree, pattern):
            data = tree.read(check_path(file))
            if data is not None:
                texts.setdefault(label, {})[path] = decode_spec_text(data, file)
    if not texts:
        raise RepositoryError("no dated folder has it", where=where, field=", ".join(patterns), remedy="check paths")
    labels = sorted(texts)
    revisions = {label: build_revision(texts[label]) for label in labels}
    parents = {label: (before,) for before, label in pairwise(labels)}
    spec_commits = tuple(
        SpecCommit(label, revisions[label].id, parents.get(label, ()), label, _folder_date(label), "", None)
        for label in labels
    )
    return History(name, {revision.id: revision for revision in revisions.values()}, spec_commits)


def _matches(tree: Tree, pattern: Pattern) -> Iterator[tuple[str, str, str]]:
    """(revision's folder, path without it, path from the root) for every file of a pattern."""
    any_folder = "*" not in pattern.text
    file_pattern = Pattern(f"*/{pattern.text}") if any_folder else pattern
    level = _folder_level(file_pattern)
    for file in filter(file_pattern.matches, tree.list(file_pattern.folder)):
        parts = PurePosixPath(file).parts
        label = parts[level]
        if any_folder and not _DATED.match(label):
            continue
        _folder_date(label)
        yield label, "/".join((*parts[:level], *parts[level + 1 :])), file


@dataclass(frozen=True)
class _Subtree:
    """A folder of a tree, as a tree."""

    tree: Tree
    folder: PurePosixPath

    def read(self, path: str) -> bytes | None:
        """See `Tree.read`."""
        return self.tree.read(str(self.folder / path))

    def list(self, prefix: str) -> tuple[str, ...]:
        """See `Tree.list`."""
        names = self.tree.list(str(self.folder / prefix))
        return tuple(PurePosixPath(path).relative_to(self.folder).as_posix() for path in names)


def dated_subtree(tree: Tree, patterns: Sequence[str], label: str) -> Tree:
    """The dated folder of that name, as a tree: what lies beside the spec in it."""
    (first, *_) = parse_patterns([text if "*" in text else f"*/{text}" for text in patterns])
    return _Subtree(tree, PurePosixPath(*PurePosixPath(first.text).parts[: _folder_level(first)], label))


def _folder_level(pattern: Pattern) -> int:
    """At which level of a path the revision's folder stands."""
    parts = PurePosixPath(pattern.text).parts
    level = next(at for at, part in enumerate(parts) if "*" in part)
    if parts[level] == "**" or level == len(parts) - 1:
        subject = f"{pattern.text!r}: its first * does not stand for one folder"
        raise ConfigError(subject, field="paths", remedy="write the dated folder as *, as in */model_spec.md")
    return level


def _folder_date(label: str) -> datetime:
    try:
        return datetime.fromisoformat(_DATED.match(label)[0]).replace(tzinfo=UTC)  # type: ignore[index]
    except (TypeError, ValueError):
        remedy = "name the folder YYYY-MM-DD, with a suffix if need be"
        raise RepositoryError("does not start with a date", where=check_path(label), remedy=remedy) from None
