"""The catalogue of checks, and the page of a check, as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.checks.catalogue import Page
from auditor.checks.interface import HEADINGS, Case, Clear, TextCase, Undecided, ValueCase
from auditor.model.finding import Finding

OUTCOMES = {Finding: "fires", Clear: "is clear", Undecided: "is undecided"}


def checks_table(pages: Sequence[Page]) -> RenderableType:
    """Every check on a line: code, severity, scope, name, title."""
    table = Table.grid(padding=(0, 2))
    for page in pages:
        check = page.check
        table.add_row(Text(check.code, style="bold"), str(check.severity), str(check.scope), check.name, check.title)
    return table


def check_page(page: Page) -> RenderableType:
    """A check's page: its text under the four headings, then its examples."""
    check = page.check
    head = Text.assemble((check.code, "bold"), f"  {check.name}  ", (f"{check.severity}, {check.scope}", "dim"))
    parts: list[RenderableType] = [head, Text(f"{check.title}.\n")]
    for heading in HEADINGS:
        parts += [Text(heading, style="bold"), Padding(Text(page.sections[heading]), (0, 0, 1, 2))]
    parts += [Text("Examples", style="bold"), Padding(_examples(check.cases), (0, 0, 0, 2))]
    return Group(*parts)


def _examples(cases: Sequence[Case | TextCase | ValueCase]) -> Table:
    table = Table.grid(padding=(0, 2))
    for case in cases:
        table.add_row(case.title, case_setting(case), OUTCOMES[case.expect])
    return table


def case_setting(case: Case | TextCase | ValueCase) -> str:
    """What a case is about: counts before and after, or texts; nothing where its title says it all."""
    if isinstance(case, ValueCase):
        return ""
    if isinstance(case, TextCase):
        before, after = (" / ".join(text.split("\n\n")) for text in (case.before, case.after))
        return f'"{before}" -> "{after}"'
    return "; ".join([f"test {case.test}", *(f"held-out {name}" for name in case.held_out)])
