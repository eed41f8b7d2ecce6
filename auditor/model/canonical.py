"""Canonical JSON, one sequence of bytes for a value: sorted keys, UTF-8, no white space, no NaN, a last newline.

Here, below both, because sources and store write it and may not import each other.
"""

from __future__ import annotations

import hashlib
import json

from auditor.model.strict_json import FINITE

PLACES = 9  # of floats, so that sums in another order come out as the same bytes

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def to_text(value: object) -> str:
    """`value` as canonical text, without the newline. Raises ValueError for NaN or infinity."""
    return _ENCODER.encode(value)


def dumps(value: object) -> bytes:
    """`value` as canonical bytes. Raises ValueError for NaN, infinity, or text that is not Unicode."""
    return to_text(value).encode() + b"\n"


def loads(data: bytes) -> object:
    """The value in `data`. Raises ValueError for malformed JSON, NaN, infinity, duplicate keys or broken Unicode."""
    try:
        value: object = FINITE.decode(data.decode())
        if b"\\u" in data:  # an escape can spell half a character, which only fails when it is written again
            dumps(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def sha256(data: bytes) -> str:
    """The sha256 of `data`, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def rounded(value: float) -> float:
    """`value` to `PLACES` decimal places; never minus zero."""
    return round(float(value), PLACES) + 0.0
