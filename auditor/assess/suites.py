"""One held-out suite at one step, judged by itself; and what an inconclusive verdict lacks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from auditor.assess.attribution import attribute
from auditor.assess.comparable import Pair
from auditor.assess.contrast import Numbers, common_fall_of, raw_fall_of
from auditor.assess.elimination import remaining
from auditor.assess.facts import Change, Missing, SuiteFacts, Transfer
from auditor.assess.sensitivity import of_suite
from auditor.assess.statements import HALF, LEFT_OUT, RESERVE
from auditor.assess.verdicts import DECISIVE, Row, p_value
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.model.verdict import Verdict, worst_verdict
from auditor.stats.falls import Fall, fell_more_than
from auditor.stats.intervals import Proportion
from auditor.stats.power import samples_to_exclude_transfer
from auditor.stats.replicates import runs_needed, size_without_run_effect, variance_bound


def judge(
    pair: Pair,
    numbers: Numbers,
    place: int,
    row: Row,
    plain: Mapping[S, float],
    corrected: Mapping[S, float],
    level: float,
    shown: tuple[Change, Transfer | None],
    policy: Policy,
) -> SuiteFacts:
    """A held-out suite's facts.

    Args:
        place: the suite's place in `numbers.held_out`.
        row: the row of the verdict table it matched.
        plain: its p-values with invalid samples left out, uncorrected.
        corrected: its p-values, corrected for the patch's family.
        level: the error at which it was decided.
        shown: how it changed and its transfer, with limits.
    """
    fall = numbers.held_out[place]
    change, transfer = shown
    missing, needed, runs = Missing.NOTHING, None, None
    if row.verdict is Verdict.INCONCLUSIVE:
        missing = _missing(pair, numbers, fall, row, plain, corrected, level, policy)
    if missing is Missing.HELD_OUT:
        needed, runs = _needed(pair, numbers, fall, change, level, policy)
        missing = missing if runs is None else Missing.RUNS
    raw = raw_fall_of(pair)
    parts = attribute([pair], raw, common_fall_of(pair), established=fell_more_than(raw, 0.0, level))
    hangs_on = of_suite(numbers.test, fall, corrected, level, policy.error_rate)
    left = remaining(fall.after, policy, fell=corrected[S.HELD_OUT_FELL] <= policy.error_rate)
    gone = round(float(pair.gone.samples.sum())) if pair.gone else 0
    told = row.verdict, missing, needed, corrected, parts, hangs_on, left, gone, runs
    return SuiteFacts(pair.name, pair.suite.role, change, transfer, *told)


def ruling_verdict(verdicts: Sequence[Verdict], suites: Sequence[SuiteFacts]) -> Verdict:
    """The worst decided verdict of the held-out suites; inconclusive when none is decided.

    A suite that is undecided and leans to less than half keeps the others from clearing.

    Args:
        verdicts: of each suite, or the one of a step without any.
    """
    decided = [verdict for verdict in verdicts if verdict is not Verdict.INCONCLUSIVE]
    found = worst_verdict(decided) if decided else Verdict.INCONCLUSIVE
    held_back = found is Verdict.GENERALISES and any(_leans_against(suite) for suite in suites)
    return Verdict.INCONCLUSIVE if held_back else found


def _leans_against(suite: SuiteFacts) -> bool:
    undecided = suite.verdict is Verdict.INCONCLUSIVE
    return undecided and (suite.transfer is None or suite.transfer.estimate < HALF)


def ruling_suite(suites: Sequence[SuiteFacts], verdict: Verdict, error: float) -> SuiteFacts | None:
    """The suite whose verdict rules: the surest of those with it; when none is decided, the largest."""
    mine = [suite for suite in suites if suite.verdict is verdict]
    if verdict is Verdict.INCONCLUSIVE:
        return max(mine, key=lambda suite: (suite.change.after.size, suite.suite), default=None)
    return min(mine, key=lambda suite: (_strongest(suite.p_values, error), suite.suite), default=None)


def _strongest(given: Mapping[S, float], error: float) -> float:
    return min(p_value(condition, given, error) for condition in DECISIVE)


def missing_of(numbers: Numbers, step: Mapping[S, float], policy: Policy) -> Missing:
    """What an inconclusive verdict lacks on the test side; NOTHING when the test fall is established."""
    fell = step[S.TEST_FELL]
    if fell <= policy.error_rate:
        return Missing.NOTHING
    if float(numbers.test.before.rate[LEFT_OUT]) == 0.0:
        return Missing.FLOOR
    if fell / numbers.penalty <= policy.error_rate:
        return Missing.TRIGGER
    return Missing.TEST


_BECAUSE = {"scale": Missing.SCALE, "looks": Missing.LOOKS}


def _missing(
    pair: Pair,
    numbers: Numbers,
    fall: Fall,
    row: Row,
    plain: Mapping[S, float],
    corrected: Mapping[S, float],
    level: float,
    policy: Policy,
) -> Missing:
    if row.because in _BECAUSE:
        return _BECAUSE[row.because]
    if _strongest(plain, policy.error_rate) <= level:
        return Missing.GONE if pair.gone is not None else Missing.INVALID
    on_test = missing_of(numbers, {S.TEST_FELL: corrected[S.TEST_FELL_HERE]}, policy)
    if on_test is not Missing.NOTHING:
        return on_test
    return Missing.ZERO if float(fall.before.rate[LEFT_OUT]) == 0.0 else Missing.HELD_OUT


def _needed(
    pair: Pair, numbers: Numbers, fall: Fall, change: Change, level: float, policy: Policy
) -> tuple[int | None, int | None]:
    """Held-out samples a side that would show that the test fall did not carry over, if it did not, and in how many
    runs a side, where these are too few for any number.

    Independent samples, times the design effect of items and epochs on the side whose samples are worth more. None if
    no more than there are, for then the transfer lies too near a threshold for a number.
    """
    test = Fall(_plain(numbers.test.before), _plain(numbers.test.after))
    base = float(fall.before.rate[LEFT_OUT])
    if not 0.0 < base < 1.0:
        return None, None
    needed = samples_to_exclude_transfer(test, base, policy.transfer_threshold, level / RESERVE)
    have = min(float(fall.before.size[LEFT_OUT]), float(fall.after.size[LEFT_OUT]))
    if needed is None or needed <= have:
        return None, None
    variance, runs = variance_bound(pair.run_effect), min(len(pair.runs_before), len(pair.runs_after))
    samples = size_without_run_effect(needed, base, variance / runs)
    if math.isinf(samples):
        return None, runs_needed(needed, base, variance)
    sides = ((change.before, len(pair.runs_before)), (change.after, len(pair.runs_after)))
    design_effect = min(
        side.valid / size_without_run_effect(side.size, side.rate, variance / times) for side, times in sides
    )
    return math.ceil(samples * design_effect - 1e-6), None


def _plain(side: Proportion) -> Proportion:
    return Proportion(np.asarray(side.rate[LEFT_OUT]), np.asarray(side.size[LEFT_OUT]))
