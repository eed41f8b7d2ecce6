"""Hooks put in and taken out: what was there is kept and runs first, and what is gone refuses."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from auditor import hooks
from auditor.errors import RepositoryError
from auditor.git import open_repository
from tests.processes import auditor
from tests.repos import GitRepo

OTHER = "#!/bin/sh\ncat > seen.txt\nexit ${CODE:-0}\n"


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    git_repo = GitRepo(tmp_path / "r e p o")
    git_repo.commit({"a.md": "a"})
    return git_repo


def standing(folder: Path) -> dict[str, tuple[str, bool]]:
    return {
        hook_status.name: (str(hook_status.standing), hook_status.keeps)
        for hook_status in hooks.status(folder, hooks.CLIENT)
    }


def run(file: Path, *arguments: str, given: str = "", **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [file, *arguments], input=given, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    return done.returncode, done.stderr


def test_install_and_remove(repo: GitRepo) -> None:
    folder = repo.path / ".git/hooks"
    (folder / "pre-push").write_text(OTHER)
    (folder / "pre-push").chmod(0o755)
    before = sorted(file.name for file in folder.iterdir())
    assert auditor("hook", "install", cwd=repo.path).code == 0
    assert standing(folder) == {name: ("installed", name == "pre-push") for name in hooks.CLIENT}
    assert auditor("hook", "install", cwd=repo.path).code == 0, "twice is as once"
    assert standing(folder) == {name: ("installed", name == "pre-push") for name in hooks.CLIENT}
    assert auditor("hook", "uninstall", cwd=repo.path).code == 0
    assert sorted(file.name for file in folder.iterdir()) == before
    assert (folder / "pre-push").read_text() == OTHER


def test_status_names_each(repo: GitRepo) -> None:
    (repo.path / ".git/hooks/pre-commit").write_text(OTHER)
    done = auditor("hook", "status", cwd=repo.path)
    lines = done.out.decode().splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["other", "absent", "absent", "absent", "absent"]


def test_a_hook_that_is_kept_runs_first_and_its_refusal_stands(tmp_path: Path) -> None:
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / "reference-transaction").write_text(OTHER.replace("seen.txt", f"'{folder}/seen.txt'"))
    (folder / "reference-transaction").chmod(0o755)
    passes = tmp_path / "auditor"
    passes.write_text(f"#!/bin/sh\ncat > '{folder}/gate.txt'\necho \"$@\" >> '{folder}/gate.txt'\nexit 3\n")
    passes.chmod(0o755)
    hooks.install(folder, ("reference-transaction",), str(passes), ("main", "it's"))
    script, line = folder / "reference-transaction", "0 1 refs/heads/main\n"
    assert run(script, "prepared", given=line, CODE="7")[0] == 7
    assert (folder / "seen.txt").read_text() == line and not (folder / "gate.txt").exists()
    assert run(script, "prepared", given=line)[0] == 3
    text = "gate --hook reference-transaction --branch main --branch it's -- prepared\n"
    assert (folder / "gate.txt").read_text() == line + text


@pytest.mark.parametrize(
    ("state", "line"),
    [("committed", "0 1 refs/heads/main\n"), ("prepared", "0 1 refs/heads/other\n"), ("prepared", "")],
)
def test_nothing_starts_where_no_judged_branch_is_at_stake(tmp_path: Path, state: str, line: str) -> None:
    hooks.install(tmp_path, ("reference-transaction",), "/bin/false", ("main",))
    assert run(tmp_path / "reference-transaction", state, given=line)[0] == 0


def test_without_auditor_it_refuses(tmp_path: Path) -> None:
    hooks.install(tmp_path, ("pre-commit",), str(tmp_path / "gone"), ("main",))
    code, text = run(tmp_path / "pre-commit", PATH="/usr/bin:/bin")
    assert code == 2 and "auditor is not installed, so nothing was judged" in text


def test_one_that_is_kept_already_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "pre-commit").write_text(OTHER)
    (tmp_path / "pre-commit.before-auditor").write_text("#!/bin/sh\n")
    with pytest.raises(RepositoryError, match="kept there already"):
        hooks.install(tmp_path, ("pre-commit",), "auditor", ())
    assert (tmp_path / "pre-commit").read_text() == OTHER


def test_the_repositorys_own_hooks_path_is_followed(repo: GitRepo) -> None:
    repo.git("config", "core.hooksPath", ".husky")
    with open_repository(repo.path) as repository:
        assert hooks.hooks_folder(repository) == repo.path / ".husky"
    assert auditor("hook", "install", "--hook", "pre-commit", cwd=repo.path).code == 0
    assert (repo.path / ".husky/pre-commit").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hook", "install", "--hook", "post-commit"), "post-commit is no hook that asks the gate"),
        (("hook", "install", "--server"), "--server is for a bare repository"),
        (("gate", "--head", "HEAD"), "give --base with --head"),
        (("gate", "--branch", "main"), "belong to --hook"),
        (("gate", "--hook", "pre-commit", "--base", "HEAD"), "leave --base out"),
    ],
)
def test_bad_calls_are_one_line(repo: GitRepo, arguments: tuple[str, ...], said: str) -> None:
    done = auditor(*arguments, cwd=repo.path)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1
