"""Typed change: whether a changed clause asks more of the model or less, and the words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.clauses.authority import LEVELS, Levels
from auditor.clauses.direction import Direction, Ground, GroundKind
from auditor.clauses.prose import is_english, prose
from auditor.clauses.strength import markers
from auditor.clauses.wordings import grounds_of
from auditor.model.clause import ChangeKind, Clause, ClauseChange, ClauseKind

_NO_RULES = frozenset({ClauseKind.EXAMPLE, ClauseKind.COMMENTARY})
_CAPTION = re.compile(r"examples?(?: \w+)?:", re.IGNORECASE)
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Norm:
    """What a change does to what is asked of the model.

    Attributes:
        direction: tightened, relaxed, or mixed, where normative words were added, removed or replaced; clarified,
            where there is a rule and none of its normative words changed, which is not to say that its meaning did
            not; descriptive, where there is no rule, or only in an example or commentary; undetermined, where the
            text is not English, or a level of authority is missing or unknown.
        grounds: the words it rests on, in the order of the text.
    """

    direction: Direction
    grounds: tuple[Ground, ...]


def judge(change: ClauseChange, levels: Levels = LEVELS, renamed: Mapping[str, str] = _NONE) -> Norm:
    """The direction of one change. Never raises; a revert has the opposite direction, and white space none.

    `renamed` has the new names of levels of authority by old name, which are no change of level: see
    `authority.authority_changes`.
    """
    before, after = _sides(change)
    texts = _text(before), _text(after)
    grounds = (
        *_level(change, levels, renamed),
        *_standing(before, after, grounds_of(*texts, titles=_titles(before, after))),
    )
    if not all(map(is_english, texts)):
        return Norm(Direction.UNDETERMINED, tuple(ground for ground in grounds if ground.kind is GroundKind.AUTHORITY))
    if grounds:
        return Norm(_together(grounds), grounds)
    ruled = any(marker.is_rule for text in texts for marker in markers(text))
    return Norm(Direction.CLARIFIED if ruled else Direction.DESCRIPTIVE, ())


_Side = tuple[Clause, ...]


def _sides(change: ClauseChange) -> tuple[_Side, _Side]:
    before = () if change.before is None or change.kind is ChangeKind.REINSTATED else (change.before,)
    after = () if change.after is None else (change.after,)
    if change.kind is ChangeKind.SPLIT:
        return before, _in_order(after + change.others)
    return _in_order(before + change.others), after


def _in_order(clauses: _Side) -> _Side:
    return tuple(sorted(clauses, key=lambda clause: (clause.path, clause.line)))


def _text(side: _Side) -> str:
    """What of a side can hold rules, as prose."""
    return " ".join(
        text
        for text in (prose(clause.text) for clause in side if clause.kind not in _NO_RULES)
        if not _CAPTION.match(text)
    )


def _titles(before: _Side, after: _Side) -> bool:
    return bool(before) and bool(after) and all(clause.kind is ClauseKind.HEADING for clause in (*before, *after))


def _standing(before: _Side, after: _Side, grounds: tuple[Ground, ...]) -> Iterable[Ground]:
    """The grounds, told as a matter of standing where one side is an example or commentary and the other is not."""
    names = [", ".join(dict.fromkeys(clause.kind.value for clause in side)) for side in (before, after)]
    outside = [bool(side) and all(clause.kind in _NO_RULES for clause in side) for side in (before, after)]
    if not before or not after or outside[0] == outside[1]:
        return grounds
    return (
        Ground(
            GroundKind.STANDING,
            names[0] if outside[0] else ground.before,
            names[1] if outside[1] else ground.after,
            ground.direction,
        )
        for ground in grounds
    )


def _level(change: ClauseChange, levels: Levels, renamed: Mapping[str, str]) -> Iterable[Ground]:
    """The change of a heading's level, or of the level a clause was moved to."""
    one, other = change.before, change.after
    if one is None or other is None or change.kind is ChangeKind.REINSTATED:
        return
    heads = one.kind is ClauseKind.HEADING and other.kind is ClauseKind.HEADING
    old, new = levels.of(one), levels.of(other)
    current = renamed.get(old, old) if old else None
    if (heads or change.moved) and old != new:
        yield Ground(GroundKind.AUTHORITY, old or "", new or "", levels.direction(current, new))


def _together(grounds: Iterable[Ground]) -> Direction:
    directions = {ground.direction for ground in grounds} - {Direction.CLARIFIED}
    if Direction.UNDETERMINED in directions:
        return Direction.UNDETERMINED
    if len(directions) > 1:
        return Direction.MIXED
    return next(iter(directions), Direction.CLARIFIED)
