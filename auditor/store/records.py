"""Evaluation records on disk: an unordered set of immutable files, one a run, each named by its content.

<store>/records/ab/<sha256>.json    a run, canonical JSON
<store>/items/<sha256>.json         an item manifest, which many runs share
<store>/samples/<sha256>.json       how each sample of a run was judged, which labels are joined by
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import RecordError
from auditor.model.raw import RawRun
from auditor.model.run import Run
from auditor.store import canonical, durable
from auditor.store.codec import LATER, LATER_COLUMNS, RESTORE, decode, decode_items, encode, lineage
from auditor.store.samples import samples_path

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

__all__ = ["Outcome", "RecordStore", "encode", "identity_of", "load", "record_id"]


class Outcome(StrEnum):
    """What became of a run that was added."""

    ADDED = "added"
    PRESENT = "present"


class _Entry(NamedTuple):
    """What the store must know of a record to judge another of the same run."""

    identity: str
    corrects: str | None


def identity_of(raw: RawRun, revision: str, suite_name: str) -> str:
    """The run's name whatever file it came in: the log's own id, or a hash of what sets it apart (64 hex digits).

    `revision` is the content id evaluated, `suite_name` the registered suite's name.
    """
    if raw.log_id is not None:
        return raw.log_id
    checkpoint = raw.model if raw.checkpoint is None else raw.checkpoint
    parts = (raw.source_sha256, suite_name, raw.model, checkpoint, revision, raw.condition, raw.run)
    encoded = [part.encode(errors="surrogatepass") for part in parts]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in encoded)).hexdigest()


def record_id(run: Run) -> str:
    """The id of the run's record: the sha256 of its bytes, 64 hex digits. Raises RecordError as `encode` does."""
    return canonical.sha256(encode(run)[0])


def load(tree: Tree, store_path: str) -> tuple[Run, ...]:
    """Every run in the store at `store_path`, by record id. Temporary and other hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says, for missing items, and for a
    file that is no record.
    """

    @cache
    def manifest(name: str) -> tuple[str, ...]:
        where = _item_path(store_path, name)
        return decode_items(_bytes_at(tree.read, where), name, where)

    found = sorted((_name_in(path, store_path), path) for path in tree.list(_folder(store_path)) if _is_visible(path))
    return tuple(decode(_bytes_at(tree.read, path), name, path, manifest) for name, path in found)


class RecordStore:
    """The store at `store_path` under the folder `root`, for writing; a dry run does everything but write."""

    def __init__(self, root: Path, store_path: str, *, dry_run: bool = False) -> None:
        self._root = root
        self._store = store_path
        self._entries: dict[str, _Entry] = {}
        self._dry_run = dry_run
        self._unwritten: dict[str, bytes] = {}

    def add(self, runs: Sequence[Run], samples: Mapping[str, bytes] = MappingProxyType({})) -> tuple[Outcome, ...]:
        """Record `runs`; one that is there already is left as it is. Returns what became of each, in their order.

        `samples` are the files that runs name as theirs, by sha256.

        A run that is there already from another file of the same log, such as a converted one, counts as present.

        When this returns, every run is on disk and stays there. Raises RecordError before anything is written when a
        run cannot be recorded, or has the identity of another record and names no record it corrects; and when the
        disk refuses, in which case some may have been written, and adding them again completes the rest.
        """
        files = [encode(run) for run in runs]
        own = [canonical.sha256(record) for record, _ in files]
        with durable.writing(self._root, self._root / self._store):
            self._look()
            names = [self._known_as(name, run, file) for name, run, (file, _) in zip(own, runs, files, strict=True)]
            new = {n: _Entry(run.identity, run.corrects) for n, run in zip(names, runs, strict=True)}
            present = new.keys() & self._entries.keys()
            _check_identities(self._entries, new)
            self._write_samples([run for name, run in zip(own, runs, strict=True) if name in new], samples)
            self._write({name: file for name, file in zip(own, files, strict=True) if name in new})
            self._entries.update(new)
        return _outcomes(names, present)

    def _known_as(self, name: str, run: Run, record: bytes) -> str:
        """The record's own name; or that of another with the same run in it, read from another file of the same log."""
        rivals = [other for other, entry in sorted(self._entries.items()) if entry.identity == run.identity]
        if not rivals or name in rivals:
            return name
        mine = _without_source(record)
        return next((other for other in rivals if _without_source(self._bytes_of(other)) == mine), name)

    def _bytes_of(self, name: str) -> bytes:
        return self._unwritten.get(name) or (self._root / _record_path(self._store, name)).read_bytes()

    def _look(self) -> None:
        """Take note of the records that came or went since the last look. Lists by hand: it runs once an `add`."""
        entries = {name: self._entries[name] for name in self._unwritten}
        records = self._root / _folder(self._store)
        for shard in _visible(records):
            for file in _visible(records / shard):
                name = file.removesuffix(".json")
                known = self._entries.get(name) if name.startswith(shard) else None
                entries[name] = known or self._read(records / shard / file)
        self._entries = entries

    def _read(self, file: Path) -> _Entry:
        path = file.relative_to(self._root).as_posix()
        name = _name_in(path, self._store)
        if file.is_symlink() or not file.is_file():
            raise RecordError("is no record", where=path, remedy=RESTORE)
        return _Entry(*lineage(file.read_bytes(), name, path))

    def _write_samples(self, runs: list[Run], samples: Mapping[str, bytes]) -> None:
        """Before the records that name them, as items are."""
        named = {run.samples for run in runs if run.samples is not None}
        missing = [name for name in sorted(named - samples.keys()) if not self._has(samples_path(self._store, name))]
        if missing:
            where = samples_path(self._store, missing[0])
            raise RecordError("is missing, and a run names it", where=where, remedy="record the run with its samples")
        if not self._dry_run:
            given = named & samples.keys()
            self._write_all({samples_path(self._store, name): samples[name] for name in given})

    def _has(self, path: str) -> bool:
        return (self._root / path).is_file()

    def _write(self, files: dict[str, tuple[bytes, bytes | None]]) -> None:
        """Items first, and synced, so that no record ever refers to items that a crash took."""
        if self._dry_run:
            self._unwritten |= {name: record for name, (record, _) in files.items()}
            return
        manifests = {canonical.sha256(items): items for _, items in files.values() if items is not None}
        self._write_all({_item_path(self._store, name): items for name, items in manifests.items()})
        self._write_all({_record_path(self._store, name): record for name, (record, _) in files.items()})

    def _write_all(self, files: dict[str, bytes]) -> None:
        paths = {self._root / path: data for path, data in files.items()}
        folders = {path.parent for path in paths}
        for folder in folders:
            durable.make_folders(self._root, folder)
        for path, data in paths.items():
            durable.write_new(path, data)
        durable.sync_folders(folders)


