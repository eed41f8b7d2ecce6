"""The stream of accusations: one p-value a patch, in the order of landing; a decision stands whatever comes later."""

from __future__ import annotations

import pytest

from auditor.assess.facts import Assessment
from auditor.assess.judge import assess
from auditor.assess.online_fdr import StreamEntry, decide_stream
from auditor.evidence import assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.suite import Registry, Role, Suite
from auditor.model.verdict import Verdict as V
from benchmarks.stream.fdr import stream
from tests.worlds import assessed, assessment, counts, graph, history, only, registry, run, runs_of, tallies


def test_an_accused_patch_says_whether_it_holds_and_no_other_does() -> None:
    accused = only(assessment("80/400 -> 0/400", "82/400 -> 80/400"))
    assert (accused.verdict, accused.survives_fdr) == (V.TEST_ONLY, True)
    facts = only(assessment("80/400 -> 0/320", "82/400 -> 80/400"))
    assert (facts.verdict, facts.survives_fdr) == (V.ARTEFACT, True)
    for held_out in ("82/400 -> 2/400", "2/10 -> 2/10"):
        assert only(assessment("80/400 -> 0/400", held_out)).survives_fdr is None


def test_a_patch_that_was_not_evaluated_has_no_place() -> None:
    found = assessed([], registry())
    assert [patch.place for patch in found.patches] == [None]


def test_the_p_value_is_the_smallest_times_how_many_there_are() -> None:
    online_decisions = decide_stream(
        [StreamEntry("a", "a", (0.5, 0.001, 0.2)), StreamEntry("b", "b", ()), StreamEntry("c", "c", (0.9, 0.8))], 0.1
    )
    assert {name: place.p_value for name, place in online_decisions.items()} == {"a": 0.003, "b": 1.0, "c": 1.0}
    assert [place.number for place in online_decisions.values()] == [1, 2, 3]


def test_patches_that_share_every_step_enter_once() -> None:
    runs = [*runs_of("test-0", "80/400 -> 0/400", after="r2"), *runs_of("held-1", "82/400 -> 80/400", after="r2")]
    found = assessed(runs, registry(), history(["r0", "r1", "r2"]))
    assert {patch.place.number for patch in found.patches if patch.place} == {1}


def at(revision: str, test: int, held_out: int) -> list[Run]:
    sides = (("test-0", test), ("held-1", held_out))
    return [run(suite, revision, tallies(counts(f"{bad}/400")), place=n) for suite, bad in sides for n in range(2)]


STATES = {"r0": (80, 80), "r1": (30, 78), "r2": (28, 76), "r3": (0, 76), "r4": (2, 10)}


def placed(found: Assessment) -> dict[str, object]:
    return {patch.patch.after.name: patch.place for patch in found.patches}


def test_what_lands_later_moves_nothing_before_it() -> None:
    """A branch that forked first and is merged last comes last, and changes no place, level or decision."""
    early = {"a": ("r0", ()), "b": ("r1", ("a",)), "c": ("r3", ("b",))}
    late = {**early, "x": ("r2", ("a",)), "m": ("r4", ("c", "x"))}
    later = {"a": late["a"], "x": late["x"], **{name: late[name] for name in ("b", "c", "m")}}
    runs = [one for revision, bad in STATES.items() for one in at(revision, *bad)]
    before, after, other_order = (
        placed(assess(assemble_evidence(graph(known), runs, registry()), Policy())) for known in (early, late, later)
    )
    assert {name: after[name] for name in before} == before
    assert after == other_order


def test_windows_are_a_stream_of_quarters() -> None:
    runs = [one for n in range(11) for one in at(f"r{n}", 60 - 5 * n, 60)]
    (window,) = assessed(runs, registry(), history([f"r{n}" for n in range(11)])).periods
    assert (window.facts.verdict, window.facts.survives_fdr) == (V.TEST_ONLY, True)
    assert len(window.facts.accusations) == 2


def test_other_behaviours_of_a_patch_cost_it() -> None:
    """Twenty behaviours that did not move: the one that did is asked for twenty times and more."""
    named = {f"t{n}": Suite(f"t{n}", f"b{n}", Role.TEST) for n in range(20)}
    runs = [*runs_of("test-0", "80/400 -> 0/400"), *runs_of("held-1", "82/400 -> 80/400")]
    still = [one for name in named for one in runs_of(name, "40/400 -> 40/400")]
    alone = assessed(runs, registry())
    several = assessed([*runs, *still], Registry({**registry().suites, **named}))
    (patch,), (many,) = alone.patches, several.patches
    assert patch.place and many.place
    assert many.place.p_value == pytest.approx(patch.place.p_value * 11)


@pytest.mark.parametrize("border", [0.1, 1.0])
def test_of_five_hundred_patches_few_discoveries_are_false(border: float) -> None:
    """10 % hide; of the others a tenth, or all, lie at the very threshold. benchmarks/stream has many streams."""
    told = stream(1, 500, (500, 500), sets=1, border=border)
    assert told.false_share() <= 0.1
    assert told.power(told.survives) >= 0.2
