"""A file's text -> its clauses.

Markdown, or plain text in which lists, headings, tables, fences and template tags are known; both are read by
markdown-it-py as one flat run of blocks with exact lines. In: a path and a text. Out: clauses, in order; every line
that says something stands in exactly one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin

from auditor.model.clause import Clause, ClauseKind

# Which blocks a text has: markdown-it-py set up for specs, as one flat run of blocks with exact lines.


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


def parse_blocks(text: str, *, markdown: bool) -> Iterator[Block]:
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


_MARKUP_CHARACTERS = ">|:=+*_#-`~"


def is_blank_or_markup(line: str) -> bool:
    """Whether a line is blank or holds block markers only: a rule, a table's second row, a fence, an empty item."""
    return not "".join(line.split()).strip(_MARKUP_CHARACTERS)


# A spec's file -> its clauses.


_MARKDOWN_SUFFIXES = (".md", ".markdown")

# `{#anchor key=value}` at the end of a heading; braces with anything else in them are part of the title.
_ATTRIBUTE_PART = r"(?:[#.][\w:.-]+|[\w:.-]+=(?:\"[^\"{}]*\"|[^\s\"{}]+))"
_ATTRIBUTES = re.compile(rf"\s?\{{:?\s?({_ATTRIBUTE_PART}(?:\s{_ATTRIBUTE_PART})*)\s?\}}$")
_ATTRIBUTE = re.compile(r"(?:^|\s)(?:([#.])([\w:.-]+)|([\w:.-]+)=(?:\"([^\"]*)\"|(\S+)))")
_CITATION = re.compile(r"\[\^([^\]\[\s]+)\]")
# The start of a link's or footnote's definition; several in a row are one paragraph to the block parser.
_DEFINITION = re.compile(r"\s*\[[^\]]+\]:")
_CELL_BAR = re.compile(r"\s?(?<!\\)\|\s?")


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause before it is known where it stands.

    Attributes:
        start: its first line, from 0.
        stop: the line after its last.
        level: of a heading that opens a section, 1 to 6; 0 for anything else.
        anchor: a heading's own.
        attributes: a heading's own.
    """

    start: int
    stop: int
    kind: ClauseKind
    text: str
    citations: tuple[str, ...]
    level: int = 0
    anchor: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SectionCursor:
    """The headings that the next statement of a file stands under."""

    path: str
    headings: list[tuple[int, str]] = field(default_factory=list)
    anchor: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    section: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.section = tuple(title for _, title in self.headings)

    def clause(self, statement: Statement, offset: int = 0) -> Clause:
        """The statement as a clause, its lines shifted by `offset`. A heading opens its section."""
        own = statement.kind is ClauseKind.HEADING
        if statement.level:
            while self.headings and self.headings[-1][0] >= statement.level:
                self.headings.pop()
            self.anchor, self.attributes = statement.anchor, statement.attributes
            self.section = tuple(title for _, title in self.headings)
        clause = Clause(
            self.path,
            statement.start + offset + 1,
            statement.stop + offset,
            statement.kind,
            self.section,
            statement.anchor if own else self.anchor,
            statement.attributes if own else self.attributes,
            statement.text,
            statement.citations,
        )
        if statement.level:
            self.headings.append((statement.level, statement.text))
            self.section = (*self.section, statement.text)
        return clause


@lru_cache(maxsize=64)
def parse_clauses(path: str, text: str) -> tuple[Clause, ...]:
    """The clauses of one file, in order. Never raises; the same text gives the same clauses.

    Markdown for `.md` and `.markdown`; anything else is read as plain text, in which lists, headings with `#`, tables,
    fences and template tags are known. Every line stands in exactly one clause, except those that are blank or hold
    block markers only (see `is_blank_or_markup`). CRLF and CR count as line ends.
    """
    standing = SectionCursor(path)
    return tuple(
        standing.clause(parse_statement)
        for parse_statement in parse_statements(normalise_line_ends(text), markdown=is_markdown(path))
    )


def is_markdown(path: str) -> bool:
    """Whether a file of that name is read as Markdown."""
    return path.lower().endswith(_MARKDOWN_SUFFIXES)


def normalise_line_ends(text: str) -> str:
    """The text with LF line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse_statements(text: str, *, markdown: bool) -> list[Statement]:
    """The statements of a text with LF line ends, in order."""
    lines = text.split("\n")
    text, tags = mark_tags(text)
    statements: list[Statement] = []
    done = 0
    for block in parse_blocks(text, markdown=markdown):
        if block.start in tags:
            continue
        statements += _unclaimed_lines(lines, done, block.start)
        own = list(_block_statements(lines, block, by_line=not markdown))
        statements += own
        done = own[-1].stop if own else block.start
    return [*statements, *_unclaimed_lines(lines, done, len(lines))]


def mark_tags(text: str) -> tuple[str, frozenset[int]]:
    """The text as it is cut into blocks, and the lines of it that hold nothing but a tag.

    The text between two tags is what it would be by itself: an empty title stands for a tag, and ends a list before it.
    """
    lines = text.split("\n")
    tags = _tag_lines(lines)
    if not tags:
        return text, tags
    marks = {at: "" if lines[at][:1].isspace() else "#" for at in tags}
    return "\n".join(marks.get(at, line) for at, line in enumerate(lines)), tags


