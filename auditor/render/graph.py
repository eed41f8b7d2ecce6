"""The evidence graph as JSON, GraphML and tables; and a node of it as text: what it is, its links, the answers about
it.

The graph comes in; documents, renderables or answers (shared by text and page) go out. No text in it is markup in any
format.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from pydantic import ConfigDict, Field
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor import __version__
from auditor.assess.facts import Rate
from auditor.assess.timeline import TEST_SERIES, Series, SeriesPoint
from auditor.evidence import graph as evidence_graph
from auditor.evidence.graph import (
    NODE_KINDS,
    Attributes,
    EvidenceGraph,
    Measurement,
    Scalar,
    edges_from,
    edges_to,
    graphml,
    node_attributes,
    node_link,
    nodes_of_kind,
    shorten_key,
    targets,
)
from auditor.model.suite import Role
from auditor.render.escape import escape_terminal
from auditor.render.json_parts import Part, print_document, schema_text

# The graph and the rates over time as tidy tables: columns by name, all of one length; None for what is not known.


GraphTable = dict[str, list[object]]


def graph_tables(graph: EvidenceGraph, series: Iterable[Series]) -> dict[str, GraphTable]:
    """A table for each kind of node that is there, one row a node; "edges", one row an edge; "rates", one row a rate.

    A table of nodes has `id`, `key`, `label`, their attributes, and for what each is linked to once at most the key of
    that: a run's `suite`, `revision` and `checkpoint`.
    """
    tables = {kind: _node_table(graph, nodes) for kind in NODE_KINDS if (nodes := nodes_of_kind(graph, kind))}
    tables["edges"] = _to_columns(
        [{"source": source, "target": target, **data} for source, target, data in graph.edges(data=True)]
    )
    tables["rates"] = _to_columns(
        [row for behaviour in series for point in behaviour.points for row in _rate_rows(behaviour, point)]
    )
    return tables


def _node_table(graph: EvidenceGraph, names: Sequence[str]) -> GraphTable:
    linked = {name: _target_keys(graph, name) for name in names}
    many = {kind for keys in linked.values() for kind, some in keys.items() if len(some) > 1}
    rows = []
    for name in names:
        single = {kind: keys[0] for kind, keys in linked[name].items() if kind not in many}
        node = graph.nodes[name]
        rows.append({"id": name, "key": node["key"], "label": node["label"], **single, **node_attributes(graph, name)})
    return _to_columns(rows)


def _target_keys(graph: EvidenceGraph, name: str) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for target in dict.fromkeys(target for _, target, _ in edges_from(graph, name)):
        keys.setdefault(graph.nodes[target]["kind"], []).append(graph.nodes[target]["key"])
    return keys


def _rate_rows(series: Series, point: SeriesPoint) -> list[dict[str, object]]:
    test: list[tuple[str, Role, Rate]] = [(TEST_SERIES, Role.TEST, point.test)] if point.test is not None else []
    return [
        {
            "behaviour": series.behaviour,
            "model": series.model,
            "date": point.spec_commit.date.isoformat(),
            "spec_commit": point.spec_commit.name,
            "revision": point.state.revision,
            "checkpoint": point.state.checkpoint,
            "suite": suite,
            "role": str(role),
            "rate": rate.rate,
            "low": rate.low,
            "high": rate.high,
            "misaligned": rate.misaligned,
            "valid": rate.valid,
            "invalid": rate.invalid,
            "items": rate.items,
        }
        for suite, role, rate in (*test, *point.held_out)
    ]


def _to_columns(rows: Iterable[Mapping[str, object]]) -> GraphTable:
    given = list(rows)
    names = dict.fromkeys(name for row in given for name in row)
    return {name: [row.get(name) for row in given] for name in names}


# The evidence graph in the formats of other tools: JSON and GraphML. No text in it is markup there.


_XML_CONTROLS = {"\n", "\t"}  # control characters that XML has


class NodePart(Part):
    """A node: what it is, and what is known of it; its id is `kind:key`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Scalar]

    id: str
    kind: str
    key: str
    label: str


