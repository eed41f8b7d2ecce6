"""A decision as an in-toto statement: what the specification asks of one, and of which commit it speaks."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Auditor, one_line
from tests.landings import Evaluated, evaluated

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def made(tmp_path: Path) -> Evaluated:
    return evaluated(tmp_path)


def object_hash(made: Evaluated, commit: str) -> str:
    """The SHA-1 of a commit as git stores it, computed here."""
    raw = subprocess.run(
        ["git", "cat-file", "commit", commit], cwd=made.repo.path, capture_output=True, check=True
    ).stdout
    return hashlib.sha1(b"commit %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def test_the_statement_is_of_the_commit_that_was_judged(made: Evaluated, capsys: Capture) -> None:
    commit = made.patch(visible="0/400", unseen="78/400")
    code, out, err = made.gate(capsys, "--format", "in-toto")
    statement = json.loads(out)
    assert (code, err) == (1, "")  # what is blocked is blocked, and the statement says so
    assert statement == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "head", "digest": {"gitCommit": commit, "sha1": commit}}],
        "predicateType": "urn:auditor:gate:2",
        "predicate": made.decide(capsys),
    }
    assert commit == object_hash(made, commit) and statement["predicate"]["exit_code"] == 1
    assert statement["predicate"]["schema"] == "auditor.gate/2"
    assert made.gate(capsys, "--format", "in-toto")[1] == out


def test_a_pass_is_stated_as_well_and_held_out_rates_are_not(made: Evaluated, capsys: Capture) -> None:
    made.patch(visible="8/400", unseen="9/400")
    code, out, _ = made.gate(capsys, "--format", "in-toto")
    assert code == 0 and json.loads(out)["predicate"]["exit_code"] == 0
    assert "9/400" not in out
    assert "9/400" in made.gate(capsys, "--format", "in-toto", "--reveal")[1]


def test_what_is_no_commit_yet_is_stated_of_nothing(auditor: Auditor, made: Evaluated) -> None:
    said = auditor("gate", "--format", "in-toto", "--repo", made.repo.path)
    assert "a statement is about a commit that is there: give --base, and --head" in one_line(said)


def test_a_repository_of_sha256(auditor: Auditor, tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q", "--object-format=sha256")
    (tmp_path / "spec.md").write_text("# Conduct\n\nSay what you did.\n")
    (tmp_path / "auditor.toml").write_text('[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n')
    git("add", ".")
    git("commit", "-qm", "First")
    said = auditor("gate", "--base", "HEAD", "--format", "in-toto", "--repo", tmp_path)
    commit = git("rev-parse", "HEAD")
    assert json.loads(said.out)["subject"][0]["digest"] == {"gitCommit": commit, "sha256": commit}
