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
from auditor.evidence.graph import NODE_KINDS, Graph, Node
from auditor.render.graph import (
    Answer,
    AnswerLine,
    Neighbours,
    answer_questions,
    describe_link,
    group_neighbours,
    select_around,
)
from auditor.render.html.environment import page_environment, page_style

# What a page of a large graph holds: some of its things whole, of long lists a beginning, of the rest how many.


# A card is 1 to 20 KB, 4 on the average: a page stays below about 4 MB however long the history.
MAX_CARDS, MAX_LINES, MAX_LISTED = 800, 24, 2_000
# Of these there are few, and everything else hangs on them.
_HUBS = ("spec", "behaviour", "suite", "checkpoint", "model", "scorer", "waiver", "plan", "gap")

_MAX_PATCH_LINES = 120  # its steps, their suites, their runs are what one comes for

_Entry = TypeVar("_Entry")


def select_cards(web: Graph, wanted: Collection[str], asked: Node | None, most: int) -> frozenset[str]:
    """The ids that have a card: all that are wanted, if they are not more than `most`.

    Else the node asked for; what all hangs on, up to half of them; then patch by patch, the newest first, with all that
    leads on from it; then the rest, the newest first.
    """
    if len(wanted) <= most:
        return frozenset(wanted)
    kept: dict[str, None] = {}
    for name in _by_priority(web, wanted, asked, most):
        if len(kept) == most:
            break
        if name in wanted:
            kept[name] = None
    return frozenset(kept)


