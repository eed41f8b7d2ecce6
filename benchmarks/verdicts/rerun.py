"""A/A: the same items, states and patch, evaluated a second time with other luck. How often does the verdict flip?"""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model.verdict import STAYED_VERDICTS, Verdict
from benchmarks.verdicts.cells import Share
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.histories import judged
from benchmarks.verdicts.lab import Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import SCENARIOS, SIZES

WORDS = """\
Identical evaluations run again with other luck, over every scenario. *Other decided*: of verdicts decided both times,
those that are another one the second time; at most 5 % is the goal (a public gate measured 27 % on itself).
*Opposed*: of the same, those accused once and cleared once. *Undecided*: of all verdicts, those decided only once."""
OPEN = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED)
GOAL = 0.05
Pairs = list[tuple[Verdict, Verdict]]


def section(part: Part) -> Section:
    """All scenarios at every size, a tenth of the worlds each."""
    grid = [(scenario, size) for size in SIZES for scenario in SCENARIOS]
    found = part.each(twice, *zip(*grid, strict=True), [max(10, part.worlds // 10)] * len(grid))
    by_size: dict[str, Pairs] = {}
    for (_, size), pairs in zip(grid, found, strict=True):
        by_size.setdefault(size.name, []).extend(pairs)
    every = [pair for pairs in by_size.values() for pair in pairs]
    rows = [_row(name, pairs) for name, pairs in (*by_size.items(), ("all", every))]
    head = ("size", "verdicts", "decided both times", "other decided", "opposed", "undecided once")
    flipped = flips(every)[0]
    failing = (f"A/A: {flipped} % of decided verdicts flip to another",) if flipped.value > GOAL else ()
    return Section("The same evaluation again", WORDS, (Table("A/A", head, tuple(rows)),), failing)


def twice(scenario: Scenario, size: Size, worlds: int) -> Pairs:
    """The verdicts of the same worlds, evaluated twice: of each step and behaviour, as a verdict is."""
    first, second = (judged(scenario, size, worlds, part=2, again=again) for again in (0, 1))
    return [
        (before.verdict, after.verdict)
        for one, other in zip(first, second, strict=True)
        for before, after in zip(one.facts, other.facts, strict=True)
    ]


def flips(pairs: Sequence[tuple[Verdict, Verdict]]) -> tuple[Share, Share, Share]:
    """(other decided, opposed) among those decided twice; undecided once, among all."""
    decided = [pair for pair in pairs if not set(pair) & set(OPEN)]
    once = [pair for pair in pairs if (pair[0] in OPEN) is not (pair[1] in OPEN)]
    opposed = [pair for pair in decided if Verdict.GENERALISES in pair and set(pair) & {*STAYED_VERDICTS}]
    other = [pair for pair in decided if pair[0] is not pair[1]]
    return Share(len(other), len(decided)), Share(len(opposed), len(decided)), Share(len(once), len(pairs))


def _row(name: str, pairs: Pairs) -> tuple[str, ...]:
    other, opposed, once = flips(pairs)
    return (name, f"{len(pairs):,}", f"{other.of:,}", str(other), str(opposed), str(once))
