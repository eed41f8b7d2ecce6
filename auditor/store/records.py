"""Evaluation records on disk: an unordered set of immutable files, one for each run, each named by its content.

<store>/records/ab/<sha256>.json    a run, canonical JSON <store>/items/<sha256>.json         an item manifest, which
many runs share <store>/samples/<sha256>.json       how each sample of a run was judged, by which labels are joined

`load_records` reads all of them. `RecordStore` adds runs; its index holds identity and corrections of the records on
disk, so that a run is recorded once and a correction follows the record it corrects.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.raw_run import RawRun
from auditor.model.run import ItemManifest, Run
from auditor.store import durable
from auditor.store.codec import (
    ADDED_COLUMNS,
    ADDED_MEMBERS,
    ADDED_PROTOCOL,
    decode_items,
    decode_lineage,
    decode_record,
    encode_record,
    record_members,
)
from auditor.store.durable import RESTORE, Transaction, run_concurrently
from auditor.store.labels import SAMPLE_FILES as SAMPLES

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree


# Where the files of a store lie.


def records_folder(store_path: str) -> str:
    """The folder of the records."""
    return str(PurePosixPath(store_path, "records"))


def record_path(store_path: str, name: str) -> str:
    """The path of the record called `name`, 64 hex digits."""
    return str(PurePosixPath(store_path, "records", name[:2], f"{name}.json"))


def manifest_path(store_path: str, name: str) -> str:
    """The path of the item manifest called `name`, 64 hex digits."""
    return str(PurePosixPath(store_path, "items", f"{name}.json"))


def record_id_in(path: str, store_path: str) -> str:
    """The record's name that a path gives. Raises RecordError for the path of no record."""
    name = PurePosixPath(path).name.removesuffix(".json")
    if not re.fullmatch("[0-9a-f]{64}", name) or path != record_path(store_path, name):
        raise RecordError("is no record", where=path, remedy="move it out of the records")
    return name


# An index of the records on disk: which runs are recorded, and which record corrects which.


# The members of a canonical record stand in the order of their names. No text can look like one of them, since a quote
# in a text has a backslash before it, and no member before `identity` holds an object with members of these names.
_JSON_TEXT = rb'"(?:[^"\\]|\\.)*"'
_LINEAGE = re.compile(rb'\{"[^\n]*?,"corrects":(null|%s),[^\n]*?,"identity":(%s),[^\n]*\}\n' % (_JSON_TEXT, _JSON_TEXT))

# A folder that changed this recently may change again without showing it: its time is that of a slow clock's tick.
_TICK = 100_000_000  # nanoseconds


class IndexEntry(NamedTuple):
    """The run's identity, and the record it corrects."""

    identity: str
    corrects: str | None


