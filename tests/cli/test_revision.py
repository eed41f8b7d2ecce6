"""`auditor revision`: the stamp, and nothing else, on stdout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from auditor.app.revision import Stamp
from auditor.cli.main import run
from auditor.model.spec import revision_id
from tests.repos import GitRepo

Capture = pytest.CaptureFixture[str]
SETTINGS = '[[spec]]\nname = "conduct"\npaths = ["spec.md"]\n'
FIRST, SECOND, THIRD = "one\n", "two\n", "three\n"


def content(text: str) -> str:
    """The stamp of a text."""
    return revision_id({"spec.md": text.encode()})[:16]


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """FIRST at tag v1, SECOND at HEAD of main, THIRD on branch other."""
    git_repo = GitRepo(tmp_path / "repo")
    git_repo.commit({"spec.md": FIRST, "auditor.toml": SETTINGS})
    git_repo.tag("v1", annotated=True)
    git_repo.commit({"spec.md": SECOND})
    git_repo.branch("other")
    git_repo.commit({"spec.md": THIRD})
    git_repo.checkout("main")
    return git_repo


def said(capsys: Capture, repo: Path, *arguments: str) -> tuple[int, str, str]:
    code = run(["revision", *arguments, "--repo", str(repo)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_work_tree(repo: GitRepo, capsys: Capture) -> None:
    assert said(capsys, repo.path) == (0, f"{content(SECOND)}\n", "")


@pytest.mark.parametrize("staged", [False, True])
def test_what_is_not_committed_is_printed_with_a_caution(repo: GitRepo, capsys: Capture, staged: bool) -> None:
    repo.write({"spec.md": "draft\n"})
    if staged:
        repo.git("add", "-A")
    code, out, err = said(capsys, repo.path)
    assert (code, out) == (0, f"{content('draft' + chr(10))}\n")
    assert err == (
        "auditor: spec conduct: the work tree differs from HEAD; commit it before the results are ingested\n"
    )


def test_line_ends_are_no_change(repo: GitRepo, capsys: Capture) -> None:
    repo.write({"spec.md": "two\r\n"})
    assert said(capsys, repo.path) == (0, f"{content(SECOND)}\n", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v1", FIRST),
        ("HEAD", SECOND),
        ("HEAD~1", FIRST),
        ("main", SECOND),
        ("other", THIRD),
        ("refs/heads/other", THIRD),
    ],
)
def test_names(repo: GitRepo, capsys: Capture, name: str, text: str) -> None:
    assert said(capsys, repo.path, name) == (0, f"{content(text)}\n", "")


def test_ids_and_their_beginnings(repo: GitRepo, capsys: Capture) -> None:
    for name in (repo.head(), repo.head()[:8], content(SECOND), content(SECOND)[:8]):
        assert said(capsys, repo.path, name) == (0, f"{content(SECOND)}\n", "")


def test_a_tag_is_not_hidden_by_a_branch_of_its_name(repo: GitRepo, capsys: Capture) -> None:
    repo.git("branch", "v1")
    assert said(capsys, repo.path, "v1")[1] == f"{content(FIRST)}\n"


def test_a_name_from_before_a_rename(repo: GitRepo, capsys: Capture) -> None:
    repo.git("mv", "spec.md", "model_spec.md")
    repo.commit({"auditor.toml": SETTINGS.replace("spec.md", "model_spec.md")})
    assert said(capsys, repo.path, "v1")[1] == f"{content(FIRST)}\n"


@pytest.mark.parametrize("name", ["nowhere", "abcdef12", "--output=x", ""])
def test_an_unknown_name_is_one_line(repo: GitRepo, capsys: Capture, name: str) -> None:
    code, out, err = said(capsys, repo.path, "--", name)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_several_specs(repo: GitRepo, capsys: Capture) -> None:
    repo.commit({"auditor.toml": SETTINGS + '[[spec]]\nname = "tone"\npaths = ["tone.md"]\n', "tone.md": "kind\n"})
    tone = revision_id({"tone.md": b"kind\n"})[:16]
    assert said(capsys, repo.path)[1] == f"conduct {content(SECOND)}\ntone {tone}\n"
    assert said(capsys, repo.path, "--spec", "tone")[1] == f"{tone}\n"
    assert said(capsys, repo.path, "v1")[1] == f"{content(FIRST)}\n"  # the other spec was not there yet


def test_a_path_without_configuration(repo: GitRepo, capsys: Capture) -> None:
    repo.commit({"auditor.toml": None})
    found = "auditor: no spec is configured, and --spec was left out: spec.md is taken for the spec\n"
    assert said(capsys, repo.path) == (0, f"{content(SECOND)}\n", found)
    assert said(capsys, repo.path, "--spec", "spec.md")[1] == f"{content(SECOND)}\n"
    assert said(capsys, repo.path, "--spec", "nothing.md") == (
        2,
        "",
        "auditor: nothing.md: no such file in the work tree; check paths, or name a revision\n",
    )


def test_a_bare_repository_has_head(repo: GitRepo, capsys: Capture, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    assert said(capsys, tmp_path / "bare") == (0, f"{content(SECOND)}\n", "")


def test_a_shallow_clone_can_stamp(repo: GitRepo, capsys: Capture, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "shallow"))
    code, out, err = said(capsys, tmp_path / "shallow")
    assert (code, out) == (0, f"{content(SECOND)}\n")
    assert "whether it is committed cannot be told" in err
    assert said(capsys, tmp_path / "shallow", "HEAD")[0] == 2


def test_before_the_first_commit(tmp_path: Path, capsys: Capture) -> None:
    repo = GitRepo(tmp_path)
    repo.write({"spec.md": FIRST, "auditor.toml": SETTINGS})
    code, out, err = said(capsys, repo.path)
    assert (code, out) == (0, f"{content(FIRST)}\n")
    assert "the repository has no commits" in err


def test_a_broken_record_stops_no_evaluation(repo: GitRepo, capsys: Capture) -> None:
    repo.commit({"eval_history/records/ab/broken.json": "{"})
    assert said(capsys, repo.path)[0] == 0


def test_dated_folders(tmp_path: Path, capsys: Capture) -> None:
    for name, text in (("2026-01-01", FIRST), ("2026-02-01", SECOND)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.md").write_text(text)
    (tmp_path / "auditor.toml").write_text('[[spec]]\nname = "s"\npaths = ["*/spec.md"]\nsource = "folder"\n')
    assert said(capsys, tmp_path) == (0, f"{content(SECOND)}\n", "")
    assert said(capsys, tmp_path, "2026-01-01") == (0, f"{content(FIRST)}\n", "")
    assert said(capsys, tmp_path, "2026-03-01")[0] == 2


def test_in_a_shell(repo: GitRepo) -> None:
    repo.write({"spec.md": "draft\n"})
    line = f'echo "stamp=$({sys.executable} -m auditor revision)"'
    done = subprocess.run(["sh", "-c", line], cwd=repo.path, capture_output=True, text=True, check=True)
    assert done.stdout == f"stamp={content('draft' + chr(10))}\n"


def test_the_whole_id(repo: GitRepo, capsys: Capture) -> None:
    whole = revision_id({"spec.md": SECOND.encode()})
    assert said(capsys, repo.path, "--full")[1] == f"{whole}\n"
    assert said(capsys, repo.path, "--full", content(SECOND))[1] == f"{whole}\n"


@pytest.mark.parametrize(
    ("revision", "short"),
    [
        ("0123456789abcdef" * 4, "0123456789abcdef"),
        ("1" * 15 + "e" + "5" * 20 + "a" + "0" * 27, "1" * 15 + "e" + "5" * 20 + "a"),
        ("7" * 64, "7" * 64),
    ],
)
def test_a_stamp_is_read_as_no_number(revision: str, short: str) -> None:
    assert Stamp("conduct", revision).short == short
