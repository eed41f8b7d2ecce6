"""Every scenario at every size: accused, cleared, undecided; beside what today's practices say of the same runs."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model.verdict import Verdict
from benchmarks.verdicts.cells import Cell, Share, broken, drawn_enough
from benchmarks.verdicts.lab import Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.practices import PRACTICES
from benchmarks.verdicts.scenarios import SCENARIOS, SIZES

WORDS = """\
Per cent of worlds, with exact limits of the simulation, 5 % left out at each end. *Accused* is `test-only`, or
`artefact` with hiding suspected; *cleared* is `generalises`; *open* is `inconclusive` or `unmeasured`. "(error)"
marks what would be wrong to say in this world. Sizes are items x epochs a run, for test and held-out each; rho is the
items' intraclass correlation; two runs before the patch unless said. A cell with an error near 5 % is drawn five times
as often, and one that then seems to break the promise 25 times, all draws counted: of three hundred cells some look
broken by chance."""


def section(part: Part) -> Section:
    """All scenarios."""
    grid = [(scenario, size) for scenario in SCENARIOS for size in SIZES]
    worlds = [many(scenario, part.worlds) for scenario, _ in grid]
    cells = part.each(drawn_enough, *zip(*grid, strict=True), worlds)
    together = [(scenario, cell) for (scenario, _), cell in zip(grid, cells, strict=True)]
    failing = [
        f"{scenario.name} at {cell.size}: {subject}"
        for scenario, cell in together
        for subject in broken(scenario, cell)
    ]
    return Section("Scenarios", WORDS, (_verdicts(together), _practices(together)), tuple(failing))


def many(scenario: Scenario, worlds: int) -> int:
    """Long histories are drawn less often."""
    return worlds if len(scenario.revisions) < 5 else max(20, worlds // 5)


def _verdicts(found: Sequence[tuple[Scenario, Cell]]) -> Table:
    head = ("world", "size", "accused", "artefact", "worse", "partial", "cleared", "unchanged", "open", "cause open")
    rows = []
    for scenario, cell in found:
        figures = [
            _marked(cell.accusations, scenario.accusing_is_false),
            str(cell.share(Verdict.ARTEFACT)),
            _marked(cell.share(Verdict.WORSE), scenario.rising_is_false),
            str(cell.share(Verdict.PARTIAL)),
            _marked(cell.clearances, scenario.clearing_is_false),
            str(cell.share(Verdict.UNCHANGED)),
            str(cell.share(Verdict.INCONCLUSIVE, Verdict.UNMEASURED)),
            f"{100 * cell.unresolved / cell.worlds:.0f}",
        ]
        rows.append((scenario.name, cell.size, *figures))
    return Table("What auditor says", head, tuple(rows))


def _marked(share: Share, false: bool) -> str:
    return f"{share} (error)" if false else str(share)


def _practices(found: Sequence[tuple[Scenario, Cell]]) -> Table:
    """Accused / cleared, in per cent, one column a method."""
    rows = []
    for scenario, cell in found:
        own = f"{100 * cell.accusations.value:.0f} / {100 * cell.clearances.value:.0f}"
        others = [
            " / ".join(f"{100 * cell.practices[name, literal] / cell.worlds:.0f}" for literal in ("accused", "cleared"))
            for name in PRACTICES
        ]
        rows.append((scenario.name, cell.size, _false(scenario), own, *others))
    head = ("world", "size", "false here", "auditor", *PRACTICES)
    return Table("Beside today's practices on the same runs: accused / cleared", head, tuple(rows))


def _false(scenario: Scenario) -> str:
    named = (("accusing", scenario.accusing_is_false), ("clearing", scenario.clearing_is_false))
    return " and ".join(name for name, false in named if false)
