"""What the graph says of one node, as lines that text and page both show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from auditor.evidence import graph
from auditor.evidence.graph import ClauseMeasurement, Graph, Link, Node


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it says, the node it says it of (None without one), what else; `depth` 0 to 2."""

    depth: int
    lead: str
    node: Node | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, and its answer; where that is nothing, it says so in one line."""

    question: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nodes at the other end of the links of one kind, with what the links say."""

    words: str
    others: tuple[tuple[Node, Link], ...]


_WORDS = {
    "judged_by": ("judged by", "judges"),
    "judged_on": ("judged on", "judges"),
    "rests_on": ("rests on", "supports"),
    "changes": ("changes", "changed by"),
    "could_not_use": ("could not use", "not usable for"),
    "measures": ("measures", "measured by"),
    "about": ("is about", "what is said of it"),
    "cites": ("cites", "cited by"),
    "on": ("on", "run by"),
    "under": ("under", "evaluated by"),
    "with": ("with items", "items of"),
    "version_of": ("version of", "versions"),
    "scored_by": ("scored by", "scores"),
    "planned_by": ("planned as", "run as planned in"),
    "differs_from": ("not as planned in", "named, and not kept to, by"),
    "trained_from": ("trained from", "parent of"),
    "is_a": ("is of model", "has checkpoints"),
    "from": ("from", "left by"),
    "to": ("to", "made by"),
    "shows": ("shows", "seen at"),
    "first": ("read against", "read by"),
    "other": ("merges", "merged by"),
    "before": ("before", "before side of"),
    "after": ("after", "after side of"),
    "for": ("excuses", "excused by"),
    "split_from": ("split from", "split into"),
    "merged_into": ("merged into", "merged from"),
    "twin_of": ("twin of", "twin of"),
    "spans": ("spans", "spanned by"),
    "of": ("of", "has"),
    "since": ("seen first at", "since here"),
    "at": ("stands at", "stands here"),
}


def neighbours(web: Graph, name: str) -> tuple[Neighbours, ...]:
    """What a node is linked to, by the kind of link and of node, what it depends on first."""
    found: dict[str, list[tuple[Node, Link]]] = {}
    for place, links in enumerate((web.outgoing.get(name, ()), web.incoming.get(name, ()))):
        for link in links:
            other = web.nodes[link.source if place else link.target]
            words = _WORDS[link.kind][place]
            found.setdefault(f"{words} {other.kind}" if words in ("of", "has") else words, []).append((other, link))
    return tuple(Neighbours(words, tuple(others)) for words, others in found.items())


def noted(link: Link) -> str:
    """What a link says beside its kind, in a few words."""
    said = link.attributes
    parts = [str(said[name]).replace("_", "-") for name in ("change", "role", "verdict") if name in said]
    if "rate_before" in said and "rate_after" in said:
        parts.append(f"{_percent(said['rate_before'])} to {_percent(said['rate_after'])}")
    parts += [str(said[name]) for name in ("why", "measured_as") if name in said]
    return ", ".join([*parts, *(["its verdict rules"] if said.get("rules") is True else [])])


def _percent(rate: object) -> str:
    return f"{100 * float(str(rate)):.1f} %"


def answers(web: Graph, node: Node) -> tuple[Answer, ...]:
    """What is asked of a node of its kind."""
    return tuple(Answer(question, tuple(ask(web, node))) for question, ask in _ASKED.get(node.kind, ()))


def _measured(web: Graph, node: Node) -> Iterator[Line]:
    found = graph.clause_measurements(web, node.id)
    if not found:
        yield Line(0, "no patch of this history changed it", None)
    for _, group in groupby(found, key=lambda one: one.patch.id):
        some = list(group)
        yield Line(0, "", some[0].patch, noted(some[0].change))
        yield from _steps(web, some)


def _measured_patch(web: Graph, node: Node) -> Iterator[Line]:
    yield from _steps(web, graph.change_measurements(web, Link(node.id, "", "")), depth=0)


def _steps(web: Graph, found: Sequence[ClauseMeasurement], depth: int = 1) -> Iterator[Line]:
    for one in found:
        if one.step is None:
            yield Line(depth, "nothing was run both before and after it", None)
            continue
        yield Line(depth, "", one.step)
        for link, suite, runs in one.on:
            yield Line(depth + 1, "", suite, f"{noted(link)}, {_runs(len(runs))}")
            if depth == 0:
                yield from _sides(web, one.step, runs)


def _sides(web: Graph, step: Node, runs: Sequence[Node]) -> Iterator[Line]:
    """The runs, those of the side before first."""
    at = {run.id: {*web.behind(run.id, "under"), *web.behind(run.id, "of")} for run in runs}
    for side in ("before", "after"):
        state = set(web.behind(step.id, side))
        for run in runs:
            if state and state <= at[run.id]:
                yield Line(2, side, run, f"{run.attributes['misaligned']} of {run.attributes['valid']}")


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _fell(web: Graph, node: Node) -> Iterator[Line]:
    found = graph.suite_falls(web, node.id)
    if not found:
        yield Line(0, "it was not shown to fall in any step", None)
    for one in found:
        yield Line(0, "", one.step, noted(one.on))
        for patch, changes in groupby(one.changes, key=lambda link: link.source):
            yield Line(1, "", web.nodes[patch])
            yield from (Line(2, str(link.attributes["change"]), web.nodes[link.target]) for link in changes)
        if not one.changes:
            yield Line(1, "no clause changed: another checkpoint, or no patch in it", None)


def _radius(web: Graph, node: Node) -> Iterator[Line]:
    found = graph.dependent_verdicts(web, node.id)
    if not found:
        yield Line(0, "no verdict rests on it", None)
    for one in found:
        yield Line(0, "", one.step, noted(one.on) if one.on else "")
        yield from (Line(1, "", patch) for patch in one.patches)
        yield from (Line(2 if one.patches else 1, "", finding) for finding in one.findings)


def _depends(web: Graph, node: Node) -> Iterator[Line]:
    yield from (Line(0, "", one) for one in graph.run_dependencies(web, node.id))


_RADIUS = ("Which verdicts rest on it", _radius)
_Ask = Callable[[Graph, Node], Iterator[Line]]
_ASKED: Mapping[str, tuple[tuple[str, _Ask], ...]] = {
    "patch": (("What measured it", _measured_patch),),
    "clause": (("What measured it", _measured),),
    "suite": (("Where it fell, and which clauses moved there", _fell), _RADIUS),
    "run": (("What it depends on", _depends), _RADIUS),
    "items": (_RADIUS,),
    "scorer": (_RADIUS,),
    "checkpoint": (("What it depends on", _depends), _RADIUS),
}


def around(web: Graph, node: Node) -> frozenset[str]:
    """The node, its neighbours, everything its answers name, and the runs of the steps among these: what is drawn."""
    near = {other.id for some in neighbours(web, node.id) for other, _ in some.others}
    named = {line.node.id for answer in answers(web, node) for line in answer.lines if line.node is not None}
    found = {node.id, *near, *named}
    runs = {run for name in found for run in web.behind(name, "rests_on")} if node.kind in ("patch", "clause") else ()
    return frozenset({*found, *runs})
