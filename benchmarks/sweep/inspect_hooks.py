"""Inspect's logs stamped by the hook: the tests of it with the real package, in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.sweep.outcome import Outcome, last_line, run

PART = "logs that Inspect writes, stamped by the hook of auditor[inspect]"


def outcome(source: Path, folder: Path) -> Outcome:
    """Evaluations of a mock model in a project: what the logs are stamped with, and that they are read."""
    python = folder / "inspect/bin/python"
    run(sys.executable, "-m", "venv", folder / "inspect", cwd=source)
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", ".[dev,inspect]")
    installed = run(*install, cwd=source, PIP_CONSTRAINT=str(source / "constraints.txt"))
    if installed.returncode:
        return Outcome(PART, "NOT RUN", last_line(installed))
    done = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/app/test_inspect_hooks.py", cwd=source)
    detail = last_line(done)
    return Outcome(PART, "ok" if "passed" in detail and not done.returncode else "FAILED", detail)
