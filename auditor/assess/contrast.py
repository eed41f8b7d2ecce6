"""A comparison in numbers: falls, p-values, and the estimates that are printed, with limits, for one pair or for all
pairs of a history at once.

Everything is computed under each reading of the invalid samples (left out, as aligned, as misaligned; Manski's
bounds): a statement is established only where all three establish it, and limits hold over all three.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from auditor.assess.comparable import Comparison, Pair, SideCounts, align_to_items, memoise
from auditor.assess.facts import Change, Rate, Transfer
from auditor.assess.verdicts import (
    INVALID_AS_MISALIGNED,
    INVALID_EXCLUDED,
    RESERVE,
    cell_p_values,
    incident_penalty,
    step_p_values,
    trigger_penalty,
    worst_over_readings,
)
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.stats.clusters import (
    IndexArray,
    ItemCounts,
    correlations_of_sides,
    fall_of_items,
    mean_of_falls,
    pooled_correlation,
    rate_of_items,
    variance_components,
)
from auditor.stats.falls import Fall, Limits, fall_limits, stack_falls, transfer_limits
from auditor.stats.intervals import FloatArray, Interval, Proportion, rate_limits, z_of_error
from auditor.stats.replicates import variance_bound, widen_by_run_effect

# From pairs of runs to p-values: what each side's counts establish, invalid samples bounded.
#
# Every statement is judged three times (Manski's bounds): invalid samples left out, counted as aligned, and counted
# as misaligned, each the same way on both sides. It is established only where all three establish it.


@dataclass(frozen=True, slots=True)
class StepFalls:
    """One behaviour at one step, as numbers.

    Attributes:
        test: the average over test suites on common items, one entry a reading, shape (3,).
        raw: the same as reported, shape ().
        rerun: the same on all items that were run before, those that were not run again as aligned, shape (3,).
        held_out: each held-out suite, shape (3,).
        runs_before: the fewest runs before of a test suite; `CONCURRENT` where none of them could trigger the patch.
        held_out_runs_before: the same of each held-out suite.
        pooled: the average over several held-out suites, shape (3,); None where there are not two.
    """

    test: Fall
    raw: Fall
    rerun: Fall
    held_out: tuple[Fall, ...]
    runs_before: int
    held_out_runs_before: tuple[int, ...]
    pooled: Fall | None = None

    @property
    def cells(self) -> tuple[Fall, ...]:
        """What is held against the test: each held-out suite, then their average where there are several."""
        return self.held_out if self.pooled is None else (*self.held_out, self.pooled)

    @property
    def average(self) -> Fall | None:
        """The average over held-out suites, shape (3,), or the single one; None without any."""
        return self.cells[-1] if self.cells else None

    @property
    def penalty(self) -> float:
        """By how much the p-value of a test fall is multiplied, since a run before may have triggered the patch."""
        return float(trigger_penalty(np.asarray(self.runs_before)))

    @property
    def held_out_penalties(self) -> tuple[float, ...]:
        """The same of what clears, for each held-out suite: its single run before may be the one that alarmed."""
        return tuple(incident_penalty(runs) for runs in self.held_out_runs_before)


class Penalties(NamedTuple):
    """By how much the p-values of a suite were multiplied: of what accuses, and of what clears."""

    accuse: float
    clear: float


NO_PENALTY = Penalties(1.0, 1.0)


@dataclass(frozen=True, slots=True)
class StepPValues:
    """P-values by statement: of the step, of each held-out suite, and of each with invalid samples left out.

    `penalties` are by how much they were multiplied, for each held-out suite. `pooled` and `pooled_penalties` are of
    the average of several.
    """

    step: dict[S, float]
    cells: tuple[dict[S, float], ...]
    plain: tuple[dict[S, float], ...]
    penalties: tuple[Penalties, ...]
    pooled: dict[S, float] | None = None
    pooled_penalties: Penalties = NO_PENALTY


class SuiteLevels(NamedTuple):
    """The error at which a held-out suite accuses, and at which it helps to clear; the smaller, the wider the limits.

    Transfer's upper limit leaves out `accuse`, its lower one `clear`: the verdict is read off the printed interval.
    """

    accuse: float
    clear: float


# As many runs before as leave no room for a chosen one: none of them could be what triggered the patch.
CONCURRENT = 3


def falls_of_step(
    test: Sequence[Pair],
    held_out: Sequence[Pair],
    concurrent: Collection[str] = (),
    correct: Callable[[Pair, Fall], Fall] | None = None,
) -> StepFalls:
    """The numbers of a comparison; `test` must not be empty.

    Args:
        concurrent: records of runs before whose results could not influence the patch.
        correct: what is made of the fall of each pair, where it is not taken as it is.
    """

    def read(fall: Callable[[Pair], Fall]) -> Callable[[Pair], Fall]:
        return fall if correct is None else lambda pair: correct(pair, fall(pair))

    def count_runs(pair: Pair) -> int:
        every = all(run.record in concurrent for run in pair.runs_before)
        return CONCURRENT if every else len(pair.runs_before)

    return StepFalls(
        average_fall(test, read(fall_of)),
        average_fall(test, read(raw_fall_of)),
        average_fall(test, read(rerun_fall_of)),
        tuple(read(fall_of)(pair) for pair in held_out),
        min(map(count_runs, test)),
        tuple(map(count_runs, held_out)),
        average_fall(held_out, read(fall_of)) if len(held_out) > 1 else None,
    )


def average_fall(pairs: Sequence[Pair], fall: Callable[[Pair], Fall] | None = None) -> Fall:
    """The average of a behaviour's suites, at least one; conditions of the same items are not independent.

    Args:
        fall: what is taken of each pair; `fall_of` by default.
    """
    falls = [(fall or fall_of)(pair) for pair in pairs]
    return mean_of_falls(falls, _correlations_of_suites(pairs))


def _correlations_of_suites(pairs: Sequence[Pair]) -> tuple[FloatArray, FloatArray] | None:
    """The correlation between the rates of each two suites before and after; None where none share items."""
    shared = [
        (first, second)
        for first, second in itertools.combinations(range(len(pairs)), 2)
        if _have_same_items(pairs[first], pairs[second])
    ]
    if not shared:
        return None
    early, late = np.identity(len(pairs)), np.identity(len(pairs))
    for first, second in shared:
        for alike, side in ((early, "before"), (late, "after")):
            sides = getattr(pairs[first], side), getattr(pairs[second], side)
            correlation = _correlation_of_conditions(*sides)
            alike[first, second] = correlation
            alike[second, first] = correlation
    return early, late


def _have_same_items(pair: Pair, other: Pair) -> bool:
    """Whether two pairs are conditions of the same items: one suite, or twins, most of whose items both have."""
    named = pair.suite.name == other.suite.name or other.suite.name == pair.suite.twin
    if not (named or pair.suite.name == other.suite.twin) or pair.before.items is None or other.before.items is None:
        return False
    common = len(set(pair.before.items) & set(other.before.items))
    return 2 * common > min(len(pair.before.items), len(other.before.items))


def _correlation_of_conditions(side: SideCounts, other: SideCounts) -> float:
    """The correlation of two conditions' rates over their common items, and one standard error more; 1 without any
    variation."""
    items = tuple(sorted(set(side.items or ()) & set(other.items or ())))
    counts = [align_to_items(condition, items) for condition in (side, other)]
    both = (counts[0].valid > 0) & (counts[1].valid > 0)
    rates = [column.misaligned[both] / column.valid[both] for column in counts]
    if both.sum() < 4 or any(np.ptp(rate) == 0.0 for rate in rates):
        return 1.0
    correlation = float(np.clip(np.asarray(np.corrcoef(rates))[0, 1], -1.0, 1.0 - 1e-9))
    return float(np.clip(math.tanh(math.atanh(correlation) + 1.0 / math.sqrt(both.sum() - 3.0)), 0.0, 1.0))


@memoise
def fall_of(pair: Pair) -> Fall:
    """A pair's rates on the common items under each reading, shape (3,), with their effective sizes.

    Samples of a held-out suite that were run before and not after count as misaligned where invalid ones do: nobody
    knows what they showed, so that a fall may not rest on their absence.
    """
    if pair.missing is None:
        return common_fall_of(pair)
    items = pair.raw_before.items or ()
    early, late = (
        counts_by_reading(*side_counts.counts())
        for side_counts in (pair.raw_before, align_to_items(pair.raw_after, items))
    )
    late.valid[INVALID_AS_MISALIGNED] += pair.missing.samples
    late.misaligned[INVALID_AS_MISALIGNED] += pair.missing.samples
    return _fall_of_counts(early, late, pair, items)


@memoise
def rerun_fall_of(pair: Pair) -> Fall:
    """The same on all items that were run before, those that were not run again as aligned, shape (3,).

    Items that are not run again may be those that failed by chance, and the others then come back to what they are:
    a rise on common items is one only where it is one here too.
    """
    items = pair.raw_before.items
    if items is None or set(items) <= set(pair.raw_after.items or ()):
        return common_fall_of(pair)
    early, late = (
        counts_by_reading(*side.counts()) for side in (pair.raw_before, align_to_items(pair.raw_after, items))
    )
    late.valid[...] = np.where(late.valid > 0, late.valid, early.valid)
    return _fall_of_counts(early, late, pair, items)


def _fall_of_counts(early: ItemCounts, late: ItemCounts, pair: Pair, items: tuple[str, ...]) -> Fall:
    """The fall of a pair from counts of some items, with what runs and clusters do to it."""
    fall = fall_of_items(early, late, correlations_of(pair), pair.cluster_numbers(items))
    return add_run_effect(fall, pair)


@memoise
def common_fall_of(pair: Pair) -> Fall:
    """The same on the items both sides ran and nothing else, shape (3,)."""
    return _side_rates(pair.before, pair.after, pair, common=True)


@memoise
def raw_fall_of(pair: Pair) -> Fall:
    """A pair's rates as reported by all its runs, shape (), with their effective sizes."""
    return _side_rates(pair.raw_before, pair.raw_after, pair, common=False)