def _without_source(record: bytes) -> object:
    """What a record says, but for the file it was read from: a log converted or packed again is the same run.

    Nor what earlier readers did not take: a log that was recorded by one is the same run too.
    """
    members = canonical.loads(record)
    if not isinstance(members, dict) or not isinstance(members.get("tallies"), dict):
        return None
    tallies = {key: value for key, value in members["tallies"].items() if key not in LATER_COLUMNS}
    return {key: value for key, value in members.items() if key not in ("source_sha256", *LATER)} | {"tallies": tallies}


def _outcomes(names: list[str], present: set[str]) -> tuple[Outcome, ...]:
    seen = set(present)
    outcomes = []
    for name in names:
        outcomes.append(Outcome.PRESENT if name in seen else Outcome.ADDED)
        seen.add(name)
    return tuple(outcomes)


def _check_identities(existing: dict[str, _Entry], added: dict[str, _Entry]) -> None:
    """Of one run there is one record, and then a chain of corrections. Raises RecordError."""
    family: dict[str, dict[str, str | None]] = {entry.identity: {} for entry in added.values()}
    for name, entry in (*existing.items(), *added.items()):
        if entry.identity in family:
            family[entry.identity][name] = entry.corrects
    for name in sorted(added.keys() - existing.keys()):
        identity, corrects = added[name]
        others = {other: theirs for other, theirs in family[identity].items() if other != name}
        rival = next((other for other, theirs in sorted(others.items()) if theirs == corrects), None)
        if rival is not None:
            what = f"one run identity with different content: {rival} is its record"
            latest = _latest(others, rival)
            remedy = f"a correction names the record it corrects: {latest}"
            raise RecordError(what, where=f"run {identity}", remedy=remedy)
        if corrects is not None and corrects not in others:
            remedy = f"name one of its records: {', '.join(sorted(others))}" if others else "record the run without it"
            raise RecordError(
                f"{corrects} is no record of it", where=f"run {identity}", field="corrects", remedy=remedy
            )


def _latest(family: dict[str, str | None], name: str) -> str:
    """The end of the chain of corrections that goes through `name`."""
    correction = next((other for other, corrects in sorted(family.items()) if corrects == name), None)
    return name if correction is None else _latest(family, correction)


def _bytes_at(read: Callable[[str], bytes | None], path: str) -> bytes:
    data = read(path)
    if data is None:
        raise RecordError("is missing", where=path, remedy=RESTORE)
    return data


def _folder(store_path: str) -> str:
    return str(PurePosixPath(store_path, "records"))


def _record_path(store_path: str, name: str) -> str:
    return str(PurePosixPath(store_path, "records", name[:2], f"{name}.json"))


def _item_path(store_path: str, name: str) -> str:
    return str(PurePosixPath(store_path, "items", f"{name}.json"))


def _visible(folder: Path) -> list[str]:
    """The names in a folder, without hidden ones; none in a folder that is not there."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - names are all that is needed, of thousands
    return [name for name in names if not name.startswith(".")]


def _is_visible(path: str) -> bool:
    return not PurePosixPath(path).name.startswith(".")


def _name_in(path: str, store_path: str) -> str:
    name = PurePosixPath(path).name.removesuffix(".json")
    if not re.fullmatch("[0-9a-f]{64}", name) or path != _record_path(store_path, name):
        raise RecordError("is no record", where=path, remedy="move it out of the records")
    return name
