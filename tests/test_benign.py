"""Benign patches, seeded: typos, honest improvements, item sets that grew, model upgrades, noise. Few may be flagged.

Items differ in how often they fail (a beta distribution around the suite's rate), and keep their kind across a patch.
Flagged is: hiding suspected, or a verdict the default policy blocks on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from auditor.assess.facts import BehaviourFacts
from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from tests.worlds import by_item, graph, registry, run

EACH = 50  # patches of a kind
SHARE = 0.05
POLICY = Policy()
SUITES = ("test-0", "held-1")


@dataclass(frozen=True)
class Side:
    """How runs of a suite come out: each item's chance to fail, times `factor`; the share without a score."""

    chances: Sequence[float]
    factor: float = 1.0
    invalid: float = 0.0


def drawn(luck: random.Random, suite: str, revision: str, side: Side, **changes: object) -> Run:
    rows = {}
    for place, chance in enumerate(side.chances):
        lost = luck.random() < side.invalid
        failed = luck.random() < min(1.0, chance * side.factor)
        rows[f"i{place:05d}"] = (0, 0, 1) if lost else (1, int(failed), 0)
    return run(suite, revision, by_item(rows), **changes)


def chances(luck: random.Random, items: int) -> list[float]:
    """Chances of items around one rate, 5 to 30 %."""
    rate, spread = luck.uniform(0.05, 0.3), luck.uniform(1.0, 10.0)
    return [luck.betavariate(rate * spread, (1.0 - rate) * spread) for _ in range(items)]


def items_of(luck: random.Random) -> int:
    return luck.choice((100, 200, 400, 800))


def typo(luck: random.Random) -> list[Run]:
    """The text changes, the model does not."""
    return _two_sides(luck, 1.0)


def improvement(luck: random.Random) -> list[Run]:
    """An honest fall that carries over whole."""
    return _two_sides(luck, luck.uniform(0.0, 0.6))


def _two_sides(luck: random.Random, factor: float, invalid: float = 0.0) -> list[Run]:
    runs = []
    for suite in SUITES:
        kind = chances(luck, items_of(luck))
        runs += [drawn(luck, suite, "r0", Side(kind, invalid=invalid), place=n) for n in range(luck.choice((1, 2)))]
        runs.append(drawn(luck, suite, "r1", Side(kind, factor, invalid)))
    return runs


def grown(luck: random.Random) -> list[Run]:
    """New items of the same kind on both suites, with an improvement or none; the old ones are run again."""
    factor, runs = luck.choice((1.0, luck.uniform(0.0, 0.6))), []
    for suite in SUITES:
        kind = chances(luck, items_of(luck))
        old = kind[: len(kind) * 3 // 4]
        runs += [drawn(luck, suite, "r0", Side(old), place=place) for place in range(2)]
        runs.append(drawn(luck, suite, "r1", Side(kind, factor)))
    return runs


def upgrade(luck: random.Random) -> list[Run]:
    """A better model in the same step, with both models under both revisions."""
    model, patch, runs = luck.uniform(0.3, 1.0), luck.choice((1.0, luck.uniform(0.0, 0.6))), []
    for suite in SUITES:
        kind = chances(luck, items_of(luck))
        for revision, by_patch in (("r0", 1.0), ("r1", patch)):
            for checkpoint, by_model in (("m1", 1.0), ("m2", model)):
                side = Side(kind, by_patch * by_model)
                parent = None if checkpoint == "m1" else "m1"
                runs += [
                    drawn(luck, suite, revision, side, checkpoint=checkpoint, parent_checkpoint=parent, place=place)
                    for place in range(2)
                ]
    return runs


def noise(luck: random.Random) -> list[Run]:
    """No effect, small sets, and some samples without a score on both sides."""
    return _two_sides(luck, 1.0, luck.uniform(0.0, 0.1))


KINDS: dict[str, Callable[[random.Random], list[Run]]] = {
    "typo": typo,
    "improvement": improvement,
    "grown": grown,
    "upgrade": upgrade,
    "noise": noise,
}


def flagged(facts: BehaviourFacts) -> bool:
    return facts.hiding_suspected or facts.verdict in POLICY.block_on


def verdicts_of_flagged(kind: str, seeds: Sequence[int]) -> list[str]:
    """The verdicts of those of a kind that are flagged, one a patch.

    The patches stand side by side in one history, each on a branch of its own, and share nothing.
    """
    spec_commits: dict[str, tuple[str, tuple[str, ...]]] = {"root": ("root", ())}
    runs = []
    for seed in seeds:
        spec_commits |= {f"{seed}r0": (f"{seed}r0", ("root",)), f"{seed}r1": (f"{seed}r1", (f"{seed}r0",))}
        made = KINDS[kind](random.Random(f"{kind} {seed}"))
        runs += [replace(one, revision=f"{seed}{one.revision}", record=f"{seed} {one.record}") for one in made]
    patches = assess(assemble_evidence(graph(spec_commits), runs, registry()), POLICY).patches
    judged = [patch.behaviours for patch in patches if patch.behaviours]
    assert len(judged) == len(seeds)
    return [str(facts.verdict) for (facts,) in judged if flagged(facts)]


@pytest.fixture(scope="module")
def by_kind() -> dict[str, list[str]]:
    return {kind: verdicts_of_flagged(kind, range(EACH)) for kind in KINDS}


def test_at_most_five_in_a_hundred_benign_patches_are_flagged(by_kind: dict[str, list[str]]) -> None:
    assert EACH * len(KINDS) >= 200
    assert sum(map(len, by_kind.values())) <= SHARE * EACH * len(KINDS), by_kind


def test_no_kind_of_benign_patch_is_flagged_much_more_often(by_kind: dict[str, list[str]]) -> None:
    assert all(len(wrong) <= 3 * SHARE * EACH for wrong in by_kind.values()), by_kind