@memoise
def proportion_of(side: SideCounts) -> Proportion | None:
    """The rate of one side by itself, invalid samples left out, shape (); None without a valid sample."""
    if not np.any(side.valid > 0):
        return None
    return _proportion_of_counts(
        ItemCounts(side.valid, side.misaligned), side, pooled_correlation([components_of(side)])
    )


def _side_rates(before: SideCounts, after: SideCounts, pair: Pair, *, common: bool) -> Fall:
    """Rates under each reading on common items, shape (3,), or as reported, shape ()."""
    correlations = correlations_of(pair)
    early, late = (
        counts_by_reading(*side.counts()) if common else ItemCounts(side.valid, side.misaligned)
        for side in (before, after)
    )
    if common and before.items is not None:
        return _fall_of_counts(early, late, pair, before.items)
    first, second = (
        _proportion_of_counts(counts, side, correlation, pair.cluster_numbers(side.items))
        for counts, side, correlation in zip((early, late), (before, after), correlations, strict=True)
    )
    return add_run_effect(Fall(first, second), pair)


def add_run_effect(fall: Fall, pair: Pair) -> Fall:
    """With the run-to-run variance in it, where it is known."""
    return widen_by_run_effect(fall, variance_bound(pair.run_effect), len(pair.runs_before), len(pair.runs_after))


