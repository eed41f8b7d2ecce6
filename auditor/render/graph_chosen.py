"""What a page of a large graph holds: some of its things whole, of long lists a beginning, of the rest how many."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from auditor.evidence.graph import Graph, Node
from auditor.render.graph_answers import Line

# A card is 1 to 20 KB, 4 on the average: a page stays below about 4 MB however long the history.
CARDS, LINES, LISTED = 800, 24, 2_000
# Of these there are few, and everything else hangs on them.
_HUBS = ("spec", "behaviour", "suite", "checkpoint", "model", "scorer", "waiver", "plan", "gap")

_PATCH_LINES = 120  # its steps, their suites, their runs are what one comes for

_One = TypeVar("_One")


def chosen(web: Graph, wanted: Collection[str], asked: Node | None, most: int) -> frozenset[str]:
    """The ids that have a card: all that are wanted, if they are not more than `most`.

    Else the node asked for; what all hangs on, up to half of them; then patch by patch, the newest first, with all that
    leads on from it; then the rest, the newest first.
    """
    if len(wanted) <= most:
        return frozenset(wanted)
    kept: dict[str, None] = {}
    for name in _in_turn(web, wanted, asked, most):
        if len(kept) == most:
            break
        if name in wanted:
            kept[name] = None
    return frozenset(kept)


def _in_turn(web: Graph, wanted: Collection[str], asked: Node | None, most: int) -> Iterator[str]:
    if asked is not None:
        yield asked.id
    hubs = [node.id for kind in _HUBS for node in web.of_kind(kind) if node.id in wanted]
    yield from hubs[: most // 2]
    for patch in reversed(web.of_kind("patch")):
        if patch.id in wanted:
            yield from _company(web, patch.id)
    yield from reversed([name for name in web.nodes if name in wanted])


def _company(web: Graph, patch: str) -> Iterator[str]:
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


def shortened(some: Sequence[_One], first: Sequence[bool], most: int) -> tuple[tuple[_One, ...], int]:
    """At most so many of a list, in order, those of `first` before others; and how many are left out."""
    if len(some) <= most:
        return tuple(some), 0
    places = sorted(range(len(some)), key=lambda at: not first[at])[:most]
    return tuple(some[at] for at in sorted(places)), len(some) - most


def longest(node: Node, asked: Node | None) -> int:
    """How many lines a list on a node's card has at most."""
    if asked is not None and node.id == asked.id:
        return LISTED
    return _PATCH_LINES if node.kind == "patch" else LINES


def shortened_lines(lines: Sequence[Line], kept: Collection[str], most: int = LINES) -> tuple[tuple[Line, ...], int]:
    """At most so many lines of an answer, whose groups begin at depth 0: those first whose first node has a card."""
    if len(lines) <= most:
        return tuple(lines), 0
    starts = [at for at, line in enumerate(lines) if line.depth == 0 or at == 0]
    groups = [lines[at:end] for at, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    with_card = [group for group in groups if group[0].node is not None and group[0].node.id in kept]
    found = [line for group in with_card or groups for line in group][:most]
    return tuple(found), len(lines) - len(found)
