"""What a command costs at three sizes, and the exponent with which that grows."""

from __future__ import annotations

import contextlib
import cProfile
import io
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from auditor.cli.main import run
from benchmarks.scaling.worlds import Dimension
from benchmarks.speed.timing import ROOT

MOST = 1.15
_LEAST_RISE = 20


def exponent(costs: Sequence[float], step: float) -> float:
    """The exponent of a cost at three sizes, each `step` times the one before; what every size costs is no part of it.

    A cost that hardly rises, by a twentieth from the first to the third, has 0.
    """
    first, second = costs[1] - costs[0], costs[2] - costs[1]
    rises = costs[2] - costs[0] > costs[2] / _LEAST_RISE and first > 0 and second > 0
    return math.log(second / first) / math.log(step) if rises else 0.0


def seconds_of(arguments: Sequence[str]) -> float:
    """User seconds of CPU of a command and of what it starts, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [sys.executable, "-m", "auditor", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return usage.ru_utime


def calls_of(arguments: Sequence[str]) -> int:
    """How many functions a command calls, in this process; what C code does within one call is not counted."""
    profiler = cProfile.Profile()
    with contextlib.redirect_stdout(io.StringIO()):
        code = profiler.runcall(run, list(arguments))
    if code not in (0, 1):
        raise RuntimeError(f"{arguments} ended with {code}")
    return sum(entry.callcount for entry in profiler.getstats())


def draw_seconds(dimension: Dimension, folder: Path) -> tuple[list[float], float]:
    """User seconds at the large sizes, and their exponent."""
    costs = [seconds_of(dimension.build(folder / str(size), size)) for size in dimension.sizes]
    return costs, exponent(costs, dimension.sizes[1] / dimension.sizes[0])


def draw_calls(dimension: Dimension, folder: Path) -> tuple[list[int], float]:
    """Calls at the small sizes, and their exponent."""
    costs = [calls_of(dimension.build(folder / str(size), size)) for size in dimension.small]
    return costs, exponent(costs, dimension.small[1] / dimension.small[0])
