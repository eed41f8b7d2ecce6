"""The gate's warm path: nothing heavy is imported, what was said is said again, and every doubt runs the gate."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from auditor import warm
from auditor.git import command
from tests.landings import SECOND, evaluated
from tests.processes import auditor, environment

HOOK = ("gate", "--hook", "pre-commit", "--branch", "main", "--")
HEAVY = ("click", "pydantic", "git", "gitdb", "numpy", "networkx", "markdown_it", "rich")
LISTED = (
    "import sys, runpy, atexit; sys.argv = ['auditor', *sys.argv[1:]]; "
    "atexit.register(lambda: sys.stderr.write('|'.join(sys.modules))); runpy.run_module('auditor', run_name='__main__')"
)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To be copied. `main` with the fitted patch and its results staged."""
    made = evaluated(tmp_path_factory.mktemp("staged"))
    made.repo.checkout("main")
    made.patch(SECOND, visible="0/400", unseen="79/400")
    made.repo.git("reset", "-q", "--soft", "branch")
    return made.repo.path


@pytest.fixture
def folder(staged: Path, tmp_path: Path) -> Path:
    """A copy of `staged`."""
    return shutil.copytree(staged, tmp_path / "repo", symlinks=True)


def imported(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    call = [sys.executable, "-c", LISTED, *arguments]
    done = subprocess.run(call, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    return done.returncode, set(done.stderr.rsplit("\n", 1)[-1].split("|"))


def unrelated(folder: Path) -> None:
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=folder, check=True)
    (folder / "notes.txt").write_text("x")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)


def cached(folder: Path) -> list[Path]:
    return sorted((folder / ".git/auditor-gate").glob("*.json"))


def test_an_unrelated_commit_passes_without_the_gate(folder: Path) -> None:
    unrelated(folder)
    code, modules = imported(folder, *HOOK)
    assert code == 0
    assert "auditor.warm" in modules and not modules & set(HEAVY)
    assert not cached(folder)


def test_what_is_watched_is_looked_up_once(folder: Path) -> None:
    """The second time no TOML is read; what was kept is not believed once it is damaged, and another landing runs."""
    unrelated(folder)
    assert "tomllib" in imported(folder, *HOOK)[1]
    assert "tomllib" not in imported(folder, *HOOK)[1]
    [kept] = (folder / ".git/auditor-gate").glob("watched-*")
    before = kept.read_bytes()
    kept.write_bytes(before.replace(b"spec.md", b"spec.mx"))
    (folder / "spec.md").write_text(SECOND)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    assert "auditor.cli.gate" in imported(folder, *HOOK)[1]
    assert kept.read_bytes() == before


def test_another_branch_passes_without_the_gate(folder: Path) -> None:
    code, modules = imported(folder, "gate", "--hook", "pre-commit", "--branch", "release", "--")
    assert code == 0 and "auditor.cli.gate" not in modules


def test_what_was_said_today_is_said_again(folder: Path) -> None:
    first = auditor(*HOOK, cwd=folder)
    assert first.code == 1 and b"test-only" in first.out and len(cached(folder)) == 1
    assert auditor(*HOOK, cwd=folder) == first
    code, modules = imported(folder, *HOOK)
    assert code == 1 and not modules & set(HEAVY)


def test_a_damaged_cache_never_lets_through(folder: Path) -> None:
    """Each time the gate runs and writes what it said anew; the last has its exit code changed."""
    auditor(*HOOK, cwd=folder)
    (file,) = cached(folder)
    lets_through = json.dumps({**json.loads(file.read_text()), "code": 0})
    for damage in ("", "{}", "[]", "nonsense", '{"code": 0, "out": "", "err": "", "sum": "0"}', lets_through):
        file.write_text(damage)
        assert auditor(*HOOK, cwd=folder).code == 1, damage
        assert json.loads(file.read_text())["code"] == 1, damage


@pytest.mark.parametrize("change", ["spec.md", "auditor.toml", "eval_history/suites.toml", "pyproject.toml"])
def test_a_change_of_what_the_gate_reads_runs_it(folder: Path, change: str) -> None:
    unrelated(folder)
    with (folder / change).open("a") as file:
        file.write("\n# more\n")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    _, modules = imported(folder, *HOOK)
    assert "auditor.cli.gate" in modules


def test_another_tree_is_judged_anew(folder: Path) -> None:
    auditor(*HOOK, cwd=folder)
    (folder / "spec.md").write_text(SECOND + "\nOne more.\n")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    _, modules = imported(folder, *HOOK)
    assert "auditor.cli.gate" in modules


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "--hook", "pre-receive", "--branch", "main", "--"),
        ("gate", "--hook", "pre-push", "--branch", "main", "--"),
        ("gate", "--base", "HEAD"),
        ("gate", "--hook", "pre-commit", "--reveal"),
        ("gate", "--hook", "pre-commit", "--format", "json"),
    ],
)
def test_everything_else_runs_the_gate(folder: Path, arguments: tuple[str, ...]) -> None:
    unrelated(folder)
    _, modules = imported(folder, *arguments)
    assert "auditor.cli.gate" in modules
    assert not cached(folder)


def test_debts_fall_due_without_a_change(folder: Path) -> None:
    unrelated(folder)
    (folder / "auditor.toml").write_text((folder / "auditor.toml").read_text() + "\n[policy]\nevidence_debt_days = 3\n")
    subprocess.run(["git", "commit", "-qam", "debts", "--no-verify"], cwd=folder, check=True, env=environment())
    (folder / "more.txt").write_text("x")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    _, modules = imported(folder, *HOOK)
    assert "auditor.cli.gate" in modules


def test_git_is_run_as_the_rest_of_auditor_runs_it() -> None:
    """Written twice, since the other place imports too much; held equal here."""
    assert warm.ENVIRONMENT == command.ENVIRONMENT
    assert set(warm.OVERRIDES) <= set(command.OVERRIDES)
