"""The files of a table: which they are, their sha256, and lines of CSV and JSON Lines as cells, each with the line
it begins on.

Raises TableError for a folder that is no table, a row that is not well formed, and files that change while they are
read.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TextIO

from auditor.errors import TableError
from auditor.model.strict_json import JsonError, JsonLimits, parse_json
from auditor.readers.interface import unreadable_file
from auditor.readers.tables.columns import Cells

# Which files a table is, and the sha256 it goes by.


FORMATS = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl"}


def table_format(path: Path) -> str | None:
    """How a table's cells are written, by its name; None for a name that says nothing."""
    return FORMATS.get(path.suffix)


def table_files(path: Path) -> tuple[Path, ...]:
    """The files of a table on this machine: itself, or all of its format below a folder, by name.

    Hidden ones and those that begin with an underscore are not part of it, as Spark has it, and neither are links.
    Raises TableError for a folder that holds none, and for folders named by a value, whose column no file has.
    """
    if not path.is_dir():
        return (path,)
    paths = tuple(sorted(_walk_folder(path)))
    formats = {file.suffix for file in paths}
    if len(formats) != 1:
        subject = "holds files of several formats" if formats else "holds no files of a table"
        raise TableError(subject, where=str(path), remedy="give a folder of .parquet or of .csv files")
    return paths


