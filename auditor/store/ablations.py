"""Manifests of ablations on disk, `<store>/ablations/<sha256>.json`: the content ids of texts that never landed.

A run that is stamped with one of these ids is recorded as an ablation, and never counts for a revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.ablation import AblatedChange, AblationManifest, CounterfactualRevision
from auditor.model.clause import ChangeKind
from auditor.model.run import AblationKind
from auditor.store.content_files import FileKind, NonEmptyText, Sha256, StrictForm
from auditor.store.durable import RESTORE

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


_ChangeId = Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
_Count = Annotated[int, Field(ge=1)]


class _ChangeForm(StrictForm):
    id: _ChangeId
    kind: Literal["added", "removed", "reworded", "moved", "split", "merged", "reinstated"]
    clauses: _Count
    path: NonEmptyText
    line: _Count
    text: str


class _RevisionForm(StrictForm):
    kind: Literal["without", "alone"]
    change: _ChangeId
    revision: Sha256


class _ManifestForm(StrictForm):
    schema_: Literal["auditor.ablations/1"] = Field(alias="schema")
    spec: NonEmptyText
    patch: Sha256
    before: Sha256
    after: Sha256
    changes: Annotated[list[_ChangeForm], Field(min_length=2)]
    revisions: Annotated[list[_RevisionForm], Field(min_length=2)]


ABLATION_FILES = FileKind("manifest of ablations", "ablations", "auditor.ablations/1", _ManifestForm)


def manifest_members(manifest: AblationManifest) -> Mapping[str, object]:
    """What is in a manifest's file, besides its schema; `manifest.id` is not read."""
    members = asdict(manifest)
    del members["id"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in members.items()}


def encode_ablations(manifest: AblationManifest) -> bytes:
    """The manifest's canonical bytes, whose sha256 is its id. Raises RecordError."""
    return ABLATION_FILES.encode(manifest_members(manifest), ABLATION_FILES.word)


def decode_ablations(data: bytes, name: str, where: str) -> AblationManifest:
    """The manifest in a file's bytes; `name` is their sha256. Raises RecordError naming `where`."""
    file = ABLATION_FILES.decode(data, name, where)
    ids = {each.id for each in file.changes}
    unnamed = next((place for place, each in enumerate(file.revisions) if each.change not in ids), None)
    if unnamed is not None:
        subject, member = "is none of the changes", f"revisions.{unnamed}.change"
        raise RecordError(subject, where=where, field=member, remedy=RESTORE)
    changes = tuple(
        AblatedChange(each.id, ChangeKind(each.kind), each.clauses, each.path, each.line, each.text)
        for each in file.changes
    )
    revisions = tuple(
        CounterfactualRevision(AblationKind(each.kind), each.change, each.revision) for each in file.revisions
    )
    return AblationManifest(name, file.spec, file.patch, file.before, file.after, changes, revisions)


def load_ablations(tree: Tree, store_path: str) -> tuple[AblationManifest, ...]:
    """Every manifest in the store at `store_path`, by id; hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says.
    """
    return tuple(decode_ablations(*file) for file in ABLATION_FILES.files(tree, store_path))


def add_ablations(root: Path, store_path: str, manifest: AblationManifest) -> AblationManifest:
    """Records a manifest; returns it with its id. One that is there already stays as it is.

    Raises RecordError where it cannot be written.
    """
    data = encode_ablations(manifest)
    ABLATION_FILES.add(root, store_path, [data])
    return replace(manifest, id=canonical.sha256(data))
