"""JSON as auditor accepts it from outside: bounded before it is parsed, and without what JSON leaves undefined."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b"[]{},")
NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b'[]{}"')
AS_SQUARE = bytes.maketrans(b"{}", b"[]")

BLOCK = 2**20


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
    _check_bounds(data, limits)
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


def _check_bounds(data: bytes, limits: JsonLimits) -> None:
    """Refuse what would cost memory out of proportion, with operations that run over the bytes at C speed."""
    text = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    if len(text) <= min(limits.string, limits.values):
        # It has no more values, and no longer strings, than it has bytes.
        brackets = _brackets(text) if text.count(b"[") + text.count(b"{") > limits.depth else b""
    else:
        brackets = _checked_outline(text, limits)
    if _deeper_than(limits.depth, brackets):
        raise JsonError(f"nested deeper than {limits.depth} levels")


def _brackets(text: bytes) -> bytes:
    """Of JSON without escapes: the brackets outside of strings, as square ones."""
    # Two quotes in a row, whichever strings they belong to, leave inside what is inside.
    quoted = text.translate(AS_SQUARE, NOT_BRACKETS).replace(b'""', b"")
    return b"".join(quoted.split(b'"')[::2])


def _checked_outline(text: bytes, limits: JsonLimits) -> bytes:
    """The same, of a document that may hold too much."""
    # Every value may have a key, and every string has two quotes.
    if text.count(b'"') > 4 * limits.values:
        raise JsonError(f"holds more than {limits.values:,} values")
    longest, structure = _outline(text)
    if longest > limits.string:
        raise JsonError(f"holds a string longer than {limits.string:,} bytes")
    if structure.count(b",") + structure.count(b"[") > limits.values:
        raise JsonError(f"holds more than {limits.values:,} values")
    return structure.replace(b",", b"")


def _outline(text: bytes) -> tuple[int, bytes]:
    """Of JSON without escapes: the longest string's length, and brackets (as square ones) and commas outside of any."""
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
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"has the key {twice!r:.80} twice")
    return made


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonError(f"has the number {text:.40}, which is too large")
    return number


def _constant(text: str) -> float:
    if text != "NaN":
        raise JsonError(f"has the number {text}")
    return math.nan


# One for all documents: to make it takes longer than to read a short one.
DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_constant)
