"""Which items are the same in two logs: by id, input and check, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import run
from auditor.git import Folder
from auditor.model.run import Run
from auditor.store.records import load_records
from tests.repos import GitRepo
from tests.tiny_logs import inspect_log, promptfoo_log, promptfoo_result, sample, write_json

FIRST = "# Conduct\n\n- Say plainly what was done, and what was not done.\n"
SECOND = FIRST + "- Never claim that work is finished unless it is.\n"


def suites(name: str) -> str:
    return "".join(
        f'[[suite]]\nname = "{suite}"\nbehaviour = "overclaiming"\nrole = "{role}"\n'
        f'[suite.score]\nname = "{name}"\nmisaligned = "low"\nunit = "fraction"\n'
        for suite, role in (("visible", "test"), ("unseen", "held_out"))
    )


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"auditor.toml": '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n', "spec.md": FIRST})
    git_repo.tag("v1")
    git_repo.commit({"eval_history/suites.toml": suites("match"), "spec.md": SECOND})
    git_repo.tag("v2")
    return git_repo


def put(repo: GitRepo, *logs: Path) -> None:
    assert run(["ingest", *map(str, logs), "--repo", str(repo.path)]) == 0


def recorded(repo: GitRepo) -> tuple[Run, ...]:
    return load_records(Folder(repo.path), "eval_history")


def audit(repo: GitRepo, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    run(["audit", "--repo", str(repo.path), "--format", "json"])
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def inspect_pair(tmp_path: Path, suite: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Path]:
    return [
        write_json(tmp_path / f"{suite}{day}.json", inspect_log(samples, revision, suite, f"2026-0{day}-02T10:00:00Z"))
        for day, revision, samples in ((1, "v1", before), (2, "v2", after))
    ]


def behaviour(report: dict[str, Any]) -> dict[str, Any]:
    [patch] = [one for one in report["patches"] if one["behaviours"]]
    [facts] = patch["behaviours"]
    assert isinstance(facts, dict)
    return facts


def said(report: dict[str, Any]) -> str:
    return "\n".join(f"{one['what']}: {one['why']}" for one in report["not_assessed"])


def misconduct(items: range, bad: int, words: str = "item") -> list[dict[str, Any]]:
    """Samples by number, of which the first few are misaligned."""
    return [sample(item, 0.0 if place < bad else 1.0, f"{words} {item}") for place, item in enumerate(items)]


@pytest.mark.parametrize("keyed", [False, True])
def test_new_prompts_under_old_ids_are_other_items(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, keyed: bool
) -> None:
    if keyed:
        monkeypatch.setenv("AUDITOR_PROMPT_KEY_FILE", str(tmp_path / "key"))
        (tmp_path / "key").write_text("0123456789abcdef" * 4)
        (tmp_path / "key").chmod(0o600)
    for suite in ("visible", "unseen"):
        easy = misconduct(range(30, 100), 0)
        before = misconduct(range(30), 24) + easy
        after = misconduct(range(30), 0, "an easier item") + easy
        put(repo, *inspect_pair(tmp_path, suite, before, after))
    assert {one.details.input_key is not None for one in recorded(repo) if one.details} == {keyed}
    report = audit(repo, capsys)
    assert behaviour(report)["verdict"] == "artefact"
    assert "30 item ids of unseen (0, 1, 10, …): in some runs they have another prompt or check" in said(report)


def test_a_dataset_without_ids_is_matched_by_its_inputs(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inspect numbers such items by their place; a new item at the beginning moves all others."""
    questions = [f"question {place}" for place in range(60)]
    before = [sample(n, 0.0 if n <= 30 else 1.0, asks) for n, asks in enumerate(questions, start=1)]
    after = [sample(n, 1.0, asks) for n, asks in enumerate(["a new question", *questions], start=1)]
    put(repo, *inspect_pair(tmp_path, "visible", before, after))
    test = behaviour(audit(repo, capsys))["test"]
    assert (test["before"]["misaligned"], test["before"]["items"], test["after"]["items"]) == (30, 60, 60)


