"""Revisions and patches by the names people type: commits, tags, content ids, dated folders. Nothing is guessed.

In comes a spec, its history and a name; out comes the revision or the patch it stands for, or a RevisionError.
`read_stamps` gives the content id to stamp on an evaluation, without reading records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from auditor.app.find_spec import Warn, choose_specs
from auditor.app.project import Place, Project, locate, read_history, require_repository
from auditor.clauses.comparison import ComparisonSide
from auditor.errors import RepositoryError, RevisionError
from auditor.git import Commit, Folder, Repository
from auditor.model.numbers import short_id
from auditor.model.spec import History, Patch, SpecCommit, patches_of, short_stamp
from auditor.settings import SpecConfig, load_settings
from auditor.specs.files import read_revision
from auditor.specs.git import find_spec_paths, revision_at_commit
from auditor.specs.revision_names import RevisionNames

# What a person types for a revision or a patch, found; nothing is guessed.


WORK_TREE = "work tree"

_HEX_PREFIX = re.compile(r"[0-9a-f]{4,64}\Z")
_NAMES_LISTED = 5
_PATCHES_REMEDY = "auditor log lists the patches"
_Candidate = TypeVar("_Candidate")


def resolve_revision(project: Project | Place, config: SpecConfig, history: History, name: str) -> ComparisonSide:
    """The revision that a name stands for.

    Args:
        history: the spec's, up to HEAD or the last dated folder.
        name: a commit, a tag, a branch, HEAD~1, the beginning of a commit or content id (4 hex digits or more), a
            dated folder or its beginning. A tag is not hidden by a branch of the same name.

    Raises RevisionError where it stands for none or for several, or the spec is not there.
    """
    text = name.strip()
    if not text:
        raise RevisionError("is empty", where="the revision", remedy="name a commit, a tag or a dated folder")
    if config.source == "folder":
        return _resolve_in_folders(history, text)
    return _resolve_in_git(require_repository(project, config), config, history, text)


def revision_at(history: History, spec_commit: SpecCommit) -> ComparisonSide:
    """The revision of a spec commit, under the name it is known by."""
    text = spec_commit.label or short_id(spec_commit.name)
    return ComparisonSide(text, history.revisions[spec_commit.revision], spec_commit.commit, spec_commit)


def work_tree_revision(project: Project | Place, config: SpecConfig) -> ComparisonSide:
    """What the files of the work tree say now, staged or not."""
    return ComparisonSide(
        WORK_TREE, read_revision(Folder(project.root), config.paths).in_format(config.format), None, None
    )


def resolve_patch(project: Project | Place, config: SpecConfig, history: History, name: str) -> Patch:
    """The patch that a name stands for: the beginning of its id, or the revision it made, as `named` has it.

    Raises RevisionError where it stands for none or for several.
    """
    patches, text = patches_of(history), name.strip()
    candidates = {patch.id: patch for patch in patches if _is_prefix(patch.id, text)}
    try:
        at = resolve_revision(project, config, history, text)
    except RevisionError as error:
        if not candidates:
            if _HEX_PREFIX.match(text.lower()):
                raise RevisionError("is no patch and no commit here", where=name, remedy=_PATCHES_REMEDY) from error
            raise
    else:
        candidates |= {patch.id: patch for patch in _patches_into(patches, at, name, bool(candidates))}
    return _single_candidate([(f"patch {short_id(patch.id)}", patch) for patch in candidates.values()], name)


def _patches_into(patches: Sequence[Patch], at: ComparisonSide, name: str, lenient: bool) -> list[Patch]:
    """The patches that made a revision. Raises RevisionError where there is none, unless `lenient`."""
    exact = [patch for patch in patches if at.spec_commit is not None and patch.after.name == at.spec_commit.name]
    by_content = [patch for patch in patches if patch.after.revision == at.revision.id]
    if exact or (at.commit is None and by_content):
        return exact or by_content
    if lenient:
        return []
    if at.spec_commit is not None and not at.spec_commit.parents:
        subject = "is the first text of the spec, with nothing before it to compare"
        raise RevisionError(subject, where=name, remedy=_PATCHES_REMEDY)
    remedy = f"its text came with {short_id(by_content[-1].after.name)}" if by_content else _PATCHES_REMEDY
    raise RevisionError("is no patch: it does not change the spec", where=name, remedy=remedy)


def _resolve_in_folders(history: History, name: str) -> ComparisonSide:
    lower = name.lower()
    exact = [commit for commit in history.spec_commits if name == commit.name]
    spec_commits = exact or [commit for commit in history.spec_commits if commit.name.startswith(name)]
    latest = {commit.revision: commit for commit in history.spec_commits if _is_prefix(commit.revision, lower)}
    if not spec_commits and not latest:
        names = _list_names([commit.name for commit in reversed(history.spec_commits)])
        raise RevisionError("no such dated folder", where=name, remedy=f"give one of {names}")
    spec_commit = _single_candidate([(commit.name, commit) for commit in spec_commits or latest.values()], name)
    return ComparisonSide(spec_commit.name, history.revisions[spec_commit.revision], None, spec_commit)


def _resolve_in_git(repository: Repository, config: SpecConfig, history: History, name: str) -> ComparisonSide:
    by_content = {each.revision: each for each in history.spec_commits if _is_prefix(each.revision, name)}
    try:
        commit = _resolve_commit(repository, name)
    except RevisionError:
        if not by_content:
            raise
        spec_commit = _single_candidate(
            [(f"revision {short_id(candidate.revision)}", candidate) for candidate in by_content.values()], name
        )
        return ComparisonSide(name, history.revisions[spec_commit.revision], None, spec_commit)
    spec_commits = {carried.name: carried for carried in history.spec_commits}
    if commit in spec_commits:
        revision = history.revisions[spec_commits[commit].revision]
    else:
        revision = find_spec_paths(repository, config.paths).revision_at(commit).in_format(config.format)
    both = [
        (f"commit {short_id(commit)}", revision.id),
        *((f"revision {short_id(revision_id)}", revision_id) for revision_id in by_content),
    ]
    _single_candidate(both, name)
    return ComparisonSide(name, revision, commit, spec_commits.get(commit))


def _resolve_commit(repository: Repository, name: str) -> str:
    """The commit of a tag, which a branch of the same name does not hide; else what git makes of the name."""
    tagged = [commit for commit, tags in repository.tags().items() if name in tags]
    return tagged[0] if tagged else repository.resolve(name)


def _is_prefix(identity: str, text: str) -> bool:
    lower = text.lower()
    return _HEX_PREFIX.match(lower) is not None and identity.startswith(lower)


def _single_candidate(candidates: Sequence[tuple[str, _Candidate]], name: str) -> _Candidate:
    """The one candidate, or the one value all of them have. Raises RevisionError for several."""
    first = candidates[0][1]
    if any(value != first for _, value in candidates):
        subject = f"stands for several: {_list_names([text for text, _ in candidates])}"
        raise RevisionError(subject, where=name, remedy="write more of it")
    return first


def _list_names(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:_NAMES_LISTED]) + (", …" if len(every) > _NAMES_LISTED else "")


# The content id of a spec, to stamp on an evaluation.


_HEX_NAME = re.compile(r"[0-9a-fA-F]{4,64}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What to stamp on an evaluation of a spec.

    Attributes:
        spec: its name.
        revision: content id, 64 hex digits.
        caution: why the stamp may not be found later; None for a revision that is in the history.
    """

    spec: str
    revision: str
    caution: str | None = None

    @property
    def short(self) -> str:
        """The beginning of the id that is stamped."""
        return short_stamp(self.revision)


