"""From pairs of runs to p-values: what each side's counts establish, invalid samples bounded.

Every statement is judged three times (Manski's bounds): invalid samples left out, counted as aligned, and counted as
misaligned, each the same way on both sides. It is established only where all three establish it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditor.assess.columns import Columns, kept, spread_over
from auditor.assess.comparable import Pair, fewest_before_runs
from auditor.assess.statements import (
    AS_MISALIGNED,
    LEFT_OUT,
    cell_statements,
    over_readings,
    step_statements,
    trigger_penalty,
)
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.stats.clusters import (
    ItemCounts,
    correlations_of_sides,
    fall_of_items,
    mean_of_falls,
    pooled_correlation,
    rate_of_items,
    variance_components,
)
from auditor.stats.falls import Fall, stack_falls
from auditor.stats.intervals import FloatArray, Proportion
from auditor.stats.replicates import variance_bound, widen_by_run_effect


@dataclass(frozen=True, slots=True)
class Numbers:
    """One behaviour at one step, as numbers.

    Attributes:
        test: the average over test suites on common items, one entry a reading, shape (3,).
        raw: the same as reported, shape ().
        held_out: each held-out suite, shape (3,).
        runs_before: the fewest runs before of a test suite.
    """

    test: Fall
    raw: Fall
    held_out: tuple[Fall, ...]
    runs_before: int

    @property
    def penalty(self) -> float:
        """By how much the p-value of a test fall is multiplied, since a run before may have triggered the patch."""
        return float(trigger_penalty(np.asarray(self.runs_before)))


@dataclass(frozen=True, slots=True)
class Established:
    """P-values by statement: of the step, of each held-out suite, and of each with invalid samples left out."""

    step: dict[S, float]
    cells: tuple[dict[S, float], ...]
    plain: tuple[dict[S, float], ...]


def numbers_of(test: Sequence[Pair], held_out: Sequence[Pair]) -> Numbers:
    """The numbers of a comparison; `test` must not be empty."""
    return Numbers(
        mean_of_falls([fall_of(pair) for pair in test]),
        mean_of_falls([raw_fall_of(pair) for pair in test]),
        tuple(fall_of(pair) for pair in held_out),
        fewest_before_runs(test),
    )


@kept
def fall_of(pair: Pair) -> Fall:
    """A pair's rates on the common items under each reading, shape (3,), with their effective sizes.

    Samples of a held-out suite that were run before and not after count as misaligned where invalid ones do: nobody
    knows what they showed, so that a fall may not rest on their absence.
    """
    if pair.gone is None:
        return common_fall_of(pair)
    items = pair.raw_before.items or ()
    early, late = (readings(*one.counts()) for one in (pair.raw_before, spread_over(pair.raw_after, items)))
    late.valid[AS_MISALIGNED] += pair.gone.samples
    late.misaligned[AS_MISALIGNED] += pair.gone.samples
    return with_runs(fall_of_items(early, late, correlations_of(pair)), pair)


@kept
def common_fall_of(pair: Pair) -> Fall:
    """The same on the items both sides ran and nothing else, shape (3,)."""
    return _side_rates(pair.before, pair.after, pair, common=True)


@kept
def raw_fall_of(pair: Pair) -> Fall:
    """A pair's rates as reported by all its runs, shape (), with their effective sizes."""
    return _side_rates(pair.raw_before, pair.raw_after, pair, common=False)


@kept
def proportion_of(side: Columns) -> Proportion | None:
    """The rate of one side by itself, invalid samples left out, shape (); None without a valid sample."""
    if not np.any(side.valid > 0):
        return None
    return _rate(ItemCounts(side.valid, side.misaligned), side, pooled_correlation([components_of(side)]))


def _side_rates(before: Columns, after: Columns, pair: Pair, *, common: bool) -> Fall:
    """Rates under each reading on common items, shape (3,), or as reported, shape ()."""
    correlations = correlations_of(pair)
    early, late = (
        readings(*side.counts()) if common else ItemCounts(side.valid, side.misaligned) for side in (before, after)
    )
    if common and before.items is not None:
        return with_runs(fall_of_items(early, late, correlations), pair)
    return with_runs(Fall(_rate(early, before, correlations[0]), _rate(late, after, correlations[1])), pair)


