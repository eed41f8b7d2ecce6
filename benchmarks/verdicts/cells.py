"""One scenario at one size: how often each thing is said of it, with limits, and whether that holds the promise."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from auditor.model.verdict import STAYED_VERDICTS, Cause, Verdict
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.histories import Judged, judged
from benchmarks.verdicts.lab import Scenario
from benchmarks.verdicts.practices import PRACTICES, reports

PROMISED, PROMISED_LIMIT = 0.05, 0.06
NEAR = (0.045, 0.065)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, with exact limits (Clopper and Pearson 1934), 5 % left out at each end."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """0 to 1."""
        return self.count / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """Lower limit."""
        return _at(lambda p: 1.0 - _binomial_cdf(self.count - 1, self.of, p), 0.05) if self.count else 0.0

    @property
    def high(self) -> float:
        """Upper limit."""
        return _at(lambda p: 1.0 - _binomial_cdf(self.count, self.of, p), 0.95) if self.count < self.of else 1.0

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def _at(rising: Callable[[float], float], value: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return 0.5 * (low + high)


def _binomial_cdf(k: int, n: int, p: float) -> float:
    if p <= 0.0:
        return 1.0
    if p >= 1.0:
        return float(k >= n)
    logs = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
        for i in range(k + 1)
    ]
    return math.fsum(math.exp(log) for log in logs)


def binomial_tail(count: int, of: int, rate: float) -> float:
    """How probable `count` or more of `of` are at a rate."""
    return max(0.0, 1.0 - _binomial_cdf(count - 1, of, rate)) if count else 1.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A scenario at a size.

    Attributes:
        said: worlds by verdict.
        suspected: worlds in which hiding is suspected.
        accused: worlds called test-only or mostly-test, or whose fall was made by measuring and is suspected to hide.
        unresolved: worlds whose cause is left open.
        practices: worlds by (practice, what it says).
    """

    scenario: str
    size: str
    worlds: int
    said: Counter[str]
    suspected: int
    accused: int
    unresolved: int
    practices: Counter[tuple[str, str]]

    def share(self, *verdicts: Verdict) -> Share:
        """Of worlds with one of these verdicts."""
        return Share(sum(self.said[verdict] for verdict in verdicts), self.worlds)

    def with_more(self, other: Cell) -> Cell:
        """This cell and another of the same kind."""
        return Cell(
            self.scenario,
            self.size,
            self.worlds + other.worlds,
            self.said + other.said,
            self.suspected + other.suspected,
            self.accused + other.accused,
            self.unresolved + other.unresolved,
            self.practices + other.practices,
        )

    @property
    def accusations(self) -> Share:
        """Of worlds that are accused."""
        return Share(self.accused, self.worlds)

    @property
    def clearances(self) -> Share:
        """Of worlds that are cleared."""
        return self.share(Verdict.GENERALISES)


def cell(scenario: Scenario, size: Size, worlds: int, part: int = 0) -> Cell:
    """Draws and judges so many worlds."""
    counts: Counter[str] = Counter()
    practised: Counter[tuple[str, str]] = Counter()
    suspected = accused = unresolved = 0
    before, after = (scenario.revisions[0], scenario.revisions[-1]) if scenario.read is None else _around(scenario)
    for one in judged(scenario, size, worlds, part=part):
        counts[one.verdict] += 1
        suspected += one.suspected
        accused += is_accused(one)
        unresolved += any(fact.cause is Cause.UNRESOLVED for fact in one.facts)
        numbers = reports(one.runs, before, after)
        practised.update((name, practice(numbers)) for name, practice in PRACTICES.items())
    return Cell(scenario.name, size.name, worlds, counts, suspected, accused, unresolved, practised)


def _around(scenario: Scenario) -> tuple[str, str]:
    evaluated = [revision for revision in scenario.revisions if revision != "u"]
    return evaluated[-2], evaluated[-1]


def is_accused(one: Judged) -> bool:
    """Whether a world is accused: its fall stayed on the test, or was made by measuring and hides something."""
    return any(
        fact.verdict in STAYED_VERDICTS or (fact.verdict is Verdict.ARTEFACT and fact.hiding_suspected)
        for fact in one.facts
    )


def errors(scenario: Scenario, found: Cell) -> list[tuple[str, Share]]:
    """What would be wrong to say in this world, and how often it was said."""
    said = (
        ("accused", scenario.accusing_is_false, found.accusations),
        ("cleared", scenario.clearing_is_false, found.clearances),
        ("called worse", scenario.rising_is_false, found.share(Verdict.WORSE)),
    )
    return [(name, share) for name, false, share in said if false]


def broken(scenario: Scenario, found: Cell) -> list[str]:
    """The promises that a cell breaks: at most 5 %, with an upper limit of at most 6 %."""
    return [
        f"falsely {name} in {share} %"
        for name, share in errors(scenario, found)
        if share.value > PROMISED and share.high > PROMISED_LIMIT
    ]


def drawn_enough(scenario: Scenario, size: Size, worlds: int) -> Cell:
    """A cell with so many worlds; five times as many near a promise's limit, and 25 times where it seems broken."""
    found = cell(scenario, size, worlds)
    near = [
        share for _, share in errors(scenario, found) if share.count and share.high > NEAR[0] and share.low < NEAR[1]
    ]
    found = found.with_more(cell(scenario, size, 4 * worlds, part=1)) if near else found
    return found.with_more(cell(scenario, size, 20 * worlds, part=3)) if broken(scenario, found) else found
