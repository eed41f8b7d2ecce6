"""The evidence graph as one page to follow: an index by kind, a card for each thing, links between. No script."""

from __future__ import annotations

import hashlib
import re

from auditor import __version__
from auditor.evidence.web import KINDS, Node, Web
from auditor.render.graph_answers import answers, around, neighbours, noted
from auditor.render.html.environment import environment, style_of

_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_SHORT, _ANCHOR = 12, 20
PLURALS = {"behaviour": "behaviours", "suite": "suites", "items": "suite versions", "patch": "patches"}
# Of a clause the words come first, by themselves; what only machines read comes nowhere.
_APART = ("text", "message", "reason")


def graph_html(web: Web, asked: Node | None = None) -> str:
    """The page.

    Args:
        asked: shown first, with only what is around it; None for everything.
    """
    wanted = frozenset(web.nodes) if asked is None else around(web, asked)
    shown = {name: node for name, node in web.nodes.items() if name in wanted}
    style, digest = style_of("style.css", "graph.css")
    made = environment()
    made.globals.update(
        anchor=anchor,
        handle=handle,
        neighbours=lambda node: neighbours(web, node.id),
        answers=lambda node: answers(web, node),
        noted=noted,
        has=lambda node: node.id in shown,
        apart=lambda node: [str(node.attributes[name]) for name in _APART if node.attributes.get(name)],
        facts=facts,
        readable=readable,
    )
    groups = [(PLURALS.get(kind, f"{kind}s"), [one for one in shown.values() if one.kind == kind]) for kind in KINDS]
    return made.get_template("graph.html").render(
        title=", ".join(one.label for one in web.of_kind("spec")),
        asked=asked,
        nodes=shown,
        links=sum(link.source in shown and link.target in shown for link in web.links),
        groups=[group for group in groups if group[1]],
        style=style,
        style_hash=digest,
        version=__version__,
    )


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
