"""Words of a text, and how one text became another, word by word.

In: texts. Out: case-folded words for similarity, and a word diff whose parts join to both texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from diff_match_patch import diff_match_patch

DiffOp = Literal["equal", "insert", "delete"]

_OPS: dict[int, DiffOp] = {-1: "delete", 0: "equal", 1: "insert"}

# Scripts written without spaces between words: each sign counts as a word, or a sentence would be one.
_SIGN = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SIGN}]|[^\W{_SIGN}]+")
_UNITS = (
    re.compile(rf"\s+|[{_SIGN}]|[^\W{_SIGN}]+|[^\w\s]"),
    re.compile(r"[^\n.!?]*[\n.!?]+\s*|[^\n.!?]+"),
)

# The diff takes time with the square of what differs: beyond this many units a side it is made of coarser units.
_MOST_UNITS = 2_000
# Units stand for the diff as private-use characters: no surrogates, no letters its clean-up would take for words.
_FIRST_SYMBOL = 0xF0000


def split_words(text: str) -> list[str]:
    """The words of a text, case folded, in order; a text of signs only is its own signs."""
    return _WORD.findall(text.casefold()) or text.split()


def diff_words(before: str, after: str) -> tuple[tuple[DiffOp, str], ...]:
    """How `before` became `after`, word by word, white space kept.

    The texts of "equal" and "delete" join to `before`, those of "equal" and "insert" to `after`; no text is empty.
    Two texts of more than 2,000 words each are compared by sentences first.
    """
    return tuple(_join_operations(_diff_at(before, after, fineness=0)))


def _diff_at(before: str, after: str, fineness: int) -> Iterator[tuple[DiffOp, str]]:
    if fineness == len(_UNITS) or before == after or not before or not after:
        yield from _replacement(before, after)
        return
    units = [_UNITS[fineness].findall(text) for text in (before, after)]
    if max(map(len, units)) > _MOST_UNITS:
        yield from _refine(_diff_at(before, after, fineness + 1)) if fineness == 0 else _replacement(before, after)
    else:
        yield from _diff_units(*units)


def _refine(coarse: Iterator[tuple[DiffOp, str]]) -> Iterator[tuple[DiffOp, str]]:
    """A coarse change, with each deletion and the insertion after it compared by words where they are short enough."""
    deleted = ""
    for op, text in [*_join_operations(coarse), ("equal", "")]:
        if op == "delete":
            deleted = text
        elif op == "insert":
            short = max(len(_UNITS[0].findall(side)) for side in (deleted, text)) <= _MOST_UNITS
            yield from _diff_at(deleted, text, 0 if short else len(_UNITS))
            deleted = ""
        else:
            yield "delete", deleted
            yield op, text
            deleted = ""


def _replacement(before: str, after: str) -> Iterator[tuple[DiffOp, str]]:
    if before == after:
        yield "equal", before
    else:
        yield "delete", before
        yield "insert", after


def _diff_units(before: list[str], after: list[str]) -> Iterator[tuple[DiffOp, str]]:
    symbols = {unit: chr(_FIRST_SYMBOL + at) for at, unit in enumerate(dict.fromkeys(before + after))}
    units = {symbol: unit for unit, symbol in symbols.items()}
    engine = diff_match_patch()
    engine.Diff_Timeout = 0  # its default lets the clock decide what the difference is
    sides = ["".join(map(symbols.__getitem__, side)) for side in (before, after)]
    difference = engine.diff_main(*sides, checklines=False)
    engine.diff_cleanupSemantic(difference)
    for op, text in difference:
        yield _OPS[op], "".join(map(units.__getitem__, text))


def _join_operations(changes: Iterator[tuple[DiffOp, str]]) -> list[tuple[DiffOp, str]]:
    """Without empty texts, neighbours of one operation joined, deletions before insertions."""
    joined: list[tuple[DiffOp, str]] = []
    for op, text in changes:
        if not text:
            continue
        if joined and joined[-1][0] == op:
            joined[-1] = (op, joined[-1][1] + text)
        elif op == "delete" and joined and joined[-1][0] == "insert":
            if len(joined) > 1 and joined[-2][0] == "delete":
                joined[-2] = (op, joined[-2][1] + text)
            else:
                joined.insert(-1, (op, text))
        else:
            joined.append((op, text))
    return joined
