"""What a reader of evaluation results is, and how the reader of a file is found.

A reader is a module of this folder with a `READER`; nothing else lists them. Packages that only some logs need are
imported inside of functions.
"""

from __future__ import annotations

import functools
import gc
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

from auditor import readers as folder
from auditor.errors import LogError
from auditor.model.raw_run import RawLabels, RawRun
from auditor.model.suite import LabelRule
from auditor.readers.items import ItemHasher

HEAD_BYTES = 4096
P = ParamSpec("P")
T = TypeVar("T")
# Spark's master where none is given: every core of this machine.
LOCAL_MASTER = "local[*]"


class Engine(StrEnum):
    """What counts the samples of a table; logs need none."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    Attributes:
        ignore_extra: columns a table's contract does not know are skipped, not refused.
        engine: what counts a table.
        master: Spark's.
        addresses: what paths were given as that are addresses in other file systems, which Spark knows.
        progress: told how much of a large table is counted, 0 to 1.
        hasher: what makes the hashes that set the items of a log apart.
        columns: what a table's columns are called, by the name they have in a tidy table (`--map`).
    """

    ignore_extra: bool = False
    engine: Engine = Engine.DUCKDB
    master: str = LOCAL_MASTER
    addresses: Mapping[Path, str] = field(default_factory=dict)
    progress: Callable[[float], None] | None = None
    hasher: ItemHasher = field(default_factory=ItemHasher)
    columns: Mapping[str, str] = field(default_factory=dict)


DEFAULT_OPTIONS = ReadOptions()


def without_garbage_collection(read: Callable[P, T]) -> Callable[P, T]:
    """The same, without the search for garbage meanwhile.

    A reader makes millions of objects and no cycles of them; Python's collector would go through all there are again
    and again while they are made, which takes as long as the reading does.
    """

    @functools.wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        enabled = gc.isenabled()
        gc.disable()
        try:
            return read(*args, **kwargs)
        finally:
            if enabled:
                gc.enable()

    return reading


class Reader(Protocol):
    """One kind of result file.

    Attributes:
        name: what `RawRun.source` says.
        kinds: the files it reads, for messages.
    """

    name: str
    kinds: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether a file is of this kind, by its name and its first `HEAD_BYTES` bytes."""

    def read(self, path: Path, options: ReadOptions) -> tuple[RawRun, ...]:
        """The runs of a file. Raises LogError or TableError."""


@runtime_checkable
class LabelReader(Protocol):
    """A reader whose files hold labels of samples, and no runs of their own."""

    def labels(self, path: Path, rules: Mapping[str, LabelRule], registry: str) -> tuple[RawLabels, ...]:
        """The labels of a file, by scanner's rule; `registry` is the file that declares them, for messages.

        Raises LogError for a scanner that is not declared; LogError or TableError for a bad file.
        """


def all_readers() -> tuple[Reader, ...]:
    """Every reader, by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    modules = [importlib.import_module(f"{folder.__name__}.{name}") for name in names]
    return tuple(module.READER for module in modules if hasattr(module, "READER"))


def is_table_folder(path: Path) -> bool:
    """Whether a folder is one table, as Spark and others write them: `name.parquet/` with the parts in it."""
    return path.suffix == ".parquet" and path.is_dir()


def find_reader(path: Path) -> Reader | None:
    """The reader that recognises a file; None if none does. Raises LogError for one that cannot be opened or is cut."""
    if is_table_folder(path):
        return next((reader for reader in all_readers() if reader.recognises(path, b"")), None)
    if path.exists() and not path.is_file():
        raise LogError("is no regular file", where=str(path), remedy="give a file, or a folder of files")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise unreadable_file(path, error) from error
    reader = next((reader for reader in all_readers() if reader.recognises(path, head)), None)
    if reader is None and path.suffix == ".json" and _is_truncated(head):
        subject = "is cut short before it says what it is" if head.strip() else "is empty"
        raise LogError(subject, where=str(path), remedy="get the log again from its source")
    return reader


def _is_truncated(head: bytes) -> bool:
    """Whether the beginning of a file is all of it, and ends inside of an object."""
    text = head.removeprefix(b"\xef\xbb\xbf").strip()
    return not text or (len(head) < HEAD_BYTES and text.startswith(b"{") and not text.endswith(b"}"))


def reader_for(path: Path) -> Reader:
    """The reader that recognises a file. Raises LogError naming the known kinds if none does."""
    if reader := find_reader(path):
        return reader
    name = "; ".join(reader.kinds for reader in all_readers())
    raise LogError("no evaluation log or table of a known kind", where=str(path), remedy=f"known are: {name}")


def unreadable_file(path: Path, error: OSError) -> LogError:
    """The error for a file the operating system does not give."""
    return LogError(f"cannot be read: {error.strerror or error}", where=str(path), remedy="check the path and its mode")
