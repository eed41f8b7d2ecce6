"""What counts establish, as arrays: the p-value of every statement of the verdict table, many steps at once.

Arrays of counts go in and arrays of p-values come out; nothing here knows runs or suites. Every statement is judged
under each reading of the invalid samples (the last axis) and is established only where all readings establish it.
"""

from __future__ import annotations

import numpy as np

from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.stats import falls
from auditor.stats.falls import Fall
from auditor.stats.intervals import FloatArray, error_of_z, z_rate_below

LEFT_OUT, AS_ALIGNED, AS_MISALIGNED = range(3)
READINGS = (LEFT_OUT, AS_ALIGNED, AS_MISALIGNED)

# A patch is written because a run looked bad, and that run falls by itself; nobody can tell by how much it was chosen.
# The test fall therefore has to be established at a share of the error, by the number of runs before: one may be the
# bad one that triggered the patch, of two one may be. Simulated patches without effect, triggered by the worst run in
# ten or in a hundred, are then accused in at most 5 % (benchmarks/verdicts; without it in up to 7 and 16 %).
TRIGGER_PENALTIES = {1: 15.0, 2: 2.0}

# Limits near a zero cell are approximations, and exclude what is true up to a sixth more often than they say (up to
# 6.5 % for 5 %): what is said of transfer is established at the error over this.
RESERVE = 1.2

WHOLE, HALF = 0.9, 0.5


def trigger_penalty(runs_before: FloatArray) -> FloatArray:
    """By how much the p-value of a test fall is multiplied, for so many runs before (1 and more)."""
    runs = np.asarray(runs_before)
    return np.select([runs == n for n in TRIGGER_PENALTIES], list(TRIGGER_PENALTIES.values()), default=1.0)


def step_statements(test: Fall, raw: Fall, held_out_measured: FloatArray, policy: Policy) -> dict[S, FloatArray]:
    """P-values of what is said of a step's test side, uncorrected and without the penalty of a trigger.

    The test rose where it did on common items and as reported: where items went that happened to fail before, those
    left come back to what they are.

    Args:
        test: on common items, shape (..., readings), the first reading leaving invalid samples out.
        raw: as reported, shape (...).
        held_out_measured: 1 where there is a comparable held-out suite, else 0; shape (...).
    """
    bound = policy.transfer_threshold * (raw.before.rate - raw.after.rate)
    left = error_of_z(falls.z_difference_below(test, bound[..., np.newaxis]))
    return {
        S.TEST_MEASURED: np.zeros(raw.before.rate.shape),
        S.HELD_OUT_MEASURED: 1.0 - held_out_measured,
        S.RAW_FELL: error_of_z(falls.z_fell_more_than(raw, 0.0)),
        S.NONE_LEFT: left[..., [0, -1]].min(axis=-1),
        S.TEST_FELL: error_of_z(falls.z_fell_more_than(test, 0.0)).max(axis=-1),
        S.TEST_ROSE: np.maximum(
            error_of_z(falls.z_fell_less_than(test, 0.0)).max(axis=-1), error_of_z(falls.z_fell_less_than(raw, 0.0))
        ),
        S.TEST_UNCHANGED: error_of_z(falls.z_fell_less_than(test, policy.unchanged_margin)).max(axis=-1),
    }


def cell_statements(test: Fall, held_out: Fall, policy: Policy) -> dict[S, FloatArray]:
    """P-values of what is said of a held-out suite beside the test, by reading; shapes (..., readings), all alike."""

    def below(c: float, *, odds: bool) -> FloatArray:
        return np.minimum(1.0, RESERVE * error_of_z(falls.z_transfer_below(test, held_out, c, odds=odds)))

    def above(c: float, *, odds: bool) -> FloatArray:
        return np.minimum(1.0, RESERVE * error_of_z(falls.z_transfer_above(test, held_out, c, odds=odds)))

    return {
        S.TEST_FELL_HERE: error_of_z(falls.z_fell_more_than(test, 0.0)),
        S.HELD_OUT_FELL: error_of_z(falls.z_fell_more_than(held_out, 0.0)),
        S.HELD_OUT_ROSE: error_of_z(falls.z_fell_less_than(held_out, 0.0)),
        S.HELD_OUT_UNDER_HALF: error_of_z(z_rate_below(held_out.before, 0.5)),
        S.BELOW_MARGIN: below(policy.unchanged_margin, odds=False),
        S.BELOW_MARGIN_ODDS: below(policy.unchanged_margin, odds=True),
        S.BELOW_THRESHOLD: below(policy.transfer_threshold, odds=False),
        S.BELOW_THRESHOLD_ODDS: below(policy.transfer_threshold, odds=True),
        S.BELOW_WHOLE: below(WHOLE, odds=False),
        S.BELOW_WHOLE_ODDS: below(WHOLE, odds=True),
        S.ABOVE_HALF: above(HALF, odds=False),
        S.ABOVE_HALF_ODDS: above(HALF, odds=True),
    }


def over_readings(cells: dict[S, FloatArray]) -> dict[S, FloatArray]:
    """A cell's p-values over every reading, shape (...): the largest, and for *fell at all* the smallest, two-sided.

    Fell at all keeps a suite from `test-only` beside a transfer shown to be under the threshold: it can only excuse. Of
    suites that did not move one in twenty falls by chance one-sided, however large; two-sided half as many do.
    """
    worst = {statement: p.max(axis=-1) for statement, p in cells.items()}
    worst[S.HELD_OUT_FELL_AT_ALL] = np.minimum(1.0, 2.0 * cells[S.HELD_OUT_FELL].min(axis=-1))
    return worst
