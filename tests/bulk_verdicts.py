"""Verdicts of many patches at once, arrays in and arrays out: the same statements, families and table as
`auditor.assess`, for the simulations in the tests.

A patch has behaviours, a behaviour has held-out suites; all patches of one call have as many of each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.assess.contrast import HELD_OUT_FALLS, TEST_FALLS
from auditor.assess.verdicts import (
    ACCUSATION,
    ACCUSING_STATEMENTS,
    CLEARANCE,
    CLEARING_STATEMENTS,
    TABLE,
    All,
    Any,
    Condition,
    Not,
    cell_p_values,
    incident_penalty,
    step_p_values,
    trigger_penalty,
    worst_over_readings,
)
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.model.verdict import STAYED_VERDICTS, WORST_FIRST, Verdict
from auditor.stats.clusters import mean_of_falls
from auditor.stats.falls import Fall
from auditor.stats.intervals import FloatArray

Codes = NDArray[np.int8]

CODES: dict[Verdict, int] = {verdict: code for code, verdict in enumerate(WORST_FIRST)}
"""A verdict's code: its place in `WORST_FIRST`, so that the worst is the smallest."""


@dataclass(frozen=True, slots=True)
class Histories:
    """Patches, each measured over one step.

    Attributes:
        test: on common items, shape (patches, behaviours, readings); one reading where no sample is invalid, else three
            (invalid samples left out, as aligned, as misaligned).
        raw: as reported, shape (patches, behaviours).
        held_out: shape (patches, behaviours, suites, readings); no suites is (patches, behaviours, 0, readings).
        runs_before: the runs before of every suite, shape (patches, behaviours); see `trigger_penalty`.
    """

    test: Fall
    raw: Fall
    held_out: Fall
    runs_before: FloatArray


@dataclass(frozen=True, slots=True)
class HistoryVerdicts:
    """What the table says, as codes (`CODES`).

    Attributes:
        patch: the worst of its behaviours, shape (patches,).
        behaviour: shape (patches, behaviours).
        suite: of each held-out suite by itself, shape (patches, behaviours, suites).
        levels: the error at which each suite accuses.
    """

    patch: Codes
    behaviour: Codes
    suite: Codes
    levels: FloatArray


def single_behaviour(test: Fall, held_out: Fall, *, runs_before: int | FloatArray = 3) -> Histories:
    """Patches of one behaviour without invalid samples, on one held-out suite each or several.

    Args:
        test: shape (patches,).
        held_out: shape (patches,) or (patches, suites).
        runs_before: of all patches, or of each; from three on, no run is suspected of having triggered the patch.
    """
    patches = test.before.rate.shape[0]
    fall = test.at((slice(None), None))
    hidden = held_out if held_out.before.rate.ndim == 2 else held_out.at((slice(None), None))
    runs = np.broadcast_to(np.asarray(runs_before, dtype=float), (patches,))[:, np.newaxis]
    return Histories(fall.at((..., None)), fall, hidden.at((slice(None), None, slice(None), None)), runs)


