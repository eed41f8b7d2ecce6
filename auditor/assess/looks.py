"""Looking again: runs that were added once a contrast could be read, and evidence that holds however often that was.

Whoever adds runs until a verdict suits has many tries at it. Where runs were added on a later day than the one on
which test and held-out first had a run on both sides, an accusation and a clearance therefore need evidence that is
valid at any number of looks (`auditor.stats.multiplicity`), beside the evidence of the verdict table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from auditor.assess.account import AtAnyTime
from auditor.assess.comparable import Compared, Pair
from auditor.assess.contrast import Established, Numbers
from auditor.assess.facts import Missing, SuiteFacts
from auditor.assess.statements import HALF, LEFT_OUT
from auditor.assess.verdicts import CARRIED_OVER_ON_BOTH_SCALES, STAYED_ON_BOTH_SCALES, PValues, p_value
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.verdict import Verdict
from auditor.stats.falls import Fall
from auditor.stats.multiplicity import e_value

_SAID = {Verdict.TEST_ONLY: S.ACCUSED_AT_ANY_TIME, Verdict.GENERALISES: S.CLEARED_AT_ANY_TIME}


def looks(test: Sequence[Pair], held_out: Pair) -> int:
    """How often the contrast with a held-out suite could be read with other runs than before, at least once.

    Days count, in UTC, on which a run was made after the first day that had runs of every suite on both sides, and a
    second one of the test before, where there ever is one: with one, nearly nothing of the error can be spent. A run
    without a date is taken as there from the start.
    """
    once = [[_day(run) for run in pair.runs_after] for pair in test]
    once += [[_day(run) for run in side] for side in (held_out.runs_before, held_out.runs_after)]
    twice = [sorted(_day(run) for run in pair.runs_before) for pair in test]
    complete = max(*(min(side) for side in once), *(side[min(1, len(side) - 1)] for side in twice))
    return 1 + len({day for side in (*once, *twice) for day in side if day > complete})


def _day(run: Run) -> int:
    return 0 if run.created is None else run.created.astimezone(UTC).toordinal()


def with_looks(found: Established, numbers: Numbers, compared: Compared, policy: Policy) -> Established:
    """What is established, with whether it was looked at again and what holds then, for each held-out suite."""
    cells = tuple(
        {**cell, **at_any_time({**found.step, **cell}, numbers.test, fall, looks(compared.test, pair), policy)}
        for cell, fall, pair in zip(found.cells, numbers.held_out, compared.held_out, strict=True)
    )
    return replace(found, cells=cells)


def at_any_time(given: PValues, test: Fall, held_out: Fall, looked: int, policy: Policy) -> dict[S, float]:
    """The p-values, valid at any number of looks, of accusing and of clearing: 1 over their e-values.

    Each rests on the test fall, whose scale is a whole fall, and on D = r_H - c r_T, whose scale is c: what D is where
    a whole fall stays on the test.
    """
    fall, other = _fall(test), _fall(held_out)
    fell = e_value(given[S.TEST_FELL_HERE], fall, 1.0)
    threshold = policy.transfer_threshold
    stayed = max(p_value(STAYED_ON_BOTH_SCALES, given, policy.error_rate), given[S.BELOW_THRESHOLD])
    carried = max(p_value(CARRIED_OVER_ON_BOTH_SCALES, given, policy.error_rate), given[S.ABOVE_HALF])
    accused = min(fell, e_value(stayed, other - threshold * fall, threshold))
    cleared = min(fell, e_value(carried, other - HALF * fall, HALF))
    found = {S.ACCUSED_AT_ANY_TIME: _inverse(accused), S.CLEARED_AT_ANY_TIME: _inverse(cleared)}
    return {**found, S.LOOKED_AGAIN: 0.0} if looked > 1 else found


def _fall(sides: Fall) -> float:
    before, after = (float(side.rate[LEFT_OUT]) for side in (sides.before, sides.after))
    return 1.0 - after / before if before > 0.0 else 0.0


def _inverse(e: float) -> float:
    return 1.0 if e <= 1.0 else 1.0 / e


def told(verdict: Verdict, suite: SuiteFacts | None, compared: Compared, policy: Policy) -> AtAnyTime | None:
    """What to say of a verdict whose ruling suite accuses, clears, or would but for the looks; None for others."""
    if suite is None or (verdict not in _SAID and suite.missing is not Missing.LOOKS):
        return None
    pair = next(pair for pair in compared.held_out if pair.name == suite.suite)
    statement = _SAID.get(verdict) or min(_SAID.values(), key=suite.p_values.__getitem__)
    e_value = 1.0 / suite.p_values[statement]
    return AtAnyTime(looks(compared.test, pair), e_value, 1.0 / policy.error_rate)