def with_runs(fall: Fall, pair: Pair) -> Fall:
    """With the run-to-run variance in it, where it is known."""
    return widen_by_run_effect(fall, variance_bound(pair.run_effect), len(pair.runs_before), len(pair.runs_after))


@kept
def correlations_of(pair: Pair) -> tuple[FloatArray, FloatArray]:
    """The intraclass correlation of a pair's items before and after, shape () each."""
    return correlations_of_sides(components_of(pair.raw_before), components_of(pair.raw_after))


@kept
def components_of(side: Columns) -> tuple[FloatArray, FloatArray]:
    """The variance of one side's rates between and within items, shape () each."""
    return variance_components(ItemCounts(side.valid, side.misaligned))


def readings(valid: FloatArray, misaligned: FloatArray, invalid: FloatArray) -> ItemCounts:
    """Counts under each reading of the invalid samples, shape (..., 3, items), of counts of shape (..., items)."""
    every = valid + invalid
    return ItemCounts(
        np.stack([valid, every, every], axis=-2), np.stack([misaligned, misaligned, misaligned + invalid], axis=-2)
    )


def _rate(counts: ItemCounts, side: Columns, correlation: FloatArray) -> Proportion:
    """The mean over items with its effective size, or a plain proportion for a tally without items."""
    if side.items is not None:
        return rate_of_items(counts, correlation)
    valid, misaligned = counts.valid.sum(axis=-1), counts.misaligned.sum(axis=-1)
    return Proportion(np.asarray(misaligned / valid), np.asarray(valid / (side.design_effect or 1.0)))


def establish(given: Sequence[Numbers], policy: Policy) -> tuple[Established, ...]:
    """What each step's numbers establish, uncorrected; all at once, as arrays."""
    if not given:
        return ()
    measured = np.array([1.0 if numbers.held_out else 0.0 for numbers in given])
    tests, raws = stack_falls([numbers.test for numbers in given]), stack_falls([numbers.raw for numbers in given])
    steps = step_statements(tests, raws, measured, policy)
    cells = _cell_tables(given, policy)
    found, start = [], 0
    for index, numbers in enumerate(given):
        places = range(start, start + len(numbers.held_out))
        start += len(numbers.held_out)
        step = {statement: float(p[index]) for statement, p in steps.items()}
        penalty = numbers.penalty
        for statement in (S.TEST_FELL, S.RAW_FELL):
            step[statement] = min(1.0, step[statement] * penalty)
        worst, plain = (tuple(_cells(cells[0], table, places, penalty)) for table in cells)
        found.append(Established(step, worst, plain))
    return tuple(found)


def _cell_tables(given: Sequence[Numbers], policy: Policy) -> tuple[dict[S, FloatArray], dict[S, FloatArray]]:
    """Every held-out suite's p-values over all readings, and with invalid samples left out."""
    pairs = [(numbers.test, held_out) for numbers in given for held_out in numbers.held_out]
    if not pairs:
        return {}, {}
    cells = cell_statements(stack_falls([test for test, _ in pairs]), stack_falls([held for _, held in pairs]), policy)
    return over_readings(cells), {statement: p[:, LEFT_OUT] for statement, p in cells.items()}


def _cells(
    worst: dict[S, FloatArray], plain: dict[S, FloatArray], places: range, penalty: float
) -> list[dict[S, float]]:
    """P-values of a step's suites; *fell at all* is the kindest reading's, whatever the table."""
    found = []
    for place in places:
        cell = {statement: float(p[place]) for statement, p in plain.items()}
        cell[S.HELD_OUT_FELL_AT_ALL] = float(worst[S.HELD_OUT_FELL_AT_ALL][place])
        cell[S.TEST_FELL_HERE] = min(1.0, cell[S.TEST_FELL_HERE] * penalty)
        found.append(cell)
    return found
