"""Items and epochs that come to so many independent samples."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.assess.facts import Rate
from auditor.stats import power
from auditor.stats.replicates import size_without_run_effect

EPOCHS = (1, 2, 3, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Choice:
    """Items, each run `epochs` times, before and after."""

    epochs: int
    items: int

    @property
    def samples(self) -> int:
        """A side."""
        return self.items * self.epochs


def choices(needed: float | None, correlation: float | None) -> tuple[Choice, ...]:
    """Items by epochs; more epochs only as long as they save items, and where it is known what they are worth."""
    if needed is None:
        return ()
    found: list[Choice] = []
    for epochs in EPOCHS if correlation is not None else (1,):
        items = power.items_needed(needed, epochs, correlation or 0.0)
        if not found or items < found[-1].items:
            found.append(Choice(epochs, items))
    return tuple(found)


def correlation_of(side: Rate, variance: float) -> float | None:
    """The correlation of an item's samples that the effective size of a rate implies; None from one sample an item.

    Args:
        variance: how far runs of one state lie apart (log-odds): in the size, and no matter of items.
    """
    if side.items is None or side.valid <= side.items or side.size <= 0.0:
        return None
    each = side.valid / side.items
    size = size_without_run_effect(side.size, side.rate, variance / max(1, len(side.runs)))
    return min(max((side.valid / size - 1.0) / (each - 1.0), 0.0), 1.0)
