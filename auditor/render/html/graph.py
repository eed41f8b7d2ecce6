"""The evidence graph as a page to follow: an index by kind, a card for each node, links between; no script.

A page of a large graph holds a choice of cards: the hubs, then patch by patch, the newest first; long lists are cut,
and say how much is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from auditor import __version__
from auditor.document.graph import (
    Answer,
    AnswerLine,
    Neighbours,
    answer_questions,
    describe_link,
    group_neighbours,
    readable_value,
    select_around,
)
from auditor.evidence.graph import (
    NODE_KINDS,
    EvidenceGraph,
    node_attributes,
    nodes_of_kind,
    shorten_key,
    sources,
    targets,
)
from auditor.render.html.environment import page_environment, page_style

# What a page of a large graph holds: some of its things whole, of long lists a beginning, of the rest how many.


# A card is 1 to 20 KB, 4 on the average: a page stays below about 4 MB however long the history.
MAX_CARDS, MAX_LINES, MAX_LISTED = 800, 24, 2_000
# Of these there are few, and everything else hangs on them.
_HUBS = ("spec", "behaviour", "suite", "checkpoint", "model", "scorer", "waiver", "plan", "gap")

_MAX_PATCH_LINES = 120  # its steps, their suites, their runs are what one comes for

_Entry = TypeVar("_Entry")


def select_cards(graph: EvidenceGraph, names: Collection[str], asked: str | None, most: int) -> frozenset[str]:
    """The ids that have a card: all that are wanted, if they are not more than `most`.

    Else the node asked for; what all hangs on, up to half of them; then patch by patch, the newest first, with all that
    leads on from it; then the rest, the newest first.
    """
    if len(names) <= most:
        return frozenset(names)
    kept: dict[str, None] = {}
    for name in _by_priority(graph, names, asked, most):
        if len(kept) == most:
            break
        if name in names:
            kept[name] = None
    return frozenset(kept)


def _by_priority(graph: EvidenceGraph, names: Collection[str], asked: str | None, most: int) -> Iterator[str]:
    if asked is not None:
        yield asked
    hubs = [name for kind in _HUBS for name in nodes_of_kind(graph, kind) if name in names]
    yield from hubs[: most // 2]
    for patch in reversed(nodes_of_kind(graph, "patch")):
        if patch in names:
            yield from _patch_company(graph, patch)
    yield from reversed([name for name in graph if name in names])


def _patch_company(graph: EvidenceGraph, patch: str) -> Iterator[str]:
    """A patch, and what a reader goes on to from it."""
    yield patch
    steps = targets(graph, patch, "judged_by")
    yield from steps
    yield from targets(graph, patch, "changes")
    yield from sources(graph, patch, "about")
    for step in steps:
        for run in targets(graph, step, "rests_on"):
            yield run
            yield from targets(graph, run, "with")
            yield from targets(graph, run, "under")


def shorten(entries: Sequence[_Entry], first: Sequence[bool], most: int) -> tuple[tuple[_Entry, ...], int]:
    """At most so many of a list, in order, those of `first` before others; and how many are left out."""
    if len(entries) <= most:
        return tuple(entries), 0
    places = sorted(range(len(entries)), key=lambda at: not first[at])[:most]
    return tuple(entries[at] for at in sorted(places)), len(entries) - most


def max_lines(node: str, name: str | None) -> int:
    """How many lines a list on a node's card has at most."""
    if node == name:
        return MAX_LISTED
    return _MAX_PATCH_LINES if node.startswith("patch:") else MAX_LINES


