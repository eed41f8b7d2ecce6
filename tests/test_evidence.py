"""The graph: which states are compared across a patch, in which order checkpoints stand, what a node depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.steps import find_steps, states_in_order
from auditor.errors import RecordError
from auditor.evidence import (
    Evidence,
    State,
    assemble_evidence,
    behaviours,
    complete_runs,
    evaluated_states,
    lineages_measured,
    runs_by_protocol,
    runs_of_suite,
    suites_measuring,
)
from auditor.evidence.protocol import protocol_of
from auditor.model.run import Run
from auditor.model.spec import History
from auditor.model.suite import Registry, Role, Suite
from tests.worlds import START, counts, graph, history, registry, run, tallies

SOME = tallies(counts("1/4"))
AT = "test-0"


def on(revision: str, checkpoint: str = "m1", **changes: object) -> Run:
    return run(AT, revision, SOME, checkpoint=checkpoint, **changes)


def known(runs: Sequence[Run], of: History) -> Evidence:
    return assemble_evidence(of, runs, registry())


def found(runs: Sequence[Run], of: History) -> list[tuple[State, State, int]]:
    """The steps, as states and the number of patches they share."""
    return [(step.before, step.after, len(step.patches)) for step in find_steps(known(runs, of), "lying", "m1")]


def m1(revision: str) -> State:
    return State(revision, "m1")


class TestStepsOverPatches:
    def test_each_evaluated_patch_is_a_step(self) -> None:
        runs = [on(name) for name in ("r0", "r1", "r2")]
        assert found(runs, history(["r0", "r1", "r2"])) == [(m1("r0"), m1("r1"), 1), (m1("r1"), m1("r2"), 1)]

    def test_unevaluated_patches_share_one(self) -> None:
        assert found([on("r0"), on("r3")], history(["r0", "r1", "r2", "r3"])) == [(m1("r0"), m1("r3"), 3)]

    def test_a_patch_before_or_after_all_evaluations_is_in_none(self) -> None:
        assert found([on("r1"), on("r2")], history(["r0", "r1", "r2", "r3"])) == [(m1("r1"), m1("r2"), 1)]

    def test_one_evaluated_state_makes_no_step(self) -> None:
        assert found([on("r0")], history(["r0", "r1"])) == []

    def test_a_revert_is_a_step_back(self) -> None:
        runs = [on("r0"), on("r1")]
        assert found(runs, history(["r0", "r1", "r0"])) == [(m1("r0"), m1("r1"), 1), (m1("r1"), m1("r0"), 1)]

    def test_an_unevaluated_excursion_that_comes_back_is_none(self) -> None:
        assert found([on("r0")], history(["r0", "r1", "r0"])) == []

    def test_the_same_change_made_again_does_not_share_its_step_with_itself(self) -> None:
        of = history(["r0", "r1", "r0", "r1"])
        assert found([on("r0"), on("r1")], of) == [
            (m1("r0"), m1("r1"), 1),
            (m1("r1"), m1("r0"), 1),
            (m1("r0"), m1("r1"), 1),
        ]

    def test_a_patch_on_a_branch_is_judged_at_the_merge(self) -> None:
        """Nobody evaluated the branch; main moved on; the merge was evaluated."""
        merged = graph(
            {
                "c0": ("r0", ()),
                "c1": ("branch", ("c0",)),
                "c2": ("main", ("c0",)),
                "m": ("both", ("c2", "c1")),
            }
        )
        assert found([on("r0"), on("main"), on("both")], merged) == [
            (m1("r0"), m1("both"), 1),
            (m1("r0"), m1("main"), 1),
            (m1("main"), m1("both"), 1),
        ]

    def test_a_merge_that_brings_in_the_branch_alone(self) -> None:
        merged = graph({"c0": ("r0", ()), "c1": ("r1", ("c0",)), "c2": ("r2", ("c1",)), "m": ("r2", ("c0", "c2"))})
        assert found([on("r0"), on("r2")], merged) == [(m1("r0"), m1("r2"), 2)]

    def test_the_nearest_evaluated_state_after_wins(self) -> None:
        """Evaluated on the branch two commits on, and at the merge one commit on."""
        merged = graph(
            {
                "c0": ("r0", ()),
                "c1": ("r1", ("c0",)),
                "c2": ("x", ("c1",)),
                "c3": ("far", ("c2",)),
                "m": ("near", ("c0", "c1")),
            }
        )
        first = found([on("r0"), on("far"), on("near")], merged)[0]
        assert first[:2] == (m1("r0"), m1("near"))

    def test_incomplete_runs_and_held_out_alone_evaluate_nothing(self) -> None:
        runs = [on("r0"), on("r1", incomplete="error"), run("held-1", "r1", SOME)]
        assert found(runs, history(["r0", "r1"])) == []

    def test_a_revision_that_history_does_not_know_evaluates_nothing(self) -> None:
        assert evaluated_states(known([on("r0"), on("gone")], history(["r0"])), "lying", "m1") == {m1("r0")}


class TestCheckpoints:
    def test_a_common_checkpoint_is_preferred_and_of_those_the_latest(self) -> None:
        runs = [on("r0", c) for c in ("m1", "m2", "m3")] + [on("r1", c) for c in ("m1", "m2", "m4")]
        over = [step for step in found(runs, history(["r0", "r1"])) if step[2]]
        assert over == [(State("r0", "m2"), State("r1", "m2"), 1)]

    def test_without_one_the_nearest_before_is_taken(self) -> None:
        runs = [on("r0", "m1"), on("r0", "m2"), on("r1", "m3")]
        over = [step for step in found(runs, history(["r0", "r1"])) if step[2]]
        assert over == [(State("r0", "m2"), State("r1", "m3"), 1)]

    def test_checkpoints_are_a_step_without_a_patch(self) -> None:
        assert found([on("r0", "m1"), on("r0", "m2")], history(["r0"])) == [(State("r0", "m1"), State("r0", "m2"), 0)]

    def test_not_across_a_checkpoint_of_another_revision(self) -> None:
        runs = [
            replace(on(revision, name), created=START) for revision, name in (("r0", "m1"), ("r1", "m2"), ("r0", "m3"))
        ]
        assert [step for step in found(runs, history(["r0", "r1"])) if not step[2]] == []

    def test_parents_rule_over_names_and_dates(self) -> None:
        runs = [
            on("r0", "a", parent_checkpoint="b", created=START),
            on("r0", "b", parent_checkpoint="z", created=START + timedelta(days=1)),
            on("r0", "z", created=START + timedelta(days=2)),
        ]
        order = known(runs, history(["r0"])).training_order
        assert sorted(order, key=order.__getitem__) == ["z", "b", "a"]

    def test_without_parents_the_first_evaluation_rules_and_then_the_name(self) -> None:
        runs = [
            on("r0", "a", created=START + timedelta(days=2)),
            on("r0", "c", created=START),
            on("r0", "b", created=START),
        ]
        order = known(runs, history(["r0"])).training_order
        assert sorted(order, key=order.__getitem__) == ["b", "c", "a"]

    def test_a_parent_that_was_never_run_still_orders_and_joins(self) -> None:
        runs = [on("r0", "a", parent_checkpoint="hidden"), on("r0", "other", model="m9", parent_checkpoint="hidden")]
        assert lineages_measured(known(runs, history(["r0"])), "lying") == ("m1 + m9",)

    @pytest.mark.parametrize("circle", [("a", "b"), ("a", "b", "c")])
    def test_a_circle_is_refused_in_one_line(self, circle: tuple[str, ...]) -> None:
        runs = [
            on("r0", name, parent_checkpoint=circle[(place + 1) % len(circle)]) for place, name in enumerate(circle)
        ]
        with pytest.raises(RecordError) as raised:
            known(runs, history(["r0"]))
        assert str(raised.value) == (
            "eval_history/records: parent_checkpoint: checkpoints that are each other's ancestors; "
            "correct the records whose parent_checkpoint closes the circle"
        )

    def test_its_own_parent_is_no_circle(self) -> None:
        assert known([on("r0", "a", parent_checkpoint="a")], history(["r0"])).training_order == {"a": 0}

    def test_models_without_a_common_ancestor_are_two_lineages(self) -> None:
        runs = [on("r0"), on("r0", "n1", model="n1")]
        assert lineages_measured(known(runs, history(["r0"])), "lying") == ("m1", "n1")

    def test_one_trained_from_the_other_is_one_lineage(self) -> None:
        runs = [on("r0"), on("r0", "n1", model="n1", parent_checkpoint="m1")]
        assert lineages_measured(known(runs, history(["r0"])), "lying") == ("m1 + n1",)


class TestQuestions:
    def test_runs_of_another_spec_are_left_out(self) -> None:
        assert known([on("r0"), on("r0", "m2", spec="other")], history(["r0"])).runs.keys() == {"test-0-r0-m1-0"}

    def test_a_corrected_run_is_left_out(self) -> None:
        runs = [on("r0"), on("r0", place=1, corrects="test-0-r0-m1-0", identity="test-0-r0-0")]
        assert known(runs, history(["r0"])).runs.keys() == {"test-0-r0-m1-1"}

    def test_a_correction_of_another_run_is_left_out(self) -> None:
        runs = [on("r0"), on("r0", place=1, corrects="test-0-r0-m1-0")]
        evidence = known(runs, history(["r0"]))
        assert evidence.runs.keys() == {"test-0-r0-m1-0"}
        assert evidence.foreign_corrections.keys() == {"test-0-r0-m1-1"}

    def test_a_suite_may_be_declared_by_its_table(self) -> None:
        told = replace(on("r0"), suite="new", behaviour="sandbagging", role=Role.HELD_OUT)
        evidence = known([told], history(["r0"]))
        assert behaviours(evidence) == ("lying", "sandbagging")
        assert suites_measuring(evidence, "sandbagging") == (Suite("new", "sandbagging", Role.HELD_OUT),)

    def test_the_registry_rules_over_the_table(self) -> None:
        told = replace(on("r0"), behaviour="sandbagging", role=Role.HELD_OUT)
        assert known([told], history(["r0"])).suites[AT].role is Role.TEST

    def test_a_suite_that_nobody_declares_measures_nothing(self) -> None:
        evidence = assemble_evidence(history(["r0"]), [on("r0")], Registry({}))
        assert behaviours(evidence) == ()
        assert runs_of_suite(evidence, AT) != ()

    def test_runs_are_asked_by_state_and_protocol(self) -> None:
        runs = [on("r0"), on("r0", place=1, scorer="judge-2"), on("r0", "m2"), on("r0", place=2, incomplete="x")]
        evidence = known(runs, history(["r0"]))
        assert [one.record for one in runs_of_suite(evidence, AT)] == sorted(one.record for one in runs)
        assert [complete_run.record for complete_run in complete_runs(evidence, AT, m1("r0"))] == [
            "test-0-r0-m1-0",
            "test-0-r0-m1-1",
        ]
        assert runs_by_protocol(evidence, AT, m1("r0")) == {protocol_of(one): (one,) for one in runs[:2]}

    def test_nothing_is_known_of_a_suite_without_runs(self) -> None:
        evidence = known([on("r0")], history(["r0"]))
        assert runs_of_suite(evidence, "held-1") == runs_of_suite(evidence, "nowhere") == ()

    def test_states_stand_in_the_order_of_history_then_of_training(self) -> None:
        runs = [on("r0", "m2"), on("r1", "m1"), on("r0", "m1")]
        evidence = known(runs, history(["r0", "r1", "r0"]))
        first = [State("r0", "m1"), State("r0", "m2")]
        assert states_in_order(evidence, "lying", "m1") == (*first, State("r1", "m1"), *first)

    def test_a_patch_depends_on_its_sightings_and_a_run_on_what_it_measured(self) -> None:
        evidence = known([on("r0", "b", parent_checkpoint="a")], history(["r0", "r1"]))
        (patch,) = evidence.patches
        assert nx.descendants(evidence.graph, f"patch:{patch}") == {
            "spec_commit:c0@spec",
            "spec_commit:c1@spec",
            "revision:r0",
            "revision:r1",
            "spec:spec",
        }
        assert nx.descendants(evidence.graph, "run:test-0-r0-b-0") == {
            f"suite:{AT}",
            "behaviour:lying",
            "revision:r0",
            "checkpoint:b",
            "checkpoint:a",
            "model:m1",
            "scorer:judge-1",
        }


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_records_is_irrelevant(order: list[int]) -> None:
    runs = [on(f"r{place % 3}", f"m{place // 3}", created=None) for place in range(8)]
    of = history(["r0", "r1", "r2"])
    evidence, other = known(runs, of), known([runs[place] for place in order], of)
    assert find_steps(evidence, "lying", "m1") == find_steps(other, "lying", "m1")
    assert list(evidence.runs) == list(other.runs)
    assert (evidence.lineages, evidence.training_order) == (other.lineages, other.training_order)