def read_stamps(where: Path, specs: Sequence[str], name: str | None, warn: Warn | None = None) -> tuple[Stamp, ...]:
    """The stamp of every spec asked for. Records are not read, so that a broken one stops no evaluation.

    Args:
        where: a folder in the project, a bare repository, or a folder of dated revisions.
        specs: as for `choose_specs`.
        warn: as for `choose_specs`.
        name: what stands for the revision: a content id, a commit, the beginning of either, a tag, a branch, HEAD, or
            a dated folder. None for the files of the work tree as they are, staged or not; in a bare repository for
            those of HEAD; for dated folders for the latest.

    Raises ConfigError or RepositoryError where a spec cannot be read; RevisionError where the name stands for no
    revision of any of the specs, or for several of one.
    """
    with locate(where) as place:
        configs = choose_specs(place, load_settings(place.tree), specs, warn, committed=False)
        return (
            _stamp_named(place, configs, name)
            if name is not None
            else tuple(_stamp_now(place, config) for config in configs)
        )


def _stamp_named(place: Place, configs: Sequence[SpecConfig], name: str) -> tuple[Stamp, ...]:
    stamps, errors = [], []
    for config in configs:
        try:
            stamps.append(Stamp(config.name, _named_content_id(place, config, name)))
        except RevisionError as error:
            errors.append(error)
    if not stamps:
        raise errors[0]
    return tuple(stamps)


def _stamp_now(place: Place, config: SpecConfig) -> Stamp:
    if config.source == "folder":
        return Stamp(config.name, read_history(place, config).spec_commits[-1].revision)
    repository = require_repository(place, config)
    if repository.worktree is None:
        return Stamp(config.name, revision_at_commit(repository, config.paths, "HEAD"))
    revision = read_revision(place.tree, config.paths)
    if not revision.files:
        where = ", ".join(config.paths)
        raise RepositoryError("no such file in the work tree", where=where, remedy="check paths, or name a revision")
    return Stamp(config.name, revision.id, _caution(repository, config, revision.id))


def _caution(repository: Repository, config: SpecConfig, revision: str) -> str | None:
    """Why a stamp of the work tree may not be found. History may be cut short here, which hinders no evaluation."""
    try:
        head = repository.resolve("HEAD")
    except RepositoryError as error:
        return f"spec {config.name}: whether it is committed cannot be told ({error})"
    if read_revision(Commit(repository, head), config.paths).id == revision:
        return None
    return f"spec {config.name}: the work tree differs from HEAD; commit it before the results are ingested"


def _named_content_id(place: Place, config: SpecConfig, name: str) -> str:
    """A person types it, so that what moves (HEAD, branches) stands for what it is at now."""
    if config.source == "folder":
        return RevisionNames(read_history(place, config)).find(name)
    repository = require_repository(place, config)
    if _HEX_NAME.fullmatch(name):
        return RevisionNames(read_history(place, config), repository, config.paths).find(name)
    return revision_at_commit(repository, config.paths, _commit_of_name(repository, name))


def _commit_of_name(repository: Repository, name: str) -> str:
    """The commit of a tag, which a branch of the same name does not hide; else what git makes of the name."""
    tagged = [commit for commit, tags in repository.tags().items() if name in tags]
    return tagged[0] if tagged else repository.resolve(name)
