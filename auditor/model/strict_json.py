"""JSON as auditor accepts it: without what JSON leaves undefined, and from outside bounded before it is parsed."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic_core import from_json, to_json

NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{},:"')
AS_SQUARE = bytes.maketrans(b"{}", b"[]")

BLOCK = 2**20
# The quick way writes a document out again; of a longer one that would take memory.
QUICK_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """What one document may hold: bytes in a string, levels of nesting, values in all."""

    string: int = 10_000_000
    depth: int = 100
    values: int = 4_000_000


class JsonError(ValueError):
    """A document that is not JSON as auditor accepts it; the message is what is wrong, as a sentence."""


def parse_json(data: bytes, limits: JsonLimits = JsonLimits()) -> object:
    """A document's value. NaN is read as a float, for callers to judge; Infinity is not accepted.

    Raises JsonError for anything else than well-formed UTF-8 JSON within `limits` with unique keys and finite numbers.
    """
    structure = _bounded(data, limits)
    if len(data) <= QUICK_BYTES:
        with suppress(ValueError):
            return _read_quickly(data, structure.count(b":"))
    return _read_exactly(data, limits)


def _read_quickly(data: bytes, pairs: int) -> object:
    """A document's value, by a parser that lets the last of two equal keys stand, and reads any number as a float.

    Raises ValueError for all that might be wrong; whether something is, and what, is for `_read_exactly` to say.
    """
    value: object = from_json(data, cache_strings="keys")
    again = to_json(value, inf_nan_mode="constants")
    if b"Infinity" in again or _structure(_unescaped(again)).count(b":") != pairs:
        raise ValueError("has an infinite number, or a key twice")
    return value


def _read_exactly(data: bytes, limits: JsonLimits) -> object:
    try:
        value: object = DECODER.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"not JSON at line {error.lineno}, column {error.colno} ({error.msg})") from error
    except RecursionError as error:
        raise JsonError(f"nested deeper than {limits.depth} levels") from error
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError("holds a whole number too long to read") from error
    return value


def _bounded(data: bytes, limits: JsonLimits) -> bytes:
    """A document's structure; refuses what would cost memory out of proportion, by operations that run at C speed."""
    text = _unescaped(data)
    # A document has no more values, and no longer strings, than it has bytes.
    structure = _structure(text) if len(text) <= min(limits.string, limits.values) else _checked_outline(text, limits)
    if structure.count(b"[") > limits.depth and _deeper_than(limits.depth, structure.translate(None, b",:")):
        raise JsonError(f"nested deeper than {limits.depth} levels")
    return structure


def _unescaped(data: bytes) -> bytes:
    """A document without the escapes that matter to where its strings end."""
    return data.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in data else data


def _structure(text: bytes) -> bytes:
    """Of JSON without escapes: the brackets (as square ones), commas and colons outside of any string."""
    # Two quotes in a row, whichever strings they belong to, leave inside what is inside.
    quoted = text.translate(AS_SQUARE, NOT_STRUCTURE).replace(b'""', b"")
    return b"".join(quoted.split(b'"')[::2])


def _checked_outline(text: bytes, limits: JsonLimits) -> bytes:
    """The structure of a document that may hold too much."""
    # Every value may have a key, and every string has two quotes.
    if text.count(b'"') > 4 * limits.values:
        raise JsonError(f"holds more than {limits.values:,} values")
    longest, structure = _outline(text)
    if longest > limits.string:
        raise JsonError(f"holds a string longer than {limits.string:,} bytes")
    if structure.count(b",") + structure.count(b"[") > limits.values:
        raise JsonError(f"holds more than {limits.values:,} values")
    return structure


def _outline(text: bytes) -> tuple[int, bytes]:
    """Of JSON without escapes, however long: the longest string's length, and the structure."""
    outside, longest, string, inside = [], 0, 0, False
    for start in range(0, len(text), BLOCK):
        pieces = text[start : start + BLOCK].split(b'"')
        outside.append(b"".join(pieces[inside::2]).translate(AS_SQUARE, NOT_STRUCTURE))
        # A string may run on from block to block.
        lengths = list(map(len, pieces[not inside :: 2]))
        if inside:
            lengths[0] += string
        longest = max(longest, max(lengths, default=0))
        inside ^= len(pieces) % 2 == 0
        string = lengths[-1] if inside else 0
    return longest, b"".join(outside)


def _deeper_than(depth: int, brackets: bytes) -> bool:
    """Whether brackets nest deeper, or open oftener without a close; taking out the innermost pairs lowers by one."""
    for _ in range(depth):
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    return b"[]" in brackets or brackets.count(b"[") > depth


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"has the key {twice!r:.80} twice")
    return document


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonError(f"has the number {text:.40}, which is too large")
    return number


def _no_constant(text: str) -> NoReturn:
    raise JsonError(f"has the number {text}")


def _constant(text: str) -> float:
    return math.nan if text == "NaN" else _no_constant(text)


# One for all documents: to make it takes longer than to read a short one. The second one refuses NaN, too.
DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_constant)
FINITE = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
