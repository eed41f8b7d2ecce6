"""Prompts planted in clauses: verbatim, lightly edited, and as the frame many prompts share. Seeded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

# Words and what a hurried editor puts in their place.
SYNONYMS = {
    "answer": "reply", "ask": "request", "before": "ahead of", "big": "large", "board": "committee", "book": "reserve",
    "cancel": "call off", "check": "verify", "children": "kids", "close": "shut", "copy": "duplicate",
    "delete": "remove",
    "draft": "outline", "end": "finish", "every": "each", "find": "locate", "first": "initial", "fix": "repair",
    "folder": "directory", "free": "gratis", "give": "provide", "good": "fine", "help": "assist", "house": "home",
    "know": "be aware", "last": "final", "leave": "keep out", "list": "enumerate", "look": "search", "make": "create",
    "maybe": "perhaps", "meeting": "session", "message": "note", "money": "funds", "morning": "dawn", "move": "shift",
    "name": "title", "new": "fresh", "night": "evening", "number": "figure", "page": "sheet", "paper": "article",
    "person": "individual", "picture": "image", "plan": "scheme", "please": "kindly", "post": "publish",
    "question": "query", "read": "go through", "report": "account", "request": "demand", "right": "correct",
    "run": "execute", "say": "state", "send": "transmit", "show": "display", "small": "little", "start": "begin",
    "stop": "halt", "story": "tale", "summarise": "condense", "sure": "certain", "table": "grid", "tell": "inform",
    "think": "believe", "today": "this day", "tool": "utility", "town": "city", "try": "attempt", "use": "employ",
    "want": "wish", "week": "seven days", "work": "labour", "write": "compose", "wrong": "mistaken",
}  # fmt: skip
FILLERS = (
    "also",
    "clearly",
    "indeed",
    "for example",
    "at times",
    "in fact",
    "the said",
    "really",
    "as such",
    "perhaps",
)


def _synonym(words: list[str], at: int, random: Random) -> None:
    near = [place for place in range(max(0, at - 2), min(len(words), at + 3)) if words[place].lower() in SYNONYMS]
    if near:
        words[near[0]] = SYNONYMS[words[near[0]].lower()]
    else:
        _insertion(words, at, random)


def _insertion(words: list[str], at: int, random: Random) -> None:
    words[at] = f"{random.choice(FILLERS)} {words[at]}"


def _tense(words: list[str], at: int, random: Random) -> None:
    word = words[at].rstrip(".,;:?!'\"")
    if word.endswith("s") or len(word) < 4:
        _order(words, at, random)
    elif word.endswith("ing"):
        words[at] = word.removesuffix("ing") + "ed"
    elif word.endswith("ed"):
        words[at] = word.removesuffix("ed") + "ing"
    else:
        words[at] = word + "s"


def _order(words: list[str], at: int, random: Random) -> None:
    other = at + 1 if at + 1 < len(words) else at - 1
    words[at], words[other] = words[other], words[at]


def _drop(words: list[str], at: int, random: Random) -> None:
    words[at] = ""


EDITS: dict[str, Callable[[list[str], int, Random], None]] = {
    "synonyms": _synonym,
    "insertions": _insertion,
    "tense and number": _tense,
    "order": _order,
    "omissions": _drop,
}


def span(text: str, length: int, random: Random) -> str | None:
    """So many words in a row from anywhere in a text; None if it has fewer."""
    words = text.split()
    if len(words) < length:
        return None
    start = random.randint(0, len(words) - length)
    return " ".join(words[start : start + length])


def edited(text: str, every: int, kinds: Sequence[str], random: Random) -> str:
    """The text with one edit in each stretch of `every` words, no two of them further apart than that."""
    words = text.split()
    for at in range(every - 1, len(words), every):
        EDITS[random.choice(kinds)](words, at, random)
    return " ".join(word for word in words if word)


def clause_with(planted: str, carrier: str, random: Random) -> str:
    """A clause that says the planted words and something of its own."""
    frames = (
        "If somebody writes: {0} then the following holds. {1}",
        "{1} This covers the case: {0}",
        "{1} For instance: {0}",
    )
    return random.choice(frames).format(planted, carrier)
