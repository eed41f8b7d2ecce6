"""Where things are shown on the pages of the view: the file name of a page, the place on it, and a node as a link.

All pages lie in one folder. A name is the same on file systems that do not tell capitals, and the same each time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from auditor.document.blocks import Line, Span, Style
from auditor.evidence.graph import EvidenceGraph, sources, targets

HOME, BEHAVIOURS, SUITES, CLAUSES = "index.html", "behaviours.html", "suites.html", "clauses.html"
CHECKS, REPORTS, SEARCH = "checks.html", "reports.html", "search.html"
MENU = (
    (HOME, "History"),
    (BEHAVIOURS, "Behaviours"),
    (SUITES, "Suites"),
    (CLAUSES, "Clauses"),
    (CHECKS, "Checks"),
    (REPORTS, "Reports"),
    (SEARCH, "Search"),
)


_KIND_WORDS = {"step": "verdict", "spec_commit": "commit"}
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ID = re.compile(r"[0-9a-f]{32,64}")
_ID_CHARACTERS = 16
_PAGE_KINDS = (
    "patch",
    "clause",
    "behaviour",
    "suite",
    "run",
    "checkpoint",
    "model",
    "scorer",
    "gap",
    "waiver",
    "plan",
)


class Addresses:
    """The address of every node that has a page, or a place on the page of another."""

    def __init__(self, graph: EvidenceGraph) -> None:
        self._graph = graph
        self._links: dict[str, str] = {}
        self._lines: dict[str, Line] = {}
        self._names = {
            node: f"{kind}-{safe_name(data['key'])}.html"
            for node, data in graph.nodes(data=True)
            if (kind := data["kind"]) in _PAGE_KINDS
        }

    def page(self, node: str) -> str:
        """The file name of a node that has a page of its own."""
        return self._names[node]

    def link(self, node: str) -> str:
        """Where a node is shown; "" for one that is shown nowhere by itself."""
        if node not in self._links:
            self._links[node] = self._find(node)
        return self._links[node]

    def line(self, node: str) -> Line:
        """A node: its kind, and its label with a link to where it is shown."""
        if node not in self._lines:
            data = self._graph.nodes[node]
            kind = _KIND_WORDS.get(data["kind"], data["kind"])
            self._lines[node] = Span(f"{kind} ", Style.QUIET), Span(data["label"], link=self.link(node))
        return self._lines[node]

    def _find(self, node: str) -> str:
        if node in self._names:
            return self._names[node]
        graph = self._graph
        match graph.nodes[node]["kind"] if node in graph else "":
            case "spec":
                return HOME
            case "step":
                patches = sources(graph, node, "judged_by")
                name = self._names[patches[-1]] if patches else ""
                return f"{name}#{step_anchor(graph, node)}" if name else self._first(targets(graph, node, "of"))
            case "period":
                return self._first(targets(graph, node, "of"))
            case "items":
                return self._first(targets(graph, node, "version_of"))
            case "finding":
                return self._first(targets(graph, node, "about"))
            case "spec_commit":
                return self._first(sources(graph, node, "to"))
            case "revision":
                return self._first(sources(graph, node, "shows"))
            case _:
                return ""

    def _first(self, nodes: Iterable[str]) -> str:
        return next((link for node in nodes if (link := self.link(node))), "")


def step_anchor(graph: EvidenceGraph, step: str) -> str:
    """The place of a verdict on its patch's page."""
    data = graph.nodes[step]
    return behaviour_anchor(str(data.get("behaviour", "")), str(data.get("model", "")))


def behaviour_anchor(behaviour: str, model: str) -> str:
    """The place of a behaviour on a patch's page."""
    return f"v-{safe_name(f'{behaviour} {model}')}"


def safe_name(key: str) -> str:
    """A key as part of a file name: the same on file systems that do not tell capitals; of a content id 64 bits."""
    if _ID.fullmatch(key):
        return key[:_ID_CHARACTERS]
    if _PLAIN_NAME.fullmatch(key):
        return key
    readable = re.sub(r"[^a-z0-9]+", "-", key.lower())[:32].strip("-")
    return f"{readable or 'x'}~{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
