"""Canonical JSON, one sequence of bytes for a value: sorted keys, UTF-8, no white space, no NaN, a last newline."""

from __future__ import annotations

import hashlib
import json
from typing import NoReturn

PLACES = 9  # of floats, so that sums in another order come out as the same bytes

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def dumps(value: object) -> bytes:
    """`value` as canonical bytes. Raises ValueError for NaN, infinity, or text that is not Unicode."""
    return _ENCODER.encode(value).encode() + b"\n"


def loads(data: bytes) -> object:
    """The value in `data`. Raises ValueError for malformed JSON, NaN, infinity, duplicate keys or broken Unicode."""
    try:
        value: object = _DECODER.decode(data.decode())
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


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"duplicate key {next(key for key in keys if keys.count(key) > 1)!r}")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
