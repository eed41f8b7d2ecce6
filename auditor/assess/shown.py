"""What is printed of every step, with limits: all steps of a history at once, before any of them is told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.assess.comparable import Compared
from auditor.assess.contrast import Numbers
from auditor.assess.facts import Change, Transfer
from auditor.assess.rates import Contrast, changes_of, transfers_of
from auditor.assess.statements import RESERVE
from auditor.stats.clusters import mean_of_falls
from auditor.stats.falls import Fall


@dataclass(frozen=True, slots=True)
class Shown:
    """One step.

    Attributes:
        test: the average over test suites.
        average: the fall of the average over held-out suites, shape (3,); None without any, as `held_out`.
        suites: of each held-out suite, how it changed, and its transfer at the level it was decided at.
    """

    test: Change
    average: Fall | None
    held_out: Change | None
    suites: tuple[tuple[Change, Transfer | None], ...]


def shown(asked: Sequence[tuple[Compared, Numbers, Sequence[float]]], error: float) -> list[Shown]:
    """What is printed of each step, given its numbers and the level of each held-out suite.

    Args:
        error: left out at each end of rates and falls.
    """
    averages = [mean_of_falls(numbers.held_out) if numbers.held_out else None for _, numbers, _ in asked]
    tests = changes_of([(compared.test, numbers.test) for compared, numbers, _ in asked], error)
    means = [(one.held_out, average) for (one, _, _), average in zip(asked, averages, strict=True) if average]
    cells = [((pair,), f) for one, n, _ in asked for pair, f in zip(one.held_out, n.held_out, strict=True)]
    at = [Contrast(n.test, f, level) for _, n, levels in asked for f, level in zip(n.held_out, levels, strict=True)]
    held_out = iter(changes_of(means, error))
    suites = zip(changes_of(cells, error), transfers_of(at, RESERVE), strict=True)
    return [
        Shown(
            test, average, next(held_out) if average else None, tuple(itertools.islice(suites, len(numbers.held_out)))
        )
        for test, average, (_, numbers, _) in zip(tests, averages, asked, strict=True)
    ]