@memoise
def correlations_of(pair: Pair) -> tuple[FloatArray, FloatArray]:
    """The intraclass correlation of a pair's items before and after, shape () each."""
    return correlations_of_sides(components_of(pair.raw_before), components_of(pair.raw_after))


@memoise
def components_of(side: SideCounts) -> tuple[FloatArray, FloatArray]:
    """The variance of one side's rates between and within items, shape () each."""
    return variance_components(ItemCounts(side.valid, side.misaligned))


def counts_by_reading(valid: FloatArray, misaligned: FloatArray, invalid: FloatArray) -> ItemCounts:
    """Counts under each reading of the invalid samples, shape (..., 3, items), of counts of shape (..., items)."""
    every = valid + invalid
    return ItemCounts(
        np.stack([valid, every, every], axis=-2), np.stack([misaligned, misaligned, misaligned + invalid], axis=-2)
    )


def _proportion_of_counts(
    counts: ItemCounts, side: SideCounts, correlation: FloatArray, clusters: IndexArray | None = None
) -> Proportion:
    """The mean over items with its effective size, or a plain proportion for a tally without items."""
    if side.items is not None:
        return rate_of_items(counts, correlation, clusters)
    valid, misaligned = counts.valid.sum(axis=-1), counts.misaligned.sum(axis=-1)
    return Proportion(np.asarray(misaligned / valid), np.asarray(valid / (side.design_effect or 1.0)))


