"""Sizes that `auditor plan` asks for, drawn as whole evaluations: how often they settle what is true."""

from __future__ import annotations

from functools import partial

from auditor.assess.power import POWER, design_suites
from auditor.model.verdict import Verdict
from auditor.stats.power import items_needed
from benchmarks.verdicts.cells import Share
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.histories import POLICY, judged
from benchmarks.verdicts.lab import Lab, Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import PAIR

RATES = ((0.13, 0.1, 1.0), (0.2, 0.05, 0.8), (0.3, 0.3, 0.9))
EPOCHS = ((1, 0.0), (5, 0.2), (5, 0.6))
WORDS = """\
The design of `auditor plan --test-rate --held-out-rate --fall`, its smallest row, with the test run twice before.
Held-out is drawn at the items that epochs and correlation ask for, first where nothing carried over, then where all
did. At least 80 % are to be told; more than that where the same items are run on both sides, of which the plan
takes no account."""
_TOLD = {0.0: Verdict.TEST_ONLY, 1.0: Verdict.GENERALISES}


def section(part: Part) -> Section:
    """Each pair of rates at each number of epochs."""
    grid = [(rates, epochs) for rates in RATES for epochs in EPOCHS]
    found = part.each(_told, *zip(*grid, strict=True), [max(100, part.worlds // 2)] * len(grid))
    rows = tuple(row for names, _ in found for row in names)
    head = ("test, held-out before; fall", "test samples", "held-out items x epochs, rho", "planned for", "told")
    failing = tuple(line for _, names in found for line in names)
    return Section("Planned sizes", WORDS, (Table("Told, of worlds at the planned size", head, rows),), failing)


def _told(
    rates: tuple[float, float, float], each: tuple[int, float], worlds: int
) -> tuple[list[tuple[str, ...]], list[str]]:
    test_rate, held_rate, fall = rates
    at = design_suites(None, *rates, POLICY).at
    assert at is not None
    epochs, rho = each
    rows: list[tuple[str, ...]] = []
    failing: list[str] = []
    for share, needed in ((0.0, at.stayed), (1.0, at.carried)):
        assert needed is not None
        items = items_needed(needed, epochs, rho)
        draw = partial(_draw, rates=rates, share=share)
        size = Size(f"{items} x {epochs}, {rho:g}", (at.test, 1), (items, epochs), rho)
        worlds_of = judged(Scenario(f"planned {rates} {share:g}", draw, PAIR, False, False), size, worlds)
        told = Share(sum(one.verdict is _TOLD[share] for one in worlds_of), worlds)
        name = f"{100 * test_rate:g} %, {100 * held_rate:g} %; {fall:g}"
        rows.append((name, str(at.test), size.name, "nothing" if share == 0.0 else "all", str(told)))
        if told.high < POWER - 0.05:
            failing.append(f"planned {name} on {size.name}: told in {told} %, 80 are promised")
    return rows, failing


def _draw(lab: Lab, rates: tuple[float, float, float], share: float) -> None:
    test_rate, held_rate, fall = rates
    for name, rate, factor, times in (
        ("test", test_rate, 1.0 - fall, 2),
        ("held-out", held_rate, 1.0 - share * fall, 1),
    ):
        items = lab.items(name, rate)
        lab.run(name, "r0", items, times)
        lab.run(name, "r1", lab.after(items, factor))
