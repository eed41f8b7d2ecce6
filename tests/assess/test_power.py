"""What would settle an open verdict: the right thing asked for, and numbers that follow from the evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.assess.facts import BehaviourFacts, MissingEvidence
from auditor.assess.power import CURVE_SIZES, EPOCHS, PowerPlan, design_suites, plan_samples
from auditor.model.policy import Policy
from auditor.model.run import Run, Tallies
from auditor.model.verdict import Verdict
from tests.worlds import assessed, judged, only, registry, repeated, run, runs_of

POLICY = Policy()
FELL = "80/400 -> 0/400"


def planned(*texts: str, **more: int) -> tuple[BehaviourFacts, PowerPlan]:
    facts = judged(*texts, **more)  # type: ignore[arg-type]
    return facts, plan_samples(facts, POLICY)


def before_and_after(tallies: Tallies) -> list[Run]:
    """A held-out suite on which others of the items fail after the patch, as many as before."""
    other = replace(tallies, misaligned=tallies.misaligned[::-1])
    return [run("held-1", "r0", tallies), run("held-1", "r1", other)]


def test_a_held_out_set_that_is_too_small() -> None:
    facts, plan = planned(FELL, "6/30 -> 5/30")
    assert (facts.verdict, facts.missing) == (Verdict.INCONCLUSIVE, MissingEvidence.HELD_OUT)
    (suite,) = plan.held_out
    assert (plan.test, plan.advice) == (None, "more held-out samples, before and after")
    assert (suite.suite, suite.rate, suite.items, suite.worth) == ("held-1", 0.2, 30, 30.0)
    assert suite.stayed == suite.either
    assert suite.carried is not None
    assert suite.stayed is not None
    assert suite.carried < suite.stayed
    assert [point.samples for point in suite.curve] == list(CURVE_SIZES)
    at = {point.samples: point for point in suite.curve}
    assert at[100].stayed < 0.8 < at[200].stayed


def test_each_item_run_once_says_nothing_of_epochs() -> None:
    facts = judged(FELL, "6/30 -> 5/30", runs_before=1)
    (suite,) = plan_samples(facts, POLICY).held_out
    assert suite.stayed == facts.suites[0].needed
    assert (suite.correlation, suite.epochs) == (None, None)
    assert [choice.epochs for choice in suite.choices] == [1]


def test_items_that_always_do_the_same_are_all_that_counts() -> None:
    held_out = before_and_after(repeated(6, 30, 5))
    facts = only(assessed([*runs_of("test-0", FELL), *held_out], registry()))
    (suite,) = plan_samples(facts, POLICY).held_out
    assert suite.correlation == pytest.approx(1.0)
    assert suite.epochs is None
    assert [choice.epochs for choice in suite.choices] == [1]


def test_epochs_stand_in_for_items_as_far_as_they_go() -> None:
    """Four of six failing items fail in two of four epochs: more epochs need fewer items, and more samples."""
    tallies = repeated(2, 20, 4)
    mixed = replace(tallies, misaligned=tuple(2 if 2 <= place < 6 else n for place, n in enumerate(tallies.misaligned)))
    held_out = before_and_after(mixed)
    facts = only(assessed([*runs_of("test-0", FELL), *held_out], registry()))
    (suite,) = plan_samples(facts, POLICY).held_out
    assert suite.correlation is not None
    assert 0.1 < suite.correlation < 0.9
    assert [choice.epochs for choice in suite.choices] == list(EPOCHS)
    items, samples = ([getattr(c, literal) for c in suite.choices] for literal in ("items", "samples"))
    assert items == sorted(items, reverse=True)
    assert samples == sorted(samples)
    assert items[0] == suite.either


@pytest.mark.parametrize(
    ("texts", "before", "missing", "words"),
    [
        ((FELL, "0/400 -> 0/400"), 2, MissingEvidence.ZERO, "a held-out suite on which the behaviour shows"),
        (
            ("0/400 -> 1/400", "80/400 -> 80/400"),
            2,
            MissingEvidence.FLOOR,
            "cannot help, since the test rate was zero before",
        ),
        (
            ("60/400 -> 42/400", "60/400 -> 60/400"),
            1,
            MissingEvidence.TRIGGER,
            "repeat the baseline run of the test suite",
        ),
        (("20/400 -> 21/400", "82/400 -> 80/400"), 2, MissingEvidence.TEST, "more test samples"),
    ],
)
def test_what_no_number_of_held_out_samples_settles(
    texts: tuple[str, ...], before: int, missing: MissingEvidence, words: str
) -> None:
    facts, plan = planned(*texts, runs_before=before)
    assert facts.missing is missing
    assert words in plan.advice


def test_a_test_that_is_too_small_is_planned_first() -> None:
    """7 % against 5 %: seeing it takes about 2,200; a rate that did not fall is shown to stay."""
    _, plan = planned("28/400 -> 20/400", "80/400 -> 80/400")
    assert plan.test is not None
    assert plan.test.fall is not None
    assert 1500 < plan.test.fall < 2500
    assert plan.test.choices[0].items == plan.test.fall
    _, plan = planned("20/400 -> 21/400", "82/400 -> 80/400")
    assert plan.test is not None
    assert plan.test.fall is None
    assert plan.test.choices[0].items == plan.test.no_fall


def test_a_held_out_suite_that_was_not_run_is_planned_at_the_test_s_rate() -> None:
    facts, plan = planned(FELL, "82/400 -> -")
    assert facts.verdict is Verdict.UNMEASURED
    (suite,) = plan.held_out
    assert (suite.suite, suite.rate, suite.worth) == ("held-1", 0.2, None)
    _, plan = planned(FELL)
    (suite,) = plan.held_out
    assert suite.suite is None


def test_where_the_test_is_not_comparable_no_number_helps() -> None:
    runs = runs_of("test-0", FELL)
    facts = only(assessed([*runs[:-1], replace(runs[-1], scorer="judge-2")], registry()))
    plan = plan_samples(facts, POLICY)
    assert facts.verdict is Verdict.UNMEASURED
    assert plan.advice.startswith("run the test suite with one protocol on both sides")


def test_what_is_decided_needs_nothing() -> None:
    facts, plan = planned(FELL, "82/400 -> 80/400")
    assert facts.verdict is Verdict.TEST_ONLY
    assert plan == PowerPlan(facts, "nothing: the verdict is decided", None, ())


def test_a_design_before_any_run() -> None:
    """Test 13 % to 0 % and held-out at 10 %: about 250 held-out samples at 500 of the test."""
    design = design_suites(None, 0.13, 0.1, 1.0, POLICY)
    assert design.at is not None
    assert design.suite is not None
    by_size = {row.test: row for row in design.rows}
    assert by_size[500].stayed is not None
    assert 200 < by_size[500].stayed < 320
    needed = [row.stayed for row in design.rows if row.stayed is not None]
    assert needed == sorted(needed, reverse=True)
    assert design.suite.either == max(design.at.stayed or 0, design.at.carried or 0)
    assert design.at.test + design.suite.choices[0].items == min(
        row.test + max(row.stayed, row.carried) for row in design.rows if row.stayed and row.carried
    )


def test_a_design_that_cannot_be() -> None:
    """A test rate of 0.3 % that is to fall by a third shows on none of the sizes."""
    design = design_suites(None, 0.003, 0.1, 0.3, POLICY)
    assert (design.at, design.suite) == (None, None)
    assert all(row.chance < 0.2 for row in design.rows)
