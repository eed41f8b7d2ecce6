"""Rates of many pairs at once: what `contrast` computes of one pair, for all of a history in a few calls.

Nothing is said here that `contrast` does not say of a single pair; it only finds it there already. Pairs with as many
items are computed together; those without items, or of which samples are gone, by themselves when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from auditor.assess.columns import Columns
from auditor.assess.comparable import Compared, Pair
from auditor.assess.contrast import (
    common_fall_of,
    components_of,
    correlations_of,
    proportion_of,
    raw_fall_of,
    readings,
    with_runs,
)
from auditor.stats.clusters import (
    ItemCounts,
    correlations_of_sides,
    fall_of_items,
    pooled_correlation,
    rate_of_items,
    variance_components,
)
from auditor.stats.falls import Fall
from auditor.stats.intervals import FloatArray, Proportion

_TOGETHER = 500  # pairs in one call: enough that calls cost nothing, few enough for the cache

_Of = TypeVar("_Of", Columns, Pair)


def compute(compared: Iterable[Compared]) -> None:
    """Finds the rates of every pair that is compared."""
    every = [pair for one in compared for pair in (*one.test, *one.held_out)]
    pairs = [pair for pair in every if pair.raw_before.items is not None and not raw_fall_of.knows(pair)]
    sides = dict.fromkeys(side for p in pairs for side in (p.raw_before, p.raw_after, p.before, p.after))
    for some in _alike([side for side in sides if not components_of.knows(side)], _items):
        _of_sides(some)
    for alike in _alike(pairs, lambda pair: (_items(pair.raw_before), _items(pair.raw_after))):
        _raw(alike)
    for alike in _alike([pair for pair in pairs if pair.gone is None], lambda pair: _items(pair.before)):
        _common(alike)


def _items(side: Columns) -> int:
    return len(side.valid)


def _alike(given: Sequence[_Of], size: Callable[[_Of], object]) -> Iterator[list[_Of]]:
    """Those of one size, some at a time."""
    by_size: dict[object, list[_Of]] = {}
    for one in given:
        by_size.setdefault(size(one), []).append(one)
    for some in by_size.values():
        yield from (some[start : start + _TOGETHER] for start in range(0, len(some), _TOGETHER))


def _counts(sides: Sequence[Columns]) -> ItemCounts:
    """Valid samples, shape (sides, items)."""
    return ItemCounts(np.stack([side.valid for side in sides]), np.stack([side.misaligned for side in sides]))


def _of_sides(sides: Sequence[Columns]) -> None:
    counts = _counts(sides)
    between, within = variance_components(counts)
    for side, *components in zip(sides, between, within, strict=True):
        components_of.tell(side, (components[0], components[1]))
    told = np.flatnonzero(np.any(counts.valid > 0, axis=-1))
    found = ItemCounts(counts.valid[told], counts.misaligned[told])
    rates = rate_of_items(found, pooled_correlation([(between[told], within[told])]))
    for place, rate, size in zip(told.tolist(), rates.rate, rates.size, strict=True):
        proportion_of.tell(sides[place], Proportion(rate, size))


def _raw(pairs: Sequence[Pair]) -> None:
    sides = [[pair.raw_before for pair in pairs], [pair.raw_after for pair in pairs]]
    both = correlations_of_sides(_components(sides[0]), _components(sides[1]))
    before, after = (rate_of_items(_counts(some), found) for some, found in zip(sides, both, strict=True))
    for place, pair in enumerate(pairs):
        correlations_of.tell(pair, (np.asarray(both[0][place]), np.asarray(both[1][place])))
        raw_fall_of.tell(pair, with_runs(Fall(before.at(place), after.at(place)), pair))


def _components(sides: Sequence[Columns]) -> tuple[FloatArray, FloatArray]:
    between, within = zip(*(components_of(side) for side in sides), strict=True)
    return np.array(between), np.array(within)


def _common(pairs: Sequence[Pair]) -> None:
    found = np.array([correlations_of(pair) for pair in pairs])[:, :, np.newaxis]
    before, after = _readings([pair.before for pair in pairs]), _readings([pair.after for pair in pairs])
    falls = fall_of_items(before, after, (found[:, 0], found[:, 1]))
    for place, pair in enumerate(pairs):
        common_fall_of.tell(pair, with_runs(falls.at(place), pair))


def _readings(sides: Sequence[Columns]) -> ItemCounts:
    """Counts under each reading of the invalid samples, shape (sides, 3, items)."""
    return readings(*(np.stack(counts) for counts in zip(*(side.counts() for side in sides), strict=True)))