def judge_histories(histories: Histories, policy: Policy) -> HistoryVerdicts:
    """Reads the verdict table for every patch, with Holm's procedure over its behaviours and suites."""
    error, shape = policy.error_rate, histories.held_out.before.rate.shape
    step, cells = _statements(histories, policy)
    raw_cells = {**_with_suite_axis(step), **cells}
    accused, cleared = (np.broadcast_to(p_values(one, raw_cells, error), shape[:-1]) for one in (ACCUSATION, CLEARANCE))
    pool = _pooled_statements(histories, policy) if shape[2] > 1 else {}
    together = np.broadcast_to(p_values(ACCUSATION, {**step, **pool}, error), shape[:2]) if pool else np.ones(shape[:2])
    levels, pool_levels = _accusing_levels(accused, together, error)
    clearing = _levels(cleared.max(axis=-1, initial=0.0), error)[..., np.newaxis]
    fitted = {
        **cells,
        **{s: _adjust(cells[s], levels, error) for s in ACCUSING_STATEMENTS if s in cells},
        **{s: _adjust(cells[s], clearing, error) for s in CLEARING_STATEMENTS if s in cells},
    }
    rises = np.concatenate([step[S.TEST_ROSE][..., np.newaxis], cells[S.HELD_OUT_ROSE]], axis=-1)
    rises = _adjust(rises, _levels(rises, error), error)
    step[S.TEST_ROSE] = rises[..., 0]
    step[S.ANY_HELD_OUT_ROSE] = rises[..., 1:].min(axis=-1, initial=1.0)
    values = _levels(np.maximum(step[S.RAW_FELL], step[S.NO_FALL_REMAINS])[..., np.newaxis], error)[..., 0]
    for statement in (S.RAW_FELL, S.NO_FALL_REMAINS):
        step[statement] = _adjust(step[statement], values, error)
    if shape[2] == 0:
        suite = np.zeros(shape[:-1], dtype=np.int8)
        behaviour = decide_codes(step, error, shape[:2])
    else:
        suite = decide_codes({**_with_suite_axis(step), **fitted}, error, shape[:-1])
        behaviour = _ruling_codes(suite)
    if pool:
        pool |= {s: _adjust(pool[s], pool_levels, error) for s in ACCUSING_STATEMENTS if s in pool}
        codes = decide_codes({**step, **pool}, error, shape[:2])
        stayed = [CODES[verdict] for verdict in STAYED_VERDICTS]
        behaviour = np.where(np.isin(codes, stayed) & ~np.isin(behaviour, stayed), codes, behaviour).astype(np.int8)
    return HistoryVerdicts(behaviour.min(axis=1), behaviour, suite, levels)


def p_values(condition: Condition, values: dict[S, FloatArray], error: float) -> FloatArray:
    """`verdicts.p_value`, elementwise; arrays that broadcast."""
    match condition:
        case All(parts):
            return _reduce(np.maximum, [p_values(part, values, error) for part in parts], 0.0)
        case Any(parts):
            return _reduce(np.minimum, [p_values(part, values, error) for part in parts], 1.0)
        case Not(statement):
            return np.where(values.get(statement, np.ones(())) <= error, 1.0, 0.0)
        case _:
            return values.get(condition, np.ones(()))


def _reduce(how: np.ufunc, parts: list[FloatArray], empty: float) -> FloatArray:
    values = np.asarray(empty)
    for part in parts:
        values = how(values, part)
    return values


def decide_codes(given: dict[S, FloatArray], error: float, shape: tuple[int, ...]) -> Codes:
    """The code of the first row that matches, elementwise; see `verdicts.decide`."""
    values = np.full(shape, -1, dtype=np.int8)
    for row in TABLE:
        matches = np.broadcast_to(p_values(row.when, given, error) <= error, shape)
        values[(values < 0) & matches] = CODES[row.verdict]
    return values


def _statements(histories: Histories, policy: Policy) -> tuple[dict[S, FloatArray], dict[S, FloatArray]]:
    """Uncorrected, over every reading, the penalty of a trigger in them."""
    suites = histories.held_out.before.rate.shape[2]
    measured = np.full(histories.raw.before.rate.shape, float(suites > 0))
    step = step_p_values(histories.test, histories.raw, histories.test, measured, policy)
    fall = histories.test.at((slice(None), slice(None), np.newaxis))
    test, held_out = broadcast_falls(fall, histories.held_out)
    cells = worst_over_readings(cell_p_values(test, held_out, policy))
    penalty = trigger_penalty(histories.runs_before)
    for statement in (S.TEST_FELL, S.RAW_FELL):
        step[statement] = np.minimum(1.0, step[statement] * penalty)
    incident = np.vectorize(incident_penalty, otypes=[float])(histories.runs_before)
    for statements, factor in ((TEST_FALLS, penalty), (HELD_OUT_FALLS, incident)):
        for statement in statements:
            cells[statement] = np.minimum(1.0, cells[statement] * factor[..., np.newaxis])
    return step, cells


