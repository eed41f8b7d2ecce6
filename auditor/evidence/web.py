"""The evidence as one graph to walk and to draw: typed nodes with a stable id and plain attributes, typed links.

Links point from what depends to what it depends on, as in `auditor.evidence`: everything behind a node is what it
rests on, everything before it is what rests on it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar]

# In the order in which a reader wants them.
KINDS = (
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
BESIDE = frozenset(("could_not_use", "differs_from", "spans", "twin_of"))


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
class Web:
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


def web(nodes: Iterable[Node], links: Iterable[Link]) -> Web:
    """The graph of some nodes and links; of a node given twice the first counts.

    Raises KeyError for a link that ends at no node.
    """
    known: dict[str, Node] = {}
    for node in nodes:
        known.setdefault(node.id, node)
    ordered = {node.id: node for node in sorted(known.values(), key=lambda node: KINDS.index(node.kind))}
    place = {name: at for at, name in enumerate(ordered)}
    once = {(place[link.source], link.kind, place[link.target], _told(link)): link for link in links}
    sorted_links = [once[key] for key in sorted(once)]
    outgoing: dict[str, list[Link]] = {}
    incoming: dict[str, list[Link]] = {}
    for link in sorted_links:
        outgoing.setdefault(link.source, []).append(link)
        incoming.setdefault(link.target, []).append(link)
    return Web(ordered, tuple(sorted_links), _frozen(outgoing), _frozen(incoming), place)


def _told(link: Link) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in link.attributes.items()))


def _frozen(links: Mapping[str, list[Link]]) -> dict[str, tuple[Link, ...]]:
    return {name: tuple(some) for name, some in links.items()}


def part(given: Web, wanted: Iterable[str]) -> Web:
    """The graph of some of the nodes, with the links between them."""
    kept = set(wanted)
    nodes = [node for name, node in given.nodes.items() if name in kept]
    return web(nodes, (link for link in given.links if link.source in kept and link.target in kept))


def rests_on(given: Web, node: str) -> tuple[Node, ...]:
    """Everything a node depends on, directly or not, without itself. Raises KeyError for an unknown node."""
    return _reached(given, node, lambda name: (link.target for link in given.outgoing.get(name, ()) if _rests(link)))


def resting_on(given: Web, node: str) -> tuple[Node, ...]:
    """Everything that depends on a node, directly or not, without itself. Raises KeyError for an unknown node."""
    return _reached(given, node, lambda name: (link.source for link in given.incoming.get(name, ()) if _rests(link)))


def _rests(link: Link) -> bool:
    return link.kind not in BESIDE


def _reached(given: Web, start: str, next_to: Callable[[str], Iterable[str]]) -> tuple[Node, ...]:
    seen, waiting = {given.nodes[start].id}, deque([start])
    while waiting:
        for name in next_to(waiting.popleft()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return tuple(given.nodes[name] for name in sorted(seen - {start}, key=given.place.__getitem__))