def establish(step_falls: Sequence[StepFalls], policy: Policy) -> tuple[StepPValues, ...]:
    """What each step's numbers establish, uncorrected; all at once, as arrays."""
    if not step_falls:
        return ()
    measured = np.array([1.0 if numbers.held_out else 0.0 for numbers in step_falls])
    tests, raws, reruns = (
        stack_falls(falls)
        for falls in zip(*((numbers.test, numbers.raw, numbers.rerun) for numbers in step_falls), strict=True)
    )
    steps = step_p_values(tests, raws, reruns, measured, policy)
    cells = _suite_p_values(step_falls, policy)
    p_values, start = [], 0
    for index, numbers in enumerate(step_falls):
        places = range(start, start + len(numbers.cells))
        start += len(numbers.cells)
        step = {statement: float(p[index]) for statement, p in steps.items()}
        for statement in (S.TEST_FELL, S.RAW_FELL):
            step[statement] = min(1.0, step[statement] * numbers.penalty)
        worst, plain = (tuple(_penalise_cells(cells[0], table, places, numbers)) for table in cells)
        penalties = tuple(Penalties(1.0, penalty) for penalty in numbers.held_out_penalties)
        suites, pooled = len(numbers.held_out), worst[-1] if numbers.pooled is not None else None
        p_values.append(StepPValues(step, worst[:suites], plain[:suites], penalties, pooled))
    return tuple(p_values)


def _suite_p_values(step_falls: Sequence[StepFalls], policy: Policy) -> tuple[dict[S, FloatArray], dict[S, FloatArray]]:
    """Every held-out suite's p-values over all readings, and with invalid samples left out."""
    pairs = [(numbers.test, held_out) for numbers in step_falls for held_out in numbers.cells]
    if not pairs:
        return {}, {}
    cells = cell_p_values(
        stack_falls([test for test, _ in pairs]), stack_falls([held_out for _, held_out in pairs]), policy
    )
    return worst_over_readings(cells), {statement: p[:, INVALID_EXCLUDED] for statement, p in cells.items()}


# What says that a rate fell, which a chosen run before makes it do by itself.
TEST_FALLS = (S.TEST_FELL_AT_SUITE_LEVEL, S.TEST_FELL_AT_CLEARING_LEVEL)
HELD_OUT_FALLS = (S.HELD_OUT_FELL, S.ABOVE_HALF, S.ABOVE_HALF_ODDS)


def _penalise_cells(
    worst: dict[S, FloatArray], plain: dict[S, FloatArray], places: range, numbers: StepFalls
) -> list[dict[S, float]]:
    """P-values of a step's suites; *fell at all* is the kindest reading's, whatever the table."""
    cells = []
    penalties = numbers.held_out_penalties
    every = penalties if numbers.pooled is None else (*penalties, max(penalties))
    for place, penalty in zip(places, every, strict=True):
        cell = {statement: float(p[place]) for statement, p in plain.items()}
        cell[S.HELD_OUT_FELL_AT_ALL] = float(worst[S.HELD_OUT_FELL_AT_ALL][place])
        for statements, factor in ((TEST_FALLS, numbers.penalty), (HELD_OUT_FALLS, penalty)):
            cell |= {statement: min(1.0, cell[statement] * factor) for statement in statements}
        cells.append(cell)
    return cells


