"""The committed results: every table, with what it was drawn with."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from importlib.metadata import version

from benchmarks.verdicts.histories import SEED
from benchmarks.verdicts.parts import Section

TOOLS = ("numpy", "networkx")


_HEAD = """\
# Verdicts on worlds whose truth is known

Written by `python -m benchmarks.verdicts --full`, one part by `--full --only PART`; `make bench-verdicts` draws a tenth
and prints the tables.

## Promises broken

In every cell at most 5 % false accusations, false clearances, false `worse`; upper 95 % limit at most 6 %.
"""
_BROKEN = "- broken: "


def document(found: Sequence[tuple[Section, float]], before: str, commit: str, worlds: int) -> str:
    """RESULTS.md: what was found and in how many seconds, in place of the same sections of what it said `before`."""
    tools = ", ".join(f"{name} {version(name)}" for name in TOOLS)
    drawn = f"Commit {commit}; seed {SEED}; {worlds:,} worlds a cell; Python {platform.python_version()}, {tools}; "
    sections = _sections(before)
    for section, seconds in found:
        title, *rest = section.markdown()
        took = f"{drawn}{seconds / 60:.1f} minutes on two processes."
        sections[title] = "\n".join([title, "", took, *rest, *(f"{_BROKEN}{line}" for line in section.failing)])
    whole = [text.rstrip("\n") for text in sections.values()]
    broken = [line.replace(_BROKEN, "- ") for text in whole for line in text.splitlines() if line.startswith(_BROKEN)]
    return "\n".join([_HEAD, *(broken or ["None."]), "", "\n\n".join(whole), ""])


def _sections(text: str) -> dict[str, str]:
    """The parts of an earlier document by their titles, in its order."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.splitlines()[0]: part for part in parts if not part.startswith("## Promises broken")}