class EdgePart(Part):
    """From what depends to what it depends on; `key` numbers the edges of two nodes."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Scalar]

    source: str
    target: str
    key: int
    kind: str


class GraphDocument(Part):
    """The document `auditor graph --format json` prints, which `networkx.node_link_graph(..., edges="edges")` reads.

    `about` is the node asked for, null for the whole graph.
    """

    schema_: Literal["auditor.graph/2"] = Field(default="auditor.graph/2", serialization_alias="schema")
    auditor_version: str
    about: str | None
    directed: Literal[True]
    multigraph: Literal[True]
    graph: dict[str, Scalar]
    nodes: list[NodePart]
    edges: list[EdgePart]


def graph_json(graph: EvidenceGraph, about: str | None = None) -> str:
    """The graph as one JSON document."""
    document = {"auditor_version": __version__, "about": about, **node_link(graph)}
    return print_document(GraphDocument.model_validate(document))


def graph_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(GraphDocument)


def graph_graphml(graph: EvidenceGraph) -> str:
    """The graph in GraphML, every attribute a scalar; what XML has no characters for is written out."""
    return graphml(graph, _xml)


def _xml(text: str) -> str:
    return "".join(
        f"<U+{ord(char):04X}>"
        if char not in _XML_CONTROLS and unicodedata.category(char) in ("Cc", "Cs", "Cn")
        else char
        for char in text
    )


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
        parts.append(f"{_percent(data['rate_before'])} to {_percent(data['rate_after'])}")
    parts += [str(data[name]) for name in ("why", "measured_as") if name in data]
    return ", ".join([*parts, *(["its verdict rules"] if data.get("rules") is True else [])])


def _percent(rate: object) -> str:
    return f"{100 * float(str(rate)):.1f} %"


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
            count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
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


# One node of the evidence graph for a terminal: what it is, what it is linked to, what is asked of it.


_MAX_NEIGHBOURS = 12


def render_node(graph: EvidenceGraph, name: str) -> Iterable[RenderableType]:
    """The node, its neighbours by kind of edge, and the answers to what is asked of its kind."""
    node = graph.nodes[name]
    yield Text.assemble((f"{node['kind']} ", "dim"), (escape_terminal(node["label"]), "bold"))
    yield Text(f"    {escape_terminal(name)}", style="dim")
    yield _attribute_table(
        (attribute, Text(escape_terminal(readable_value(value))))
        for attribute, value in node_attributes(graph, name).items()
    )
    for group in group_neighbours(graph, name):
        yield Text(f"\n{group.words} ({len(group.others)})", style="bold")
        for other, data in group.others[:_MAX_NEIGHBOURS]:
            yield _node_line(graph, other, describe_link(data), 1)
        if len(group.others) > _MAX_NEIGHBOURS:
            yield Text(f"    and {len(group.others) - _MAX_NEIGHBOURS} more: --format json has them all", style="dim")
    for answer in answer_questions(graph, name):
        yield Text(f"\n{answer.question}", style="bold")
        yield from (_answer_line(graph, line) for line in answer.lines)


def readable_value(value: object) -> str:
    """A value as people write it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _attribute_table(rows: Iterable[tuple[str, Text]]) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name.replace("_", " "), value)
    return Padding(table, (0, 0, 0, 4))


def _answer_line(graph: EvidenceGraph, line: AnswerLine) -> Padding:
    if line.node is None:
        return Padding(Text(escape_terminal(line.lead)), (0, 0, 0, 4 * (line.depth + 1)))
    return _node_line(graph, line.node, ", ".join(part for part in (line.lead, line.note) if part), line.depth + 1)


def _node_line(graph: EvidenceGraph, name: str, note: str, depth: int) -> Padding:
    """The node by what to type for it: the beginning of a content id does."""
    node = graph.nodes[name]
    label, handle = escape_terminal(node["label"]), escape_terminal(f"{node['kind']}:{shorten_key(node['key'])}")
    text = Text.assemble((handle, "yellow"), "" if label == node["key"] else f"  {label}")
    if note:
        text.append(f"  ({escape_terminal(note)})", style="dim")
    return Padding(text, (0, 0, 0, 4 * depth))
