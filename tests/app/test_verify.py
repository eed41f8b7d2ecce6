"""Records held against their raw logs, the grade that comes of it, and plans that logs are stamped with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from auditor.app.audit import assess_project
from auditor.app.ingest import ingest
from auditor.app.project import open_project
from auditor.app.verify import rederive
from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.preregistration import Preregistration
from auditor.model.run import Grade
from auditor.model.verification import LogsReport, RederivationState
from auditor.store.ledger import add_preregistration
from auditor.store.records import load_records
from tests.app.test_ingest import FIXTURES, SECOND, SETTINGS, SUITES, log, put
from tests.cli.conftest import FIRST
from tests.repos import GitRepo

DAY = date(2026, 3, 1)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": FIRST})
    git_repo.commit({"spec.md": SECOND})
    return git_repo


def held(repo: GitRepo, *logs: Path) -> LogsReport:
    with open_project(repo.path) as project:
        return rederive(project, logs)


def grades(repo: GitRepo, rederived: frozenset[str] = frozenset()) -> set[Grade]:
    with open_project(repo.path) as project:
        (spec,) = assess_project(replace(project, rederived=rederived), DAY).specs
    evidence = spec.evidence
    return {run.grade for run in evidence.runs.values()}


def test_a_is_only_what_was_derived_again(repo: GitRepo) -> None:
    put(repo, log("test_first.eval"), log("test_second.eval"))
    assert {run.grade for run in load_records(Folder(repo.path), "eval_history")} == {Grade.A}
    assert grades(repo) == {Grade.B}
    report = held(repo, FIXTURES)
    assert [(record.state, record.grade) for record in report.records] == [(RederivationState.AGREES, Grade.A)] * 2
    assert grades(repo, report.agreeing) == {Grade.A}
    logs_report = held(repo, log("test_first.eval"))
    assert sorted((record.state, record.grade) for record in logs_report.records) == [
        (RederivationState.AGREES, Grade.A),
        (RederivationState.NO_LOG, Grade.B),
    ]


def test_another_rule_for_the_score_is_a_difference(repo: GitRepo) -> None:
    put(repo, log("test_first.eval"))
    suites = repo.path / "eval_history/suites.toml"
    suites.write_text(suites.read_text().replace('"high"', '"low"'))
    (record,) = held(repo, log("test_first.eval")).records
    assert (record.state, record.grade) == (RederivationState.DIFFERS, Grade.B)
    assert "tallies.misaligned" in record.differs


def test_a_corrected_record_is_told_from_its_correction(repo: GitRepo) -> None:
    from auditor.store.records import RecordStore

    put(repo, log("test_first.eval"))
    (run,) = load_records(Folder(repo.path), "eval_history")
    RecordStore(repo.path, "eval_history").add([replace(run, planned=99, corrects=run.record, reason="planned more")])
    states = {record.state: record.differs for record in held(repo, log("test_first.eval")).records}
    assert states == {RederivationState.CORRECTED: (), RederivationState.DIFFERS: ("planned",)}


def planned(repo: GitRepo, path: Path, **changes: object) -> tuple[Preregistration, Path]:
    """A plan that a log fulfils, and the log, stamped with it."""
    put(repo, log("limited.json"))
    (run,) = load_records(Folder(repo.path), "eval_history")
    for file in (repo.path / "eval_history/records").rglob("*.json"):
        file.unlink()
    members = {name: getattr(run, name) for name in ("spec", "revision", "suite", "model", "checkpoint", "condition")}
    plan = Preregistration("", **members, planned=400, created=datetime(2020, 1, 1, tzinfo=UTC))
    plan = add_preregistration(repo.path, "eval_history", replace(plan, **changes))  # type: ignore[arg-type]
    document = json.loads(log("limited.json").read_text())
    document["eval"]["metadata"] = {**document["eval"].get("metadata", {}), "auditor_plan": plan.id[:12]}
    path.write_text(json.dumps(document))
    return plan, path


def test_a_log_names_the_plan_it_was_stamped_with(repo: GitRepo, tmp_path: Path) -> None:
    plan, path = planned(repo, tmp_path / "stamped.json")
    (file,) = put(repo, path).files
    assert file.refused is None
    (run,) = load_records(Folder(repo.path), "eval_history")
    assert run.plan == plan.id
    with open_project(repo.path) as project:
        (spec,) = assess_project(project, DAY).specs
    evidence = spec.evidence
    assert evidence.results[plan.id].runs == (run.record,)
    assert evidence.runs[run.record].planned == 400


def test_a_log_of_something_else_than_its_plan_says_so(repo: GitRepo, tmp_path: Path) -> None:
    plan, path = planned(repo, tmp_path / "stamped.json", checkpoint="another")
    put(repo, path)
    (run,) = load_records(Folder(repo.path), "eval_history")
    with open_project(repo.path) as project:
        audit = assess_project(project, DAY)
    assert [finding.evidence for finding in audit.findings() if finding.code == "SD501"] == [(run.record,)]
    assert plan.checkpoint == "another"


def test_a_plan_that_is_not_recorded_is_refused(repo: GitRepo, tmp_path: Path) -> None:
    plan, path = planned(repo, tmp_path / "stamped.json")
    (repo.path / f"eval_history/plans/{plan.id}.json").unlink()
    (file,) = put(repo, path).files
    assert file.refused == (
        f"{path}: auditor_plan: {plan.id[:12]!r} is no plan that is recorded here; "
        "fetch the records of whoever planned the run"
    )


def test_a_forged_plan_stops_the_audit(repo: GitRepo, tmp_path: Path) -> None:
    plan, _ = planned(repo, tmp_path / "stamped.json")
    file = repo.path / f"eval_history/plans/{plan.id}.json"
    file.write_bytes(file.read_bytes().replace(b"400", b"100"))
    with pytest.raises(RecordError, match="its content is not what its name says"):
        open_project(repo.path)


def test_ingesting_is_still_what_it_was(repo: GitRepo) -> None:
    report = ingest([log("test_first.eval")], root=repo.path, extra="error", dry_run=False)
    assert [file.added for file in report.files] == [1]
