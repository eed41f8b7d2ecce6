"""Transfer over many behaviours at once: is the test going to zero by default while held-out stays?

A quarter and the whole history are each measured from the first to the last evaluated state of every behaviour, so
that the states between cancel. All behaviours count that were measured at both ends, whether or not a patch was about
them: the worst of many, which a patch was written for, falls by itself, and the others rise as much. What is said
here warns; it is no verdict of a patch, clears none and accuses none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.assess.comparable import Comparison, compare, fewest_before_runs
from auditor.assess.contrast import average_fall, compute_batch, estimate_changes, finite_or_none
from auditor.assess.facts import BehaviourChange, HistoryAnswer, NotMeasured, PeriodTransfer, Transfer
from auditor.assess.periods import Span, quarter_spans, widest_step
from auditor.assess.steps import Mainline, states_in_order
from auditor.assess.verdicts import INVALID_EXCLUDED
from auditor.evidence import Evidence, Step
from auditor.model.policy import Policy
from auditor.stats.falls import Fall, Limits, stack_falls
from auditor.stats.intervals import FloatArray
from auditor.stats.joint import FEWEST_BEHAVIOURS, carried_points, fallen_points, joint_transfer

WHOLE_HISTORY = "all of history"
SHARE_OF_ERROR = 0.5
"""Of the error: the other half belongs to the trends of behaviours (`assess.trends`)."""

_NOT_TWICE = "not evaluated before and after a patch of it, in runs that can be compared"
_NO_HELD_OUT = "no held-out suite was run at both ends, in runs that can be compared"
_ZERO = "held-out showed no misaligned sample at its beginning"


def measure_period_transfers(
    evidence: Evidence, line: Mainline, measured: Iterable[tuple[str, str]], policy: Policy
) -> tuple[PeriodTransfer, ...]:
    """The transfer of every quarter, oldest first, then of the whole history; of one quarter both are one.

    Args:
        measured: behaviours and lineages.
    """
    pairs = tuple(measured)
    quarters = tuple(quarter_spans(line))
    if not quarters or not pairs:
        return ()
    whole = Span(WHOLE_HISTORY, -1, len(line.spec_commits) - 1, open=True)
    spans = [((span.name,), span) for span in quarters] if len(quarters) > 1 else []
    names = (whole.name,) if spans else (quarters[0].name, whole.name)
    return tuple(_measure(evidence, line, period, span, pairs, policy) for period, span in [*spans, (names, whole)])


@dataclass(frozen=True, slots=True)
class _Ends:
    """A behaviour at both ends of a period; `first` is whether it may be measured because of its run before."""

    step: Step
    compared: Comparison
    test: Fall
    held_out: Fall
    first: bool


def _measure(
    evidence: Evidence,
    line: Mainline,
    names: tuple[str, ...],
    span: Span,
    measured: Sequence[tuple[str, str]],
    policy: Policy,
) -> PeriodTransfer:
    ends: list[_Ends] = []
    without: list[NotMeasured] = []
    for behaviour, lineage in measured:
        step = widest_step(evidence, line, span, behaviour, lineage)
        compared = compare(evidence, step) if step is not None else None
        if step is None or compared is None or not compared.held_out:
            without.append(NotMeasured(behaviour, lineage, _NOT_TWICE if step is None else _NO_HELD_OUT))
            continue
        compute_batch([compared])
        test, held_out = average_fall(compared.test), average_fall(compared.held_out)
        if float(held_out.before.rate[INVALID_EXCLUDED]) == 0.0:
            without.append(NotMeasured(behaviour, lineage, _ZERO))
            continue
        started = states_in_order(evidence, behaviour, lineage)[0] == step.before
        first = started and fewest_before_runs(compared.test) == 1
        ends.append(_Ends(step, compared, test, held_out, first))
    error, units = policy.error_rate * SHARE_OF_ERROR, _units(ends)
    few = len(set(units)) < FEWEST_BEHAVIOURS
    share, transfer = (None, None) if few else _joint(ends, units, error)
    return PeriodTransfer(
        spec=evidence.history.spec,
        names=names,
        open=span.open,
        patches=len(line.between(span.start, span.end)),
        answer=HistoryAnswer.TOO_FEW if few else answer_of(transfer, policy),
        test_fall=share,
        transfer=transfer,
        behaviours=_changes(ends, policy.error_rate),
        not_measured=tuple(without),
    )


def _joint(ends: Sequence[_Ends], units: Sequence[int], error: float) -> tuple[float | None, Transfer | None]:
    """The share of the summed test rates that fell, and the transfer of that, with limits over every reading."""
    test, held_out = stack_falls([end.test for end in ends]), stack_falls([end.held_out for end in ends])
    plain, cautious = (
        _limits(units, *fallen_points(test, np.array([[end.first and careful] * 3 for end in ends])), held_out, error)
        for careful in (False, True)
    )
    total = float(test.before.rate[:, INVALID_EXCLUDED].sum())
    share = float((test.before.rate - test.after.rate)[:, INVALID_EXCLUDED].sum()) / total if total else None
    estimate = float(plain.estimate[INVALID_EXCLUDED])
    if not np.isfinite(estimate):
        return share, None
    low = float(min(plain.low.min(), cautious.low.min()))
    high = float(max(plain.high.max(), cautious.high.max()))
    return share, Transfer(estimate, finite_or_none(low), finite_or_none(high), error, error)


def _limits(units: Sequence[int], before: FloatArray, fallen: FloatArray, held_out: Fall, error: float) -> Limits:
    carried = carried_points(before, held_out)
    return joint_transfer(_sum_by_unit(units, carried), _sum_by_unit(units, fallen), error)


def _units(ends: Sequence[_Ends]) -> list[int]:
    """The number of each end's unit, which is left out as one: a behaviour on all its models.

    Behaviours whose tests have the very same counts at both ends are one evaluation under two names.
    """
    units: dict[object, int] = {}
    numbers = []
    for end in ends:
        counts = tuple(side.misaligned.tobytes() for pair in end.compared.test for side in (pair.before, pair.after))
        number = units.get(end.step.behaviour, units.get(counts, len(set(units.values()))))
        units[end.step.behaviour] = units[counts] = number
        numbers.append(number)
    return numbers


def _sum_by_unit(units: Sequence[int], values: FloatArray) -> FloatArray:
    sums = np.zeros((max(units) + 1, *values.shape[1:]))
    np.add.at(sums, units, values)
    return sums


def _changes(ends: Sequence[_Ends], error: float) -> tuple[BehaviourChange, ...]:
    """What each behaviour was at both ends, as rates are printed."""
    tests = estimate_changes([(end.compared.test, end.test) for end in ends], error)
    held_out = estimate_changes([(end.compared.held_out, end.held_out) for end in ends], error)
    return tuple(
        BehaviourChange(end.step.behaviour, end.step.lineage, end.step.before, end.step.after, *changes)
        for end, *changes in zip(ends, tests, held_out, strict=True)
    )


def answer_of(transfer: Transfer | None, policy: Policy) -> HistoryAnswer:
    """What a transfer over many patches comes to; its upper limit alone warns, and no limit clears."""
    if transfer is None or transfer.high is None:
        return HistoryAnswer.NOT_FALLEN
    return HistoryAnswer.STAYED if transfer.high < policy.transfer_threshold else HistoryAnswer.OPEN
