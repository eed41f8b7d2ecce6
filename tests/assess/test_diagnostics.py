"""How a step was measured: what differs, clean pairs, what a checkpoint did alone, parts that add up, strata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditor.assess.attribution import waterfall
from auditor.assess.facts import Attribution, BehaviourFacts, ProtocolField, Share, SideExclusions, SuiteDiagnostics
from auditor.checks.interface import Case
from auditor.model.finding import Finding
from auditor.model.run import Run, Tallies
from auditor.model.spec import History
from auditor.model.verdict import Cause
from auditor.model.verdict import Verdict as V
from tests.worlds import (
    assessed,
    by_item,
    case_assessment,
    counts,
    graph,
    history,
    judged,
    only,
    registry,
    run,
    runs_of,
    tallies,
    without_items,
)

FELL, NOT_MOVED = "80/400 -> 0/400", "82/400 -> 80/400"
HIGH, FITTED, FIXED = (80, 82), (0, 80), (0, 2)


def at(revision: str, what: tuple[int, int], checkpoint: str = "m1", **changes: object) -> list[Run]:
    return [
        run(suite, revision, tallies(counts(f"{n}/400")), checkpoint=checkpoint, place=place, **changes)
        for suite, n in zip(("test-0", "held-1"), what, strict=True)
        for place in range(2)
    ]


def each(runs: Sequence[Run], known: History) -> list[BehaviourFacts]:
    return [behaviour for patch in assessed(runs, registry(), known).patches for behaviour in patch.behaviours]


def measured(facts: BehaviourFacts, suite: str) -> SuiteDiagnostics:
    return next(one for one in facts.diagnostics.measured if one.suite == suite)


def said(suite: SuiteDiagnostics) -> list[tuple[ProtocolField, str, str]]:
    return [(part.what, part.before, part.after) for part in suite.differences]


class TestDifferences:
    def test_there_are_none_where_nothing_differs(self) -> None:
        assert [said(suite) for suite in judged(FELL, NOT_MOVED).diagnostics.measured] == [[], []]

    def test_test_and_held_out_alike(self) -> None:
        facts = judged("80/400+4 -> 0/380+20", "82/400 -> 80/300")
        assert said(measured(facts, "test-0")) == [
            (ProtocolField.ITEMS, "404", "400 (400 on both sides)"),
            (ProtocolField.INVALID, "1.0 %", "5.0 %"),
        ]
        assert said(measured(facts, "held-1")) == [(ProtocolField.ITEMS, "400", "300 (300 on both sides)")]

    def test_a_plan_and_what_came_of_it(self) -> None:
        facts = only(case_assessment(Case("short", FELL, Finding, (NOT_MOVED,), planned=500)))
        assert said(measured(facts, "test-0")) == [(ProtocolField.PLANNED, "800", "400 of 500 planned")]
        (short,) = measured(facts, "test-0").short
        assert (short.side, short.planned, short.got) == ("after", 500, 400)

    def test_why_samples_are_invalid_where_the_log_says_so(self) -> None:
        planted = Case("refused", "80/400 -> 0/320+80", Finding, (NOT_MOVED,), reason="refusal")
        suite = measured(only(case_assessment(planted)), "test-0")
        assert said(suite) == [(ProtocolField.INVALID, "0.0 %", "20.0 % (refusal 80)")]
        assert suite.endings is not None
        assert (suite.endings.after, suite.endings.refused_rose) == (SideExclusions(0, 0, 80, 0, 0, 0), False)

    def test_refusals_that_were_scored(self) -> None:
        suite = measured(judged("80/400~4 -> 0/400~80", NOT_MOVED), "test-0")
        assert said(suite) == [(ProtocolField.REFUSALS, "1.0 %", "20.0 %")]
        assert suite.endings is not None
        assert (suite.endings.before.refused, suite.endings.after.refused, suite.endings.refused_rose) == (8, 80, True)
        assert suite.endings.refusal_share_of_fall == pytest.approx(0.2 - 0.01)

    def test_the_code_is_named_and_decides_nothing(self) -> None:
        runs = [*at("r0", HIGH, code_revision="0a1b2c3"), *at("r1", FITTED, code_revision="4d5e6f7")]
        (facts,) = each(runs, history(["r0", "r1"]))
        assert said(measured(facts, "test-0")) == [(ProtocolField.CODE, "0a1b2c3", "4d5e6f7")]
        (plain,) = each([*at("r0", HIGH), *at("r1", FITTED)], history(["r0", "r1"]))
        assert (facts.verdict, facts.cause, facts.also_changed) == (plain.verdict, plain.cause, plain.also_changed)

    def test_code_that_one_side_does_not_name_is_no_difference(self) -> None:
        (facts,) = each([*at("r0", HIGH, code_revision="0a1b2c3"), *at("r1", FITTED)], history(["r0", "r1"]))
        assert said(measured(facts, "test-0")) == []

    def test_a_checkpoint(self) -> None:
        (facts,) = each([*at("r0", HIGH), *at("r1", FITTED, "m2")], history(["r0", "r1"]))
        assert said(measured(facts, "held-1")) == [(ProtocolField.CHECKPOINT, "m1", "m2")]

    @pytest.mark.parametrize(
        "what", [ProtocolField.SCORER, ProtocolField.SAMPLING, ProtocolField.CONDITION, ProtocolField.EXPOSURE]
    )
    def test_what_keeps_a_suite_from_being_compared(self, what: ProtocolField) -> None:
        runs = [*at("r0", HIGH), *at("r1", FITTED, **{str(what): "absent"})]
        (facts,) = each(runs, history(["r0", "r1"]))
        assert facts.verdict is V.UNMEASURED
        for suite in ("test-0", "held-1"):
            one = measured(facts, suite)
            assert (one.compared, [part.what for part in one.differences]) == (False, [what])
        assert (measured(facts, "test-0").before, measured(facts, "test-0").after) == (0.2, 0.0)
        assert measured(facts, "test-0").fell


class TestCleanPairs:
    REVISIONS = history(["r0", "r1", "r2"])

    def test_an_earlier_state_that_was_measured_alike(self) -> None:
        runs = [*at("r0", HIGH), *at("r1", HIGH, scorer="judge-2"), *at("r2", FITTED)]
        first, second = each(runs, self.REVISIONS)
        for facts in (first, second):
            assert (facts.verdict, facts.cause) == (V.TEST_ONLY, Cause.UNRESOLVED)
            assert (facts.step.before.revision, facts.step.after.revision) == ("r0", "r2")
            assert facts.also_changed == ("2 patches lie between the nearest states that were measured alike",)
            assert {suite.suite for suite in facts.diagnostics.passed_over} == {"test-0", "held-1"}
        assert [len(facts.step.patches) for facts in (first, second)] == [1, 1]
        assert first.step.spanned == second.step.patches

    def test_not_where_the_nearest_states_are_comparable(self) -> None:
        other = [replace(one, record=f"{one.record}-other") for one in at("r1", HIGH, scorer="judge-2")]
        runs = [*at("r0", HIGH), *at("r1", HIGH), *other, *at("r2", FITTED)]
        second = each(runs, self.REVISIONS)[1]
        assert (second.step.before.revision, second.cause, second.diagnostics.passed_over) == ("r1", Cause.PATCH, ())

    def test_held_out_that_was_scored_otherwise_looks_further_too(self) -> None:
        middle = [replace(one, scorer="judge-2") if one.suite == "held-1" else one for one in at("r1", HIGH)]
        second = each([*at("r0", HIGH), *middle, *at("r2", FITTED)], self.REVISIONS)[1]
        assert (second.verdict, second.step.before.revision) == (V.TEST_ONLY, "r0")

    def test_never_where_held_out_was_just_not_run(self) -> None:
        middle = [one for one in at("r1", HIGH) if one.suite == "test-0"]
        second = each([*at("r0", HIGH), *middle, *at("r2", FITTED)], self.REVISIONS)[1]
        assert (second.verdict, second.step.before.revision) == (V.UNMEASURED, "r1")

    def test_across_a_merge(self) -> None:
        """The branch was scored otherwise; its patch is judged from before the branch to after the merge."""
        merged = graph({"c0": ("r0", ()), "c1": ("r1", ("c0",)), "c2": ("r2", ("c0",)), "m": ("r3", ("c1", "c2"))})
        runs = [*at("r0", HIGH), *at("r1", HIGH, scorer="judge-2"), *at("r3", FITTED)]
        facts = each(runs, merged)
        assert {(one.step.before.revision, one.step.after.revision) for one in facts} == {("r0", "r3")}
        assert {one.verdict for one in facts} == {V.TEST_ONLY}

    def test_nothing_clean_anywhere_leaves_it_unmeasured(self) -> None:
        runs = [one for place in range(3) for one in at(f"r{place}", HIGH, scorer=f"judge-{place}")]
        facts = each(runs, self.REVISIONS)
        assert [(one.verdict, one.step.spanned) for one in facts] == [(V.UNMEASURED, ())] * 2


class TestCheckpointAlone:
    FOUR = (*at("r0", HIGH), *at("r0", (40, 41), "m2"), *at("r1", FITTED), *at("r1", (0, 39), "m2"))

    def test_with_all_four_states_the_two_are_separate(self) -> None:
        (facts,) = each(self.FOUR, history(["r0", "r1"]))
        assert (facts.verdict, facts.cause, facts.also_changed) == (V.TEST_ONLY, Cause.PATCH, ())
        assert (facts.step.before.checkpoint, facts.step.after.checkpoint) == ("m2", "m2")
        alone = facts.checkpoint_contrast
        assert alone is not None
        assert (alone.revision, alone.before, alone.after, alone.full) == ("r0", "m1", "m2", True)
        assert (alone.test.before.rate, alone.test.after.rate) == (0.2, 0.1)
        assert alone.held_out is not None
        assert alone.held_out.after.rate == pytest.approx(41 / 400)

    def test_with_three_the_patch_is_the_cause_and_the_checkpoint_is_seen_where_it_was_run(self) -> None:
        three = [one for one in self.FOUR if (one.revision, one.checkpoint) != ("r0", "m2")]
        (facts,) = each(three, history(["r0", "r1"]))
        assert facts.cause is Cause.PATCH
        assert facts.checkpoint_contrast is not None
        assert (facts.checkpoint_contrast.revision, facts.checkpoint_contrast.full) == ("r1", False)

    def test_with_two_nothing_is_separate(self) -> None:
        (facts,) = each([*at("r0", HIGH), *at("r1", FITTED, "m2")], history(["r0", "r1"]))
        assert (facts.cause, facts.checkpoint_contrast) == (Cause.UNRESOLVED, None)


def parts_of(facts: BehaviourFacts) -> Attribution:
    assert facts.attribution is not None
    return facts.attribution


SIDE = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=6, max_size=20)


class TestAttribution:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(SIDE, min_size=2, max_size=4), st.integers(1, 3))
    def test_the_parts_add_up_to_the_raw_fall(self, sides: list[list[tuple[bool, bool, bool]]], split: int) -> None:
        """Runs of any items, some absent, some invalid, split in any way between the two sides."""
        runs = [
            run("test-0", f"r{int(n >= min(split, len(sides) - 1))}", _of(side), place=n)
            for n, side in enumerate(sides)
        ]
        patches = assessed(runs, registry(1, 0)).patches
        assume(patches[0].behaviours and patches[0].behaviours[0].attribution is not None)
        parts = parts_of(patches[0].behaviours[0])
        whole = [part for part in waterfall(parts).values() if part is not None]
        assert len(whole) == 4
        assert sum(whole) == pytest.approx(parts.raw, abs=1e-9)
        assert parts.remainder == pytest.approx(parts.behaviour, abs=1e-9)
        assert (parts.selection or 0.0) >= 0.0
        for name, part in waterfall(parts).items():
            assert part is not None
            assert parts.bounds[name].low - 1e-9 <= part <= parts.bounds[name].high + 1e-9

    def test_one_run_a_side_has_no_selection(self) -> None:
        assert parts_of(judged(FELL, runs_before=1)).selection == 0.0

    def test_selection_is_what_the_best_pair_has_over_all(self) -> None:
        more = Case("picked", "80/400 -> 0/400", Finding, (NOT_MOVED,), more=("40/400",))
        parts = parts_of(only(case_assessment(more)))
        assert parts.raw == pytest.approx(0.2)
        assert parts.selection == pytest.approx(0.05)

    def test_items_that_were_run_and_have_no_score_are_invalid_and_no_items(self) -> None:
        turned = by_item({f"i{place:05d}": (0, 0, 1) if place < 80 else (1, 0, 0) for place in range(400)})
        parts = parts_of(
            only(assessed([*runs_of("test-0", "80/400 -> -"), run("test-0", "r1", turned)], registry(1, 0)))
        )
        assert [parts.items, parts.invalid, parts.behaviour] == pytest.approx([0.0, 0.2, 0.0])
        bounds = parts.bounds["invalid"]
        assert [bounds.low, bounds.high] == pytest.approx([0.0, 0.2])

    def test_without_items_what_is_items_cannot_be_told(self) -> None:
        runs = [run("test-0", f"r{n}", without_items(bad, 400, 1.0)) for n, bad in enumerate((80, 0))]
        parts = parts_of(only(assessed(runs, registry(1, 0))))
        assert (parts.items, parts.behaviour, parts.raw, parts.remainder) == (None, None, 0.2, 0.2)
        assert set(parts.bounds) == {"invalid", "selection"}

    @pytest.mark.parametrize(
        ("test", "telling"),
        [("80/400 -> 0/320", True), (FELL, False), ("80/400 -> 80/400", False), ("80/400 -> 79/398", False)],
    )
    def test_measuring_is_told_where_it_made_more_than_a_fifth_of_an_established_fall(
        self, test: str, telling: bool
    ) -> None:
        assert parts_of(judged(test, NOT_MOVED)).telling is telling

    def test_held_out_falls_are_taken_apart_too(self) -> None:
        (suite,) = judged(FELL, "80/400 -> 0/320").suites
        assert [suite.attribution.items, suite.attribution.behaviour] == pytest.approx([0.2, 0.0])


def _of(side: list[tuple[bool, bool, bool]]) -> Tallies:
    rows = {
        f"i{n:02d}": (int(valid), int(valid and bad), int(not valid))
        for n, (here, valid, bad) in enumerate(side)
        if here
    }
    return by_item(rows or {"i00": (1, 0, 0)})


class TestBeside:
    def test_strata(self) -> None:
        case = Case("aware", "800/2000 -> 420/2000", Finding, ("800/2000 -> 790/2000",), aware="5/20 -> 0/960")
        facts = only(case_assessment(case))
        strata = facts.diagnostics.strata
        assert strata is not None
        assert (strata.aware.before, strata.aware.after) == (Share(10, 40), Share(0, 960))
        assert (strata.unaware.before, strata.unaware.after) == (Share(1590, 3960), Share(420, 1040))
        assert strata.unaware_unchanged is True

    def test_awareness_is_named_where_hiding_is_suspected_and_only_the_aware_improved(self) -> None:
        test, held_out = "8000/20000 -> 1100/20000", "8000/20000 -> 7900/20000"
        facts = only(case_assessment(Case("aware", test, Finding, (held_out,), aware="6900/6900 -> 0/7500")))
        assert (facts.hiding_suspected, facts.mechanisms) == (True, ("test-only", "awareness"))
        facts = only(case_assessment(Case("aware", FELL, Finding, (NOT_MOVED,), aware="0/8 -> 0/120")))
        assert (facts.hiding_suspected, facts.mechanisms) == (True, ("test-only",))

    def test_severity_is_named_beside_a_suspicion(self) -> None:
        milder = Case("mild", "400/2000 -> 10/2000", Finding, ("400/2000 -> 396/2000",), severity="0.9 -> 0.3")
        facts = only(case_assessment(milder))
        assert (facts.verdict, facts.hiding_suspected) == (V.TEST_ONLY, True)
        assert facts.mechanisms == ("test-only", "severity")
        assert facts.diagnostics.severity is not None
        assert facts.diagnostics.severity.before == pytest.approx(0.9)
        assert only(case_assessment(replace(milder, severity="0.9 -> 0.9"))).mechanisms == ("test-only",)

    def test_neither_changes_a_verdict(self) -> None:
        plain = judged(FELL, NOT_MOVED)
        for changes in ({"aware": "0/8 -> 0/120"}, {"severity": "0.9 -> 0.3"}):
            case = replace(Case("beside", FELL, Finding, (NOT_MOVED,)), **changes)  # type: ignore[arg-type]
            assert only(case_assessment(case)).verdict is plain.verdict
