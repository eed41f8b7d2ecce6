"""`auditor status`: how a project stands, and exactly one next command, which works when it is pasted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.render.documents import status_json_schema
from tests.cli.conftest import FIRST, HEAD, Auditor, paste, results, tree_hash
from tests.repos import GitRepo
from tests.snapshots import assert_as_written

ROOT = Path(__file__).parents[2]
TABLE = f"{HEAD}\nv1,visible,m,a,1\nv1,unseen,m,a,1\n"


def status(auditor: Auditor, repo: Path) -> dict[str, Any]:
    """The document, held against its schema."""
    done = auditor("status", "--repo", repo, "--format", "json")
    assert (done.code, done.err) == (0, "")
    document: dict[str, Any] = json.loads(done.out)
    jsonschema.validate(document, json.loads(status_json_schema()))
    return document


def test_the_published_schema_is_current() -> None:
    assert_as_written(ROOT / "docs/schemas/status.schema.json", status_json_schema())


def test_what_is_said_next_leads_from_nothing_to_a_gate(auditor: Auditor, tmp_path: Path) -> None:
    """Each command is pasted as it stands; the only thing that a person adds are the roles of the suites."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "system_prompt.md").write_text(FIRST)
    commands: list[str] = []
    while (command := status(auditor, folder)["next"]["command"]) != "auditor audit":
        assert len(commands) < 8, commands
        if command.startswith("auditor init"):
            GitRepo(folder).tag("v1")
            (folder / "results.csv").write_text(TABLE)
            command = f"{status(auditor, folder)['next']['command']} --test visible --held-out unseen"
        commands.append(command)
        done = paste(command, folder)
        assert done.returncode == 0, (command, done)
    assert commands == [
        'git init && git add system_prompt.md && git commit -m "Add the spec"',
        "auditor init --from results.csv --test visible --held-out unseen",
        "auditor ingest results.csv",
        'git add auditor.toml eval_history && git commit -m "Configure auditor"',
        "auditor hook install",
    ]


def test_a_project_with_evaluations(auditor: Auditor, judged: GitRepo) -> None:
    before = tree_hash(judged.path)
    document = status(auditor, judged.path)
    assert document["configuration"] == {
        "file": "auditor.toml", "state": "committed", "on_inconclusive": "warn", "require_held_out": "with-test",
        "problem": "",
    }  # fmt: skip
    assert [(spec["name"], spec["revisions"], spec["problem"]) for spec in document["specs"]] == [("conduct", 3, "")]
    [behaviour] = document["behaviours"]
    suites = [(suite["name"], suite["role"], suite["runs"]) for suite in behaviour["suites"]]
    assert (suites, behaviour["lacking"]) == ([("visible", "test", 3), ("unseen", "held_out", 2)], "")
    assert (document["store"]["records"], document["store"]["unsealed"], document["store"]["uncommitted"]) == (5, 5, 0)
    assert [(gap["behaviour"], gap["suite"]) for gap in document["open_gaps"]] == [("concealment", "unseen")]
    assert document["next"]["command"] == "auditor hook install"
    assert tree_hash(judged.path) == before
    text = auditor("status", "--repo", judged.path).out
    assert "Open gap: concealment of m: held-out unseen is clearly above test since " in text
    assert text.endswith("Next: no hook asks the gate what is about to land.\n  auditor hook install\n")


def test_what_cannot_be_read_is_said_and_hides_nothing(auditor: Auditor, own: GitRepo) -> None:
    record = next((own.path / "eval_history/records").rglob("*.json"))
    record.write_text("{")
    document = status(auditor, own.path)
    [fault] = document["store"]["faults"]
    assert (fault["path"], document["store"]["records"]) == (record.relative_to(own.path).as_posix(), 4)
    assert document["next"]["command"] == "auditor verify"
    (own.path / "eval_history/suites.toml").write_text("[[suite]")
    document = status(auditor, own.path)
    assert "suites.toml" in document["store"]["problem"]
    assert document["next"]["command"] == "${EDITOR:-vi} eval_history/suites.toml"
    (own.path / "auditor.toml").write_text("[[spec]")
    document = status(auditor, own.path)
    assert (document["configuration"]["state"], document["specs"]) == ("changed", [])
    assert document["next"]["command"] == "${EDITOR:-vi} auditor.toml"


