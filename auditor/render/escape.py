"""One escape for each place that somebody else's text goes to: none of it may steer what shows it, or hide in it."""

from __future__ import annotations

import json
import re
import unicodedata

_HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_VISIBLE_JOINERS = {"\u200d"}  # joins emoji and letters of several scripts; shows
# What a page of a forge makes a link of, or somebody's notification, wherever it is no code.
_CALL = re.compile(r"([^\s|`]*(?:://|\bwww\.|@\w|[#!]\d)[^\s|`]*)", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"[^\n -~]")
_MARKUP = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|~!&"})


def escape_terminal(text: str) -> str:
    """The text with control, bidirectional and invisible characters written out, as `<U+202E>`; lines joined."""
    joined = " ".join(text.split())
    if joined.isprintable():  # as nearly every text is: nothing in it hides
        return joined
    return "".join(_escape_character(character) for character in joined)


def _escape_character(character: str) -> str:
    if character in _VISIBLE_JOINERS or unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    return f"<U+{ord(character):04X}>"


def escape_markdown(value: object) -> str:
    """A text in Markdown: nothing in it is markup, and nothing is hidden; what would link or call somebody is code."""
    parts = _CALL.split(escape_terminal(str(value)))
    return "".join(f"`{part}`" if place % 2 else part.translate(_MARKUP) for place, part in enumerate(parts))


def escape_workflow(text: str, *, is_property: bool = False) -> str:
    """A text in a GitHub workflow command: it ends neither the command nor, as a property's value, the value."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if is_property else escaped


def format_json(value: object) -> str:
    """A value as JSON, indented by two, with a newline at its end. Raises ValueError for NaN and infinity."""
    return escape_json(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def escape_json(text: str) -> str:
    """JSON with the control, bidirectional and invisible characters of its texts as JSON's own escapes.

    It says the same, and shows nothing else than it says.
    """
    return _NOT_PLAIN.sub(lambda letter: _write_out(letter[0]), text)


def _write_out(character: str) -> str:
    return json.dumps(character)[1:-1] if _escape_character(character) != character else character
