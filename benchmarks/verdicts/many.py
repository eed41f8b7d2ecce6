"""Patches measured on 1, 5 and 20 behaviours: the error is the patch's."""

from __future__ import annotations

from functools import partial

from auditor.model.verdict import Verdict
from benchmarks.verdicts.cells import PROMISED, PROMISED_LIMIT, Share, cell
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.lab import Lab, Scenario, suite
from benchmarks.verdicts.parts import Part, Section, Table

WORDS = """\
Each behaviour has a test and a held-out suite of its own, 500 items each, two runs before. At the threshold every
behaviour's transfer is exactly one half (test 20 % to 1 %); without effect nothing moves. Per cent of patches with
any such verdict; at most 5 %. One at a time, five behaviours at the threshold would be accused in up to 23 %."""
BEHAVIOURS = (1, 5, 20)
SIZE = Size("500 x 1", (500, 1), (500, 1), 0.3)


def section(part: Part) -> Section:
    """Both worlds, at each number of behaviours."""
    grid = [(world, number) for world in ("threshold", "no effect") for number in BEHAVIOURS]
    worlds = [max(40, part.worlds if number < 20 else part.worlds // 2) for _, number in grid]
    found = part.each(_shares, *zip(*grid, strict=True), worlds)
    rows, failing = [], []
    for (world, number), (accused, worse) in zip(grid, found, strict=True):
        rows.append((world, str(number), str(accused), str(worse)))
        for name, share in (("accused", accused), ("called worse", worse)):
            if share.value > PROMISED and share.high > PROMISED_LIMIT:
                failing.append(f"{number} behaviours, {world}: falsely {name} in {share} %")
    table = Table("Any behaviour of the patch", ("world", "behaviours", "test-only", "worse"), tuple(rows))
    return Section("Patch-level error", WORDS, (table,), tuple(failing))


def _shares(world: str, number: int, worlds: int) -> tuple[Share, Share]:
    found = cell(scenario(world, number), SIZE, worlds)
    return found.accusations, found.share(Verdict.WORSE)


def scenario(world: str, number: int) -> Scenario:
    """So many behaviours in one patch."""
    suites = tuple(
        suite(f"{kind} {place}", behaviour=f"behaviour {place}")
        for place in range(number)
        for kind in ("test", "held-out")
    )
    return Scenario(
        f"{world} {number}", partial(_draw, number=number, fall=0.95 * (world == "threshold")), suites, True, True
    )


def _draw(lab: Lab, number: int, fall: float) -> None:
    for place in range(number):
        lab.pair(f"test {place}", 0.2, 1.0 - fall)
        lab.pair(f"held-out {place}", 0.2, 1.0 - 0.5 * fall)