def _by_priority(web: Graph, wanted: Collection[str], asked: Node | None, most: int) -> Iterator[str]:
    if asked is not None:
        yield asked.id
    hubs = [node.id for kind in _HUBS for node in web.of_kind(kind) if node.id in wanted]
    yield from hubs[: most // 2]
    for patch in reversed(web.of_kind("patch")):
        if patch.id in wanted:
            yield from _patch_company(web, patch.id)
    yield from reversed([name for name in web.nodes if name in wanted])


def _patch_company(web: Graph, patch: str) -> Iterator[str]:
    """A patch, and what a reader goes on to from it."""
    yield patch
    steps = web.behind(patch, "judged_by")
    yield from steps
    yield from web.behind(patch, "changes")
    yield from web.before(patch, "about")
    for step in steps:
        for run in web.behind(step, "rests_on"):
            yield run
            yield from web.behind(run, "with")
            yield from web.behind(run, "under")


def shorten(some: Sequence[_Entry], first: Sequence[bool], most: int) -> tuple[tuple[_Entry, ...], int]:
    """At most so many of a list, in order, those of `first` before others; and how many are left out."""
    if len(some) <= most:
        return tuple(some), 0
    places = sorted(range(len(some)), key=lambda at: not first[at])[:most]
    return tuple(some[at] for at in sorted(places)), len(some) - most


def max_lines(node: Node, asked: Node | None) -> int:
    """How many lines a list on a node's card has at most."""
    if asked is not None and node.id == asked.id:
        return MAX_LISTED
    return _MAX_PATCH_LINES if node.kind == "patch" else MAX_LINES


def shorten_answer(
    lines: Sequence[AnswerLine], kept: Collection[str], most: int = MAX_LINES
) -> tuple[tuple[AnswerLine, ...], int]:
    """At most so many lines of an answer, whose groups begin at depth 0: those first whose first node has a card."""
    if len(lines) <= most:
        return tuple(lines), 0
    starts = [at for at, line in enumerate(lines) if line.depth == 0 or at == 0]
    groups = [lines[at:end] for at, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    with_card = [group for group in groups if group[0].node is not None and group[0].node.id in kept]
    found = [line for group in with_card or groups for line in group][:most]
    return tuple(found), len(lines) - len(found)


# The evidence graph as one page to follow: an index by kind, a card for each thing, links between. No script.


_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_SHORT, _ANCHOR = 12, 20
KIND_PLURALS = {"behaviour": "behaviours", "suite": "suites", "items": "suite versions", "patch": "patches"}
# Of a clause the words come first, by themselves; what only machines read comes nowhere.
_TEXT_ATTRIBUTES = ("text", "message", "reason")


@dataclass(frozen=True, slots=True)
class KindIndex:
    """The index of one kind: `some` of its `count` nodes, in order."""

    name: str
    some: tuple[Node, ...]
    count: int


def graph_html(web: Graph, asked: Node | None = None, most: int = MAX_CARDS) -> str:
    """The page.

    Args:
        asked: shown first, with only what is around it; None for everything.
        most: how many cards there are at most: what `chosen` says; a longer index says what to type for the others.
    """
    wanted = frozenset(web.nodes) if asked is None else select_around(web, asked)
    kept = select_cards(web, wanted, asked, most)
    shown = {name: node for name, node in web.nodes.items() if name in kept}
    style, digest = page_style("style.css", "graph.css")
    made = page_environment()
    made.globals.update(
        anchor=node_anchor,
        handle=node_handle,
        neighbours=lambda node: [
            _short_neighbours(some, kept, max_lines(node, asked)) for some in group_neighbours(web, node.id)
        ],
        answers=lambda node: [_short_answer(one, kept, max_lines(node, asked)) for one in answer_questions(web, node)],
        noted=describe_link,
        has=lambda node: node.id in shown,
        apart=lambda node: [str(node.attributes[name]) for name in _TEXT_ATTRIBUTES if node.attributes.get(name)],
        facts=node_facts,
        readable=readable_value,
    )
    return made.get_template("graph.html").render(
        title=", ".join(one.label for one in web.of_kind("spec")),
        asked=asked,
        first=asked or next(iter(shown.values()), None),
        nodes=shown,
        things=len(wanted),
        links=sum(link.source in wanted and link.target in wanted for link in web.links),
        groups=_kind_indexes(web, wanted, kept),
        style=style,
        style_hash=digest,
        version=__version__,
    )


def _kind_indexes(web: Graph, wanted: Collection[str], kept: Collection[str]) -> list[KindIndex]:
    """By kind what has a card; and of patches, by which one looks things up, also without one, then newest first."""
    groups = []
    for kind in NODE_KINDS:
        every = [node for node in web.of_kind(kind) if node.id in wanted]
        newest = every[-MAX_LISTED:] if kind == "patch" else []
        listed = {node.id for node in newest} | {node.id for node in every if node.id in kept}
        if every:
            some = [node for node in every if node.id in listed]
            turned = kind == "patch" and not listed <= set(kept)
            groups.append(
                KindIndex(KIND_PLURALS.get(kind, f"{kind}s"), tuple(reversed(some) if turned else some), len(every))
            )
    return groups


def _short_neighbours(some: Neighbours, kept: Collection[str], most: int) -> tuple[Neighbours, int]:
    others, left = shorten(some.others, [other.id in kept for other, _ in some.others], most)
    return Neighbours(some.words, others), left


def _short_answer(answer: Answer, kept: Collection[str], most: int) -> tuple[Answer, int]:
    lines, left = shorten_answer(answer.lines, kept, most)
    return Answer(answer.question, lines), left


def node_anchor(node: Node) -> str:
    """The fragment of a node: its kind and key; of a content id, or a key with other characters, 80 bits."""
    if re.fullmatch("[0-9a-f]{32,64}", node.key):
        return f"{node.kind}-{node.key[:_ANCHOR]}"
    if _SAFE.match(node.key):
        return f"{node.kind}-{node.key}"
    return f"{node.kind}~{hashlib.sha256(node.key.encode('utf-8', 'surrogatepass')).hexdigest()[:_ANCHOR]}"


def node_handle(node: Node) -> str:
    """The beginning of its key, where that is an id; nothing where the label says it."""
    return "" if node.label == node.key or not re.match(r"[0-9a-f]{32}", node.key) else node.key[:_SHORT]


def node_facts(node: Node) -> list[tuple[str, str]]:
    """What is known of it, as (name, value)."""
    said = ((name, value) for name, value in node.attributes.items() if name not in _TEXT_ATTRIBUTES)
    return [(name.replace("_", " "), readable_value(value)) for name, value in said]


def readable_value(value: object) -> str:
    """A value as people write it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
