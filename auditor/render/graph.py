"""The evidence graph in the formats of other tools: JSON and GraphML. No text in it is markup there."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from auditor import __version__
from auditor.evidence import to_graphml, to_networkx
from auditor.evidence.graph import Attributes, Graph, Link, Node, Scalar, build_graph
from auditor.render.parts import Part, printed, schema_of

_LEFT = {"\n", "\t"}  # control characters that XML has


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


def graph_json(given: Graph, about: str | None = None) -> str:
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


def graph_graphml(given: Graph) -> str:
    """The graph in GraphML, every attribute a scalar; what XML has no characters for is written out."""
    nodes = (Node(one.kind, _xml(one.key), _xml(one.label), _in_xml(one.attributes)) for one in given.nodes.values())
    links = (Link(_xml(one.source), one.kind, _xml(one.target), _in_xml(one.attributes)) for one in given.links)
    return to_graphml(to_networkx(build_graph(nodes, links)))


def _in_xml(attributes: Attributes) -> Mapping[str, Scalar]:
    return {name: _xml(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _xml(text: str) -> str:
    return "".join(
        f"<U+{ord(one):04X}>" if one not in _LEFT and unicodedata.category(one) in ("Cc", "Cs", "Cn") else one
        for one in text
    )
