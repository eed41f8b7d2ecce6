"""Two wordings of a clause -> the normative words that changed, and which way each of them works."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from auditor.clauses.alignment import Alignment, Pair, Segment, Wording
from auditor.clauses.direction import Direction, Ground, GroundKind, mirrored
from auditor.clauses.items import items
from auditor.clauses.lexicon import Force
from auditor.clauses.strength import Marker
from auditor.clauses.words import words

_KINDS = {Force.SCOPE: GroundKind.SCOPE, Force.ONLY: GroundKind.SCOPE, Force.LIMIT: GroundKind.SCOPE}
_KINDS |= {Force.EXPLICIT: GroundKind.SCOPE, Force.EXCEPTION: GroundKind.EXCEPTION}

# A permission in such a sentence bounds the rule that it follows.
_CONCEDING = re.compile(r"(?:however|that said|nevertheless|nonetheless|still|but|yet|even so)\b", re.IGNORECASE)

_KEPT = 4096  # pairs of texts: an audit asks about a change once, and its report again
_Placed = tuple[float, Ground]


@lru_cache(maxsize=_KEPT)
def grounds_of(before: str, after: str, *, titles: bool = False) -> tuple[Ground, ...]:
    """The grounds between two texts from `prose`, in the order of the text, each once.

    The verbs that two titles begin with are no grounds: what they mean is in the rules under them. The other way round
    the same grounds point the other way.
    """
    if after < before:  # one orientation: whatever decides a tie decides it the same way for the revert
        return tuple(map(mirrored, grounds_of(after, before, titles=titles)))
    aligned = Alignment(before, after)
    pairs = [pair for pair in aligned.pairs if not titles or not any(map(_is_order, pair))]
    found = [*_of_markers(aligned, pairs), *_of_items(aligned)]
    found.sort(key=lambda one: one[0])
    return tuple(dict.fromkeys(ground for _, ground in found))


def _is_order(marker: Marker | None) -> bool:
    return marker is not None and marker.force is Force.ORDER


def _of_markers(aligned: Alignment, pairs: Collection[Pair]) -> Iterator[_Placed]:
    gone = {before for before, after in pairs if before and not after}
    new = {after for before, after in pairs if after and not before}
    for before, after in pairs:
        if before and after:
            effect: int | None = _of_replacement(aligned, before, after)
        elif after:
            effect = _of_presence(aligned.after, after, new, aligned.sentences.values())
        else:
            assert before is not None
            effect = -_of_presence(aligned.before, before, gone, aligned.sentences)
        if effect != 0:
            yield _ground(aligned, before, after, effect)


def _ground(aligned: Alignment, before: Marker | None, after: Marker | None, effect: int | None) -> _Placed:
    one = after or before
    assert one is not None
    wording = aligned.after if after else aligned.before
    direction = Direction.MIXED if effect is None else _towards(effect)
    kind = _KINDS.get(one.force, GroundKind.STRENGTH)
    ground = Ground(kind, before.words if before else "", after.words if after else "", direction)
    return one.start / len(wording.text), ground


def _towards(effect: int) -> Direction:
    return Direction.TIGHTENED if effect > 0 else Direction.RELAXED


# --- which way a marker works: 1 to tighten, -1 to relax, 0 for neither, None for both --------------------------------


def _of_replacement(aligned: Alignment, before: Marker, after: Marker) -> int | None:
    step = _sign(after.strength - before.strength)
    if before.is_rule:
        return _of_rules(before.force, after.force, step)
    if before.force is Force.LIMIT:
        return step
    senses = {aligned.before.sense_at(before.start), aligned.after.sense_at(after.start)} - {0}
    return step * senses.pop() if len(senses) == 1 else 0


_SIDES = {Force.OBLIGATION: "do", Force.ORDER: "do", Force.PROHIBITION: "do not", Force.PERMISSION: "may"}


def _of_rules(before: Force, after: Force, step: int) -> int | None:
    if _SIDES[before] == _SIDES[after]:
        return step
    if Force.PERMISSION in (before, after):
        return 1 if before is Force.PERMISSION else -1
    return None


def _of_presence(wording: Wording, marker: Marker, new: Collection[Marker], kept: Collection[int]) -> int:
    """What a marker does by being there; what comes with a new rule or exception is part of that."""
    if marker.force is Force.PERMISSION:
        return 0 if _bounds_another(wording, marker, new) else -1
    if marker.is_rule:
        return 1
    rule = wording.rule_at(marker.start)
    if rule is None or rule in new or wording.exception_at(marker.start) in new or marker.sentence not in kept:
        return 0
    if marker.force in (Force.LIMIT, Force.ONLY, Force.EXPLICIT):
        return 1
    sense = wording.sense_at(marker.start)
    return marker.strength * sense if marker.force is Force.SCOPE else -sense


def _bounds_another(wording: Wording, permission: Marker, new: Collection[Marker]) -> bool:
    """Whether a permission is there to bound a new rule: later in its sentence, or in one that concedes after it."""
    rules = [marker for marker in new if marker.is_rule and marker.force is not Force.PERMISSION]
    start, end = wording.sentences[permission.sentence]
    conceding = _CONCEDING.match(wording.text, start, end) is not None
    return any(
        (rule.sentence == permission.sentence and rule.start < permission.start)
        or (conceding and rule.sentence == permission.sentence - 1)
        for rule in rules
    )


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _of_items(aligned: Alignment) -> Iterator[_Placed]:
    gone, new = aligned.segments
    old_words, new_words = _words_of(aligned.before, gone), _words_of(aligned.after, new)
    for item in items(aligned.before, gone, aligned.sentences, new_words):
        yield item.place, Ground(GroundKind.LIST, item.words, "", _towards(-item.effect))
    for item in items(aligned.after, new, aligned.sentences.values(), old_words):
        yield item.place, Ground(GroundKind.LIST, "", item.words, _towards(item.effect))


def _words_of(wording: Wording, segments: Iterable[Segment]) -> frozenset[str]:
    return frozenset(word for segment in segments for word in words(wording.text[segment.start : segment.end]))