class RecordIndex:
    """The records of a store; looked at again where a folder has changed."""

    def __init__(self, root: Path, store_path: str) -> None:
        self._root = root
        self._store = store_path
        self._stamps: dict[str, int] = {}
        self._shards: dict[str, set[str]] = {}
        self._entries: dict[str, IndexEntry] = {}
        self._families: dict[str, dict[str, str | None]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def corrections_by_record(self, identity: str) -> Mapping[str, str | None]:
        """The records of a run, by name, each with the record it corrects."""
        return self._families.get(identity, {})

    def note(self, name: str, entry: IndexEntry, *, on_disk: bool = True) -> None:
        """Take note of a record."""
        if on_disk:
            self._shards.setdefault(name[:2], set()).add(name)
        self._entries[name] = entry
        self._families.setdefault(entry.identity, {})[name] = entry.corrects

    def refresh_once(self) -> None:
        """Look, unless that was done before; what came since is seen when the lock is held."""
        if not self._shards:
            self.look()

    def look(self) -> None:
        """Take note of the records that came or went since the last look. Lists by hand: it runs once an `add`.

        Raises RecordError for a file that is no record, or not what its name says.
        """
        records = self._root / records_folder(self._store)
        shards = list_visible(records)
        for folder in self._shards.keys() - set(shards):
            self._stamps.pop(folder, None)
            self._forget(self._shards.pop(folder))
        for shard in shards:
            stamp = os.stat(f"{records}/{shard}").st_mtime_ns  # noqa: PTH116 - hundreds of them, once an `add`
            if self._stamps.get(shard) != stamp:
                self._refresh_shard(records / shard)
                self._stamps[shard] = stamp if stamp < time.time_ns() - _TICK else 0

    def _refresh_shard(self, shard: Path) -> None:
        before, names = self._shards.get(shard.name, set()), set[str]()
        for file in list_visible(shard):
            name = file.removesuffix(".json")
            names.add(name)
            if name not in before:
                self.note(name, self._read(shard.name, file))
        self._forget(before - names)
        self._shards[shard.name] = names

    def _forget(self, names: set[str]) -> None:
        for name in names:
            entry = self._entries.pop(name, None)
            if entry is not None:
                self._families[entry.identity].pop(name, None)

    def _read(self, shard: str, file: str) -> IndexEntry:
        path = f"{records_folder(self._store)}/{shard}/{file}"
        name = record_id_in(path, self._store)
        try:
            handle = os.open(f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise RecordError("is no record", where=path, remedy=RESTORE) from error
        with os.fdopen(handle, "rb", buffering=0) as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise RecordError("is no record", where=path, remedy=RESTORE)
            data = opened.read()
        return self._lineage(data, name, path)

    def _lineage(self, data: bytes, name: str, path: str) -> IndexEntry:
        """As `decode_lineage`, without parsing the rest where the bytes are as this program writes them."""
        match = _LINEAGE.fullmatch(data)
        if match is None or canonical.sha256(data) != name:
            return IndexEntry(*decode_lineage(data, name, path))
        corrects, identity = (json.loads(part) for part in match.groups())
        return IndexEntry(identity, corrects)


def list_visible(folder: Path) -> list[str]:
    """The names in a folder, without hidden ones; none in a folder that is not there."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - names are all that is needed, of thousands
    return [name for name in names if not name.startswith(".")]


# Reading all runs, and adding some.


# The record's bytes, and its item manifest's.
_File = tuple[bytes, bytes | None]
# How many files are open at once.
_BATCH_FILES = 256


class Outcome(StrEnum):
    """What became of a run that was added."""

    ADDED = "added"
    PRESENT = "present"


def run_identity(raw: RawRun, revision: str, suite_name: str) -> str:
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
    return canonical.sha256(encode_record(run)[0])


def load_records(tree: Tree, store_path: str) -> tuple[Run, ...]:
    """Every run in the store at `store_path`, by record id. Temporary and other hidden files are passed over.

    Raises RecordError for a file whose content is not what its name or the schema says, for missing items, and for a
    file that is no record.
    """

    shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    @cache
    def manifest(name: str) -> ItemManifest:
        where = manifest_path(store_path, name)
        items = decode_items(_read_bytes(tree.read, where), name, where)
        return replace(items, ids=shared.setdefault(items.ids, items.ids))

    records = sorted(
        (record_id_in(path, store_path), path) for path in tree.list(records_folder(store_path)) if _is_visible(path)
    )
    return tuple(decode_record(_read_bytes(tree.read, path), name, path, manifest) for name, path in records)


class _ConcurrentWrite(Exception):
    """Another writer recorded one of the runs while this one was about to."""


class RecordStore:
    """The store at `store_path` under the folder `root`, for writing; a dry run does everything but write."""

    def __init__(self, root: Path, store_path: str, *, dry_run: bool = False) -> None:
        self._root = root
        self._store = store_path
        self._index = RecordIndex(root, store_path)
        self._folders: set[Path] = set()
        self._written_paths: set[str] = set()
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
        files = [encode_record(run) for run in runs]
        own = [canonical.sha256(record) for record, _ in files]
        while True:
            with contextlib.suppress(_ConcurrentWrite), durable.raise_record_errors(self._root / self._store):
                return self._added(runs, own, files, samples)

    def _added(
        self, runs: Sequence[Run], own: list[str], files: Sequence[_File], samples: Mapping[str, bytes]
    ) -> tuple[Outcome, ...]:
        self._index.refresh_once()
        names = self._settle(runs, own)
        present = {name for name in names if name in self._index}
        written = {name: file for name, file in zip(own, files, strict=True) if name in names}

        def check_again() -> None:
            """What others recorded in the meantime may forbid it, or be the same run under another name."""
            self._index.look()
            if self._settle(runs, own) != names:
                raise _ConcurrentWrite
            present.clear()
            present.update(name for name in names if name in self._index)

        self._write_samples([run for name, run in zip(own, runs, strict=True) if name in written], samples)
        self._write(written, check_again)
        for name, run in zip(names, runs, strict=True):
            self._index.note(name, IndexEntry(run.identity, run.corrects), on_disk=not self._dry_run)
        return _outcomes(names, present)

    def _settle(self, runs: Sequence[Run], own: list[str]) -> list[str]:
        """The names under which the runs are recorded. Raises RecordError for one that may not be."""
        names = [self._recorded_name(name, run) for name, run in zip(own, runs, strict=True)]
        added = {name: IndexEntry(run.identity, run.corrects) for name, run in zip(names, runs, strict=True)}
        _check_identities(self._index, added)
        return names

    def _recorded_name(self, name: str, run: Run) -> str:
        """The record's own name; or that of another with the same run in it, read from another file of the same log."""
        rivals = sorted(self._index.corrections_by_record(run.identity))
        if not rivals or name in rivals:
            return name
        return next((other for other in rivals if is_same_run(run, self._read_run(other))), name)

    def _read_run(self, name: str) -> Run:
        def manifest(items: str) -> ItemManifest:
            where = manifest_path(self._store, items)
            return decode_items(self._read(where), items, where)

        where = record_path(self._store, name)
        return decode_record(self._read(where), name, where, manifest)

    def _read(self, path: str) -> bytes:
        file = self._root / path
        return _read_bytes(lambda _: self._unwritten.get(path) or (file.read_bytes() if file.is_file() else None), path)

    def _write_samples(self, runs: list[Run], samples: Mapping[str, bytes]) -> None:
        """Before the records that name them, as items are."""
        named = {run.samples for run in runs if run.samples is not None}
        missing = [name for name in sorted(named - samples.keys()) if not self._exists(SAMPLES.path(self._store, name))]
        if missing:
            where = SAMPLES.path(self._store, missing[0])
            raise RecordError("is missing, and a run names it", where=where, remedy="record the run with its samples")
        if not self._dry_run:
            self._put({SAMPLES.path(self._store, name): samples[name] for name in sorted(named & samples.keys())})

    def _exists(self, path: str) -> bool:
        return (self._root / path).is_file()

    def _write(self, files: dict[str, _File], may: Callable[[], None]) -> None:
        """Items first, and synced, so that no record ever refers to items that a crash took."""
        manifests = {
            manifest_path(self._store, canonical.sha256(items)): items
            for _, items in files.values()
            if items is not None
        }
        records = {record_path(self._store, name): record for name, (record, _) in files.items()}
        if self._dry_run:
            self._unwritten |= manifests | records
        else:
            self._put(manifests)
            self._put(records, may)

    def _put(self, files: Mapping[str, bytes], may: Callable[[], None] = lambda: None) -> None:
        """Writes files that are named by their content, all of them or none unless the disk refuses.

        What this process has put there before is there. `may` is asked under the lock, and raises what forbids it.
        """
        new = {
            self._root / path: data
            for path, data in files.items()
            if path not in self._written_paths or not self._exists(path)
        }
        durable.make_folders(self._root, {path.parent for path in new}, self._folders)
        if len(new) <= _BATCH_FILES:
            with Transaction(new) as staged:
                with durable.lock(self._root):
                    may()
                    staged.publish()
                staged.sync()
        else:
            with durable.lock(self._root):
                may()
                for portion in _portions(new):
                    with Transaction(portion) as staged:
                        staged.publish()
            run_concurrently(durable.sync_folder, {path.parent for path in new})
        self._written_paths.update(path for path in files if not path.startswith(records_folder(self._store)))


def _portions(files: Mapping[Path, bytes]) -> Iterator[dict[Path, bytes]]:
    every = list(files.items())
    for start in range(0, len(every), _BATCH_FILES):
        yield dict(every[start : start + _BATCH_FILES])


def is_same_run(run: Run, recorded: Run) -> bool:
    """Whether a recorded run says what `run` does, be it a correction of another record."""
    if run.corrects is None:
        recorded = replace(recorded, corrects=None, reason=None)
    return _comparable_content(run) == _comparable_content(recorded)


def last_record(runs: Iterable[Run], identity: str) -> Run | None:
    """The last in the chain of a run's records, of which each corrects the one before; None where there is none."""
    family = {run.record: run for run in runs if run.identity == identity}
    corrected = {run.corrects for run in family.values()}
    return next((family[name] for name in sorted(family) if name not in corrected), None)


def _comparable_content(run: Run) -> dict[str, object]:
    """A run's record without the file it was read from: a log converted or packed again is the same run.

    Nor is compared what earlier readers did not take: a log that one of them recorded is the same run, too, in either
    version of the format.
    """
    members = record_members(run)
    added = {"source_sha256", "reason", *ADDED_MEMBERS}
    return {name: value for name, value in members.items() if name not in added} | {
        "protocol": {name: value for name, value in members.get("protocol", {}).items() if name not in ADDED_PROTOCOL},
        "tallies": {name: column for name, column in members["tallies"].items() if name not in ADDED_COLUMNS},
    }


def _outcomes(names: list[str], present: set[str]) -> tuple[Outcome, ...]:
    stored = set(present)
    outcomes = []
    for name in names:
        outcomes.append(Outcome.PRESENT if name in stored else Outcome.ADDED)
        stored.add(name)
    return tuple(outcomes)


def _check_identities(index: RecordIndex, added: dict[str, IndexEntry]) -> None:
    """Of one run there is one record, and then a chain of corrections. Raises RecordError."""
    families = {entry.identity: dict(index.corrections_by_record(entry.identity)) for entry in added.values()}
    for name, entry in added.items():
        families[entry.identity][name] = entry.corrects
    for name in sorted(name for name in added if name not in index):
        identity, corrects = added[name]
        others = {other: theirs for other, theirs in families[identity].items() if other != name}
        rival = next((other for other, theirs in sorted(others.items()) if theirs == corrects), None)
        if rival is not None:
            subject = f"one run identity with different content: {rival} is its record"
            latest = _last_correction(others, rival)
            remedy = f"where it was scored again, correct it: auditor ingest --correct {latest} --reason WHY LOG"
            raise RecordError(subject, where=f"run {identity}", remedy=remedy)
        if corrects is not None and corrects not in others:
            remedy = f"name one of its records: {', '.join(sorted(others))}" if others else "record the run without it"
            raise RecordError(
                f"{corrects} is no record of it", where=f"run {identity}", field="corrects", remedy=remedy
            )


def _last_correction(family: dict[str, str | None], name: str) -> str:
    """The end of the chain of corrections that goes through `name`."""
    correction = next((other for other, corrects in sorted(family.items()) if corrects == name), None)
    return name if correction is None else _last_correction(family, correction)


def _read_bytes(read: Callable[[str], bytes | None], path: str) -> bytes:
    data = read(path)
    if data is None:
        raise RecordError("is missing", where=path, remedy=RESTORE)
    return data


def _is_visible(path: str) -> bool:
    return not PurePosixPath(path).name.startswith(".")
