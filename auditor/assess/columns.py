"""A side as columns: the counts of all its runs, item by item; and what is computed once of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, update_wrapper
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from auditor.model.run import Run
from auditor.stats.intervals import FloatArray

_KEPT = 32_768  # the sides of a long history: what is after one step is before the next, and asked for again

_Of = TypeVar("_Of")
_Found = TypeVar("_Found")


class Kept(Generic[_Of, _Found]):
    """A function of a side or a pair that is computed once, and kept as long as that is: much is asked of the same."""

    def __init__(self, function: Callable[[_Of], _Found]) -> None:
        self._function = function
        self._known: WeakKeyDictionary[_Of, _Found] = WeakKeyDictionary()
        update_wrapper(self, function)

    def __call__(self, of: _Of) -> _Found:
        """What it is of this one."""
        try:
            return self._known[of]
        except KeyError:
            found = self._known[of] = self._function(of)
            return found

    def knows(self, of: _Of) -> bool:
        """Whether it was computed."""
        return of in self._known

    def tell(self, of: _Of, found: _Found) -> None:
        """What was computed elsewhere, together with others."""
        self._known[of] = found


def kept(function: Callable[[_Of], _Found]) -> Kept[_Of, _Found]:
    """See `Kept`."""
    return Kept(function)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Columns:
    """Counts of one side, all its runs added up. Two are equal when they are one object.

    Attributes:
        items: sorted ids; None for a tally without items.
        valid, misaligned, invalid: by item, shape (items,), or shape (1,) without items.
        design_effect: of a tally without items; None otherwise.
    """

    items: tuple[str, ...] | None
    valid: FloatArray
    misaligned: FloatArray
    invalid: FloatArray
    design_effect: float | None

    def counts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Valid, misaligned and invalid, by item."""
        return self.valid, self.misaligned, self.invalid


def added_up(runs: Sequence[Run]) -> Columns | None:
    """All runs of a side as one: none is chosen. None where some come with items and some without."""
    return _added_up(tuple(runs))


@lru_cache(maxsize=_KEPT)
def _added_up(runs: tuple[Run, ...]) -> Columns | None:
    with_items = {run.tallies.items is not None for run in runs}
    if len(with_items) > 1:
        return None
    if with_items == {False}:
        return _added_up_without_items(runs)
    first = runs[0].tallies.items
    if first is not None and all(run.tallies.items == first for run in runs):
        same = np.sum([[(t := run.tallies).valid, t.misaligned, t.invalid] for run in runs], axis=0, dtype=float)
        return Columns(first, same[0], same[1], same[2], None)
    names = sorted({item for run in runs for item in run.tallies.items or ()})
    place = {name: index for index, name in enumerate(names)}
    columns = np.zeros((3, len(names)))
    for run in runs:
        tallies = run.tallies
        where = [place[item] for item in tallies.items or ()]
        columns[:, where] += np.array([tallies.valid, tallies.misaligned, tallies.invalid], dtype=float)
    return Columns(tuple(names), columns[0], columns[1], columns[2], None)


def _added_up_without_items(runs: Sequence[Run]) -> Columns:
    effects = [run.tallies.design_effect for run in runs]
    known = [effect for effect in effects if effect is not None]
    rows = np.array([[sum(t) for t in (r.tallies.valid, r.tallies.misaligned, r.tallies.invalid)] for r in runs], float)
    total = rows.sum(axis=0)
    effect = max(known) if len(known) == len(effects) else None
    return Columns(None, total[:1], total[1:2], total[2:3], effect)


def on_common_items(before: Columns, after: Columns) -> tuple[Columns, Columns]:
    """Both sides on the items that both have."""
    if before.items is None or after.items is None or before.items == after.items:
        return before, after
    common = tuple(sorted(set(before.items) & set(after.items)))
    return spread_over(before, common), spread_over(after, common)


def spread_over(side: Columns, items: tuple[str, ...]) -> Columns:
    """A side on other items than its own: without samples of those it has not."""
    place = {item: index for index, item in enumerate(side.items or ())}
    columns = np.zeros((3, len(items)))
    have = [index for index, item in enumerate(items) if item in place]
    where = [place[items[index]] for index in have]
    columns[:, have] = np.stack([one[where] for one in side.counts()])
    return Columns(items, columns[0], columns[1], columns[2], side.design_effect)


def samples_of(run: Run, items: tuple[str, ...]) -> FloatArray:
    """A run's samples, with or without a score, of these items, shape (items,)."""
    side = added_up([run])
    if side is None or side.items is None:
        return np.zeros(len(items))
    there = side if side.items == items else spread_over(side, items)
    return there.valid + there.invalid
