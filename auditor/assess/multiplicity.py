"""How the error rate is shared out: Holm's procedure over everything a patch was measured on, and optional stopping.

Three families a patch (what is said of a held-out suite; that something rose; that the fall is an artefact); periods
that end in one quarter are a family of their own. Where runs were added after a contrast could be read, an accusation
and a clearance need evidence that is valid at any number of looks (`auditor.stats`, e-values). Uncorrected p-values
go in, corrected ones and the level of each suite come out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC

from auditor.assess.comparable import Comparison, Pair
from auditor.assess.contrast import StepFalls, StepPValues
from auditor.assess.facts import MissingEvidence, SequentialEvidence, SuiteFacts
from auditor.assess.verdicts import (
    CARRIED_OVER_ON_BOTH_SCALES,
    DECISIVE,
    HALF,
    INVALID_EXCLUDED,
    STAYED_ON_TEST_ON_BOTH_SCALES,
    PValues,
    p_value,
)
from auditor.assess.verdicts import Statement as S
from auditor.evidence import Step
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.verdict import Verdict
from auditor.stats.falls import Fall
from auditor.stats.multiplicity import e_value, holm_levels

# A patch's error rate, shared out: Holm over everything it was measured on.
#
# Three families a patch, one for each thing that may be said wrongly: what is said of a held-out suite (test-only,
# partial, generalises), that something rose (worse), and that the fall was made by measuring (artefact). A step
# shared by several patches is in the family of each, and uses the strictest level. Windows are families of their own:
# all that end in one quarter are one.


CorrectedPValues = tuple[dict[S, float], tuple[dict[S, float], ...], tuple[float, ...]]
_TestKey = tuple[int, int]


def families_of_step(step: Step) -> tuple[object, ...]:
    """The families a step is in: those of its patches; without any, its own."""
    return step.patches or ((step.before, step.after),)


def correct(
    families: Sequence[Collection[object]], found: Sequence[StepPValues], error: float
) -> tuple[CorrectedPValues, ...]:
    """For each step: its statements and those of its held-out suites, corrected, and the level of each suite.

    A corrected p-value is at most `error` exactly when the raw one is at most its level.

    Args:
        families: which each step is in, by any name; at least one each.
    """
    by_patch: dict[object, list[int]] = {}
    for index, mine in enumerate(families):
        for family in mine:
            by_patch.setdefault(family, []).append(index)

    def levels(tests: Callable[[int], Iterable[tuple[_TestKey, float]]]) -> dict[_TestKey, float]:
        strictest: dict[_TestKey, float] = {}
        for members in by_patch.values():
            family = [test for index in members for test in tests(index)]
            shares = holm_levels([p for _, p in family], error)
            for (key, _), level in zip(family, shares, strict=True):
                strictest[key] = min(level, strictest.get(key, level))
        return strictest

    said = levels(lambda i: (((i, c), _strongest_statement(found[i], c, error)) for c in range(len(found[i].cells))))
    rose = levels(lambda i: _rise_p_values(i, found[i]))
    made = levels(lambda i: [((i, -1), max(found[i].step[S.RAW_FELL], found[i].step[S.NO_FALL_REMAINS]))])
    return tuple(_correct_step(i, one, said, rose, made, error) for i, one in enumerate(found))


def _strongest_statement(one: StepPValues, cell: int, error: float) -> float:
    given: PValues = {**one.step, **one.cells[cell]}
    return min(p_value(condition, given, error) for condition in DECISIVE)


def _rise_p_values(index: int, one: StepPValues) -> list[tuple[_TestKey, float]]:
    cells = [((index, place), cell[S.HELD_OUT_ROSE]) for place, cell in enumerate(one.cells)]
    return [((index, -1), one.step[S.TEST_ROSE]), *cells]


def _correct_step(
    index: int,
    one: StepPValues,
    said: dict[_TestKey, float],
    rose: dict[_TestKey, float],
    made: dict[_TestKey, float],
    error: float,
) -> CorrectedPValues:
    def fit(p: float, level: float) -> float:
        return min(1.0, p * error / level)

    step = dict(one.step)
    step[S.TEST_ROSE] = fit(step[S.TEST_ROSE], rose[index, -1])
    for statement in (S.RAW_FELL, S.NO_FALL_REMAINS):
        step[statement] = fit(step[statement], made[index, -1])
    rises = [fit(cell[S.HELD_OUT_ROSE], rose[index, place]) for place, cell in enumerate(one.cells)]
    step[S.ANY_HELD_OUT_ROSE] = min(rises, default=1.0)
    levels = tuple(said[index, place] for place in range(len(one.cells)))
    cells = tuple(
        {s: p if s is S.HELD_OUT_FELL_AT_ALL else fit(p, level) for s, p in cell.items()}
        for cell, level in zip(one.cells, levels, strict=True)
    )
    return step, cells, levels


# Looking again: runs that were added once a contrast could be read, and evidence that holds however often that was.
#
# Whoever adds runs until a verdict suits has many tries at it. Where runs were added on a later day than the one on
# which test and held-out first had a run on both sides, an accusation and a clearance therefore need evidence that is
# valid at any number of looks (`auditor.stats.multiplicity`), beside the evidence of the verdict table.


_SEQUENTIAL_STATEMENTS = {Verdict.TEST_ONLY: S.ACCUSED_SEQUENTIALLY, Verdict.GENERALISES: S.CLEARED_SEQUENTIALLY}


def count_looks(test: Sequence[Pair], held_out: Pair) -> int:
    """How often the contrast with a held-out suite could be read with other runs than before, at least once.

    Days count, in UTC, on which a run was made after the first day that had runs of every suite on both sides, and a
    second one of the test before, where there ever is one: with one, nearly nothing of the error can be spent. A run
    without a date is taken as there from the start.
    """
    once = [[_day_number(run) for run in pair.runs_after] for pair in test]
    once += [[_day_number(run) for run in side] for side in (held_out.runs_before, held_out.runs_after)]
    twice = [sorted(_day_number(run) for run in pair.runs_before) for pair in test]
    complete = max(*(min(side) for side in once), *(side[min(1, len(side) - 1)] for side in twice))
    return 1 + len({day for side in (*once, *twice) for day in side if day > complete})


def _day_number(run: Run) -> int:
    return 0 if run.created is None else run.created.astimezone(UTC).toordinal()


def add_sequential_p_values(
    found: StepPValues, numbers: StepFalls, compared: Comparison, policy: Policy
) -> StepPValues:
    """What is established, with whether it was looked at again and what holds then, for each held-out suite."""
    cells = tuple(
        {
            **cell,
            **sequential_p_values({**found.step, **cell}, numbers.test, fall, count_looks(compared.test, pair), policy),
        }
        for cell, fall, pair in zip(found.cells, numbers.held_out, compared.held_out, strict=True)
    )
    return replace(found, cells=cells)


def sequential_p_values(given: PValues, test: Fall, held_out: Fall, looked: int, policy: Policy) -> dict[S, float]:
    """The p-values, valid at any number of looks, of accusing and of clearing: 1 over their e-values.

    Each rests on the test fall, whose scale is a whole fall, and on D = r_H - c r_T, whose scale is c: what D is where
    a whole fall stays on the test.
    """
    fall, other = _fall_estimate(test), _fall_estimate(held_out)
    fell = e_value(given[S.TEST_FELL_AT_SUITE_LEVEL], fall, 1.0)
    threshold = policy.transfer_threshold
    stayed = max(p_value(STAYED_ON_TEST_ON_BOTH_SCALES, given, policy.error_rate), given[S.BELOW_THRESHOLD])
    carried = max(p_value(CARRIED_OVER_ON_BOTH_SCALES, given, policy.error_rate), given[S.ABOVE_HALF])
    accused = min(fell, e_value(stayed, other - threshold * fall, threshold))
    cleared = min(fell, e_value(carried, other - HALF * fall, HALF))
    found = {S.ACCUSED_SEQUENTIALLY: _p_value_of(accused), S.CLEARED_SEQUENTIALLY: _p_value_of(cleared)}
    return {**found, S.RUNS_ADDED_LATER: 0.0} if looked > 1 else found


def _fall_estimate(sides: Fall) -> float:
    before, after = (float(side.rate[INVALID_EXCLUDED]) for side in (sides.before, sides.after))
    return 1.0 - after / before if before > 0.0 else 0.0


def _p_value_of(e: float) -> float:
    return 1.0 if e <= 1.0 else 1.0 / e


def sequential_evidence(
    verdict: Verdict, suite: SuiteFacts | None, compared: Comparison, policy: Policy
) -> SequentialEvidence | None:
    """What to say of a verdict whose ruling suite accuses, clears, or would but for the looks; None for others."""
    if suite is None or (
        verdict not in _SEQUENTIAL_STATEMENTS and suite.missing is not MissingEvidence.OPTIONAL_STOPPING
    ):
        return None
    pair = next(pair for pair in compared.held_out if pair.name == suite.suite)
    statement = _SEQUENTIAL_STATEMENTS.get(verdict) or min(
        _SEQUENTIAL_STATEMENTS.values(), key=suite.p_values.__getitem__
    )
    e_value = 1.0 / suite.p_values[statement]
    return SequentialEvidence(count_looks(compared.test, pair), e_value, 1.0 / policy.error_rate)
