"""Blocks as Markdown: an audit or a decision in a step summary, a merge request, or a file.

Every span is escaped here: nothing in it is markup, and nothing is hidden. Results, which other tools' formats share,
come in as well and go out as blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

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
    Span,
    Style,
    Table,
    grid,
    plain,
)
from auditor.document.ledger import describe_waiver
from auditor.model.finding import Finding
from auditor.render.escape import escape_markdown, escape_terminal
from auditor.render.results import Results, Weight, rule_name, weight_of

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
    code = around == "`" and "`" not in text
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
    yield from (f"{fence}console", *(f"$ {' '.join(command.split())}" for command in commands), fence)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield escape_markdown(table.empty)
        return
    yield _row(escape_markdown(column.title) for column in table.columns)
    yield _row("---:" if column.figures else "---" for column in table.columns)
    yield from (_row(map(_text, row)) for row in table.rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


# What other tools' formats share, as blocks.


def results_blocks(results: Results) -> Iterator[Block]:
    """What is held against what lands first, each with what to do; the rest as a table; every waiver."""
    yield Heading(2, plain(results.title))
    yield Paragraph(plain(f"{results.headline}."))
    held = [finding for finding in results.findings if weight_of(finding) is Weight.ERROR]
    for finding in held:
        yield from _blocking_finding(finding)
    rest = [finding for finding in results.findings if weight_of(finding) is not Weight.ERROR]
    if rest:
        yield Heading(3, plain("Also found" if held else "Findings"))
        yield grid(_finding_row(finding, results.waived_by(finding)) for finding in rest)
    if results.waivers:
        yield Heading(3, plain("Waivers"))
        yield Listing(tuple(plain("; ".join(describe_waiver(facts))) for facts in results.waivers))


def _blocking_finding(finding: Finding) -> Iterator[Block]:
    yield Heading(3, plain(rule_name(finding)))
    yield Paragraph(plain(f"{finding.subject.label}{_place_text(finding)}"))
    yield Paragraph(plain(finding.message))
    if finding.remedy:
        yield Paragraph((Span("To do:", Style.STRONG), Span(f" {finding.remedy.text}")))
    if finding.remedy and finding.remedy.commands:
        yield Commands(finding.remedy.commands)


def _finding_row(finding: Finding, waived_by: str) -> tuple[Line, ...]:
    about = f"{finding.subject.label}{_place_text(finding)}"
    message = f"{finding.message}; waived by {waived_by}" if waived_by else finding.message
    return plain(rule_name(finding)), plain(about), plain(message)


def _place_text(finding: Finding) -> str:
    return f" ({finding.place.path}:{finding.place.line})" if finding.place is not None else ""
