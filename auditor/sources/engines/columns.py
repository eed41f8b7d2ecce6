"""The columns of a table as an engine sees them: their kinds, and what names and types rule out before any row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from auditor.errors import TableError
from auditor.sources.engines.statement import Kind
from auditor.sources.runs.table_columns import COLUMNS, check_columns

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("varchar", "string", "void"), Kind.TEXT),
    "json": Kind.JSON,
    **dict.fromkeys(
        ("tinyint", "smallint", "int", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint", "hugeint"),
        Kind.INTEGER,
    ),
    **dict.fromkeys(("float", "double"), Kind.NUMBER),
    "boolean": Kind.TRUTH,
    **dict.fromkeys(("timestamp with time zone",), Kind.MOMENT),
}
# What the two engines call a moment that is a moment everywhere, and one that is not.
MOMENTS = {"duckdb": ("timestamp with time zone", "timestamp"), "spark": ("timestamp", "timestamp_ntz")}


def kinds_of(columns: Iterable[tuple[str, str]], path: Path, engine: str, ignore_extra: bool) -> dict[str, Kind]:
    """The kinds of the columns that are read. Raises TableError for names and types that no tidy table has."""
    types = dict(columns)
    check_columns(frozenset(types), str(path), ignore_extra)
    return {name: _kind(name, types[name], path, engine) for name in sorted(types) if name in COLUMNS}


def _kind(name: str, kind: str, path: Path, engine: str) -> Kind:
    moment, naive = MOMENTS[engine]
    if name == "created" and kind == moment:
        return Kind.MOMENT
    if name == "created" and (kind.startswith(("timestamp", "date")) or kind == naive):
        what = f"is of the type {kind}, whose times have no offset from UTC"
        raise TableError(what, where=str(path), field=name, remedy="write it as a timestamp with time zone")
    if kind.startswith("enum("):
        return Kind.TEXT
    if kind.startswith("decimal("):
        return Kind.NUMBER
    if kind in KINDS and KINDS[kind] is not Kind.MOMENT:
        return KINDS[kind]
    what = f"is of the type {kind:.60}, which no cell of a tidy table has"
    raise TableError(what, where=str(path), field=name, remedy="write it as text, whole numbers or booleans")
