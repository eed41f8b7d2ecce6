"""Intervals and p-values of many comparisons at once."""

from __future__ import annotations

import numpy as np

from auditor.assess.contrast import StepFalls, establish
from auditor.model.policy import Policy
from auditor.stats.falls import Fall, fall_limits, transfer_limits
from auditor.stats.intervals import FloatArray, Proportion
from benchmarks.speed.timing import Row, against

COMPARISONS = 10_000


def sides(seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(before, after, size) of so many comparisons: rates from 0 to 0.5, sizes from 50 to 2,000."""
    draws = np.random.default_rng(seed)
    before = draws.uniform(0.02, 0.5, COMPARISONS)
    return before, before * draws.uniform(0.0, 1.1, COMPARISONS), draws.uniform(50, 2000, COMPARISONS)


def closed_form(given: list[tuple[FloatArray, FloatArray]], z: float) -> list[tuple[FloatArray, FloatArray]]:
    """The limit: Wilson's limits of every rate, written out in numpy."""
    found = []
    for rate, size in given:
        scale = 1.0 + z * z / size
        centre = (rate + z * z / (2.0 * size)) / scale
        half = z / scale * np.sqrt(rate * (1.0 - rate) / size + z * z / (4.0 * size * size))
        found.append((centre - half, centre + half))
    return found


def rows() -> list[Row]:
    """Limits of falls, limits of transfer, and what the verdict table asks."""
    falls, plain = [], []
    for seed in (1, 2):
        before, after, size = sides(seed)
        falls.append(Fall(Proportion(before, size), Proportion(after, size)))
        plain += [(before, size), (after, size)]
    z = np.full(COMPARISONS, 1.645)
    named = f"{COMPARISONS:,} comparisons"
    limit = "Wilson limits of their four rates, in numpy"
    numbers = _numbers(falls[0], falls[1])
    return [
        against(
            f"fall limits of {named}",
            lambda: [fall_limits(f, z) for f in falls],
            limit,
            lambda: closed_form(plain, 1.645),
            1.5,
        ),
        against(
            f"transfer limits of {named}",
            lambda: transfer_limits(falls[0], falls[1], z),
            limit,
            lambda: closed_form(plain, 1.645),
            None,
            times=3,
        ),
        against(
            f"every p-value of {len(numbers):,} steps with one held-out suite",
            lambda: establish(numbers, Policy()),
            limit + f" ({COMPARISONS:,})",
            lambda: closed_form(plain, 1.645),
            None,
            times=1,
        ),
    ]


def _numbers(test: Fall, held_out: Fall) -> list[StepFalls]:
    """The first thousand as steps; the three readings of invalid samples alike."""

    def read(fall: Fall, place: int, readings: int | None) -> Fall:
        shape = () if readings is None else (readings,)
        at = [
            np.broadcast_to(array[place], shape)
            for array in (fall.before.rate, fall.before.size, fall.after.rate, fall.after.size)
        ]
        return Fall(Proportion(at[0], at[1]), Proportion(at[2], at[3]))

    return [
        StepFalls(
            *(read(test, place, 3), read(test, place, None), read(test, place, 3)),
            *((read(held_out, place, 3),), 2, (2,)),
        )
        for place in range(COMPARISONS // 10)
    ]
