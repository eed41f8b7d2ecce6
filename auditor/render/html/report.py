"""Blocks as a page, and the periodic report as such: no script, no request, no inline style; the same bytes each time.

`blocks_html` writes blocks, one macro of `blocks.html` a block type; every text is escaped there. `report_html` is the
page of a report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from jinja2 import Environment
from jinja2.environment import TemplateModule
from markupsafe import Markup, escape

from auditor.audit import Report
from auditor.document.blocks import Block, Card, Figure, Heading, Line, Span, Style, text_of
from auditor.document.report import report_blocks, report_request
from auditor.model.verdict import Verdict
from auditor.render.html import figures
from auditor.render.html.environment import escape_visible, page_environment, page_style
from auditor.render.html.history import draw_history
from auditor.render.html.neighbourhood import draw_neighbourhood
from auditor.render.html.remaining import draw_remaining

_DEEPEST = 6
_WIDE = ("history", "neighbourhood")
_CHANGES = {Style.ADDED: "ins", Style.INSERTED: "ins", Style.REMOVED: "del", Style.DELETED: "del"}
_TAGS = {Style.CODE: "code", Style.STRONG: "strong", **_CHANGES}
_VERDICTS = frozenset(map(str, Verdict))


def report_html(report: Report) -> str:
    """The page."""
    style, digest = page_style("style.css")
    blocks = list(report_blocks(report))
    environment = report_environment()
    return environment.get_template("report.html").render(
        title=_title(blocks),
        version=report.audit.auditor_version,
        request=json.dumps(report_request(report)),
        body=blocks_html(blocks, environment),
        style=style,
        style_hash=digest,
    )


def _title(blocks: Iterable[Block]) -> str:
    return next(text_of(block.line) for block in blocks if isinstance(block, Heading))


def blocks_html(blocks: Iterable[Block], environment: Environment) -> Markup:
    """The blocks as markup, for the inside of `main`."""
    return Markup("").join(_write(blocks, environment.get_template("blocks.html").module, 2))


def report_environment() -> Environment:
    """Jinja, with what the macros of `blocks.html` need."""
    environment = page_environment()
    environment.globals.update(line=line_html, column_of=figures.picture_column)
    return environment


def _write(blocks: Iterable[Block], macros: TemplateModule, level: int) -> Iterator[Markup]:
    """Markup of blocks; `level` is that of a card's title: one below the last heading's. Figures stand together."""
    for pictured, group in groupby(blocks, key=lambda block: isinstance(block, Figure)):
        if pictured:
            pictures = [(_draw_figure(block), block) for block in group if isinstance(block, Figure)]
            yield from (_call(macros, "picture", drawn) for drawn, block in pictures if block.kind in _WIDE)
            if small := [pair for pair in pictures if pair[1].kind not in _WIDE]:
                yield _call(macros, "figures", small)
            continue
        for block in group:
            if isinstance(block, Card):
                inside = Markup("").join(_write(block.blocks, macros, level + 1))
                yield _call(macros, "card", block, min(level, _DEEPEST), inside)
                continue
            if isinstance(block, Heading):
                level = block.level + 1
            yield _call(macros, type(block).__name__.lower(), block)


def _draw_figure(figure: Figure) -> Markup:
    """The picture of a figure that stands by itself; of one of kind `timeline` data are the arguments."""
    match figure.kind:
        case "history":
            return draw_history(figure.data)
        case "neighbourhood":
            return draw_neighbourhood(figure.data)
        case "remaining":
            return draw_remaining(figure.data)
        case _:
            return figures.draw_timeline(*figure.data)


def _call(macros: TemplateModule, name: str, *arguments: object) -> Markup:
    return Markup(getattr(macros, name)(*arguments))


def line_html(line: Line) -> Markup:
    """A line of spans as markup: here and not in a template, since a page has thousands of them."""
    return Markup("".join(map(_span_html, line)))


def _span_html(span: Span) -> str:
    tag, name = _tag_of(span), _class_of(span)
    inner = _inner_html(span)
    if not tag:
        return inner
    return f'<{tag} class="{name}">{inner}</{tag}>' if name else f"<{tag}>{inner}</{tag}>"


def _inner_html(span: Span) -> str:
    """A number with its value, a link, or words, in which a line end is one on the page."""
    if span.value is not None:
        text = span.text.replace(" %", "\u2009%").replace("-", "\u2212")
        return f'<data value="{span.value + 0.0:.6g}">{escape(escape_visible(text))}</data>'
    words = "<br>".join(str(escape(escape_visible(part))) for part in span.text.split("\n"))
    return f'<a href="{escape(escape_visible(span.link))}">{words}</a>' if span.link else words


def _tag_of(span: Span) -> str:
    """The element of a span; "" for words as they are."""
    return _TAGS.get(span.style, "" if span.style is Style.PLAIN else "span")


def _class_of(span: Span) -> str:
    """The class of a span; a verdict has a mark as well, which is a shape and not only a colour."""
    if span.style in _TAGS:
        return ""
    return f"v {span.style}" if span.text in _VERDICTS else str(span.style)
