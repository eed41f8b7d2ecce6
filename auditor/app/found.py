"""Which files an ingest reads, and what reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor.errors import LogError
from auditor.sources.runs.interface import Engine, Reader, find_reader, is_table_folder, reader_for
from auditor.sources.runs.table import READER as TABLE


def reader(path: Path, engine: Engine) -> Reader:
    """What reads a file; Spark is given tables only. Raises LogError for a file of no known kind."""
    return TABLE if engine is Engine.SPARK else reader_for(path)


def found(paths: Sequence[Path], engine: Engine) -> tuple[list[Path], list[Path]]:
    """The files to ingest, and those in folders that are of no known kind; for Spark each path is one table."""
    wanted: list[Path] = []
    passed_over: list[Path] = []
    for path in paths:
        if path.is_dir() and not is_table_folder(path) and engine is not Engine.SPARK:
            for file in _walk(path):
                (wanted if _is_wanted(file) else passed_over).append(file)
        else:
            wanted.append(path)
    return wanted, passed_over


def _is_wanted(file: Path) -> bool:
    try:
        return find_reader(file) is not None
    except LogError:
        # It cannot be opened, or is cut short: that is a refusal, not a file of another kind.
        return True


def _walk(folder: Path) -> Iterator[Path]:
    """The regular files below a folder, tables that are folders first; hidden ones and links are left alone."""
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(at, name) for name in folders if is_table_folder(Path(at, name)))
        folders[:] = [name for name in folders if not is_table_folder(Path(at, name))]
        files = (Path(at, name) for name in sorted(names) if not name.startswith("."))
        yield from (file for file in files if file.is_file() and not file.is_symlink())
