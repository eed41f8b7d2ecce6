"""The evidence as users see, query and export it: typed nodes with a stable id and plain attributes, typed links,
and the
questions people ask of them.

Links point from what depends to what it depends on. In: nodes and links. Out: a `Graph`, its subgraphs, dependencies
and
dependents, and answers made of its nodes and links.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

# The evidence as one graph to walk and to draw: typed nodes with a stable id and plain attributes, typed links.
#
# Links point from what depends to what it depends on, as in `auditor.evidence`: everything behind a node is what it
# rests on, everything before it is what rests on it.


Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar]

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
    "window",
    "gap",
    "finding",
    "waiver",
    "plan",
    "revision",
    "sighting",
)

# Links that are no dependence: nothing rests on what could not be used, or on what only lies beside it.
NON_DEPENDENCES = frozenset(("could_not_use", "differs_from", "spans", "twin_of"))


@dataclass(frozen=True, slots=True)
class Node:
    """One thing; `id` is stable: the same thing has it in every graph it is in.

    Attributes:
        kind: one of `KINDS`.
        key: unique in its kind: a content id, a record, a name.
        label: what a person calls it, one line.
        attributes: what is known of it, scalars only; what is not known is left out.
    """

    kind: str
    key: str
    label: str
    attributes: Attributes = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`kind:key`."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Link:
    """From what depends to what it depends on; ids of nodes."""

    source: str
    kind: str
    target: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id, kind by kind and each kind as it was given; every link once, both of its ends among the nodes.

    Attributes:
        outgoing: by id, the links to what it depends on.
        incoming: by id, the links from what depends on it.
        place: by id, its number in `nodes`.
    """

    nodes: Mapping[str, Node]
    links: tuple[Link, ...]
    outgoing: Mapping[str, tuple[Link, ...]] = field(repr=False)
    incoming: Mapping[str, tuple[Link, ...]] = field(repr=False)
    place: Mapping[str, int] = field(repr=False)

    def of_kind(self, kind: str) -> tuple[Node, ...]:
        """The nodes of a kind, in order: patches oldest first, clauses as they stand."""
        return tuple(node for node in self.nodes.values() if node.kind == kind)

    def behind(self, node: str, kind: str) -> tuple[str, ...]:
        """What a node depends on through links of a kind, each once, in order."""
        return tuple(dict.fromkeys(link.target for link in self.outgoing.get(node, ()) if link.kind == kind))

    def before(self, node: str, kind: str) -> tuple[str, ...]:
        """What depends on a node through links of a kind, each once, in order."""
        return tuple(dict.fromkeys(link.source for link in self.incoming.get(node, ()) if link.kind == kind))


def build_graph(nodes: Iterable[Node], links: Iterable[Link]) -> Graph:
    """The graph of some nodes and links; of a node given twice the first counts.

    Raises KeyError for a link that ends at no node.
    """
    known: dict[str, Node] = {}
    for node in nodes:
        known.setdefault(node.id, node)
    ordered = {node.id: node for node in sorted(known.values(), key=lambda node: NODE_KINDS.index(node.kind))}
    place = {name: at for at, name in enumerate(ordered)}
    once = {(place[link.source], link.kind, place[link.target], _attribute_key(link)): link for link in links}
    sorted_links = [once[key] for key in sorted(once)]
    outgoing: dict[str, list[Link]] = {}
    incoming: dict[str, list[Link]] = {}
    for link in sorted_links:
        outgoing.setdefault(link.source, []).append(link)
        incoming.setdefault(link.target, []).append(link)
    return Graph(ordered, tuple(sorted_links), _freeze_links(outgoing), _freeze_links(incoming), place)


def _attribute_key(link: Link) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in link.attributes.items()))


def _freeze_links(links: Mapping[str, list[Link]]) -> dict[str, tuple[Link, ...]]:
    return {name: tuple(some) for name, some in links.items()}


def subgraph(given: Graph, wanted: Iterable[str]) -> Graph:
    """The graph of some of the nodes, with the links between them."""
    kept = set(wanted)
    nodes = [node for name, node in given.nodes.items() if name in kept]
    return build_graph(nodes, (link for link in given.links if link.source in kept and link.target in kept))


def dependencies(given: Graph, node: str) -> tuple[Node, ...]:
    """Everything a node depends on, directly or not, without itself. Raises KeyError for an unknown node."""
    return _reachable(
        given, node, lambda name: (link.target for link in given.outgoing.get(name, ()) if _is_dependence(link))
    )


def dependents(given: Graph, node: str) -> tuple[Node, ...]:
    """Everything that depends on a node, directly or not, without itself. Raises KeyError for an unknown node."""
    return _reachable(
        given, node, lambda name: (link.source for link in given.incoming.get(name, ()) if _is_dependence(link))
    )


