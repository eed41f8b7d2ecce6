"""Which blocks a text has: markdown-it-py set up for specs, as one flat run of blocks with exact lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin

# No link definitions in either: a definition's words are words of the spec, and a model is shown them.
_MARKDOWN_RULES = ["table", "admonition", "code", "fence", "blockquote", "hr", "list", "html_block", "heading"]
_MARKDOWN_RULES += ["lheading", "paragraph"]
# A prompt is prose first: indented text is text, a tag or a quote mark is a word like any other.
_PLAIN_RULES = ["table", "jinja", "fence", "list", "heading", "paragraph"]

_JINJA_ENDS = {"{#": "#}", "{%": "%}"}
_WHOLE_BLOCKS = frozenset({"fence", "code_block", "html_block", "jinja"})


@dataclass(frozen=True, slots=True)
class Block:
    """One leaf of the block structure.

    Attributes:
        type: paragraph, heading, row, fence, code_block, html_block, jinja or admonition.
        start: first line, from 0.
        stop: the line after its last.
        content: its source without the markers of the lists and quotes it stands in; "" for a row and an admonition.
        info: a fence's info string, an admonition's opening line; else "".
        level: a heading's level, 1 to 6; else 0.
        in_item: whether a list item is what it directly stands in.
        nested: whether anything but the document is what it stands in.
    """

    type: str
    start: int
    stop: int
    content: str
    info: str = ""
    level: int = 0
    in_item: bool = False
    nested: bool = False


def blocks(text: str, *, markdown: bool) -> Iterator[Block]:
    """The blocks of a text with LF line ends, in order; lines of none of them are blank or hold markers only.

    Blocks nested deeper than the parser follows (20 containers) are in none.
    """
    containers: list[str] = []
    tokens = iter(_parser(markdown).parse(text))
    for token in tokens:
        if token.type == "admonition_open":
            yield _admonition(token, tokens, nested=bool(containers))
        elif token.type in ("paragraph_open", "heading_open"):
            yield _leaf(token, next(tokens), containers)
        elif token.type == "tr_open" or token.type in _WHOLE_BLOCKS:
            yield _leaf(token, token, containers)
        elif token.type in ("list_item_open", "blockquote_open"):
            containers.append(token.type)
        elif token.type in ("list_item_close", "blockquote_close"):
            containers.pop()


def _leaf(token: Token, content: Token, containers: list[str]) -> Block:
    start, stop = _lines(token)
    return Block(
        type="row" if token.type == "tr_open" else token.type.removesuffix("_open"),
        start=start,
        stop=stop,
        content=content.content,
        info=token.info,
        level=int(token.tag[1:]) if token.type == "heading_open" else 0,
        in_item=bool(containers) and containers[-1] == "list_item_open",
        nested=bool(containers),
    )


def _admonition(opening: Token, tokens: Iterator[Token], *, nested: bool) -> Block:
    depth = 1
    for token in tokens:
        depth += (token.type == "admonition_open") - (token.type == "admonition_close")
        if not depth:
            break
    start, stop = _lines(opening)
    return Block("admonition", start, stop, "", info=opening.info, nested=nested)


def _lines(token: Token) -> tuple[int, int]:
    assert token.map is not None  # every block token has one
    return token.map[0], token.map[1]


@lru_cache(maxsize=2)
def _parser(markdown: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark").use(admon_plugin).enable("table")
    parser.block.ruler.before("fence", "jinja", _jinja, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.block.ruler.enableOnly(_MARKDOWN_RULES if markdown else _PLAIN_RULES)
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _jinja(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A block rule: a template comment or tag that begins its line and ends a line."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    closing = _JINJA_ENDS.get(state.src[begin : begin + 2])
    if closing is None:
        return False
    end = state.src.find(closing, begin + 2, state.eMarks[end_line - 1])
    if end < 0:
        return False
    last = start_line + state.src.count("\n", begin, end)
    if last >= end_line or state.src[end + 2 : state.eMarks[last]].strip():
        return False
    if not silent:
        token = state.push("jinja", "", 0)
        token.content = state.src[begin : end + 2]
        token.map = [start_line, last + 1]
        state.line = last + 1
    return True


_MARKERS = ">|:=+*_#-`~"


def says_nothing(line: str) -> bool:
    """Whether a line is blank or holds block markers only: a rule, a table's second row, a fence, an empty item."""
    return not "".join(line.split()).strip(_MARKERS)
