"""Words, stems, and their numbers."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.ngrams import half_overlapping_windows, hash_text, normalised_words, stem
from auditor.clauses.words import split_words

KEY = b"0123456789abcdef"
TEXT = "the assistant waits until the tide has turned"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don’t — “wait”!", ["don", "t", "wait"]),
        ("send_email()", ["send", "email"]),
        ("ﬁle ½ Ⅳ", ["file", "1", "2", "iv"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("a\u200bb\ufeff", ["ab"]),
        ("你好", ["你", "好"]),
        ("—", []),
        ("", []),
    ],
)
def test_plain_words(text: str, expected: list[str]) -> None:
    assert normalised_words(text) == expected


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_fast_way_for_ascii_is_the_same(text: str) -> None:
    expected = split_words(text.replace("_", " "))
    assert normalised_words(text) == [word for word in expected if word.isalnum()]


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_words_of_words_are_the_same(text: str) -> None:
    once = normalised_words(text)
    assert normalised_words(" ".join(once)) == once


@pytest.mark.parametrize(
    "forms",
    [
        "booking bookings booked book books",
        "reply replies replied replying",
        "plan plans planned planning",
        "file files filed filing",
        "box boxes boxed",
        "careful carefully",
        "glass glass",
        "status",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize("word", ["the", "should", "users", "s", "7", "was"])
def test_words_that_tell_nothing_have_no_stem(word: str) -> None:
    assert stem(word) == ""


@pytest.mark.parametrize("pair", ["thing sing", "newt new", "2208 2209", "bus bu", "need ned"])
def test_other_words_have_other_stems(pair: str) -> None:
    name, other = pair.split()
    assert stem(name) != stem(other) or not stem(name)


def test_keyed_numbers_are_the_same_in_every_process_and_for_nobody_else() -> None:
    program = f"from auditor.clauses.ngrams import *; print(sorted(hash_text({TEXT!r}, {KEY!r}).runs))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert printed == {str(sorted(hash_text(TEXT, KEY).runs))}
    assert not hash_text(TEXT, KEY).runs & hash_text(TEXT, KEY[::-1]).runs
    assert all(0 <= number < 2**64 for number in hash_text(TEXT, KEY).runs)
    assert len(hash_text(TEXT, KEY, longest=3).runs) == 6


@pytest.mark.parametrize("key", [b"", b"too short", bytes(65)])
def test_a_key_of_another_size_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        hash_text(TEXT, key)
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        hash_text("harbour", key)


def test_a_fingerprint_knows_runs_and_stems() -> None:
    assert (hash_text(TEXT).length, len(hash_text(TEXT).runs)) == (8, 1)
    assert (hash_text("one two three four").length, hash_text("one two three").length) == (4, 0)
    assert hash_text(TEXT, wording=False).stems == ()
    assert len(hash_text(TEXT * 30).stems) > 1
    assert hash_text("") == hash_text("…")


@given(st.integers(0, 400), st.integers(2, 120))
def test_windows_cover_everything_and_no_window_holds_another(size: int, width: int) -> None:
    found = list(half_overlapping_windows(size, width))
    assert sorted({at for start, stop in found for at in range(start, stop)}) == list(range(size))
    assert all(stop - start <= width for start, stop in found)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(found))
