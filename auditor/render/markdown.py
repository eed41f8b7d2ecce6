"""Blocks as Markdown: an audit or a decision in a step summary, a merge request, or a file; and the periodic report.

Every span is escaped here: nothing in it is markup, and nothing is hidden.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from auditor.audit import Report
from auditor.document.blocks import (
    Block,
    Card,
    Commands,
    Figure,
    Heading,
    Line,
    Listing,
    Note,
    Paragraph,
    Passage,
    Style,
    Table,
)
from auditor.document.report import report_blocks, report_request
from auditor.render.escape import escape_markdown, escape_terminal

_FENCE = "```"
_AROUND = {
    Style.CODE: "`",
    Style.STRONG: "**",
    Style.ACCUSED: "**",
    Style.INSERTED: "**",
    Style.DELETED: "~~",
}
_DEEPEST = 6
# What begins a list or an underline where a paragraph begins with it.
_LIST_MARK = re.compile(r"^(\d+(?=[.)])|(?=[-+=]))")


def render_markdown(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown, a blank line between any two."""
    return "\n".join(_block_lines(blocks, 2)).strip("\n") + "\n"


def report_markdown(report: Report) -> str:
    """The report; every text of a spec or record is escaped."""
    request = json.dumps(report_request(report)).replace("--", "-\\u002d")
    return f"<!-- auditor-report {request} -->\n\n{render_markdown(report_blocks(report))}"


def _block_lines(blocks: Iterable[Block], level: int) -> Iterator[str]:
    """Lines of blocks; `level` is that of a card's title: one below the last heading's."""
    for block in blocks:
        yield ""
        match block:
            case Heading():
                level = block.level + 1
                yield f"{'#' * min(block.level, _DEEPEST)} {_text(block.line)}"
            case Paragraph() | Note() | Passage():
                yield _LIST_MARK.sub(r"\1\\", _text(block.line))
            case Listing():
                yield from (f"- {_text(item)}" for item in block.items)
            case Commands():
                yield from _fenced(block.lines)
            case Table():
                yield from _table(block)
            case Figure():
                yield escape_markdown(block.words)
            case Card():
                yield f"{'#' * min(level, _DEEPEST)} {_text(block.title)}"
                yield from _block_lines(block.blocks, level + 1)


def _text(line: Line) -> str:
    marked = groupby((span for span in line if span.text), key=lambda span: _AROUND.get(span.style, ""))
    return "".join(_mark("".join(span.text for span in spans), around) for around, spans in marked).strip()


def _mark(text: str, around: str) -> str:
    """A text with the spaces at its ends outside of its marks, where Markdown reads these as marks."""
    code = around == "`" and not {"`", "|"} & set(text)
    core = escape_terminal(text) if code else escape_markdown(text)
    if not core:
        return " "
    around = "" if around == "`" and not code else around
    lead, trail = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
    return f"{lead}{around}{core}{around}{trail}"


def _fenced(commands: Sequence[str]) -> Iterator[str]:
    """Commands to copy; a fence is longer than any in them."""
    fence = _FENCE
    while any(fence in command for command in commands):
        fence += "`"
    yield from (f"{fence}console", *(f"$ {escape_terminal(command)}" for command in commands), fence)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield escape_markdown(table.empty)
        return
    yield _row(escape_markdown(column.title) for column in table.columns)
    yield _row("---:" if column.figures else "---" for column in table.columns)
    yield from (_row(map(_text, row)) for row in table.rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")
