"""CSV and TSV: each row is a statement, its cells joined as in a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from auditor.clauses.file_formats.interface import FileContent, FileFormat, Row, UnreadTextError, make_statement
from auditor.model.clause import ClauseKind

_MAX_CELL = 10 * 2**20
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def _read(text: str) -> FileContent:
    statements, line = [], 0
    for row in _read_rows(text, text.partition("\n")[0]):
        if row.words:
            statements.append(make_statement(row.words, line, line + row.lines, ClauseKind.TABLE_ROW))
        line += row.lines
    return FileContent(statements)


def _read_rows(text: str, first: str) -> Iterator[Row]:
    csv.field_size_limit(_MAX_CELL)
    lines = _CountedLines(text)
    reader = csv.reader(lines, delimiter=_delimiter(first), strict=True)
    characters = number = 0
    try:
        for cells in reader:
            words = " | ".join(" ".join(cell.split()) for cell in cells if cell.strip())
            yield Row(lines.characters - characters, reader.line_num - number, words)
            characters, number = lines.characters, reader.line_num
    except csv.Error as error:
        raise UnreadTextError(f"it cannot be read as CSV ({error})") from None


def _delimiter(first: str) -> str:
    """The sign between cells, from the first line."""
    return "\t" if first.count("\t") > first.count(",") else ";" if first.count(";") > first.count(",") else ","


class _CountedLines:
    """The lines of a text, and how many characters of it were taken."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        for match in _LINE.finditer(self._text):
            self.characters = match.end()
            yield match[0]


FORMAT = FileFormat("csv", ("csv", "tsv"), _read, _read_rows)
