"""YAML: each value is a statement under its name; a block of text is cut as Markdown. Read by ruamel.yaml, an extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.clauses.file_formats.interface import FileContent, FileFormat, UnreadTextError, make_statement, read_prose
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
    except (YAMLError, ValueError, RecursionError) as error:
        raise UnreadTextError(f"it cannot be read as YAML ({str(error).splitlines()[0]})") from None
    return FileContent(statements)


def _values(node: Node, name: str) -> Iterator[Statement]:
    """The statements of a node; an alias is read where it was anchored only."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

    if isinstance(node, ScalarNode):
        start, stop = node.start_mark.line, node.end_mark.line
        if node.style == "|" and str(node.value).strip():
            yield from read_prose(str(node.value), start + 1)
        elif str(node.value).strip():
            yield make_statement(f"{name}{node.value}", start, max(stop, start + 1))
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            label = f"{key.value}: " if isinstance(key, ScalarNode) else ""
            if value.start_mark.index >= key.start_mark.index:  # no alias
                yield from _values(value, label)
    elif isinstance(node, SequenceNode):
        for value in node.value:
            if value.start_mark.index >= node.start_mark.index:
                yield from _values(value, "")


FORMAT = FileFormat("yaml", ("yaml", "yml"), _read)
