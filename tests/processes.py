"""auditor as its own process, with an environment the test chooses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_OURS = ("LC_", "LANG", "PYTHON", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "TZ", "TERM")


class Ended(NamedTuple):
    """What a process did."""

    code: int
    out: bytes
    err: str


def environment(**variables: str) -> dict[str, str]:
    """This process's, without what changes how Python or a terminal behaves; then the variables given."""
    names = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**names, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **variables}


def python(*arguments: str | Path, cwd: Path | None = None, **variables: str) -> Ended:
    """Run this Python and wait."""
    call: Sequence[str] = [sys.executable, *map(str, arguments)]
    done = subprocess.run(call, cwd=cwd, env=environment(**variables), capture_output=True, check=False, timeout=120)
    return Ended(done.returncode, done.stdout, done.stderr.decode())


def auditor(*arguments: str | Path, cwd: Path | None = None, **variables: str) -> Ended:
    """Run auditor and wait."""
    return python("-m", "auditor", *arguments, cwd=cwd, **variables)
