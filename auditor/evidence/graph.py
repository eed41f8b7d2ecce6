"""The evidence graph as a networkx graph: how nodes and edges come into it, and what people ask of it.

A node's id is `kind:key`; it carries `kind`, `key`, `label` (one line for a person) and what is known of it as scalars.
An edge carries its `kind` and scalars, and points from what depends to what it depends on: everything behind a node is
what it rests on, everything before it rests on it. A graph of which much is asked is frozen first (`freeze_graph`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias
from weakref import WeakKeyDictionary

import networkx as nx

Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar]
EvidenceGraph: TypeAlias = "nx.MultiDiGraph[str]"
Edge = tuple[str, str, Attributes]  # source, target, and what the edge carries

# In the order in which a reader wants them.
NODE_KINDS = (
    "spec",
    "patch",
    "clause",
    "behaviour",
    "suite",
    "items",
    "run",
    "checkpoint",
    "model",
    "scorer",
    "step",
    "period",
    "gap",
    "finding",
    "waiver",
    "plan",
    "revision",
    "spec_commit",
)
VERDICT_KINDS = ("step", "period", "gap")

# Edges that are no dependence: nothing rests on what could not be used, or on what only lies next to it.
NON_DEPENDENCES = frozenset(("could_not_use", "differs_from", "spans", "twin_of"))

_KEY_CHARACTERS = 12
_CONTENT_ID = re.compile("[0-9a-f]{32}")


# How nodes and edges come in.


def add_node(graph: EvidenceGraph, kind: str, key: str, label: str, **attributes: Scalar | None) -> str:
    """Adds a node, of which None and an empty text are not known; or adds to what is known of it. Returns its id."""
    name = f"{kind}:{key}"
    graph.add_node(name, kind=kind, key=key, label=label, **_known_attributes(attributes))
    graph.nodes[name].pop("known", None)
    return name


def add_edge(graph: EvidenceGraph, source: str, kind: str, target: str, **attributes: Scalar | None) -> None:
    """Adds an edge once. Of an end that is no node yet nothing is known: `known` is False until it is added."""
    for name in (source, target):
        if name not in graph:
            node_kind, _, key = name.partition(":")
            graph.add_node(name, kind=node_kind, key=key, label=shorten_key(key), known=False)
    data = {"kind": kind, **_known_attributes(attributes)}
    if data not in graph.get_edge_data(source, target, default={}).values():
        graph.add_edge(source, target, **data)


def _known_attributes(attributes: Mapping[str, Scalar | None]) -> dict[str, Scalar]:
    return {name: value for name, value in attributes.items() if value is not None and value != ""}


def add_attributes(graph: EvidenceGraph, node: str, **attributes: Scalar | None) -> None:
    """Adds to what is known of a node that is there; None and an empty text are not known."""
    graph.nodes[node].update(_known_attributes(attributes))


def shorten_key(key: str) -> str:
    """A key as people write it: a content id by its first digits."""
    return key[:_KEY_CHARACTERS] if _CONTENT_ID.match(key) else key


def merge_graphs(graphs: Iterable[EvidenceGraph]) -> EvidenceGraph:
    """A new graph of all nodes and edges: of a node that several know, what the first knows."""
    merged: EvidenceGraph = nx.MultiDiGraph()
    for graph in graphs:
        for name, data in graph.nodes(data=True):
            if "known" in merged.nodes.get(name, {"known": False}):
                merged.add_node(name)
                merged.nodes[name].clear()
                merged.nodes[name].update(data)
        for source, target, data in graph.edges(data=True):
            add_edge(merged, source, target=target, **data)
    return merged


def sort_graph(graph: EvidenceGraph) -> EvidenceGraph:
    """A new graph: nodes kind by kind, each kind in the order given, the unknown last; edges by their ends."""
    nodes = graph.nodes
    ordered = sorted(graph, key=lambda name: (NODE_KINDS.index(nodes[name]["kind"]), "known" in nodes[name]))
    place = {name: at for at, name in enumerate(ordered)}

    result: EvidenceGraph = nx.MultiDiGraph()
    result.add_nodes_from((name, nodes[name]) for name in ordered)
    for source in ordered:
        for target, edges in sorted(graph.adj[source].items(), key=lambda item: place[item[0]]):
            for data in sorted(edges.values(), key=_edge_order) if len(edges) > 1 else edges.values():
                result.add_edge(source, target, **data)
    return result


def _edge_order(data: Attributes) -> tuple[str, list[tuple[str, str]]]:
    return str(data["kind"]), sorted((name, str(value)) for name, value in data.items())


def node_link(graph: EvidenceGraph) -> dict[str, object]:
    """The graph as `networkx.node_link_graph` reads it: plain data for JSON."""
    data: dict[str, object] = nx.node_link_data(graph, edges="edges")
    return data


def graphml(graph: EvidenceGraph, escape: Callable[[str], str]) -> str:
    """The graph as a document in GraphML.

    Args:
        escape: a text as XML can hold it.
    """
    safe: EvidenceGraph = nx.relabel_nodes(graph, escape)
    for data in (*(data for _, data in safe.nodes(data=True)), *(data for _, _, data in safe.edges(data=True))):
        data.update((name, escape(value)) for name, value in data.items() if isinstance(value, str))
    return "\n".join(nx.generate_graphml(safe, prettyprint=True)) + "\n"


# What a node is, and what is next to it.


def node_attributes(graph: EvidenceGraph, node: str) -> dict[str, Scalar]:
    """What is known of a node, apart from its kind, key and label."""
    return {name: value for name, value in graph.nodes[node].items() if name not in ("kind", "key", "label")}


def nodes_of_kind(graph: EvidenceGraph, kind: str) -> tuple[str, ...]:
    """The nodes of a kind, in order: patches oldest first, clauses as they stand."""
    return tuple(name for name, data in graph.nodes(data=True) if data["kind"] == kind)


@dataclass(frozen=True, slots=True)
class _Index:
    """What is looked up of a graph that does not change: the place of each node, and its edges from it and to it."""

    place: Mapping[str, int]
    out: Mapping[str, tuple[Edge, ...]]
    into: Mapping[str, tuple[Edge, ...]]


_indexes: WeakKeyDictionary[EvidenceGraph, _Index] = WeakKeyDictionary()


def freeze_graph(graph: EvidenceGraph) -> EvidenceGraph:
    """The same graph, which can no longer change, so that what is asked of it is looked up in tables made once."""
    out: dict[str, list[Edge]] = {name: [] for name in graph}
    into: dict[str, list[Edge]] = {name: [] for name in graph}
    for edge in graph.edges(data=True):
        out[edge[0]].append(edge)
        into[edge[1]].append(edge)
    place = {name: at for at, name in enumerate(graph)}
    tables = ({name: tuple(edges) for name, edges in table.items()} for table in (out, into))
    _indexes[graph] = _Index(place, *tables)
    frozen: EvidenceGraph = nx.freeze(graph)
    return frozen


def _out_edges(graph: EvidenceGraph, node: str) -> Iterable[Edge]:
    index = _indexes.get(graph)
    return index.out[node] if index is not None else graph.out_edges(node, data=True)


def _in_edges(graph: EvidenceGraph, node: str) -> Iterable[Edge]:
    index = _indexes.get(graph)
    return index.into[node] if index is not None else graph.in_edges(node, data=True)


def edges_from(graph: EvidenceGraph, node: str, kind: str | None = None) -> tuple[Edge, ...]:
    """The edges to what a node depends on: of one kind, or of all, kind by kind."""
    edges = [edge for edge in _out_edges(graph, node) if kind is None or edge[2]["kind"] == kind]
    return tuple(sorted(edges, key=lambda edge: str(edge[2]["kind"])) if kind is None else edges)


def edges_to(graph: EvidenceGraph, node: str, kind: str | None = None) -> tuple[Edge, ...]:
    """The edges from what depends on a node: of one kind, or of all."""
    return tuple([edge for edge in _in_edges(graph, node) if kind is None or edge[2]["kind"] == kind])


def targets(graph: EvidenceGraph, node: str, kind: str) -> tuple[str, ...]:
    """What a node depends on through edges of a kind, each once."""
    return tuple(dict.fromkeys([target for _, target, data in _out_edges(graph, node) if data["kind"] == kind]))


def sources(graph: EvidenceGraph, node: str, kind: str) -> tuple[str, ...]:
    """What depends on a node through edges of a kind, each once."""
    return tuple(dict.fromkeys([source for source, _, data in _in_edges(graph, node) if data["kind"] == kind]))


def select_nodes(graph: EvidenceGraph, names: Collection[str]) -> EvidenceGraph:
    """A view of some of the nodes, in order, with the edges between them."""
    view: EvidenceGraph = nx.subgraph_view(graph, filter_node=lambda name: name in names)
    return view


# What people ask.


@dataclass(frozen=True, slots=True)
class Measurement:
    """A step or period that judges a patch.

    Attributes:
        step: its node.
        suites: what it was judged on: the edge, whose target is the suite, and the runs on that suite.
    """

    step: str
    suites: tuple[tuple[Edge, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SuiteFall:
    """A step in which a suite fell.

    Attributes:
        edge: from the step to the suite; it carries from what rate to what rate.
        changes: the edges from the patches that the step judges to the clauses they changed.
    """

    edge: Edge
    changes: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class DependentVerdict:
    """A verdict that rests on something.

    Attributes:
        step: the step, period or gap that has it.
        edge: to the suite asked about; None for a question about anything else.
        patches: judged by it.
        findings: that are about it; and those about its patches that cite a run it rests on, or none.
    """

    step: str
    edge: Edge | None
    patches: tuple[str, ...]
    findings: tuple[str, ...]


def dependencies(graph: EvidenceGraph, node: str) -> tuple[str, ...]:
    """Everything a node depends on, directly or not: of a run its suite, items, revision, scorer and checkpoints."""
    return _reachable(graph, node, lambda name: [edge[1] for edge in _out_edges(graph, name) if _is_dependence(edge)])


def dependents(graph: EvidenceGraph, node: str) -> tuple[str, ...]:
    """Everything that depends on a node, directly or not."""
    return _reachable(graph, node, lambda name: [edge[0] for edge in _in_edges(graph, name) if _is_dependence(edge)])


def _is_dependence(edge: Edge) -> bool:
    return edge[2]["kind"] not in NON_DEPENDENCES


def _reachable(graph: EvidenceGraph, node: str, following: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """What a node leads to, directly or not, in order of the graph."""
    reached, waiting = {node}, [node]
    while waiting:
        fresh = [name for name in following(waiting.pop()) if name not in reached]
        reached.update(fresh)
        waiting += fresh
    reached.discard(node)
    index = _indexes.get(graph)
    return tuple(sorted(reached, key=index.place.__getitem__) if index else (name for name in graph if name in reached))


def patch_measurements(graph: EvidenceGraph, patch: str) -> tuple[Measurement, ...]:
    """What measured a patch: the steps that judge it, their suites, and the runs on these."""
    return tuple(Measurement(step, tuple(_judged_suites(graph, step))) for step in targets(graph, patch, "judged_by"))


def _judged_suites(graph: EvidenceGraph, step: str) -> Iterator[tuple[Edge, tuple[str, ...]]]:
    runs = targets(graph, step, "rests_on")
    for edge in edges_from(graph, step, "judged_on"):
        yield edge, tuple(run for run in runs if graph.has_edge(run, edge[1]))


def clause_measurements(graph: EvidenceGraph, clause: str) -> tuple[tuple[Edge, tuple[Measurement, ...]], ...]:
    """What measured a clause: the edges from the patches that changed it, and what measured each of these patches."""
    return tuple((edge, patch_measurements(graph, edge[0])) for edge in edges_to(graph, clause, "changes"))


def suite_falls(graph: EvidenceGraph, suite: str) -> tuple[SuiteFall, ...]:
    """The steps in which a suite was shown to fall, and the clauses that changed in their patches."""
    falls = []
    for edge in edges_to(graph, suite, "judged_on"):
        step, _, data = edge
        if data.get("fell") is True and graph.nodes[step]["kind"] == "step":
            patches = sources(graph, step, "judged_by")
            falls.append(
                SuiteFall(edge, tuple(change for name in patches for change in edges_from(graph, name, "changes")))
            )
    return tuple(falls)


def dependent_verdicts(graph: EvidenceGraph, node: str) -> tuple[DependentVerdict, ...]:
    """The verdicts that rest on something: an overused suite, a bad run, a broken scorer, a checkpoint."""

    @cache  # the steps of a patch share its findings
    def cited(finding: str) -> frozenset[str]:
        return frozenset(targets(graph, finding, "cites"))

    verdicts = []
    for step in dependents(graph, node):
        if graph.nodes[step]["kind"] in VERDICT_KINDS:
            edge = next((edge for edge in edges_from(graph, step, "judged_on") if edge[1] == node), None)
            patches = sources(graph, step, "judged_by")
            runs, own = set(targets(graph, step, "rests_on")), set(sources(graph, step, "about"))
            about = sorted(own.union(*(sources(graph, patch, "about") for patch in patches)))
            findings = (name for name in about if name in own or not cited(name) or cited(name) & runs)
            verdicts.append(DependentVerdict(step, edge, patches, tuple(findings)))
    return tuple(verdicts)
