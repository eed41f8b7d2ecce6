"""Lines of CSV and JSON Lines as cells: strictly, and each with the line it begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from auditor.errors import TableError
from auditor.model.strict_json import JsonError, JsonLimits, parse_json
from auditor.sources.runs.interface import unreadable
from auditor.sources.runs.table_columns import Cells

CELL_CHARACTERS = 10_000_000
# Prompts may be longer than the 128 KiB a cell may hold by default.
csv.field_size_limit(CELL_CHARACTERS)
ROW_LIMITS = JsonLimits(string=CELL_CHARACTERS, depth=2, values=10_000)
MARK = b"\xef\xbb\xbf"


def csv_cells(path: Path, data: bytes) -> Iterator[tuple[int, Cells]]:
    """Line and cells of every row; an empty cell is an absent one. Raises TableError naming the line."""
    rows = _csv_rows(path, io.StringIO(_text(path, data), newline=""))
    line, names = next(rows, (1, []))
    header = _header(names, f"{path}:{line}")
    for line, cells in rows:
        yield line, _named(cells, header, f"{path}:{line}")


def jsonl_cells(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[int, Cells]]:
    """Line and values of every object; null is an absent one. Raises TableError naming the line."""
    for line, text in enumerate(lines, start=1):
        content = text.removeprefix(MARK) if line == 1 else text
        if not content.strip():
            continue
        try:
            row = parse_json(content, ROW_LIMITS)
        except JsonError as error:
            remedy = "write one JSON object a line"
            raise TableError(str(error), where=f"{path}:{line}", remedy=remedy) from error
        if not isinstance(row, Mapping):
            raise TableError("is no object", where=f"{path}:{line}", remedy="write one JSON object a line")
        yield line, row


def csv_header(path: Path) -> tuple[tuple[str, ...], int]:
    """The names of a CSV file's columns, and the lines down to the end of the header.

    Raises TableError for a file that cannot be read, and for two columns of one name.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            counted = _Counted(file)
            line, names = next(_csv_rows(path, counted), (1, []))
    except OSError as error:
        raise unreadable(path, error) from error
    header = _header(names, f"{path}:{line}")
    return tuple(header), counted.lines


def record_at(path: Path, index: int) -> tuple[int, Cells]:
    """Line and cells of a file's row, counted from 0, without holding the others.

    Raises TableError as the readers do for a row that is not well formed, and for a file that has fewer.
    """
    try:
        if path.suffix == ".jsonl":
            return _line_at(path, index)
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = _csv_rows(path, file)
            _, names = next(rows, (1, []))
            found = next(islice(rows, index, None), None)
            if found is None:
                raise _gone(path)
            return found[0], _named(found[1], [name.strip() for name in names], f"{path}:{found[0]}")
    except OSError as error:
        raise unreadable(path, error) from error


class _Counted:
    """The lines of a file, counted as they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.lines = 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.lines += 1
        return line


def _line_at(path: Path, index: int) -> tuple[int, Cells]:
    with path.open("rb") as file:
        lines = ((line, text) for line, text in enumerate(file, start=1) if text.removeprefix(MARK).strip())
        found = next(islice(lines, index, None), None)
    if found is None:
        raise _gone(path)
    line, text = found
    try:
        [(_, cells)] = jsonl_cells(path, [text])
    except TableError as error:
        raise TableError(error.what, where=f"{path}:{line}", remedy=error.remedy) from error
    return line, cells


def _gone(path: Path) -> TableError:
    return TableError("was written to while it was read", where=str(path), remedy="run the command again")


def _csv_rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins on."""
    reader = csv.reader(lines, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        remedy = "quote cells as RFC 4180 has it"
        raise TableError(f"is no CSV ({error})", where=f"{path}:{line}", remedy=remedy) from error


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if names.count(name) > 1:
            raise TableError("is the name of two columns", where=where, field=name[:80], remedy="keep one of them")
    return names


def _named(cells: list[str], header: list[str], where: str) -> Cells:
    if len(cells) != len(header):
        what = f"has {len(cells)} cells, the header {len(header)}"
        raise TableError(what, where=where, remedy="quote cells that hold commas or line ends")
    return dict(zip(header, cells, strict=True))


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError("is not UTF-8", where=f"{path}:{line}", remedy="save the table as UTF-8") from error
