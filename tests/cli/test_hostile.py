"""Every command on a repository whose configuration would run something, and without what a decision needs."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from auditor import warm
from auditor.cli.main import VERBS, run
from tests.git.test_hostile import plant
from tests.landings import SECOND, Evaluated, evaluated

ZERO = "0" * 40
HOOK = ("gate", "--hook", "pre-commit", "--branch", "main", "--")
# Each command, and what it ends with; {base} and {head} are commits, {page} is a new file, {table} a table.
COMMANDS: dict[str, int] = {
    "audit": 0,
    "audit --format json": 0,
    "log": 0,
    "diff main branch": 0,
    "blame spec.md:3": 0,
    "graph": 0,
    "view --no-browser": 0,
    "compare main branch": 0,
    "plan": 0,
    "revision": 0,
    "status": 0,
    "verify": 0,
    "report --since 2026-01-01 --until 2026-01-31 --no-seal -o {page}": 0,
    "verify --report {page}": 1,  # it rests on records of the work tree that its commit has not
    "gate --base main --head branch": 1,
    "gate": 1,
    "gate --hook pre-commit --branch main --": 1,
    "gate --hook pre-merge-commit --branch main --": 1,
    "gate --hook pre-push -- origin url": 1,
    "gate --hook reference-transaction -- prepared": 1,
    "gate --hook pre-receive": 1,
    "gate --hook update -- refs/heads/main {base} {head}": 1,
    "preregister --suite visible --model m1 --samples 3": 0,
    "help": 0,
    "init": 2,
    "init --from {table}": 0,
    "hook status": 0,
    "hook install": 0,
    "hook uninstall": 0,
    "checks": 0,
}
# The same once `branch` is the one that is checked out.
LANDED = {"audit --fail-on suspected": 1, "show branch~1": 0, "ablate branch~1 -o {page}": 2, "ingest {table}": 0}
STDIN = {
    "pre-push": "refs/heads/branch {head} refs/heads/main {base}\n",
    "reference-transaction": "{base} {head} refs/heads/main\n",
    "pre-receive": "{base} {head} refs/heads/main\n",
}


@pytest.fixture
def staged(tmp_path: Path) -> Evaluated:
    """`branch` has a fitted patch with its results; `main` is checked out, with the same staged."""
    made = evaluated(tmp_path)
    made.repo.commit({".gitattributes": "*.md diff=spec filter=spec merge=spec\n"})
    made.repo.git("branch", "-f", "main")
    made.patch(SECOND, visible="0/400", unseen="79/400")
    made.repo.checkout("main")
    made.repo.git("read-tree", "-u", "--reset", "branch")
    return made


def test_no_command_runs_what_the_configuration_names(
    staged: Evaluated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = staged.repo
    words = {"base": repo.git("rev-parse", "main"), "head": repo.git("rev-parse", "branch")}
    words |= {"page": str(tmp_path / "page.html"), "table": str(tmp_path / "table.csv")}
    mark = plant(repo.path, tmp_path)
    monkeypatch.chdir(repo.path)
    assert not warm.nothing_to_judge(HOOK, "no such version")
    assert not mark.exists(), mark.read_text()
    ended: dict[str, int] = {}
    for command in (*COMMANDS, *LANDED):
        if command == next(iter(LANDED)):
            (repo.path / ".git/HEAD").write_text("ref: refs/heads/branch\n")
        hook = command.partition("--hook ")[2].partition(" ")[0]
        monkeypatch.setattr(sys, "stdin", io.StringIO(STDIN.get(hook, "").format(**words)))
        ended[command] = run(command.format(**words).split())
        assert not mark.exists(), (command, mark.read_text())
    capsys.readouterr()
    assert ended == COMMANDS | LANDED
    assert {command.split()[0] for command in ended} == {verb for verbs in VERBS.values() for verb in verbs} - {
        "demo"
    }, "a command is not tried"
    with suppress(subprocess.CalledProcessError):
        repo.git("add", "-A", "--renormalize")  # the trap works: ordinary git steps into it
    assert mark.exists()


def without_git(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(made.folder / "nothing"))


def without_a_cache(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can be made where the hook keeps what is watched."""
    (made.repo.path / ".git/auditor-gate").write_text("no folder")


def without_an_index(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    (made.repo.path / ".git/index").write_bytes(b"DIRC")


def without_objects(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    text = made.repo.git("rev-parse", "branch:spec.md")
    (made.repo.path / ".git/objects" / text[:2] / text[2:]).unlink()


def without_a_branch(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a crash; git says the same of a branch that has no commit yet."""
    (made.repo.path / ".git/refs/heads/main").write_text("")


def without_a_commit(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = made.repo.git("rev-parse", "main")
    (made.repo.path / ".git/objects" / commit[:2] / commit[2:]).unlink()


def where_nothing_can_be_written(made: Evaluated, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a read-only disk, for root too: objects are told to go where no folder can be."""
    objects = made.repo.path / ".git/objects"
    (made.repo.path / "spec.md").write_text(SECOND + "\nMore.\n")
    made.repo.git("add", "spec.md")
    for folder in objects.iterdir():
        if len(folder.name) == 2 and not any(folder.iterdir()):
            folder.rmdir()
    for at in range(256):
        if not (objects / f"{at:02x}").exists():
            (objects / f"{at:02x}").write_text("")
        else:
            (objects / f"{at:02x}").chmod(0o555)


TAKEN: dict[str, tuple[Callable[[Evaluated, pytest.MonkeyPatch], None], tuple[int, ...]]] = {
    "git": (without_git, (2,)),
    "room for the cache": (without_a_cache, (1,)),
    "the index": (without_an_index, (2,)),
    "the branch": (without_a_branch, (2,)),
    "the commit": (without_a_commit, (2,)),
    "the text": (without_objects, (2,)),
    "room for objects": (where_nothing_can_be_written, (2,)),
}


@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_taken_away_lets_nothing_pass(
    staged: Evaluated, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], taken: str
) -> None:
    take, codes = TAKEN[taken]
    monkeypatch.chdir(staged.repo.path)
    take(staged, monkeypatch)
    assert not warm.nothing_to_judge(HOOK, "0")
    code = run(list(HOOK))
    err = capsys.readouterr().err
    assert code in codes, err
    assert err.count("\n") == (1 if code == 2 else 0)
