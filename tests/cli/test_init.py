"""`auditor init`: what it writes can be read at once, and nothing that was there is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.app.init import _BINDINGS_TEMPLATE, _SUITES_TEMPLATE
from auditor.cli.main import run
from auditor.git import Folder
from auditor.model.policy import Policy
from auditor.model.suite import Role
from auditor.settings import SpecConfig, load_settings
from auditor.store.registry import load_bindings, load_registry
from tests.repos import GitRepo

Capture = pytest.CaptureFixture[str]
WRITTEN = ["auditor.toml", "eval_history/bindings.toml", "eval_history/suites.toml"]


def said(capsys: Capture, repo: Path, *arguments: str) -> tuple[int, str, str]:
    code = run(["init", *arguments, "--repo", str(repo)])
    out, err = capsys.readouterr()
    return code, out, err


def files(folder: Path) -> dict[str, bytes]:
    paths = (file for file in folder.rglob("*") if file.is_file() and ".git" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in paths}


def with_files(folder: Path, *names: str) -> GitRepo:
    git_repo = GitRepo(folder / "repo")
    git_repo.commit(dict.fromkeys(names, "# One\n\nText.\n"))
    return git_repo


def test_the_one_likely_file_is_the_spec(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "README.md", "docs/model_spec.md", "tests/spec.md", "inspector.md", "spec.py")
    code, out, err = said(capsys, repo.path)
    assert code == 0
    assert [line[:2] for line in out.splitlines()] == ["1.", "2.", "3.", "4."]
    assert err == ("wrote auditor.toml, eval_history/suites.toml, eval_history/bindings.toml for docs/model_spec.md\n")
    tree = Folder(repo.path)
    settings = load_settings(tree)
    assert settings.specs == (SpecConfig("model_spec", ("docs/model_spec.md",)),)
    assert settings.policy == Policy()
    assert load_registry(tree, settings.store).suites == {}
    assert load_bindings(tree, settings.store) == ()


def test_audit_and_revision_run_right_after(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "constitution.md")
    assert said(capsys, repo.path)[0] == 0
    for command in ("audit", "revision"):
        assert run([command, "--repo", str(repo.path)]) == 0
    assert capsys.readouterr().err == ""


def test_the_examples_are_valid_and_the_defaults_are_those_that_hold(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "spec.md")
    said(capsys, repo.path)
    for name in WRITTEN:
        lines = (repo.path / name).read_text().splitlines()
        code = [line.removeprefix("# ") for line in lines if line.startswith("# [") or " = " in line or line[:1] == "["]
        (repo.path / name).write_text("\n".join(code))
    tree = Folder(repo.path)
    assert load_settings(tree).policy == Policy()
    roles = [suite.role for suite in load_registry(tree, "eval_history").suites.values()]
    assert roles == [Role.TEST, Role.HELD_OUT]
    [binding] = load_bindings(tree, "eval_history")
    assert binding.file == "2026-01-*.eval"
    assert max(map(len, (_SUITES_TEMPLATE + _BINDINGS_TEMPLATE).splitlines())) <= 120


@pytest.mark.parametrize(
    "name",
    [
        "spec.md",
        "Model-Spec.md",
        "ModelSpec.md",
        "anti_scheming_spec.md",
        "SPECIFICATION.markdown",
        "constitution.txt",
        "system_prompt.j2",
        "systemprompt.txt",
        "agent.system-message.prompt",
        "claude.constitution.md",
    ],
)
def test_names_that_suggest_a_spec(tmp_path: Path, capsys: Capture, name: str) -> None:
    repo = with_files(tmp_path, name)
    assert said(capsys, repo.path)[0] == 0
    assert load_settings(Folder(repo.path)).specs[0].paths == (name,)


@pytest.mark.parametrize("name", ["README.md", "inspect.md", "special.md", "spec.json", "system.md", ".github/spec.md"])
def test_names_that_do_not(tmp_path: Path, capsys: Capture, name: str) -> None:
    repo = with_files(tmp_path, name)
    code, out, err = said(capsys, repo.path)
    assert (code, out) == (2, "")
    assert "no committed file is called like a spec, constitution or system prompt; give --spec PATH" in err
    assert not (repo.path / "auditor.toml").exists()


def test_several_candidates_are_named(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "a/spec.md", "b/system_prompt.txt")
    code, out, err = said(capsys, repo.path)
    assert (code, out) == (2, "")
    assert err.endswith(
        "2 files may be the spec: a/spec.md, b/system_prompt.txt; give one of them, or a glob, with --spec PATH\n"
    )
    assert said(capsys, repo.path, "--spec", "b/system_prompt.txt")[0] == 0
    assert load_settings(Folder(repo.path)).specs == (SpecConfig("system_prompt", ("b/system_prompt.txt",)),)


def test_a_glob(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "rules/one.md", "rules/two.md")
    assert said(capsys, repo.path, "--spec", "./rules/*.md")[0] == 0
    assert load_settings(Folder(repo.path)).specs == (SpecConfig("rules", ("rules/*.md",)),)
    assert run(["audit", "--repo", str(repo.path)]) == 0


def test_a_name_beyond_the_basic_plane(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "\U0001f600 spec.md")
    assert said(capsys, repo.path)[0] == 0
    assert load_settings(Folder(repo.path)).specs == (SpecConfig("\U0001f600 spec", ("\U0001f600 spec.md",)),)


def test_a_name_that_toml_cannot_hold(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, os.fsdecode(b"spec \xff.md"))
    code, out, err = said(capsys, repo.path)
    assert (code, out, err) == (2, "", "auditor: spec <U+DCFF>.md: its name is not UTF-8; rename it\n")
    assert not (repo.path / "auditor.toml").exists()


@pytest.mark.parametrize(
    ("path", "what"),
    [("nothing.md", "no commit has it"), ("../spec.md", "inside the project"), ("/spec.md", "inside the project")],
)
def test_a_path_that_is_no_spec(tmp_path: Path, capsys: Capture, path: str, what: str) -> None:
    repo = with_files(tmp_path, "spec.md")
    code, out, err = said(capsys, repo.path, "--spec", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert what in err


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_is_written_over(tmp_path: Path, capsys: Capture, name: str) -> None:
    repo = with_files(tmp_path, "spec.md")
    repo.write({name: "# mine\n"})
    before = files(repo.path)
    code, out, err = said(capsys, repo.path)
    assert (code, out) == (2, "")
    assert err == f"auditor: {name}: is there already, and is left as it is; edit it, or move it away\n"
    assert files(repo.path) == before


def test_settings_in_pyproject_count(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "spec.md")
    repo.write({"pyproject.toml": "[tool.auditor]\n"})
    assert said(capsys, repo.path)[2].startswith("auditor: pyproject.toml: is there already")


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "spec.md")
    (tmp_path / "elsewhere").mkdir()
    (repo.path / "eval_history").symlink_to(tmp_path / "elsewhere")
    code, out, err = said(capsys, repo.path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_in_the_way_leaves_nothing_behind(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "spec.md")
    (repo.path / "eval_history/bindings.toml").mkdir(parents=True)
    before = files(repo.path)
    code, out, err = said(capsys, repo.path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert files(repo.path) == before


def test_a_spec_must_be_committed(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "README.md")
    repo.write({"spec.md": "x"})
    assert said(capsys, repo.path)[0] == 2
    empty = GitRepo(tmp_path / "empty")
    assert "has no commits" in said(capsys, empty.path)[2]


def test_dated_folders(tmp_path: Path, capsys: Capture) -> None:
    for name in ("2026-01-01", "2026-02-01"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_spec.md").write_text(name)
    assert said(capsys, tmp_path)[0] == 0
    assert load_settings(Folder(tmp_path)).specs == (SpecConfig("model_spec", ("*/model_spec.md",), "folder"),)
    assert run(["audit", "--repo", str(tmp_path)]) == 0
    assert "2 revisions in 2 dated folders" in capsys.readouterr().out


def test_elsewhere_it_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "plain").mkdir()
    assert "is neither in git nor a folder of dated revisions" in said(capsys, tmp_path / "plain")[2]
    repo = with_files(tmp_path, "spec.md")
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    assert "is bare" in said(capsys, tmp_path / "bare")[2]


def test_from_a_folder_below_the_root(tmp_path: Path, capsys: Capture) -> None:
    repo = with_files(tmp_path, "docs/spec.md")
    assert said(capsys, repo.path / "docs")[0] == 0
    assert sorted(set(files(repo.path)) - {"docs/spec.md"}) == WRITTEN


def test_as_a_process(tmp_path: Path) -> None:
    repo = with_files(tmp_path, "spec.md")
    call = [sys.executable, "-m", "auditor", "init"]
    assert [subprocess.run(call, cwd=repo.path, capture_output=True, check=False).returncode for _ in "12"] == [0, 2]
