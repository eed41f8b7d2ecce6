"""A patch's error rate, shared out: Holm over everything it was measured on.

Three families a patch, one for each thing that may be said wrongly: what is said of a held-out suite (test-only,
partial, generalises), that something rose (worse), and that the fall was made by measuring (measurement). A step shared
by several patches is in the family of each, and uses the strictest level. Windows are families of their own: all that
end in one quarter are one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from auditor.assess.contrast import Established
from auditor.assess.verdicts import DECISIVE, PValues, p_value
from auditor.assess.verdicts import Statement as S
from auditor.evidence import Step
from auditor.stats.multiplicity import holm_levels

Corrected = tuple[dict[S, float], tuple[dict[S, float], ...], tuple[float, ...]]
_Key = tuple[int, int]


def of_step(step: Step) -> tuple[object, ...]:
    """The families a step is in: those of its patches; without any, its own."""
    return step.patches or ((step.before, step.after),)


def correct(
    families: Sequence[Collection[object]], found: Sequence[Established], error: float
) -> tuple[Corrected, ...]:
    """For each step: its statements and those of its held-out suites, corrected, and the level of each suite.

    A corrected p-value is at most `error` exactly when the raw one is at most its level.

    Args:
        families: which each step is in, by any name; at least one each.
    """
    by_patch: dict[object, list[int]] = {}
    for index, mine in enumerate(families):
        for family in mine:
            by_patch.setdefault(family, []).append(index)

    def levels(tests: Callable[[int], Iterable[tuple[_Key, float]]]) -> dict[_Key, float]:
        strictest: dict[_Key, float] = {}
        for members in by_patch.values():
            family = [test for index in members for test in tests(index)]
            shares = holm_levels([p for _, p in family], error)
            for (key, _), level in zip(family, shares, strict=True):
                strictest[key] = min(level, strictest.get(key, level))
        return strictest

    said = levels(lambda i: (((i, c), _strongest(found[i], c, error)) for c in range(len(found[i].cells))))
    rose = levels(lambda i: _rises(i, found[i]))
    made = levels(lambda i: [((i, -1), max(found[i].step[S.RAW_FELL], found[i].step[S.NONE_LEFT]))])
    return tuple(_corrected(i, one, said, rose, made, error) for i, one in enumerate(found))


def _strongest(one: Established, cell: int, error: float) -> float:
    given: PValues = {**one.step, **one.cells[cell]}
    return min(p_value(condition, given, error) for condition in DECISIVE)


def _rises(index: int, one: Established) -> list[tuple[_Key, float]]:
    cells = [((index, place), cell[S.HELD_OUT_ROSE]) for place, cell in enumerate(one.cells)]
    return [((index, -1), one.step[S.TEST_ROSE]), *cells]


def _corrected(
    index: int,
    one: Established,
    said: dict[_Key, float],
    rose: dict[_Key, float],
    made: dict[_Key, float],
    error: float,
) -> Corrected:
    def fit(p: float, level: float) -> float:
        return min(1.0, p * error / level)

    step = dict(one.step)
    step[S.TEST_ROSE] = fit(step[S.TEST_ROSE], rose[index, -1])
    for statement in (S.RAW_FELL, S.NONE_LEFT):
        step[statement] = fit(step[statement], made[index, -1])
    rises = [fit(cell[S.HELD_OUT_ROSE], rose[index, place]) for place, cell in enumerate(one.cells)]
    step[S.ANY_HELD_OUT_ROSE] = min(rises, default=1.0)
    levels = tuple(said[index, place] for place in range(len(one.cells)))
    cells = tuple(
        {s: p if s is S.HELD_OUT_FELL_AT_ALL else fit(p, level) for s, p in cell.items()}
        for cell, level in zip(one.cells, levels, strict=True)
    )
    return step, cells, levels
