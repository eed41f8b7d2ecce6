"""What repeated runs of a state say is in the limits from then on; samples that are missing after clear nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.assess.comparable import collect_replicates
from auditor.assess.facts import BehaviourFacts, MissingEvidence
from auditor.assess.power import plan_samples
from auditor.evidence import State, Step, assemble_evidence
from auditor.model.policy import Policy
from auditor.model.run import Run, Tallies
from auditor.model.suite import Registry, Suite
from auditor.model.verdict import Verdict as V
from tests.worlds import Counts, assessed, by_item, history, only, registry, run, runs_of, scattered

FITTED = ("80/400 -> 0/400", "82/400 -> 80/400")
CARRIED = ("80/400 -> 0/400", "82/400 -> 2/400")


def unlike(suite: str, revision: str, *misaligned: int, items: int = 400) -> list[Run]:
    """Runs of one state that have so many misaligned samples each, drawn anew."""
    return [
        run(suite, revision, scattered(Counts(bad, items), 10 * place + len(suite)), place=place)
        for place, bad in enumerate(misaligned)
    ]


def step(before: str = "r0", after: str = "r1") -> Step:
    return Step("spec", "lying", "m1", State(before, "m1"), State(after, "m1"), ())


def apart(*before: int) -> list[Run]:
    """A test with these runs before and none misaligned after; held-out not moved, run once a side."""
    once = unlike("held-1", "r0", 82), unlike("held-1", "r1", 80)
    return [*unlike("test-0", "r0", *before), *unlike("test-0", "r1", 0), *once[0], *once[1]]


def test_runs_of_one_state_that_lie_apart_widen_every_limit_of_the_behaviour() -> None:
    alike, unlike_ = only(assessed(apart(80, 81), registry())), only(assessed(apart(50, 110), registry()))
    assert alike.test is not None
    assert unlike_.test is not None
    effect = unlike_.diagnostics.run_to_run
    assert effect is not None
    assert (effect.runs, effect.variance > 0.05, effect.bound) == (1, True, effect.variance)
    assert alike.diagnostics.run_to_run is not None
    assert alike.diagnostics.run_to_run.variance == 0.0
    assert unlike_.test.before.size < alike.test.before.size / 3
    sizes = [facts.suites[0].change.before.size for facts in (alike, unlike_)]
    assert sizes[1] < sizes[0] / 3, "held-out was run once, and shares what is known of runs"
    assert (alike.verdict, unlike_.verdict) == (V.TEST_ONLY, V.INCONCLUSIVE)


def test_runs_that_lie_too_far_apart_for_any_number_of_samples_ask_for_more_runs() -> None:
    """Held-out runs of 40 and of 124 in 400: some sixteen points apart."""
    runs = [*unlike("test-0", "r0", 78, 82), *unlike("test-0", "r1", 0)]
    runs += [*unlike("held-1", "r0", 40, 124), *unlike("held-1", "r1", 80)]
    facts = only(assessed(runs, registry()))
    (suite,) = facts.suites
    assert (facts.verdict, facts.missing, suite.needed) == (V.INCONCLUSIVE, MissingEvidence.RUNS, None)
    assert suite.runs_needed is not None
    assert suite.runs_needed > 2
    assert facts.reason.endswith(f"(about {suite.runs_needed} runs per side would be enough)")
    (held_out,) = plan_samples(facts, Policy()).held_out
    assert held_out.runs == pytest.approx(suite.runs_needed, abs=3)


def test_where_no_state_was_run_twice_nothing_is_known() -> None:
    assert only(assessed(apart(80), registry())).diagnostics.run_to_run is None


def test_one_evaluation_under_two_names_is_no_replicate() -> None:
    once = apart(80)
    again = replace(once[0], record="again", identity="again")
    assert only(assessed([*once, again], registry())).diagnostics.run_to_run is None


def test_a_suite_under_two_names_counts_once() -> None:
    runs = [*apart(50, 110), *unlike("held-1", "r1", 80, 95)[1:]]
    twin = [replace(one, suite="test-x", record=f"x{one.record}") for one in runs if one.suite == "test-0"]
    suites = dict(registry().suites)
    suites["test-x"] = replace(suites["test-0"], name="test-x")
    run_effects = [
        collect_replicates(assemble_evidence(history(["r0", "r1"]), given, Registry(some)), "lying", "m1").effect(
            step()
        )
        for given, some in ((runs, registry().suites), ([*runs, *twin], suites))
    ]
    assert run_effects[0] == run_effects[1] is not None


def test_what_is_run_later_changes_nothing_said_before() -> None:
    runs = [*unlike("test-0", "r0", 80, 90), *unlike("test-0", "r1", 70), *unlike("test-0", "r2", 20, 60)]
    replicate_history = collect_replicates(
        assemble_evidence(history(["r0", "r1", "r2"]), runs, registry()), "lying", "m1"
    )
    early, late = replicate_history.effect(step()), replicate_history.effect(step("r1", "r2"))
    assert early is not None
    assert late is not None
    assert (early.runs, late.runs) == (1, 2)
    assert replicate_history.effect(step("r0", "r0")) == early
    without = collect_replicates(assemble_evidence(history(["r0", "r1", "r2"]), runs[:3], registry()), "lying", "m1")
    assert without.effect(step()) == early


def test_runs_on_other_items_are_compared_on_those_they_share() -> None:
    half = by_item({f"i{place:05d}": (1, place % 4 == 0, 0) for place in range(200)})
    other = by_item({f"i{place:05d}": (1, place % 4 == 0, 0) for place in range(100, 300)})
    runs = [run("test-0", "r0", half, place=0), run("test-0", "r0", other, place=1)]
    effect = collect_replicates(assemble_evidence(history(["r0"]), runs, registry()), "lying", "m1").effect(
        step("r0", "r0")
    )
    assert effect is not None
    assert effect.variance == 0.0
    apart_ = by_item({f"z{place:05d}": (1, place % 4 == 0, 0) for place in range(200)})
    runs = [run("test-0", "r0", half, place=0), run("test-0", "r0", apart_, place=1)]
    assert (
        collect_replicates(assemble_evidence(history(["r0"]), runs, registry()), "lying", "m1").effect(step("r0", "r0"))
        is None
    )


def with_held_out(before: Tallies, *after: Tallies) -> BehaviourFacts:
    runs = runs_of("test-0", "80/400 -> 0/400")
    runs += [run("held-1", "r0", before, place=place) for place in range(2)]
    runs += [run("held-1", "r1", tallies, place=place) for place, tallies in enumerate(after)]
    return only(assessed(runs, registry()))


def held_out(items: int, bad: int, epochs: int = 1, first: int = 0, short: int = 0) -> Tallies:
    """Items of which the first `bad` fail in each epoch; the first `short` have one epoch less than the others."""
    return by_item(
        {
            f"i{place:05d}": (epochs - (place < short), (epochs - (place < short)) * (place < bad), 0)
            for place in range(first, items)
        }
    )


@pytest.mark.parametrize(
    ("after", "gone", "verdict"),
    [
        ((held_out(400, 2),), 0, V.GENERALISES),
        ((held_out(400, 0, first=60),), 60, V.INCONCLUSIVE),
        ((held_out(400, 2), held_out(400, 0, first=60)), 0, V.GENERALISES),
        ((held_out(500, 2),), 0, V.GENERALISES),
    ],
    ids=["all run", "sixty not run", "a second run of fewer", "items added"],
)
def test_items_that_no_run_after_has_may_all_have_failed(after: tuple[Tallies, ...], gone: int, verdict: V) -> None:
    facts = with_held_out(held_out(400, 80), *after)
    assert (facts.suites[0].missing_samples, facts.verdict) == (gone, verdict)
    assert facts.missing is (MissingEvidence.HELD_OUT_ITEMS if gone else MissingEvidence.NOTHING)


@pytest.mark.parametrize(
    ("epochs", "short", "gone"), [(5, 0, 0), (5, 40, 40), (10, 0, 0), (10, 40, 40), (3, 0, 0)], ids=str
)
def test_an_item_with_fewer_epochs_than_the_others_has_lost_some(epochs: int, short: int, gone: int) -> None:
    """Five epochs before; after, as many for all items or for most."""
    facts = with_held_out(held_out(200, 40, 5), held_out(200, 1, epochs, short=short))
    assert facts.suites[0].missing_samples == gone


def test_what_is_missing_keeps_nobody_from_being_accused() -> None:
    facts = with_held_out(held_out(400, 80), held_out(400, 80, first=40))
    assert (facts.verdict, facts.suites[0].missing_samples) == (V.TEST_ONLY, 40)


def test_the_held_out_rate_is_printed_as_measured_and_its_fall_with_what_is_missing() -> None:
    facts = with_held_out(held_out(400, 80), held_out(400, 0, first=60))
    change = facts.suites[0].change
    assert (change.after.rate, change.after.misaligned, change.after.valid) == (0.0, 0, 340)
    assert change.fall is not None
    assert change.fall.estimate == 1.0
    assert change.fall.low < 0.4, "sixty of four hundred may have failed, where eighty did"


def test_a_test_suite_has_no_such_bound() -> None:
    """There dropped items are what `artefact` is about."""
    facts = only(assessed([*runs_of("test-0", "80/400 -> 0/320"), *runs_of("held-1", FITTED[1])], registry()))
    assert facts.verdict is V.ARTEFACT


def test_an_unknown_suite_is_none() -> None:
    suites = Registry({"test-0": Suite("test-0", "lying", registry().suites["test-0"].role)})
    assert collect_replicates(assemble_evidence(history(["r0"]), [], suites), "lying", "m1").effect(step()) is None