def shorten_answer(
    lines: Sequence[AnswerLine], kept: Collection[str], most: int = MAX_LINES
) -> tuple[tuple[AnswerLine, ...], int]:
    """At most so many lines of an answer, whose groups begin at depth 0: those first whose first node has a card."""
    if len(lines) <= most:
        return tuple(lines), 0
    starts = [at for at, line in enumerate(lines) if line.depth == 0 or at == 0]
    groups = [lines[at:end] for at, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    with_card = [group for group in groups if group[0].node is not None and group[0].node in kept]
    answer_lines = [line for group in with_card or groups for line in group][:most]
    return tuple(answer_lines), len(lines) - len(answer_lines)


# The evidence graph as one page to follow: an index by kind, a card for each thing, links between. No script.


_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_ANCHOR = 20
KIND_PLURALS = {"behaviour": "behaviours", "suite": "suites", "items": "suite versions", "patch": "patches"}
# Of a clause the words come first, by themselves; what only machines read comes nowhere.
_TEXT_ATTRIBUTES = ("text", "message", "reason")


@dataclass(frozen=True, slots=True)
class KindIndex:
    """The index of one kind: `some` of its `count` nodes, in order."""

    name: str
    some: tuple[str, ...]
    count: int


def graph_html(graph: EvidenceGraph, asked: str | None = None, most: int = MAX_CARDS) -> str:
    """The page.

    Args:
        asked: the id of the node shown first, with only what is around it; None for everything.
        most: how many cards there are at most: what `select_cards` says; a longer index says what to type for the
            others.
    """
    wanted = frozenset(graph) if asked is None else select_around(graph, asked)
    kept = select_cards(graph, wanted, asked, most)
    names = [name for name in graph if name in kept]
    style, digest = page_style("style.css", "graph.css")
    environment = page_environment()
    environment.globals.update(
        data=graph.nodes,
        anchor=lambda name: node_anchor(graph, name),
        handle=lambda name: node_handle(graph, name),
        neighbours=lambda name: [
            _short_neighbours(group, kept, max_lines(name, asked)) for group in group_neighbours(graph, name)
        ],
        answers=lambda name: [
            _short_answer(answer, kept, max_lines(name, asked)) for answer in answer_questions(graph, name)
        ],
        noted=describe_link,
        has=kept.__contains__,
        apart=lambda name: [str(graph.nodes[name][text]) for text in _TEXT_ATTRIBUTES if text in graph.nodes[name]],
        facts=lambda name: node_facts(graph, name),
    )
    return environment.get_template("graph.html").render(
        title=", ".join(graph.nodes[name]["label"] for name in nodes_of_kind(graph, "spec")),
        asked=asked,
        first=asked or next(iter(names), None),
        names=names,
        things=len(wanted),
        links=sum(source in wanted and target in wanted for source, target in graph.edges()),
        groups=_kind_indexes(graph, wanted, kept),
        style=style,
        style_hash=digest,
        version=__version__,
    )


def _kind_indexes(graph: EvidenceGraph, wanted: Collection[str], kept: Collection[str]) -> list[KindIndex]:
    """By kind what has a card; and of patches, by which one looks things up, also without one, then newest first."""
    groups = []
    for kind in NODE_KINDS:
        every = [name for name in nodes_of_kind(graph, kind) if name in wanted]
        newest = every[-MAX_LISTED:] if kind == "patch" else []
        listed = {*newest, *(name for name in every if name in kept)}
        if every:
            names = [name for name in every if name in listed]
            turned = kind == "patch" and not listed <= set(kept)
            groups.append(
                KindIndex(KIND_PLURALS.get(kind, f"{kind}s"), tuple(reversed(names) if turned else names), len(every))
            )
    return groups


def _short_neighbours(group: Neighbours, kept: Collection[str], most: int) -> tuple[Neighbours, int]:
    others, rest = shorten(group.others, [other in kept for other, _ in group.others], most)
    return Neighbours(group.words, others), rest


def _short_answer(answer: Answer, kept: Collection[str], most: int) -> tuple[Answer, int]:
    lines, rest = shorten_answer(answer.lines, kept, most)
    return Answer(answer.question, lines), rest


def node_anchor(graph: EvidenceGraph, name: str) -> str:
    """The fragment of a node: its kind and key; of a content id, or a key with other characters, 80 bits."""
    kind, key = graph.nodes[name]["kind"], graph.nodes[name]["key"]
    if re.fullmatch("[0-9a-f]{32,64}", key):
        return f"{kind}-{key[:_ANCHOR]}"
    if _SAFE.match(key):
        return f"{kind}-{key}"
    return f"{kind}~{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:_ANCHOR]}"


def node_handle(graph: EvidenceGraph, name: str) -> str:
    """The beginning of its key, where that is an id; nothing where the label says it."""
    key = graph.nodes[name]["key"]
    short = shorten_key(key)
    return "" if short == key or graph.nodes[name]["label"] == key else short


def node_facts(graph: EvidenceGraph, name: str) -> list[tuple[str, str]]:
    """What is known of it, as (name, value)."""
    known = node_attributes(graph, name).items()
    return [(fact.replace("_", " "), readable_value(value)) for fact, value in known if fact not in _TEXT_ATTRIBUTES]
