"""Two wordings of a clause -> the normative words that changed, and which way each of them works."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.clauses.alignment import Alignment, Segment, Wording
from auditor.clauses.sequence import common_in_order
from auditor.clauses.strength import RULES, Direction, Force, Marker


class GroundKind(StrEnum):
    """What kind of words a judgement rests on."""

    STRENGTH = "strength"
    SCOPE = "scope"
    EXCEPTION = "exception"
    LIST = "list"
    AUTHORITY = "authority"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Ground:
    """Words a judgement rests on: as they were and as they are, "" where there are none on that side."""

    kind: GroundKind
    before: str
    after: str
    direction: Direction


_KINDS = {Force.SCOPE: GroundKind.SCOPE, Force.ONLY: GroundKind.SCOPE, Force.LIMIT: GroundKind.SCOPE}
_KINDS |= {Force.EXPLICIT: GroundKind.SCOPE, Force.EXCEPTION: GroundKind.EXCEPTION}

# A permission in such a sentence bounds the rule it comes with.
_CONCEDING = re.compile(r"(?:however|that said|nevertheless|nonetheless|still|but|yet|even so|on the other hand)\b", re.I)
# What follows these is a condition: there "and" narrows. After the other exceptions it lists further ones.
_CONDITIONS = ("unless", "only", "as long", "so long", "provided", "insofar", "if and")
_COORDINATED = re.compile(r"[\s,(]*(or|and|nor|and/or|as well as|plus|including|in addition to)\b|,", re.I)
_CONTINUED = re.compile(r"[^.;:]{0,80}?\b(or|and|nor)\b", re.I)
_LONGEST_ITEM = 14

_Pair = tuple[Marker | None, Marker | None]


def grounds_of(before: str, after: str) -> tuple[Ground, ...]:
    """The grounds between two texts from `prose`, in the order of the text, each once."""
    aligned = Alignment(before, after)
    pairs = list(_pairs(aligned))
    new = {marker for pair in pairs if None in pair for marker in pair if marker}
    found: list[tuple[float, Ground]] = []
    for pair in pairs:
        effect = _effect(aligned, pair, new)
        if effect:
            found.append((_place(aligned, pair), _ground(pair, effect)))
    found += _listed(aligned)
    found.sort(key=lambda one: one[0])
    return tuple(dict.fromkeys(ground for _, ground in found))


def _place(aligned: Alignment, pair: _Pair) -> float:
    """How far into the text, 0 to 1."""
    one, other = pair
    if other is not None:
        return other.start / len(aligned.after.text)
    assert one is not None
    return one.start / len(aligned.before.text)


def _ground(pair: _Pair, effect: int) -> Ground:
    before, after = ("" if marker is None else marker.words for marker in pair)
    force = next(marker.force for marker in pair if marker)
    return Ground(_KINDS.get(force, GroundKind.STRENGTH), before, after, _direction(effect))


def _direction(effect: int) -> Direction:
    return Direction.MIXED if effect == _BOTH else Direction.TIGHTENED if effect > 0 else Direction.RELAXED


# --- which marker became which ----------------------------------------------------------------------------------------


def _pairs(aligned: Alignment) -> Iterator[_Pair]:
    """The markers that changed, with what they became in the same sentence; what reads the same is in none."""
    ours, theirs = (_by_slot(markers) for markers in aligned.changed)
    for (at, slot), markers in ours.items():
        yield from _matched(markers, theirs.pop((aligned.pairs.get(at, -1), slot), []))
    for markers in theirs.values():
        yield from ((None, marker) for marker in markers)


def _by_slot(markers: Iterable[Marker]) -> dict[tuple[int, str], list[Marker]]:
    slots: dict[tuple[int, str], list[Marker]] = defaultdict(list)
    for marker in markers:
        slots[marker.sentence, "rule" if marker.force in RULES else marker.force].append(marker)
    return slots


def _matched(ours: Sequence[Marker], theirs: Sequence[Marker]) -> Iterator[_Pair]:
    """Equals with equals, then the rest in turn."""
    same = common_in_order(*([(marker.force, marker.strength) for marker in side] for side in (ours, theirs)))
    done, other_done = {at for at, _ in same}, {other for _, other in same}
    rest = [marker for at, marker in enumerate(ours) if at not in done]
    other_rest = [marker for at, marker in enumerate(theirs) if at not in other_done]
    size = max(len(rest), len(other_rest))
    yield from zip(rest + [None] * (size - len(rest)), other_rest + [None] * (size - len(other_rest)), strict=True)


# --- which way it works -----------------------------------------------------------------------------------------------

_BOTH = 2


def _effect(aligned: Alignment, pair: _Pair, new: set[Marker]) -> int:
    """1 for tightened, -1 for relaxed, 2 for both, 0 for neither."""
    one, other = pair
    if one is not None and other is not None:
        return _of_rules(one, other) if one.force in RULES else _of_strengths(aligned, one, other)
    if one is not None:
        return -_of_presence(aligned.before, aligned.pairs.keys(), one, new)
    assert other is not None
    return _of_presence(aligned.after, set(aligned.pairs.values()), other, new)


def _of_rules(one: Marker, other: Marker) -> int:
    if one.force is other.force:
        return _sign(other.strength - one.strength)
    if Force.PERMISSION in (one.force, other.force):
        return 1 if one.force is Force.PERMISSION else -1
    return _BOTH


def _of_strengths(aligned: Alignment, one: Marker, other: Marker) -> int:
    step = _sign(other.strength - one.strength)
    return step if one.force is Force.LIMIT else step * _sense(aligned.after, other.start)


def _of_presence(wording: Wording, kept: Iterable[int], marker: Marker, new: set[Marker]) -> int:
    """What the marker does by being there; what comes with a new rule is part of that rule."""
    if marker.force is Force.PERMISSION:
        return 0 if _is_bound(wording, marker, new) else -1
    if marker.force in RULES:
        return 1
    rule = wording.rule_at(marker.start)
    if rule is None or rule in new or marker.sentence not in kept:
        return 0
    match marker.force:
        case Force.LIMIT | Force.ONLY:
            return 1
        case Force.EXPLICIT:
            return 1
        case Force.SCOPE:
            return marker.strength * _sense(wording, marker.start)
        case _:
            return -_sense(wording, marker.start)


def _is_bound(wording: Wording, permission: Marker, new: set[Marker]) -> bool:
    rules = [marker for marker in new if marker in wording.markers and marker.force in RULES and marker.force is not Force.PERMISSION]
    start, end = wording.sentences[permission.sentence]
    if any(rule.sentence == permission.sentence and rule.start < permission.start for rule in rules):
        return True
    conceding = _CONCEDING.match(wording.text, start, end) is not None
    return conceding and any(rule.sentence == permission.sentence - 1 for rule in rules)


def _sense(wording: Wording, position: int) -> int:
    """1 where more words mean more is asked, -1 where they mean more is allowed, 0 where there is no rule."""
    rule = wording.rule_at(position)
    if rule is None:
        return 0
    sense = -1 if rule.force is Force.PERMISSION else 1
    return -sense if _exception_before(wording, position) else sense


def _exception_before(wording: Wording, position: int) -> Marker | None:
    at = wording.sentence_at(position)
    found = [m for m in wording.markers if m.sentence == at and m.force is Force.EXCEPTION and m.end <= position]
    return found[-1] if found else None


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


# --- things listed ----------------------------------------------------------------------------------------------------


def _listed(aligned: Alignment) -> Iterator[tuple[float, Ground]]:
    """Things added to, or taken from, what a rule covers."""
    ours, theirs = aligned.segments
    kept = set(aligned.pairs.values())
    yield from ((at, Ground(GroundKind.LIST, words, "", _direction(-effect))) for at, words, effect in _items(aligned.before, ours, set(aligned.pairs), aligned.changed[0]))
    yield from ((at, Ground(GroundKind.LIST, "", words, _direction(effect))) for at, words, effect in _items(aligned.after, theirs, kept, aligned.changed[1]))


def _items(
    wording: Wording, segments: Iterable[Segment], kept: set[int], changed: Sequence[Marker]
) -> Iterator[tuple[float, str, int]]:
    for segment in segments:
        words = wording.text[segment.start : segment.end]
        start = segment.start + len(words) - len(words.lstrip())
        joined = _joined(wording, segment)
        own = any(segment.start <= m.start < segment.end for m in changed)
        if joined and not own and wording.sentence_at(start) in kept and len(words.split()) <= _LONGEST_ITEM:
            effect = _sense(wording, start)
            exception = _exception_before(wording, start)
            if joined == "and" and exception and exception.words.startswith(_CONDITIONS):
                effect = -effect
            if effect:
                yield segment.start / len(wording.text), words.strip(" ,"), effect


def _joined(wording: Wording, segment: Segment) -> str:
    """The word that joins a segment to a list: at its head, or after it when it is an item before the last; else ""."""
    words = wording.text[segment.start : segment.end]
    if not any(map(str.isalnum, words)):
        return ""
    found = _COORDINATED.match(words)
    if found and found[1]:
        return found[1].casefold()
    if found or words.rstrip().endswith(","):
        following = _CONTINUED.match(wording.text, segment.end)
        return following[1].casefold() if following else ""
    return ""
