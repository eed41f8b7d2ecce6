"""YAML: each value is a statement under its name; a block of text is cut as Markdown. Read by ruamel.yaml, an extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.clauses.file_formats.interface import (
    ESCAPED_LINES,
    FileContent,
    FileFormat,
    UnreadTextError,
    make_statement,
    read_prose,
)
from auditor.clauses.formats import Statement

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node


def _read(text: str) -> FileContent:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
    except ImportError:
        raise UnreadTextError("YAML is read with pip install 'auditor[formats]'") from None
    try:
        documents = list(YAML(typ="rt", pure=True).compose_all(text))
        statements = [statement for node in documents if node is not None for statement in _values(node, "")]
    except (YAMLError, ValueError) as error:
        raise UnreadTextError(f"it cannot be read as YAML ({str(error).splitlines()[0]})") from None
    escaped = any(_has_escaped_lines(node, text) for node in documents if node is not None)
    return FileContent(statements, ESCAPED_LINES if escaped else "")


def _has_escaped_lines(node: Node, text: str) -> bool:
    """Whether a quoted value writes a line break as an escape."""
    from ruamel.yaml.nodes import ScalarNode

    if isinstance(node, ScalarNode):
        return node.style == '"' and "\\n" in text[node.start_mark.index : node.end_mark.index]
    return any(_has_escaped_lines(value, text) for _, value in _labelled_values(node))


def _values(node: Node, name: str) -> Iterator[Statement]:
    """The statements of a node."""
    from ruamel.yaml.nodes import ScalarNode

    if isinstance(node, ScalarNode):
        start, stop = node.start_mark.line, node.end_mark.line
        if node.style == "|" and str(node.value).strip():
            yield from read_prose(str(node.value), start + 1)
        elif str(node.value).strip():
            words = str(node.value).replace("\a", "")  # which the parser puts where a folded text had a line's end
            yield make_statement(f"{name}{words}", start, max(stop, start + 1))
    for label, value in _labelled_values(node):
        yield from _values(value, label)


def _labelled_values(node: Node) -> Iterator[tuple[str, Node]]:
    """The values in a mapping or sequence, each with its label; an alias is read where it was anchored only."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    if isinstance(node, MappingNode):
        for key, value in node.value:
            if value.start_mark.index >= key.start_mark.index:  # no alias
                yield f"{key.value}: " if isinstance(key, ScalarNode) else "", value
    elif isinstance(node, SequenceNode):
        for value in node.value:
            if value.start_mark.index >= node.start_mark.index:
                yield "", value


FORMAT = FileFormat("yaml", ("yaml", "yml"), _read)
