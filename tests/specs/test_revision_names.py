"""tests.specs.test_revision_names"""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import RevisionError
from auditor.git import open_repository
from auditor.model.spec import History
from auditor.specs import folder
from auditor.specs.git import read_history
from auditor.specs.revision_names import RevisionNames
from tests.repos import GitRepo

PATTERNS = ["spec.md"]


@pytest.fixture
def built(tmp_path: Path) -> GitRepo:
    """Two revisions, `v1` at the first, `release` at a commit after the second that leaves the spec alone."""
    built = GitRepo(tmp_path / "repo")
    built.commit({"readme": "r"})
    built.commit({"spec.md": "one"})
    built.tag("v1", annotated=True)
    built.commit({"spec.md": "two"})
    built.commit({"readme": "s"})
    built.tag("release")
    return built


def history_of(built: GitRepo) -> History:
    with open_repository(built.path) as repo:
        return read_history(repo, "spec", PATTERNS)


def unbound(names: RevisionNames, text: str) -> str:
    with pytest.raises(RevisionError) as caught:
        names.find(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_names_of_sightings(built: GitRepo) -> None:
    history = history_of(built)
    names = RevisionNames(history)
    for spec_commit in history.spec_commits:
        commit, revision = str(spec_commit.commit), spec_commit.revision
        for text in (commit, commit[:6], commit[:12].upper(), revision, revision[:6], f" {revision[:20]} "):
            assert names.find(text) == revision
    assert names.find("v1") == history.spec_commits[0].revision


def test_any_commit_when_the_repository_is_there(built: GitRepo) -> None:
    history = history_of(built)
    first, second = (spec_commit.revision for spec_commit in history.spec_commits)
    with open_repository(built.path) as repo:
        names = RevisionNames(history, repo, PATTERNS)
        assert [names.find(text) for text in ("v1", "release", built.head(), built.head()[:7])] == [
            first,
            second,
            second,
            second,
        ]
        assert "the spec is not there" in unbound(names, built.git("rev-parse", "HEAD~3"))


@pytest.mark.parametrize("text", ["", "main", "HEAD", "HEAD~1", "v2", "ffffff", "f" * 40, "release", "--all"])
def test_what_stands_for_nothing(built: GitRepo, text: str) -> None:
    said = unbound(RevisionNames(history_of(built)), text)
    assert "is no revision of the spec; " in said
    assert "v1" in said


@pytest.mark.parametrize(
    ("text", "number"),
    [("main", 1), ("HEAD", 1), ("HEAD~2", 0), ("refs/heads/main", 1), ("release~1", 1), (" main^^ ", 0)],
)
def test_what_moves_stands_for_what_it_is_now(built: GitRepo, text: str, number: int) -> None:
    history = history_of(built)
    stays = ("v1", "release", built.head(), built.head()[:7], history.spec_commits[0].revision)
    with open_repository(built.path) as repo:
        names = RevisionNames(history, repo, PATTERNS)
        assert names.find(text) == history.spec_commits[number].revision
        assert names.moves(text)
        assert not any(map(names.moves, stays))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("relaese", "the nearest name is release; stamp"),
        ("mian", "the nearest name is main; stamp"),
        ("ffffff", "known are "),
        ("--all", "known are "),
        ("HEAD..main", "known are "),
        ("x" * 5000, "known are "),
    ],
)
def test_what_git_does_not_resolve(built: GitRepo, text: str, words: str) -> None:
    with open_repository(built.path) as repo:
        line = unbound(RevisionNames(history_of(built), repo, PATTERNS), text)
    assert line.startswith(f"{text[:80]}: is no revision of the spec, and no name that git resolves; ")
    assert words in line


def test_a_branch_from_before_the_spec_says_so(built: GitRepo) -> None:
    built.git("branch", "early", "HEAD~3")
    with open_repository(built.path) as repo:
        assert "the spec is not there" in unbound(RevisionNames(history_of(built), repo, PATTERNS), "early")


def test_a_tag_goes_before_a_branch_of_its_name(built: GitRepo) -> None:
    built.git("branch", "v1", "HEAD")
    history = history_of(built)
    with open_repository(built.path) as repo:
        assert RevisionNames(history, repo, PATTERNS).find("v1") == history.spec_commits[0].revision


def test_short_prefixes_are_no_names(built: GitRepo) -> None:
    history = history_of(built)
    assert "is no revision" in unbound(RevisionNames(history), history.spec_commits[0].revision[:5])


def test_a_branch_cannot_pass_for_a_commit(built: GitRepo) -> None:
    first = built.git("rev-parse", "v1^{commit}")
    built.git("update-ref", f"refs/heads/{first[:8]}", "HEAD")
    history = history_of(built)
    with open_repository(built.path) as repo:
        assert RevisionNames(history, repo, PATTERNS).find(first[:8]) == history.spec_commits[0].revision


def test_a_tag_that_is_another_commits_prefix_is_ambiguous(built: GitRepo) -> None:
    first = built.git("rev-parse", "v1^{commit}")
    built.tag(first[:8], "HEAD")
    history = history_of(built)
    with open_repository(built.path) as repo:
        text = unbound(RevisionNames(history, repo, PATTERNS), first[:8])
    revisions = sorted(spec_commit.revision[:12] for spec_commit in history.spec_commits)
    assert text == f"{first[:8]}: stands for several: {', '.join(revisions)}; write more of it"


def test_dated_folders(tmp_path: Path) -> None:
    for number in range(1, 10):
        (tmp_path / f"2026-01-0{number}").mkdir()
        (tmp_path / f"2026-01-0{number}" / "spec.md").write_text(str(number))
    history = folder.read_history(tmp_path, "spec", PATTERNS)
    names = RevisionNames(history)
    assert names.find("2026-01-02") == history.spec_commits[1].revision
    assert "known are 2026-01-09, 2026-01-08, 2026-01-07, 2026-01-06, 2026-01-05, …;" in unbound(names, "May")
    assert "the nearest name is 2026-01-0" in unbound(names, "2026-01")
