"""Timing two things side by side, and how a cost grows."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One measured piece of work.

    Attributes:
        work: what was done.
        limit: what it is held against.
        limit_seconds: the fastest time of the limit; None for a row that only says how a cost grows.
        seconds: the fastest time of the work.
        goal: the ratio to reach, or a time in words; None where none is set.
        exponent: the slope of log time over log size, for a row that says how a cost grows.
    """

    work: str
    limit: str
    limit_seconds: float | None
    seconds: float
    goal: float | str | None
    exponent: float | None = None

    @property
    def ratio(self) -> float | None:
        """Time over limit."""
        return None if self.limit_seconds is None else self.seconds / self.limit_seconds


@dataclass(frozen=True, slots=True)
class NotRun:
    """Work that could not be measured here, and why."""

    work: str
    why: str


def fastest(function: Callable[[], object], times: int) -> float:
    """The shortest of so many runs, in seconds; the others were disturbed."""
    value = math.inf
    for _ in range(times):
        start = perf_counter()
        function()
        value = min(value, perf_counter() - start)
    return value


def against(
    work: str,
    done: Callable[[], object],
    limit: str,
    least: Callable[[], object],
    goal: float | str | None,
    times: int = 5,
) -> Row:
    """Work beside its limit, turn by turn, so that a slow spell of the machine hits both."""
    seconds = least_seconds = math.inf
    for _ in range(times):
        least_seconds = min(least_seconds, fastest(least, 1))
        seconds = min(seconds, fastest(done, 1))
    return Row(work, limit, least_seconds, seconds, goal)


def growth(work: str, sizes: Sequence[int], seconds: Sequence[float]) -> Row:
    """How the cost grows over sizes: the slope of the least squares line through the logarithms."""
    x, y = [math.log(size) for size in sizes], [math.log(time) for time in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)
    text = ", ".join(f"{size:,}: {time:.2f} s" for size, time in zip(sizes, seconds, strict=True))
    return Row(work, text, None, seconds[-1], None, slope)


def git(*arguments: str, cwd: Path, stdin: bytes = b"") -> bytes:
    """What git prints."""
    return subprocess.run(["git", *arguments], cwd=cwd, input=stdin, capture_output=True, check=True).stdout


def commit_of(checkout: Path) -> str:
    """The commit that is checked out, and whether the package differs from it."""
    changed = git("status", "--porcelain", "--", "auditor", cwd=checkout)
    commit = git("rev-parse", "--short=12", "HEAD", cwd=checkout).decode().strip()
    return f"{commit} with uncommitted changes" if changed else commit
