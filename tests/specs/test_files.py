"""tests.specs.test_files"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.specs.files import Pattern, parse_patterns
from tests.repos import GitRepo

NAMES = st.text(alphabet="ab.[]\\!-é", min_size=1, max_size=3).filter(lambda name: name not in {".", ".."})
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
GLOBS = st.lists(st.one_of(NAMES, st.sampled_from(["*", "**", "?", "a*", "*.b", "?b"])), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [("a.md", ""), ("p/a.md", "p"), ("p/q/*.md", "p/q"), ("p/**/a.md", "p"), ("*/p/a.md", ""), ("p/a?/b/c.md", "p")],
)
def test_the_folder_of_a_pattern(pattern: str, folder: str) -> None:
    assert Pattern(pattern).folder == folder


@given(st.lists(PATHS, min_size=1, max_size=6, unique=True), st.lists(GLOBS.map("/".join), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_what_matches_lies_in_the_patterns_folder(paths: list[str], globs: list[str]) -> None:
    for pattern in parse_patterns([glob for glob in globs if not glob.endswith("/")]):
        for path in filter(pattern.matches, paths):
            assert not pattern.folder or path.startswith(f"{pattern.folder}/")


def test_git_matches_the_same_paths(tmp_path: Path) -> None:
    built = GitRepo(tmp_path / "repo")
    names = ["a", "b.md", "[a]", "a\\b", ".a", "!b", "é.md"]
    paths = [*names, *(f"p/{name}" for name in names), *(f"p/q/{name}" for name in names), "[a]x/a", "pq/a"]
    built.commit(dict.fromkeys(paths, "x"))
    for text in ("*", "**", "p/*", "p/**", "**/*.md", "**/a", "p/**/a", "*/a", "?", "p?/a", "[a]*/a", "**/[a]", "*\\b"):
        (pattern,) = parse_patterns([text])
        call = ["git", "ls-files", "-z", "--", pattern.pathspec]
        listed = subprocess.run(call, cwd=built.path, capture_output=True, check=True).stdout.decode()
        assert set(filter(pattern.matches, paths)) == set(listed.split("\0")[:-1]), text
