"""What a part of the sweep came to."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One part.

    Attributes:
        part: what was run.
        result: "ok", "FAILED" or "NOT RUN".
        detail: figures, or why.
    """

    part: str
    result: str
    detail: str


def run(*arguments: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A process, waited for, with nothing of this Python's environment."""
    names = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "GIT_"))
    }
    call = [str(argument) for argument in arguments]
    return subprocess.run(call, cwd=cwd, env={**names, **variables}, capture_output=True, text=True, check=False)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last thing a process said, without where it was said."""
    lines = (done.stdout + done.stderr).strip().splitlines() or ["said nothing"]
    return lines[-1].replace(str(ROOT), "").replace(str(Path.home()), "~")[:200]
