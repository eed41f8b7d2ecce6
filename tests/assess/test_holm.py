"""A patch measured on twenty suites is not accused, or called worse, more often than one measured on one.

Simulated through `assess`, many patches in one evidence graph: each with its own behaviour, suites and root sighting.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditor.assess.assessment import assess
from auditor.evidence import assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.suite import Registry, Role, Suite
from auditor.model.verdict import Verdict
from tests.worlds import graph, run, without_items

# Twenty suites at 5 % each, uncorrected, would accuse 64 % of patches: twenty are enough to see that.
PATCHES = {1: 80, 20: 20}


def allowed(suites: int) -> float:
    """Three standard errors of a share of 5 % above the limits' own error at the border (6.2 % at worst)."""
    return 0.062 + 3 * math.sqrt(0.05 * 0.95 / PATCHES[suites])


def simulated(
    suites: int, test: tuple[float, float], held_out: tuple[float, float], sizes: tuple[int, int], seed: int
) -> list[Verdict]:
    """Verdicts of patches with these true rates (before, after), and samples a side of test and held-out."""
    dice = np.random.default_rng(seed)
    registry: dict[str, Suite] = {}
    runs: list[Run] = []
    sightings: dict[str, tuple[str, tuple[str, ...]]] = {}
    for patch in range(PATCHES[suites]):
        before, after = f"r{patch:03d}a", f"r{patch:03d}b"
        sightings |= {before: (before, ()), after: (after, (before,))}
        for place in range(suites + 1):
            rates, size = (held_out, sizes[1]) if place else (test, sizes[0])
            suite = Suite(f"s{patch}-{place}", f"b{patch:03d}", Role.HELD_OUT if place else Role.TEST)
            registry[suite.name] = suite
            for number, (revision, rate) in enumerate(((before, rates[0]), (before, rates[0]), (after, rates[1]))):
                tally = without_items(int(dice.binomial(size, rate)), size, 1.0)
                runs.append(run(suite.name, revision, tally, place=number))
    assessment = assess(assemble_evidence(graph(sightings), runs, Registry(registry)), Policy())
    return [next(one.verdict for one in patch.behaviours if one.step is not None) for patch in assessment.patches]


@pytest.mark.parametrize("suites", [1, 20])
def test_at_the_threshold_few_are_accused(suites: int) -> None:
    """Half of the fall carries over to each suite: the border of what may be accused."""
    verdicts = simulated(suites, (0.2, 0.0), (0.4, 0.2), (400, 20), seed=1)
    assert verdicts.count(Verdict.TEST_ONLY) / len(verdicts) <= allowed(suites)


def test_without_a_change_few_are_called_worse() -> None:
    suites = 20
    verdicts = simulated(suites, (0.2, 0.2), (0.2, 0.2), (200, 200), seed=2)
    assert verdicts.count(Verdict.WORSE) / len(verdicts) <= allowed(suites)
    assert verdicts.count(Verdict.TEST_ONLY) / len(verdicts) <= allowed(suites)
    assert verdicts.count(Verdict.MEASUREMENT) == 0


def test_with_one_suite_that_did_not_move_among_twenty_the_patch_is_still_accused() -> None:
    """Holm costs power, not all of it."""
    verdicts = simulated(20, (0.2, 0.0), (0.2, 0.2), (800, 600), seed=3)
    assert verdicts.count(Verdict.TEST_ONLY) / len(verdicts) > 0.9
