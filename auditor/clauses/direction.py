"""What a change does to what is asked of the model, and what that is read from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """What a change does to what is asked of the model."""

    TIGHTENED = "tightened"
    RELAXED = "relaxed"
    MIXED = "mixed"
    CLARIFIED = "clarified"
    DESCRIPTIVE = "descriptive"
    UNDETERMINED = "undetermined"


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


_OPPOSITES = {Direction.TIGHTENED: Direction.RELAXED, Direction.RELAXED: Direction.TIGHTENED}


def mirrored(ground: Ground) -> Ground:
    """The ground of the opposite change."""
    return Ground(ground.kind, ground.after, ground.before, _OPPOSITES.get(ground.direction, ground.direction))
