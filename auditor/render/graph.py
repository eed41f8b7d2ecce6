"""The evidence graph in the formats of other tools: JSON, GraphML, DOT, Mermaid. No text in it is markup there."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from auditor import __version__
from auditor.evidence import as_networkx, graphml
from auditor.evidence.web import Attributes, Link, Node, Scalar, Web, web
from auditor.render.escape import terminal
from auditor.render.parts import Part, printed, schema_of

_SHAPES = {"patch": "box", "clause": "note", "suite": "cylinder", "run": "ellipse", "step": "diamond"}
_LEFT = {"\n", "\t"}  # control characters that XML has
_PLAIN = frozenset(" .,:_/()-")  # of ASCII, beside letters and digits, what means nothing to Mermaid in a quoted label
_LONGEST = 60


class NodePart(Part):
    """One thing of the graph; its id is `kind:` and what names it in its kind."""

    id: str
    kind: str
    label: str
    attributes: dict[str, Scalar]


class LinkPart(Part):
    """From what depends to what it depends on."""

    source: str
    kind: str
    target: str
    attributes: dict[str, Scalar]


class GraphDocument(Part):
    """The document `auditor graph --format json` prints; `about` is the node asked for, null for the whole graph."""

    schema_: Literal["auditor.graph/1"] = Field(default="auditor.graph/1", serialization_alias="schema")
    auditor_version: str
    about: str | None
    nodes: list[NodePart]
    links: list[LinkPart]


def graph_json(given: Web, about: str | None = None) -> str:
    """The graph as one JSON document."""
    nodes = [
        NodePart(id=one.id, kind=one.kind, label=one.label, attributes=dict(one.attributes))
        for one in given.nodes.values()
    ]
    links = [
        LinkPart(source=one.source, kind=one.kind, target=one.target, attributes=dict(one.attributes))
        for one in given.links
    ]
    return printed(GraphDocument(auditor_version=__version__, about=about, nodes=nodes, links=links))


def json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_of(GraphDocument)


def graph_graphml(given: Web) -> str:
    """The graph in GraphML, every attribute a scalar; what XML has no characters for is written out."""
    nodes = (Node(one.kind, _xml(one.key), _xml(one.label), _in_xml(one.attributes)) for one in given.nodes.values())
    links = (Link(_xml(one.source), one.kind, _xml(one.target), _in_xml(one.attributes)) for one in given.links)
    return graphml(as_networkx(web(nodes, links)))


def _in_xml(attributes: Attributes) -> Mapping[str, Scalar]:
    return {name: _xml(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _xml(text: str) -> str:
    return "".join(
        f"<U+{ord(one):04X}>" if one not in _LEFT and unicodedata.category(one) in ("Cc", "Cs", "Cn") else one
        for one in text
    )


def graph_dot(given: Web) -> str:
    """The graph in DOT, for graphviz."""
    lines = ["digraph evidence {", "  rankdir=LR;", '  node [fontname="sans-serif", shape=plaintext];']
    for node in given.nodes.values():
        shape = f", shape={_SHAPES[node.kind]}" if node.kind in _SHAPES else ""
        lines.append(f"  {_dot(node.id)} [label={_dot(_named(node))}{shape}];")
    lines += [f"  {_dot(link.source)} -> {_dot(link.target)} [label={_dot(link.kind)}];" for link in given.links]
    return "\n".join([*lines, "}"]) + "\n"


def _dot(text: str) -> str:
    escaped = terminal(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def graph_mermaid(given: Web) -> str:
    """The graph as a Mermaid flow chart: nodes are numbered, their labels cut."""
    number = {name: f"n{at}" for at, name in enumerate(given.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {number[node.id]}["{_mermaid(_named(node))}"]' for node in given.nodes.values()]
    lines += [f"  {number[link.source]} -->|{link.kind}| {number[link.target]}" for link in given.links]
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    return "".join(one if one.isalnum() or one in _PLAIN else f"#{ord(one)};" for one in terminal(text))


def _named(node: Node) -> str:
    text = node.label if len(node.label) <= _LONGEST else f"{node.label[: _LONGEST - 1]}\u2026"
    return f"{node.kind}: {text}"
