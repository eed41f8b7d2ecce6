"""The line of a history: its first parents, oldest first, and where on it each patch landed.

Order is the line's. Dates only say which quarter a place on it is called after: never an earlier one than what stands
before it, so that quarters are stretches of the line whatever a clock said, and appending moves no earlier place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from auditor.model.spec import History, Patch, SpecCommit


@dataclass(frozen=True, slots=True)
class Line:
    """A history's first parents.

    Attributes:
        sightings: oldest first; the last one is the tip.
        quarters: of each sighting, "2026Q3".
        patches: ids, in the order in which they landed.
        landed: of each patch, the place in `sightings` at which its text first arrived on the line; never falling.
    """

    sightings: tuple[SpecCommit, ...]
    quarters: tuple[str, ...]
    patches: tuple[str, ...]
    landed: tuple[int, ...]

    def between(self, start: int, end: int) -> tuple[str, ...]:
        """Ids of the patches that landed after place `start`, up to and with `end`."""
        return self.patches[bisect_right(self.landed, start) : bisect_right(self.landed, end)]


def line_of(history: History, patches: Mapping[str, Patch]) -> Line:
    """The line up to the last sighting, and the patches behind it: by where they landed, then as given."""
    by_name = {sighting.name: sighting for sighting in history.sightings}
    line = [history.sightings[-1]] if history.sightings else []
    while line and line[-1].parents:
        line.append(by_name[line[-1].parents[0]])
    line.reverse()
    arrived = _arrived(line, by_name)
    behind = ((arrived.get(patch.after.name), name) for name, patch in patches.items())
    placed = sorted(((place, name) for place, name in behind if place is not None), key=lambda one: one[0])
    return Line(tuple(line), _quarters(line), tuple(name for _, name in placed), tuple(place for place, _ in placed))


def _arrived(line: list[SpecCommit], by_name: Mapping[str, SpecCommit]) -> dict[str, int]:
    """The first place on the line that has each sighting behind it, or is it."""
    arrived: dict[str, int] = {}
    for place, sighting in enumerate(line):
        waiting = [sighting.name]
        while waiting:
            name = waiting.pop()
            if name not in arrived:
                arrived[name] = place
                waiting.extend(by_name[name].parents)
    return arrived


def _quarters(line: list[SpecCommit]) -> tuple[str, ...]:
    latest, found = datetime.min.replace(tzinfo=UTC), []
    for sighting in line:
        latest = max(latest, sighting.date.astimezone(UTC))
        found.append(f"{latest.year}Q{(latest.month + 2) // 3}")
    return tuple(found)
