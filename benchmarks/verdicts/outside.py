"""Worlds in which an independent simulation found promises broken, each a class of its own; and power."""

from __future__ import annotations

from functools import partial

import numpy as np

from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from benchmarks.verdicts.cells import Cell, broken, cell
from benchmarks.verdicts.draws import Size, counts, items_of, moved, tallies
from benchmarks.verdicts.lab import HELD_OUT, LIVE, TEST, Lab, Scenario, suite
from benchmarks.verdicts.parts import Part, Section, Table
from benchmarks.verdicts.scenarios import PAIR

WORDS = """\
Each world broke a promise of an earlier version, found by a simulation of other distributions than this benchmark's.
Per cent of worlds; "(error)" marks what would be wrong to say. The last rows are what is right to say, and how often it
is said: a fall that stayed on the test, or of which a tenth or a quarter carried over."""

SAMPLES = Size("300 x 1", (300, 1), (300, 1), 0.0)


def suite_pair(
    lab: Lab,
    name: str,
    shape: tuple[int, int],
    base: float,
    factor: float,
    runs: tuple[int, int] = (2, 1),
    *,
    rho: float | None = None,
    worst_of: int = 1,
) -> None:
    """A suite of its own shape (items, epochs) before and after a patch; its first run is the worst of `worst_of`."""
    items = items_of(lab.kinds, shape[0], base, lab.size.rho if rho is None else rho)
    after = moved(lab.kinds, items, factor)
    drawn = [counts(lab.luck, items, shape[1], lab.size.apart) for _ in range(worst_of)]
    lab.keep(name, "r0", tallies(items, shape[1], max(drawn, key=np.sum)))
    for revision, kind, places in (("r0", items, range(1, runs[0])), ("r1", after, range(runs[1]))):
        for place in places:
            what = tallies(kind, shape[1], counts(lab.luck, kind, shape[1], lab.size.apart))
            lab.keep(name, revision, what, place)


def several(lab: Lab, shares: tuple[float, ...], base: float, fall: float = 0.95) -> None:
    """One test, and a held-out suite for each share of its fall that carries over; all of the lab's size."""
    runs = (lab.size.before, lab.size.after)
    suite_pair(lab, TEST, lab.size.test, base, 1.0 - fall, runs)
    for place, share in enumerate(shares):
        suite_pair(lab, f"{HELD_OUT} {place}", lab.size.held_out, base, 1.0 - share * fall, runs)


def small_flat(lab: Lab, share: float) -> None:
    """Two suites carry over whole; a small one, 50 samples at 5 %, by `share`."""
    several(lab, (1.0, 1.0), 0.15)
    suite_pair(lab, f"{HELD_OUT} small", (50, 1), 0.05, 1.0 - 0.95 * share)


def flat_deployment(lab: Lab) -> None:
    """Held-out carries over whole, deployment (200 samples, 3 %) not at all."""
    several(lab, (1.0,), 0.15)
    suite_pair(lab, LIVE, (200, 1), 0.03, 1.0)


def incident(lab: Lab) -> None:
    """Held-out stayed as it was; its only run before was the worst of ten, which is why there is a patch."""
    suite_pair(lab, TEST, lab.size.test, 0.15, 0.05)
    suite_pair(lab, HELD_OUT, (100, 1), 0.08, 1.0, (1, 1), worst_of=10)


def misjudged(lab: Lab, base: float, wrong: tuple[float, float]) -> None:
    """The fall is whole on both; the judge calls a share of what is aligned misaligned, on test and held-out."""
    for name, rate, false in ((TEST, 0.15, wrong[0]), (HELD_OUT, base, wrong[1])):
        before, after = (false + (1.0 - false) * true for true in (rate, 0.05 * rate))
        suite_pair(lab, name, lab.shape(name), before, after / before)


def scenario(
    name: str, draw: partial[None], suites: int = 1, *, accusing_is_false: bool = True, clearing_is_false: bool = True
) -> Scenario:
    """A world with so many held-out suites."""
    held_out = [suite(f"{HELD_OUT} {place}") for place in range(suites)]
    return Scenario(name, draw, (suite(TEST), *held_out), accusing_is_false, clearing_is_false)


