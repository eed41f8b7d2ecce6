"""Transfer of many behaviours together: of all that the tests fell, how much the held-out suites followed.

A behaviour counts with the points that its test rate fell, d = p_T0 - p_T1, and with those it would have fallen had it
followed its held-out suites, c = p_T0 (1 - p_H1 / p_H0): transfer is the sum of c over the sum of d, the mean of the
behaviours' own transfers weighed by their test falls. "Transfer is below t" is decided on the sum of c - t d, whose
variance is jackknifed over behaviours (Tukey 1958: of a sum, their number times the variance between them), with
Student's quantile; the limits are the t that it does not exclude (Fieller 1954), so that no ratio of noisy falls is
divided. Between its two ends a behaviour's other states cancel and play no part.
"""

from __future__ import annotations

import numpy as np

from auditor.stats.falls import Fall, Limits, odds_of
from auditor.stats.intervals import BoolArray, FloatArray, student_of_error

FEWEST_BEHAVIOURS = 3
"""So many behaviours a jackknife takes: with two, its interval is no interval."""


def fallen_points(test: Fall, first: BoolArray) -> tuple[FloatArray, FloatArray]:
    """The test rate before, and by how much it fell, in rate units; arrays of the fall's shape.

    Args:
        first: where the rate before is the only run of the first state there is: the behaviour may be measured because
            of it, and such a run is worse than the truth. It counts as one standard error lower, which is what the
            worst of four runs is too high by.
    """
    rate = test.before.rate
    doubt = np.sqrt(rate * (1.0 - rate) / test.before.size)
    before = np.where(first, np.maximum(rate - doubt, 0.0), rate)
    return before, before - test.after.rate


def carried_points(before: FloatArray, held_out: Fall) -> FloatArray:
    """By how much the test rate would have fallen, had it followed held-out; all of it where that was zero before.

    The ratio of two counts, x1/(x0 + 1), is nearly unbiased where x1/x0 is too high. Above a half, the same shift of
    log-odds is a smaller fall: there the larger fall of the two scales counts.
    """
    rate = held_out.before.rate
    share = held_out.after.rate / (rate + 1.0 / held_out.before.size)
    share = np.where(rate > 0.5, np.minimum(share, odds_of(held_out.after) / odds_of(held_out.before)), share)
    return np.where(rate > 0.0, before * (1.0 - share), before)


def joint_transfer(carried: FloatArray, fallen: FloatArray, error: float) -> Limits:
    """Transfer of all behaviours with its limits, shape (...); without a fall shown at `error`, no limit.

    Args:
        carried, fallen: by behaviour, shape (behaviours, ...), at least two.
        error: left out at each end.
    """
    count = len(fallen)
    factor = student_of_error(error, count - 1) ** 2 * count / (count - 1)
    total, share = fallen.sum(axis=0), carried.sum(axis=0)
    deviations, other = fallen - fallen.mean(axis=0), carried - carried.mean(axis=0)
    square = total**2 - factor * (deviations**2).sum(axis=0)
    middle = total * share - factor * (deviations * other).sum(axis=0)
    constant = share**2 - factor * (other**2).sum(axis=0)
    fell = (total > 0.0) & (square > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(middle**2 - square * constant, 0.0))
        low, high = ((middle + side * root) / square for side in (-1.0, 1.0))
        estimate = np.where(total > 0.0, share / total, np.nan)
    return Limits(estimate, np.where(fell, low, -np.inf), np.where(fell, high, np.inf))
