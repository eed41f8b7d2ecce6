"""The evidence graph as JSON, GraphML and tables; and a node of it as text: what it is, its links, the answers about
it.

The graph comes in; documents, renderables or answers (shared by text and page) go out. No text in it is markup in any
format.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from pydantic import Field
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor import __version__
from auditor.assess.facts import Rate
from auditor.assess.timeline import TEST_SERIES, Series, SeriesPoint
from auditor.evidence import graph, to_graphml, to_networkx
from auditor.evidence.graph import NODE_KINDS, Attributes, ClauseMeasurement, Graph, Link, Node, Scalar, build_graph
from auditor.model.suite import Role
from auditor.render.escape import escape_terminal
from auditor.render.json_parts import Part, print_document, schema_text

# The graph and the rates over time as tidy tables: columns by name, all of one length; None for what is not known.


GraphTable = dict[str, list[object]]


def graph_tables(web: Graph, series: Iterable[Series]) -> dict[str, GraphTable]:
    """A table for each kind of node that is there, one row a node; "links", one row a link; "rates", one row a rate.

    A table of nodes has `id`, `key`, `label`, their attributes, and for what each is linked to once at most the key of
    that: a run's `suite`, `revision` and `checkpoint`.
    """
    found = {kind: _node_table(web, nodes) for kind in NODE_KINDS if (nodes := web.of_kind(kind))}
    links = [{"source": one.source, "kind": one.kind, "target": one.target, **one.attributes} for one in web.links]
    found["links"] = _to_columns(links)
    found["rates"] = _to_columns([row for one in series for point in one.points for row in _rate_rows(one, point)])
    return found


def _node_table(web: Graph, nodes: tuple[Node, ...]) -> GraphTable:
    linked = {node.id: _single_targets(web, node) for node in nodes}
    many = {kind for targets in linked.values() for kind, keys in targets.items() if len(keys) > 1}
    rows = []
    for node in nodes:
        one_each = {kind: keys[0] for kind, keys in linked[node.id].items() if kind not in many}
        rows.append({"id": node.id, "key": node.key, "label": node.label, **one_each, **node.attributes})
    return _to_columns(rows)


def _single_targets(web: Graph, node: Node) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for target in dict.fromkeys(link.target for link in web.outgoing.get(node.id, ())):
        other = web.nodes[target]
        found.setdefault(other.kind, []).append(other.key)
    return found


def _rate_rows(series: Series, point: SeriesPoint) -> list[dict[str, object]]:
    test: list[tuple[str, Role, Rate]] = [(TEST_SERIES, Role.TEST, point.test)] if point.test is not None else []
    return [
        {
            "behaviour": series.behaviour,
            "model": series.model,
            "date": point.sighting.date.isoformat(),
            "sighting": point.sighting.name,
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
    """One thing of the graph; its id is `kind:` and what names it in its kind."""

    id: str
    kind: str
    label: str
    attributes: dict[str, Scalar]


class LinkPart(Part):
    """From what depends to what it depends on."""

    source: str
    kind: str
    target: str
    attributes: dict[str, Scalar]


class GraphDocument(Part):
    """The document `auditor graph --format json` prints; `about` is the node asked for, null for the whole graph."""

    schema_: Literal["auditor.graph/1"] = Field(default="auditor.graph/1", serialization_alias="schema")
    auditor_version: str
    about: str | None
    nodes: list[NodePart]
    links: list[LinkPart]


def graph_json(given: Graph, about: str | None = None) -> str:
    """The graph as one JSON document."""
    nodes = [
        NodePart(id=one.id, kind=one.kind, label=one.label, attributes=dict(one.attributes))
        for one in given.nodes.values()
    ]
    links = [
        LinkPart(source=one.source, kind=one.kind, target=one.target, attributes=dict(one.attributes))
        for one in given.links
    ]
    return print_document(GraphDocument(auditor_version=__version__, about=about, nodes=nodes, links=links))


def graph_json_schema() -> str:
    """The JSON Schema of the document."""
    return schema_text(GraphDocument)


def graph_graphml(given: Graph) -> str:
    """The graph in GraphML, every attribute a scalar; what XML has no characters for is written out."""
    nodes = (Node(one.kind, _xml(one.key), _xml(one.label), _in_xml(one.attributes)) for one in given.nodes.values())
    links = (Link(_xml(one.source), one.kind, _xml(one.target), _in_xml(one.attributes)) for one in given.links)
    return to_graphml(to_networkx(build_graph(nodes, links)))


def _in_xml(attributes: Attributes) -> Mapping[str, Scalar]:
    return {name: _xml(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _xml(text: str) -> str:
    return "".join(
        f"<U+{ord(one):04X}>" if one not in _XML_CONTROLS and unicodedata.category(one) in ("Cc", "Cs", "Cn") else one
        for one in text
    )


# What the graph says of one node, as lines that text and page both show.


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line: what it says, the node it says it of (None without one), what else; `depth` 0 to 2."""

    depth: int
    lead: str
    node: Node | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question, and its answer; where that is nothing, it says so in one line."""

    question: str
    lines: tuple[AnswerLine, ...]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nodes at the other end of the links of one kind, with what the links say."""

    words: str
    others: tuple[tuple[Node, Link], ...]


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


