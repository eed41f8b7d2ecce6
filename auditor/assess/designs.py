"""How large to make the suites of a patch that does not exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auditor.assess.facts import GapFacts
from auditor.assess.plans import POWER, TEST_SIZES, SuitePlan, expected, planned
from auditor.assess.statements import HALF, RESERVE, trigger_penalty
from auditor.model.policy import Policy
from auditor.model.suite import Role
from auditor.stats import power
from auditor.stats.falls import Fall

RUNS_BEFORE = 2


@dataclass(frozen=True, slots=True)
class DesignRow:
    """So many test samples a side: the chance (0 to 1) to see the fall, and the held-out samples that go with them."""

    test: int
    chance: float
    stayed: int | None
    carried: int | None


@dataclass(frozen=True, slots=True)
class Design:
    """How large to make the suites of a patch that does not exist yet.

    Attributes:
        behaviour: None where only rates were given.
        test_rate, held_out_rate: before it, 0 to 1; `fall`: what it is hoped to take away of the test's, 0 to 1.
        rows: by test size.
        at: the row with the fewest samples in all.
        suite: the held-out suite at that row.
    """

    behaviour: str | None
    test_rate: float
    held_out_rate: float
    fall: float
    rows: tuple[DesignRow, ...]
    at: DesignRow | None
    suite: SuitePlan | None


def design(
    behaviour: str | None,
    test_rate: float,
    held_out_rate: float,
    fall: float,
    policy: Policy,
    known: GapFacts | None = None,
) -> Design:
    """Sizes for a patch that does not exist yet, with two runs of the test before it.

    Args:
        test_rate, held_out_rate: before it, each in (0, 1).
        fall: what it takes away of the test's rate, in (0, 1].
        known: what the last state says of the behaviour, for what epochs are worth.
    """
    rows = tuple(_rows(test_rate, held_out_rate, fall, policy))
    able = [row for row in rows if row.stayed and row.carried and row.chance >= POWER]
    at = min(able, key=lambda row: row.test + max(row.stayed or 0, row.carried or 0), default=None)
    suite = _suite(expected(test_rate, test_rate * (1.0 - fall), at.test), held_out_rate, policy, known) if at else None
    return Design(behaviour, test_rate, held_out_rate, fall, rows, at, suite)


def _rows(test_rate: float, held_out_rate: float, fall: float, policy: Policy) -> Iterator[DesignRow]:
    after, error = test_rate * (1.0 - fall), policy.error_rate / RESERVE
    seen = policy.error_rate / float(trigger_penalty(np.asarray(RUNS_BEFORE)))
    chances = power.fall_power(test_rate, after, np.array(TEST_SIZES, dtype=np.float64), seen)
    for size, chance in zip(TEST_SIZES, chances, strict=True):
        test = expected(test_rate, after, size)
        stayed = power.samples_to_exclude_transfer(test, held_out_rate, policy.transfer_threshold, error)
        carried = power.samples_to_show_transfer(test, held_out_rate, HALF, error)
        yield DesignRow(size, float(chance), stayed, carried)


def _suite(test: Fall, rate: float, policy: Policy, known: GapFacts | None) -> SuitePlan:
    """The held-out suite that is known, or a new one."""
    error = policy.error_rate / RESERVE
    if known is None:
        return planned(test, None, Role.HELD_OUT, rate, policy, error, None, None, None)
    so_far = known.held_out
    return planned(test, known.suite, known.role, rate, policy, error, so_far, so_far.size, None)
