"""GitPython calls that run what a hostile repository's configuration says must not come back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import auditor

PACKAGE = Path(auditor.__file__).parent
# is_dirty runs clean filters, blame textconv, Commit.diff core.fsmonitor; none has another use in a module that
# talks to git. Nothing else of GitPython is needed than its way of running git.
BANNED_ATTRIBUTES = {"is_dirty", "blame", "diff"}
ALLOWED_IMPORTS = {"Git", "GitCommandNotFound"}


def banned_uses(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in BANNED_ATTRIBUTES:
            yield f"line {node.lineno}: .{node.attr}"
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "git" and not node.level:
            yield from (f"line {node.lineno}: {n.name}" for n in node.names if n.name not in ALLOWED_IMPORTS)
        if isinstance(node, ast.Import):
            yield from (f"line {node.lineno}: {n.name}" for n in node.names if n.name.split(".")[0] == "git")


def modules_that_talk_to_git() -> list[Path]:
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if "git" in path.relative_to(PACKAGE).parts
        or "auditor.git" in path.read_text()
        or "from git" in path.read_text()
    ]


@pytest.mark.parametrize("path", modules_that_talk_to_git(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_that_talks_to_git_uses_a_banned_call(path: Path) -> None:
    assert list(banned_uses(path.read_text())) == []


@pytest.mark.parametrize(
    "sample",
    [
        "repo.is_dirty()",
        "x = repo.is_dirty",
        "def f(repo: object) -> None:\n    repo.blame('HEAD', 'a.md')",
        "repo.head.commit.diff(None)",
        "from git import Repo",
        "from git.repo import Repo",
        "import git",
    ],
)
def test_the_ban_bites(sample: str) -> None:
    assert list(banned_uses(sample))


def test_the_ban_spares_what_is_ours() -> None:
    assert not list(banned_uses("from git import Git\nfrom auditor.git import Repository\nrepo.resolve('HEAD')"))
    assert {"command.py", "repository.py"} <= {path.name for path in modules_that_talk_to_git()}
