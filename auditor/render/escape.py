"""One escape for what goes to a terminal: nothing that a file says may move the cursor, or hide."""

from __future__ import annotations

import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_KEPT = {"\u200d"}  # joins emoji and letters of several scripts; shows


def terminal(text: str) -> str:
    """The text with control, bidirectional and invisible characters written out, as `<U+202E>`; lines joined."""
    joined = " ".join(text.split())
    return "".join(_shown(character) for character in joined)


def _shown(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"<U+{ord(character):04X}>"