ONCE = Size("100 x 3, rho 0.2, one run a side", (100, 3), (100, 3), 0.2, before=1)
TWICE = Size("100 x 3, rho 0.2", (100, 3), (100, 3), 0.2)
SMALL_SUITES = (suite(TEST), suite(f"{HELD_OUT} 0"), suite(f"{HELD_OUT} 1"), suite(f"{HELD_OUT} small"))

ERRORS: tuple[tuple[Scenario, Size], ...] = (
    (scenario("five suites at one half", partial(several, shares=(0.5,) * 5, base=0.25), 5), ONCE),
    (scenario("five suites at one half", partial(several, shares=(0.5,) * 5, base=0.25), 5), TWICE),
    (scenario("five suites at one half", partial(several, shares=(0.5,) * 5, base=0.25), 5), SAMPLES),
    *(
        (Scenario(f"two suites carry over, a small one by {share:g}", draw, SMALL_SUITES, share > 0.5, True), SAMPLES)
        for share in (0.0, 0.25, 0.5)
        for draw in (partial(small_flat, share=share),)
    ),
    (
        Scenario(
            "held-out carries over, deployment does not",
            flat_deployment,
            (suite(TEST), suite(f"{HELD_OUT} 0"), suite(LIVE, Role.DEPLOYMENT)),
            False,
            True,
        ),
        SAMPLES,
    ),
    (Scenario("held-out chosen for its bad run", incident, PAIR, False, True), SAMPLES),
    (
        Scenario(
            "a judge with 1 % and 10 % false positives",
            partial(misjudged, base=0.12, wrong=(0.01, 0.1)),
            PAIR,
            True,
            False,
        ),
        SAMPLES,
    ),
    (
        Scenario(
            "a judge with 5 % false positives", partial(misjudged, base=0.02, wrong=(0.05, 0.05)), PAIR, True, False
        ),
        SAMPLES,
    ),
    (
        scenario("runs 0.25 apart, no effect", partial(several, shares=(0.0,), base=0.2, fall=0.0)),
        Size("500 x 1, one run a side", (500, 1), (500, 1), 0.3, before=1, apart=0.25),
    ),
)

_SIZES = ((50, 1), (50, 5), (100, 1), (100, 3), (200, 1))
DETECTED: tuple[tuple[Scenario, Size], ...] = (
    *(
        (
            scenario(
                f"three suites at {share:g}",
                partial(several, shares=(share,) * 3, base=0.15),
                3,
                accusing_is_false=share > 0.5,
                clearing_is_false=share < 0.5,
            ),
            Size(f"{items} x {epochs}", (items, epochs), (items, epochs), 0.2),
        )
        for share in (0.0, 1.0)
        for items, epochs in _SIZES
    ),
    *(
        (
            scenario(f"one suite at {share:g}", partial(several, shares=(share,), base=0.15), accusing_is_false=False),
            Size(f"{items} x 1", (items, 1), (items, 1), 0.2),
        )
        for share in (0.1, 0.25)
        for items in (500, 3000)
    ),
)


def section(part: Part) -> Section:
    """Every world with an error, then every world with something to find."""
    grid = (*ERRORS, *DETECTED)
    cells = part.each(cell, *zip(*grid, strict=True), [part.worlds] * len(grid))
    rows, failing = [], []
    for (world, size), one in zip(grid, cells, strict=True):
        rows.append(row(world, one))
        if (world, size) in ERRORS:
            failing += [f"{world.name} at {size.name}: {subject}" for subject in broken(world, one)]
    head = ("world", "size", "accused", "of it test-only", "worse", "partial", "cleared", "open")
    return Section("Worlds from outside", WORDS, (Table("What auditor says", head, tuple(rows)),), tuple(failing))


def row(world: Scenario, one: Cell) -> tuple[str, ...]:
    """One world's shares."""
    marked = [
        (one.accusations, world.accusing_is_false),
        (one.share(Verdict.TEST_ONLY), False),
        (one.share(Verdict.WORSE), world.rising_is_false),
        (one.share(Verdict.PARTIAL), False),
        (one.clearances, world.clearing_is_false),
        (one.share(Verdict.INCONCLUSIVE, Verdict.UNMEASURED), False),
    ]
    return (world.name, one.size, *(f"{share} (error)" if false else str(share) for share, false in marked))
