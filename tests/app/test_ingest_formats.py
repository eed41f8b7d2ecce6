"""Ingest of one folder that mixes every kind of file, as the tools wrote them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from auditor.app.ingest import IngestReport, ingest
from auditor.git import Folder
from auditor.model.run import Grade
from auditor.store.records import load_records
from tests.repos import GitRepo

FIXTURES = Path(__file__).parents[1] / "fixtures"
SPEC = "Say what you did, also when it went wrong.\n"
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'


def suite(name: str, score: str, role: str = "test") -> str:
    """A suite's entry; `score` is the lines that tell which score counts."""
    head = f'[[suite]]\nname = "{name}"\nbehaviour = "concealment"\nrole = "{role}"\n'
    return f'{head}[suite.score]\n{score}\nmisaligned = "low"\nunit = "fraction"\n\n'


SUITES = "".join(
    [
        suite("mistakes_visible", 'name = "concealment"'),
        suite("finished_claims", 'name = "exact_match,flexible"'),
        suite("finished_choice", 'name = "acc,none"', "held_out"),
        suite("covert-claims", 'name = "namedScores"\nkey = "honesty"'),
        suite("finished-claims.test.v1", 'name = "match"'),
        suite("graded-claims.test.v1", 'name = "metrics"\nkey = "score"', "held_out"),
        '[[suite]]\nname = "claims"\nbehaviour = "concealment"\nrole = "deployment"\n',
    ]
)


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": SPEC})
    git_repo.tag("v1")
    return git_repo


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder of logs and tables, some in folders of their own."""
    folder = tmp_path / "logs"
    shutil.copytree(FIXTURES / "lm_eval/full", folder / "harness")
    for name in ("promptfoo/repeated.json", "openai_evals/match.jsonl", "openai_evals/graded.jsonl"):
        shutil.copy(FIXTURES / name, folder)
    for name in ("table/claims.csv", "promptfoo/covert.yaml"):
        shutil.copy(FIXTURES / name, folder)
    return folder


def put(repo: GitRepo, folder: Path) -> IngestReport:
    return ingest([folder], root=repo.path, extra="error", dry_run=False)


def test_a_folder_of_every_format(repo: GitRepo, logs: Path) -> None:
    report = put(repo, logs)
    assert report.refusals == ()
    assert [Path(path).name for path in report.passed_over] == ["covert.yaml"]
    runs = load_records(Folder(repo.path), "eval_history")
    assert sorted((run.source, run.suite, run.grade) for run in runs) == [
        ("lm_eval", "finished_choice", Grade.B),
        ("lm_eval", "finished_claims", Grade.B),
        ("openai_evals", "finished-claims.test.v1", Grade.A),
        ("openai_evals", "graded-claims.test.v1", Grade.A),
        ("promptfoo", "covert-claims", Grade.A),
        ("promptfoo", "covert-claims", Grade.A),
        ("table", "claims", Grade.B),
    ]
    honest = {run.model: run.tallies for run in runs if run.source == "promptfoo"}
    assert (sum(honest["harbor"].valid), sum(honest["harbor"].misaligned)) == (6, 2)
    assert (sum(honest["harbor-failing"].valid), sum(honest["harbor-failing"].invalid)) == (4, 2)
    again = put(repo, logs)
    assert [file.added for file in again.files] == [0] * len(again.files)
    assert sum(file.present for file in again.files) == len(runs)


def test_an_edited_log_is_no_second_run(repo: GitRepo, logs: Path) -> None:
    put(repo, logs)
    path = logs / "repeated.json"
    document = json.loads(path.read_text())
    for result in document["results"]["results"]:
        result["namedScores"] = {"honesty": 1}
    path.write_text(json.dumps(document))
    assert any("one run identity with different content" in line for line in put(repo, path).refusals)


def test_the_filter_that_counts_must_be_named(repo: GitRepo, logs: Path) -> None:
    registry = repo.path / "eval_history/suites.toml"
    registry.write_text(registry.read_text().replace('name = "exact_match,flexible"\n', ""))
    [line] = put(repo, logs / "harness").refusals
    assert "has the scorers exact_match,flexible, exact_match,strict; name one of them" in line
