"""Where a world is drawn: one size, one source of chance, and the runs drawn so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from auditor.model.run import Run, Tallies
from auditor.model.suite import Role, Suite
from benchmarks.verdicts.draws import Counts, Items, Size, counts, items_of, moved, run_of, tallies

TEST, HELD_OUT, LIVE = "test", "held-out", "live"
BEHAVIOUR = "behaviour"


def suite(name: str, role: Role | None = None, behaviour: str = BEHAVIOUR) -> Suite:
    """A suite; its role is the one its name says unless told."""
    said = {TEST: Role.TEST, LIVE: Role.DEPLOYMENT}.get(name.split(" ")[0], Role.HELD_OUT)
    return Suite(name, behaviour, role or said)


@dataclass(slots=True)
class Lab:
    """Draws runs of one world and keeps them.

    Attributes:
        kinds: the source of what items there are, and what a patch makes of them.
        luck: the source of what a run shows of them; the same kinds with other luck are the same world, run again.
    """

    kinds: np.random.Generator
    luck: np.random.Generator
    size: Size
    runs: list[Run] = field(default_factory=list)

    def shape(self, name: str) -> tuple[int, int]:
        """(items, epochs) of a suite."""
        return self.size.test if name.startswith(TEST) else self.size.held_out

    def items(self, name: str, rate: float) -> Items:
        """Items of a suite around a rate."""
        return items_of(self.kinds, self.shape(name)[0], rate, self.size.rho)

    def after(self, items: Items, factor: float) -> Items:
        """The items after a patch, in the manner of this size."""
        return moved(self.kinds, items, factor, whole=self.size.whole)

    def drawn(self, name: str, items: Items) -> Counts:
        """Misaligned samples by item, of a run that is not kept yet."""
        return counts(self.luck, items, self.shape(name)[1], self.size.apart)

    def keep(self, name: str, revision: str, what: Tallies, place: int = 0, **changes: object) -> None:
        """A run, as drawn elsewhere."""
        self.runs.append(run_of(name, revision, place, what, **changes))

    def run(self, name: str, revision: str, items: Items, times: int = 1, **changes: object) -> None:
        """Runs of a suite under a revision."""
        for place in range(times):
            self.keep(name, revision, tallies(items, self.shape(name)[1], self.drawn(name, items)), place, **changes)

    def before(self, name: str, rate: float) -> Items:
        """A suite's items, with its runs before the patch."""
        items = self.items(name, rate)
        self.run(name, "r0", items, self.size.before)
        return items

    def pair(self, name: str, rate: float, factor: float, **changes: object) -> None:
        """A suite before, and after a patch that multiplies its rate by `factor`."""
        self.run(name, "r1", self.after(self.before(name, rate), factor), self.size.after, **changes)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world with its truth.

    Attributes:
        draw: draws one world of it.
        suites: what was measured.
        accusing_is_false: whether to say that the fall stayed on the test, or was made by measuring, is wrong.
        clearing_is_false: whether `generalises` is wrong.
        rising_is_false: whether `worse` is wrong.
        revisions: in the order of history; one that comes back is a revert.
        read: the place of the patch whose verdict counts; None counts the worst of all.
        only: the sizes it is drawn at, by name; all of them where empty.
    """

    name: str
    draw: Callable[[Lab], None]
    suites: tuple[Suite, ...]
    accusing_is_false: bool
    clearing_is_false: bool
    rising_is_false: bool = True
    revisions: tuple[str, ...] = ("r0", "r1")
    read: int | None = -1
    only: tuple[str, ...] = ()
