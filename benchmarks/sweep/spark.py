"""The tables' battery with Spark among the engines: its own environment, and Java."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.sweep.outcome import Outcome, last_line, run

PART = "the tables' battery on Spark (local[2])"


def outcome(source: Path, folder: Path) -> Outcome:
    """Every table of the battery counted by Spark too, record for record as DuckDB counts it."""
    if shutil.which("java") is None:
        return Outcome(PART, "NOT RUN", "no java here")
    python = folder / "spark/bin/python"
    run(sys.executable, "-m", "venv", folder / "spark", cwd=source)
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", ".[dev,spark]")
    installed = run(*install, cwd=source, PIP_CONSTRAINT=str(source / "constraints.txt"))
    if installed.returncode:
        return Outcome(PART, "NOT RUN", last_line(installed))
    done = run(
        python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "spark", "tests/sources/engines", cwd=source
    )
    detail = last_line(done)
    if "skipped" in detail or "passed" not in detail:
        return Outcome(PART, "FAILED", detail)
    return Outcome(PART, "FAILED" if done.returncode else "ok", detail)
