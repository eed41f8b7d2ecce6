"""Ten patches of a tenth each, beside the one patch that they come to: found by the end of the window?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.model.run import Run
from auditor.model.spec import History, Revision, SpecCommit, SpecFile
from auditor.model.suite import Registry
from auditor.model.verdict import STAYED_VERDICTS
from benchmarks.verdicts.cells import Share
from benchmarks.verdicts.draws import START, Size
from benchmarks.verdicts.histories import POLICY, generator
from benchmarks.verdicts.lab import Lab
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import PAIR, STEPS, sliced

WORDS = f"""\
A fall of 93 % that stays on the test, in {STEPS} weekly patches of equal size, every state evaluated; and the same
fall in one patch between the same two states, evaluated alike. *Patches*: some patch is `test-only`. *Windows*:
some window (quarter, release, last ten) is. By the end of its window salami is to be found as often as the one
patch, within ten points. Last: the same steps carrying over whole, so that a window accused is accused falsely."""
SIZES = (
    Size("300 x 1", (300, 1), (300, 1), 0.3),
    Size("500 x 1", (500, 1), (500, 1), 0.3),
    Size("50 x 10, rho 0.3", (50, 10), (50, 10), 0.3),
)
WITHIN = 0.1
Accused = tuple[bool, bool]


def section(part: Part) -> Section:
    """Each size."""
    worlds = max(20, part.worlds // 5)
    kinds = ((STEPS, 0.0), (1, 0.0), (STEPS, 1.0))
    grid = [(size, *kind) for size in SIZES for kind in kinds]
    found = iter(part.each(accused, *zip(*grid, strict=True), [worlds] * len(grid)))
    rows, failing = [], []
    for size in SIZES:
        sliced_up, at_once, genuine = (_shares(next(found)) for _ in kinds)
        rows.append((size.name, *(str(share) for share in (*sliced_up, at_once[0], *genuine))))
        if sliced_up[1].high < at_once[0].low - WITHIN:
            failing.append(f"salami at {size.name}: windows find {sliced_up[1]} %, the one patch {at_once[0]} %")
    head = ("size", "patches", "windows", "one patch", "genuine: patches", "genuine: windows")
    return Section("Salami", WORDS, (Table(f"Accused, {STEPS} steps and one", head, tuple(rows)),), tuple(failing))


def _shares(worlds: Sequence[Accused]) -> tuple[Share, Share]:
    return Share(sum(by for by, _ in worlds), len(worlds)), Share(sum(within for _, within in worlds), len(worlds))


def accused(size: Size, steps: int, share: float, worlds: int) -> list[Accused]:
    """Whether some patch, and whether some window is, of so many worlds; each a history of its own."""
    sources = generator("salami", size.name, steps, share), generator("salami", size.name, steps, share, "luck")
    draw = partial(sliced, steps=steps, share=share)
    history, registry = straight(steps), Registry({suite.name: suite for suite in PAIR})
    return [_judged(history, _runs(Lab(*sources, size), draw), registry) for _ in range(worlds)]


def _runs(lab: Lab, draw: partial[None]) -> list[Run]:
    draw(lab)
    return lab.runs


def _judged(history: History, runs: Sequence[Run], registry: Registry) -> Accused:
    assessment = assess(assemble_evidence(history, runs, registry), POLICY)
    by_patch = any(patch.verdict in STAYED_VERDICTS for patch in assessment.patches)
    return by_patch, any(window.facts.verdict in STAYED_VERDICTS for window in assessment.periods)


def straight(steps: int) -> History:
    """One revision a week, r0 and on, all in one quarter."""
    names = [f"r{place}" for place in range(steps + 1)]
    parents = [(), *((name,) for name in names[:-1])]
    spec_commits = [
        SpecCommit(name, name, parent, None, START + timedelta(days=7 * place), "", None)
        for place, (name, parent) in enumerate(zip(names, parents, strict=True))
    ]
    return History("spec", {name: Revision(name, (SpecFile("spec.md", name),)) for name in names}, tuple(spec_commits))
