"""How the number of calls grows with each dimension of a project; `benchmarks.scaling` draws the same in seconds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.scaling.growth import exponent
from benchmarks.scaling.worlds import DIMENSIONS
from tests.processes import ROOT, environment


def test_cost_grows_no_faster_than_the_project() -> None:
    """In a process of its own, where nothing was read or imported before."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--calls"]
    ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    lines = ended.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [dimension.name for dimension in DIMENSIONS], ended.stderr
    assert not [line for line in lines if line.endswith("FAILS")]
    assert ended.returncode == 0, ended.stderr


def test_an_exponent_leaves_out_what_every_size_costs() -> None:
    assert exponent((101, 114, 166), 2) == pytest.approx(2)
    assert exponent((100, 110, 210), 10) == pytest.approx(1)
    assert exponent((100, 90, 90), 2) == 0
    assert exponent((100, 101, 104), 2) == 0
