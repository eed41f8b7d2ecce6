"""JSON, and lines of JSON: each text, number or truth value is a statement, under the name it has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from auditor.clauses.file_formats.interface import (
    ESCAPED_LINES,
    FileContent,
    FileFormat,
    UnreadTextError,
    make_statement,
)
from auditor.clauses.formats import Statement

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[\[\]{}:,]')
_NOT_A_VALUE = frozenset("[]{}:,")


def _read(text: str) -> FileContent:
    try:
        json.loads(text)
    except ValueError as error:
        if not _is_json_lines(text):
            raise UnreadTextError(f"it cannot be read as JSON ({error})") from None
    statements = list(_values(text))
    escaped = re.search(r"(?<!\\)(?:\\\\)*\\n", text) is not None
    return FileContent(statements, ESCAPED_LINES if escaped else "")


def _is_json_lines(text: str) -> bool:
    """Whether each line is a document by itself, of braces or brackets."""
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        return len(lines) > 1 and all(isinstance(json.loads(line), (dict, list)) for line in lines)
    except ValueError:
        return False


def _values(text: str) -> Iterator[Statement]:
    tokens = [(match[0], match.start()) for match in _TOKEN.finditer(text)]
    name, line, at = "", 0, 0
    for (token, start), (following, _) in zip(tokens, [*tokens[1:], ("", 0)], strict=True):
        line += text.count("\n", at, start)
        at = start
        if following == ":":
            name = f"{json.loads(token)}: "
        elif token not in _NOT_A_VALUE:
            value = json.loads(token)
            words = value if isinstance(value, str) else token
            if words.strip():
                yield make_statement(name + words, line, line + 1)
            name = ""
        elif token != ":":
            name = ""


FORMAT = FileFormat("json", ("json", "jsonl", "ndjson"), _read)
