"""Runs of one state that lie apart: a judge's or a sampler's day, which no number of items makes smaller."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from auditor.model.verdict import STAYED_VERDICTS, Verdict
from benchmarks.verdicts.cells import PROMISED, PROMISED_LIMIT, Cell, Share, cell, drawn_enough
from benchmarks.verdicts.draws import Size
from benchmarks.verdicts.lab import HELD_OUT, TEST, Lab, Scenario
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import BASE, OTHER_BASE, PAIR, transferring

WORDS = """\
The log-odds of every run are shifted by a draw of its own, of this standard deviation; at a rate of 20 % a standard
deviation of 0.3 is 4.8 points. 500 items a suite, two runs before and one after, or as said; *past* are earlier states
of which each was run twice. Per cent of worlds; promised is at most 5 % of what would be wrong to say ("error") where
ten states or more show how far runs lie apart. With one or two replicates nobody knows it well, and without any
nobody knows it at all: these rows are shown, and not promised."""
APART = (0.0, 0.15, 0.3, 0.5)
PAST = (0, 3, 10)
SIZE = Size("500 x 1", (500, 1), (500, 1), 0.3)


def with_past(lab: Lab, states: int, fall: float, share: float, base: float, other: float) -> None:
    """So many earlier states, each run twice, then a patch whose fall carries over by `share`."""
    for place in range(states):
        for name, rate in ((TEST, base), (HELD_OUT, other)):
            lab.run(name, f"p{place}", lab.items(name, rate), 2)
    transferring(lab, share, fall=fall, base=base, other=other)


WORLDS: tuple[tuple[str, dict[str, Any], bool, bool], ...] = (
    ("no effect", {"fall": 0.0, "share": 0.0, "base": 0.2, "other": 0.2}, True, True),
    ("transfer one half", {"fall": 0.8, "share": 0.5, "base": 0.3, "other": 0.3}, True, True),
    ("genuine fix", {"fall": 0.93, "share": 1.0, "base": BASE, "other": OTHER_BASE}, True, False),
    ("fitted to the test", {"fall": 0.93, "share": 0.0, "base": BASE, "other": OTHER_BASE}, False, True),
)
RUNS = {"two before, one after": (2, 1), "three a side": (3, 3), "one a side, nobody can know": (1, 1)}


def section(part: Part) -> Section:
    """Every world, at each distance of runs, for several pasts and numbers of runs."""
    grid = [
        (world, runs, past, apart)
        for world in range(len(WORLDS))
        for runs in RUNS
        for past in (PAST if RUNS[runs] == (2, 1) else PAST[:1])
        for apart in APART
    ]
    cells = part.each(_cell, *zip(*grid, strict=True), [max(40, part.worlds // 4)] * len(grid))
    rows, failing = [], []
    for (world, runs, past, value), found in zip(grid, cells, strict=True):
        name, _, accusing, clearing = WORLDS[world]
        marked = [
            (found.share(*STAYED_VERDICTS), accusing, "accused"),
            (found.share(Verdict.WORSE), True, "called worse"),
            (found.share(Verdict.GENERALISES), clearing, "cleared"),
        ]
        setting = f"{value:g} apart, {runs}, {past} past"
        rows.append((name, runs, str(past), f"{value:g}", *(_marked(share, false) for share, false, _ in marked)))
        failing += [
            f"{name}, {setting}: falsely {subject} in {share} %"
            for share, false, subject in marked
            if past >= PAST[-1] and false and share.value > PROMISED and share.high > PROMISED_LIMIT
        ]
    head = ("world", "runs", "past", "apart", "test-only", "worse", "generalises")
    return Section("Runs apart", WORDS, (Table("What auditor says", head, tuple(rows)),), tuple(failing))


def _marked(share: Share, false: bool) -> str:
    return f"{share} (error)" if false else str(share)


def _cell(world: int, runs: str, past: int, value: float, worlds: int) -> Cell:
    name, numbers, accusing, clearing = WORLDS[world]
    before, after = RUNS[runs]
    size = replace(SIZE, name=f"{SIZE.name}, {runs}, {past}, {value:g}", before=before, after=after, apart=value)
    revisions = (*(f"p{place}" for place in range(past)), "r0", "r1")
    draw = drawn_enough if past >= PAST[-1] else cell
    scenario = Scenario(name, partial(with_past, states=past, **numbers), PAIR, accusing, clearing, revisions=revisions)
    return draw(scenario, size, worlds)
