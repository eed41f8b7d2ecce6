"""Worlds drawn at random from all dimensions at once: how many suites, what of the fall each followed, base rates,
sizes, families of items, epochs, runs, chosen runs, a judge that errs. No error may be above 5 % in any of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from auditor.model.run import ItemDetails
from auditor.model.suite import JudgeErrorRule, Suite
from auditor.model.verdict import STAYED_VERDICTS, Verdict
from benchmarks.verdicts.cells import PROMISED, Share, binomial_tail
from benchmarks.verdicts.draws import Items, Size, counts, items_of, moved, tallies
from benchmarks.verdicts.histories import generator, judged
from benchmarks.verdicts.lab import HELD_OUT, TEST, Lab, Scenario, suite
from benchmarks.verdicts.parts import Part, Section, Table

CELLS = 300
WORDS = """\
Each cell is a kind of world drawn at random: 1 to 5 held-out suites that follow by 0 to 1 of the test fall (95, 50 or
0 %), bases of 2 to 40 %, 50 to 400 items of 1 to 5 epochs, single or in families of 4 or 10, intraclass correlations
of 0 to 0.6, 1 to 3 runs before and 1 or 2 after, the first before the worst of 1 or of 5, a judge that errs and
whose errors are declared as 200 labelled samples show them. An accusation is wrong where every suite followed by one
half or more, a clearance where some suite followed by one half or less, `worse` always. A cell breaks the promise
where its errors are more than 5 % at a level of 5 % over the number of cells. Runs of one state do not differ here:
that is the part "runs apart"."""
LABELLED = 200


@dataclass(frozen=True, slots=True)
class SuiteKind:
    """One suite of a cell.

    Attributes:
        share: of the test fall that it follows by; 1 for the test itself.
        family: items that share one chance to fail.
    """

    name: str
    base: float
    share: float
    items: int
    epochs: int
    family: int
    rho: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """A kind of world.

    Attributes:
        fall: of the test rate, 0 to 1.
        worst_of: of how many draws the first run before is the one with most failures.
        errors: the judge's false-positive and false-negative rates.
    """

    number: int
    fall: float
    suites: tuple[SuiteKind, ...]
    before: int
    after: int
    worst_of: int
    errors: tuple[float, float]

    @property
    def accusing_is_false(self) -> bool:
        """Whether every suite followed by one half or more, or the test did not fall."""
        return self.fall == 0.0 or all(kind.share >= 0.5 for kind in self.suites)

    @property
    def clearing_is_false(self) -> bool:
        """Whether some suite followed by one half or less, or the test did not fall."""
        return self.fall == 0.0 or any(kind.share <= 0.5 for kind in self.suites)

    def describe(self) -> str:
        """In a few words."""
        test, *held_out = self.suites
        shares = ", ".join(f"{kind.share:g} ({_describe_kind(kind)})" for kind in held_out)
        judge = f"; judge {self.errors[0]:g} and {self.errors[1]:g}" if any(self.errors) else ""
        runs = f"{self.before}/{self.after} runs, worst of {self.worst_of}"
        return f"{self.number}: fall {self.fall:g} ({_describe_kind(test)}); {shares}; {runs}{judge}"


def _describe_kind(kind: SuiteKind) -> str:
    family = f" in families of {kind.family}" if kind.family > 1 else ""
    return f"{100 * kind.base:.0f} %, {kind.items} x {kind.epochs}{family}, rho {kind.rho:g}"


def draw_mixture(number: int) -> Mixture:
    """The kind of world of a number, the same always."""
    rng = generator("mixture", number)

    def kind(name: str, share: float) -> SuiteKind:
        base = float(np.exp(rng.uniform(np.log(0.02), np.log(0.4))))
        items, epochs = int(rng.choice([50, 100, 200, 400])), int(rng.choice([1, 1, 3, 5]))
        return SuiteKind(
            name, base, share, items, epochs, int(rng.choice([1, 1, 4, 10])), float(rng.choice([0.0, 0.2, 0.6]))
        )

    threshold = rng.random() < 0.5
    shares = [0.5 if threshold else float(rng.choice([0.0, 0.25, 0.5, 0.75, 1.0])) for _ in range(rng.integers(1, 6))]
    suites = (kind(TEST, 1.0), *(kind(f"{HELD_OUT} {place}", share) for place, share in enumerate(shares)))
    errors = (0.05, 0.1) if rng.random() < 0.25 else (0.0, 0.0)
    runs = int(rng.choice([1, 2, 2, 3])), int(rng.choice([1, 1, 2]))
    return Mixture(number, float(rng.choice([0.95, 0.95, 0.5, 0.0])), suites, *runs, int(rng.choice([1, 5])), errors)


def draw_world(lab: Lab, mixture: Mixture) -> None:
    """The runs of one world."""
    for kind in mixture.suites:
        items = _families(lab.kinds, kind)
        factor = 1.0 - kind.share * mixture.fall
        after = Items(items.names, _repeat(moved(lab.kinds, _heads(items, kind), factor), kind).chances)
        details = _clusters(items, kind)
        for revision, chances, runs in (("r0", items, mixture.before), ("r1", after, mixture.after)):
            reported = replace(chances, chances=_report(chances.chances, mixture.errors))
            for place in range(runs):
                tries = mixture.worst_of if revision == "r0" and place == 0 else 1
                drawn = max((counts(lab.luck, reported, kind.epochs) for _ in range(tries)), key=np.sum)
                lab.keep(kind.name, revision, tallies(items, kind.epochs, drawn), place, details=details)


def _report(chances: np.ndarray, errors: tuple[float, float]) -> np.ndarray:
    reported: np.ndarray = errors[0] + (1.0 - errors[0] - errors[1]) * chances
    return reported


def _families(rng: np.random.Generator, kind: SuiteKind) -> Items:
    heads = items_of(rng, max(2, kind.items // kind.family), kind.base, kind.rho)
    return _repeat(heads, kind)


def _repeat(heads: Items, kind: SuiteKind) -> Items:
    chances = np.repeat(heads.chances, kind.family)
    return Items(tuple(f"i{place:05d}" for place in range(chances.size)), chances)


def _heads(items: Items, kind: SuiteKind) -> Items:
    return Items(items.names[:: kind.family], items.chances[:: kind.family])


def _clusters(items: Items, kind: SuiteKind) -> ItemDetails | None:
    if kind.family == 1:
        return None
    return ItemDetails(clusters=tuple(f"family {place // kind.family}" for place in range(len(items.names))))


def registered_suites(mixture: Mixture, luck: np.random.Generator) -> tuple[Suite, ...]:
    """The suites, with the judge's errors as labelled samples show them."""
    rules: tuple[JudgeErrorRule, ...] = ()
    if any(mixture.errors):
        positive, negative = (float(luck.binomial(LABELLED, rate)) / LABELLED for rate in mixture.errors)
        rules = (JudgeErrorRule(positive, LABELLED, negative, LABELLED),)
    return tuple(replace(suite(kind.name), judge_errors=rules) for kind in mixture.suites)


