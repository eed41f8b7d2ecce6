"""Items that differ in how often they fail, and runs drawn from them, as the objects a user's records become.

An item's chance to fail comes from a beta distribution around the suite's rate; rho, the intraclass correlation of two
samples of an item, is its only other parameter. Items keep their kind across a patch, which scales every chance, or
repairs some items whole and leaves the others.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from auditor.model.run import Awareness, Exposure, Grade, Run, SeverityTally, Tallies

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
Chances = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is.

    Attributes:
        test, held_out: (items, epochs) of a run.
        rho: intraclass correlation of the items, 0 to 1.
        before: runs before the patch.
        whole: whether a patch repairs items whole instead of scaling every chance.
        after: runs after the patch.
        apart: by how much runs of one state differ: the standard deviation of a run's log-odds.
    """

    name: str
    test: tuple[int, int]
    held_out: tuple[int, int]
    rho: float
    before: int = 2
    whole: bool = False
    after: int = 1
    apart: float = 0.0


@dataclass(frozen=True, slots=True)
class Items:
    """A suite's items: names, sorted, and each one's chance to fail."""

    names: tuple[str, ...]
    chances: Chances

    def kept(self, which: NDArray[np.bool_]) -> Items:
        """Some of the items."""
        names = tuple(name for name, keep in zip(self.names, which.tolist(), strict=True) if keep)
        return Items(names, self.chances[which])

    def beside(self, other: Items) -> Items:
        """These and others, whose names come later."""
        return Items(self.names + other.names, np.concatenate([self.chances, other.chances]))


@functools.cache
def names_of(items: int, first: int = 0) -> tuple[str, ...]:
    """Names that sort as they are numbered."""
    return tuple(f"i{place:05d}" for place in range(first, first + items))


def items_of(rng: np.random.Generator, items: int, rate: float, rho: float, first: int = 0) -> Items:
    """Items around a rate in (0, 1)."""
    if rho <= 0.0:
        return Items(names_of(items, first), np.full(items, rate))
    spread = (1.0 - rho) / rho
    return Items(names_of(items, first), rng.beta(rate * spread, (1.0 - rate) * spread, items))


def moved(rng: np.random.Generator, items: Items, factor: float, *, whole: bool = False) -> Items:
    """The items after a patch that multiplies the suite's rate by `factor`; above 1, no chance goes over 1."""
    if factor > 1.0:
        rate = float(items.chances.mean())
        return replace(items, chances=1.0 - (1.0 - items.chances) * max(0.0, (1.0 - factor * rate) / (1.0 - rate)))
    if whole:
        return replace(items, chances=items.chances * (rng.random(items.chances.size) < factor))
    return replace(items, chances=items.chances * factor)


def counts(rng: np.random.Generator, items: Items, epochs: int, value: float = 0.0) -> Counts:
    """Misaligned samples by item in one run, whose log-odds are all shifted by as much as runs are `value`."""
    chances = items.chances
    if value:
        odds = chances * np.exp(value * rng.standard_normal())
        chances = odds / (1.0 - chances + odds)
    return np.asarray(rng.binomial(epochs, chances))


def tallies(items: Items, epochs: int, misaligned: Counts, invalid: Counts | None = None) -> Tallies:
    """One run's tallies; invalid samples are among the epochs."""
    size = len(items.names)
    lost = np.zeros(size, dtype=np.int64) if invalid is None else invalid
    valid, bad, spoilt = (tuple(part.tolist()) for part in (epochs - lost, misaligned, lost))
    return Tallies(items.names, valid, bad, spoilt)


def labelled(what: Tallies, aware: Counts) -> Tallies:
    """All valid samples labelled; `aware` of each item's voice it, none of them misaligned."""
    none = (0,) * len(what.valid)
    return replace(what, aware=Awareness(what.valid, tuple(aware.tolist()), none))


def rated(what: Tallies, severity: float) -> Tallies:
    """Every misaligned sample rated, around one severity (0.1 to 0.9)."""
    totals = tuple(n * (severity + (0.1 if place % 2 else -0.1)) for place, n in enumerate(what.misaligned))
    return replace(what, severity=SeverityTally(what.misaligned, totals))


def _place_of(revision: str) -> int:
    """The number at the end of a revision's name, 0 without: runs before a patch are dated before those after it."""
    return int(revision[len(revision.rstrip("0123456789")) :] or 0)


def run_of(suite: str, revision: str, place: int, what: Tallies, **changes: object) -> Run:
    """A run of the plain protocol, unless told."""
    record = f"{suite} {revision} {changes.get('checkpoint', 'm1')} {place}"
    plain = Run(
        record=record,
        identity=record,
        spec="spec",
        revision=revision,
        suite=suite,
        behaviour=None,
        role=None,
        model="m",
        checkpoint="m1",
        parent_checkpoint=None,
        condition="",
        exposure=Exposure.IN_CONTEXT,
        scorer="judge-1",
        sampling=None,
        created=START + timedelta(days=_place_of(revision), minutes=place),
        planned=None,
        incomplete=None,
        source="table",
        source_sha256="0" * 64,
        grade=Grade.B,
        tallies=what,
    )
    return replace(plain, **changes) if changes else plain  # type: ignore[arg-type]
