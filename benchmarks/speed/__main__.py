"""Measures, prints the table, and keeps it in benchmarks/RESULTS.md.

python -m benchmarks.speed [--only NAME] [--profile NAME]
"""

from __future__ import annotations

import argparse
import cProfile
import os
import platform
import pstats
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.speed import audits, clauses, history, logs, patches, reports, startup, statistics
from benchmarks.speed.timing import ROOT, NotRun, Row, commit_of, git

GROUPS: dict[str, Callable[[Path], Sequence[Row | NotRun]]] = {
    "history": history.rows,
    "clauses": clauses.rows,
    "logs": logs.rows,
    "statistics": lambda _: statistics.rows(),
    "patches": patches.rows,
    "audit": audits.rows,
    "report": reports.rows,
    "startup": startup.rows,
}
HEAD = ("work", "limit", "time", "ratio", "goal")
RESULTS = ROOT / "benchmarks/RESULTS.md"
TOOLS = ("GitPython", "markdown-it-py", "diff-match-patch", "networkx", "numpy", "pydantic", "rich", "click")


def main() -> None:
    """Run all groups, or one."""
    parser = argparse.ArgumentParser(description="Speed, as ratios to a limit timed in the same run.")
    parser.add_argument("--only", choices=GROUPS, help="one group; benchmarks/RESULTS.md is left as it is")
    parser.add_argument("--profile", choices=GROUPS, help="where the time of a group goes")
    namespace = parser.parse_args()
    commit = commit_of(ROOT)  # now: others may commit while this runs
    with tempfile.TemporaryDirectory() as folder:  # outside of this checkout, whose history is another
        if namespace.profile:
            profile(GROUPS[namespace.profile], Path(folder) / namespace.profile)
            return
        names = [
            cells(row) for name in GROUPS if namespace.only in (None, name) for row in GROUPS[name](Path(folder) / name)
        ]
    print("\n".join(aligned([HEAD, *names])))
    if namespace.only is None:
        RESULTS.write_text(document(names, commit), encoding="utf-8")


def profile(group: Callable[[Path], object], folder: Path) -> None:
    """The thirty places where most of the time is spent."""
    profiler = cProfile.Profile()
    profiler.runcall(group, folder)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(30)


def cells(row: Row | NotRun) -> tuple[str, ...]:
    """A row of the table."""
    if isinstance(row, NotRun):
        return (row.work, "", "NOT RUN", "", row.why)
    if row.exponent is not None:
        return (row.work, row.limit, "", f"exponent {row.exponent:.2f}", _goal(row.goal))
    return (
        row.work,
        f"{row.limit} ({_time(row.limit_seconds or 0.0)})",
        _time(row.seconds),
        f"{row.ratio:.1f}",
        _goal(row.goal),
    )


def _goal(goal: float | str | None) -> str:
    if isinstance(goal, float):
        return f"{goal:g}"
    return goal or "-"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of text in columns, figures to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        names = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join([*names, *right]).rstrip()


def document(names: Sequence[Sequence[str]], commit: str) -> str:
    """The table as Markdown, with what it was measured with."""
    tools = ", ".join(f"{name} {version(name)}" for name in TOOLS)
    git_version = git("--version", cwd=ROOT).decode().split()[2]
    lines = [
        "# Speed",
        "",
        "Written by `make bench`. Each time is the best of several, beside a limit timed in turns with it; what",
        "counts is the ratio, time over limit.",
        "An exponent says how a cost grows over three sizes, ten times apart: 1 is linear.",
        "",
        f"Commit {commit}; Python {platform.python_version()}, git {git_version}, {os.cpu_count()} cores; {tools}.",
        f"Processes that wanted to run in the last fifteen minutes: {os.getloadavg()[2]:.1f}; beyond the number of",
        "cores, times are too long and ratios uncertain.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "| --- | --- | ---: | ---: | ---: |",
        *("| " + " | ".join(row) + " |" for row in names),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
