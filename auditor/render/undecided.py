"""The checks that could not tell, for `audit --verbose`: on what, and why."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from auditor.audit import Coverage
from auditor.render.escape import terminal


def could_not_tell(coverage: Coverage) -> Iterator[RenderableType]:
    """A heading, and for each subject and reason the codes of its checks; nothing where every check could tell."""
    if not coverage.undecided:
        return
    yield Text("\nChecks that could not tell", style="bold")
    for one in coverage.undecided:
        lines = (Text(f"{terminal(one.why)}", style="dim"), Text(", ".join(one.checks), style="dim"))
        yield Group(Text(f"  {terminal(one.on)}"), Padding(Group(*lines), (0, 0, 0, 4), expand=False))
