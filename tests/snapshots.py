"""Whole outputs in files: compared by tests, and written anew by AUDITOR_REFRESH=1, for the diff to be read."""

from __future__ import annotations

import os
from pathlib import Path

REFRESH = "AUDITOR_REFRESH"


def refreshing() -> bool:
    """Whether expected outputs are to be written anew."""
    return os.environ.get(REFRESH) == "1"


def assert_as_written(file: Path, text: str) -> None:
    """Holds a text against a file; to accept what is new, run the test with AUDITOR_REFRESH=1 and read the diff."""
    if refreshing():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    assert file.read_text(encoding="utf-8") == text, f"{file.name} differs: {REFRESH}=1 accepts it; then read the diff"
