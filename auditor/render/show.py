"""One patch: what it changed clause by clause, and everything the audit says of it; as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field
from rich.console import Console, RenderableType
from rich.text import Text

from auditor import __version__
from auditor.audit import PatchEntry
from auditor.clauses.comparison import Comparison
from auditor.render import cards
from auditor.render.clauses import changes_shown, counted, look_of
from auditor.render.escape import terminal
from auditor.render.log import head
from auditor.render.parts import ComparisonPart, Part, comparison_part, printed, schema_of
from auditor.render.schema import PatchPart


class ShownPart(Part):
    """A patch as the audit has it, and what it changed."""

    patch: PatchPart
    comparison: ComparisonPart


class ShowDocument(Part):
    """The document `auditor show --format json` prints."""

    schema_: Literal["auditor.show/1"] = Field(default="auditor.show/1", serialization_alias="schema")
    auditor_version: str
    patches: list[ShownPart]


def show_json(patches: Sequence[tuple[PatchEntry, Comparison]]) -> str:
    """The patches as one JSON document."""
    shown = [ShownPart(patch=cards.patch_part(entry), comparison=comparison_part(each)) for entry, each in patches]
    return printed(ShowDocument(auditor_version=__version__, patches=shown))


def json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_of(ShowDocument)


def show(patches: Sequence[tuple[PatchEntry, Comparison]], console: Console) -> Iterable[RenderableType]:
    """The patches: head, clause changes, what the audit says, findings."""
    for entry, comparison in patches:
        patch = entry.facts.patch
        yield head(patch.after)
        yield Text.assemble("    patch ", (patch.id[:8], "yellow"), f" of spec {terminal(patch.spec)}")
        yield Text(f"    {counted(entry.counts)}\n", style="dim")
        yield from changes_shown(comparison, look_of(console, [comparison]))
        yield from cards.said_of(entry, console.width)
