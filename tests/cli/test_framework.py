"""The gate under the pre-commit framework, which says in variables what is pushed and gives no stdin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Auditor, one_line
from tests.landings import SECOND, Evaluated, evaluated

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluated:
    """`main` is where the remote has it, `branch` has a fitted patch with its results and is checked out."""
    made = evaluated(tmp_path)
    made.repo.git("branch", "-f", "main")
    made.repo.checkout("branch")
    made.patch(SECOND, visible="0/400", unseen="79/400")
    made.repo.git("update-ref", "refs/remotes/origin/main", "main")
    monkeypatch.setenv("PRE_COMMIT", "1")
    return made


def push(made: Evaluated, monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    defaults = {
        "FROM_REF": made.repo.git("rev-parse", "main"),
        "TO_REF": made.repo.git("rev-parse", "branch"),
        "REMOTE_BRANCH": "refs/heads/main",
        "LOCAL_BRANCH": "refs/heads/branch",
        "REMOTE_NAME": "origin",
    }
    for name, value in (defaults | variables).items():
        if value:
            monkeypatch.setenv(f"PRE_COMMIT_{name}", value)


def test_a_push_is_judged_from_where_to_where_it_goes(
    pushed: Evaluated, auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("gate", "--repo", pushed.repo.path)
    assert auditor(*command).code == 0  # a commit would bring nothing now
    push(pushed, monkeypatch)
    refused = auditor(*command)
    assert (refused.code, "test-only" in refused.out) == (1, True)
    assert auditor(*command, "--branch", "main").code == 1
    assert auditor(*command, "--branch", "release").code == 0
    monkeypatch.delenv("PRE_COMMIT")
    assert auditor(*command).code == 0
    assert "belong to --hook" in one_line(auditor(*command, "--branch", "main"))


def test_a_branch_that_is_new_is_held_against_where_it_left_the_remote(
    pushed: Evaluated, auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(pushed, monkeypatch, FROM_REF="", TO_REF="", REMOTE_BRANCH="refs/heads/branch")
    assert auditor("gate", "--repo", pushed.repo.path).code == 1


def test_names_that_the_framework_was_given_by_hand(
    pushed: Evaluated, auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(pushed, monkeypatch, FROM_REF="origin/main", TO_REF="HEAD", REMOTE_BRANCH="", LOCAL_BRANCH="")
    assert auditor("gate", "--repo", pushed.repo.path).code == 1
    push(pushed, monkeypatch, FROM_REF="nowhere")
    assert "nowhere" in one_line(auditor("gate", "--repo", pushed.repo.path))


def test_a_refused_merge_does_not_land_by_git_commit(pushed: Evaluated, auditor: Auditor) -> None:
    """The framework's stage pre-commit calls the same command, with the merge in the index."""
    assert "stages: [pre-commit, pre-merge-commit, pre-push, manual]" in (ROOT / ".pre-commit-hooks.yaml").read_text()
    pushed.repo.checkout("main")
    pushed.repo.git("merge", "-q", "--no-commit", "--no-ff", "branch")
    refused = auditor("gate", "--repo", pushed.repo.path)
    assert (refused.code, "test-only" in refused.out) == (1, True)
