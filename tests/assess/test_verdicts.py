"""Each row of the verdict table end to end, from counts: a world in which it is given, and one just outside."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from auditor.assess.facts import Missing
from auditor.model.verdict import Verdict as V
from tests.worlds import assessed, assessment, judged, only, registry, runs_of


@dataclass(frozen=True)
class World:
    test: str
    held_out: tuple[str, ...]
    verdict: V
    missing: Missing = Missing.NOTHING


NOT_MOVED = ("82/400 -> 80/400",)

WORLDS = {
    "measurement: the failing items were dropped": World("80/400 -> 0/320", NOT_MOVED, V.MEASUREMENT),
    "measurement, near miss: ten of eighty were": World("80/400 -> 0/390", NOT_MOVED, V.TEST_ONLY),
    "measurement: misaligned samples became invalid": World("80/400 -> 0/320+80", NOT_MOVED, V.MEASUREMENT),
    "measurement, near miss: five of eighty did": World("80/400 -> 0/395+5", ("820/4000 -> 810/4000",), V.TEST_ONLY),
    "worse: the test rate rose": World("20/400 -> 80/400", NOT_MOVED, V.WORSE),
    "worse, near miss: by one sample": World("20/400 -> 21/400", NOT_MOVED, V.INCONCLUSIVE, Missing.TEST),
    "worse: held-out rose and test did not fall": World("80/400 -> 80/400", ("20/400 -> 80/400",), V.WORSE),
    "worse, near miss: test fell too": World("80/400 -> 0/400", ("20/400 -> 80/400",), V.TEST_ONLY),
    "worse, near miss: held-out rose by one": World(
        "80/400 -> 80/400", ("20/400 -> 21/400",), V.INCONCLUSIVE, Missing.TEST
    ),
    "no fall: shown to be small": World("800/2000 -> 800/2000", NOT_MOVED, V.NO_FALL),
    "no fall: established, and under the margin": World("8000/20000 -> 7400/20000", NOT_MOVED, V.NO_FALL),
    "no fall, near miss: over the margin": World(
        "8000/20000 -> 6000/20000", ("8000/20000 -> 8000/20000",), V.TEST_ONLY
    ),
    "no fall, near miss: not shown": World("80/400 -> 80/400", NOT_MOVED, V.INCONCLUSIVE, Missing.TEST),
    "unmeasured: no held-out suite": World("80/400 -> 0/400", (), V.UNMEASURED),
    "unmeasured: held-out run on one side": World("80/400 -> 0/400", ("82/400 -> -",), V.UNMEASURED),
    "unmeasured, near miss: one of two suites run": World("80/400 -> 0/400", ("82/400 -> -", *NOT_MOVED), V.TEST_ONLY),
    "unmeasured, near miss: no fall to ask about": World("80/400 -> 75/400", (), V.INCONCLUSIVE, Missing.TEST),
    "test-only: under the threshold, no held-out fall": World("80/400 -> 0/400", NOT_MOVED, V.TEST_ONLY),
    "test-only, near miss: a tenth of the samples": World(
        "80/400 -> 0/400", ("8/40 -> 8/40",), V.INCONCLUSIVE, Missing.HELD_OUT
    ),
    "test-only: under the margin though held-out fell": World(
        "2000/10000 -> 0/10000", ("2000/10000 -> 1800/10000",), V.TEST_ONLY
    ),
    "test-only, near miss: a quarter carries over": World(
        "2000/10000 -> 0/10000", ("2000/10000 -> 1500/10000",), V.PARTIAL
    ),
    "scale, accusing: same shift in odds, far bases": World(
        "1300/10000 -> 350/10000", ("9900/10000 -> 9600/10000",), V.INCONCLUSIVE, Missing.SCALE
    ),
    "scale, near miss: no shift at all": World("1300/10000 -> 350/10000", ("9900/10000 -> 9900/10000",), V.TEST_ONLY),
    "partial: half carries over": World("80/400 -> 0/400", ("160/800 -> 80/800",), V.PARTIAL),
    "partial, near miss: too few to tell half from all": World(
        "80/400 -> 0/400", ("6/30 -> 3/30",), V.INCONCLUSIVE, Missing.HELD_OUT
    ),
    "partial, near miss: nearly all of it": World("80/400 -> 0/400", ("160/800 -> 4/800",), V.GENERALISES),
    "generalises: all of it": World("80/400 -> 0/400", ("82/400 -> 2/400",), V.GENERALISES),
    "generalises, near miss: six of thirty to one": World(
        "80/400 -> 0/400", ("6/30 -> 1/30",), V.INCONCLUSIVE, Missing.HELD_OUT
    ),
    "scale, clearing: same fall, far odds": World(
        "9000/10000 -> 5500/10000", ("2000/20000 -> 1226/20000",), V.INCONCLUSIVE, Missing.SCALE
    ),
    "scale, near miss: same bases": World("9000/10000 -> 5500/10000", ("9000/10000 -> 5500/10000",), V.GENERALISES),
    "inconclusive: nothing could fall on the test": World("0/400 -> 0/400", NOT_MOVED, V.INCONCLUSIVE, Missing.FLOOR),
    "inconclusive: nothing could fall on held-out": World(
        "80/400 -> 0/400", ("0/300 -> 0/300",), V.INCONCLUSIVE, Missing.ZERO
    ),
    "inconclusive: it depends on the invalid ones": World(
        "80/400 -> 0/400", ("80/400 -> 2/340+60",), V.INCONCLUSIVE, Missing.INVALID
    ),
    "inconclusive: it depends on held-out items not run after": World(
        "80/400 -> 0/400", ("82/400 -> 2/340",), V.INCONCLUSIVE, Missing.GONE
    ),
    "held-out items not run after, near miss: four": World("80/400 -> 0/400", ("82/400 -> 2/396",), V.GENERALISES),
    "held-out items not run after clear nobody, and do not keep from accusing": World(
        "80/400 -> 0/400", ("82/400 -> 60/340",), V.TEST_ONLY
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_gets_its_verdict(name: str) -> None:
    world = WORLDS[name]
    found = judged(world.test, *world.held_out)
    assert (found.verdict, found.missing) == (world.verdict, world.missing)


def test_a_patch_without_a_test_run_after_lies_in_no_step() -> None:
    (patch,) = assessment("80/400 -> -", *NOT_MOVED).patches
    assert (patch.verdict, patch.behaviours, patch.outside) == (V.UNMEASURED, (), (("lying", "m1"),))


def test_a_test_side_that_cannot_be_compared_is_unmeasured_and_the_same_scorer_is_not() -> None:
    runs = [*runs_of("test-0", "80/400 -> 0/400"), *runs_of("held-1", *NOT_MOVED)]
    swapped = [replace(one, scorer="judge-2") if one.record == "test-0-r1-m1-0" else one for one in runs]
    found = only(assessed(swapped, registry()))
    assert found.verdict is V.UNMEASURED
    assert found.test is None
    assert "test-0 scorer changed from judge-1 to judge-2" in found.reason
    assert only(assessed(runs, registry())).verdict is V.TEST_ONLY


def test_every_verdict_and_all_but_three_lacks_are_among_them() -> None:
    """Those take other runs than these worlds have: here, in test_looks.py and in test_replicated.py."""
    assert {world.verdict for world in WORLDS.values()} == set(V)
    assert {world.missing for world in WORLDS.values()} == set(Missing) - {Missing.TRIGGER, Missing.LOOKS, Missing.RUNS}


@pytest.mark.parametrize("name", WORLDS)
def test_the_sentence_is_one_sentence_and_no_zero_goes_without_its_limit(name: str) -> None:
    found = judged(WORLDS[name].test, *WORLDS[name].held_out)
    assert found.reason.endswith(found.conclusion)
    assert not found.reason.endswith(".")
    assert "\n" not in found.reason
    for counts in re.findall(r"(?<!\d)0\.0 % \(([^)]*)\)", found.reason):
        assert ", at most " in counts
