"""Looks: a decision that showed somebody the rates of held-out suites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
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
