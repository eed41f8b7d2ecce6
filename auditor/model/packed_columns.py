"""Columns of numbers, immutable and small: counts in as few bytes as the largest of them needs, measures in eight.

A column holds plain bytes, so that a million item tallies take a few megabytes and not a few hundred. It is a sequence
that is equal to the tuple of its numbers, and numpy reads it without a copy (read-only, by `__array_interface__`).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar, overload

Number = TypeVar("Number", int, float)

# Type codes of `array` for counts, from narrow to wide; each refuses a count that it cannot hold.
_WIDTHS = ("B", "H", "I", "Q")
_DOUBLE = "d"
_ORDER = "<" if struct.pack("=H", 1) == struct.pack("<H", 1) else ">"
_NUMPY_TYPES = {code: f"{_ORDER}{'f' if code == _DOUBLE else 'u'}{array(code).itemsize}" for code in "BHIQd"}


class Column(Sequence[Number], Generic[Number]):
    """Numbers of one width. Made by `pack_counts` and `pack_measures`, which choose the width."""

    __slots__ = ("_code", "_data")

    def __init__(self, code: str, data: bytes) -> None:
        """`code` is a type code of the module `array`; `data` holds the numbers as the machine does."""
        self._code = code
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // array(self._code).itemsize

    def __iter__(self) -> Iterator[Number]:
        return iter(self._numbers())

    @overload
    def __getitem__(self, index: int) -> Number: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Number, ...]: ...
    def __getitem__(self, index: int | slice) -> Number | tuple[Number, ...]:
        view = memoryview(self._data).cast(self._code)  # type: ignore[call-overload]
        return tuple(view[index]) if isinstance(index, slice) else view[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Column) and self._code == other._code:
            return self._data == other._data
        return isinstance(other, Column | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """How numpy reads it (https://numpy.org/doc/stable/reference/arrays.interface.html)."""
        return {"version": 3, "shape": (len(self),), "typestr": _NUMPY_TYPES[self._code], "data": self._data}

    def _numbers(self) -> array[Number]:
        return array(self._code, self._data)


def pack_counts(values: Sequence[int]) -> Sequence[int]:
    """Counts as a column; a tuple of the same where some are no counts below 2**64, for whoever checks them."""
    if isinstance(values, Column):
        return values
    for code in _WIDTHS if {int}.issuperset(map(type, values)) else ():
        with suppress(OverflowError):
            return Column[int](code, array(code, values).tobytes())
    return tuple(values)


def pack_measures(values: Sequence[float]) -> Sequence[float]:
    """Floats as a column; a tuple of the same where some are no floats, for whoever checks them."""
    if isinstance(values, Column):
        return values
    if not {float}.issuperset(map(type, values)):
        return tuple(values)
    return Column[float](_DOUBLE, array(_DOUBLE, values).tobytes())