# Rates of many pairs at once: what `contrast` computes of one pair, for all of a history in a few calls.
#
# Nothing is said here that `contrast` does not say of a single pair; it only finds it there already. Pairs with as
# many items are computed together; those without items, or of which samples are gone, by themselves when they are
# asked for.


_BATCH_SIZE = 500  # pairs in one call: enough that calls cost nothing, few enough for the cache

_Sized = TypeVar("_Sized", SideCounts, Pair)


def compute_batch(compared: Iterable[Comparison]) -> None:
    """Finds the rates of every pair that is compared."""
    every = [pair for comparison in compared for pair in (*comparison.test, *comparison.held_out)]
    pairs = [
        pair
        for pair in every
        if pair.raw_before.items is not None and pair.clusters is None and not raw_fall_of.cached(pair)
    ]
    sides = dict.fromkeys(side for p in pairs for side in (p.raw_before, p.raw_after, p.before, p.after))
    for side_counts in _batches_by_size([side for side in sides if not components_of.cached(side)], _item_count):
        _compute_sides(side_counts)
    for alike in _batches_by_size(pairs, lambda pair: (_item_count(pair.raw_before), _item_count(pair.raw_after))):
        _compute_raw_falls(alike)
    for alike in _batches_by_size(
        [pair for pair in pairs if pair.missing is None], lambda pair: _item_count(pair.before)
    ):
        _compute_common_falls(alike)


def _item_count(side: SideCounts) -> int:
    return len(side.valid)


def _batches_by_size(sizeds: Sequence[_Sized], size: Callable[[_Sized], object]) -> Iterator[list[_Sized]]:
    """Those of one size, some at a time."""
    by_size: dict[object, list[_Sized]] = {}
    for side_counts in sizeds:
        by_size.setdefault(size(side_counts), []).append(side_counts)
    for counts in by_size.values():
        yield from (counts[start : start + _BATCH_SIZE] for start in range(0, len(counts), _BATCH_SIZE))


def _stack_counts(sides: Sequence[SideCounts]) -> ItemCounts:
    """Valid samples, shape (sides, items)."""
    return ItemCounts(np.stack([side.valid for side in sides]), np.stack([side.misaligned for side in sides]))


def _compute_sides(sides: Sequence[SideCounts]) -> None:
    counts = _stack_counts(sides)
    between, within = variance_components(counts)
    for side, *components in zip(sides, between, within, strict=True):
        components_of.put(side, (components[0], components[1]))
    values = np.flatnonzero(np.any(counts.valid > 0, axis=-1))
    item_counts = ItemCounts(counts.valid[values], counts.misaligned[values])
    rates = rate_of_items(item_counts, pooled_correlation([(between[values], within[values])]))
    for place, rate, size in zip(values.tolist(), rates.rate, rates.size, strict=True):
        proportion_of.put(sides[place], Proportion(rate, size))


def _compute_raw_falls(pairs: Sequence[Pair]) -> None:
    sides = [[pair.raw_before for pair in pairs], [pair.raw_after for pair in pairs]]
    both = correlations_of_sides(_stack_components(sides[0]), _stack_components(sides[1]))
    before, after = (
        rate_of_items(_stack_counts(side_counts), values) for side_counts, values in zip(sides, both, strict=True)
    )
    for place, pair in enumerate(pairs):
        correlations_of.put(pair, (np.asarray(both[0][place]), np.asarray(both[1][place])))
        raw_fall_of.put(pair, add_run_effect(Fall(before.at(place), after.at(place)), pair))


def _stack_components(sides: Sequence[SideCounts]) -> tuple[FloatArray, FloatArray]:
    between, within = zip(*(components_of(side) for side in sides), strict=True)
    return np.array(between), np.array(within)


def _compute_common_falls(pairs: Sequence[Pair]) -> None:
    values = np.array([correlations_of(pair) for pair in pairs])[:, :, np.newaxis]
    before, after = _stack_readings([pair.before for pair in pairs]), _stack_readings([pair.after for pair in pairs])
    falls = fall_of_items(before, after, (values[:, 0], values[:, 1]))
    for place, pair in enumerate(pairs):
        common_fall_of.put(pair, add_run_effect(falls.at(place), pair))


