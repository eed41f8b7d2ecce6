"""How long a command takes before it does anything."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.speed.history import build
from benchmarks.speed.timing import ROOT, Row, against

TIMES = 7


def call(*arguments: str, cwd: Path) -> None:
    """One process, from start to end."""
    subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, check=True)


def rows(folder: Path) -> list[Row]:
    """Help, the catalogue, and an audit of a tiny repository."""
    repo = build(folder / "startup", 2)
    (repo / "auditor.toml").write_text("")
    nothing = "python -c pass"
    verbs = (
        ("auditor --help", ["--help"]),
        ("auditor checks", ["checks"]),
        ("auditor audit of 2 revisions", ["audit", "--repo", str(repo), "--spec", "spec.md"]),
    )
    return [
        against(
            name,
            partial(call, "-m", "auditor", *arguments, cwd=ROOT),
            nothing,
            lambda: call("-c", "pass", cwd=ROOT),
            None,
            times=TIMES,
        )
        for name, arguments in verbs
    ]
