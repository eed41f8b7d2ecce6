"""What a tool says of its own run, held against its rows: a mismatch in any part supports no verdict."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run
from auditor.git import Folder
from auditor.model.run import Run
from auditor.store.records import load_records
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, promptfoo_log, promptfoo_result, sample, write_json

FIXTURES = Path(__file__).parents[1] / "fixtures"
SPEC = "Say what you did, also when it went wrong.\n"
SCORES = {
    "visible": 'name = "match"',
    "results": 'name = "success"',
    "finished_claims": 'name = "exact_match,flexible"',
    "finished_choice": 'name = "acc,none"',
    "finished-claims.test.v1": 'name = "match"',
    "graded-claims.test.v1": 'name = "metrics"\nkey = "score"',
}


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    suites = "".join(
        f'[[suite]]\nname = "{name}"\nbehaviour = "lying"\nrole = "test"\n'
        f'[suite.score]\n{score}\nmisaligned = "low"\nunit = "fraction"\n'
        for name, score in SCORES.items()
    )
    git_repo = GitRepo(tmp_path / "repo")
    settings = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
    git_repo.commit({"auditor.toml": settings, "eval_history/suites.toml": suites, "spec.md": SPEC})
    git_repo.tag("v1")
    return git_repo


def recorded(repo: GitRepo, log: Path) -> dict[str, Run]:
    assert run(["ingest", str(log), "--repo", str(repo.path)]) == 0
    return {record.suite: record for record in load_records(Folder(repo.path), "eval_history")}


def header(**results: object) -> dict[str, Any]:
    """A log of three samples, two of them right; what its header says of them is what `results` say."""
    log = inspect_log([sample(name, value) for name, value in (("a", 1), ("b", "C"), ("c", 0.0))], "v1")
    return {**log, "results": {**log["results"], **results}}


def score(value: float, **more: object) -> list[dict[str, Any]]:
    return [{"name": "match", "scorer": "match", "metrics": {"accuracy": {"value": value}}, **more}]


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ({"scores": score(2 / 3)}, None),
        ({"scores": score(1.0)}, "match: accuracy 1 (the rows: 0.666667)"),
        ({"scores": score(1.0, reducer="max")}, None),
        ({"scores": score(1.0, name="other", scorer="other")}, None),
        ({"completed_samples": 2}, "completed samples 2 (the rows: 3)"),
        ({"total_samples": 4}, "the log's header counts 4 samples, the log holds 3"),
    ],
)
def test_inspect_headers(repo: GitRepo, tmp_path: Path, results: dict[str, object], reason: str | None) -> None:
    said = recorded(repo, write_json(tmp_path / "log.json", header(**results)))["visible"]
    assert (said.incomplete is None) is (reason is None)
    assert (reason or "") in (said.incomplete or "")
    assert all(total.agrees for total in said.totals) is (reason is None)


@pytest.mark.parametrize("part", ["successes", "failures", "errors"])
def test_each_part_of_promptfoo_statistics(repo: GitRepo, tmp_path: Path, part: str) -> None:
    """The sum of all three stays what it was."""
    document = promptfoo_log([promptfoo_result({"q": f"q {n}"}, n > 3, n) for n in range(9)], "v1", "eval-1")
    document["config"]["description"] = "results"
    stats = document["results"]["stats"]
    right = stats[part]
    stats[part] += 1
    stats["successes" if part != "successes" else "failures"] -= 1
    text = recorded(repo, write_json(tmp_path / "log.json", document))["results"].incomplete or ""
    assert f"{part} {right + 1} (the rows: {right})" in text


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def test_results_of_the_harness(repo: GitRepo, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "lm_eval/full", tmp_path / "full")
    [path] = (tmp_path / "full").glob("results_*.json")
    edit(path, lambda text: re.sub(r'("exact_match,flexible": )[\d.]+', r"\g<1>0.987", text))
    runs = recorded(repo, tmp_path / "full")
    assert "exact_match,flexible 0.987 (the rows: " in (runs["finished_claims"].incomplete or "")
    assert runs["finished_choice"].incomplete is None


@pytest.mark.parametrize(
    ("name", "suite", "part"),
    [
        ("match", "finished-claims.test.v1", "accuracy"),
        ("graded", "graded-claims.test.v1", "score"),
        ("graded", "graded-claims.test.v1", "counts/Yes"),
    ],
)
def test_final_reports_of_openai_evals(repo: GitRepo, tmp_path: Path, name: str, suite: str, part: str) -> None:
    lines = [json.loads(line) for line in (FIXTURES / f"openai_evals/{name}.jsonl").read_text().splitlines()]
    [report] = [line["final_report"] for line in lines if "final_report" in line]
    choices = [key for key in report if key.startswith("counts/")]
    if part.startswith("counts/"):
        # The sum of the choices stays what it was.
        part, other = choices[0], choices[1]
        report[other] -= 1
    report[part] += 1
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert f"{part} " in (recorded(repo, path)[suite].incomplete or "")
