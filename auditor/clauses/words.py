"""Words of a text, and how one text became another, word by word.

In: texts. Out: case-folded words for similarity, and a word diff whose parts join to both texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from diff_match_patch import diff_match_patch

from auditor.clauses.sequence import common_prefix_length, common_suffix_length, patience_pairs

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
# In long texts a change is small where after at most so many units on both sides so many in a row are the same.
_MOST_STEPS, _LEAST_RUN = 64, 8

Units = tuple[str, ...]
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
    if before == after or not before or not after:
        yield from _replacement(before, after)
        return
    if fineness == len(_UNITS):
        yield from _diff_long(*(tuple(_UNITS[0].findall(text)) for text in (before, after)))
        return
    units = [_UNITS[fineness].findall(text) for text in (before, after)]
    if max(map(len, units)) > _MOST_UNITS:
        long = _diff_long(*map(tuple, units)) if fineness else _refine(_diff_at(before, after, fineness + 1))
        yield from long
    else:
        yield from _diff_units(*units)


def _diff_long(before: Units, after: Units) -> Iterator[tuple[DiffOp, str]]:
    """Of two long texts: what they have in common before and after small changes, one after the other; where a change
    is not small, what stands once on both sides holds the rest in place."""
    at = other = 0
    while True:
        size = common_prefix_length(before, after, at, other)
        yield "equal", "".join(before[at : at + size])
        at, other = at + size, other + size
        step = _next_run(before, after, at, other)
        if step is None:
            break
        yield from _diff_short(before[at : at + step[0]], after[other : other + step[1]])
        at, other = at + step[0], other + step[1]
    rest, rest_after = before[at:], after[other:]
    size = common_suffix_length(rest, rest_after, min(len(rest), len(rest_after)))
    end, end_after = len(rest) - size, len(rest_after) - size
    yield from _diff_by_anchors(rest[:end], rest_after[:end_after])
    yield "equal", "".join(rest[end:])


def _next_run(before: Units, after: Units, at: int, other: int) -> tuple[int, int] | None:
    """How many units of either to leave out for the next run of both; None where that is far."""
    for total in range(1, _MOST_STEPS + 1):
        for step in range(total + 1):
            start, start_after = at + step, other + total - step
            run = before[start : start + _LEAST_RUN]
            if len(run) == _LEAST_RUN and run == after[start_after : start_after + _LEAST_RUN]:
                return step, total - step
    return None


def _diff_by_anchors(before: Units, after: Units) -> Iterator[tuple[DiffOp, str]]:
    """Runs that stand once on both sides, in the same order, and what is between them."""
    runs = [[side[at : at + _LEAST_RUN] for at in range(len(side) - _LEAST_RUN + 1)] for side in (before, after)]
    at = other = 0
    for place, place_after in [*patience_pairs(*runs), (len(before), len(after))]:
        if place < at or place_after < other:
            continue  # its beginning is part of the run before it
        yield from _diff_short(before[at:place], after[other:place_after])
        at, other = place, place_after
        size = min(_LEAST_RUN, len(before) - at)
        yield "equal", "".join(before[at : at + size])
        at, other = at + size, other + size


def _diff_short(before: Units, after: Units) -> Iterator[tuple[DiffOp, str]]:
    if before and after and max(len(before), len(after)) <= _MOST_UNITS:
        yield from _diff_units(list(before), list(after))
    else:
        yield from _replacement("".join(before), "".join(after))


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
