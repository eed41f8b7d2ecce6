"""tests.git.test_repository_names"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from auditor.errors import RevisionError
from auditor.git import open_repository
from tests.repos import GitRepo, two_commits


@pytest.fixture
def built(tmp_path: Path) -> GitRepo:
    return two_commits(tmp_path / "repo")


def test_resolves_names_to_ids(built: GitRepo) -> None:
    built.tag("v1", "HEAD~1", annotated=True)
    first, second = built.git("rev-parse", "HEAD~1"), built.head()
    with open_repository(built.path) as repo:
        assert [repo.resolve(name) for name in ("v1", "main", second[:7], "HEAD^")] == [first, second, second, first]
        assert repo.tags() == {first: ("v1",)}


@pytest.mark.parametrize("name", ["nope", "f" * 40, "", "a\0b", "--all", "HEAD..HEAD", "HEAD:spec.md", "no\nline"])
def test_unknown_names(built: GitRepo, name: str) -> None:
    with open_repository(built.path) as repo, pytest.raises(RevisionError) as caught:
        repo.resolve(name)
    assert "\n" not in str(caught.value)


def test_a_ref_that_looks_like_an_option_is_a_name(built: GitRepo) -> None:
    built.git("update-ref", "refs/heads/--output=x", "HEAD")
    with open_repository(built.path) as repo:
        assert repo.resolve("--output=x") == built.head()
        assert repo.range_commits("HEAD~1..--output=x") == {built.head()}
    assert not (built.path / "x").exists()
    assert not (built.path / ".git" / "x").exists()


def test_a_name_for_a_tag_and_a_branch_is_ambiguous(built: GitRepo) -> None:
    built.tag("same", "HEAD~1")
    built.branch("same")
    built.git("config", "core.warnAmbiguousRefs", "false")
    with open_repository(built.path) as repo, pytest.raises(RevisionError, match="same: is ambiguous"):
        repo.resolve("same")


def test_a_branch_cannot_pass_for_another_commit(built: GitRepo) -> None:
    first = built.git("rev-parse", "HEAD~1")
    built.git("update-ref", f"refs/heads/{first[:8]}", "HEAD")
    with open_repository(built.path) as repo, pytest.raises(RevisionError, match="is ambiguous"):
        repo.resolve(first[:8])


def test_an_ambiguous_prefix_names_its_candidates(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    names: dict[str, str] = {}
    tree = built.git("mktree", stdin="")
    for number in range(3000):
        commit = predicted_commit(built, tree, number)
        if commit[:4] in names:
            pair = (names[commit[:4]], commit)
            break
        names[commit[:4]] = commit
    for commit in pair:
        built.git("update-ref", f"refs/heads/b{commit[:8]}", write_commit(built, tree, commit))
    with open_repository(built.path) as repo:
        with pytest.raises(RevisionError, match=f"{pair[0][:4]}: is ambiguous: .*write more of it"):
            repo.resolve(pair[0][:4])
        assert set(repo.commits_by_prefix(pair[0][:4])) == set(pair)


COMMITS: dict[str, str] = {}


def predicted_commit(built: GitRepo, tree: str, number: int) -> str:
    text = f"tree {tree}\nauthor A <a@b> {number} +0000\ncommitter A <a@b> {number} +0000\n\nx\n"
    commit = hashlib.sha1(f"commit {len(text)}\0{text}".encode()).hexdigest()
    COMMITS[commit] = text
    return commit


def write_commit(built: GitRepo, tree: str, commit: str) -> str:
    return built.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=COMMITS[commit])


def test_ranges(built: GitRepo) -> None:
    first, second = built.git("rev-list", "--reverse", "HEAD").split()
    built.branch("side", "HEAD~1")
    side = built.commit({"side.txt": "s"})
    with open_repository(built.path) as repo:
        assert repo.range_commits("main") == {first, second}
        assert repo.range_commits("main..side") == {side}
        assert repo.range_commits("main..") == {side}
        assert repo.range_commits("..main") == {second}
        with pytest.raises(RevisionError, match=r"write A\.\.B"):
            repo.range_commits("main...side")


@pytest.mark.parametrize("name", ["^main", "main..side", "^main..side", "main^@..side"])
def test_a_range_is_no_revision(name: str, built: GitRepo) -> None:
    built.branch("side", "HEAD~1")
    with open_repository(built.path) as repo, pytest.raises(RevisionError, match="is a range, and one revision is ask"):
        repo.resolve(name)


def test_tags_of_tags_and_of_files(built: GitRepo) -> None:
    built.tag("inner", annotated=True)
    built.git("tag", "-a", "-m", "x", "outer", "inner")
    built.git("tag", "file", built.git("rev-parse", "HEAD:spec.md"))
    with open_repository(built.path) as repo:
        assert repo.tags() == {built.head(): ("inner", "outer")}
