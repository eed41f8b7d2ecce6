"""Evaluation records on disk: an unordered set of immutable files, one a run, each named by its content.

<store>/records/ab/<sha256>.json    a run, canonical JSON
<store>/items/<sha256>.json         an item manifest, which many runs share
<store>/samples/<sha256>.json       how each sample of a run was judged, which labels are joined by
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.model.raw_run import RawRun
from auditor.model.run import Run
from auditor.store import durable
from auditor.store.codec import LATER, LATER_COLUMNS, decode, decode_items, encode
from auditor.store.durable import RESTORE
from auditor.store.known import Entry, Known
from auditor.store.places import item_path, name_in, record_path, records_folder
from auditor.store.samples import KIND as SAMPLES
from auditor.store.staged import Staged, together

if TYPE_CHECKING:  # a tree is only named here, and its module loads GitPython
    from auditor.git import Tree

__all__ = ["Outcome", "RecordStore", "encode", "identity_of", "load", "record_id"]


# The record's bytes, and its item manifest's.
_File = tuple[bytes, bytes | None]
# How many files are open at once.
_AT_ONCE = 256


class Outcome(StrEnum):
    """What became of a run that was added."""

    ADDED = "added"
    PRESENT = "present"


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
        where = item_path(store_path, name)
        return decode_items(_bytes_at(tree.read, where), name, where)

    found = sorted(
        (name_in(path, store_path), path) for path in tree.list(records_folder(store_path)) if _is_visible(path)
    )
    return tuple(decode(_bytes_at(tree.read, path), name, path, manifest) for name, path in found)


class _Overtaken(Exception):
    """Another writer recorded one of the runs while this one was about to."""


class RecordStore:
    """The store at `store_path` under the folder `root`, for writing; a dry run does everything but write."""

    def __init__(self, root: Path, store_path: str, *, dry_run: bool = False) -> None:
        self._root = root
        self._store = store_path
        self._known = Known(root, store_path)
        self._folders: set[Path] = set()
        self._put_before: set[str] = set()
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
        while True:
            with contextlib.suppress(_Overtaken), durable.refused_as_record_error(self._root / self._store):
                return self._added(runs, own, files, samples)

    def _added(
        self, runs: Sequence[Run], own: list[str], files: Sequence[_File], samples: Mapping[str, bytes]
    ) -> tuple[Outcome, ...]:
        self._known.look_once()
        names = self._settle(runs, own, files)
        present = {name for name in names if name in self._known}
        written = {name: file for name, file in zip(own, files, strict=True) if name in names}

        def still_so() -> None:
            """What others recorded in the meantime may forbid it, or be the same run under another name."""
            self._known.look()
            if self._settle(runs, own, files) != names:
                raise _Overtaken
            present.clear()
            present.update(name for name in names if name in self._known)

        self._write_samples([run for name, run in zip(own, runs, strict=True) if name in written], samples)
        self._write(written, still_so)
        for name, run in zip(names, runs, strict=True):
            self._known.note(name, Entry(run.identity, run.corrects), on_disk=not self._dry_run)
        return _outcomes(names, present)

    def _settle(self, runs: Sequence[Run], own: list[str], files: Sequence[_File]) -> list[str]:
        """The names under which the runs are recorded. Raises RecordError for one that may not be."""
        names = [self._known_as(name, run, file) for name, run, (file, _) in zip(own, runs, files, strict=True)]
        added = {name: Entry(run.identity, run.corrects) for name, run in zip(names, runs, strict=True)}
        _check_identities(self._known, added)
        return names

    def _known_as(self, name: str, run: Run, record: bytes) -> str:
        """The record's own name; or that of another with the same run in it, read from another file of the same log."""
        rivals = sorted(self._known.family(run.identity))
        if not rivals or name in rivals:
            return name
        mine = _without_source(record)
        return next((other for other in rivals if _without_source(self._bytes_of(other)) == mine), name)

    def _bytes_of(self, name: str) -> bytes:
        return self._unwritten.get(name) or (self._root / record_path(self._store, name)).read_bytes()

    def _write_samples(self, runs: list[Run], samples: Mapping[str, bytes]) -> None:
        """Before the records that name them, as items are."""
        named = {run.samples for run in runs if run.samples is not None}
        missing = [name for name in sorted(named - samples.keys()) if not self._has(SAMPLES.path(self._store, name))]
        if missing:
            where = SAMPLES.path(self._store, missing[0])
            raise RecordError("is missing, and a run names it", where=where, remedy="record the run with its samples")
        if not self._dry_run:
            self._put({SAMPLES.path(self._store, name): samples[name] for name in sorted(named & samples.keys())})

    def _has(self, path: str) -> bool:
        return (self._root / path).is_file()

    def _write(self, files: dict[str, _File], may: Callable[[], None]) -> None:
        """Items first, and synced, so that no record ever refers to items that a crash took."""
        if self._dry_run:
            self._unwritten |= {name: record for name, (record, _) in files.items()}
            return
        manifests = {canonical.sha256(items): items for _, items in files.values() if items is not None}
        self._put({item_path(self._store, name): items for name, items in manifests.items()})
        self._put({record_path(self._store, name): record for name, (record, _) in files.items()}, may)

    def _put(self, files: Mapping[str, bytes], may: Callable[[], None] = lambda: None) -> None:
        """Writes files that are named by their content, all of them or none unless the disk refuses.

        What this process has put there before is there. `may` is asked under the lock, and raises what forbids it.
        """
        new = {
            self._root / path: data
            for path, data in files.items()
            if path not in self._put_before or not self._has(path)
        }
        durable.make_folders(self._root, {path.parent for path in new}, self._folders)
        if len(new) <= _AT_ONCE:
            with Staged(new) as staged:
                with durable.locked(self._root):
                    may()
                    staged.name_them()
                staged.sync()
        else:
            with durable.locked(self._root):
                may()
                for portion in _portions(new):
                    with Staged(portion) as staged:
                        staged.name_them()
            together(durable.sync_folder, {path.parent for path in new})
        self._put_before.update(path for path in files if not path.startswith(records_folder(self._store)))


def _portions(files: Mapping[Path, bytes]) -> Iterator[dict[Path, bytes]]:
    every = list(files.items())
    for start in range(0, len(every), _AT_ONCE):
        yield dict(every[start : start + _AT_ONCE])


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


def _check_identities(known: Known, added: dict[str, Entry]) -> None:
    """Of one run there is one record, and then a chain of corrections. Raises RecordError."""
    families = {entry.identity: dict(known.family(entry.identity)) for entry in added.values()}
    for name, entry in added.items():
        families[entry.identity][name] = entry.corrects
    for name in sorted(name for name in added if name not in known):
        identity, corrects = added[name]
        others = {other: theirs for other, theirs in families[identity].items() if other != name}
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


def _is_visible(path: str) -> bool:
    return not PurePosixPath(path).name.startswith(".")
