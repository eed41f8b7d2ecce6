"""Where to look next after the demonstration."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from auditor.render.escape import escape_terminal


def demo_next_steps(folder: str, commit: str, report: str) -> RenderableType:
    """The demonstration's repository, its report, and commands to try."""
    where = escape_terminal(folder)
    table = Table.grid(padding=(0, 2))
    for line, why in (
        (f"auditor audit --repo {where} --format json", "the same with every number"),
        (f"auditor audit --repo {where} --fail-on suspected", "exits 1: a patch is suspected of hiding"),
        (f"auditor gate --repo {where} --base HEAD~3 --head HEAD", "exits 1: what its merge would have been told"),
        (
            f"auditor verify --repo {where} --report {escape_terminal(report)}",
            "every number of its report, computed again",
        ),
        ("auditor checks SD101", "the rule behind the first finding"),
    ):
        table.add_row(Text(line, style="bold"), Text(why, style="dim"))
    head = Text(
        f"\nThe demonstration is a git repository in {where} (HEAD {commit[:12]}). Its truth is simulated and known."
    )
    last = Text(f"The report of its last quarter: {escape_terminal(report)}", style="bold")
    return Group(head, Text("Where to look next:"), table, last)
