"""The committed results: every table, with what it was drawn with."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.verdicts.histories import SEED
from benchmarks.verdicts.parts import Section

TOOLS = ("numpy", "networkx")


def document(found: Sequence[Section], commit: str, worlds: int, seconds: float) -> str:
    """RESULTS.md."""
    tools = ", ".join(f"{name} {version(name)}" for name in TOOLS)
    failing = [line for section in found for line in section.failing]
    lines = [
        "# Verdicts on worlds whose truth is known",
        "",
        "Written by `python -m benchmarks.verdicts --full`; `make bench-verdicts` draws a tenth and prints the tables.",
        "",
        f"Commit {commit}; seed {SEED}; {worlds:,} worlds a cell; Python {platform.python_version()}, {tools}; "
        f"{seconds / 60:.0f} minutes on two processes.",
        "",
        "## Promises broken",
        "",
        "In every cell at most 5 % false accusations, false clearances, false `worse`; upper 95 % limit at most 6 %.",
        "",
        *([f"- {line}" for line in failing] or ["None."]),
        "",
    ]
    for section in found:
        lines += section.markdown()
    return "\n".join(lines)
