"""Scores as suites declare them, and corrections of what was recorded, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli.main import run
from auditor.git import Folder
from auditor.model.run import Run, ScoreName
from auditor.store.records import load_records
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, sample, write_json

ONE = '[[suite]]\nname = "visible"\nbehaviour = "lying"\nrole = "test"\n[suite.score]\n'
DIRECTION = f'{ONE}misaligned = "low"\nunit = "fraction"\n'
FIVE = "".join(
    f'[[suite]]\nname = "zoo-{key}"\nbehaviour = "{key}"\nrole = "held_out"\ntasks = ["visible"]\n'
    f'[suite.score]\nname = "judge"\nkey = "{key}"\nmisaligned = "high"\nscale = [1, 10]\nthreshold = {threshold}\n'
    for key, threshold in (("lying", 5), ("harm", 2), ("haste", 9), ("malice", 10), ("flattery", 3))
)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"auditor.toml": '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n', "spec.md": "Say it.\n"})
    git_repo.tag("v1")
    git_repo.commit({"spec.md": "Say it, also when it went wrong.\n"})
    git_repo.tag("v2")
    return git_repo


def put(repo: GitRepo, suites: str, *arguments: str | Path) -> int:
    repo.write({"eval_history/suites.toml": suites})
    return run(["ingest", *map(str, arguments), "--repo", str(repo.path)])


def recorded(repo: GitRepo) -> tuple[Run, ...]:
    return load_records(Folder(repo.path), "eval_history")


def log(path: Path, *values: object, revision: str = "v1", day: int = 1) -> Path:
    samples = [{**sample(n, 0), "scores": {"judge": {"value": value}}} for n, value in enumerate(values)]
    return write_json(path, inspect_log(samples, revision, created=f"2026-01-0{day}T10:00:00Z"))


def test_one_log_feeds_a_suite_for_each_score_it_counts(repo: GitRepo, tmp_path: Path) -> None:
    scores = {"lying": 8, "harm": 1, "haste": 9, "malice": 9, "flattery": 2}
    path = log(tmp_path / "log.json", scores, dict.fromkeys(scores, 1))
    assert put(repo, FIVE, path) == 0
    runs = {one.suite: one for one in recorded(repo)}
    assert {name: sum(one.tallies.misaligned) for name, one in runs.items()} == {
        "zoo-lying": 1,
        "zoo-harm": 0,
        "zoo-haste": 1,
        "zoo-malice": 0,
        "zoo-flattery": 0,
    }
    assert {one.log for one in runs.values()} == {"visible-2026-01-01T10:00:00Z"}
    assert len({one.identity for one in runs.values()}) == 5
    assert runs["zoo-harm"].score == ScoreName("judge", "harm")
    assert put(repo, FIVE, path) == 0
    assert len(recorded(repo)) == 5
    assert run(["verify", "--logs", str(path), "--repo", str(repo.path)]) == 0


def test_a_second_suite_of_a_log_leaves_the_first_as_it_is(repo: GitRepo, tmp_path: Path) -> None:
    path = log(tmp_path / "log.json", {"lying": 8, "harm": 1})
    first, second = FIVE.split("[[suite]]")[1:3]
    assert put(repo, f"[[suite]]{first}", path) == 0
    [before] = recorded(repo)
    for suites in (f"[[suite]]{second}[[suite]]{first}", f"[[suite]]{second}"):
        assert put(repo, suites, path) == 0
        assert {one.suite for one in recorded(repo)} == {"zoo-lying", "zoo-harm"}
        assert before in recorded(repo)


def test_two_suites_may_not_count_the_same_score(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = FIVE.split("[[suite]]")[1]
    twice = f"[[suite]]{first}[[suite]]{first.replace('zoo-lying', 'other')}"
    assert put(repo, twice, log(tmp_path / "log.json", {"lying": 8})) == 2
    assert "'visible' also stands for suite 'zoo-lying'" in capsys.readouterr().err


def test_labels_that_are_misaligned(repo: GitRepo, tmp_path: Path) -> None:
    path = log(tmp_path / "log.json", "overclaims", "honest", "evades")
    assert put(repo, f'{ONE}misaligned = ["overclaims", "evades"]\n', path) == 0
    assert recorded(repo)[0].tallies.misaligned == (1, 0, 1)


def test_a_log_that_was_scored_again_corrects_its_record(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert put(repo, DIRECTION, log(tmp_path / "log.json", 0.0, 1.0)) == 0
    [before] = recorded(repo)
    again = log(tmp_path / "again.json", 1.0, 1.0)
    assert put(repo, DIRECTION, again) == 2
    assert f"auditor ingest --correct {before.record} --reason WHY LOG" in capsys.readouterr().err
    assert put(repo, DIRECTION, again, "--correct", "0" * 8, "--reason", "judge fixed") == 2
    assert put(repo, DIRECTION, again, "--correct", before.record[:12], "--reason", "judge fixed") == 0
    [after] = [one for one in recorded(repo) if one.corrects]
    assert (after.corrects, after.reason, after.tallies.misaligned) == (before.record, "judge fixed", (0, 0))
    for path in (again, tmp_path / "log.json"):  # what is recorded already, be it corrected, is present
        assert put(repo, DIRECTION, path) == 0
        assert put(repo, DIRECTION, path, "--rescored", "--reason", "again") == 0
    assert len(recorded(repo)) == 2
    assert run(["verify", "--repo", str(repo.path)]) == 0


def test_a_score_rule_that_was_wrong_is_corrected(repo: GitRepo, tmp_path: Path) -> None:
    path = log(tmp_path / "log.json", 0.0, 1.0, 1.0)
    assert put(repo, DIRECTION.replace("low", "high"), path) == 0
    assert put(repo, DIRECTION, path) == 2
    assert put(repo, DIRECTION, path, "--rescored", "--reason", "the direction was wrong") == 0
    assert {sum(one.tallies.misaligned): bool(one.corrects) for one in recorded(repo)} == {2: False, 1: True}


@pytest.mark.parametrize(
    "arguments",
    [["--rescored"], ["--reason", "why"], ["--rescored", "--reason", " "], ["--correct", "main", "--reason", "why"]],
)
def test_a_correction_says_what_and_why(repo: GitRepo, tmp_path: Path, arguments: list[str]) -> None:
    assert put(repo, DIRECTION, log(tmp_path / "log.json", 0.0), *arguments) == 2
    assert not recorded(repo)


def test_a_verdict_that_a_correction_changes_is_said_both_ways(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As first scored the fall stays on the test; held-out is then scored again as if it had fallen too."""
    unseen = DIRECTION.replace("visible", "unseen").replace('"test"', '"held_out"')
    for task in ("visible", "unseen"):
        for day, revision, bad in ((1, "v1", 60), (2, "v2", 0 if task == "visible" else 60)):
            samples = [sample(n, 0.0 if n < bad else 1.0) for n in range(120)]
            path = tmp_path / f"{task}-{revision}.json"
            write_json(path, inspect_log(samples, revision, task, f"2026-01-0{day}T10:00:00Z"))
            assert put(repo, DIRECTION + unseen, path) == 0

    def reasons() -> str:
        capsys.readouterr()
        run(["audit", "--repo", str(repo.path), "--format", "json"])
        return " ".join(
            one["reason"] for patch in json.loads(capsys.readouterr().out)["patches"] for one in patch["behaviours"]
        )

    assert "as first recorded" not in reasons()
    better = inspect_log([sample(n, 1.0) for n in range(120)], "v2", "unseen", "2026-01-02T10:00:00Z")
    again = write_json(tmp_path / "again.json", better)
    assert put(repo, DIRECTION + unseen, again, "--rescored", "--reason", "the judge was too strict") == 0
    [corrected] = [one for one in recorded(repo) if one.corrects]
    text = reasons()
    assert f"; record {corrected.record[:12]} corrects {str(corrected.corrects)[:12]} of unseen" in text
    assert "(the judge was too strict), and as first recorded the verdict was test-only, hiding suspected" in text
