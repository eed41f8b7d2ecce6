"""reStructuredText, read by docutils, an extra: no file of the machine is read and nothing raw is let through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from auditor.clauses.file_formats.interface import FileContent, FileFormat, UnreadTextError, make_statement
from auditor.clauses.formats import Statement
from auditor.model.clause import ClauseKind

if TYPE_CHECKING:
    from docutils.nodes import Element

_SETTINGS: dict[str, Any] = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 5,
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "docinfo_xform": False,
    "smart_quotes": False,
}
_KINDS = {"literal_block": ClauseKind.EXAMPLE, "doctest_block": ClauseKind.EXAMPLE, "comment": ClauseKind.COMMENTARY}
_LEAVES = ("title", "paragraph", "term", "line", "attribution", "rubric", "subtitle", *_KINDS)


def _read(text: str) -> FileContent:
    try:
        from docutils.core import publish_doctree
        from docutils.utils import SystemMessage
    except ImportError:
        raise UnreadTextError("reStructuredText is read with pip install 'auditor[formats]'") from None
    try:
        document = publish_doctree(text, settings_overrides=_SETTINGS)
    except (SystemMessage, ValueError) as error:
        raise UnreadTextError(f"it cannot be read as reStructuredText ({error})") from None
    return FileContent(list(_with_unclaimed(text.split("\n"), list(_Reader(text.split("\n")).statements(document)))))


def _with_unclaimed(lines: list[str], statements: Sequence[Statement]) -> Iterator[Statement]:
    """The statements, and as paragraphs the lines of none of them: those of a directive that docutils does not know."""
    done = 0
    for statement in statements:
        yield from _unclaimed(lines, done, statement.start)
        yield statement
        done = max(done, statement.stop)
    yield from _unclaimed(lines, done, len(lines))


def _unclaimed(lines: list[str], start: int, stop: int) -> Iterator[Statement]:
    first = None
    for at in range(start, stop + 1):
        if at < stop and any(map(str.isalnum, lines[at])):
            first = at if first is None else first
        elif first is not None:
            yield make_statement(" ".join(lines[first:at]), first, at)
            first = None


class _Reader:
    """Cuts a document; lines are found by the words, as not every node knows its own."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = ["".join(line.split()) for line in lines]
        self._next = 0

    def statements(self, document: Element) -> Iterator[Statement]:
        from docutils.nodes import Element

        row, row_start, row_stop = None, 0, 0
        for node in document.findall(Element):
            words = " ".join(node.astext().split())
            if node.tagname not in _LEAVES or not words or node.parent.tagname == "system_message":
                continue
            if (own_row := _row(node)) is not row:
                self._next = max(self._next, row_stop)
                row, row_start, row_stop = own_row, self._next, 0
            if row is not None:  # cells stand side by side
                self._next = row_start
            start, stop = self._find(node.rawsource or node.astext())
            row_stop = max(row_stop, self._next) if row is not None else 0
            level = _depth(node) if node.tagname == "title" else 0
            kind = ClauseKind.HEADING if level else _kind(node)
            text = node.astext().rstrip() if kind is ClauseKind.EXAMPLE else words
            yield Statement(start, stop, kind, text, (), min(level, 6))

    def _find(self, source: str) -> tuple[int, int]:
        """The first line, and the line after the last, of a source from the statement before it on."""
        names = ["".join(line.split()) for line in source.strip("\n").split("\n")]
        first = names[0]
        last = min(self._next, len(self._lines) - 1)  # where words are of no line: what a directive generates
        start = next((at for at in range(self._next, len(self._lines)) if first in self._lines[at]), last)
        stop = min(start + len(names), len(self._lines))
        self._next = min(start + len(names) - (len(names) == 1 and len(self._lines[start]) > len(first)), stop)
        return start, max(stop, start + 1)


def _row(node: Element) -> Element | None:
    """The row of a table that a node stands in."""
    parent = node.parent
    while parent is not None and parent.tagname != "row":
        parent = parent.parent
    return parent


def _depth(node: Element) -> int:
    depth, parent = 0, node.parent
    while parent is not None:
        depth += parent.tagname == "section"
        parent = parent.parent
    return depth


def _kind(node: Element) -> ClauseKind:
    if node.tagname in _KINDS:
        return _KINDS[node.tagname]
    parents = {node.parent.tagname, node.parent.parent.tagname if node.parent.parent is not None else ""}
    if "entry" in parents:
        return ClauseKind.TABLE_ROW
    return ClauseKind.LIST_ITEM if parents & {"list_item", "definition", "term"} else ClauseKind.PARAGRAPH


FORMAT = FileFormat("rst", ("rst", "rest"), _read)
