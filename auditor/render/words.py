"""How one text became another, word by word, as text for a terminal or a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from auditor.clauses.words import DiffOp, diff_words
from auditor.render.escape import terminal

DELETED, INSERTED = "red strike", "green"
"""The styles of words that went and came."""

_GAP = "\u2026"

# Of a clause of more words than this, only so many unchanged words are shown on each side of a change.
_LONG, _KEPT = 60, 8
# Below this share of unchanged signs, word by word would be confetti: the clause is shown before and after.
_LEAST_EQUAL = 0.3
_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Look:
    """How text is set.

    Attributes:
        marks: whether removed and added words stand in `[-…-]` and `{+…+}`: where there is no colour.
        paths: whether places are given with their file: where the spec has several.
    """

    marks: bool
    paths: bool


def start_of(text: str) -> Text:
    """The first words of a clause that says the same as before."""
    words = _WORD.findall(escaped(text))
    more = f" {_GAP}" if len(words) > 2 * _KEPT else ""
    return Text("".join(words[: 2 * _KEPT]).rstrip() + more, style="dim")


def reworded(before: str, after: str, look: Look) -> Iterator[Text]:
    """How a text became another, word by word; where little is left of it, as it was and as it is."""
    parts = diff_words(before, after)
    if all(op == "equal" or not text.strip() for op, text in parts):
        yield start_of(after).append("\nonly white space changed", style="dim")
        return
    equal = sum(len(text) for op, text in parts if op == "equal")
    if 2 * equal < _LEAST_EQUAL * (len(before) + len(after)):
        yield _marked([("delete", before)], look)
        yield _marked([("insert", after)], look)
        return
    long = max(len(before.split()), len(after.split())) > _LONG
    yield _marked(list(_folded(parts)) if long else parts, look)


def _folded(parts: Sequence[tuple[DiffOp, str]]) -> Iterator[tuple[DiffOp, str]]:
    """Without the unchanged words that are far from a change."""
    for at, (op, text) in enumerate(parts):
        words = _WORD.findall(text)
        first, last = at == 0, at == len(parts) - 1
        if op != "equal" or len(words) <= (1 if first or last else 2) * _KEPT + 4:
            yield op, text
            continue
        lead = text[: len(text) - len(text.lstrip())]
        begin = "" if first else lead + "".join(words[:_KEPT]).rstrip() + " "
        end = "" if last else " " + "".join(words[-_KEPT:])
        yield op, f"{begin}{_GAP}{end}"


def _marked(parts: Sequence[tuple[DiffOp, str]], look: Look) -> Text:
    """The words in one text; the white space between a deletion and the insertion in its place is left out."""
    text = Text()
    for at, (op, raw) in enumerate(parts):
        shown = escaped(raw)
        core = shown.strip()
        lead, trail = shown[: len(shown) - len(shown.lstrip())], shown[len(shown.rstrip()) :]
        if op == "equal" or not core:
            text.append(shown if op != "delete" else "")
            continue
        if op == "delete" and at + 1 < len(parts) and parts[at + 1][0] == "insert":
            trail = ""
        if op == "insert" and at and parts[at - 1][0] == "delete" and parts[at - 1][1][:1].isspace():
            lead = ""
        text.append(lead)
        if look.marks:
            text.append(f"[-{core}-]" if op == "delete" else f"{{+{core}+}}")
        else:
            text.append(core, style=DELETED if op == "delete" else INSERTED)
        text.append(trail)
    text.rstrip()
    return text


def escaped(text: str) -> str:
    """As `terminal`, with spaces and line ends as they are."""
    return re.sub(r"[^ \n]+", lambda word: terminal(word[0]), text.expandtabs(4))
