"""JSON from outside."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.strict_json import QUICK_BYTES, JsonError, JsonLimits, parse_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_reads_what_json_writes(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "document", [b'["Infinity", 1]', b'["\\ud800", {"a": "a"}]', b"[-0, -0.0, 1E5, 123456789012345678901234567890]"]
)
def test_reads_what_only_one_of_its_parsers_takes(document: bytes) -> None:
    assert repr(parse_json(document)) == repr(json.loads(document))


@pytest.mark.parametrize(
    "document",
    [
        b'{"b": ":", "a": 1, "a": ":"}',
        b'[{"a": {"b": 1, "b": 2}}, ":", "\\":", "[:]"]',
        b'{"a": {"c": 1}, "\\u0061": 2}',
        b'{"": {}, "": {}}',
        b"[" + b'"' + b"x" * QUICK_BYTES + b'", {"a": 1, "a": 1}]',
    ],
)
def test_a_key_that_stands_twice_is_found_wherever_it_is(document: bytes) -> None:
    with pytest.raises(JsonError, match="twice"):
        parse_json(document)


@given(VALUES)
@settings(max_examples=50, deadline=None)
def test_every_prefix_of_an_object_is_refused(value: object) -> None:
    document = json.dumps({"value": value}).encode()
    for end in range(len(document)):
        with pytest.raises(JsonError):
            parse_json(document[:end])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b'{"a": 1, "a": 2}', "has the key 'a' twice"),
        (b'{"a": 1e400}', "has the number 1e400, which is too large"),
        (b"[Infinity]", "has the number Infinity"),
        (b"[-Infinity]", "has the number -Infinity"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b'{"a":', "not JSON at line 1, column 6 (Expecting value)"),
        (b"[" * 101 + b"]" * 101, "nested deeper than 100 levels"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested deeper than 100 levels"),
        (b"[" * 100_000, "nested deeper than 100 levels"),
        (b"[1" + b"0" * 5000 + b"]", "holds a whole number too long to read"),
    ],
)
def test_refuses(document: bytes, message: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse_json(document)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "document", [b"[" * 100 + b"]" * 100, b"[" + b"[]," * 500 + b"[]]", json.dumps("[" * 500 + '\\"{').encode()]
)
def test_takes_what_only_looks_deep(document: bytes) -> None:
    assert parse_json(document) == json.loads(document)


def test_bounds_strings_and_values() -> None:
    limits = JsonLimits(string=10, values=5)
    assert parse_json(b'["0123456789"]', limits) == ["0123456789"]
    with pytest.raises(JsonError, match="a string longer than 10 bytes"):
        parse_json(b'["01234567890"]', limits)
    with pytest.raises(JsonError, match="more than 5 values"):
        parse_json(b"[1,2,3,4,5,6]", limits)


def test_reads_nan_and_a_byte_order_mark() -> None:
    value = parse_json(b"\xef\xbb\xbfNaN")
    assert isinstance(value, float)
    assert math.isnan(value)


def test_strings_that_run_over_blocks() -> None:
    value = ["[" * 700_000, {"]" * 900_000: '"[{' * 300_000}, "\\" * 400_000]
    document = json.dumps(value).encode()
    assert parse_json(document) == value
    with pytest.raises(JsonError, match="a string longer than 899,999 bytes"):
        parse_json(document, JsonLimits(string=899_999))
    assert parse_json(document, JsonLimits(string=1_200_000, depth=2, values=6)) == value


def test_bounds_the_quotes() -> None:
    with pytest.raises(JsonError, match="more than 5 values"):
        parse_json(b'""' * 11, JsonLimits(values=5))
