"""Tiny real repositories for tests. The same calls give the same commit ids on every machine."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST_DATE = datetime(2026, 1, 1, 12, tzinfo=UTC)
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def _environment(date: str | None = None) -> dict[str, str]:
    """The environment of a test's own git: none of the outside GIT_* variables, a fixed identity and date.

    Nor git's templates: its sample hooks would be written, copied and removed again with every repository.
    """
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    return outside | IDENTITY | dates | {"GIT_TEMPLATE_DIR": "", "LC_ALL": "C", "TZ": "UTC"}


class GitRepo:
    """A repository under construction, on branch `main`.

    Every commit without a date is one hour after the one made before it, from 2026-01-01T12:00:00+00:00 on.

        repo = GitRepo(tmp_path / "repo")
        first = repo.commit({"spec.md": "text"}, message="first")
        repo.branch("other")                          # made at HEAD and checked out
        repo.commit({"spec.md": None})                # None deletes
        repo.checkout("main")
        repo.merge("other")                           # always a merge commit
        repo.tag("v1")
    """

    def __init__(self, path: Path, *, bare: bool = False, object_format: str = "sha1") -> None:
        self.path = path
        self.commits_made = 0
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", f"--object-format={object_format}", "-b", "main", *(["--bare"] if bare else []))
        (path / ("" if bare else ".git") / "hooks").mkdir(exist_ok=True)

    def copy(self, path: Path) -> GitRepo:
        """The same repository at another path, which must not be there yet; commits go on from the same date."""
        shutil.copytree(self.path, path, symlinks=True)
        git_repo = copy.copy(self)
        git_repo.path = path
        return git_repo

    def git(self, *arguments: str, date: str | None = None, stdin: str | None = None) -> str:
        """What git prints, without the final line end. Raises CalledProcessError."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=_environment(date),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        return done.stdout.rstrip("\n")

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files into the work tree, without committing; None deletes."""
        for name, content in files.items():
            file = self.path / name
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        message: str = "change",
        date: str | None = None,
        author: str = "Ada <ada@example.org>",
    ) -> str:
        """Write files, stage everything, commit (even nothing); the commit's id. `date` is ISO 8601 with offset."""
        self.write(files or {})
        self.git("add", "-A")
        self.git(
            "commit",
            "-q",
            "--allow-empty",
            "--no-verify",
            f"--author={author}",
            "-m",
            message,
            date=date or self._next_date(),
        )
        return self.head()

    def branch(self, name: str, at: str = "HEAD") -> None:
        """Make a branch and check it out."""
        self.git("checkout", "-q", "-b", name, at)

    def checkout(self, name: str) -> None:
        """Check out a branch, tag or commit."""
        self.git("checkout", "-q", name)

    def merge(
        self,
        name: str,
        *,
        files: Mapping[str, str | bytes | None] | None = None,
        message: str = "merge",
        date: str | None = None,
    ) -> str:
        """Merge a branch with a merge commit; the commit's id.

        With `files` the merge's content is what they say on top of this side's (a conflict resolved, or an evil merge).
        """
        if files is None:
            self.git("merge", "-q", "--no-ff", "-m", message, name, date=date or self._next_date())
            return self.head()
        self.git("merge", "-q", "--no-ff", "--no-commit", "-s", "ours", name)
        return self.commit(files, message=message, date=date)

    def tag(self, name: str, at: str = "HEAD", *, annotated: bool = False) -> None:
        """Tag a commit."""
        self.git("tag", *(["-a", "-m", name] if annotated else []), name, at, date=self._date())

    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def _date(self) -> str:
        return (FIRST_DATE + timedelta(hours=self.commits_made)).isoformat()

    def _next_date(self) -> str:
        date = self._date()
        self.commits_made += 1
        return date


def two_commits(path: Path) -> GitRepo:
    """A repository whose `spec.md` says one, then two, beside other files."""
    repo = GitRepo(path)
    repo.commit({"spec.md": "one\n", "other.txt": "x"})
    repo.commit({"spec.md": "two\n", "prompts/a.md": "a", "prompts/deep/b.md": "b"})
    return repo
