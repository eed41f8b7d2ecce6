"""Held-out uses: a decision that disclosed the rates of held-out suites to somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldOutUse:
    """One look, as it is recorded.

    Attributes:
        id: sha256 of its record, 64 hex digits; "" before it is recorded.
        spec: the name of the spec.
        suites: names of the held-out suites whose rates were shown, sorted; at least one.
        before, after: what was compared: content ids of revisions.
        by: what showed them, such as "gate --reveal".
        created: when, with offset; by the clock of whoever looked.
    """

    id: str
    spec: str
    suites: tuple[str, ...]
    before: str
    after: str
    by: str
    created: datetime
