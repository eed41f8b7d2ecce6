"""The records on disk, as far as must be known of them to judge another of the same run."""

from __future__ import annotations

import json
import os
import re
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from auditor.errors import RecordError
from auditor.model import canonical
from auditor.store.codec import lineage
from auditor.store.durable import RESTORE
from auditor.store.places import name_in, records_folder

# The members of a canonical record stand in the order of their names. No text can look like one of them, since a quote
# in a text has a backslash before it, and nothing inside of tallies or signals is called by these names.
_TEXT = rb'"(?:[^"\\]|\\.)*"'
_LINEAGE = re.compile(rb'\{"[^\n]*?,"corrects":(null|%s),[^\n]*?,"identity":(%s),[^\n]*\}\n' % (_TEXT, _TEXT))

# A folder that changed this recently may change again without showing it: its time is that of a slow clock's tick.
_TICK = 100_000_000  # nanoseconds


class Entry(NamedTuple):
    """The run's identity, and the record it corrects."""

    identity: str
    corrects: str | None


class Known:
    """The records of a store; looked at again where a folder has changed."""

    def __init__(self, root: Path, store_path: str) -> None:
        self._root = root
        self._store = store_path
        self._stamps: dict[str, int] = {}
        self._shards: dict[str, set[str]] = {}
        self._entries: dict[str, Entry] = {}
        self._families: dict[str, dict[str, str | None]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def family(self, identity: str) -> Mapping[str, str | None]:
        """The records of a run, by name, each with the record it corrects."""
        return self._families.get(identity, {})

    def note(self, name: str, entry: Entry, *, on_disk: bool = True) -> None:
        """Take note of a record."""
        if on_disk:
            self._shards.setdefault(name[:2], set()).add(name)
        self._entries[name] = entry
        self._families.setdefault(entry.identity, {})[name] = entry.corrects

    def look_once(self) -> None:
        """Look, unless that was done before; what came since is seen when the lock is held."""
        if not self._shards:
            self.look()

    def look(self) -> None:
        """Take note of the records that came or went since the last look. Lists by hand: it runs once an `add`.

        Raises RecordError for a file that is no record, or not what its name says.
        """
        records = self._root / records_folder(self._store)
        shards = visible(records)
        for gone in self._shards.keys() - set(shards):
            self._stamps.pop(gone, None)
            self._forget(self._shards.pop(gone))
        for shard in shards:
            stamp = os.stat(f"{records}/{shard}").st_mtime_ns  # noqa: PTH116 - hundreds of them, once an `add`
            if self._stamps.get(shard) != stamp:
                self._look_into(records / shard)
                self._stamps[shard] = stamp if stamp < time.time_ns() - _TICK else 0

    def _look_into(self, shard: Path) -> None:
        before, names = self._shards.get(shard.name, set()), set[str]()
        for file in visible(shard):
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

    def _read(self, shard: str, file: str) -> Entry:
        path = f"{records_folder(self._store)}/{shard}/{file}"
        name = name_in(path, self._store)
        try:
            handle = os.open(f"{self._root}/{path}", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise RecordError("is no record", where=path, remedy=RESTORE) from error
        with os.fdopen(handle, "rb", buffering=0) as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise RecordError("is no record", where=path, remedy=RESTORE)
            data = opened.read()
        return self._lineage(data, name, path)

    def _lineage(self, data: bytes, name: str, path: str) -> Entry:
        """What `lineage` says, without reading the rest where the bytes are as we write them."""
        found = _LINEAGE.fullmatch(data)
        if found is None or canonical.sha256(data) != name:
            return Entry(*lineage(data, name, path))
        corrects, identity = (json.loads(part) for part in found.groups())
        return Entry(identity, corrects)


def visible(folder: Path) -> list[str]:
    """The names in a folder, without hidden ones; none in a folder that is not there."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - names are all that is needed, of thousands
    return [name for name in names if not name.startswith(".")]
