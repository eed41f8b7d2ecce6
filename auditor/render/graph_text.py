"""One node of the evidence graph for a terminal: what it is, what it is linked to, what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.evidence.graph import Graph, Node
from auditor.render.escape import terminal
from auditor.render.graph_answers import Line, answers, neighbours, noted

_MOST = 12
_KEY = 12


def show(web: Graph, node: Node) -> Iterable[RenderableType]:
    """The node, its neighbours by kind of link, and the answers to what is asked of its kind."""
    yield Text.assemble((f"{node.kind} ", "dim"), (terminal(node.label), "bold"))
    yield Text(f"    {terminal(node.id)}", style="dim")
    yield _table((name, Text(terminal(_said(value)))) for name, value in node.attributes.items())
    for some in neighbours(web, node.id):
        yield Text(f"\n{some.words} ({len(some.others)})", style="bold")
        for other, link in some.others[:_MOST]:
            yield _line(other, noted(link), 1)
        if len(some.others) > _MOST:
            yield Text(f"    and {len(some.others) - _MOST} more: --format json has them all", style="dim")
    for answer in answers(web, node):
        yield Text(f"\n{answer.question}", style="bold")
        yield from (_answer(line) for line in answer.lines)


def _said(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _table(rows: Iterable[tuple[str, Text]]) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name.replace("_", " "), value)
    return Padding(table, (0, 0, 0, 4))


def _answer(line: Line) -> Padding:
    if line.node is None:
        return Padding(Text(terminal(line.lead)), (0, 0, 0, 4 * (line.depth + 1)))
    return _line(line.node, ", ".join(part for part in (line.lead, line.note) if part), line.depth + 1)


def _line(node: Node, note: str, depth: int) -> Padding:
    label, name = terminal(node.label), terminal(_handle(node))
    text = Text.assemble((name, "yellow"), "" if label == node.key else f"  {label}")
    if note:
        text.append(f"  ({terminal(note)})", style="dim")
    return Padding(text, (0, 0, 0, 4 * depth))


def _handle(node: Node) -> str:
    """What to type for it: the beginning of a content id does."""
    is_hash = re.match("[0-9a-f]{32}", node.key) is not None
    return f"{node.kind}:{node.key[:_KEY] if is_hash else node.key}"