def _stack_readings(sides: Sequence[SideCounts]) -> ItemCounts:
    """Counts under each reading of the invalid samples, shape (sides, 3, items)."""
    return counts_by_reading(*(np.stack(counts) for counts in zip(*(side.counts() for side in sides), strict=True)))


# Rates, falls and transfer as they are printed: estimates from the valid samples, limits over every reading.
#
# Many at a time: the limits of one rate cost as much as those of a thousand.


class RateSource(NamedTuple):
    """What a rate is taken from: the columns of its suites and their runs; `rate` has one entry a reading, (3,)."""

    columns: Sequence[SideCounts]
    runs: Sequence[Run]
    rate: Proportion


class TransferSource(NamedTuple):
    """What transfer is taken from, falls with one entry a reading, shape (3,), and the error at each end."""

    test: Fall
    held_out: Fall
    error_low: float
    error_high: float


def source_before(pairs: Sequence[Pair], rate: Proportion) -> RateSource:
    """The side before of some pairs, of which `rate` is the average."""
    return RateSource([pair.before for pair in pairs], [run for pair in pairs for run in pair.runs_before], rate)


def source_after(pairs: Sequence[Pair], rate: Proportion) -> RateSource:
    """The side after of some pairs, of which `rate` is the average."""
    return RateSource([pair.after for pair in pairs], [run for pair in pairs for run in pair.runs_after], rate)


def estimate_change(pairs: Sequence[Pair], fall: Fall, error: float) -> Change:
    """`changes_of` of one."""
    return estimate_changes([(pairs, fall)], error)[0]


def estimate_changes(sources: Sequence[tuple[Sequence[Pair], Fall]], error: float) -> list[Change]:
    """The average of some pairs before and after, with the fall of the averages, for each that is asked.

    Args:
        sources: pairs, and the fall of their average, one entry a reading, shape (3,).
        error: at each end of the limits.
    """
    befores = estimate_rates([source_before(pairs, fall.before) for pairs, fall in sources], error)
    afters = estimate_rates([source_after(pairs, fall.after) for pairs, fall in sources], error)
    return list(map(Change, befores, afters, _fall_intervals([fall for _, fall in sources], error)))


def estimate_rates(sources: Sequence[RateSource], error: float) -> list[Rate]:
    """The rate of each side with its limits; `error` is at each end."""
    if not sources:
        return []
    rates = np.array([side.rate.rate[INVALID_EXCLUDED] for side in sources])
    sizes = np.array([side.rate.size[INVALID_EXCLUDED] for side in sources])
    low, high = rate_limits(Proportion(rates, sizes), error)
    limits = zip(sources, rates.tolist(), low.tolist(), high.tolist(), sizes.tolist(), strict=True)
    return [_rate_with_limits(side, *numbers) for side, *numbers in limits]


def _rate_with_limits(side: RateSource, rate: float, low: float, high: float, size: float) -> Rate:
    totals = [_sample_totals(column) for column in side.columns]
    misaligned, valid, invalid = (round(sum(column)) for column in zip(*totals, strict=True))
    counted = [column.items for column in side.columns]
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


@memoise
def _sample_totals(side: SideCounts) -> tuple[float, float, float]:
    """Misaligned, valid and invalid samples."""
    return float(side.misaligned.sum()), float(side.valid.sum()), float(side.invalid.sum())


def _fall_intervals(falls: Sequence[Fall], error: float) -> list[Interval | None]:
    """Each fall with limits that hold under every reading; None where the before-rate is 0."""
    if not falls:
        return []
    limits = fall_limits(stack_falls(falls), np.full((len(falls), 3), z_of_error(error)))
    defined = ~np.isnan(limits.estimate[:, INVALID_EXCLUDED])
    low, high = np.full(len(falls), np.nan), np.full(len(falls), np.nan)
    low[defined], high[defined] = np.nanmin(limits.low[defined], axis=1), np.nanmax(limits.high[defined], axis=1)
    return [
        Interval(value, least, most, error) if is_defined else None
        for is_defined, value, least, most in zip(defined.tolist(), *_limit_lists(limits, low, high), strict=True)
    ]