_TAG_LINE = re.compile(r"\s*</?[A-Za-z][\w.:-]*(?:\s[^<>]*)?/?>\s*")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def _tag_lines(lines: list[str]) -> frozenset[int]:
    """The lines outside of fences that hold nothing but a tag, as prompts have them: `<rules>` or `</rules>`."""
    if not any(line.lstrip().startswith("<") for line in lines):
        return frozenset()
    tags, fence = set(), ""
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and _TAG_LINE.fullmatch(line):
            tags.add(at)
    return frozenset(tags)


# A line that is a whole sentence, or several.
_SENTENCE_LINE = re.compile(r"\s*[\w\"'(\[*].*[.!?][\"')\]*]*\s*")
# A line that is one element, its text between its tags.
_ELEMENT_LINE = re.compile(r"\s*<([A-Za-z][\w.:-]*)(?:\s[^<>]*)?>.*</\1>\s*")


def _is_sentence_line(line: str) -> bool:
    return _SENTENCE_LINE.fullmatch(line) is not None or _ELEMENT_LINE.fullmatch(line) is not None


def _block_statements(lines: list[str], block: Block, *, by_line: bool) -> Iterator[Statement]:
    """A block's statements. A heading in a list or quote is one, and opens no section.

    `by_line` cuts a paragraph of which each line is a sentence at its lines: plain text with one rule a line.
    """
    if block.type == "heading":
        title, anchor, attributes = _split_title(_collapse_spaces(block.content))
        stop = _trimmed_stop(lines, block.start, block.stop)
        level = 0 if block.nested else block.level
        yield Statement(block.start, stop, ClauseKind.HEADING, title, _citations(title), level, anchor, attributes)
        return
    kind = _kind(block)
    parts = block.content.split("\n")
    is_prose = block.type == "paragraph" and kind is ClauseKind.PARAGRAPH and len(parts) == block.stop - block.start
    if by_line and is_prose and len(parts) > 1 and all(map(_is_sentence_line, parts)):
        for at, part in enumerate(parts, block.start):
            text = _collapse_spaces(part)
            yield Statement(at, at + 1, kind, text, _citations(text))
        return
    for start, stop, text in _block_texts(lines, block):
        if text:
            cited = () if kind is ClauseKind.EXAMPLE else _citations(text)
            yield Statement(start, _trimmed_stop(lines, start, stop), kind, text, cited)


def _unclaimed_lines(lines: list[str], start: int, stop: int) -> Iterator[Statement]:
    """Lines that no block claims although they say something, as paragraphs: no text of a spec may be lost."""
    first = None
    for at in range(start, stop + 1):
        if at < stop and not is_blank_or_markup(lines[at]):
            first = at if first is None else first
        elif first is not None:
            text = _collapse_spaces(*lines[first:at])
            yield Statement(first, _trimmed_stop(lines, first, at), ClauseKind.PARAGRAPH, text, _citations(text))
            first = None


def _trimmed_stop(lines: list[str], start: int, stop: int) -> int:
    while stop > start + 1 and not lines[stop - 1].strip():
        stop -= 1
    return stop


def _block_texts(lines: list[str], block: Block) -> Iterator[tuple[int, int, str]]:
    """What a block says, as (first line, line after the last, normalised text), lines from 0."""
    match block.type:
        case "paragraph":
            yield from _split_definitions(block)
        case "row":  # from its source: the parser drops the cells that have no column
            yield block.start, block.stop, _CELL_BAR.sub(" | ", _collapse_spaces(lines[block.start])).strip(" |")
        case "admonition":
            yield block.start, block.stop, _collapse_spaces(block.info, *lines[block.start + 1 : block.stop])
        case "fence":
            code = "\n".join(line.rstrip() for line in block.content.rstrip().split("\n"))
            yield block.start, block.stop, "\n".join(part for part in (_collapse_spaces(block.info), code) if part)
        case _:
            yield block.start, block.stop, _collapse_spaces(block.content)


def _split_definitions(block: Block) -> Iterator[tuple[int, int, str]]:
    lines = block.content.split("\n")
    starts = [0]
    if _DEFINITION.match(lines[0]):
        starts += [at for at, line in enumerate(lines) if at and _DEFINITION.match(line)]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        end = block.stop if stop == len(lines) else block.start + stop
        yield block.start + start, end, _collapse_spaces(*lines[start:stop])


def _kind(block: Block) -> ClauseKind:
    match block.type:
        case "row":
            return ClauseKind.TABLE_ROW
        case "fence":
            return ClauseKind.EXAMPLE
        case "admonition" if block.stop - block.start > 1:  # a lone line that begins with `!!!` is emphasis
            return ClauseKind.COMMENTARY
        case "jinja" if block.content.startswith("{#"):
            return ClauseKind.COMMENTARY
        case _:
            return ClauseKind.LIST_ITEM if block.in_item else ClauseKind.PARAGRAPH


def _split_title(title: str) -> tuple[str, str | None, dict[str, str]]:
    """A heading's title, anchor and attributes; a class is the attribute `class`."""
    braces = _ATTRIBUTES.search(title)
    if not braces:
        return title, None, {}
    anchor = None
    attributes: dict[str, str] = {}
    for sign, name, key, quoted, plain in _ATTRIBUTE.findall(braces[1]):
        if sign == "#":
            anchor = name
        else:
            attributes[key or "class"] = name or quoted or plain
    return title[: braces.start()], anchor, attributes


def _citations(text: str) -> tuple[str, ...]:
    """The footnotes cited, in order; a footnote's own definition cites nothing."""
    matches = _CITATION.finditer(text)
    return tuple(cited[1] for cited in matches if cited.start() or not text.startswith(":", cited.end()))


def _collapse_spaces(*lines: str) -> str:
    return " ".join(" ".join(lines).split())
