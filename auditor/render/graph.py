"""The evidence graph as JSON, GraphML and tables; and a node of it as text: what it is, its links, the answers about
it.

The graph comes in; documents, renderables or answers (shared by text and page) go out. No text in it is markup in any
format.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from auditor import __version__
from auditor.assess.facts import Rate
from auditor.assess.timeline import TEST_SERIES, Series, SeriesPoint
from auditor.evidence.graph import (
    NODE_KINDS,
    EvidenceGraph,
    Scalar,
    edges_from,
    graphml,
    node_attributes,
    node_link,
    nodes_of_kind,
)
from auditor.model.numbers import format_moment
from auditor.model.suite import Role
from auditor.render.escape import escape_json
from auditor.render.json import lay_out

# The graph and the rates over time as tidy tables: columns by name, all of one length; None for what is not known.


GraphTable = dict[str, list[object]]


def graph_tables(graph: EvidenceGraph, series: Iterable[Series]) -> dict[str, GraphTable]:
    """A table for each kind of node that is there, one row a node; "edges", one row an edge; "rates", one row a rate.

    A table of nodes has `id`, `key`, `label`, their attributes, and for what each is linked to once at most the key of
    that: a run's `suite`, `revision` and `checkpoint`.
    """
    tables = {kind: _node_table(graph, nodes) for kind in NODE_KINDS if (nodes := nodes_of_kind(graph, kind))}
    tables["edges"] = to_columns(
        [{"source": source, "target": target, **data} for source, target, data in graph.edges(data=True)]
    )
    tables["rates"] = to_columns(
        [row for behaviour in series for point in behaviour.points for row in _rate_rows(behaviour, point)]
    )
    return tables


def _node_table(graph: EvidenceGraph, names: Sequence[str]) -> GraphTable:
    linked = {name: _target_keys(graph, name) for name in names}
    many = {kind for keys in linked.values() for kind, some in keys.items() if len(some) > 1}
    rows = []
    for name in names:
        single = {kind: keys[0] for kind, keys in linked[name].items() if kind not in many}
        node = graph.nodes[name]
        rows.append({"id": name, "key": node["key"], "label": node["label"], **single, **node_attributes(graph, name)})
    return to_columns(rows)


def _target_keys(graph: EvidenceGraph, name: str) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for target in dict.fromkeys(target for _, target, _ in edges_from(graph, name)):
        keys.setdefault(graph.nodes[target]["kind"], []).append(graph.nodes[target]["key"])
    return keys


def _rate_rows(series: Series, point: SeriesPoint) -> list[dict[str, object]]:
    test: list[tuple[str, Role, Rate]] = [(TEST_SERIES, Role.TEST, point.test)] if point.test is not None else []
    return [
        {
            "behaviour": series.behaviour,
            "model": series.model,
            "date": format_moment(point.spec_commit.date),
            "spec_commit": point.spec_commit.name,
            "revision": point.state.revision,
            "checkpoint": point.state.checkpoint,
            "suite": suite,
            "role": str(role),
            "rate": rate.rate,
            "low": rate.low,
            "high": rate.high,
            "misaligned": rate.misaligned,
            "valid": rate.valid,
            "invalid": rate.invalid,
            "items": rate.items,
        }
        for suite, role, rate in (*test, *point.held_out)
    ]


def to_columns(rows: Iterable[Mapping[str, object]]) -> GraphTable:
    """Rows as columns of one length: None where a row has no such value."""
    documents = list(rows)
    names = dict.fromkeys(name for row in documents for name in row)
    return {name: [row.get(name) for row in documents] for name in names}


# The evidence graph in the formats of other tools: JSON and GraphML. No text in it is markup there.


_XML_CONTROLS = {"\n", "\t"}  # control characters that XML has


class NodePart(BaseModel):
    """A node: what it is, and what is known of it; its id is `kind:key`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Scalar]

    id: str
    kind: str
    key: str
    label: str


class EdgePart(BaseModel):
    """From what depends to what it depends on; `key` numbers the edges of two nodes."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Scalar]

    source: str
    target: str
    key: int
    kind: str


class GraphDocument(BaseModel):
    """The document `auditor graph --format json` prints, which `networkx.node_link_graph(..., edges="edges")` reads.

    `about` is the node asked for, null for the whole graph.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["auditor.graph/2"] = Field(default="auditor.graph/2", serialization_alias="schema")
    auditor_version: str
    about: str | None
    directed: Literal[True]
    multigraph: Literal[True]
    graph: dict[str, Scalar]
    nodes: list[NodePart]
    edges: list[EdgePart]


def graph_json(graph: EvidenceGraph, about: str | None = None) -> str:
    """The graph as one JSON document."""
    document = {"auditor_version": __version__, "about": about, **node_link(graph)}
    text = lay_out(GraphDocument.model_validate(document).model_dump(mode="json", by_alias=True))
    return escape_json(text) + "\n"


def graph_json_schema() -> str:
    """The JSON Schema of the document."""
    return json.dumps(GraphDocument.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"


def graph_graphml(graph: EvidenceGraph) -> str:
    """The graph in GraphML, every attribute a scalar; what XML has no characters for is written out."""
    return graphml(graph, _xml)


def _xml(text: str) -> str:
    return "".join(
        f"<U+{ord(char):04X}>"
        if char not in _XML_CONTROLS and unicodedata.category(char) in ("Cc", "Cs", "Cn")
        else char
        for char in text
    )