@dataclass(frozen=True, slots=True)
class Errors:
    """What was wrong to say in a cell, and how often it was said, of how many worlds."""

    mixture: Mixture
    worlds: int
    wrong: Counter[str]
    decided: int

    def p_value(self, what: str) -> float:
        """How probable so many errors are where each world has one with 5 %."""
        return binomial_tail(self.wrong[what], self.worlds, PROMISED)


def mixture_errors(number: int, worlds: int) -> Errors:
    """Draws and judges one cell; the labels of each batch of worlds are drawn anew."""
    mixture = draw_mixture(number)
    wrong, decided, size = Counter[str](), 0, Size("", (0, 0), (0, 0), 0.0)
    batch = 10 if any(mixture.errors) else worlds
    for part in range(0, worlds, batch):
        suites = registered_suites(mixture, generator("labels", number, part))
        scenario = Scenario(f"mixture {number}", partial(draw_world, mixture=mixture), suites, False, False)
        for world in judged(scenario, size, min(batch, worlds - part), part=part):
            wrong["accused"] += mixture.accusing_is_false and world.verdict in STAYED_VERDICTS
            wrong["cleared"] += mixture.clearing_is_false and world.verdict is Verdict.GENERALISES
            wrong["worse"] += world.verdict is Verdict.WORSE
            decided += world.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED)
    return Errors(mixture, worlds, wrong, decided)


def section(part: Part) -> Section:
    """Every cell; those whose errors look like more than promised are drawn with ten times as many worlds."""
    worlds = max(20, part.worlds // 3)
    cells = part.each(mixture_errors, range(CELLS), [worlds] * CELLS)
    near = [place for place, one in enumerate(cells) if any(one.p_value(what) < 0.05 for what in one.wrong)]
    for place, again in zip(near, part.each(mixture_errors, near, [10 * worlds] * len(near)), strict=True):
        cells[place] = again
    rows, failing = [], []
    for what in ("accused", "cleared", "worse"):
        able = [one for one in cells if _is_false(one.mixture, what)]
        total = Share(sum(one.wrong[what] for one in able), sum(one.worlds for one in able))
        worst = max(able, key=lambda one: (one.wrong[what] / one.worlds, -one.mixture.number))
        rows.append(
            (what, str(len(able)), str(total), str(Share(worst.wrong[what], worst.worlds)), worst.mixture.describe())
        )
        failing += [
            f"mixture falsely {what} in {Share(one.wrong[what], one.worlds)} %: {one.mixture.describe()}"
            for one in able
            if one.p_value(what) < PROMISED / CELLS
        ]
    head = ("falsely", "cells", "on average", "worst cell", "which is")
    return Section("Random mixtures", WORDS, (Table("Errors, in per cent", head, tuple(rows)),), tuple(failing))


def _is_false(mixture: Mixture, what: str) -> bool:
    return {"accused": mixture.accusing_is_false, "cleared": mixture.clearing_is_false}.get(what, True)
