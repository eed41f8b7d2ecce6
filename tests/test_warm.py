"""The gate's warm path: nothing heavy is imported where nothing is judged, and every doubt runs the gate."""

from __future__ import annotations

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


def test_an_unrelated_commit_passes_without_the_gate(folder: Path) -> None:
    unrelated(folder)
    code, modules = imported(folder, *HOOK)
    assert code == 0
    assert "auditor.warm" in modules and not modules & set(HEAVY)


def test_what_is_watched_is_looked_up_once(folder: Path) -> None:
    """The second time no TOML is read; what was kept is not believed once it is damaged, and another landing runs."""
    unrelated(folder)
    assert "tomllib" in imported(folder, *HOOK)[1]
    assert "tomllib" not in imported(folder, *HOOK)[1]
    [path] = (folder / ".git/auditor-gate").glob("watched-*")
    before = path.read_bytes()
    path.write_bytes(before.replace(b"spec.md", b"spec.mx"))
    (folder / "spec.md").write_text(SECOND)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    assert "auditor.cli.gate" in imported(folder, *HOOK)[1]
    assert path.read_bytes() == before


def test_another_branch_passes_without_the_gate(folder: Path) -> None:
    code, modules = imported(folder, "gate", "--hook", "pre-commit", "--branch", "release", "--")
    assert code == 0 and "auditor.cli.gate" not in modules


def test_the_same_landing_is_judged_every_time(folder: Path) -> None:
    assert b"test-only" in auditor(*HOOK, cwd=folder).out
    code, modules = imported(folder, *HOOK)
    assert code == 1 and "auditor.cli.gate" in modules


@pytest.mark.parametrize("damage", ["", "nonsense", "00000000\n1 0.0.0\0notes.txt"])
def test_a_damaged_cache_never_lets_through(folder: Path, damage: str) -> None:
    unrelated(folder)
    auditor(*HOOK, cwd=folder)
    [path] = (folder / ".git/auditor-gate").iterdir()
    path.write_text(damage)
    (folder / "spec.md").write_text(SECOND)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    assert "auditor.cli.gate" in imported(folder, *HOOK)[1]


@pytest.mark.parametrize("change", ["spec.md", "auditor.toml", "eval_history/suites.toml", "pyproject.toml"])
def test_a_change_of_what_the_gate_reads_runs_it(folder: Path, change: str) -> None:
    unrelated(folder)
    with (folder / change).open("a") as file:
        file.write("\n# more\n")
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
