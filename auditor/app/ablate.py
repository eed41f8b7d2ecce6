"""A patch with each clause change left out, and with each alone: texts that never landed, to be evaluated.

In comes a project, the name of a patch and an empty folder; into the folder go the texts, a manifest and a script, and
the manifest is recorded, so that `auditor ingest` knows the runs on them for what they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor.app.project import Project, build_evidence, read_history
from auditor.app.revision import resolve_patch
from auditor.clauses.ablation import Recomposition, separate_changes
from auditor.errors import InputError, RepositoryError, RevisionError
from auditor.evidence import Evidence
from auditor.gate.remedies import evaluation_commands
from auditor.model.ablation import (
    AblationManifest,
    AblationReport,
    CounterfactualRevision,
    CounterfactualTree,
    describe_change,
)
from auditor.model.numbers import short_id
from auditor.model.spec import History, Patch, Revision, short_stamp
from auditor.settings import SpecConfig
from auditor.specs.files import parse_patterns
from auditor.store.ablations import ABLATION_FILES, add_ablations, manifest_members

MANIFEST, SCRIPT = "manifest.json", "evaluate.sh"
_MOST_CHANGES = 100


def ablate(project: Project, name: str, folder: Path) -> AblationReport:
    """Writes the ablations of the patch that a name stands for.

    Args:
        name: as for `auditor show`.
        folder: new or empty; where the spec is not looked for.

    Raises RevisionError where the name stands for no patch, for several, or for one that cannot be taken apart;
    RepositoryError for a bare repository; InputError where the folder cannot be used; else what `read_history` raises.
    """
    if project.repository is not None and project.repository.worktree is None:
        remedy = "run this in a clone, and commit what it writes"
        raise RepositoryError("is bare, and manifests are files of a work tree", where=str(project.root), remedy=remedy)
    config, history, patch = _resolve_patch(project, name)
    parts = _separate(history, patch, name)
    texts = tuple(parts.counterfactuals())
    trees = tuple(_list_trees(texts, history))
    _check_folder(folder, project, config, trees)
    manifest = AblationManifest(
        "",
        patch.spec,
        patch.id,
        patch.before.revision,
        patch.after.revision,
        parts.changes,
        tuple(each for each, _ in texts),
    )
    commands = tuple(_script_lines(build_evidence(project, history), manifest, trees))
    for tree in trees:
        for file in tree.revision.files:
            _write(folder / tree.folder / file.path, file.text)
    _write(folder / SCRIPT, "\n".join(("#!/bin/sh", *_script_head(patch), *commands, "")))
    members = {"schema": ABLATION_FILES.schema, **manifest_members(manifest)}
    _write(folder / MANIFEST, json.dumps(members, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    manifest = add_ablations(project.root, project.settings.store, manifest)
    recorded = ABLATION_FILES.path(project.settings.store, manifest.id)
    runnable = tuple(line for line in commands if not line.startswith("#"))
    return AblationReport(patch, manifest, trees, recorded, runnable)


def _resolve_patch(project: Project, name: str) -> tuple[SpecConfig, History, Patch]:
    """The only patch that a name stands for. Raises RevisionError for none, and for patches of several specs."""
    resolved: list[tuple[SpecConfig, History, Patch]] = []
    errors: list[RevisionError] = []
    for config in project.specs:
        try:
            history = read_history(project, config)
            resolved.append((config, history, resolve_patch(project, config, history, name)))
        except RevisionError as error:
            errors.append(error)
    if not resolved:
        raise errors[0]
    if len(resolved) > 1:
        specs = ", ".join(config.name for config, _, _ in resolved)
        raise RevisionError(f"patches several specs: {specs}", where=name, remedy="name one with --spec")
    return resolved[0]


def _separate(history: History, patch: Patch, name: str) -> Recomposition:
    parts = separate_changes(history.revisions[patch.before.revision], history.revisions[patch.after.revision])
    count = len(parts.changes)
    if not count:
        subject, remedy = "changes no clause", "auditor log lists the patches with their changes"
        raise RevisionError(subject, where=name, remedy=remedy)
    if count == 1:
        clauses = parts.changes[0].clauses
        changes = "has one clause change" if clauses == 1 else f"has {clauses} clause changes that cannot be told apart"
        subject = f"{changes}: without it there is the text before, {short_id(patch.before.revision)}"
        raise RevisionError(subject, where=name, remedy="auditor show compares the two that are there")
    if count > _MOST_CHANGES:
        subject = f"has {count} clause changes, and each takes two texts to evaluate (at most {_MOST_CHANGES})"
        raise RevisionError(subject, where=name, remedy="land it in smaller patches")
    return parts


def _list_trees(
    texts: Sequence[tuple[CounterfactualRevision, Revision]], history: History
) -> Iterator[CounterfactualTree]:
    """Each text once, under the name of the first ablation that it is."""
    written: set[str] = set()
    for place, (first, text) in enumerate(texts):
        if text.id not in written:
            written.add(text.id)
            same = tuple(each for each, _ in texts if each.revision == text.id)
            yield CounterfactualTree(f"{first.kind}-{place // 2 + 1}", same, text, text.id in history.revisions)


def _check_folder(folder: Path, project: Project, config: SpecConfig, trees: Sequence[CounterfactualTree]) -> None:
    """Refuses a folder that holds something, and one in which the texts would become part of the spec."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        subject = "is not empty" if folder.is_dir() else "is no folder"
        raise InputError(subject, where=str(folder), field="-o", remedy="give a new folder, or an empty one")
    place, root = folder.resolve(), project.root.resolve()
    if not place.is_relative_to(root):
        return
    inside = place.relative_to(root).as_posix()
    paths = [f"{inside}/{tree.folder}/{file.path}" for tree in trees for file in tree.revision.files]
    patterns = parse_patterns(config.paths)
    if any(pattern.matches(path) for path in paths for pattern in patterns):
        subject = f"lies where spec {config.name} is looked for ({', '.join(config.paths)})"
        raise InputError(subject, where=str(folder), field="-o", remedy="give a folder outside of it")


def _script_head(patch: Patch) -> Iterator[str]:
    yield f"# Ablations of patch {short_id(patch.id)} of spec {patch.spec}, made by auditor ablate."
    yield "# Put the spec's files from the folder that a line names into the model's context, and run the line."
    yield f"# Then: auditor ingest RESULTS, and auditor show {short_id(patch.id)}."


def _script_lines(evidence: Evidence, manifest: AblationManifest, trees: Sequence[CounterfactualTree]) -> Iterator[str]:
    """For each text a comment that says what it is, and a line a suite that evaluates it."""
    number = {change.id: place for place, change in enumerate(manifest.changes, 1)}
    changes = {change.id: change for change in manifest.changes}
    suites = sorted(evidence.suites.values(), key=lambda suite: suite.name)
    for tree in trees:
        stamp = short_stamp(tree.revision.id)
        for each in tree.ablations:
            words = " ".join(describe_change(changes[each.change]).split())
            yield f"# {tree.folder}: {each.kind} change {number[each.change]}, {words}"
        if tree.landed:
            yield f"# It is revision {stamp} of the history: runs on it count as runs on that."
        if suites:
            yield from evaluation_commands(evidence, suites, stamp)
        else:
            yield f"# evaluate it with spec_revision {stamp}, then: auditor ingest RESULTS"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
