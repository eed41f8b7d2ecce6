"""What is around a node of the evidence graph, ready to be drawn: columns from what is written to what was run.

From left to right: the spec and its revisions, patches, clauses and verdicts, suites, runs, checkpoints. A column holds
a few nodes and says how many more there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auditor.document.graph import group_neighbours
from auditor.evidence.graph import EvidenceGraph, targets

_COLUMNS = (
    ("spec", "revision", "spec_commit"),
    ("patch",),
    ("clause", "behaviour", "step", "period", "gap", "finding", "waiver"),
    ("suite", "items", "scorer"),
    ("run", "plan"),
    ("checkpoint", "model"),
)
_MOST = 7
_MOST_OF_A_KIND = 4


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node as it is drawn: its kind, label and page ("" for none)."""

    name: str
    kind: str
    label: str
    link: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A node with what is around it.

    Attributes:
        centre: the id of the node.
        columns: those that hold a node, from left to right; each with how many nodes it leaves out.
        edges: pairs of ids that are linked, in order.
    """

    centre: str
    columns: tuple[tuple[tuple[DrawnNode, ...], int], ...]
    edges: tuple[tuple[str, str], ...]


def select_neighbours(graph: EvidenceGraph, centre: str, link: Callable[[str], str]) -> Neighbourhood:
    """What is drawn of a node: its neighbours, and of a patch or clause what its verdicts rest on, some of each kind.

    Args:
        link: the page of a node; "" for none.
    """
    near: dict[str, None] = {other: None for group in group_neighbours(graph, centre) for other, _ in group.others}
    if _kind(graph, centre) in ("patch", "clause"):
        patches = [name for name in (centre, *near) if _kind(graph, name) == "patch"]
        steps = [step for patch in patches for step in targets(graph, patch, "judged_by")]
        near |= dict.fromkeys(steps)
        near |= {suite: None for step in steps for suite in targets(graph, step, "judged_on")}
        near |= {run: None for step in steps for run in targets(graph, step, "rests_on")}
    near.pop(centre, None)
    names_by_kind: dict[str, list[str]] = {}
    for name in near:
        names_by_kind.setdefault(_kind(graph, name), []).append(name)
    columns = []
    for kinds in _COLUMNS:
        own = [centre] if _kind(graph, centre) in kinds else []
        by_kind = [names_by_kind.get(kind, []) for kind in kinds]
        chosen = [*own, *(name for names in by_kind for name in names[:_MOST_OF_A_KIND])][:_MOST]
        if chosen:
            rest = len(own) + sum(map(len, by_kind)) - len(chosen)
            columns.append((tuple(_drawn(graph, name, link) for name in chosen), rest))
    names = [node.name for nodes, _ in columns for node in nodes]
    inside = set(names)
    edges = [(source, target) for source in names for target in graph.successors(source) if target in inside]
    return Neighbourhood(centre, tuple(columns), tuple(dict.fromkeys(edges)))


def _kind(graph: EvidenceGraph, name: str) -> str:
    return str(graph.nodes[name]["kind"])


def _drawn(graph: EvidenceGraph, name: str, link: Callable[[str], str]) -> DrawnNode:
    data = graph.nodes[name]
    return DrawnNode(name, str(data["kind"]).replace("_", " "), str(data["label"]), link(name))
