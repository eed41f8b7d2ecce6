"""What a verdict is sensitive to: the transfer threshold at which it flips, the scale (rates or odds), a suite left
out. Shown with the verdict, never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.assess.verdicts import (
    CARRIED_OVER,
    CARRIED_OVER_ON_ODDS,
    NOTHING_CARRIED_OVER,
    PARTLY_CARRIED_OVER,
    PARTLY_CARRIED_OVER_ON_ODDS,
    RESERVE,
    STAYED_ON_TEST,
    STAYED_ON_TEST_ON_BOTH_SCALES,
    STAYED_ON_TEST_ON_ODDS,
    Condition,
    Statement,
    all_of,
    p_value,
)
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.model.verdict import Verdict, worst_verdict
from auditor.stats.falls import (
    Fall,
    difference_limits,
    fell_more_than,
    transfer_is_below,
    transfer_limits,
    z_shift_ruled_out,
)
from auditor.stats.intervals import Proportion, z_of_error

_ON_RATES = (
    (Verdict.TEST_ONLY, all_of(STAYED_ON_TEST, NOTHING_CARRIED_OVER)),
    (Verdict.MOSTLY_TEST, STAYED_ON_TEST),
    (Verdict.PARTIAL, PARTLY_CARRIED_OVER),
    (Verdict.GENERALISES, CARRIED_OVER),
)
_ON_ODDS = (
    (Verdict.TEST_ONLY, all_of(S.TEST_FELL_AT_SUITE_LEVEL, STAYED_ON_TEST_ON_ODDS, NOTHING_CARRIED_OVER)),
    (Verdict.MOSTLY_TEST, all_of(S.TEST_FELL_AT_SUITE_LEVEL, STAYED_ON_TEST_ON_ODDS)),
    (Verdict.PARTIAL, all_of(S.TEST_FELL_AT_SUITE_LEVEL, PARTLY_CARRIED_OVER_ON_ODDS)),
    (Verdict.GENERALISES, all_of(S.TEST_FELL_AT_CLEARING_LEVEL, CARRIED_OVER_ON_ODDS)),
)


@dataclass(frozen=True, slots=True)
class SuiteSensitivity:
    """What a held-out suite's verdict depends on.

    Attributes:
        flip_threshold: the transfer threshold above which it accuses and at or under which it does not; None
            where no threshold from 0 to 1 makes the difference.
        on_rates, on_odds: what each scale says by itself.
        flip_false_positive_rate: the false-positive rate of the suite's judge from which on it would not accuse, 0 to
            1; None where it does not accuse, or none makes a difference.
    """

    flip_threshold: float | None
    on_rates: Verdict
    on_odds: Verdict
    flip_false_positive_rate: float | None = None


class WithoutSuite(NamedTuple):
    """A verdict with one held-out suite left out."""

    suite: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What the verdict of a step depends on.

    Attributes:
        flip_threshold: of the ruling suite.
        on_rates, on_odds: what each scale says by itself of the ruling suite.
        without_suite: the verdict with one held-out suite left out, levels kept; only where it is another one.
        flip_false_positive_rate: of the ruling suite.
    """

    flip_threshold: float | None
    on_rates: Verdict
    on_odds: Verdict
    without_suite: tuple[WithoutSuite, ...]
    flip_false_positive_rate: float | None = None

    @property
    def scales_differ(self) -> bool:
        """Whether rates and odds by themselves come to different verdicts."""
        return self.on_rates is not self.on_odds


def suite_sensitivity(
    test: Fall, held_out: Fall, penalty: float, values: Mapping[Statement, float], level: float, policy: Policy
) -> SuiteSensitivity:
    """What one suite's verdict depends on.

    Args:
        test, held_out: one entry a reading of the invalid samples, shape (3,).
        penalty: by how much the p-value of the test fall is multiplied.
        values: the suite's p-values, corrected.
        level: the error it was decided at.
    """
    error = policy.error_rate
    on_rates, on_odds = (_first_established(conditions, values, error) for conditions in (_ON_RATES, _ON_ODDS))
    flip = _flip_threshold(test, held_out, values, level, error)
    accused = p_value(STAYED_ON_TEST_ON_BOTH_SCALES, values, error) <= error
    judge = _flip_false_positive_rate(test, held_out, penalty, level, policy) if accused else None
    return SuiteSensitivity(flip, on_rates, on_odds, judge)


