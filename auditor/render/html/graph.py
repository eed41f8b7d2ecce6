"""The evidence graph as one page to follow: an index by kind, a card for each thing, links between. No script."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass

from auditor import __version__
from auditor.evidence.graph import NODE_KINDS, Graph, Node
from auditor.render.graph_answers import Answer, Neighbours, answers, around, neighbours, noted
from auditor.render.graph_chosen import CARDS, LISTED, chosen, longest, shortened, shortened_lines
from auditor.render.html.environment import environment, style_of

_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_SHORT, _ANCHOR = 12, 20
PLURALS = {"behaviour": "behaviours", "suite": "suites", "items": "suite versions", "patch": "patches"}
# Of a clause the words come first, by themselves; what only machines read comes nowhere.
_APART = ("text", "message", "reason")


@dataclass(frozen=True, slots=True)
class Group:
    """The index of one kind: `some` of its `count` nodes, in order."""

    name: str
    some: tuple[Node, ...]
    count: int


def graph_html(web: Graph, asked: Node | None = None, most: int = CARDS) -> str:
    """The page.

    Args:
        asked: shown first, with only what is around it; None for everything.
        most: how many cards there are at most: what `chosen` says; a longer index says what to type for the others.
    """
    wanted = frozenset(web.nodes) if asked is None else around(web, asked)
    kept = chosen(web, wanted, asked, most)
    shown = {name: node for name, node in web.nodes.items() if name in kept}
    style, digest = style_of("style.css", "graph.css")
    made = environment()
    made.globals.update(
        anchor=anchor,
        handle=handle,
        neighbours=lambda node: [_neighbours(some, kept, longest(node, asked)) for some in neighbours(web, node.id)],
        answers=lambda node: [_answer(one, kept, longest(node, asked)) for one in answers(web, node)],
        noted=noted,
        has=lambda node: node.id in shown,
        apart=lambda node: [str(node.attributes[name]) for name in _APART if node.attributes.get(name)],
        facts=facts,
        readable=readable,
    )
    return made.get_template("graph.html").render(
        title=", ".join(one.label for one in web.of_kind("spec")),
        asked=asked,
        first=asked or next(iter(shown.values()), None),
        nodes=shown,
        things=len(wanted),
        links=sum(link.source in wanted and link.target in wanted for link in web.links),
        groups=_groups(web, wanted, kept),
        style=style,
        style_hash=digest,
        version=__version__,
    )


def _groups(web: Graph, wanted: Collection[str], kept: Collection[str]) -> list[Group]:
    """By kind what has a card; and of patches, by which one looks things up, also without one, then newest first."""
    groups = []
    for kind in NODE_KINDS:
        every = [node for node in web.of_kind(kind) if node.id in wanted]
        newest = every[-LISTED:] if kind == "patch" else []
        listed = {node.id for node in newest} | {node.id for node in every if node.id in kept}
        if every:
            some = [node for node in every if node.id in listed]
            turned = kind == "patch" and not listed <= set(kept)
            groups.append(Group(PLURALS.get(kind, f"{kind}s"), tuple(reversed(some) if turned else some), len(every)))
    return groups


def _neighbours(some: Neighbours, kept: Collection[str], most: int) -> tuple[Neighbours, int]:
    others, left = shortened(some.others, [other.id in kept for other, _ in some.others], most)
    return Neighbours(some.words, others), left


def _answer(answer: Answer, kept: Collection[str], most: int) -> tuple[Answer, int]:
    lines, left = shortened_lines(answer.lines, kept, most)
    return Answer(answer.question, lines), left


def anchor(node: Node) -> str:
    """The fragment of a node: its kind and key; of a content id, or a key with other characters, 80 bits."""
    if re.fullmatch("[0-9a-f]{32,64}", node.key):
        return f"{node.kind}-{node.key[:_ANCHOR]}"
    if _SAFE.match(node.key):
        return f"{node.kind}-{node.key}"
    return f"{node.kind}~{hashlib.sha256(node.key.encode('utf-8', 'surrogatepass')).hexdigest()[:_ANCHOR]}"


def handle(node: Node) -> str:
    """The beginning of its key, where that is an id; nothing where the label says it."""
    return "" if node.label == node.key or not re.match(r"[0-9a-f]{32}", node.key) else node.key[:_SHORT]


def facts(node: Node) -> list[tuple[str, str]]:
    """What is known of it, as (name, value)."""
    said = ((name, value) for name, value in node.attributes.items() if name not in _APART)
    return [(name.replace("_", " "), readable(value)) for name, value in said]


def readable(value: object) -> str:
    """A value as people write it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
