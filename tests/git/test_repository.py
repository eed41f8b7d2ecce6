"""tests.git.test_repository"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.errors import InternalError, RepositoryError, RevisionError
from auditor.git import Commit, Index, find_repository, open_repository
from tests.repos import GitRepo, two_commits


@pytest.fixture
def built(tmp_path: Path) -> GitRepo:
    return two_commits(tmp_path / "repo")


def spec_at_head(path: Path) -> bytes | None:
    with open_repository(path) as repo:
        return Commit(repo, repo.resolve("HEAD")).read("spec.md")


# Where a repository may be found


@pytest.mark.parametrize("name", ["with space", "Ünïcode-日本", "dollar$HOME", "-dash", "new~tilde"])
def test_reads_repositories_at_odd_paths(tmp_path: Path, name: str) -> None:
    GitRepo(tmp_path / name).commit({"spec.md": "text"})
    assert spec_at_head(tmp_path / name) == b"text"


def test_finds_the_repository_from_a_folder_in_it(built: GitRepo) -> None:
    with open_repository(built.path / "prompts" / "deep") as repo:
        assert (repo.worktree, repo.common_dir) == (built.path, built.path / ".git")


def test_reads_bare_repositories(built: GitRepo, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    built.git("clone", "-q", "--bare", ".", str(bare))
    with open_repository(bare) as repo:
        assert (repo.worktree, repo.common_dir) == (None, bare)
        assert Commit(repo, repo.resolve("main")).read("spec.md") == b"two\n"
        assert Index(repo).list("") == ()


def test_reads_linked_work_trees(built: GitRepo, tmp_path: Path) -> None:
    built.git("worktree", "add", "-q", str(tmp_path / "linked"), "HEAD~1")
    with open_repository(tmp_path / "linked") as repo:
        assert (repo.worktree, repo.common_dir) == (tmp_path / "linked", built.path / ".git")
        assert Commit(repo, repo.resolve("HEAD")).read("spec.md") == b"one\n"
        assert Index(repo).read("spec.md") == b"one\n"


def test_reads_sha256_repositories(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo", object_format="sha256")
    assert len(repo.commit({"a/spec.md": "text"})) == 64
    with open_repository(repo.path) as opened:
        assert Commit(opened, opened.resolve("HEAD")).read("a/spec.md") == b"text"


def test_the_work_tree_is_where_dot_git_is_whatever_the_configuration_says(built: GitRepo) -> None:
    built.git("config", "core.worktree", "/etc")
    with open_repository(built.path) as repo:
        assert repo.worktree == built.path
        assert Index(repo).read("spec.md") == b"two\n"


def test_no_repository(tmp_path: Path) -> None:
    assert find_repository(tmp_path) is None
    with pytest.raises(RepositoryError, match="not in a git repository; give the folder"):
        open_repository(tmp_path)
    with pytest.raises(RepositoryError, match="no such folder"):
        open_repository(tmp_path / "absent")


def test_a_broken_repository_is_not_taken_for_none(built: GitRepo) -> None:
    (built.path / ".git" / "config").write_text("[core\n")
    with pytest.raises(RepositoryError, match="bad config") as caught:
        find_repository(built.path)
    assert "\n" not in str(caught.value)


def test_empty_repository(tmp_path: Path) -> None:
    with (
        open_repository(GitRepo(tmp_path / "repo").path) as repo,
        pytest.raises(RepositoryError, match="the repository has no commits"),
    ):
        repo.resolve("HEAD")


def test_git_is_not_installed(built: GitRepo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match="git cannot be run; install git"):
        open_repository(built.path)


def test_git_is_not_installed_when_auditor_starts(built: GitRepo, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, auditor.git, auditor.errors\n"
        "try: auditor.git.open_repository(pathlib.Path(sys.argv[1]))\n"
        "except auditor.errors.RepositoryError as error: print(error)"
    )
    environment = {**os.environ, "PATH": str(tmp_path)}
    call = [sys.executable, "-c", script, str(built.path)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("git: git cannot be run; install git")


# Objects


def test_objects_are_asked_for_by_full_id_only(built: GitRepo) -> None:
    with open_repository(built.path) as repo:
        for name in ("HEAD", "--all", "abc1234", f"{built.head()}\n{built.head()}"):
            with pytest.raises(InternalError):
                repo.blob(name)
            with pytest.raises(RevisionError):
                repo.is_ancestor(name, built.head())


def test_reading_goes_on_after_a_refusal(built: GitRepo) -> None:
    spec = built.git("rev-parse", "HEAD:spec.md")
    other = built.git("rev-parse", "HEAD:other.txt")
    with open_repository(built.path) as repo:
        with pytest.raises(RepositoryError, match="has 4 bytes, more than 3"):
            repo.blob(spec, limit=3)
        with pytest.raises(RepositoryError, match="is missing"):
            repo.blob("0" * 40)
        with pytest.raises(RepositoryError, match="is no blob"):
            repo.blob(built.head())
        assert next(repo.blobs([spec] * 500)) == b"two\n"
        assert list(repo.blobs([spec, other] * 300)) == [b"two\n", b"x"] * 300


def test_many_large_objects_do_not_block(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    texts = {f"{number}.md": f"{number}\n" * 20_000 for number in range(250)}
    built.commit(dict(texts))
    with open_repository(built.path) as repo:
        entries = Commit(repo, built.head()).entries("")
        contents = repo.blobs([entry.id for entry in entries.values()])
        assert dict(zip(entries, contents, strict=True)) == {name: text.encode() for name, text in texts.items()}
