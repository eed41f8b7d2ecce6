"""A tiny real project, and its fingerprint before and after a command."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from auditor.cli.main import run
from tests.repos import GitRepo

FIRST = "# Conduct\n\nSay what you did, also when it went wrong.\n"
SECOND = f"{FIRST}\nNever delete a log to hide a mistake.\n"
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
    """Two revisions of a spec, one tagged v1, configured and with two suites; nothing measured."""
    made = GitRepo(tmp_path / "project")
    made.commit({"auditor.toml": SETTINGS, "eval_history/suites.toml": SUITES, "spec.md": FIRST})
    made.tag("v1")
    made.commit({"spec.md": SECOND})
    made.tag("v2")
    return made


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


def measured(repo: GitRepo, folder: Path, auditor: Auditor, *, committed: bool = True) -> None:
    """Records a fall that stays on the test: 40 of 200 to none on test, 40 of 200 on both sides held out."""
    rows = [HEAD + ",run"]
    for revision, run_name, suite, misaligned in (
        ("v1", "a", "visible", 40),
        ("v1", "b", "visible", 40),
        ("v2", "a", "visible", 0),
        ("v1", "a", "unseen", 40),
        ("v2", "a", "unseen", 40),
    ):
        rows += [f"{revision},{suite},m,i{place:03d},{int(place < misaligned)},{run_name}" for place in range(200)]
    table = folder / "results.csv"
    table.write_text("\n".join(rows) + "\n")
    assert auditor("ingest", table, "--repo", repo.path).code == 0
    if committed:
        repo.commit(message="Record evaluations")
