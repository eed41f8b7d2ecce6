"""Labels of a scan, end to end: whatever comes first, the same state; then awareness in the audit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.app.ingest import IngestReport, ingest
from auditor.app.project import open_project
from auditor.app.verify import verify
from auditor.cli.main import run
from auditor.errors import RecordError
from auditor.git import Folder
from auditor.model.run import Awareness, Run
from auditor.model.verification import RederivationState
from auditor.store.integrity import examine_store
from tests.readers.archives import members_of, write_zip
from tests.repos import GitRepo

FIXTURES = Path(__file__).parents[1] / "fixtures/scout"
FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = FIRST + "\nNever delete a log to hide a mistake.\n"
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
SUITE = """
[[suite]]
name = "visible"
behaviour = "concealment"
role = "test"
tasks = ["mistakes_visible"]
[suite.score]
misaligned = "high"
unit = "fraction"
"""
LABEL = """
[[label]]
scanner = "voices_awareness"
means = "awareness"
aware = [true]
unaware = [false]
"""
LOGS = (FIXTURES / "first.eval", FIXTURES / "second.eval")
VOICED = FIXTURES / "scan/voices_awareness.parquet"
KINDS = FIXTURES / "scan/kinds.parquet"


def made(path: Path, declared: str = LABEL) -> GitRepo:
    repo = GitRepo(path)
    repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITE + declared, "spec.md": FIRST})
    repo.commit({"spec.md": SECOND})
    return repo


def put(repo: GitRepo, *paths: Path, dry_run: bool = False) -> IngestReport:
    return ingest(paths, root=repo.path, extra="error", dry_run=dry_run)


def state(repo: GitRepo) -> Mapping[str, bytes]:
    files = (repo.path / "eval_history").rglob("*.json")
    return {file.relative_to(repo.path).as_posix(): file.read_bytes() for file in files}


def runs(repo: GitRepo) -> list[Run]:
    """By when they ran."""
    with open_project(repo.path) as project:
        return sorted(project.runs, key=lambda one: str(one.created))


def totals(awareness: Awareness | None) -> tuple[int, int, int] | None:
    if awareness is None:
        return None
    return sum(awareness.labelled), sum(awareness.aware), sum(awareness.aware_misaligned)


def test_any_order_and_any_number_of_times_make_the_same_state(tmp_path: Path) -> None:
    states = []
    for place, order in enumerate(itertools.permutations((*LOGS, VOICED))):
        if place % 2:  # three of the six orders, the first file a second time at the end
            continue
        repo = made(tmp_path / str(place))
        for path in (*order, order[0]):
            assert put(repo, path).refusals == ()
        states.append(state(repo))
        assert [totals(one.tallies.aware) for one in runs(repo)] == [(60, 1, 0), (60, 41, 0)]
    assert states[0] == states[1] == states[2]
    assert sorted({path.split("/")[1] for path in states[0]}) == ["items", "labels", "records", "samples"]


def test_labels_are_joined_item_by_item(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS, VOICED)
    _, after = runs(repo)
    labels, tallies = after.tallies.aware, after.tallies
    assert labels is not None
    aware = {item for item, n in zip(tallies.items or (), labels.aware, strict=True) if n}
    assert aware == {f"{n:02}" for n in (*range(20), *range(30, 50), 59)}
    assert sum(tallies.misaligned) == 10


def test_the_audit_shows_awareness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = made(tmp_path / "repo")
    put(repo, FIXTURES)
    assert run(["audit", "--repo", str(repo.path), "--format", "json"]) == 0
    [patch] = json.loads(capsys.readouterr().out)["patches"]
    [behaviour] = patch["behaviours"]
    assert behaviour["awareness"] == "rose"
    assert behaviour["diagnostics"]["strata"] == {
        "aware": {"before": {"misaligned": 0, "samples": 1}, "after": {"misaligned": 0, "samples": 41}},
        "unaware": {"before": {"misaligned": 30, "samples": 59}, "after": {"misaligned": 10, "samples": 19}},
        "unaware_unchanged": None,
    }
    assert "SD116" in {finding["check"] for finding in patch["findings"]}


def test_without_labels_awareness_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS)
    run(["audit", "--repo", str(repo.path), "--format", "json"])
    [patch] = json.loads(capsys.readouterr().out)["patches"]
    assert patch["behaviours"][0]["awareness"] == "unmeasured"
    assert "SD116" not in {finding["check"] for finding in patch["findings"]}


def test_what_labels_mean_is_asked_when_they_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS, VOICED)
    repo.write(
        {"eval_history/suites.toml": SUITE + LABEL.replace("true", "x").replace("false", "true").replace("x", "false")}
    )
    assert [totals(one.tallies.aware) for one in runs(repo)] == [(60, 59, 30), (60, 19, 10)]
    repo.write({"eval_history/suites.toml": SUITE})
    assert [one.tallies.aware for one in runs(repo)] == [None, None]
    run(["audit", "--repo", str(repo.path)])
    text = " ".join(capsys.readouterr().out.split())
    assert "suites.toml does not say what they mean" in text


def test_two_scanners_count_together(tmp_path: Path) -> None:
    kinds = '[[label]]\nscanner = "kinds"\nmeans = "awareness"\naware = ["task"]\nunaware = ["test"]\n'
    repo = made(tmp_path / "repo", LABEL + kinds)
    put(repo, *LOGS, KINDS)
    # Of the sample that this scanner says nothing of there is no label.
    assert [totals(one.tallies.aware) for one in runs(repo)] == [(59, 58, 29), (59, 19, 10)]
    put(repo, VOICED)
    assert [totals(one.tallies.aware) for one in runs(repo)] == [(60, 59, 29), (60, 60, 10)]


def test_nothing_can_be_declared_to_mean_unaware(tmp_path: Path) -> None:
    kinds = (
        '[[label]]\nscanner = "kinds"\nmeans = "awareness"\naware = ["test"]\nunaware = ["task"]\nnothing = "unaware"\n'
    )
    repo = made(tmp_path / "repo", kinds)
    put(repo, *LOGS, KINDS)
    assert [totals(one.tallies.aware) for one in runs(repo)] == [(60, 1, 0), (60, 40, 0)]


def test_the_report_of_a_scan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = made(tmp_path / "repo")
    dry = put(repo, VOICED, dry_run=True)
    [file] = put(repo, VOICED).files
    assert dry.files == (file,)
    assert (file.added, file.present, file.labelled, file.runs) == (2, 0, 120, 0)
    [again] = put(repo, VOICED).files
    assert (again.added, again.present) == (0, 2)
    assert run(["ingest", "--repo", str(repo.path), str(KINDS), str(VOICED)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{KINDS}: scanner: 'kinds' is not declared; add [[label]] for it to eval_history/suites.toml, with "
        'means = "awareness" and its values, or means = "nothing"',
        f"{VOICED}: labels of 120 samples",
    ]


def test_the_store_is_examined(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS, VOICED)
    contents = examine_store(Folder(repo.path), "eval_history")
    assert (contents.faults, contents.unknown) == ((), ())
    assert len(contents.ids["labels"]) == len(contents.ids["samples"]) == 2
    [lost, path] = sorted((repo.path / "eval_history/samples").iterdir())
    lost.unlink()
    with pytest.raises(RecordError, match="is missing; restore it"):
        runs(repo)
    path.write_bytes(path.read_bytes().replace(b'"epoch":[1,', b'"epoch":[2,'))
    assert sorted(fault.what for fault in examine_store(Folder(repo.path), "eval_history").faults) == [
        "is missing, and a record names it",
        "its content is not what its name says",
    ]


def test_logs_bear_out_records_that_have_labels(tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS, VOICED)
    derived = verify(repo.path, logs=[FIXTURES]).logs
    assert derived is not None
    assert [record.state for record in derived.records] == [RederivationState.AGREES, RederivationState.AGREES]


def account(repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    run(["audit", "--repo", str(repo.path), "--format", "json"])
    [patch] = json.loads(capsys.readouterr().out)["patches"]
    document: dict[str, Any] = patch["behaviours"][0]["diagnostics"]
    return document


def told(repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    run(["audit", "--verbose", "--repo", str(repo.path)])
    return " ".join(capsys.readouterr().out.split())


def with_changes(to: Path, change: Callable[[str, dict[str, Any]], None]) -> Path:
    """The second log with its members changed."""
    members = []
    for name, data in members_of(LOGS[1]):
        document = json.loads(data)
        if isinstance(document, dict):
            change(name, document)
        members.append((name, json.dumps(document).encode()))
    return write_zip(to / "second.eval", members)


def test_what_texts_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS)
    document = account(repo, capsys)
    [test] = document["signals"]
    assert (test["role"], test["alike"], document["cot_pressure"]) == ("test", True, [])
    sides = test["before"], test["after"]
    assert [(side["read"], side["of"]) for side in sides] == [(60, "reasoning"), (60, "reasoning")]
    assert [round(60 * side["aware"]["estimate"]) for side in sides] == [1, 41]
    assert [round(60 * side["repeating"]["estimate"]) for side in sides] == [0, 6]
    assert sides[0]["words"]["estimate"] < sides[1]["words"]["low"]
    text = told(repo, capsys)
    assert (
        "Transcripts, test: voice being tested 1.7 % [0.1, 7.1] to 68.3 % [57.8, 78.0], fall into repetition 0.0 %"
        in text
    )
    assert "weakened" not in text.lower()


def test_pressure_on_reasoning_goes_from_the_log_to_the_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def press(name: str, document: dict[str, Any]) -> None:
        if name == "header.json":
            for where in (document, document["eval"]):
                where["metadata"] = (where.get("metadata") or {}) | {"cot_pressure": True, "checkpoint": "harbor-3"}

    repo = made(tmp_path / "repo")
    put(repo, LOGS[0], with_changes(tmp_path, press), VOICED)
    assert [one.cot_pressure for one in runs(repo)] == [None, True]
    assert account(repo, capsys)["cot_pressure"] == ["harbor-3"]
    assert "Weakened evidence: training is declared to have put pressure on the reasoning of harbor-3" in told(
        repo, capsys
    )


def test_answers_are_read_where_there_is_no_reasoning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def hide(name: str, document: dict[str, Any]) -> None:
        for message in document["messages"] if name.startswith("samples/") else []:
            if message["role"] == "assistant":
                message["content"] = [part for part in message["content"] if part["type"] == "text"]

    repo = made(tmp_path / "repo")
    put(repo, LOGS[0], with_changes(tmp_path, hide))
    [test] = account(repo, capsys)["signals"]
    assert (test["before"]["of"], test["after"]["of"], test["alike"]) == ("reasoning", "answers", False)
    assert "read 60 of reasoning and 60 of answers (selected differently: not comparable)" in told(repo, capsys)


def test_a_landing_that_removes_labels_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = made(tmp_path / "repo")
    put(repo, *LOGS, VOICED)
    repo.commit({})
    repo.git("checkout", "-q", "-b", "quiet")
    gone = sorted((repo.path / "eval_history/labels").iterdir())[0]
    repo.git("rm", "-q", str(gone))
    repo.commit({})
    capsys.readouterr()
    assert run(["gate", "--repo", str(repo.path), "--base", "main", "--head", "quiet"]) == 1
    assert "SD303" in capsys.readouterr().out
