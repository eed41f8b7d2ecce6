"""Blocks as a page, and the periodic report as such: no script, no request, no inline style; the same bytes each time.

`blocks_html` writes blocks, one macro of `blocks.html` a block type; every text is escaped there. `report_html` is the
page of a report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from jinja2 import Environment
from jinja2.environment import TemplateModule
from markupsafe import Markup, escape

from auditor.audit import Report
from auditor.document.blocks import Block, Card, Figure, Heading, Line, Span, Style, Table, text_of
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
    environment.globals.update(line=line_html)
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
            if isinstance(block, Table):
                yield _table_html(block)
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
        return f'<data value="{span.value + 0.0:.6g}">{_escaped(text)}</data>'
    words = "<br>".join(map(_escaped, span.text.split("\n"))) if "\n" in span.text else _escaped(span.text)
    return f'<a href="{_escaped(span.link)}">{words}</a>' if span.link else words


@lru_cache(maxsize=50_000)
def _escaped(text: str) -> str:
    """A text as markup, what is hidden in it written out; pages of a site say most things many times."""
    return str(escape(escape_visible(text)))


def _table_html(table: Table) -> Markup:
    """A table; here and not in a template, since a site has millions of cells."""
    if not table.rows:
        return Markup(f"<p>{_escaped(table.empty)}</p>\n" if table.empty else "")
    head, strips = figures.picture_column(table.picture) if table.picture else (Markup(), ())
    kind = f"{'grid' if table.grid else 'stack'}{' pictured' if table.picture else ''}"
    parts = [f'<div class="wide"><table class="{kind}">\n']
    figured = [' class="num"' if column.figures else "" for column in table.columns]
    titles = [_escaped(column.title) for column in table.columns]
    if not table.grid:
        cells = "".join(f"<th{figure}>{title}</th>" for figure, title in zip(figured, titles, strict=True))
        picture = f'<th class="pic">{head}</th>' if table.picture else ""
        parts.append(f"<thead><tr>{cells}{picture}</tr></thead>\n")
    names = ["", *(f' data-of="{title}"' if title else "" for title in titles[1:])]
    opened = [f"<td{figure}{name}>" for figure, name in zip(figured, names, strict=True)]
    parts.append("<tbody>\n")
    for number, row in enumerate(table.rows):
        cells = "".join(
            f"{start}{''.join(map(_span_html, cell))}</td>" for start, cell in zip(opened, row, strict=True)
        )
        picture = f'<td class="pic">{strips[number]}</td>' if table.picture else ""
        parts.append(f"<tr>{cells}{picture}</tr>\n")
    parts.append("</tbody></table></div>\n")
    return Markup("".join(parts))


def _tag_of(span: Span) -> str:
    """The element of a span; "" for words as they are."""
    return _TAGS.get(span.style, "" if span.style is Style.PLAIN else "span")


def _class_of(span: Span) -> str:
    """The class of a span; a verdict has a mark as well, which is a shape and not only a colour."""
    if span.style in _TAGS:
        return ""
    return f"v {span.style}" if span.text in _VERDICTS else str(span.style)
