"""Members of a record's JSON, held to what they must be; the columns of counts among them."""

from __future__ import annotations

import operator
from typing import Any


class Fault(Exception):
    """What is wrong with a member of a record."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field
        self.what = what


def require(holds: bool, field: str, what: str) -> None:
    """Raises Fault unless it holds."""
    if not holds:
        raise Fault(field, what)


def same_keys(members: dict[str, Any], wanted: set[str], prefix: str) -> None:
    """Raises Fault for the first member that is missing or unknown."""
    for key in sorted(members.keys() ^ wanted):
        raise Fault(prefix + key, "is missing" if key in wanted else "is unknown")


def is_count(value: object) -> bool:
    """Whether it is a whole number from 0."""
    return type(value) is int and value >= 0


def object_of(value: object, field: str) -> dict[str, Any]:
    """An object. Raises Fault."""
    if not isinstance(value, dict):
        raise Fault(field, "is no object")
    return value


def column_of(value: object, length: int, field: str) -> list[Any]:
    """A list of `length` entries. Raises Fault."""
    if not isinstance(value, list) or len(value) != length:
        raise Fault(field, f"is no column of {length}")
    return value


def counts_of(value: object, length: int, field: str) -> tuple[int, ...]:
    """A list of `length` counts. Raises Fault."""
    require(isinstance(value, list) and len(value) == length, field, f"is no column of {length}")
    column: list[int] = value  # type: ignore[assignment]
    require({int}.issuperset(map(type, column)) and min(column, default=0) >= 0, field, "has an entry that is no count")
    return tuple(column)


def at_most(column: tuple[int, ...], bound: tuple[int, ...], field: str) -> None:
    """Raises Fault unless every entry is at most the bound's."""
    require(all(map(operator.le, column, bound)), field, "counts more than there are")
