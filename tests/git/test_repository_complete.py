"""tests.git.test_repository_complete"""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import RepositoryError
from auditor.git import Commit, open_repository
from tests.repos import GitRepo, two_commits


@pytest.fixture
def built(tmp_path: Path) -> GitRepo:
    return two_commits(tmp_path / "repo")


def spec_at_head(path: Path) -> bytes | None:
    with open_repository(path) as repo:
        return Commit(repo, repo.resolve("HEAD")).read("spec.md")


def incomplete(path: Path) -> str:
    with pytest.raises(RepositoryError, match="history incomplete") as caught:
        open_repository(path)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


def test_shallow_clone(built: GitRepo, tmp_path: Path) -> None:
    built.git("clone", "-q", "--depth=1", f"file://{built.path}", str(tmp_path / "shallow"))
    assert "git fetch --unshallow" in incomplete(tmp_path / "shallow")


def test_forged_shallow_file(built: GitRepo) -> None:
    (built.path / ".git" / "shallow").write_text(f"{built.head()}\n")
    assert "shallow" in incomplete(built.path)


def test_grafts(built: GitRepo) -> None:
    (built.path / ".git" / "info").mkdir(exist_ok=True)
    (built.path / ".git" / "info" / "grafts").write_text(f"{built.head()}\n")
    assert "grafted" in incomplete(built.path)


@pytest.mark.parametrize("packed", [False, True])
def test_replaced_objects(built: GitRepo, packed: bool) -> None:
    built.git("replace", built.head(), built.git("rev-parse", "HEAD~1"))
    if packed:
        built.git("pack-refs", "--all")
    assert "git replace -d" in incomplete(built.path)


def test_alternates(built: GitRepo, tmp_path: Path) -> None:
    built.git("clone", "-q", "--shared", ".", str(tmp_path / "shared"))
    assert "git repack -a -d" in incomplete(tmp_path / "shared")


def test_partial_clone(built: GitRepo, tmp_path: Path) -> None:
    built.git("config", "uploadpack.allowFilter", "true")
    built.git("clone", "-q", "--bare", "--filter=blob:none", f"file://{built.path}", str(tmp_path / "partial"))
    assert "clone is partial" in incomplete(tmp_path / "partial")


def test_incompleteness_shows_from_a_linked_work_tree(built: GitRepo, tmp_path: Path) -> None:
    built.git("worktree", "add", "-q", str(tmp_path / "linked"))
    (built.path / ".git" / "shallow").write_text(f"{built.head()}\n")
    incomplete(tmp_path / "linked")


def lose(built: GitRepo, object_id: str) -> None:
    (built.path / ".git" / "objects" / object_id[:2] / object_id[2:]).unlink()


@pytest.mark.parametrize("lost", ["HEAD", "HEAD^{tree}", "HEAD:spec.md"])
def test_missing_objects(built: GitRepo, lost: str) -> None:
    lose(built, built.git("rev-parse", lost))
    with pytest.raises(RepositoryError, match="history incomplete"):
        spec_at_head(built.path)


def test_missing_parent(built: GitRepo) -> None:
    lose(built, built.git("rev-parse", "HEAD~1"))
    with open_repository(built.path) as repo, pytest.raises(RepositoryError, match="history incomplete"):
        repo.range_commits("HEAD")


def test_a_forged_commit_graph_is_not_believed(built: GitRepo) -> None:
    built.git("commit-graph", "write", "--reachable")
    graph = built.path / ".git" / "objects" / "info" / "commit-graph"
    forged = bytearray(graph.read_bytes())
    at = forged.rindex(bytes.fromhex(built.git("rev-parse", "HEAD^{tree}")))  # parents follow the tree's id
    forged[at + 20 : at + 24] = b"\x70\x00\x00\x00"  # says: no parent
    graph.chmod(0o644)
    graph.write_bytes(forged)
    with open_repository(built.path) as repo:
        assert len(repo.range_commits("HEAD")) == 2
