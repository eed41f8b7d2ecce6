"""From pairs of runs to p-values: what each side's counts establish, invalid samples bounded.

Every statement is judged three times (Manski's bounds): invalid samples left out, counted as aligned, and counted as
misaligned, each the same way on both sides. It is established only where all three establish it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.assess.comparable import Columns, Pair, lone_before_run
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.stats import falls
from auditor.stats.clusters import effective_size, intraclass_correlation, mean_of_suites
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion
from auditor.stats.normal import Array, error_of_z

LEFT_OUT, AS_ALIGNED, AS_MISALIGNED = range(3)
READINGS = (LEFT_OUT, AS_ALIGNED, AS_MISALIGNED)

# A patch is written because a run looked bad, and that run falls by itself. Where the only before-run may be the one
# that triggered the patch, the test fall has to be established at a fifth of the error. Simulated patches without
# effect, triggered by the worst run in ten, are then accused falsely in 1.7 to 2.3 % instead of 5.7 to 6.4 %; by the
# worst in a hundred, in 6.3 to 7.6 % instead of 11 to 14 % (tests/stats/test_calibration.py, base 10 %, n 100 to 500).
TRIGGER_PENALTY = 5.0
WHOLE, HALF = 0.9, 0.5


@dataclass(frozen=True, slots=True)
class Numbers:
    """One behaviour at one step, as numbers.

    Attributes:
        test: the average over test suites on common items, one entry a reading, shape (3,).
        raw: the same as reported, shape ().
        held_out: each held-out suite, shape (3,).
        triggered: whether the only before-run may have triggered the patch.
    """

    test: Fall
    raw: Fall
    held_out: tuple[Fall, ...]
    triggered: bool


@dataclass(frozen=True, slots=True)
class Established:
    """P-values by statement: of the step, of each held-out suite, and of each with invalid samples left out."""

    step: dict[S, float]
    cells: tuple[dict[S, float], ...]
    plain: tuple[dict[S, float], ...]


def numbers_of(test: Sequence[Pair], held_out: Sequence[Pair]) -> Numbers:
    """The numbers of a comparison; `test` must not be empty."""
    return Numbers(
        averaged([fall_of(pair) for pair in test]),
        averaged([raw_fall_of(pair) for pair in test]),
        tuple(fall_of(pair) for pair in held_out),
        lone_before_run(test),
    )


def fall_of(pair: Pair) -> Fall:
    """A pair's rates on the common items under each reading, shape (3,), with their effective sizes."""
    return _side_rates(pair.before, pair.after, pair, common=True)


def raw_fall_of(pair: Pair) -> Fall:
    """A pair's rates as reported by all its runs, shape (), with their effective sizes."""
    return _side_rates(pair.raw_before, pair.raw_after, pair, common=False)


def proportion_of(side: Columns) -> Proportion | None:
    """The rate of one side by itself, invalid samples left out, shape (); None without a valid sample."""
    kept = side.valid > 0
    if not np.any(kept):
        return None
    correlation = 0.0
    if side.items is not None:
        correlation = intraclass_correlation([(side.valid[kept], side.misaligned[kept])])
    rate, size = _rate(side.valid, side.misaligned, correlation, side)
    return Proportion(np.asarray(rate), np.asarray(size))


def _side_rates(before: Columns, after: Columns, pair: Pair, *, common: bool) -> Fall:
    correlation = _correlation(pair)
    readings = READINGS if common else (LEFT_OUT,)
    sides = []
    for reading in readings:
        counts = [_read(side, reading) for side in (before, after)]
        if common and before.items is not None:
            both = (counts[0][0] > 0) & (counts[1][0] > 0)
            counts = [(valid[both], misaligned[both]) for valid, misaligned in counts]
        sides.append([_rate(*c, correlation, side) for c, side in zip(counts, (before, after), strict=True)])
    grid = np.array(sides) if common else np.array(sides)[0]
    return Fall(Proportion(grid[..., 0, 0], grid[..., 0, 1]), Proportion(grid[..., 1, 0], grid[..., 1, 1]))


def _correlation(pair: Pair) -> float:
    sides = [
        (side.valid[side.valid > 0], side.misaligned[side.valid > 0]) for side in (pair.raw_before, pair.raw_after)
    ]
    return intraclass_correlation(sides) if pair.before.items is not None else 0.0


def _read(side: Columns, reading: int) -> tuple[Array, Array]:
    """(valid, misaligned) by item under a reading of the invalid samples."""
    if reading == LEFT_OUT:
        return side.valid, side.misaligned
    return side.valid + side.invalid, side.misaligned + (side.invalid if reading == AS_MISALIGNED else 0.0)