def test_a_behaviour_without_a_held_out_suite(auditor: Auditor, project: GitRepo, tmp_path: Path) -> None:
    suites = '[[suite]]\nname = "visible"\nbehaviour = "b"\nrole = "test"\n'
    project.commit({"eval_history/suites.toml": suites})
    (tmp_path / "r.csv").write_text(f"{HEAD}\nv1,visible,m,a,1\n")
    assert auditor("ingest", tmp_path / "r.csv", "--repo", project.path).code == 0
    project.commit({})
    assert auditor("hook", "install", "--repo", project.path).err == ""
    document = status(auditor, project.path)
    assert [behaviour["lacking"] for behaviour in document["behaviours"]] == ["no held-out suite"]
    assert document["next"]["reason"] == "behaviour b has no held-out suite, and can have no verdict without"


def test_a_preregistered_run_is_due(auditor: Auditor, project: GitRepo) -> None:
    command = ("preregister", "--repo", project.path, "--suite", "visible", "--model", "m", "--samples", "40")
    done = auditor(*command)
    assert done.code == 0, done
    [plan] = status(auditor, project.path)["plans_due"]
    assert (plan["suite"], plan["checkpoint"], plan["samples"], plan["age"]) == ("visible", "m", 40, 0)
    assert (
        "Preregistered 0 days ago, without a result: visible of m, 40 samples."
        in auditor("status", "--repo", project.path).out
    )


def test_a_bare_repository_has_the_servers_hook(auditor: Auditor, judged: GitRepo, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    judged.git("clone", "-q", "--bare", str(judged.path), str(bare))
    document = status(auditor, bare)
    assert [hook["name"] for hook in document["hooks"]] == ["pre-receive"]
    assert document["next"]["command"] == "auditor hook install --server"


def test_hooks_before_the_configuration_is_committed(auditor: Auditor, tmp_path: Path) -> None:
    """Said when they are installed, and by every commit that is refused; what is said to be typed passes."""
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"spec.md": FIRST})
    repo.tag("v1")
    done = auditor("hook", "install", "--repo", repo.path)
    reason = "auditor: there is no auditor.toml; until it is there and committed, every commit is refused\n"
    assert (done.code, done.err) == (0, f"{reason}Next: auditor init\n")
    assert auditor("init", "--repo", repo.path).code == 0
    done = auditor("hook", "install", "--repo", repo.path)
    remedy = 'git add auditor.toml eval_history && git commit -m "Configure auditor"'
    assert done.err.endswith(f"; until it is there and committed, every commit is refused\nNext: {remedy}\n")
    (repo.path / "notes.txt").write_text("x")
    refused = paste('git add notes.txt && git commit -m "Notes"', repo.path)
    assert refused.returncode != 0
    assert f"auditor.toml: is not committed, so that nothing can be judged by it; {remedy}; that commit passes" in (
        refused.stderr
    )
    assert paste("git reset -q notes.txt", repo.path).returncode == 0
    committed = paste(remedy, repo.path)
    assert committed.returncode == 0, committed
    assert paste('git add notes.txt && git commit -m "Notes"', repo.path).returncode == 0
    assert auditor("hook", "install", "--repo", repo.path).err == ""


@pytest.mark.parametrize("name", ["auditor.toml", "pyproject.toml"])
def test_either_file_may_be_the_configuration(auditor: Auditor, tmp_path: Path, name: str) -> None:
    repo = GitRepo(tmp_path / "repo")
    key = "spec" if name == "auditor.toml" else "tool.auditor.spec"
    repo.commit({"spec.md": FIRST, name: f'[[{key}]]\nname = "s"\npaths = ["spec.md"]\n'})
    document = status(auditor, repo.path)["configuration"]
    assert (document["file"], document["state"]) == (name, "committed")


def test_a_pyproject_without_a_section_is_no_configuration(auditor: Auditor, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    repo.commit({"spec.md": FIRST, "pyproject.toml": "[project]\n"})
    assert status(auditor, repo.path)["next"]["command"] == "auditor init"


def test_results_in_the_work_tree_are_to_be_ingested(auditor: Auditor, project: GitRepo) -> None:
    (project.path / "my results.csv").write_text(results())
    assert status(auditor, project.path)["next"]["command"] == "auditor ingest 'my results.csv'"