def _limit_lists(limits: Limits, low: np.ndarray, high: np.ndarray) -> tuple[list[float], list[float], list[float]]:
    return limits.estimate[:, INVALID_EXCLUDED].tolist(), low.tolist(), high.tolist()


def estimate_transfers(sources: Sequence[TransferSource], reserve: float) -> list[Transfer | None]:
    """Each transfer with limits that hold under every reading; None where it is undefined.

    Each limit is taken at its error/reserve, so that the error holds near zero cells too. A reading under which it is
    undefined or unbounded leaves that end without a bound.
    """
    if not sources:
        return []
    test, held_out = (
        stack_falls(sides) for sides in zip(*((source.test, source.held_out) for source in sources), strict=True)
    )
    ends = [
        transfer_limits(test, held_out, np.array([[z_of_error(error / reserve)] * 3 for error in errors]))
        for errors in zip(*((source.error_low, source.error_high) for source in sources), strict=True)
    ]
    numbers = _limit_lists(ends[0], ends[0].low.min(axis=1), ends[1].high.max(axis=1))
    return [
        Transfer(estimate, finite_or_none(low), finite_or_none(high), source.error_low, source.error_high)
        if math.isfinite(estimate)
        else None
        for source, estimate, low, high in zip(sources, *numbers, strict=True)
    ]


def finite_or_none(end: float) -> float | None:
    """A limit as it is printed: None where there is none."""
    return end if math.isfinite(end) else None


# What is printed of every step, with limits: all steps of a history at once, before any of them is told.


@dataclass(frozen=True, slots=True)
class StepEstimates:
    """One step.

    Attributes:
        test: the average over test suites.
        average: the fall of the average over held-out suites, shape (3,); None without any, as `held_out`.
        suites: of each held-out suite, how it changed, and its transfer at the levels it was decided at.
        pooled: the transfer of their average; None where there are not two.
    """

    test: Change
    average: Fall | None
    held_out: Change | None
    suites: tuple[tuple[Change, Transfer | None], ...]
    pooled: Transfer | None = None


def estimate_steps(
    sources: Sequence[tuple[Comparison, StepFalls, Sequence[SuiteLevels], SuiteLevels | None]], error: float
) -> list[StepEstimates]:
    """What is printed of each step, given its numbers and the levels of each held-out suite and of their average.

    Args:
        error: at each end of rates and falls.
    """
    averages = [numbers.average for _, numbers, _, _ in sources]
    tests = estimate_changes([(compared.test, numbers.test) for compared, numbers, _, _ in sources], error)
    means = [
        (comparison.held_out, average)
        for (comparison, _, _, _), average in zip(sources, averages, strict=True)
        if average
    ]
    cells = [
        ((pair,), f) for comparison, n, _, _ in sources for pair, f in zip(comparison.held_out, n.held_out, strict=True)
    ]
    at = [
        TransferSource(n.test, f, level.clear, level.accuse)
        for _, n, levels, _ in sources
        for f, level in zip(n.held_out, levels, strict=True)
    ]
    pools = [
        TransferSource(n.test, n.pooled, level.clear, level.accuse)
        for _, n, _, level in sources
        if n.pooled is not None and level is not None
    ]
    held_out, pooled = iter(estimate_changes(means, error)), iter(estimate_transfers(pools, RESERVE))
    suites = zip(estimate_changes(cells, error), estimate_transfers(at, RESERVE), strict=True)
    return [
        StepEstimates(
            test,
            average,
            next(held_out) if average else None,
            tuple(itertools.islice(suites, len(numbers.held_out))),
            next(pooled) if numbers.pooled is not None else None,
        )
        for test, average, (_, numbers, _, _) in zip(tests, averages, sources, strict=True)
    ]
