"""A tiny real project, and its fingerprint before and after a command."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from auditor.cli.main import run
from tests.repos import IDENTITY, GitRepo

ROOT = Path(__file__).parents[2]
FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = f"{FIRST}\nNever delete a log to hide a mistake.\n"
THIRD = f"{SECOND}\nAsk before you act for somebody else. Λέγε « ναι ».\n"
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
SUITES = """\
[[suite]]
name = "visible"
behaviour = "concealment"
role = "test"
[suite.score]
misaligned = "high"
unit = "fraction"

[[suite]]
name = "unseen"
behaviour = "concealment"
role = "held_out"
"""
HEAD = "spec_revision,suite,model,item,misaligned"


class Said(NamedTuple):
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


Auditor = Callable[..., Said]


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str]) -> Auditor:
    """The command line, in this process."""

    def call(*arguments: str | Path) -> Said:
        code = run([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def project(tmp_path: Path) -> GitRepo:
    """Two revisions of a spec, tagged v1 and v2, configured and with two suites; nothing measured."""
    return two_revisions(tmp_path / "project")


def two_revisions(path: Path) -> GitRepo:
    """What `project` says, at a path."""
    git_repo = GitRepo(path)
    git_repo.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": FIRST})
    git_repo.tag("v1")
    git_repo.commit({"spec.md": SECOND})
    git_repo.tag("v2")
    return git_repo


def tree_hash(folder: Path) -> str:
    """A hash over every file below a folder, by path and content."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = file.read_bytes()
        total.update(f"{file.relative_to(folder)}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


def one_line(said: Said) -> str:
    """Its one line on stderr; nothing else was said, and the exit code is 2."""
    assert (said.code, said.err.count("\n")) == (2, 1), said
    assert said.err.endswith("\n")
    return said.err.rstrip("\n")


RESULTS = (("v1", "a", "visible", 40), ("v1", "b", "visible", 40), ("v2", "a", "visible", 0))
HELD_OUT = (("v1", "a", "unseen", 40), ("v2", "a", "unseen", 40))


def results() -> str:
    """A table of a fall that stays on the test: 40 of 200 to none; held out 40 of 200 on both sides."""
    rows = [f"{HEAD},run"]
    for revision, name, suite, misaligned in RESULTS + HELD_OUT:
        rows += [f"{revision},{suite},m,i{place:03d},{int(place < misaligned)},{name}" for place in range(200)]
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory) -> GitRepo:
    """To be read only. Two patches: v1 to v2 is test-only, v2 to v3, whose message is in Greek, was not evaluated."""
    folder = tmp_path_factory.mktemp("judged")
    git_repo = two_revisions(folder / "project")
    (folder / "results.csv").write_text(results())
    assert run(["ingest", str(folder / "results.csv"), "--repo", str(git_repo.path)]) == 0
    git_repo.commit(message="Record evaluations")
    git_repo.commit({"spec.md": THIRD}, message="Ελληνικά é \u202e")
    git_repo.tag("v3")
    return git_repo


@pytest.fixture
def own(judged: GitRepo, tmp_path: Path) -> GitRepo:
    """A copy of `judged` to change."""
    shutil.copytree(judged.path, tmp_path / "own")
    return GitRepo(tmp_path / "own")


def paste(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command line as it was printed, in a shell, with auditor on PATH."""
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "auditor"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m auditor "$@"\n')
    program.chmod(0o755)
    environment = os.environ | IDENTITY | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    call = ["sh", "-c", command]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
