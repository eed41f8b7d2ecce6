"""The audit as text: whole outputs, and nothing that steers a terminal."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from auditor.audit import Audit
from auditor.document.audit import audit_blocks
from auditor.render.escape import escape_terminal
from auditor.render.markdown import render_markdown
from auditor.render.terminal import render_terminal
from tests.render.conftest import assert_looks_as_before

DAY = date(2026, 4, 1)


def text_of(audit: Audit, width: int) -> str:
    console = Console(width=width, color_system=None, force_terminal=False, highlight=False, markup=False, emoji=False)
    return render_terminal(audit_blocks(audit, DAY), console)


@pytest.mark.parametrize("width", [80, 120])
def test_the_whole_text(world: Audit, width: int) -> None:
    assert_looks_as_before(f"terminal-{width}.txt", text_of(world, width))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal_or_ends_in_spaces(world: Audit, width: int) -> None:
    for line in text_of(world, width).splitlines():
        assert len(line) <= width
        assert line == line.rstrip()


def test_no_figure_is_cut_at_80_columns(world: Audit) -> None:
    assert "…" not in text_of(world, 80)


@pytest.mark.parametrize("width", [80, 120, 1000])
def test_names_cannot_steer_the_terminal(hostile: Audit, width: int) -> None:
    text = text_of(hostile, width)
    assert {unicodedata.category(character) for character in text if character != "\n"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )


@pytest.mark.parametrize("width", [80, 1000])
def test_names_cannot_be_markdown(hostile: Audit, width: int) -> None:
    text = render_markdown(audit_blocks(hostile, DAY, verbose=True))
    assert not re.search(r"(?<!\\)<|(?<!\\)\]\(|[\u202e\u200b\x1b]", text)


def test_the_markdown_says_what_the_text_says(world: Audit) -> None:
    assert_looks_as_before("audit.md", render_markdown(audit_blocks(world, DAY)))


def test_what_was_hidden_is_written_out(hostile: Audit) -> None:
    assert "<U+001B>[2J<U+202E><U+200B> <U+0007><U+2066><U+E0041>m" in text_of(hostile, 1000)


def test_colour_is_only_colour(world: Audit) -> None:
    console = Console(width=120, color_system="standard", force_terminal=True, highlight=False, markup=False)
    coloured = render_terminal(audit_blocks(world, DAY), console)
    assert "\x1b[1;31mtest-only" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == text_of(world, 120).splitlines()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, naïve café, 日本語, עברית", "plain text, naïve café, 日本語, עברית"),
        ("two\nlines\r\n\tand a tab", "two lines and a tab"),
        ("\x1b]0;title\x07", "<U+001B>]0;title<U+0007>"),
        ("\x9b31m", "<U+009B>31m"),
        ("a\u202eb\u2066c", "a<U+202E>b<U+2066>c"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("line\u2028paragraph\u2029", "line paragraph"),
        ("lone\udc80", "lone<U+DC80>"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("soft\u00adhyphen", "soft<U+00AD>hyphen"),
        ("", ""),
    ],
)
def test_the_escape(text: str, shown: str) -> None:
    assert escape_terminal(text) == shown


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters()))
def test_the_escape_lets_nothing_through_and_changes_nothing_twice(text: str) -> None:
    shown = escape_terminal(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in shown if c != "\u200d")
    assert escape_terminal(shown) == shown
    shown.encode()
