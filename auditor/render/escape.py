"""One escape for each place that somebody else's text goes to: none of it may steer what shows it, or hide in it."""

from __future__ import annotations

import unicodedata

_HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_VISIBLE_JOINERS = {"\u200d"}  # joins emoji and letters of several scripts; shows
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
    """A text in Markdown: nothing in it is markup, and nothing is hidden."""
    return escape_terminal(str(value)).translate(_MARKUP)


def escape_workflow(text: str, *, is_property: bool = False) -> str:
    """A text in a GitHub workflow command: it ends neither the command nor, as a property's value, the value."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C") if is_property else escaped
