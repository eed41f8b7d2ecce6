"""What a format of files is, and what formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.clauses.formats import Statement, parse_statements
from auditor.model.clause import ClauseKind

ESCAPED_LINES = r"line breaks are written as \n, and a text of several paragraphs is one clause"
"""Why a text whose line breaks are escapes is not read well."""


class UnreadTextError(ValueError):
    """A text cannot be read in its format; the message says why, as a predicate."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """The statements of a file, in order, and why some of them are not read well; "" where all are."""

    statements: Sequence[Statement]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: how many characters and lines it takes, and what it says; "" for nothing."""

    characters: int
    lines: int
    words: str


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format.

    Attributes:
        name: in one word.
        suffixes: the endings of its files, in lower case, without the dot.
        read: the content of a text with LF line ends. Raises UnreadTextError; RecursionError is its caller's to catch.
        read_rows: of a format in rows, each of which is read by itself: the rows of the rest of a file from the
            beginning of a row on, by the file's first line, each read when it is asked for. Raises UnreadTextError.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[str], FileContent]
    read_rows: Callable[[str, str], Iterator[Row]] | None = None


def make_statement(text: str, start: int, stop: int, kind: ClauseKind = ClauseKind.PARAGRAPH) -> Statement:
    """A statement of one block of words; lines from 0, `stop` is the line after the last."""
    return Statement(start, max(stop, start + 1), kind, " ".join(text.split()), ())


def read_prose(text: str, start: int) -> Iterator[Statement]:
    """The statements of Markdown that begins at a line of a file, from 0; its headings open no section there."""
    for statement in parse_statements(text, markdown=True):
        yield replace(statement, start=statement.start + start, stop=statement.stop + start)