def group_neighbours(web: Graph, name: str) -> tuple[Neighbours, ...]:
    """What a node is linked to, by the kind of link and of node, what it depends on first."""
    found: dict[str, list[tuple[Node, Link]]] = {}
    for place, links in enumerate((web.outgoing.get(name, ()), web.incoming.get(name, ()))):
        for link in links:
            other = web.nodes[link.source if place else link.target]
            words = _LINK_WORDS[link.kind][place]
            found.setdefault(f"{words} {other.kind}" if words in ("of", "has") else words, []).append((other, link))
    return tuple(Neighbours(words, tuple(others)) for words, others in found.items())


def describe_link(link: Link) -> str:
    """What a link says beside its kind, in a few words."""
    said = link.attributes
    parts = [str(said[name]).replace("_", "-") for name in ("change", "role", "verdict") if name in said]
    if "rate_before" in said and "rate_after" in said:
        parts.append(f"{_percent(said['rate_before'])} to {_percent(said['rate_after'])}")
    parts += [str(said[name]) for name in ("why", "measured_as") if name in said]
    return ", ".join([*parts, *(["its verdict rules"] if said.get("rules") is True else [])])


def _percent(rate: object) -> str:
    return f"{100 * float(str(rate)):.1f} %"


def answer_questions(web: Graph, node: Node) -> tuple[Answer, ...]:
    """What is asked of a node of its kind."""
    return tuple(Answer(question, tuple(ask(web, node))) for question, ask in _QUESTIONS.get(node.kind, ()))


def _clause_measurements(web: Graph, node: Node) -> Iterator[AnswerLine]:
    found = graph.clause_measurements(web, node.id)
    if not found:
        yield AnswerLine(0, "no patch of this history changed it", None)
    for _, group in groupby(found, key=lambda one: one.patch.id):
        some = list(group)
        yield AnswerLine(0, "", some[0].patch, describe_link(some[0].change))
        yield from _step_lines(web, some)


def _patch_measurements(web: Graph, node: Node) -> Iterator[AnswerLine]:
    yield from _step_lines(web, graph.change_measurements(web, Link(node.id, "", "")), depth=0)


def _step_lines(web: Graph, found: Sequence[ClauseMeasurement], depth: int = 1) -> Iterator[AnswerLine]:
    for one in found:
        if one.step is None:
            yield AnswerLine(depth, "nothing was run both before and after it", None)
            continue
        yield AnswerLine(depth, "", one.step)
        for link, suite, runs in one.on:
            yield AnswerLine(depth + 1, "", suite, f"{describe_link(link)}, {_count_runs(len(runs))}")
            if depth == 0:
                yield from _run_lines(web, one.step, runs)


def _run_lines(web: Graph, step: Node, runs: Sequence[Node]) -> Iterator[AnswerLine]:
    """The runs, those of the side before first."""
    at = {run.id: {*web.behind(run.id, "under"), *web.behind(run.id, "of")} for run in runs}
    for side in ("before", "after"):
        state = set(web.behind(step.id, side))
        for run in runs:
            if state and state <= at[run.id]:
                yield AnswerLine(2, side, run, f"{run.attributes['misaligned']} of {run.attributes['valid']}")


def _count_runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _fall_lines(web: Graph, node: Node) -> Iterator[AnswerLine]:
    found = graph.suite_falls(web, node.id)
    if not found:
        yield AnswerLine(0, "it was not shown to fall in any step", None)
    for one in found:
        yield AnswerLine(0, "", one.step, describe_link(one.on))
        for patch, changes in groupby(one.changes, key=lambda link: link.source):
            yield AnswerLine(1, "", web.nodes[patch])
            yield from (AnswerLine(2, str(link.attributes["change"]), web.nodes[link.target]) for link in changes)
        if not one.changes:
            yield AnswerLine(1, "no clause changed: another checkpoint, or no patch in it", None)


