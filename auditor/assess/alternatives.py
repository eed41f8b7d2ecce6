"""Other readings of the same runs, under which a verdict has to hold: a judge that errs as declared, and refusals that
nobody declared. They withdraw a verdict to `inconclusive` and never make one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.assess.comparable import Comparison, Pair, count_refusals_as_misaligned
from auditor.assess.contrast import StepFalls, falls_of_step
from auditor.assess.facts import MissingEvidence
from auditor.assess.multiplicity import CorrectedPValues
from auditor.assess.verdicts import Statement as S
from auditor.model.suite import JudgeErrorRule, Side
from auditor.model.verdict import STAYED_VERDICTS, Verdict
from auditor.stats.falls import Fall
from auditor.stats.judge_error import NO_ERROR, JudgeError, correct_fall


@dataclass(frozen=True, slots=True)
class Alternative:
    """A reading of a step's runs: what lacks where the verdict does not hold under it, and its numbers."""

    missing: MissingEvidence
    numbers: StepFalls


def list_alternatives(compared: Comparison, concurrent: frozenset[str]) -> Iterator[Alternative]:
    """The readings under which the verdict on some runs has to hold, too; none for most steps."""
    pairs = (*compared.test, *compared.held_out)
    if any(pair.suite.judge_errors for pair in pairs):
        numbers = falls_of_step(compared.test, compared.held_out, concurrent, _correct_for_judge)
        yield Alternative(MissingEvidence.JUDGE_ERROR, numbers)
    test, held_out = (tuple(map(count_refusals_as_misaligned, side)) for side in (compared.test, compared.held_out))
    if (test, held_out) != (compared.test, compared.held_out):
        yield Alternative(MissingEvidence.REFUSALS, falls_of_step(test, held_out, concurrent))


def is_withdrawn(
    verdict: Verdict, missing: MissingEvidence, corrected: CorrectedPValues, other: Verdict, error: float
) -> bool:
    """Whether a verdict does not hold under another reading.

    Args:
        corrected: the p-values under that reading.
        other: the verdict under it.
    """
    if verdict in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED) or other is verdict:
        return False
    if missing is MissingEvidence.REFUSALS and verdict is not Verdict.GENERALISES:
        # Only a fall that consists of refusals is withdrawn; that of held-out makes transfer smaller, which accuses.
        rests_on_fall = verdict in STAYED_VERDICTS or verdict in (Verdict.ARTEFACT, Verdict.PARTIAL)
        return rests_on_fall and corrected.step[S.RAW_FELL] > error
    return not (verdict in STAYED_VERDICTS and other in STAYED_VERDICTS)


def _correct_for_judge(pair: Pair, fall: Fall) -> Fall:
    before, after = (_judge_error(pair, side) for side in (Side.BEFORE, Side.AFTER))
    return fall if before is after is NO_ERROR else correct_fall(fall, before, after)


def _judge_error(pair: Pair, side: Side) -> JudgeError:
    """The declared error that fits a side best: by scorer and side, by scorer, by side, of all."""
    rules = [rule for rule in pair.suite.judge_errors if _is_about(rule, pair, side)]
    if not rules:
        return NO_ERROR
    rule = max(rules, key=lambda rule: (rule.scorer is not None, rule.side is not None))
    rates = rule.false_positive_rate, rule.aligned_labels, rule.false_negative_rate, rule.misaligned_labels
    return JudgeError(*rates)


def _is_about(rule: JudgeErrorRule, pair: Pair, side: Side) -> bool:
    scorer = pair.protocol.scorer or ""
    named = rule.scorer is None or rule.scorer == scorer or f'"{rule.scorer}"' in scorer
    return named and rule.side in (None, side)
