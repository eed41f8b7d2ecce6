"""What log and show print of the audit's cards, so that a figure looks the same wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.facts import BehaviourFacts, Rate
from auditor.audit import PatchEntry
from auditor.model.finding import Finding
from auditor.model.verdict import WORST_FIRST, Verdict
from auditor.render import json as documents
from auditor.render import terminal as audit
from auditor.render.escape import terminal
from auditor.render.schema import BehaviourPart, PatchPart


def rate(of: Rate | None) -> str:
    """A rate with its limits, in per cent; a dash where there is none."""
    return " ".join(audit.rate_cells(of, counts=False)) if of is not None else "-"


def verdict(of: Verdict, mechanisms: Sequence[str] = ()) -> Text:
    """A verdict in its colour, with the mechanisms of suspected hiding."""
    hiding = f"  hiding suspected: {', '.join(mechanisms)}" if mechanisms else ""
    return Text.assemble((str(of), audit.STYLES[of]), (hiding, "bold red"))


def behaviour_part(facts: BehaviourFacts, spec: str) -> BehaviourPart:
    """A behaviour of a spec as the audit's document has it."""
    return documents.behaviour_part(facts, spec)


def patch_part(entry: PatchEntry) -> PatchPart:
    """A patch as the audit's document has it."""
    return documents.patch_part(entry)


def said_of(entry: PatchEntry, width: int) -> Iterator[RenderableType]:
    """Everything the audit says of a patch: every behaviour, the worst first, then every finding with its message."""
    counts = width >= audit.ROOM_FOR_COUNTS
    for facts in sorted(entry.facts.behaviours, key=lambda facts: WORST_FIRST.index(facts.verdict)):
        yield verdict(facts.verdict, facts.mechanisms if facts.hiding_suspected else ())
        yield Padding(Group(*audit.told(facts, counts)), (0, 0, 1, 4), expand=False)
    yield from (footnotes := list(audit.footnotes(replace(entry, findings=()))))
    if entry.findings:
        if footnotes:
            yield Text("")
        yield _findings(entry.findings)


def _findings(findings: Sequence[Finding]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="yellow")
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for finding in findings:
        place = f" ({terminal(finding.place.path)}:{finding.place.line})" if finding.place else ""
        what = Text.assemble((finding.name, "bold"), f": {terminal(finding.message)}{place}")
        table.add_row(finding.check, str(finding.severity), what)
    return Group(Text("Findings", style="bold"), Padding(table, (0, 0, 0, 4), expand=False))
