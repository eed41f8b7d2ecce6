"""JSON documents and JSON lines that evaluation tools write, read from disk: bounded in size, strictly typed.

A path comes in, values or typed objects go out; what is wrong is a LogError that names the file, the line and the key.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from auditor.errors import LogError
from auditor.model.canonical import to_text
from auditor.model.strict_json import JsonError, parse_json
from auditor.readers.interface import unreadable_file

REFETCH = "get the log again from its source"
MAX_DOCUMENT_BYTES = 64 * 2**20
MAX_LINES_BYTES = 256 * 2**20
# Samples of one log: what is kept of one takes half a kilobyte, however short its lines.
MAX_SAMPLES = 200_000
Count = Annotated[int, Field(ge=0, le=10**9)]
Name = Annotated[str, Field(min_length=1, max_length=10_000)]
FIRST_KEY = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"([^"\\]{0,200})"\s*:')
# Of an object of a log: strict types, so that a truth value is no number; unknown keys are skipped.
STRICT = ConfigDict(extra="ignore", strict=True, frozen=True, protected_namespaces=())
T = TypeVar("T")


def read_bytes(path: Path, limit: int, remedy: str) -> bytes:
    """A file's bytes. Raises LogError for one that cannot be read or is larger than `limit` bytes."""
    try:
        if path.stat().st_size > limit:
            raise LogError(f"is larger than {limit:,} bytes", where=str(path), remedy=remedy)
        return path.read_bytes()
    except OSError as error:
        raise unreadable_file(path, error) from error


def parse_document(data: bytes, where: object, member: str = "") -> object:
    """A document's value. Raises LogError, naming the archive's member."""
    try:
        return parse_json(data)
    except JsonError as error:
        raise LogError(str(error), where=str(where), field=member, remedy=REFETCH) from error


def iterate_lines(data: bytes, path: Path) -> Iterator[tuple[str, object]]:
    """Where each line stands (`path:line`) and its value; blank lines are skipped. Raises LogError naming the line."""
    for line, text in enumerate(io.BytesIO(data), start=1):
        if text.strip():
            where = f"{path}:{line}"
            yield where, parse_document(text, where)


def validate(
    kind: TypeAdapter[T], value: object, where: object, member: str = "", remedy: str = "give a log Inspect wrote"
) -> T:
    """A value as `kind`. Raises LogError, naming member and key."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in (member, *first["loc"]) if part != "")[:200]
        raise LogError(first["msg"], where=str(where), field=place, remedy=remedy) from error


def first_key(head: bytes) -> str | None:
    """The first key of the object a file begins with; None where it begins otherwise."""
    match = FIRST_KEY.match(head)
    return match[1].decode("ascii", "replace") if match else None


def canonical_text(value: object, where: str, field: str) -> str:
    """A value as canonical JSON text. Raises LogError for a number that is not finite."""
    try:
        return to_text(value)
    except ValueError as error:
        raise LogError("has a number that is not finite", where=where, field=field, remedy="log a number") from error