def _first_established(
    conditions: Sequence[tuple[Verdict, Condition]], values: Mapping[Statement, float], error: float
) -> Verdict:
    verdicts = (verdict for verdict, when in conditions if p_value(when, values, error) <= error)
    return next(verdicts, Verdict.INCONCLUSIVE)


def _flip_threshold(
    test: Fall, held_out: Fall, values: Mapping[Statement, float], level: float, error: float
) -> float | None:
    """Transfer's upper end, on the odds too where they are asked: the interval is what thresholds do not exclude."""
    fell = values[S.TEST_FELL_AT_SUITE_LEVEL] <= error
    if not fell or any(values[statement] <= error for statement in (S.HELD_OUT_ROSE, S.BELOW_MARGIN)):
        return None
    z = np.asarray(z_of_error(level / RESERVE))
    scales = (False,) if values[S.SHIFT_RULED_OUT] <= error else (False, True)
    high = max(float(np.max(transfer_limits(test, held_out, z, odds=odds).high)) for odds in scales)
    return high if 0.0 < high <= 1.0 else None


_STEPS = 200


def _flip_false_positive_rate(test: Fall, held_out: Fall, penalty: float, level: float, policy: Policy) -> float | None:
    """The false-positive rate of the held-out judge from which on an accusation would not hold; None where none does.

    What a judge wrongly calls misaligned is there before and after, and makes any fall look smaller than it is.

    Args:
        test, held_out: one entry a reading of the invalid samples, shape (3,).
        penalty: by how much the p-value of the test fall is multiplied.
        level: the error at which the suite accuses.
    """
    highest = float(min(held_out.before.rate.min(), held_out.after.rate.min()))
    if highest <= 0.0:
        return None
    rates = np.linspace(0.0, highest, _STEPS + 1)[1:, np.newaxis]
    sides = [_without_false_positives(side, rates) for side in (held_out.before, held_out.after)]
    corrected = Fall(sides[0], sides[1], np.broadcast_to(held_out.correlation, sides[0].rate.shape))
    z, within = np.asarray(z_of_error(level)), np.asarray(z_of_error(level / RESERVE))
    stayed, stayed_on_odds = (
        transfer_is_below(test, corrected, policy.transfer_threshold, within, odds=odds) for odds in (False, True)
    )
    rose = difference_limits(corrected, z).high < -policy.rise_margin
    ruled_out = z_shift_ruled_out(test, corrected) >= z
    holds = stayed.all(axis=-1) & (ruled_out.all(axis=-1) | stayed_on_odds.all(axis=-1)) | rose.all(axis=-1)
    holds &= fell_more_than(test, 0.0, level / penalty)
    return None if holds.all() else float(rates[int(np.argmin(holds)), 0])


def _without_false_positives(side: Proportion, rates: np.ndarray) -> Proportion:
    rate = np.clip((side.rate - rates) / (1.0 - rates), 0.0, 1.0)
    return Proportion(rate, np.broadcast_to(side.size * (1.0 - rates), rate.shape))


def behaviour_sensitivity(verdicts: Mapping[str, Verdict], ruling: SuiteSensitivity, verdict: Verdict) -> Sensitivity:
    """What a step's verdict depends on, given its suites' verdicts and the one that rules."""
    without = []
    for name in sorted(verdicts):
        rest = [
            suite_verdict
            for other, suite_verdict in verdicts.items()
            if other != name and suite_verdict is not Verdict.INCONCLUSIVE
        ]
        remaining = worst_verdict(rest) if rest else Verdict.INCONCLUSIVE
        if len(verdicts) > 1 and remaining is not verdict:
            without.append(WithoutSuite(name, remaining))
    return Sensitivity(
        ruling.flip_threshold, ruling.on_rates, ruling.on_odds, tuple(without), ruling.flip_false_positive_rate
    )
