"""Python: the texts in string literals, cut as Markdown; code and comments are no part of a spec."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from auditor.clauses.file_formats.interface import FileContent, FileFormat, UnreadTextError, make_statement, read_prose
from auditor.clauses.formats import Statement

# Fewer words than these are a name or a key.
_LEAST_WORDS = 3


def _read(text: str) -> FileContent:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError) as error:
        raise UnreadTextError(f"it cannot be read as Python ({error})") from None
    statements = [statement for node in _literals(tree) for statement in _statements(node)]
    return FileContent(sorted(statements, key=lambda statement: statement.start))


_Text = ast.Constant | ast.JoinedStr | ast.BinOp


def _literals(tree: ast.AST) -> Iterator[_Text]:
    """The string literals, and sums of them, without those that are parts of others."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and _is_text(node):
            yield node
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _is_text(node: ast.AST) -> bool:
    """Whether it is a text, or a sum with a text in it."""
    return any(
        isinstance(term, ast.JoinedStr) or (isinstance(term, ast.Constant) and isinstance(term.value, str))
        for term in _terms(node)
    )


def _terms(node: ast.AST) -> Iterator[ast.AST]:
    """What a sum adds up, the last first; of anything else, itself. Sums may have more terms than calls may nest."""
    waiting = [node]
    while waiting:
        term = waiting.pop()
        if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Add):
            waiting += term.left, term.right
        else:
            yield term


def _statements(node: _Text) -> Iterator[Statement]:
    value = _value(node)
    if len(value.split()) < _LEAST_WORDS:
        return
    start, stop = node.lineno - 1, node.end_lineno or node.lineno
    if value.count("\n") == stop - start - 1:  # each line of the value is one of the file
        yield from read_prose(value, start)
    elif "\n\n" in value.strip():
        yield from (make_statement(part, start, stop) for part in value.split("\n\n") if part.strip())
    else:
        yield make_statement(value, start, stop)


def _value(node: ast.expr) -> str:
    """The text; what a formatted string, or a sum, puts in is left as its code in braces."""
    values = []
    while isinstance(node, ast.BinOp) and _is_text(node):
        values.append(_value(node.right))
        node = node.left
    values.append(_term_value(node))
    return "".join(reversed(values))


def _term_value(node: ast.expr) -> str:
    if not _is_text(node):
        return f"{{{ast.unparse(node)}}}"
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    parts = (part.value if isinstance(part, ast.Constant) else ast.unparse(part) for part in node.values)
    return "".join(part if isinstance(part, str) else str(part) for part in parts)


FORMAT = FileFormat("python", ("py", "pyi"), _read)
