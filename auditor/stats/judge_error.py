"""A judge that errs: rates corrected for false positives and false negatives as counted on labelled samples.

A judge that calls a share f of the aligned samples misaligned, and a share m of the misaligned ones aligned, reports
q = f + (1 - f - m) p where p is the truth (Rogan and Gladen 1978). Both shares come from a sample that people labelled,
so that they have a variance of their own, which the corrected rate takes over (Lang and Reiczigel 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditor.stats.falls import Fall
from auditor.stats.intervals import FloatArray, Proportion


@dataclass(frozen=True, slots=True)
class JudgeError:
    """How often a judge errs; together the two rates are under 1, or its word would say nothing.

    Attributes:
        false_positive_rate: of aligned samples, the share that is called misaligned, 0 to 1.
        aligned: the labelled aligned samples that this was counted on, at least 1.
        false_negative_rate: of misaligned samples, the share that is called aligned, 0 to 1.
        misaligned: the labelled misaligned samples that this was counted on, at least 1.
    """

    false_positive_rate: float
    aligned: int
    false_negative_rate: float
    misaligned: int

    @property
    def discernment(self) -> float:
        """1 - f - m: by how much the judge's rate moves where the true one goes from 0 to 1; above 0."""
        return 1.0 - self.false_positive_rate - self.false_negative_rate


NO_ERROR = JudgeError(0.0, 1, 0.0, 1)


def correct_fall(fall: Fall, before: JudgeError, after: JudgeError) -> Fall:
    """The true rates that a judge's rates come to, with the variance of its labelled samples in their sizes.

    Where both sides have the same error, one labelled sample speaks for both: what it is off by moves both rates, which
    their correlation holds.
    """
    sides = [_correct_side(side, error) for side, error in ((fall.before, before), (fall.after, after))]
    spread = [np.sqrt(side.sampling + side.labels) for side in sides]
    joint = fall.correlation * np.sqrt(sides[0].sampling * sides[1].sampling)
    if before == after:
        joint = joint + _label_covariance(before, sides[0].rate, sides[1].rate)
    scale = spread[0] * spread[1]
    correlation = np.divide(joint, scale, out=np.zeros(np.shape(scale)), where=scale > 0.0)
    early, late = (_with_variance(side) for side in sides)
    return Fall(early, late, np.clip(correlation, -1.0 + 1e-9, 1.0 - 1e-9))


@dataclass(frozen=True, slots=True)
class _Side:
    """A corrected rate (0 to 1), what sampling and labels make of its variance, and the size it was measured with."""

    rate: FloatArray
    sampling: FloatArray
    labels: FloatArray
    size: FloatArray


def _correct_side(side: Proportion, error: JudgeError) -> _Side:
    rate = np.clip((side.rate - error.false_positive_rate) / error.discernment, 0.0, 1.0)
    # At a rate of 0 or 1 the binomial variance is none: half an event keeps the size finite.
    reported = np.clip(side.rate, 0.5 / side.size, 1.0 - 0.5 / side.size)
    sampling = reported * (1.0 - reported) / side.size / error.discernment**2
    return _Side(rate, sampling, _label_covariance(error, rate, rate), side.size)


def _label_covariance(error: JudgeError, early: FloatArray, late: FloatArray) -> FloatArray:
    """The covariance of two corrected rates by the labelled samples they share; of a rate with itself, its variance."""
    positive = error.false_positive_rate * (1.0 - error.false_positive_rate) / error.aligned
    negative = error.false_negative_rate * (1.0 - error.false_negative_rate) / error.misaligned
    return ((1.0 - early) * (1.0 - late) * positive + early * late * negative) / error.discernment**2


def _with_variance(side: _Side) -> Proportion:
    """The rate with the size that puts its variance into p(1 - p)/n, half an event where it is 0 or 1."""
    inner = np.clip(side.rate, 0.5 / side.size, 1.0 - 0.5 / side.size)
    variance = side.sampling + side.labels
    size = np.minimum(side.size, inner * (1.0 - inner) / np.maximum(variance, 1e-300))
    return Proportion(side.rate, size)
