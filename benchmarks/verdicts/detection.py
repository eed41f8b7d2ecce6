"""A fall that stayed on the test: how often it is found, by held-out size; beside an exact test and practices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.verdicts.cells import Share, is_accused
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.exact import power
from benchmarks.verdicts.histories import judged
from benchmarks.verdicts.lab import Lab, Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.pictures import Curve, Picture, lines
from benchmarks.verdicts.practices import PRACTICES, Reports, p_of_difference, p_of_fall, reports
from benchmarks.verdicts.scenarios import PAIR

HELD_OUT = (100, 200, 300, 500, 1000)
TEST_BASE, BASE, TEST_ITEMS = 0.13, 0.10, 500
BOUND = "exact test, test fall known"
HERE, POINTS = "here, not there", "difference of differences"
WORDS = f"""\
Test 13 % to 0 % on {TEST_ITEMS} samples, held-out at 10 % before and after; independent samples, one run a side.
The exact test is told that the test fall is whole, which auditor has to find out: it bounds what can be asked. Then
today's practices, as they are used, and held to the false accusations that auditor makes at a transfer of exactly
one half on the same sizes: a practice's figure at equal error. Per cent, with exact limits of the simulation."""


@dataclass(frozen=True, slots=True)
class Found:
    """One world as auditor and as a dashboard see it."""

    accused: bool
    numbers: Reports


def transferring(lab: Lab, share: float, fall: float = 1.0, base: float = TEST_BASE, other: float = BASE) -> None:
    """Held-out falls by `share` of what the test falls by."""
    lab.pair("test", base, 1.0 - fall)
    lab.pair("held-out", other, 1.0 - share * fall)


def at(share: float, samples: int) -> tuple[Scenario, Size]:
    """The world of this part, and its size."""
    scenario = Scenario(f"transfer {share:g}", partial(transferring, share=share), PAIR, share >= 0.5, share <= 0.5)
    return scenario, Size(f"{samples} held-out", (TEST_ITEMS, 1), (samples, 1), 0.0, before=1)


def drawn(share: float, samples: int, worlds: int) -> list[Found]:
    """So many worlds."""
    return [Found(is_accused(one), reports(one.runs, "r0", "r1")) for one in judged(*at(share, samples), worlds)]


def section(part: Part) -> Section:
    """Detection by held-out size."""
    worlds = 2 * part.worlds
    grid = [(share, samples) for samples in HELD_OUT for share in (0.0, 0.5)]
    every = dict(zip(grid, part.each(drawn, *zip(*grid, strict=True), [worlds] * len(grid)), strict=True))
    exact = part.each(power, HELD_OUT, [BASE] * len(HELD_OUT))
    found, false = [], []
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in ("auditor", BOUND, HERE, POINTS)}
    failing: list[str] = []
    for samples, bound in zip(HELD_OUT, exact, strict=True):
        stayed, half = every[0.0, samples], every[0.5, samples]
        own, wrong = (Share(sum(one.accused for one in founds), worlds) for founds in (stayed, half))
        equal = [_at_equal_error(stayed, half, rule, wrong) for rule in (_here, _points)]
        used = [_accused(stayed, name) for name in (HERE, POINTS)]
        found.append((str(samples), str(own), f"{100 * bound:.1f}", *(str(share) for share in (*equal, *used))))
        false.append((str(samples), str(wrong), *(str(_accused(half, name)) for name in (HERE, POINTS))))
        for curve, value in zip(curves.values(), (own.value, bound, *(share.value for share in equal)), strict=True):
            curve.append((float(samples), value))
        failing += _short(samples, own, bound, max(equal, key=lambda share: share.value))
    head = ("held-out samples", "auditor", "exact bound", *(f"{n}, equal error" for n in (HERE, POINTS)), HERE, POINTS)
    tables = (
        Table("Found: `test-only` at a transfer of 0", head, tuple(found)),
        Table("False: the same at a transfer of one half", ("held-out samples", "auditor", HERE, POINTS), tuple(false)),
    )
    return Section("Detection", WORDS, tables, tuple(failing), (("detection.svg", _picture(curves)),))


def _accused(worlds: Sequence[Found], practice: str) -> Share:
    return Share(sum(PRACTICES[practice](world.numbers) == "accused" for world in worlds), len(worlds))


def _here(one: Reports) -> float:
    """The larger, the less significant held-out is, where the test is significant."""
    return p_of_fall(one.held_before, one.held_after) if p_of_fall(one.test_before, one.test_after) <= 0.05 else -1.0


def _points(one: Reports) -> float:
    return -p_of_difference(one) if p_of_fall(one.test_before, one.test_after) <= 0.05 else -2.0


def _at_equal_error(
    stayed: Sequence[Found], half: Sequence[Found], rule: Callable[[Reports], float], false: Share
) -> Share:
    """How often a practice accuses, its threshold set so that it accuses falsely as often as auditor does."""
    wrong = np.sort([rule(one.numbers) for one in half])
    threshold = wrong[len(wrong) - 1 - false.count] if false.count < len(wrong) else -np.inf
    return Share(sum(rule(one.numbers) > threshold for one in stayed), len(stayed))


def _short(samples: int, own: Share, value: float, best: Share) -> list[str]:
    goals = {500: 0.93, 300: 0.84}
    lines = []
    if own.high < goals.get(samples, 0.0):
        lines.append(f"detection at {samples} held-out samples: {own} %, the goal is {100 * goals[samples]:.0f} %")
    if own.high < value - 0.03:
        lines.append(f"detection at {samples} held-out samples: {own} %, the exact bound is {100 * value:.1f} %")
    if own.high < best.low:
        lines.append(f"detection at {samples} held-out samples: {own} %, a practice at equal error {best} %")
    return lines


def _picture(curves: dict[str, list[tuple[float, float]]]) -> str:
    drawn_curves = tuple(
        Curve(name if name == "auditor" or "exact" in name else f"{name}, equal error", tuple(points))
        for name, points in curves.items()
    )
    return lines(
        Picture(
            "A fall that stayed on the test is found",
            "held-out samples before and after (test 13 % to 0 % on 500, held-out 10 % unchanged)",
            "found, %",
            (0.0, 1000.0),
            (0, 100, 200, 300, 500, 1000),
        ),
        drawn_curves,
    )
