"""What a person types for a revision or a patch, found; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from auditor.app.project import Place, Project, git_of
from auditor.clauses.comparison import ComparisonSide
from auditor.errors import RevisionError
from auditor.git import Folder, Repository
from auditor.model.spec import History, Patch, SpecCommit, patches_of
from auditor.settings import SpecConfig
from auditor.sources.specs.repository import spec_paths
from auditor.sources.specs.revisions import read_revision

WORK_TREE = "work tree"

_HEX = re.compile(r"[0-9a-f]{4,64}\Z")
_SHOWN = 5
_T = TypeVar("_T")


def named(project: Project | Place, config: SpecConfig, history: History, name: str) -> ComparisonSide:
    """The revision that a name stands for.

    Args:
        history: the spec's, up to HEAD or the last dated folder.
        name: a commit, a tag, a branch, HEAD~1, the beginning of a commit or content id (4 hex digits or more), a
            dated folder or its beginning. A tag is not hidden by a branch of the same name.

    Raises RevisionError where it stands for none or for several, or the spec is not there.
    """
    wanted = name.strip()
    if not wanted:
        raise RevisionError("is empty", where="the revision", remedy="name a commit, a tag or a dated folder")
    if config.source == "folder":
        return _in_folders(history, wanted)
    return _in_git(git_of(project, config), config, history, wanted)


def at_sighting(history: History, sighting: SpecCommit) -> ComparisonSide:
    """The revision of a sighting, under the name it is known by."""
    shown = sighting.label or sighting.name[:12]
    return ComparisonSide(shown, history.revisions[sighting.revision], sighting.commit, sighting)


def work_tree(project: Project | Place, config: SpecConfig) -> ComparisonSide:
    """What the files of the work tree say now, staged or not."""
    return ComparisonSide(WORK_TREE, read_revision(Folder(project.root), config.paths), None, None)


def patch_named(project: Project | Place, config: SpecConfig, history: History, name: str) -> Patch:
    """The patch that a name stands for: the beginning of its id, or the revision it made, as `named` has it.

    Raises RevisionError where it stands for none or for several.
    """
    patches, wanted = patches_of(history), name.strip()
    found = {patch.id: patch for patch in patches if _begins(patch.id, wanted)}
    try:
        at = named(project, config, history, wanted)
    except RevisionError as error:
        if not found:
            if _HEX.match(wanted.lower()):
                raise RevisionError("is no patch and no commit here", where=name, remedy="see auditor log") from error
            raise
    else:
        found |= {patch.id: patch for patch in _made(patches, at, name, bool(found))}
    return _only([(f"patch {patch.id[:12]}", patch) for patch in found.values()], name)


def _made(patches: Sequence[Patch], at: ComparisonSide, name: str, lenient: bool) -> list[Patch]:
    """The patches that made a revision. Raises RevisionError where there is none, unless `lenient`."""
    exact = [patch for patch in patches if at.sighting is not None and patch.after.name == at.sighting.name]
    by_content = [patch for patch in patches if patch.after.revision == at.revision.id]
    if exact or (at.commit is None and by_content):
        return exact or by_content
    if lenient:
        return []
    if at.sighting is not None and not at.sighting.parents:
        raise RevisionError("is the first sighting, which no patch made", where=name, remedy="see auditor log")
    remedy = f"the text it has came with patch {by_content[-1].id[:12]}" if by_content else "see auditor log"
    raise RevisionError("is no patch: it does not change the spec", where=name, remedy=remedy)


def _in_folders(history: History, name: str) -> ComparisonSide:
    lower = name.lower()
    exact = [one for one in history.sightings if name == one.name]
    found = exact or [one for one in history.sightings if one.name.startswith(name)]
    latest = {one.revision: one for one in history.sightings if _begins(one.revision, lower)}
    if not found and not latest:
        known = _listed([one.name for one in reversed(history.sightings)])
        raise RevisionError("no such dated folder", where=name, remedy=f"give one of {known}")
    one = _only([(one.name, one) for one in found or latest.values()], name)
    return ComparisonSide(one.name, history.revisions[one.revision], None, one)


def _in_git(repository: Repository, config: SpecConfig, history: History, name: str) -> ComparisonSide:
    by_content = {one.revision: one for one in history.sightings if _begins(one.revision, name)}
    try:
        commit = _commit_named(repository, name)
    except RevisionError:
        if not by_content:
            raise
        one = _only([(f"revision {one.revision[:12]}", one) for one in by_content.values()], name)
        return ComparisonSide(name, history.revisions[one.revision], None, one)
    known = {one.name: one for one in history.sightings}
    if commit in known:
        revision = history.revisions[known[commit].revision]
    else:
        revision = spec_paths(repository, config.paths).revision_at(commit)
    both = [(f"commit {commit[:12]}", revision.id), *((f"revision {one[:12]}", one) for one in by_content)]
    _only(both, name)
    return ComparisonSide(name, revision, commit, known.get(commit))


def _commit_named(repository: Repository, name: str) -> str:
    """The commit of a tag, which a branch of the same name does not hide; else what git makes of the name."""
    tagged = [commit for commit, tags in repository.tags().items() if name in tags]
    return tagged[0] if tagged else repository.resolve(name)


def _begins(identity: str, text: str) -> bool:
    lower = text.lower()
    return _HEX.match(lower) is not None and identity.startswith(lower)


def _only(candidates: Sequence[tuple[str, _T]], name: str) -> _T:
    """The one candidate, or the one value all of them have. Raises RevisionError for several."""
    first = candidates[0][1]
    if any(value != first for _, value in candidates):
        what = f"stands for several: {_listed([shown for shown, _ in candidates])}"
        raise RevisionError(what, where=name, remedy="write more of it")
    return first


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:_SHOWN]) + (", …" if len(every) > _SHOWN else "")