def _is_dependence(link: Link) -> bool:
    return link.kind not in NON_DEPENDENCES


def _reachable(given: Graph, start: str, next_to: Callable[[str], Iterable[str]]) -> tuple[Node, ...]:
    seen, waiting = {given.nodes[start].id}, deque([start])
    while waiting:
        for name in next_to(waiting.popleft()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return tuple(given.nodes[name] for name in sorted(seen - {start}, key=given.place.__getitem__))


# What people ask the evidence: each question a function, each answer nodes and links of the graph.


@dataclass(frozen=True, slots=True)
class ClauseMeasurement:
    """What measured a patch's change of a clause.

    Attributes:
        patch: that changed the clause.
        change: what it did to it, as its link says.
        step: that judges the patch; None where nothing was run on both sides of it.
        on: what the step was judged on: the link that says how, the suite, its runs.
    """

    patch: Node
    change: Link
    step: Node | None
    on: tuple[tuple[Link, Node, tuple[Node, ...]], ...]


@dataclass(frozen=True, slots=True)
class SuiteFall:
    """A step in which a suite fell, and what its patches did to the text.

    Attributes:
        step: the step.
        on: the link that says from what rate to what rate.
        changes: of clauses, by the patches that the step judges.
    """

    step: Node
    on: Link
    changes: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class DependentVerdict:
    """A verdict that rests on something.

    Attributes:
        step: the step, window or gap that has it.
        on: the link to the suite asked about; None for a question about anything else.
        patches: judged by it.
        findings: that are about it; and those about its patches that cite a run it rests on, or none.
    """

    step: Node
    on: Link | None
    patches: tuple[Node, ...]
    findings: tuple[Node, ...]


def clause_measurements(given: Graph, clause: str) -> tuple[ClauseMeasurement, ...]:
    """What measured a clause: every patch that changed it, and the steps, suites and runs that judge this patch.

    Args:
        clause: the id of its node.
    """
    changes = (link for link in given.incoming.get(clause, ()) if link.kind == "changes")
    return tuple(one for link in changes for one in change_measurements(given, link))


def change_measurements(given: Graph, change: Link) -> tuple[ClauseMeasurement, ...]:
    """What measured one change of a clause: one for each step that judges its patch; one without a step for none."""
    patch = given.nodes[change.source]
    steps = given.behind(patch.id, "judged_by")
    found = (ClauseMeasurement(patch, change, given.nodes[step], tuple(_suites_of_step(given, step))) for step in steps)
    return tuple(found) or (ClauseMeasurement(patch, change, None, ()),)


def _suites_of_step(given: Graph, step: str) -> Iterator[tuple[Link, Node, tuple[Node, ...]]]:
    runs = given.behind(step, "rests_on")
    for link in given.outgoing[step]:
        if link.kind == "judged_on":
            mine = tuple(given.nodes[run] for run in runs if link.target in given.behind(run, "on"))
            yield link, given.nodes[link.target], mine


def suite_falls(given: Graph, suite: str) -> tuple[SuiteFall, ...]:
    """The clauses that changed in the patches where a suite was shown to fall, step by step."""
    found = []
    for on in given.incoming.get(suite, ()):
        if on.kind == "judged_on" and on.attributes.get("fell") is True and on.source.startswith("step:"):
            patches = given.before(on.source, "judged_by")
            changes = (link for name in patches for link in given.outgoing[name] if link.kind == "changes")
            found.append(SuiteFall(given.nodes[on.source], on, tuple(changes)))
    return tuple(found)


def run_dependencies(given: Graph, run: str) -> tuple[Node, ...]:
    """What a run (or anything else) depends on: its suite and version, revision, scorer, checkpoint and its parents."""
    return dependencies(given, run)


def dependent_verdicts(given: Graph, node: str) -> tuple[DependentVerdict, ...]:
    """The verdicts that rest on something: a worn suite, a bad run, a broken scorer, a checkpoint."""
    found = []
    for step in dependents(given, node):
        if step.kind not in ("step", "window", "gap"):
            continue
        on = next((link for link in given.outgoing[step.id] if link.target == node and link.kind == "judged_on"), None)
        patches = tuple(given.nodes[name] for name in given.before(step.id, "judged_by"))
        found.append(DependentVerdict(step, on, patches, tuple(_findings_about(given, step, patches))))
    return tuple(found)


def _findings_about(given: Graph, step: Node, patches: tuple[Node, ...]) -> Iterator[Node]:
    runs, own = set(given.behind(step.id, "rests_on")), given.before(step.id, "about")
    about = {name for patch in patches for name in given.before(patch.id, "about")}
    for name in sorted(about.union(own)):
        cited = given.behind(name, "cites")
        if name in own or not cited or not runs.isdisjoint(cited):
            yield given.nodes[name]
