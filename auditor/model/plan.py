"""Run plans: what will be evaluated, written down before there is a result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that is to be made.

    Attributes:
        id: sha256 of the plan's record, 64 hex digits; what the evaluation is stamped with. "" before it is recorded.
        spec: the name of the spec.
        revision: content id of the revision to be evaluated.
        suite: the suite's name.
        model: the model's name.
        checkpoint: the checkpoint; the model's name where none is given.
        condition: the variant of the items; "" for the plain one.
        planned: samples, valid and invalid together; at least 1.
        created: when it was written down, with offset; by the clock of whoever did.
        note: in their own words; "" without one.
    """

    id: str
    spec: str
    revision: str
    suite: str
    model: str
    checkpoint: str
    condition: str
    planned: int
    created: datetime
    note: str = ""
