"""How many patches are decided at sizes that teams can pay for: three held-out suites, two runs before, one after."""

from __future__ import annotations

from functools import partial

from auditor.model.verdict import Verdict
from benchmarks.verdicts.cells import Cell, Share, cell
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.lab import Scenario
from benchmarks.verdicts.outside import scenario, several
from benchmarks.verdicts.parts import Part, Section, Table

BASES = (0.02, 0.05, 0.1, 0.2, 0.4)
# By size, the share of patches at transfer 0 that is to be decided, over all bases.
AIMS = {(50, 1): None, (50, 5): 0.65, (100, 1): 0.55, (100, 3): 0.9, (200, 1): 0.85}
SHARES = (0.0, 0.5, 1.0)
WORDS = """\
Three held-out suites, all with the same share of the test fall (95 %) carried over, two runs before and one after,
items of an intraclass correlation of 0.2; the test and every suite have the size that the row names. Accused, and for
a share of 1 cleared, in per cent of the worlds of all bases (2, 5, 10, 20 and 40 %); a share of one half is the
threshold, where each of both is an error. The last column of a row at 0 is what is aimed at."""


def worlds_of(share: float, base: float) -> Scenario:
    """Three suites of which `share` of the fall carried over, at one base rate."""
    return scenario(
        f"three suites at {share:g}, base {100 * base:g} %",
        partial(several, shares=(share,) * 3, base=base),
        3,
        accusing_is_false=share >= 0.5,
        clearing_is_false=share <= 0.5,
    )


def section(part: Part) -> Section:
    """Every size at every share, all bases together."""
    grid = [(share, shape, base) for share in SHARES for shape in AIMS for base in BASES]
    sizes = {shape: Size(f"{shape[0]} x {shape[1]}", shape, shape, 0.2) for shape in AIMS}
    worlds = [worlds_of(share, base) for share, _, base in grid]
    cells = part.each(cell, worlds, [sizes[shape] for _, shape, _ in grid], [max(20, part.worlds // 2)] * len(grid))
    by_row: dict[tuple[float, tuple[int, int]], list[Cell]] = {}
    for (share, shape, _), drawn in zip(grid, cells, strict=True):
        by_row.setdefault((share, shape), []).append(drawn)
    rows = tuple(_row(share, shape, drawn) for (share, shape), drawn in by_row.items())
    head = ("carried over", "size", "accused", "cleared", "accused by base", "aim")
    return Section("Decided", WORDS, (Table("Three suites, in per cent", head, rows),), ())


def _row(share: float, shape: tuple[int, int], cells: list[Cell]) -> tuple[str, ...]:
    worlds = sum(one.worlds for one in cells)
    accused = Share(sum(one.accused for one in cells), worlds)
    cleared = Share(sum(one.said[Verdict.GENERALISES] for one in cells), worlds)
    by_base = " ".join(f"{100 * one.accusations.value:.0f}" for one in cells)
    aim = AIMS[shape] if share == 0.0 else None
    return (
        f"{share:g}",
        f"{shape[0]} x {shape[1]}",
        str(accused),
        str(cleared),
        by_base,
        f"{100 * aim:g}" if aim else "",
    )
