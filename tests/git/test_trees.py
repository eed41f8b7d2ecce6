"""tests.git.test_trees"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from auditor.errors import RepositoryError
from auditor.git import Commit, Folder, Index, Repository, Tree, open_repository
from tests.repos import GitRepo


def trees(built: GitRepo, repo: Repository) -> list[Tree]:
    return [Folder(built.path), Commit(repo, built.head()), Index(repo)]


FILES = {"a.md": "a", "p/b.md": "b", "p/q/c.md": "c", "p.md": "d", "ü/é x.md": "e", ".hidden": "h"}


def test_trees_agree(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    built.commit(dict(FILES))
    with open_repository(built.path) as repo:
        for tree in trees(built, repo):
            assert tree.list("") == tuple(sorted(FILES))
            assert {path: tree.read(path) for path in tree.list("")} == {k: v.encode() for k, v in FILES.items()}
            assert tree.list("p") == tree.list("p/") == ("p/b.md", "p/q/c.md")
            assert (tree.list("absent"), tree.list("a.md"), tree.list("a.md/b")) == ((), (), ())
            nothing = ("", "p", "absent", "a.md/b", ".git/config", "p/absent.md")
            assert [tree.read(path) for path in nothing] == [None] * len(nothing)
            for outside in ("../x", "/etc/passwd", "p/../../x", "a\0b"):
                with pytest.raises(RepositoryError, match="leaves the tree"):
                    tree.read(outside)


def test_trees_refuse_symbolic_links(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("secret")
    (built.path / "link.md").symlink_to(tmp_path / "outside" / "secret.md")
    (built.path / "folder").symlink_to(tmp_path / "outside")
    built.commit({"real.md": "r"})
    with open_repository(built.path) as repo:
        for tree in trees(built, repo):
            assert tree.list("") == ("folder", "link.md", "real.md")
            for path in ("link.md", "folder", "folder/secret.md"):
                with pytest.raises(RepositoryError, match=r"is a symbolic link; commit the file itself"):
                    tree.read(path)
            with pytest.raises(RepositoryError, match="is a symbolic link"):
                tree.list("folder")


def test_trees_refuse_submodules(tmp_path: Path) -> None:
    inner = GitRepo(tmp_path / "inner")
    inner.commit({"spec.md": "inside"})
    built = GitRepo(tmp_path / "repo")
    built.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    built.commit({"real.md": "r"})
    with open_repository(built.path) as repo:
        for tree in trees(built, repo):
            assert tree.list("") == (".gitmodules", "real.md", "sub")
            for path in ("sub", "sub/spec.md"):
                with pytest.raises(RepositoryError, match="is a submodule"):
                    tree.read(path)


def test_an_unfinished_merge_has_no_index_to_judge(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    built.commit({"a.md": "a\n"})
    built.branch("side")
    built.commit({"a.md": "b\n"})
    built.checkout("main")
    built.commit({"a.md": "c\n"})
    with pytest.raises(subprocess.CalledProcessError):
        built.git("merge", "side")
    with open_repository(built.path) as repo, pytest.raises(RepositoryError, match=r"a\.md: is unmerged"):
        Index(repo).read("a.md")


def test_a_folder_without_git_and_devices_in_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.md").write_text("a")
    assert Folder(tmp_path).list("") == ("a.md",)
    assert Folder(tmp_path).read("pipe") is None
