"""Rates, falls and transfer as they are printed: estimates from the valid samples, limits over every reading.

Many at a time: the limits of one rate cost as much as those of a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditor.assess.columns import Columns, kept
from auditor.assess.comparable import Pair
from auditor.assess.facts import Change, Rate, Transfer
from auditor.assess.statements import LEFT_OUT
from auditor.model.run import Run
from auditor.stats.falls import Fall, Limits, fall_limits, stack_falls, transfer_limits
from auditor.stats.intervals import Interval, Proportion, rate_limits, z_of_error


class Side(NamedTuple):
    """What a rate is taken from: the columns of its suites and their runs; `rate` has one entry a reading, (3,)."""

    columns: Sequence[Columns]
    runs: Sequence[Run]
    rate: Proportion


class Contrast(NamedTuple):
    """What transfer is taken from, falls with one entry a reading, shape (3,); `error` is left out at each end."""

    test: Fall
    held_out: Fall
    error: float


def before_of(pairs: Sequence[Pair], rate: Proportion) -> Side:
    """The side before of some pairs, of which `rate` is the average."""
    return Side([pair.before for pair in pairs], [run for pair in pairs for run in pair.runs_before], rate)


def after_of(pairs: Sequence[Pair], rate: Proportion) -> Side:
    """The side after of some pairs, of which `rate` is the average."""
    return Side([pair.after for pair in pairs], [run for pair in pairs for run in pair.runs_after], rate)


def change_of(pairs: Sequence[Pair], fall: Fall, error: float) -> Change:
    """`changes_of` of one."""
    return changes_of([(pairs, fall)], error)[0]


def changes_of(asked: Sequence[tuple[Sequence[Pair], Fall]], error: float) -> list[Change]:
    """The average of some pairs before and after, with the fall of the averages, for each that is asked.

    Args:
        asked: pairs, and the fall of their average, one entry a reading, shape (3,).
        error: left out at each end.
    """
    befores = rates_of([before_of(pairs, fall.before) for pairs, fall in asked], error)
    afters = rates_of([after_of(pairs, fall.after) for pairs, fall in asked], error)
    return list(map(Change, befores, afters, _fall_intervals([fall for _, fall in asked], error)))


def rates_of(asked: Sequence[Side], error: float) -> list[Rate]:
    """The rate of each side with its limits; `error` is left out at each end."""
    if not asked:
        return []
    rates = np.array([side.rate.rate[LEFT_OUT] for side in asked])
    sizes = np.array([side.rate.size[LEFT_OUT] for side in asked])
    low, high = rate_limits(Proportion(rates, sizes), error)
    found = zip(asked, rates.tolist(), low.tolist(), high.tolist(), sizes.tolist(), strict=True)
    return [_rate(side, *numbers) for side, *numbers in found]


def _rate(side: Side, rate: float, low: float, high: float, size: float) -> Rate:
    totals = [_totals(one) for one in side.columns]
    misaligned, valid, invalid = (round(sum(column)) for column in zip(*totals, strict=True))
    counted = [one.items for one in side.columns]
    return Rate(
        rate=rate,
        low=low,
        high=high,
        misaligned=misaligned,
        valid=valid,
        invalid=invalid,
        items=None if None in counted else sum(len(items) for items in counted if items is not None),
        size=size,
        runs=tuple(sorted(run.record for run in side.runs)),
    )


@kept
def _totals(side: Columns) -> tuple[float, float, float]:
    """Misaligned, valid and invalid samples."""
    return float(side.misaligned.sum()), float(side.valid.sum()), float(side.invalid.sum())


def _fall_intervals(falls: Sequence[Fall], error: float) -> list[Interval | None]:
    """Each fall with limits that hold under every reading; None where the before-rate is 0."""
    if not falls:
        return []
    limits = fall_limits(stack_falls(falls), np.full((len(falls), 3), z_of_error(error)))
    defined = ~np.isnan(limits.estimate[:, LEFT_OUT])
    low, high = np.full(len(falls), np.nan), np.full(len(falls), np.nan)
    low[defined], high[defined] = np.nanmin(limits.low[defined], axis=1), np.nanmax(limits.high[defined], axis=1)
    return [
        Interval(one, least, most, error) if known else None
        for known, one, least, most in zip(defined.tolist(), *_lists(limits, low, high), strict=True)
    ]


def _lists(limits: Limits, low: np.ndarray, high: np.ndarray) -> tuple[list[float], list[float], list[float]]:
    return limits.estimate[:, LEFT_OUT].tolist(), low.tolist(), high.tolist()


def transfers_of(asked: Sequence[Contrast], reserve: float) -> list[Transfer | None]:
    """Each transfer with limits that hold under every reading; None where it is undefined.

    Limits are taken at error/reserve, so that `error` holds near zero cells too. A reading under which it is undefined
    or unbounded leaves that end without a bound.
    """
    if not asked:
        return []
    z = np.array([[z_of_error(one.error / reserve)] * 3 for one in asked])
    limits = transfer_limits(stack_falls([one.test for one in asked]), stack_falls([one.held_out for one in asked]), z)
    estimates, lows, highs = _lists(limits, limits.low.min(axis=1), limits.high.max(axis=1))
    return [
        Transfer(estimate, _bound(low), _bound(high), one.error) if math.isfinite(estimate) else None
        for one, estimate, low, high in zip(asked, estimates, lows, highs, strict=True)
    ]


def _bound(end: float) -> float | None:
    return end if math.isfinite(end) else None
