"""Reading a long history of a long spec."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from auditor.clauses.lineage import trace_lineage
from auditor.clauses.outline import Outline, outline_revision
from auditor.git import open_repository
from auditor.model.spec import History
from auditor.specs.git import read_history
from benchmarks.speed.timing import Row, against, fastest, git, growth

LINES = 5000
SIZES = (20, 200, 2000)
START = 1_767_225_600  # 2026-01-01, in seconds
DAY = 86_400


def spec_lines() -> list[str]:
    """A spec of 5,000 lines: headings, paragraphs and list items, no two alike."""
    lines = []
    for number in range(LINES // 5):
        lines += [
            f"## Part {number} {{#part-{number}}}",
            "",
            f"What part {number} asks for is said here, in a sentence about case {number * 7919 % 10007}.",
            f"- Never do thing {number}, whoever asks for it and however politely it is put.",
            "",
        ]
    return lines


def stream(revisions: int) -> Iterator[bytes]:
    """The commits for git fast-import: each rewrites one line, far from the last."""
    lines = spec_lines()
    for number in range(revisions):
        place = number * 1231 % (LINES // 5) * 5 + 2
        lines[place] = f"Since revision {number}, this part asks for something else, in its own words."
        text = "\n".join(lines).encode()
        message = f"Revision {number}".encode()
        yield f"commit refs/heads/main\ncommitter B <b@example.org> {START + DAY * number} +0000\n".encode()
        yield f"data {len(message)}\n".encode() + message + b"\n"
        yield f"M 100644 inline spec.md\ndata {len(text)}\n".encode() + text + b"\n"


def build(folder: Path, revisions: int) -> Path:
    """A repository with so many revisions."""
    folder.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=folder)
    git("fast-import", "--quiet", cwd=folder, stdin=b"".join(stream(revisions)))
    return folder


def read(folder: Path, revisions: int) -> History:
    """What auditor does: every revision, with its date, tags and content id."""
    with open_repository(folder) as repo:
        history = read_history(repo, "spec", ["spec.md"])
    assert len(history.revisions) == revisions
    return history


def in_clauses(folder: Path, revisions: int) -> None:
    """Every revision in clauses, what changed parsed, and what each clause says as a key to compare it by."""
    last: Outline | None = None
    for revision in read(folder, revisions).revisions.values():
        last = outline_revision(revision, last)
    assert last is not None
    assert last.size > LINES // 5


def traced(folder: Path, revisions: int) -> None:
    """Every clause with its identity through all revisions."""
    assert len(trace_lineage(read(folder, revisions)).ids) == revisions


def limit(folder: Path) -> None:
    """The blobs of all commits through one git."""
    commits = git("rev-list", "HEAD", "--", "spec.md", cwd=folder).split()
    blobs = git("cat-file", "--batch", cwd=folder, stdin=b"".join(commit + b":spec.md\n" for commit in commits))
    assert len(blobs) > LINES * len(commits)


WORK = (("read", read, 1.2), ("read in clauses", in_clauses, 4.0), ("read and trace", traced, None))


def rows(folder: Path) -> list[Row]:
    """2,000 revisions beside the limit, and the same work at three sizes."""
    folders = [build(folder / str(size), size) for size in SIZES]
    found: list[Row] = []
    for name, work, goal in WORK:
        largest = against(
            f"{name} {SIZES[-1]:,} revisions of {LINES:,} lines",
            partial(work, folders[-1], SIZES[-1]),
            "git rev-list into one git cat-file --batch",
            partial(limit, folders[-1]),
            goal,
            times=3 if goal is None else 5,
        )
        smaller = [fastest(partial(work, at, size), 3) for at, size in zip(folders[:-1], SIZES[:-1], strict=True)]
        found += [largest, growth("the same by revisions", SIZES, [*smaller, largest.seconds])]
    return found