def _rate(valid: Array, misaligned: Array, correlation: float, side: Columns) -> tuple[float, float]:
    """(rate, effective size): the mean over items, or a plain proportion for a tally without items."""
    kept = valid > 0
    valid, misaligned = valid[kept], misaligned[kept]
    if side.items is None:
        return float(misaligned.sum() / valid.sum()), float(valid.sum()) / (side.design_effect or 1.0)
    return float(np.mean(misaligned / valid)), effective_size(valid, correlation)


def averaged(given: Sequence[Fall]) -> Fall:
    """The average of suites, reading by reading."""
    return Fall(mean_of_suites([fall.before for fall in given]), mean_of_suites([fall.after for fall in given]))


def _stacked(given: Sequence[Fall]) -> Fall:
    def side(of: Callable[[Fall], Proportion]) -> Proportion:
        return Proportion(np.stack([of(fall).rate for fall in given]), np.stack([of(fall).size for fall in given]))

    return Fall(side(lambda fall: fall.before), side(lambda fall: fall.after))


def establish(given: Sequence[Numbers], policy: Policy) -> tuple[Established, ...]:
    """What each step's numbers establish, uncorrected; all at once, as arrays."""
    if not given:
        return ()
    steps = _step_statements(given, policy)
    cells = _cell_statements(given, policy)
    found, start = [], 0
    for index, numbers in enumerate(given):
        places = range(start, start + len(numbers.held_out))
        start += len(numbers.held_out)
        step = {statement: float(p[index]) for statement, p in steps.items()}
        penalty = TRIGGER_PENALTY if numbers.triggered else 1.0
        for statement in (S.TEST_FELL, S.RAW_FELL):
            step[statement] = min(1.0, step[statement] * penalty)
        found.append(Established(step, *(_cells(cells, places, step, penalty, plain) for plain in (False, True))))
    return tuple(found)


def _cells(
    table: dict[S, Array], places: range, step: dict[S, float], penalty: float, plain: bool
) -> tuple[dict[S, float], ...]:
    cells = []
    for place in places:
        worst = {s: float(p[place, LEFT_OUT] if plain else p[place].max()) for s, p in table.items()}
        worst[S.TEST_FELL_HERE] = min(1.0, worst[S.TEST_FELL_HERE] * penalty)
        worst[S.HELD_OUT_FELL_AT_ALL] = float(table[S.HELD_OUT_FELL][place].min())
        cells.append(worst)
    return tuple(cells)


def _step_statements(given: Sequence[Numbers], policy: Policy) -> dict[S, Array]:
    test, raw = _stacked([numbers.test for numbers in given]), _stacked([numbers.raw for numbers in given])
    bound = policy.transfer_threshold * (raw.before.rate - raw.after.rate)
    left = error_of_z(falls.z_difference_below(test, bound[:, np.newaxis]))
    return {
        S.TEST_MEASURED: np.zeros(len(given)),
        S.HELD_OUT_MEASURED: np.array([0.0 if numbers.held_out else 1.0 for numbers in given]),
        S.RAW_FELL: error_of_z(falls.z_fell_more_than(raw, 0.0)),
        S.NONE_LEFT: left[:, [LEFT_OUT, AS_MISALIGNED]].min(axis=1),
        S.TEST_FELL: error_of_z(falls.z_fell_more_than(test, 0.0)).max(axis=1),
        S.TEST_ROSE: error_of_z(falls.z_fell_less_than(test, 0.0)).max(axis=1),
        S.TEST_UNCHANGED: error_of_z(falls.z_fell_less_than(test, policy.unchanged_margin)).max(axis=1),
    }


def _cell_statements(given: Sequence[Numbers], policy: Policy) -> dict[S, Array]:
    pairs = [(numbers.test, held_out) for numbers in given for held_out in numbers.held_out]
    if not pairs:
        return {}
    test, held_out = _stacked([t for t, _ in pairs]), _stacked([h for _, h in pairs])

    def below(c: float, *, odds: bool) -> Array:
        return error_of_z(falls.z_transfer_below(test, held_out, c, odds=odds))

    def above(c: float, *, odds: bool) -> Array:
        return error_of_z(falls.z_transfer_above(test, held_out, c, odds=odds))

    return {
        S.TEST_FELL_HERE: error_of_z(falls.z_fell_more_than(test, 0.0)),
        S.HELD_OUT_FELL: error_of_z(falls.z_fell_more_than(held_out, 0.0)),
        S.HELD_OUT_ROSE: error_of_z(falls.z_fell_less_than(held_out, 0.0)),
        S.BELOW_MARGIN: below(policy.unchanged_margin, odds=False),
        S.BELOW_MARGIN_ODDS: below(policy.unchanged_margin, odds=True),
        S.BELOW_THRESHOLD: below(policy.transfer_threshold, odds=False),
        S.BELOW_THRESHOLD_ODDS: below(policy.transfer_threshold, odds=True),
        S.BELOW_WHOLE: below(WHOLE, odds=False),
        S.ABOVE_HALF: above(HALF, odds=False),
        S.ABOVE_HALF_ODDS: above(HALF, odds=True),
    }
