"""How the error rate is shared out: Holm's procedure over everything a patch was measured on, and optional stopping.

Four families a patch (accusations, clearances, rises, artefacts); periods that end in one quarter are a family of their
own. Where runs were added after a contrast could be read, an accusation and a clearance need evidence that is valid at
any number of looks (`auditor.stats`, e-values). Uncorrected p-values go in, corrected ones and the levels of each suite
come out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from auditor.assess.comparable import Pair
from auditor.assess.contrast import NO_PENALTY, Penalties, StepFalls, StepPValues, SuiteLevels
from auditor.assess.facts import MissingEvidence, SequentialEvidence, SuiteFacts
from auditor.assess.verdicts import (
    ACCUSATION,
    ACCUSING_STATEMENTS,
    CARRIED_OVER_ON_BOTH_SCALES,
    CLEARANCE,
    CLEARING_STATEMENTS,
    INVALID_EXCLUDED,
    STAYED_ON_TEST_ON_BOTH_SCALES,
    Condition,
    PValues,
    clearing_threshold,
    p_value,
)
from auditor.assess.verdicts import Statement as S
from auditor.evidence import Evidence, Step
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.verdict import STAYED_VERDICTS, Verdict
from auditor.stats.falls import Fall
from auditor.stats.multiplicity import e_value, holm_levels

# A patch's error rate, shared out by Holm's procedure over everything it was measured on.
#
# Four families a patch, one for each thing that may be said wrongly: that the fall stayed on the test, of each held-out
# suite; that it carried over, of each behaviour; that something rose; that measuring made the fall. What else might be
# said of a suite takes no part in it: one that is shown to be partial hands nothing on to an accusation. A behaviour
# is cleared only where each of its suites clears, so that these need no correction among themselves (Berger 1982).
# A step shared by several patches is in the families of each, and uses the strictest level. Periods are families of
# their own: all that end in one quarter are one.


_TestKey = tuple[int, int]
_WHOLE_STEP = -1
_POOL = -2


@dataclass(frozen=True, slots=True)
class CorrectedPValues:
    """A step's p-values, corrected: at most the error rate exactly where the raw ones are at most their level.

    Attributes:
        step, cells, plain: as in `StepPValues`.
        levels: of each held-out suite.
        pooled, pooled_levels: of the average of several held-out suites; None where there are not two.
    """

    step: dict[S, float]
    cells: tuple[dict[S, float], ...]
    plain: tuple[dict[S, float], ...]
    levels: tuple[SuiteLevels, ...]
    pooled: dict[S, float] | None = None
    pooled_levels: SuiteLevels | None = None


def families_of_step(step: Step) -> tuple[object, ...]:
    """The families a step is in: those of its patches; without any, its own."""
    return step.patches or ((step.before, step.after),)


def correct(
    families: Sequence[Collection[object]], p_values: Sequence[StepPValues], error: float
) -> tuple[CorrectedPValues, ...]:
    """For each step: its statements and those of its held-out suites, corrected, and the levels of each suite.

    Args:
        families: which each step is in, by any name; at least one each.
    """
    by_patch: dict[object, list[int]] = {}
    for index, mine in enumerate(families):
        for family in mine:
            by_patch.setdefault(family, []).append(index)

    def levels(tests: Callable[[StepPValues], Iterable[tuple[int, float]]]) -> dict[_TestKey, float]:
        strictest: dict[_TestKey, float] = {}
        for members in by_patch.values():
            family = [((index, place), p) for index in members for place, p in tests(p_values[index])]
            weights = [float(len(p_values[index].cells)) if place == _POOL else 1.0 for (index, place), _ in family]
            shares = holm_levels([p for _, p in family], error, weights)
            for (key, _), level in zip(family, shares, strict=True):
                strictest[key] = min(level, strictest.get(key, level))
        return strictest

    shared = _Levels(
        levels(lambda step: _accusation_p_values(step, error)),
        levels(lambda step: [(_WHOLE_STEP, max(_p_values_of_cells(step, CLEARANCE, error)))] if step.cells else []),
        levels(_rise_p_values),
        levels(lambda step: [(_WHOLE_STEP, max(step.step[S.RAW_FELL], step.step[S.NO_FALL_REMAINS]))]),
    )
    return tuple(_correct_step(index, step, shared, error) for index, step in enumerate(p_values))


class _Levels(NamedTuple):
    """The level of each test of each family, by step and place; places are held-out suites or the whole step."""

    accused: dict[_TestKey, float]
    cleared: dict[_TestKey, float]
    rose: dict[_TestKey, float]
    artefact: dict[_TestKey, float]


def _accusation_p_values(step: StepPValues, error: float) -> Iterable[tuple[int, float]]:
    """Of each held-out suite, and of the average of several: it has as large a share of the error as they together."""
    yield from enumerate(_p_values_of_cells(step, ACCUSATION, error))
    if step.pooled is not None:
        yield _POOL, p_value(ACCUSATION, {**step.step, **step.pooled}, error)


def _p_values_of_cells(step: StepPValues, condition: Condition, error: float) -> list[float]:
    return [p_value(condition, {**step.step, **cell}, error) for cell in step.cells]


def _rise_p_values(step: StepPValues) -> list[tuple[int, float]]:
    return [(_WHOLE_STEP, step.step[S.TEST_ROSE]), *enumerate(cell[S.HELD_OUT_ROSE] for cell in step.cells)]


def _correct_step(index: int, raw: StepPValues, shared: _Levels, error: float) -> CorrectedPValues:
    def fit(p: float, level: float) -> float:
        return min(1.0, p * error / level)

    step, whole = dict(raw.step), (index, _WHOLE_STEP)
    step[S.TEST_ROSE] = fit(step[S.TEST_ROSE], shared.rose[whole])
    for statement in (S.RAW_FELL, S.NO_FALL_REMAINS):
        step[statement] = fit(step[statement], shared.artefact[whole])
    rises = [fit(cell[S.HELD_OUT_ROSE], shared.rose[index, place]) for place, cell in enumerate(raw.cells)]
    step[S.ANY_HELD_OUT_ROSE] = min(rises, default=1.0)
    accused = [shared.accused[index, place] for place in range(len(raw.cells))]

    def fit_cells(cells: Sequence[Mapping[S, float]]) -> tuple[dict[S, float], ...]:
        return tuple(
            {
                **cell,
                **{s: fit(cell[s], level) for s in ACCUSING_STATEMENTS if s in cell},
                **{s: fit(cell[s], shared.cleared[whole]) for s in CLEARING_STATEMENTS if s in cell},
            }
            for cell, level in zip(cells, accused, strict=True)
        )

    levels = tuple(
        SuiteLevels(level / penalty.accuse, shared.cleared[whole] / penalty.clear)
        for level, penalty in zip(accused, raw.penalties, strict=True)
    )
    if raw.pooled is None:
        return CorrectedPValues(step, fit_cells(raw.cells), fit_cells(raw.plain), levels)
    share = shared.accused[index, _POOL]
    pooled = {s: fit(p, share) if s in ACCUSING_STATEMENTS else p for s, p in raw.pooled.items()}
    pooled_levels = SuiteLevels(share / raw.pooled_penalties.accuse, shared.cleared[whole] / raw.pooled_penalties.clear)
    return CorrectedPValues(step, fit_cells(raw.cells), fit_cells(raw.plain), levels, pooled, pooled_levels)


# Looking again: runs that were added once a contrast could be read, and evidence that holds however often that was.
#
# Whoever adds runs until a verdict suits has many tries at it. Where runs were added once test and held-out had a run
# on both sides, an accusation and a clearance therefore need evidence that is valid at any number of looks
# (`auditor.stats.multiplicity`), with the evidence of the verdict table.


_SEQUENTIAL_STATEMENTS = {
    **dict.fromkeys(STAYED_VERDICTS, S.ACCUSED_SEQUENTIALLY),
    Verdict.GENERALISES: S.CLEARED_SEQUENTIALLY,
}
_NO_PLANS: Mapping[str, datetime] = {}
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Looks(NamedTuple):
    """How often a contrast could be read with other runs than before.

    Attributes:
        number: by records, at least 1.
        repeated: whether some suite was run a second time after the patch once it could be read.
        rebased: whether the held-out suite was run a second time before the patch once it could be read.
        later: whether runs were added beyond that.
    """

    number: int
    repeated: bool
    rebased: bool
    later: bool

    @property
    def penalties(self) -> Penalties:
        """By how much p-values are multiplied; 1 where evidence that holds at any number of looks is asked for."""
        if self.later or not (self.repeated or self.rebased):
            return NO_PENALTY
        return Penalties(REPEAT_PENALTY, REPEAT_PENALTY) if self.repeated else Penalties(REBASE_PENALTY, 1.0)


def count_looks(test: Sequence[Pair], held_out: Pair, planned: Mapping[str, datetime] = _NO_PLANS) -> Looks:
    """How often the contrast with a held-out suite could be read.

    Records count, beyond the first run of every suite on both sides and a second one of the test before: with one,
    nearly nothing of the error can be spent. One that is dated before all of these were there could not be added
    because of them, nor one that was planned before there was any result after the patch; one without a date may have
    been.

    Args:
        planned: when the plan was written that a record fulfils, by record (`planned_records`).
    """
    after = [_in_order(pair.runs_after) for pair in (*test, held_out)]
    test_before, held_out_before = [_in_order(pair.runs_before) for pair in test], _in_order(held_out.runs_before)
    needed = [*(side[0] for side in after), *(run for side in test_before for run in side[:2]), held_out_before[0]]
    complete = max((run.created for run in needed if run.created is not None), default=_EARLIEST)
    first_result = min((side[0].created for side in after if side[0].created is not None), default=_EARLIEST)

    def is_look(run: Run) -> bool:
        was_planned = run.record in planned and planned[run.record] < first_result
        return not was_planned and (run.created is None or run.created >= complete)

    second = sum(is_look(run) for side in after for run in side[1:2])
    rebased = sum(is_look(run) for run in held_out_before[1:2])
    later = sum(is_look(run) for side in (*after, *test_before, held_out_before) for run in side[2:])
    return Looks(1 + second + rebased + later, second > 0, rebased > 0, later > 0)


def _in_order(runs: Sequence[Run]) -> list[Run]:
    """Runs by their dates, those without one last."""
    return sorted(runs, key=lambda run: (run.created is None, run.created or _EARLIEST))


def concurrent_records(evidence: Evidence, step: Step, test: Sequence[Pair]) -> frozenset[str]:
    """Runs of the text before a step whose results could not influence the patch (a concurrent baseline).

    Such a run fulfils a plan that was written when the text after was there already, and before any result on it: the
    patch was fixed, whatever the run would show. A plan that is older than the patch may be one of many, of which the
    patch took the worst.
    """
    dates = [commit.date for commit in evidence.history.spec_commits if commit.revision == step.after.revision]
    results = [run.created for pair in test for run in pair.runs_after]
    first = min((created for created in results if created is not None), default=None)
    if not dates or first is None or None in results:
        return frozenset()
    fixed = min(dates)
    return frozenset(record for record, planned in planned_records(evidence).items() if fixed <= planned < first)


def planned_records(evidence: Evidence) -> Mapping[str, datetime]:
    """When the plan was written that a record fulfils, by record; of runs that fulfil one plan, the first by name."""
    return {result.runs[0]: result.plan.created for result in evidence.results.values() if result.runs}


# A second run after the patch is what the next patch's verdict asks for as its second run before, and lets whoever
# wants look twice: what is said must then hold at a third of the error. An accusation at either look is then wrong in
# at most 5.7 % at the very threshold (7.4 % without; 50 to 400 samples a run).
REPEAT_PENALTY = 3.0
# A second held-out run before the patch leaves what was seen after it as it is, so that two looks differ less: an
# accusation at either is wrong in at most 5.8 % at the threshold (6.4 % without a penalty; 100 to 2,000 samples a run).
# With one such run nearly nothing can be cleared, so that a second is no second chance of it.
REBASE_PENALTY = 1.5


def add_sequential_p_values(
    p_values: StepPValues, numbers: StepFalls, looks: Sequence[Looks], policy: Policy
) -> StepPValues:
    """What is established, with whether it was looked at again and what holds then, for each held-out suite.

    Args:
        looks: of each held-out suite (`count_looks`).
    """
    repeated = [look.penalties for look in looks]
    plain = tuple(_repeat_cell(cell, factors) for cell, factors in zip(p_values.plain, repeated, strict=True))
    cells = tuple(
        {
            **_repeat_cell(cell, factors),
            **sequential_p_values({**p_values.step, **cell}, numbers.test, fall, look.later, policy),
        }
        for cell, fall, look, factors in zip(p_values.cells, numbers.held_out, looks, repeated, strict=True)
    )
    penalties = tuple(
        Penalties(factors.accuse * penalty.accuse, factors.clear * penalty.clear)
        for factors, penalty in zip(repeated, p_values.penalties, strict=True)
    )
    changed = replace(p_values, cells=cells, plain=plain, penalties=penalties)
    if p_values.pooled is None or numbers.pooled is None:
        return changed
    together = _combine_looks(looks)
    pooled = _repeat_cell(p_values.pooled, together.penalties)
    sequential = sequential_p_values({**p_values.step, **pooled}, numbers.test, numbers.pooled, together.later, policy)
    return replace(changed, pooled={**pooled, **sequential}, pooled_penalties=together.penalties)


def _combine_looks(looks: Sequence[Looks]) -> Looks:
    """How often several suites together could be read: as often as the one that could be most often."""
    return Looks(
        max(look.number for look in looks),
        any(look.repeated for look in looks),
        any(look.rebased for look in looks),
        any(look.later for look in looks),
    )


def _repeat_cell(cell: Mapping[S, float], factors: Penalties) -> dict[S, float]:
    """The p-values of what accuses and of what clears, times their factors."""
    accuse, clear = (
        {statement: min(1.0, factor * cell[statement]) for statement in statements if statement in cell}
        for statements, factor in ((ACCUSING_STATEMENTS, factors.accuse), (CLEARING_STATEMENTS, factors.clear))
    )
    return {**cell, **accuse, **clear}


def sequential_p_values(
    p_values: PValues, test: Fall, held_out: Fall, added_later: bool, policy: Policy
) -> dict[S, float]:
    """The p-values, valid at any number of looks, of accusing and of clearing: 1 over their e-values.

    Each rests on the test fall, whose scale is a whole fall, and on D = r_H - c r_T, whose scale is c: what D is where
    a whole fall stays on the test.
    """
    fall, other = _fall_estimate(test), _fall_estimate(held_out)
    fell = e_value(p_values[S.TEST_FELL_AT_SUITE_LEVEL], fall, 1.0)
    threshold, clear = policy.transfer_threshold, clearing_threshold(policy)
    stayed = max(p_value(STAYED_ON_TEST_ON_BOTH_SCALES, p_values, policy.error_rate), p_values[S.BELOW_THRESHOLD])
    carried = p_value(CARRIED_OVER_ON_BOTH_SCALES, p_values, policy.error_rate)
    accused = min(fell, e_value(stayed, other - threshold * fall, threshold))
    cleared = min(fell, e_value(carried, other - clear * fall, clear))
    values = {S.ACCUSED_SEQUENTIALLY: _p_value_of(accused), S.CLEARED_SEQUENTIALLY: _p_value_of(cleared)}
    return {**values, S.RUNS_ADDED_LATER: 0.0} if added_later else values


def _fall_estimate(sides: Fall) -> float:
    before, after = (float(side.rate[INVALID_EXCLUDED]) for side in (sides.before, sides.after))
    return 1.0 - after / before if before > 0.0 else 0.0


def _p_value_of(e: float) -> float:
    return 1.0 if e <= 1.0 else 1.0 / e


def sequential_evidence(
    verdict: Verdict, suite: SuiteFacts | None, looks: Mapping[str, Looks], policy: Policy
) -> SequentialEvidence | None:
    """What to say of a verdict whose ruling suite accuses, clears, or would but for the looks; None for others.

    Args:
        looks: of each held-out suite, by name.
    """
    if suite is None or (
        verdict not in _SEQUENTIAL_STATEMENTS and suite.missing is not MissingEvidence.OPTIONAL_STOPPING
    ):
        return None
    statement = _SEQUENTIAL_STATEMENTS.get(verdict) or min(
        _SEQUENTIAL_STATEMENTS.values(), key=suite.p_values.__getitem__
    )
    e_value = 1.0 / suite.p_values[statement]
    number = looks[suite.suite].number if suite.suite in looks else max(look.number for look in looks.values())
    return SequentialEvidence(number, e_value, 1.0 / policy.error_rate)
