"""tests.specs.test_folder"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.errors import ConfigError, RepositoryError
from auditor.git import Commit, open_repository
from auditor.model.spec import patches_of, revision_id
from auditor.specs.folder import read_history, read_tree_history
from tests.repos import GitRepo


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_every_dated_folder_is_a_sighting(tmp_path: Path) -> None:
    names = ("2026-02-01", "2026-01-31-b", "2026-01-31")
    root = write(tmp_path, **{f"specs/{name}/assistant.md": name for name in names})
    history = read_history(root, "spec", ["specs/*/assistant.md"])
    first, second, third = history.spec_commits
    assert [s.name for s in history.spec_commits] == [s.label for s in history.spec_commits] == sorted(names)
    assert (first.parents, second.parents, third.parents) == ((), ("2026-01-31",), ("2026-01-31-b",))
    assert (second.date, second.commit, second.subject) == (datetime(2026, 1, 31, tzinfo=UTC), None, "")
    assert first.revision == revision_id({"any": b"2026-01-31"})
    assert [file.path for file in history.revisions[first.revision].files] == ["specs/assistant.md"]
    assert len(patches_of(history)) == 2


def test_a_plain_path_is_looked_for_in_dated_folders_only(tmp_path: Path) -> None:
    places = ("2026-01-01", "drafts", "20260101", "2026-01-011", "old/2025-01-01")
    root = write(tmp_path, **{f"{place}/model_spec.md": place for place in places})
    assert [s.name for s in read_history(root, "spec", ["model_spec.md"]).spec_commits] == ["2026-01-01"]


def test_several_files_have_the_ids_they_have_in_git(tmp_path: Path) -> None:
    root = write(tmp_path, **{"2026-01-01/spec.md": "s\r\n", "2026-01-01/p/a.md": "a", "2026-01-02/spec.md": "s"})
    history = read_history(root, "spec", ["spec.md", "*/p/**/*.md"])
    assert [s.revision for s in history.spec_commits] == [
        revision_id({"spec.md": b"s\n", "p/a.md": b"a"}),
        revision_id({"spec.md": b"s"}),
    ]


def test_a_commit_is_read_like_a_folder(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    built.commit({"2026-01-01/spec.md": "one", "2026-01-02/spec.md": "two"})
    with open_repository(built.path) as repo:
        assert read_tree_history(Commit(repo, built.head()), "s", ["spec.md"]) == read_history(
            built.path, "s", ["spec.md"]
        )


@pytest.mark.parametrize("name", ["2026-02-30", "v1", "2026-1-1", "20260101"])
def test_a_folder_that_is_no_date(tmp_path: Path, name: str) -> None:
    root = write(tmp_path, **{f"specs/{name}/a.md": "x", "specs/2026-01-01/a.md": "y"})
    with pytest.raises(RepositoryError, match=f"{name}: does not start with a date; name the folder YYYY-MM-DD"):
        read_history(root, "spec", ["specs/*/a.md"])


@pytest.mark.parametrize("pattern", ["**/a.md", "specs/*", "*.md"])
def test_a_star_that_is_no_folder(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"does not stand for one folder; write the dated folder as \*"):
        read_history(tmp_path, "spec", [pattern])


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match=r"spec\.md: no dated folder has it; check paths"):
        read_history(tmp_path, "spec", ["spec.md"])


def test_links_and_bytes_are_refused(tmp_path: Path) -> None:
    write(tmp_path, **{"2026-01-01/spec.md": "x"})
    (tmp_path / "2026-01-02").mkdir()
    spec = tmp_path / "2026-01-02" / "spec.md"
    spec.write_bytes(b"\xff")
    with pytest.raises(RepositoryError, match="is not UTF-8 at byte 0"):
        read_history(tmp_path, "spec", ["spec.md"])
    spec.unlink()
    spec.symlink_to(tmp_path / "2026-01-01" / "spec.md")
    with pytest.raises(RepositoryError, match="is a symbolic link"):
        read_history(tmp_path, "spec", ["spec.md"])


def test_the_published_model_spec() -> None:
    root = Path(__file__).parents[2] / "../shared/data/openai-model-spec"
    if not root.exists():
        pytest.skip("the published Model Spec is not here")
    history = read_history(root, "model-spec", ["model_spec.md"])
    assert (len(history.spec_commits), len(patches_of(history))) == (6, 5)
