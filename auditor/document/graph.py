"""The evidence graph as blocks: one node with what it is linked to and what is asked of it, or what the graph holds.

The graph comes in; blocks go out, and the answers themselves, which a page links. `select_around` is what is drawn of
a node.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from auditor.document.blocks import (
    Block,
    Column,
    Commands,
    Heading,
    Line,
    Note,
    Paragraph,
    Passage,
    Span,
    Style,
    Table,
    grid,
    plain,
)
from auditor.evidence import graph as evidence_graph
from auditor.evidence.graph import (
    NODE_KINDS,
    Attributes,
    EvidenceGraph,
    Measurement,
    edges_from,
    edges_to,
    node_attributes,
    nodes_of_kind,
    shorten_key,
    targets,
)
from auditor.model.numbers import count_noun, format_count, format_percent

# What the graph says of one node, as lines that text and page both show.


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line: what it says, the node it says it of (None without one), what else; `depth` 0 to 2."""

    depth: int
    lead: str
    node: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, and its answer; where that is nothing, it says so in one line."""

    question: str
    lines: tuple[AnswerLine, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nodes at the other end of the edges of one kind, with what the edges carry."""

    words: str
    others: tuple[tuple[str, Attributes], ...]


_LINK_WORDS = {
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


def group_neighbours(graph: EvidenceGraph, name: str) -> tuple[Neighbours, ...]:
    """What a node is linked to, by the kind of edge and of node, what it depends on first."""
    groups: dict[str, list[tuple[str, Attributes]]] = {}
    for place, edges in enumerate((edges_from(graph, name), edges_to(graph, name))):
        for source, target, data in edges:
            other = source if place else target
            words = _LINK_WORDS[str(data["kind"])][place]
            words = f"{words} {graph.nodes[other]['kind']}" if words in ("of", "has") else words
            groups.setdefault(words, []).append((other, data))
    return tuple(Neighbours(words, tuple(others)) for words, others in groups.items())


def describe_link(data: Attributes) -> str:
    """What an edge carries beside its kind, in a few words."""
    parts = [str(data[name]).replace("_", "-") for name in ("change", "role", "verdict") if name in data]
    if "rate_before" in data and "rate_after" in data:
        parts.append(" to ".join(format_percent(float(data[name])) for name in ("rate_before", "rate_after")))
    parts += [str(data[name]) for name in ("why", "measured_as") if name in data]
    return ", ".join([*parts, *(["its verdict rules"] if data.get("rules") is True else [])])


def answer_questions(graph: EvidenceGraph, name: str) -> tuple[Answer, ...]:
    """What is asked of a node of its kind."""
    questions = _QUESTIONS.get(graph.nodes[name]["kind"], ())
    return tuple(Answer(question, tuple(ask(graph, name))) for question, ask in questions)


def _clause_measurements(graph: EvidenceGraph, name: str) -> Iterator[AnswerLine]:
    changes = evidence_graph.clause_measurements(graph, name)
    if not changes:
        yield AnswerLine(0, "no patch of this history changed it", None)
    for (patch, _, data), measurements in changes:
        yield AnswerLine(0, "", patch, describe_link(data))
        yield from _step_lines(graph, measurements)


def _patch_measurements(graph: EvidenceGraph, name: str) -> Iterator[AnswerLine]:
    yield from _step_lines(graph, evidence_graph.patch_measurements(graph, name), depth=0)


def _step_lines(graph: EvidenceGraph, measurements: Sequence[Measurement], depth: int = 1) -> Iterator[AnswerLine]:
    if not measurements:
        yield AnswerLine(depth, "nothing was run both before and after it", None)
    for measurement in measurements:
        yield AnswerLine(depth, "", measurement.step)
        for (_, suite, data), runs in measurement.suites:
            count = count_noun(len(runs), "run")
            yield AnswerLine(depth + 1, "", suite, f"{describe_link(data)}, {count}")
            if depth == 0:
                yield from _run_lines(graph, measurement.step, runs)


def _run_lines(graph: EvidenceGraph, step: str, runs: Sequence[str]) -> Iterator[AnswerLine]:
    """The runs, those of the side before first."""
    states = {run: {*targets(graph, run, "under"), *targets(graph, run, "of")} for run in runs}
    for side in ("before", "after"):
        state = set(targets(graph, step, side))
        for run in runs:
            if state and state <= states[run]:
                node = graph.nodes[run]
                yield AnswerLine(2, side, run, f"{node['misaligned']} of {node['valid']}")


def _fall_lines(graph: EvidenceGraph, name: str) -> Iterator[AnswerLine]:
    falls = evidence_graph.suite_falls(graph, name)
    if not falls:
        yield AnswerLine(0, "it was not shown to fall in any step", None)
    for fall in falls:
        step, _, data = fall.edge
        yield AnswerLine(0, "", step, describe_link(data))
        for patch, changes in groupby(fall.changes, key=lambda edge: edge[0]):
            yield AnswerLine(1, "", patch)
            yield from (AnswerLine(2, str(change["change"]), clause) for _, clause, change in changes)
        if not fall.changes:
            yield AnswerLine(1, "no clause changed: another checkpoint, or no patch in it", None)


def _dependent_verdicts(graph: EvidenceGraph, name: str) -> Iterator[AnswerLine]:
    verdicts = evidence_graph.dependent_verdicts(graph, name)
    if not verdicts:
        yield AnswerLine(0, "no verdict rests on it", None)
    for verdict in verdicts:
        yield AnswerLine(0, "", verdict.step, describe_link(verdict.edge[2]) if verdict.edge else "")
        yield from (AnswerLine(1, "", patch) for patch in verdict.patches)
        yield from (AnswerLine(2 if verdict.patches else 1, "", finding) for finding in verdict.findings)


def _dependency_lines(graph: EvidenceGraph, name: str) -> Iterator[AnswerLine]:
    yield from (AnswerLine(0, "", node) for node in evidence_graph.dependencies(graph, name))


_DEPENDENTS = ("Which verdicts rest on it", _dependent_verdicts)
_Question = Callable[[EvidenceGraph, str], Iterator[AnswerLine]]
_QUESTIONS: Mapping[str, tuple[tuple[str, _Question], ...]] = {
    "patch": (("What measured it", _patch_measurements),),
    "clause": (("What measured it", _clause_measurements),),
    "suite": (("Where it fell, and which clauses moved there", _fall_lines), _DEPENDENTS),
    "run": (("What it depends on", _dependency_lines), _DEPENDENTS),
    "items": (_DEPENDENTS,),
    "scorer": (_DEPENDENTS,),
    "checkpoint": (("What it depends on", _dependency_lines), _DEPENDENTS),
}


def select_around(graph: EvidenceGraph, name: str) -> frozenset[str]:
    """The node, its neighbours, everything its answers name, and the runs of the steps among these: what is drawn."""
    near = {other for group in group_neighbours(graph, name) for other, _ in group.others}
    answers = {line.node for answer in answer_questions(graph, name) for line in answer.lines if line.node is not None}
    names = {name, *near, *answers}
    with_runs = graph.nodes[name]["kind"] in ("patch", "clause")
    runs = {run for step in names for run in targets(graph, step, "rests_on")} if with_runs else ()
    return frozenset({*names, *runs})


# One node, and the graph as a whole.


_MAX_NEIGHBOURS = 12
_KINDS_OF_COMMANDS = ("suite", "patch", "clause")


def node_blocks(graph: EvidenceGraph, name: str) -> Iterator[Block]:
    """The node, its neighbours by kind of edge, and the answers to what is asked of its kind."""
    node = graph.nodes[name]
    yield Paragraph((Span(f"{node['kind']} ", Style.QUIET), Span(node["label"], Style.STRONG)))
    yield _indented(plain(name, Style.QUIET), 1)
    attributes = node_attributes(graph, name)
    if attributes:
        yield grid(
            (plain(attribute.replace("_", " "), Style.QUIET), plain(readable_value(value)))
            for attribute, value in attributes.items()
        )
    for group in group_neighbours(graph, name):
        yield Heading(3, plain(f"{group.words} ({len(group.others):,})"))
        for other, data in group.others[:_MAX_NEIGHBOURS]:
            yield _node_line(graph, other, describe_link(data), 1)
        if len(group.others) > _MAX_NEIGHBOURS:
            more = len(group.others) - _MAX_NEIGHBOURS
            yield Note(plain(f"and {more:,} more (--format json has all of them)"))
    for answer in answer_questions(graph, name):
        yield Heading(3, plain(answer.question))
        for line in answer.lines:
            if line.node is None:
                yield _indented(plain(line.lead), line.depth + 1)
            else:
                note = ", ".join(part for part in (line.lead, line.note) if part)
                yield _node_line(graph, line.node, note, line.depth + 1)


def graph_blocks(graph: EvidenceGraph) -> Iterator[Block]:
    """What the graph holds: how many nodes of each kind, with the newest as an example; then what to type."""
    nodes, edges = count_noun(graph.number_of_nodes(), "node"), count_noun(graph.number_of_edges(), "edge")
    yield Paragraph(plain(f"The evidence graph: {nodes}, {edges}."))
    kinds = [(kind, names) for kind in NODE_KINDS if (names := nodes_of_kind(graph, kind))]
    rows = tuple((plain(kind), plain(format_count(len(names))), _node_name(graph, names[-1])) for kind, names in kinds)
    yield Table((Column("kind"), Column("nodes", figures=True), Column("for example")), rows)
    yield Paragraph(plain("To see a node with what it is linked to, give its name; --format json has all of them."))
    examples = [names[-1] for kind, names in kinds if kind in _KINDS_OF_COMMANDS]
    yield Commands(tuple(f"auditor graph {shlex.quote(_handle(graph, name))}" for name in examples))


def readable_value(value: object) -> str:
    """A value as people write it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _handle(graph: EvidenceGraph, name: str) -> str:
    """What to type for a node: the beginning of a content id is enough."""
    return f"{graph.nodes[name]['kind']}:{shorten_key(graph.nodes[name]['key'])}"


def _node_name(graph: EvidenceGraph, name: str) -> Line:
    node = graph.nodes[name]
    label = Span("" if node["label"] == node["key"] else f"  {node['label']}")
    return Span(_handle(graph, name), Style.NAME), label


def _node_line(graph: EvidenceGraph, name: str, note: str, depth: int) -> Passage:
    return _indented((*_node_name(graph, name), Span(f"  ({note})" if note else "", Style.QUIET)), depth)


def _indented(line: Line, depth: int) -> Passage:
    return Passage((Span("    " * depth), *line))
