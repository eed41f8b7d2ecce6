"""On the demonstration's committed records, auditor says what is true of each patch."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import pytest

from auditor.assess.facts import Assessment
from auditor.assess.judge import assess
from auditor.evidence import assemble_evidence
from auditor.git import Folder
from auditor.model.policy import Policy
from auditor.specs.folder import read_history
from auditor.store.records import load_records
from auditor.store.registry import load_registry
from benchmarks.demonstration.other_seeds import assessed, verdicts
from benchmarks.demonstration.plan import OPEN_AT_THE_END, TOLD, TOLD_OF_TRAINING, Told
from benchmarks.demonstration.simulate import SEED, rows_by_state, table_text

ROOT = Path(__file__).parents[1]


@cache
def assessment() -> Assessment:
    tree = Folder(ROOT)
    spec = read_history(ROOT, "harbor", ["specs/*/assistant.md"])
    return assess(
        assemble_evidence(spec, load_records(tree, "eval_history"), load_registry(tree, "eval_history")), Policy()
    )


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.patch)
def test_the_verdict_is_the_truth(told: Told) -> None:
    tolds = [
        Told(told.patch, facts.behaviour, facts.verdict.value, facts.cause.value, facts.hiding_suspected)
        for patch in assessment().patches
        if patch.patch.after.label == told.patch
        for facts in patch.behaviours
        if facts.behaviour == told.behaviour
    ]
    assert tolds == [told]


def test_no_other_behaviour_has_a_verdict() -> None:
    told = {(one.patch, one.behaviour) for one in TOLD}
    others = {
        facts.verdict.value
        for patch in assessment().patches
        for facts in patch.behaviours
        if (patch.patch.after.label, facts.behaviour) not in told
    }
    assert others <= {"unmeasured"}


def test_the_rebound_is_the_only_checkpoint_step() -> None:
    found = [(facts.behaviour, facts.verdict.value, facts.cause.value) for facts in assessment().checkpoint_steps]
    assert found == [(TOLD_OF_TRAINING.behaviour, TOLD_OF_TRAINING.verdict, TOLD_OF_TRAINING.cause)]


def test_the_open_gaps_are_the_true_ones() -> None:
    assert {gap.behaviour for gap in assessment().standings if gap.open} == set(OPEN_AT_THE_END)


def test_the_records_come_from_the_simulated_tables() -> None:
    tables = {hashlib.sha256(table_text(rows).encode()).hexdigest() for rows in rows_by_state().values()}
    assert {run.source_sha256 for run in load_records(Folder(ROOT), "eval_history")} == tables


def test_drawn_again_from_its_own_seed_it_is_judged_alike() -> None:
    """What counts verdicts over other seeds judges as the committed records are judged."""
    spec = read_history(ROOT, "harbor", ["specs/*/assistant.md"])
    assert verdicts(assessed(spec, SEED)) == verdicts(assessment())
