"""A trend over all states of a history: by how much a rate falls from the first to the last, by a line through all.

The logarithm of a suite's rate is taken as a line over the places of the states (quasi-Poisson: McCullagh and Nelder
1989, chapter 6), suites with their own heights and one slope. Half of each count's leverage is added to it (Firth
1993), so that states without a misaligned sample have a finite slope. The dispersion is Pearson's and never under 1;
limits take Student's quantile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from auditor.stats.falls import Limits, invert_contrast
from auditor.stats.intervals import FloatArray, IntArray, Proportion, student_of_error

_ROUNDS = 60
_LONGEST_STEP = 2.0
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class LogSlope:
    """A slope of log rates over places from 0 to 1.

    Attributes:
        slope: the change of the logarithm from place 0 to place 1.
        spread: its standard error, the dispersion in it.
        freedom: degrees of freedom, at least 1.
        first: the fitted rate at place 0, the average of the suites; above 0.
    """

    slope: float
    spread: float
    freedom: int
    first: float

    @property
    def last(self) -> float:
        """The fitted rate at place 1."""
        return self.first * math.exp(self.slope)

    def fall(self, error: float) -> Limits:
        """The relative fall from place 0 to place 1, `error` left out at each end, shape ()."""
        reach = student_of_error(error, self.freedom) * self.spread
        values = (1.0 - math.exp(self.slope + side * reach) for side in (0.0, 1.0, -1.0))
        return Limits(*map(np.asarray, values))


def fit_slope(rates: Proportion, places: FloatArray, suites: IntArray) -> LogSlope:
    """The common slope of some suites.

    Args:
        rates: of every suite at every state, shape (rates,), with effective sizes.
        places: of the states, 0 to 1, shape (rates,); not all the same within every suite.
        suites: the number of each rate's suite, from 0 on, shape (rates,); fewer suites than rates less one.
    """
    count = int(suites.max()) + 1
    design = np.zeros((len(places), count + 1))
    design[np.arange(len(places)), suites], design[:, count] = 1.0, places
    events, size = rates.rate * rates.size, rates.size
    heights = [math.log((events[suites == each].sum() + 0.5) / size[suites == each].sum()) for each in range(count)]
    values = np.array([*heights, 0.0])
    for _ in range(_ROUNDS):
        means = size * np.exp(design @ values)
        covariance = np.linalg.inv(design.T @ (means[:, np.newaxis] * design))
        leverage = means * np.einsum("ij,jk,ik->i", design, covariance, design)
        step = covariance @ (design.T @ (events + leverage / 2.0 - means))
        longest = float(np.abs(step).max())
        values = values + step * min(1.0, _LONGEST_STEP / max(longest, _CLOSE))
        if longest < _CLOSE:
            break
    means = size * np.exp(design @ values)
    covariance = np.linalg.inv(design.T @ (means[:, np.newaxis] * design))
    freedom = len(places) - count - 1
    dispersion = max(1.0, float((((events - means) ** 2) / means).sum()) / freedom)
    first = float(np.exp(values[:count]).mean())
    return LogSlope(float(values[count]), math.sqrt(dispersion * float(covariance[count, count])), freedom, first)


def transfer_of_slopes(test: LogSlope, held_out: LogSlope, error: float) -> Limits:
    """Held-out fall over test fall of two trends, with limits, shape (); nan where the test's is no fall."""
    return invert_contrast(test.fall(error), held_out.fall(error))
