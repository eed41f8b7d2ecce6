"""Whether the files of a store are what their names, their schemas and each other say; every fault, not only the first.

A tree comes in, `StoreContents` with ids, runs, checkpoints and faults go out. `seal_records` makes what is in no
batch yet the next checkpoint, and only of a store without faults. Suites, bindings and
hidden files are no records and are not examined.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from auditor.errors import InputError, RecordError
from auditor.model import canonical
from auditor.model.integrity import StoreCheckpoint, StoreFault, StoreFaultKind
from auditor.model.preregistration import Preregistration
from auditor.model.run import ItemManifest, Run
from auditor.store import ablations, checkpoints, codec, durable, labels, ledger, prompts
from auditor.store import labels as samples
from auditor.store.records import manifest_path, record_path

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


RECORDS_FOLDER, ITEMS_FOLDER = "records", "items"
_CONTENT_NAME = re.compile(r"([0-9a-f]{64})\.json")


@dataclass(frozen=True, slots=True)
class StoreContents:
    """What a store holds.

    Attributes:
        ids: the ids by folder, sorted, of the files whose content is what their names say.
        runs: the records that can be read, by id; `plans` likewise.
        checkpoints: those that follow from the first without a gap or a contradiction, in order.
        unsealed: ids that are in no batch, sorted; item manifests are sealed by the records that name them.
        unknown: folders of a kind this version does not know; the names and the form of its files were examined.
        faults: sorted.
    """

    ids: Mapping[str, tuple[str, ...]]
    runs: Mapping[str, Run]
    plans: Mapping[str, Preregistration]
    checkpoints: tuple[StoreCheckpoint, ...]
    unsealed: tuple[str, ...]
    unknown: tuple[str, ...]
    faults: tuple[StoreFault, ...]


@dataclass(slots=True)
class _Examination:
    """What has been read so far; `whole` where it is of every file of the store."""

    tree: Tree
    store: str
    whole: bool
    ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    items: dict[str, ItemManifest | None] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    plans: dict[str, Preregistration] = field(default_factory=dict)
    faults: set[StoreFault] = field(default_factory=set)

    def fault(self, path: str, kind: StoreFaultKind, subject: str) -> None:
        self.faults.add(StoreFault(path, kind, subject))


def examine_store(tree: Tree, store_path: str) -> StoreContents:
    """Everything in the store at `store_path`, and everything that is wrong with it."""
    examination = _Examination(tree, store_path, whole=True)
    by_folder = _group_by_folder(examination)
    # Manifests before the records that name them.
    for folder in sorted(
        by_folder.keys() - {checkpoints.CHECKPOINTS_FOLDER}, key=lambda name: (name != ITEMS_FOLDER, name)
    ):
        for path in by_folder[folder]:
            _examine_file(examination, folder, path)
    _check_corrections(examination)
    _check_references(examination)
    sealed = _check_checkpoints(examination, by_folder.get(checkpoints.CHECKPOINTS_FOLDER, ()))
    return StoreContents(
        ids={folder: tuple(sorted(ids)) for folder, ids in sorted(examination.ids.items())},
        runs=dict(sorted(examination.runs.items())),
        plans=dict(sorted(examination.plans.items())),
        checkpoints=sealed,
        unsealed=_unsealed_ids(examination, sealed),
        unknown=tuple(sorted(examination.ids.keys() - _DECODERS.keys())),
        faults=tuple(sorted(examination.faults)),
    )


@dataclass(frozen=True)
class _SomeFiles:
    """Some files of a tree, as if there were no others to be listed; see `Tree`."""

    tree: Tree
    paths: tuple[str, ...]

    def read(self, path: str) -> bytes | None:
        return self.tree.read(path)

    def list(self, prefix: str) -> tuple[str, ...]:
        return tuple(path for path in self.paths if path.startswith(f"{prefix}/"))


def examine_files(tree: Tree, store_path: str, paths: Iterable[str]) -> tuple[StoreFault, ...]:
    """What is wrong with some files of a store by themselves, and with what they name; sorted.

    How they stand to all the others (corrections, the sequence of checkpoints) is not looked at.
    """
    examination = _Examination(_SomeFiles(tree, tuple(sorted(paths))), store_path, whole=False)
    by_folder = _group_by_folder(examination)
    for path in by_folder.pop(checkpoints.CHECKPOINTS_FOLDER, ()):
        _examine_checkpoint(examination, path)
    for folder in sorted(by_folder, key=lambda name: (name != ITEMS_FOLDER, name)):
        for path in by_folder[folder]:
            _examine_file(examination, folder, path)
    _check_references(examination)
    return tuple(sorted(examination.faults))


def _examine_checkpoint(examination: _Examination, path: str) -> None:
    if checkpoints.checkpoint_number(path, examination.store) is None:
        examination.fault(path, StoreFaultKind.STRAY, "is no checkpoint")
    elif (data := _read_bytes(examination, path)) is not None:
        try:
            checkpoints.decode_checkpoint(data, path)
        except RecordError as error:
            examination.fault(path, StoreFaultKind.CHECKPOINT, f"is no checkpoint: {error.what}")


def _group_by_folder(examination: _Examination) -> dict[str, list[str]]:
    """The visible files by the folder of the store they lie in; in a folder of an unknown kind only those named so.

    A file or a link where such a folder should be is a fault: what it hides would look as if it had never been.
    """
    by_folder = defaultdict[str, list[str]](list)
    for path in examination.tree.list(examination.store):
        inside = PurePosixPath(path).relative_to(examination.store).parts
        expected = inside[0] in _DECODERS or inside[0] == checkpoints.CHECKPOINTS_FOLDER
        if len(inside) == 1 and expected:
            examination.fault(path, StoreFaultKind.STRAY, "is no folder")
        elif len(inside) > 1 and not inside[-1].startswith(".") and (expected or _CONTENT_NAME.fullmatch(inside[-1])):
            by_folder[inside[0]].append(path)
    return by_folder


def _examine_file(examination: _Examination, folder: str, path: str) -> None:
    """One file: its place, its name, its form, what its schema says."""
    inside = PurePosixPath(path).relative_to(examination.store, folder)
    named = _CONTENT_NAME.fullmatch(inside.name)
    if named is None or (
        folder in _DECODERS and inside.parent.name != (named[1][:2] if folder == RECORDS_FOLDER else "")
    ):
        examination.fault(path, StoreFaultKind.STRAY, "is no file of this folder")
        return
    data = _read_bytes(examination, path)
    if data is None:
        return
    if canonical.sha256(data) != named[1]:
        examination.fault(path, StoreFaultKind.NAME, "its content is not what its name says")
        return
    examination.ids[folder].add(named[1])
    if not _is_canonical(data):
        examination.fault(path, StoreFaultKind.FORM, "is not canonical JSON")
    elif folder in _DECODERS:
        _decode_into(examination, folder, data, named[1], path)
    elif (home := _expected_folder(data)) is not None:
        examination.fault(path, StoreFaultKind.STRAY, f"belongs into {home}/, where it would be read")


def _expected_folder(data: bytes) -> str | None:
    """The folder in which a file with this schema is read; None for a schema this version does not know.

    A record that was moved out of the records is still there, and nobody reads it.
    """
    value = canonical.loads(data)
    return _FOLDER_OF_SCHEMA.get(value.get("schema")) if isinstance(value, dict) else None


def _read_bytes(examination: _Examination, path: str) -> bytes | None:
    try:
        return examination.tree.read(path)
    except InputError as error:
        examination.fault(path, StoreFaultKind.STRAY, error.what)
        return None


def _is_there(examination: _Examination, path: str) -> bool:
    """Whether there is something at a path, even if it is no file."""
    try:
        return examination.tree.read(path) is not None
    except InputError:
        return True


def _is_canonical(data: bytes) -> bool:
    try:
        return canonical.dumps(canonical.loads(data)) == data
    except ValueError:
        return False


def _decode_into(examination: _Examination, folder: str, data: bytes, name: str, path: str) -> None:
    try:
        _DECODERS[folder](examination, data, name, path)
    except RecordError as error:
        if error.where == path:  # else it is the fault of another file, which has been or is named by itself
            examination.fault(
                path, StoreFaultKind.SCHEMA, ": ".join(part for part in (error.field, error.what) if part)
            )


def _examine_record(examination: _Examination, data: bytes, name: str, path: str) -> None:
    def manifest(manifest_name: str) -> ItemManifest:
        where = manifest_path(examination.store, manifest_name)
        if manifest_name not in examination.items:
            if not _is_there(examination, where):
                examination.fault(where, StoreFaultKind.MISSING, "is missing, and a record names it")
            elif not examination.whole:  # else it was examined, and its fault is named
                _examine_file(examination, ITEMS_FOLDER, where)
        items = examination.items.get(manifest_name)
        if items is None:
            raise RecordError("cannot be read", where=where)
        return items

    examination.runs[name] = codec.decode_record(data, name, path, manifest)


def _examine_items(examination: _Examination, data: bytes, name: str, path: str) -> None:
    examination.items[name] = None
    examination.items[name] = codec.decode_items(data, name, path)


def _examine_plan(examination: _Examination, data: bytes, name: str, path: str) -> None:
    examination.plans[name] = ledger.decode_preregistration(data, name, path)


def _checked(decode: Callable[[bytes, str, str], object]) -> Callable[[_Examination, bytes, str, str], None]:
    """A file of a kind of which nothing more is wanted than that it can be read."""

    def check(_: _Examination, data: bytes, name: str, path: str) -> None:
        decode(data, name, path)

    return check


_KINDS = (
    ablations.ABLATION_FILES,
    labels.LABEL_FILES,
    ledger.HELD_OUT_USE_FILES,
    ledger.PREREGISTRATION_FILES,
    prompts.PROMPT_FILES,
    samples.SAMPLE_FILES,
)
# A folder's files are named by their content and read by this; the place of a record is records/ab/, of others flat.
_DECODERS: dict[str, Callable[[_Examination, bytes, str, str], None]] = {
    RECORDS_FOLDER: _examine_record,
    ITEMS_FOLDER: _examine_items,
    ablations.ABLATION_FILES.folder: _checked(ablations.decode_ablations),
    labels.LABEL_FILES.folder: _checked(labels.decode_labels),
    ledger.HELD_OUT_USE_FILES.folder: _checked(ledger.decode_held_out_use),
    ledger.PREREGISTRATION_FILES.folder: _examine_plan,
    prompts.PROMPT_FILES.folder: _checked(prompts.decode_prompts),
    samples.SAMPLE_FILES.folder: _checked(samples.SAMPLE_FILES.decode),
}
# The folders of all that is named by its content.
CONTENT_FOLDERS = tuple(_DECODERS)
_FOLDER_OF_SCHEMA: dict[object, str] = {
    **dict.fromkeys(codec.RECORD_SCHEMAS, RECORDS_FOLDER),
    **dict.fromkeys(codec.ITEMS_SCHEMAS, ITEMS_FOLDER),
    **{kind.schema: kind.folder for kind in _KINDS},
}


def _check_corrections(examination: _Examination) -> None:
    """Of one run there is one record, and then a chain of corrections."""
    families = defaultdict[str, list[str]](list)
    for name, run in sorted(examination.runs.items()):
        families[run.identity].append(name)
    for names in families.values():
        corrected: dict[str | None, str] = {}
        for name in names:
            corrects, path = examination.runs[name].corrects, record_path(examination.store, name)
            if corrects is not None and corrects not in names:
                examination.fault(path, StoreFaultKind.CORRECTS, f"corrects {corrects}, which is no record of this run")
            if (rival := corrected.setdefault(corrects, name)) != name:
                examination.fault(
                    path, StoreFaultKind.DUPLICATE, f"is of the same run as {rival}, and neither corrects the other"
                )


def _check_references(examination: _Examination) -> None:
    """What records name beside items: the plan they fulfil, and how each sample was judged."""
    for run in examination.runs.values():
        for kind, name in ((ledger.PREREGISTRATION_FILES, run.plan), (samples.SAMPLE_FILES, run.samples)):
            if name is None or name in examination.ids[kind.folder]:
                continue
            path = kind.path(examination.store, name)
            if not _is_there(examination, path):
                examination.fault(path, StoreFaultKind.MISSING, "is missing, and a record names it")


def _check_checkpoints(examination: _Examination, paths: list[str] | tuple[()]) -> tuple[StoreCheckpoint, ...]:
    """The checkpoints from the first up to a gap or a contradiction, which is a fault."""
    numbered = {}
    for path in paths:
        number = checkpoints.checkpoint_number(path, examination.store)
        if number is None:
            examination.fault(path, StoreFaultKind.STRAY, "is no checkpoint")
        else:
            numbered[number] = path
    sequence: list[StoreCheckpoint] = []
    for number in range(1, max(numbered, default=0) + 1):
        path = checkpoints.checkpoint_path(examination.store, number)
        subject = (
            _append_checkpoint(examination, path, number, sequence)
            if number in numbered
            else "is missing, and later ones are there"
        )
        if subject is not None:
            examination.fault(
                path, StoreFaultKind.CHECKPOINT if number in numbered else StoreFaultKind.MISSING, subject
            )
            break
    _check_sealed(examination, sequence)
    return tuple(sequence)


def _append_checkpoint(
    examination: _Examination, path: str, number: int, sequence: list[StoreCheckpoint]
) -> str | None:
    """Adds the next checkpoint of the sequence; or says why it is none."""
    data = _read_bytes(examination, path)
    if data is None:
        return "cannot be read"
    try:
        read = checkpoints.decode_checkpoint(data, path)
    except RecordError as error:
        return ": ".join(part for part in (error.field, error.what) if part)
    before = sequence[-1].leaves if sequence else ()
    if read.number != number or read.leaves[:-1] != before:
        return "does not follow from those before it"
    if not _is_canonical(data):
        return "is not canonical JSON"
    if set(read.ids) & {name for checkpoint in sequence for name in checkpoint.ids}:
        return "seals what was sealed before"
    sequence.append(read)
    return None


def _check_sealed(examination: _Examination, sequence: list[StoreCheckpoint]) -> None:
    present = {name for ids in examination.ids.values() for name in ids}
    for checkpoint in sequence:
        path = checkpoints.checkpoint_path(examination.store, checkpoint.number)
        for name in sorted(set(checkpoint.ids) - present):
            examination.fault(path, StoreFaultKind.MISSING, f"sealed {name}, which is missing")


def _unsealed_ids(examination: _Examination, sealed: tuple[StoreCheckpoint, ...]) -> tuple[str, ...]:
    present = {name for folder, ids in examination.ids.items() if folder != ITEMS_FOLDER for name in ids}
    return tuple(sorted(present - {name for checkpoint in sealed for name in checkpoint.ids}))


# Sealing: what is in no batch yet becomes the next one.


def plan_checkpoint(contents: StoreContents) -> StoreCheckpoint | None:
    """The checkpoint that would seal what is in no batch yet; None where there is nothing.

    Raises RecordError for a store in which something is wrong: a seal would vouch for it.
    """
    if contents.faults:
        first = contents.faults[0]
        more = f" (and {len(contents.faults) - 1} more)" if len(contents.faults) > 1 else ""
        raise RecordError(f"{first.what}{more}", where=first.path, remedy="mend the store first; nothing was sealed")
    before = contents.checkpoints[-1] if contents.checkpoints else None
    return checkpoints.next_checkpoint(before, contents.unsealed) if contents.unsealed else None


def seal_records(root: Path, store_path: str, tree: Tree) -> StoreCheckpoint | None:
    """Seals what is in no batch yet as `checkpoints/NNNN.json`; returns it, or None where everything is sealed.

    The file is there whole or not at all, and none is ever written over. Of two that seal at once the second finds
    nothing left. `tree` is that of the folder `root`. Raises RecordError for a store in which something is wrong, and
    where the file cannot be written.
    """
    folder = root / store_path / checkpoints.CHECKPOINTS_FOLDER
    with durable.write_lock(root, folder):
        checkpoint = plan_checkpoint(examine_store(tree, store_path))
        if checkpoint is not None:
            durable.make_folders(root, [folder])
            durable.write_once(
                root / checkpoints.checkpoint_path(store_path, checkpoint.number),
                checkpoints.encode_checkpoint(checkpoint),
            )
            durable.sync_folder(folder)
    return checkpoint
