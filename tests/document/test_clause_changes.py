"""Word by word: nothing is lost but what is far from a change, and nothing is told twice."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from auditor.document.blocks import Passage, plain, text_of
from auditor.document.clause_changes import describe_rewording, first_words
from auditor.render.terminal import TerminalWriter

MARKS = Console(width=1000, color_system=None, highlight=False, markup=False, emoji=False)
COLOUR = Console(width=1000, color_system="standard", force_terminal=True, highlight=False, markup=False, emoji=False)
VOCABULARY = ("you", "must", "may", "never", "tell", "ask,", "ask.", "the", "a", "log", "office")
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=40)


def passages(before: str, after: str, console: Console) -> list[Text]:
    """The lines of a change."""
    blocks = map(Passage, describe_rewording(before, after))
    return list(TerminalWriter(console, wrap=False).lines(blocks))


def shown(before: str, after: str) -> str:
    """The lines of a change without colour, joined."""
    return "\n".join(text.plain for text in passages(before, after, MARKS))


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS)
def test_both_texts_can_be_read_from_the_marks(before: list[str], after: list[str]) -> None:
    if before == after:
        return
    text = shown(" ".join(before), " ".join(after))
    gone = re.sub(r"\[-(.*?)-\]", r"\1", re.sub(r"\{\+.*?\+\}", " ", text))
    come = re.sub(r"\{\+(.*?)\+\}", r"\1", re.sub(r"\[-.*?-\]", " ", text))
    squeezed = ["".join(side.split()) for side in (gone, come)]
    assert squeezed == ["".join(side) for side in (before, after)]


LONG = " ".join(f"w{number}" for number in range(100))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("You should tell.", "You must tell.", "You [-should-]{+must+} tell."),
        ("Tell us.", "Tell us now.", "Tell us {+now+}."),
        ("Tell us now.", "Tell us.", "Tell us [-now-]."),
        (f"old {LONG}", f"new {LONG}", "[-old-]{+new+} w0 w1 w2 w3 w4 w5 w6 w7 …"),
        (f"{LONG} old", f"{LONG} new", "… w92 w93 w94 w95 w96 w97 w98 w99 [-old-]{+new+}"),
        (
            f"old {LONG} old",
            f"new {LONG} new",
            "[-old-]{+new+} w0 w1 w2 w3 w4 w5 w6 w7 … w92 w93 w94 w95 w96 w97 w98 w99 [-old-]{+new+}",
        ),
        ("one two three", "four five six", "[-one two three-]\n{+four five six+}"),
        ("if x:\n    y", "if x:\n  y", "if x:\n  y\nonly white space changed"),
        ("a\u202eb c d", "a\u202eb c e", "a<U+202E>b c [-d-]{+e+}"),
    ],
)
def test_a_change_in_marks(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


def test_in_colour_there_are_no_marks() -> None:
    (text,) = passages("You should tell.", "You must tell.", COLOUR)
    assert text.plain == "You shouldmust tell."
    assert [(text.plain[span.start : span.end], span.style) for span in text.spans if span.style] == [
        ("should", "red strike"),
        ("must", "green"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_what_is_escaped_cannot_steer_and_keeps_its_lines(text: str) -> None:
    writer = TerminalWriter(MARKS, wrap=False)
    name = "\n".join(line.plain for line in writer.passage(plain(text)))
    assert not any((ord(sign) < 32 and sign != "\n") or sign in "\u202e\u200b\u2066\x7f" for sign in name)
    assert name.count("\n") == text.count("\n")


def test_the_start_of_a_long_text() -> None:
    assert text_of(first_words("one two")) == "one two"
    assert text_of(first_words(LONG)) == " ".join(f"w{number}" for number in range(16)) + " …"
