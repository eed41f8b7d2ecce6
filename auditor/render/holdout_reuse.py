"""Reuse of held-out suites, as text and as its part of the JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.audit import SpecAudit
from auditor.model.finding import Finding
from auditor.render.escape import escape_terminal
from auditor.render.schema import FindingPart, UsePart


def holdout_reuse_lines(uses: Sequence[HoldoutReuse]) -> Iterable[RenderableType]:
    """The suites that have a limit or are worn; nothing where there is none."""
    told = [use for use in uses if use.allowed is not None or use.worn]
    if not told:
        return
    yield Text("Held-out suites, and how often decisions looked at them", style="bold")
    table = Table.grid(padding=(0, 2))
    for use in told:
        limit = f"{use.looks} of {use.allowed} looks" if use.allowed is not None else f"{use.looks} looks"
        worn = "said by a patch" if use.leaked else "spent" if use.spent else ""
        table.add_row(escape_terminal(use.suite), limit, Text(worn, style="bold red"))
    yield Padding(table, (0, 0, 1, 4), expand=False)


def holdout_reuse_parts(specs: Sequence[SpecAudit], finding: Callable[[Finding], FindingPart]) -> list[UsePart]:
    """Every held-out suite that was looked at; `finding` makes a finding's part."""
    return [
        UsePart(
            spec=spec.history.spec,
            suite=use.suite,
            looks=use.looks,
            decisions=use.decisions,
            revealed=use.revealed,
            allowed=use.allowed,
            leaked_into=list(use.leaked),
            worn=use.worn,
            findings=[finding(one) for one in spec.use_findings.get(use.suite, ())],
        )
        for spec in specs
        for use in spec.uses
    ]
