"""Whether printed intervals hold the truth as often as they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from auditor.assess.facts import BehaviourFacts
from benchmarks.verdicts.cells import Share
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.histories import judged
from benchmarks.verdicts.lab import Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import PAIR, transferring

WORDS = """\
Intervals as printed: 5 % left out at each end, 90 % inside. The truth of a rate is that of the items' whole
population, of which the suite is a sample. *Below* and *above* are truths outside that end; an open end holds
everything. The goal is 88 to 92; over it is the price of few samples near zero, of invalid samples read three ways,
and of items that are the same on both sides. One exception (docs/explanation/methods.md): a rate of 5 % on fifty
items that answer alike is made by a few of them, and which ones is chance; there 80 is promised."""
SIZES = (
    Size("100 x 1", (100, 1), (100, 1), 0.0),
    Size("300 x 1", (300, 1), (300, 1), 0.3),
    Size("1000 x 1", (1000, 1), (1000, 1), 0.0, before=1),
    Size("50 x 10, rho 0.3", (50, 10), (50, 10), 0.3),
    Size("50 x 10, rho 0.6", (50, 10), (50, 10), 0.6),
    Size("200 x 5, rho 0.6", (200, 5), (200, 5), 0.6, before=1),
)
WORLDS = ((0.05, 0.8, 0.5), (0.15, 0.93, 0.0), (0.15, 0.93, 1.0), (0.4, 0.6, 0.5))  # base, test fall, transfer
NOMINAL, WITHIN = 0.9, 0.02
FEW_ITEMS = {("50 x 10, rho 0.6", 0.05): 0.8, ("50 x 10, rho 0.3", 0.05): 0.8}
_Where = tuple[str, str]


def section(part: Part) -> Section:
    """Each interval at each size, and over all."""
    grid = [(size, world) for size in SIZES for world in WORLDS]
    counts = part.each(_counted, *zip(*grid, strict=True), [part.worlds] * len(grid))
    kinds = ("rate before", "rate after", "fall", "transfer")
    rows, failing = [], []
    for kind in kinds:
        for size in SIZES:
            for world in WORLDS:
                where = counts[grid.index((size, world))]
                row, inside = _row(kind, size, world, where)
                rows.append(row)
                if inside.high < FEW_ITEMS.get((size.name, world[0]), NOMINAL - WITHIN):
                    failing.append(f"coverage of {kind} at {row[1]}, {row[2]}: {inside} %, 90 is said")
    head = ("interval", "size", "base, test fall, transfer", "inside", "below", "above")
    return Section("Coverage", WORDS, (Table("Printed intervals", head, tuple(rows)),), tuple(failing))


def _row(
    kind: str, size: Size, world: tuple[float, float, float], counts: Counter[_Where]
) -> tuple[tuple[str, ...], Share]:
    total = sum(count for (name, _), count in counts.items() if name == kind)
    inside, below, above = (Share(counts[kind, where], total) for where in ("inside", "below", "above"))
    base, fall, transfer = world
    outside = (f"{100 * below.value:.1f}", f"{100 * above.value:.1f}")
    return (kind, size.name, f"{100 * base:g} %, {fall:g}, {transfer:g}", str(inside), *outside), inside


def _counted(size: Size, world: tuple[float, float, float], worlds: int) -> Counter[_Where]:
    base, fall, share = world
    draw = partial(transferring, share=share, fall=fall, base=base, other=base)
    counts: Counter[_Where] = Counter()
    for one in judged(Scenario(f"coverage {world}", draw, PAIR, True, True), size, worlds):
        (facts,) = one.facts
        counts.update((kind, _where(*limits, truth)) for kind, limits, truth in _printed(facts, base, fall, share))
    return counts


def _printed(
    facts: BehaviourFacts, base: float, fall: float, share: float
) -> Iterator[tuple[str, tuple[float | None, float | None], float]]:
    """(kind, limits, truth) of everything printed."""
    for change, fell in ((facts.test, fall), (facts.held_out, share * fall)):
        assert change is not None
        yield "rate before", (change.before.low, change.before.high), base
        yield "rate after", (change.after.low, change.after.high), base * (1.0 - fell)
        if change.fall is not None:
            yield "fall", (change.fall.low, change.fall.high), fell
    for suite in facts.suites:
        if suite.transfer is not None:
            yield "transfer", (suite.transfer.low, suite.transfer.high), share


def _where(low: float | None, high: float | None, truth: float) -> str:
    if low is not None and truth < low:
        return "below"
    return "above" if high is not None and truth > high else "inside"
