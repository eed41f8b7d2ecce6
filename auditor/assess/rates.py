"""Rates, falls and transfer as they are printed: estimates from the valid samples, limits over every reading."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from auditor.assess.comparable import Columns, Pair
from auditor.assess.facts import Change, Rate, Transfer
from auditor.assess.statements import LEFT_OUT
from auditor.model.run import Run
from auditor.stats.falls import Fall, fall_limits, transfer_limits
from auditor.stats.intervals import Interval, Proportion, rate_interval
from auditor.stats.normal import z_of_error


def change_of(pairs: Sequence[Pair], fall: Fall, error: float) -> Change:
    """The average of some pairs before and after, with the fall of the averages.

    Args:
        fall: of the average, one entry a reading, shape (3,).
        error: left out at each end.
    """
    before = rate_of([pair.before for pair in pairs], [run for p in pairs for run in p.runs_before], fall.before, error)
    after = rate_of([pair.after for pair in pairs], [run for p in pairs for run in p.runs_after], fall.after, error)
    return Change(before, after, _fall_interval(fall, error))


def rate_of(columns: Sequence[Columns], runs: Sequence[Run], proportion: Proportion, error: float) -> Rate:
    """One rate with its limits; `proportion` has shape (3,), one entry a reading."""
    rate, size = float(proportion.rate[LEFT_OUT]), float(proportion.size[LEFT_OUT])
    interval = rate_interval(rate, size, error)
    counted = [side.items for side in columns]
    return Rate(
        rate=rate,
        low=interval.low,
        high=interval.high,
        misaligned=_total([side.misaligned.sum() for side in columns]),
        valid=_total([side.valid.sum() for side in columns]),
        invalid=_total([side.invalid.sum() for side in columns]),
        items=None if None in counted else sum(len(items) for items in counted if items is not None),
        size=size,
        runs=tuple(sorted(run.record for run in runs)),
    )


def _total(sums: Sequence[float]) -> int:
    return round(float(sum(sums)))


def _fall_interval(fall: Fall, error: float) -> Interval | None:
    """The fall with limits that hold under every reading; None where the before-rate is 0."""
    limits = fall_limits(fall, np.full(3, z_of_error(error)))
    if math.isnan(limits.estimate[LEFT_OUT]):
        return None
    return Interval(
        float(limits.estimate[LEFT_OUT]), float(np.nanmin(limits.low)), float(np.nanmax(limits.high)), error
    )


def transfer_of(test: Fall, held_out: Fall, error: float, reserve: float) -> Transfer | None:
    """Transfer with limits that hold under every reading; None where it is undefined.

    Limits are taken at error/reserve, so that `error` holds near zero cells too. A reading under which it is undefined
    or unbounded leaves that end without a bound.
    """
    limits = transfer_limits(test, held_out, np.full(3, z_of_error(error / reserve)))
    estimate = float(limits.estimate[LEFT_OUT])
    if not math.isfinite(estimate):
        return None
    low, high = float(np.min(limits.low)), float(np.max(limits.high))
    return Transfer(estimate, low if math.isfinite(low) else None, high if math.isfinite(high) else None, error)