def _pooled_statements(histories: Histories, policy: Policy) -> dict[S, FloatArray]:
    """What the average of several held-out suites establishes, shape (patches, behaviours)."""
    suites = histories.held_out.before.rate.shape[2]
    mean = mean_of_falls([histories.held_out.at(np.s_[:, :, place]) for place in range(suites)])
    test, held_out = broadcast_falls(histories.test, mean)
    pool = worst_over_readings(cell_p_values(test, held_out, policy))
    penalty = trigger_penalty(histories.runs_before)
    return pool | {s: np.minimum(1.0, pool[s] * penalty) for s in TEST_FALLS}


def _accusing_levels(suites: FloatArray, pool: FloatArray, error: float) -> tuple[FloatArray, FloatArray]:
    """The levels of each suite, and of the average of a behaviour's: it weighs as much as they together."""
    if suites.shape[2] < 2:
        return _levels(suites, error), pool
    together = np.concatenate([suites, pool[..., np.newaxis]], axis=-1)
    weights = np.tile([1.0] * suites.shape[2] + [float(suites.shape[2])], suites.shape[1])
    rows = together.reshape(together.shape[0], -1)
    levels = holm_levels_of_rows(rows, error, weights).reshape(together.shape)
    return levels[..., :-1], levels[..., -1]


def _with_suite_axis(step: dict[S, FloatArray]) -> dict[S, FloatArray]:
    """A step's p-values with an axis for its suites."""
    return {statement: p[..., np.newaxis] for statement, p in step.items()}


def _levels(p: FloatArray, error: float) -> FloatArray:
    """Holm's levels over everything of a patch: all axes but the first."""
    rows = p.reshape(p.shape[0], -1) if p.size else p.reshape(p.shape[0], 0)
    return holm_levels_of_rows(rows, error).reshape(p.shape)


def _adjust(p: FloatArray, level: FloatArray, error: float) -> FloatArray:
    return np.minimum(1.0, p * error / level)


def _ruling_codes(suite: Codes) -> Codes:
    """The worst decided verdict of a behaviour's suites; inconclusive when none is decided.

    A suite that is undecided keeps the others from clearing.
    """
    undecided = CODES[Verdict.INCONCLUSIVE]
    ranked = np.where(suite == undecided, np.int8(len(WORST_FIRST)), suite).min(axis=-1)
    values = np.where(ranked == len(WORST_FIRST), undecided, ranked)
    held_back = (values == CODES[Verdict.GENERALISES]) & np.any(suite == undecided, axis=-1)
    return np.where(held_back, undecided, values).astype(np.int8)


def broadcast_falls(*sides: Fall) -> tuple[Fall, ...]:
    """Falls with the arrays of each stretched to their common shape."""
    shape = np.broadcast_shapes(*(fall.before.rate.shape for fall in sides))
    return tuple(
        Fall(fall.before.stretched(shape), fall.after.stretched(shape), np.broadcast_to(fall.correlation, shape))
        for fall in sides
    )


def holm_levels_of_rows(p_values: FloatArray, error: float, weights: FloatArray | None = None) -> FloatArray:
    """`holm_levels` of every row, shape (families, tests); `weights` of the tests, shape (tests,)."""
    shares = np.ones(p_values.shape[1]) if weights is None else weights
    order = np.argsort(p_values / shares, axis=1, kind="stable")
    ranked, share = np.take_along_axis(p_values / shares, order, axis=1), shares[order]
    families, tests = p_values.shape
    levels, rest = np.empty_like(ranked), np.full(families, shares.sum())
    level, last, going = np.full(families, error), np.full(families, -1.0), np.ones(families, dtype=bool)
    for rank in range(tests):
        fresh = going & (ranked[:, rank] != last)
        level = np.where(fresh, error / rest, level)
        last = np.where(fresh, ranked[:, rank], last)
        going = np.where(fresh, ranked[:, rank] <= level, going)
        levels[:, rank] = level * share[:, rank]
        rest = rest - share[:, rank]
    values = np.empty_like(levels)
    np.put_along_axis(values, order, levels, axis=1)
    return values
