"""CSV and TSV: each row is a statement, its cells joined as in a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from auditor.clauses.file_formats.interface import FileContent, FileFormat, UnreadTextError, make_statement
from auditor.clauses.formats import Statement
from auditor.model.clause import ClauseKind

_MAX_CELL = 10 * 2**20


def _read(text: str) -> FileContent:
    first = text.partition("\n")[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ";" if first.count(";") > first.count(",") else ","
    try:
        return FileContent(list(_rows(text, delimiter)))
    except csv.Error as error:
        raise UnreadTextError(f"it cannot be read as CSV ({error})") from None


def _rows(text: str, delimiter: str) -> Iterator[Statement]:
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    start = 0
    for row in reader:
        words = " | ".join(" ".join(cell.split()) for cell in row if cell.strip())
        if words:
            yield make_statement(words, start, reader.line_num, ClauseKind.TABLE_ROW)
        start = reader.line_num


FORMAT = FileFormat("csv", ("csv", "tsv"), _read)