def _walk_folder(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        named = next((name for name in folders if "=" in name), None)
        if named is not None:
            subject, remedy = (
                "is a partition, and what its name says is in no column",
                "write the table without partitions",
            )
            raise TableError(subject, where=str(Path(at, named)), remedy=remedy)
        files = (Path(at, name) for name in names if not name.startswith((".", "_")))
        yield from (file for file in files if file.suffix in FORMATS and file.is_file() and not file.is_symlink())


def table_sha256(path: Path, files: Iterable[Path]) -> str:
    """What a table goes by: of its bytes for a file; for a folder, see `sha256_of_parts`."""
    try:
        if not path.is_dir():
            return _file_sha256(path)
        return parts_sha256([(file.relative_to(path).as_posix(), _file_sha256(file)) for file in files])
    except OSError as error:
        raise unreadable_file(path, error) from error


def parts_sha256(parts: Iterable[tuple[str, str]]) -> str:
    """The sha256 of a folder: over names relative to it and the sha256 of each file in hex, sorted, each with its
    length in bytes before it (8 bytes, big-endian)."""
    words = [word.encode(errors="surrogateescape") for part in sorted(parts) for word in part]
    return hashlib.sha256(b"".join(len(word).to_bytes(8, "big") + word for word in words)).hexdigest()


def remote_sha256(root: str, hashes: list[tuple[str, str]]) -> str:
    """The same for files at an address, as their engine hashed them."""
    names = [name for name, _ in hashes]
    if len(hashes) == 1 and names[0].endswith(PurePosixPath(root).name):
        return hashes[0][1]
    folder = PurePosixPath(root).name
    return parts_sha256([(name.rpartition(f"/{folder}/")[2], sha) for name, sha in hashes])


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def require_unchanged(path: Path, files: tuple[Path, ...]) -> Iterator[None]:
    """Raises TableError when files are other ones at the end than at the beginning."""
    before = _file_states(path, files)
    yield
    if _file_states(path, files) != before:
        raise TableError("was written to while it was read", where=str(path), remedy="run the command again")


def _file_states(path: Path, files: tuple[Path, ...]) -> list[tuple[int, int, int]]:
    try:
        return [(state.st_ino, state.st_size, state.st_mtime_ns) for state in map(os.stat, files)]
    except OSError as error:
        raise unreadable_file(path, error) from error


def table_bytes(files: Iterable[Path]) -> int:
    """The size of a table's files. Raises OSError."""
    return sum(file.stat().st_size for file in files)


# Lines of CSV and JSON Lines as cells: strictly, and each with the line it begins on.


CELL_CHARACTERS = 10_000_000
# Prompts may be longer than the 128 KiB a cell may hold by default.
csv.field_size_limit(CELL_CHARACTERS)
ROW_LIMITS = JsonLimits(string=CELL_CHARACTERS, depth=2, values=10_000)
# What may stand between the cells of a line; the first of those that are in a header equally often.
DELIMITERS = ",;\t"
MAX_BLANK_LINES = 1_000
_QUOTED = re.compile('"[^"]*"')
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_jsonl(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[int, Cells]]:
    """Line and values of every object; null is an absent one. Raises TableError naming the line."""
    for line, text in enumerate(lines, start=1):
        content = text.removeprefix(BYTE_ORDER_MARK) if line == 1 else text
        if not content.strip():
            continue
        try:
            row = parse_json(content.strip(), ROW_LIMITS)
        except JsonError as error:
            remedy = "write one JSON object a line"
            raise TableError(str(error), where=f"{path}:{line}", remedy=remedy) from error
        if not isinstance(row, Mapping):
            raise TableError("is no object", where=f"{path}:{line}", remedy="write one JSON object a line")
        yield line, row


@dataclass(frozen=True, slots=True)
class CsvHeader:
    """The header of a CSV file.

    Attributes:
        names: of its columns, as they are written, each once.
        line: where it begins, from 1.
        lines: how many lines there are down to its end.
        delimiter: what stands between the cells.
    """

    names: tuple[str, ...]
    line: int
    lines: int
    delimiter: str


def read_csv_header(path: Path) -> CsvHeader:
    """The header of a CSV file. Raises TableError for a file that cannot be read, and for two columns of one name."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            delimiter = _find_delimiter(file)
            counted = _LineCounter(file)
            line, names = next(_iterate_csv(path, counted, delimiter), (1, []))
    except OSError as error:
        raise unreadable_file(path, error) from error
    return CsvHeader(tuple(_check_header(names, f"{path}:{line}")), line, counted.lines, delimiter)


def _find_delimiter(file: TextIO) -> str:
    """What stands between the cells of the first line that is not blank; the file is at its beginning again."""
    beginning = next((text for line in islice(file, MAX_BLANK_LINES) if (text := line.strip("\r\n"))), "")
    file.seek(0)
    plain = _QUOTED.sub("", beginning)
    return max(DELIMITERS, key=plain.count)


def read_rows(path: Path) -> Iterator[tuple[int, Cells]]:
    """Line and cells of every row of a file of text, strictly; the header is none, and blank lines are none.

    Raises TableError for a row that is not well formed, naming its line.
    """
    try:
        if path.suffix == ".jsonl":
            with path.open("rb") as file:
                yield from read_jsonl(path, file)
            return
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            rows = _iterate_csv(path, text, _find_delimiter(text))
            line, names = next(rows, (1, []))
            header = _check_header(names, f"{path}:{line}")
            for line, cells in rows:
                yield line, _name_cells(cells, header, f"{path}:{line}")
    except OSError as error:
        raise unreadable_file(path, error) from error


def read_row(path: Path, index: int) -> tuple[int, Cells]:
    """Line and cells of a file's row, counted from 0, without holding the others.

    Raises TableError as `read_rows` does, also for a row before it, and for a file that has fewer.
    """
    row = next(islice(read_rows(path), index, None), None)
    if row is None:
        raise TableError("was written to while it was read", where=str(path), remedy="run the command again")
    return row


def row_lines(path: Path, indexes: Collection[int]) -> dict[int, int]:
    """The lines that rows of a file of text begin on, by the rows' numbers from 0. Raises what `read_rows` raises."""
    rows = islice(read_rows(path), max(indexes, default=-1) + 1)
    return {index: line for index, (line, _) in enumerate(rows) if index in indexes}


class _LineCounter:
    """The lines of a file, counted as they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.lines = 0

    def __iter__(self) -> _LineCounter:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.lines += 1
        return line


def _iterate_csv(path: Path, lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins on."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                _check_utf8(cells, f"{path}:{line}")
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "quote cells as RFC 4180 has it"
        raise TableError(f"is no CSV ({error})", where=f"{path}:{line}", remedy=remedy) from error


def _check_utf8(cells: Iterable[str], where: str) -> None:
    if any("\udc80" <= character <= "\udcff" for cell in cells if not cell.isascii() for character in cell):
        raise TableError("is not UTF-8", where=where, remedy="save the table as UTF-8")


def _check_header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name, count in Counter(names).items():
        if count > 1:
            raise TableError("is the name of two columns", where=where, field=name[:80], remedy="keep one of them")
    return names


def _name_cells(cells: list[str], header: list[str], where: str) -> Cells:
    if len(cells) != len(header):
        subject = f"has {len(cells)} cells, the header {len(header)}"
        raise TableError(subject, where=where, remedy="quote cells that hold commas or line ends")
    return dict(zip(header, cells, strict=True))
