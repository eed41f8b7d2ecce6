"""What texts were found to hold, as a record's member `signals`; left out where no text was read."""

from __future__ import annotations

import math
from dataclasses import fields

from auditor.model import canonical
from auditor.model.run import TextSignals
from auditor.store.members import is_count, object_of, require, same_keys

_NAMES = tuple(field.name for field in fields(TextSignals))
_MEANS = ("words", "spread")


def signals_payload(signals: TextSignals) -> dict[str, object]:
    """The member, its means rounded."""
    means: dict[str, object] = {name: canonical.rounded(getattr(signals, name)) for name in _MEANS}
    return {name: getattr(signals, name) for name in _NAMES} | means


def signals_of(value: object) -> TextSignals:
    """The member as it is read. Raises Fault."""
    members = object_of(value, "signals")
    same_keys(members, set(_NAMES), "signals.")
    for name in _NAMES:
        field, number = f"signals.{name}", members[name]
        if name in _MEANS:
            require(type(number) in (int, float) and 0 <= number < math.inf, field, "is no number from 0")
        else:
            require(is_count(number), field, "is no count")
    for name in ("items", "reasoned", "aware", "repeating"):
        require(members[name] <= members["read"], f"signals.{name}", "counts more than were read")
    require(members["items"] > 0, "signals.items", "is 0; signals are left out where no text was read")
    return TextSignals(**{**members, **{name: float(members[name]) for name in _MEANS}})
