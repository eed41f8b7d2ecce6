from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.clauses.words import diff_words, split_words

TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(["be ", "not ", "kind", "\n", "  ", ".", "\ud800", "\U0010ffff", "規則"]), max_size=30
    ).map("".join),
)


def side(changes: tuple[tuple[str, str], ...], without: str) -> str:
    return "".join(text for op, text in changes if op != without)


@settings(max_examples=100, deadline=None)
@given(before=TEXTS, after=TEXTS)
def test_a_change_reproduces_both_sides(before: str, after: str) -> None:
    changes = diff_words(before, after)
    assert (side(changes, "insert"), side(changes, "delete")) == (before, after)
    assert all(text for _, text in changes)
    assert all(one[0] != two[0] and (one[0], two[0]) != ("insert", "delete") for one, two in pairwise(changes))


def test_words_change_whole() -> None:
    assert diff_words("You must never lie.", "You should never mislead.") == (
        ("equal", "You "),
        ("delete", "must"),
        ("insert", "should"),
        ("equal", " never "),
        ("delete", "lie"),
        ("insert", "mislead"),
        ("equal", "."),
    )
    assert diff_words("same  text", "same  text") == (("equal", "same  text"),)
    assert diff_words("", "") == ()
    assert diff_words("", "new") == (("insert", "new"),)
    assert diff_words("gone", "") == (("delete", "gone"),)


def test_a_long_text_is_compared_by_sentences_then_words() -> None:
    sentences = [f"Rule {number} holds, always." for number in range(1_000)]
    before = " ".join(sentences)
    after = before.replace("Rule 500 holds", "Rule 500 may hold")
    edits = [change for change in diff_words(before, after) if change[0] != "equal"]
    assert edits == [("delete", "holds"), ("insert", "may hold")]


def test_a_text_with_more_words_than_symbols_in_a_plane_is_compared() -> None:
    before = " ".join(f"w{number}" for number in range(70_000))
    changes = diff_words(before, before[:-1] + "x")
    assert (side(changes, "insert"), side(changes, "delete")) == (before, before[:-1] + "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't LIE, ever", ["don", "t", "lie", "ever"]),
        ("規則です", ["規", "則", "で", "す"]),
        ("?! --", ["?!", "--"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert split_words(text) == expected


def _changed_signs(before: str, after: str) -> int:
    parts = diff_words(before, after)
    assert "".join(text for op, text in parts if op != "insert") == before
    assert "".join(text for op, text in parts if op != "delete") == after
    return sum(len(text) for op, text in parts if op != "equal")


@pytest.mark.parametrize("vocabulary", [7, 3000])
def test_three_changed_words_of_forty_thousand_are_what_differs(vocabulary: int) -> None:
    words = [f"w{at * at % vocabulary}" for at in range(40_000)]
    after = [*words[:5000], "new", *words[5001:20_000], "other", *words[20_001:33_000], *words[33_001:]]
    assert _changed_signs(" ".join(words), " ".join(after)) < 50


def test_a_long_part_that_goes_from_a_long_paragraph_is_what_differs() -> None:
    words = [f"w{at}" for at in range(20_000)]
    after = words[:5000] + words[9000:]
    assert _changed_signs(" ".join(words), " ".join(after)) < 4000 * 7 + 50
