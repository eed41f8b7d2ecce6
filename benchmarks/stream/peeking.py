"""Auditing again and again while runs are added: how often something is ever accused that should not be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.contrast import StepFalls, StepPValues, establish
from auditor.assess.multiplicity import correct, sequential_p_values
from auditor.assess.verdicts import decide
from auditor.model.policy import Policy
from auditor.model.verdict import STAYED_VERDICTS
from auditor.stats.falls import Fall
from auditor.stats.intervals import FloatArray, Proportion

POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of histories: accused at the first look, ever by the plain table, ever and at the last look as it is."""

    first: float
    ever_plain: float
    ever: float
    ever_sure: float
    last_plain: float
    last: float


def peeked(
    seed: int, histories: int, looks: int, batch: int, test: tuple[float, float], held: tuple[float, float]
) -> Shares:
    """Adds `batch` samples to every side before each look; rates are true ones before and after.

    `ever_sure` asks for evidence at any time from the first look on.
    """
    dice = np.random.default_rng(seed)
    counts = dice.binomial(batch, [*test, *held], size=(looks, histories, 4)).cumsum(axis=0)
    plain = np.zeros((looks, histories), bool)
    held_to, sure = plain.copy(), plain.copy()
    for look in range(looks):
        size = batch * (look + 1)
        step_falls = [_numbers(row / size, size) for row in counts[look]]
        for place, (numbers, p_values) in enumerate(zip(step_falls, establish(step_falls, POLICY), strict=True)):
            for kind, looked in ((plain, False), (held_to, look > 0), (sure, True)):
                kind[look, place] = _accused(numbers, p_values, looked)
    ever, ever_held, ever_sure = (float(kind.any(axis=0).mean()) for kind in (plain, held_to, sure))
    first, last, last_held = (float(one.mean()) for one in (plain[0], plain[-1], held_to[-1]))
    return Shares(first, ever, ever_held, ever_sure, last, last_held)


def _accused(numbers: StepFalls, p_values: StepPValues, looked: bool) -> bool:
    (cell,) = p_values.cells
    more = sequential_p_values({**p_values.step, **cell}, numbers.test, numbers.held_out[0], looked, POLICY)
    values = replace(p_values, cells=({**cell, **more},))
    (corrected,) = correct([(0,)], [values], POLICY.error_rate)
    return decide({**corrected.step, **corrected.cells[0]}, POLICY.error_rate).verdict in STAYED_VERDICTS


def _numbers(rates: FloatArray, size: int) -> StepFalls:
    sides = [Proportion(np.full(3, rate), np.full(3, float(size))) for rate in rates]
    raw = [Proportion(side.rate[0], side.size[0]) for side in sides]
    test = Fall(sides[0], sides[1])
    return StepFalls(test, Fall(raw[0], raw[1]), test, (Fall(sides[2], sides[3]),), 3, (3,))
