"""Which files a table is, and the sha256 it goes by."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from auditor.errors import TableError
from auditor.sources.runs.interface import unreadable

FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl"}


def format_of(path: Path) -> str | None:
    """How a table's cells are written, by its name; None for a name that says nothing."""
    return FORMATS.get(path.suffix)


def files_of(path: Path) -> tuple[Path, ...]:
    """The files of a table on this machine: itself, or all of its format below a folder, by name.

    Hidden ones and those that begin with an underscore are not part of it, as Spark has it, and neither are links.
    Raises TableError for a folder that holds none, and for folders named by a value, whose column no file has.
    """
    if not path.is_dir():
        return (path,)
    found = tuple(sorted(_walk(path)))
    formats = {file.suffix for file in found}
    if len(formats) != 1:
        what = "holds files of several formats" if formats else "holds no files of a table"
        raise TableError(what, where=str(path), remedy="give a folder of .parquet or of .csv files")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        named = next((name for name in folders if "=" in name), None)
        if named is not None:
            what, remedy = (
                "is a partition, and what its name says is in no column",
                "write the table without partitions",
            )
            raise TableError(what, where=str(Path(at, named)), remedy=remedy)
        files = (Path(at, name) for name in names if not name.startswith((".", "_")))
        yield from (file for file in files if file.suffix in FORMATS and file.is_file() and not file.is_symlink())


def sha256_of(path: Path, files: Iterable[Path]) -> str:
    """What a table goes by: of its bytes for a file; for a folder, see `sha256_of_parts`."""
    try:
        if not path.is_dir():
            return _sha256(path)
        return sha256_of_parts([(file.relative_to(path).as_posix(), _sha256(file)) for file in files])
    except OSError as error:
        raise unreadable(path, error) from error


def sha256_of_parts(parts: Iterable[tuple[str, str]]) -> str:
    """The sha256 of a folder: over names relative to it and the sha256 of each file in hex, sorted, each with its
    length in bytes before it (8 bytes, big-endian)."""
    words = [word.encode(errors="surrogateescape") for part in sorted(parts) for word in part]
    return hashlib.sha256(b"".join(len(word).to_bytes(8, "big") + word for word in words)).hexdigest()


def sha256_at(root: str, hashes: list[tuple[str, str]]) -> str:
    """The same for files at an address, as their engine hashed them."""
    names = [name for name, _ in hashes]
    if len(hashes) == 1 and names[0].endswith(PurePosixPath(root).name):
        return hashes[0][1]
    folder = PurePosixPath(root).name
    return sha256_of_parts([(name.rpartition(f"/{folder}/")[2], sha) for name, sha in hashes])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def unchanged(path: Path, files: tuple[Path, ...]) -> Iterator[None]:
    """Raises TableError when files are other ones at the end than at the beginning."""
    before = _states(path, files)
    yield
    if _states(path, files) != before:
        raise TableError("was written to while it was read", where=str(path), remedy="run the command again")


def _states(path: Path, files: tuple[Path, ...]) -> list[tuple[int, int, int]]:
    try:
        return [(state.st_ino, state.st_size, state.st_mtime_ns) for state in map(os.stat, files)]
    except OSError as error:
        raise unreadable(path, error) from error
