"""A hook has so much time, and lets nothing pass once it is over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.landings import Evaluated, evaluated
from tests.processes import auditor

# Less than any start of Python's imports takes, whatever the machine.
AT_ONCE = "0.001"


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    return evaluated(tmp_path)


def hook(made: Evaluated, *options: str, **variables: str) -> tuple[int, bytes, str]:
    """(exit code, stdout, stderr) of a server's hook for a push that changes nothing that is judged."""
    old = made.repo.git("rev-parse", "main")
    new = made.repo.commit({"OTHER.md": "x"})
    arguments = ("--branch", "main", *options, "--", "refs/heads/main", old, new)
    return auditor("gate", "--hook", "update", *arguments, cwd=made.repo.path, **variables)


def test_what_is_not_judged_in_time_does_not_pass(made: Evaluated) -> None:
    code, out, err = hook(made, AUDITOR_HOOK_SECONDS=AT_ONCE)
    assert (code, out, err.count("\n")) == (2, b"", 1)
    assert err.startswith("auditor: gate: took longer than 0.001 seconds, so that nothing was judged; ")
    assert "more time in AUDITOR_HOOK_SECONDS" in err
    assert "auditor gate --base OLD --head NEW has no limit" in err


@pytest.mark.parametrize("options", [("--hook=update",), ("--branch", "main", "--hook", "update")])
def test_whatever_the_order_of_the_options(made: Evaluated, options: tuple[str, ...]) -> None:
    commit = made.repo.git("rev-parse", "main")
    arguments = (*options, "--", "refs/heads/main", commit, commit)
    done = auditor("gate", *arguments, cwd=made.repo.path, AUDITOR_HOOK_SECONDS=AT_ONCE)
    assert done.code == 2
    assert "so that nothing was judged" in done.err


def test_without_a_hook_there_is_no_limit(made: Evaluated) -> None:
    done = auditor("gate", "--base", "main", "--head", "branch", cwd=made.repo.path, AUDITOR_HOOK_SECONDS=AT_ONCE)
    assert done.code == 0


@pytest.mark.parametrize("seconds", ["", "600", "86400"])
def test_in_time_the_decision_is_the_gate_s(made: Evaluated, seconds: str) -> None:
    code, _, err = hook(made, AUDITOR_HOOK_SECONDS=seconds)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "86401", "1e9", "soon", "1 2"])
def test_no_number_of_seconds(made: Evaluated, seconds: str) -> None:
    code, out, err = hook(made, AUDITOR_HOOK_SECONDS=seconds)
    assert (code, out, err.count("\n")) == (2, b"", 1)
    assert "AUDITOR_HOOK_SECONDS: is no number of seconds above 0, up to 86,400; " in err


def test_a_server_refuses_the_push(made: Evaluated, tmp_path: Path) -> None:
    """The real hook in a real bare repository: the branch stays where it is."""
    server = tmp_path / "server.git"
    made.repo.git("clone", "-q", "--bare", ".", str(server))
    assert auditor("hook", "install", "--server", "--branch", "main", cwd=server).code == 0
    script = server / "hooks/pre-receive"
    starter = tmp_path / "auditor"
    starter.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m auditor "$@"\n')
    starter.chmod(0o755)
    lines = [f"auditor={starter}" if line.startswith("auditor=") else line for line in script.read_text().split("\n")]
    script.write_text("\n".join(lines))
    before = made.repo.git("ls-remote", str(server), "refs/heads/main")
    made.repo.commit({"OTHER.md": "x"})
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "AUDITOR_HOOK_SECONDS": AT_ONCE}
    push = ["git", "push", "-q", str(server), "branch:main"]
    done = subprocess.run(push, cwd=made.repo.path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "so that nothing was judged" in done.stderr
    assert made.repo.git("ls-remote", str(server), "refs/heads/main") == before
