"""What patches did to the text of a spec, with what lies beside it at each sighting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from auditor.app.project import Project
from auditor.assess.leaks import HashedPrompts, LeakSearch
from auditor.assess.text import PatchText, RevisionText, build_patch_text, build_revision_text
from auditor.clauses.lineage import trace_lineage
from auditor.git import Commit, Tree
from auditor.model.spec import Companions, History, Patch, SpecCommit
from auditor.settings import SpecConfig
from auditor.sources.specs.companions import find_beside
from auditor.sources.specs.folder import dated_tree


def texts_of(
    project: Project, config: SpecConfig, history: History, patches: Sequence[Patch], hashed: HashedPrompts
) -> tuple[dict[str, PatchText], RevisionText | None]:
    """What each patch did, by its id, and the text of the current revision (None for an empty history).

    Args:
        hashed: the prompts of the suites the spec is measured on, which are searched for in the patches.
    """
    if not history.sightings:
        return {}, None
    lineage, search = trace_lineage(history), LeakSearch(hashed)
    beside = _reader(project, config, history, frozenset[str]().union(*lineage.cited.values()))

    texts = {
        patch.id: build_patch_text(patch, history, lineage, beside(patch.before), beside(patch.after), search)
        for patch in patches
    }
    last = history.sightings[-1]
    current = build_revision_text(last, history.revisions[last.revision], beside(last))
    return texts, replace(current, suites=search.suites)


def _reader(
    project: Project, config: SpecConfig, history: History, cited: frozenset[str]
) -> Callable[[SpecCommit], Companions]:
    """Reads what lies beside the spec at a sighting, once each; `cited` are the prompts that any clause ever cited."""
    repository = project.repository if config.source == "git" else None

    def tree(sighting: SpecCommit) -> Tree:
        if repository is not None and sighting.commit is not None:
            return Commit(repository, sighting.commit)
        return dated_tree(project.tree, config.paths, sighting.name)

    last = history.sightings[-1]
    paths = [file.path for file in history.revisions[last.revision].files]
    beside = find_beside(tree(last), paths, cited, config.eval_prompts, config.changelog)
    known: dict[str, Companions] = {}

    def read(sighting: SpecCommit) -> Companions:
        if sighting.name not in known:
            known[sighting.name] = beside.read(tree(sighting))
        return known[sighting.name]

    return read