def _dependent_verdicts(web: Graph, node: Node) -> Iterator[AnswerLine]:
    found = graph.dependent_verdicts(web, node.id)
    if not found:
        yield AnswerLine(0, "no verdict rests on it", None)
    for one in found:
        yield AnswerLine(0, "", one.step, describe_link(one.on) if one.on else "")
        yield from (AnswerLine(1, "", patch) for patch in one.patches)
        yield from (AnswerLine(2 if one.patches else 1, "", finding) for finding in one.findings)


def _dependency_lines(web: Graph, node: Node) -> Iterator[AnswerLine]:
    yield from (AnswerLine(0, "", one) for one in graph.run_dependencies(web, node.id))


_DEPENDENTS = ("Which verdicts rest on it", _dependent_verdicts)
_Question = Callable[[Graph, Node], Iterator[AnswerLine]]
_QUESTIONS: Mapping[str, tuple[tuple[str, _Question], ...]] = {
    "patch": (("What measured it", _patch_measurements),),
    "clause": (("What measured it", _clause_measurements),),
    "suite": (("Where it fell, and which clauses moved there", _fall_lines), _DEPENDENTS),
    "run": (("What it depends on", _dependency_lines), _DEPENDENTS),
    "items": (_DEPENDENTS,),
    "scorer": (_DEPENDENTS,),
    "checkpoint": (("What it depends on", _dependency_lines), _DEPENDENTS),
}


def select_around(web: Graph, node: Node) -> frozenset[str]:
    """The node, its neighbours, everything its answers name, and the runs of the steps among these: what is drawn."""
    near = {other.id for some in group_neighbours(web, node.id) for other, _ in some.others}
    named = {line.node.id for answer in answer_questions(web, node) for line in answer.lines if line.node is not None}
    found = {node.id, *near, *named}
    runs = {run for name in found for run in web.behind(name, "rests_on")} if node.kind in ("patch", "clause") else ()
    return frozenset({*found, *runs})


# One node of the evidence graph for a terminal: what it is, what it is linked to, what is asked of it.


_MAX_NEIGHBOURS = 12
_KEY_DIGITS = 12


def render_node(web: Graph, node: Node) -> Iterable[RenderableType]:
    """The node, its neighbours by kind of link, and the answers to what is asked of its kind."""
    yield Text.assemble((f"{node.kind} ", "dim"), (escape_terminal(node.label), "bold"))
    yield Text(f"    {escape_terminal(node.id)}", style="dim")
    yield _attribute_table(
        (name, Text(escape_terminal(_readable_value(value)))) for name, value in node.attributes.items()
    )
    for some in group_neighbours(web, node.id):
        yield Text(f"\n{some.words} ({len(some.others)})", style="bold")
        for other, link in some.others[:_MAX_NEIGHBOURS]:
            yield _node_line(other, describe_link(link), 1)
        if len(some.others) > _MAX_NEIGHBOURS:
            yield Text(f"    and {len(some.others) - _MAX_NEIGHBOURS} more: --format json has them all", style="dim")
    for answer in answer_questions(web, node):
        yield Text(f"\n{answer.question}", style="bold")
        yield from (_answer_line(line) for line in answer.lines)


def _readable_value(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _attribute_table(rows: Iterable[tuple[str, Text]]) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name.replace("_", " "), value)
    return Padding(table, (0, 0, 0, 4))


def _answer_line(line: AnswerLine) -> Padding:
    if line.node is None:
        return Padding(Text(escape_terminal(line.lead)), (0, 0, 0, 4 * (line.depth + 1)))
    return _node_line(line.node, ", ".join(part for part in (line.lead, line.note) if part), line.depth + 1)


def _node_line(node: Node, note: str, depth: int) -> Padding:
    label, name = escape_terminal(node.label), escape_terminal(_node_handle(node))
    text = Text.assemble((name, "yellow"), "" if label == node.key else f"  {label}")
    if note:
        text.append(f"  ({escape_terminal(note)})", style="dim")
    return Padding(text, (0, 0, 0, 4 * depth))


def _node_handle(node: Node) -> str:
    """What to type for it: the beginning of a content id does."""
    is_hash = re.match("[0-9a-f]{32}", node.key) is not None
    return f"{node.kind}:{node.key[:_KEY_DIGITS] if is_hash else node.key}"