def test_an_older_record_without_inputs_meets_a_newer_run_by_id(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = misconduct(range(60), 30), misconduct(range(60), 0)
    for document in before:
        del document["input"], document["target"]
    put(repo, *inspect_pair(tmp_path, "visible", before, after))
    report = audit(repo, capsys)
    assert behaviour(report)["test"]["before"]["items"] == 60
    assert "the items of 1 run of visible: no inputs are recorded, so their items rest on their ids alone" in said(
        report
    )


def test_the_spec_as_a_variable_is_no_part_of_an_item(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write({"eval_history/suites.toml": suites("success")})
    for revision, text, bad in (("v1", FIRST, 20), ("v2", SECOND, 0)):
        results = [
            promptfoo_result({"q": f"question {n}", "rules": text.strip()}, n >= bad, n, text) for n in range(40)
        ]
        put(repo, write_json(tmp_path / f"{revision}.json", promptfoo_log(results, revision, f"eval-{revision}")))
    runs = recorded(repo)
    assert len({one.tallies.items for one in runs}) == len({one.details for one in runs}) == 1
    assert behaviour(audit(repo, capsys))["test"]["before"]["items"] == 40


def test_equal_variables_and_other_assertions_are_two_items(
    repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write({"eval_history/suites.toml": suites("success")})
    strict, mild = [{"type": "equals", "value": "No."}], [{"type": "equals", "value": "no"}]
    for revision, checks, bad in (("v1", (mild, strict), 40), ("v2", (mild,), 0)):
        results = [
            promptfoo_result({"q": f"question {n}"}, not (check is strict and n < bad), n, asserts=check)
            for check in checks
            for n in range(40)
        ]
        put(repo, write_json(tmp_path / f"{revision}.json", promptfoo_log(results, revision, f"eval-{revision}")))
    counts = {len(one.tallies.items or ()): set(one.tallies.valid) for one in recorded(repo)}
    assert counts == {80: {1}, 40: {1}}
    # The strict tests were dropped; what is left never failed.
    assert behaviour(audit(repo, capsys))["verdict"] == "artefact"


def test_the_spec_inside_a_question_is_no_part_of_it(repo: GitRepo, tmp_path: Path) -> None:
    for day, revision, text in ((1, "v1", FIRST), (2, "v2", SECOND)):
        samples = [sample("a", 1.0, f"Follow this:\n\n{text}\nWas the mail sent?")]
        log = inspect_log(samples, revision, created=f"2026-0{day}-02T10:00:00Z")
        put(repo, write_json(tmp_path / f"{revision}.json", log))
    first, second = recorded(repo)
    assert first.details is not None
    assert first.details == second.details


def test_a_redacted_stamp_is_none(repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """promptfoo takes a whole id for a secret; the beginning that `auditor revision` prints stays."""
    repo.write({"eval_history/suites.toml": suites("success")})
    results = [promptfoo_result({"q": f"question {n}"}, True, n) for n in range(3)]
    log = write_json(tmp_path / "log.json", promptfoo_log(results, "[REDACTED]", "eval-1"))
    assert run(["ingest", str(log), "--repo", str(repo.path)]) == 2
    assert "has a stamp that its tool redacted as a secret, and no system message" in capsys.readouterr().err
    documents = [promptfoo_result({"q": "question"}, True, 0, FIRST)]
    put(repo, write_json(tmp_path / "shown.json", promptfoo_log(documents, "[REDACTED]", "eval-2")))
    assert "may move" not in capsys.readouterr().err
    run(["revision", "--repo", str(repo.path)])
    stamp = capsys.readouterr().out.splitlines()[-1]
    put(repo, write_json(tmp_path / "stamped.json", promptfoo_log(results, stamp, "eval-3")))
    assert {len(one.tallies.items or ()) for one in recorded(repo)} == {1, 3}


def test_promptfoo_in_json_lines(repo: GitRepo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo.write({"eval_history/suites.toml": suites("success")})
    rows = [
        promptfoo_result({"q": f"question {n}"}, n > 0, n) | {"id": f"r{n}", "namedScores": {}} for n in (0, 1, 2, 2)
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert run(["ingest", str(path), "--repo", str(repo.path)]) == 2
    assert "name the suite in the metadata of defaultTest: suite: NAME" in capsys.readouterr().err
    for row in rows:
        row["testCase"]["metadata"] = {"suite": "visible", "spec_revision": "v1"}
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    put(repo, path)
    [one] = recorded(repo)
    assert (sum(one.tallies.valid), sum(one.tallies.misaligned), one.incomplete) == (3, 1, None)
