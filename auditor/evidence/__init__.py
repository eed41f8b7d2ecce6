"""The evidence graph: which spec commits, revisions, runs, suites and checkpoints there are and what depends on what.

The only
importer of networkx.

In: one spec's history, runs, the suite registry and preregistrations. Out: `Evidence`, and the questions `assess`
asks it.
Nodes are ids, edges have a kind and point from what depends to what it depends on. (Keep the table of edges of today's
docstring.) Open `assemble_evidence` first; `evidence.graph` is the graph that users see, until both are one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TypeAlias

import networkx as nx

from auditor.errors import RecordError
from auditor.evidence.graph import Graph
from auditor.model.preregistration import Preregistration, PreregistrationResult, match_preregistrations
from auditor.model.run import Exposure, Grade, Run
from auditor.model.spec import History, Patch, patches_of
from auditor.model.suite import Registry, Role, Suite

# What an evaluation evaluates, how, and two consecutive of these.


@dataclass(frozen=True, slots=True, order=True)
class State:
    """A revision and a checkpoint: what an evaluation evaluates."""

    revision: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Step:
    """Two consecutive evaluated states of one lineage, for one behaviour.

    Attributes:
        patches: ids of the patches it judges, oldest first; empty when only the checkpoint changed.
        spanned: further patches between the two states, which other steps judge.
    """

    behaviour: str
    lineage: str
    before: State
    after: State
    patches: tuple[str, ...]
    spanned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a run measured: two runs of one suite are comparable only under the same protocol."""

    scorer: str | None
    sampling: str | None
    condition: str
    exposure: Exposure | None


# The evidence graph: what was seen, measured and trained from what. The only importer of networkx.
#
# Nodes are ids, edges have a kind; what an id stands for is looked up in `Evidence`. Edges point from what depends to
# what it depends on:
#
#     sighting  -first-> sighting    read against (first parent)      run -on->    suite
#     sighting  -other-> sighting    merged in                        run -under-> revision
#     sighting  -shows-> revision                                     run -of->    checkpoint
#     patch     -from->  sighting                                     suite -measures-> behaviour
#     patch     -to->    sighting                                     checkpoint -trained_from-> checkpoint


NodeKey = tuple[str, str]
LabelledGraph: TypeAlias = "nx.MultiDiGraph[str]"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Evidence:
    """The graph, and what its ids stand for. Two are equal when they are one object.

    Attributes:
        graph: nodes (kind, id), edges with `kind`.
        history: of the one spec this evidence is about.
        patches: by id, oldest first.
        runs: by record id; runs that another corrects are left out.
        suites: by name, from the registry or as tables declare them.
        lineages: the lineage of each checkpoint that was run.
        trained: checkpoints in the order in which they were trained, as far as it is known.
        measured: every run, complete or not, by suite and then by state, sorted by record.
        evaluated: by behaviour and lineage, see `evaluated_states`.
        pressed: the checkpoints of which some run says that training put pressure on the reasoning text.
        results: what became of each plan, by the plan's id.
    """

    graph: nx.MultiDiGraph[NodeKey]
    history: History
    patches: Mapping[str, Patch]
    runs: Mapping[str, Run]
    suites: Mapping[str, Suite]
    lineages: Mapping[str, str]
    trained: Mapping[str, int]
    measured: Mapping[str, Mapping[State, tuple[Run, ...]]]
    evaluated: Mapping[tuple[str, str], frozenset[State]]
    pressed: frozenset[str] = frozenset()
    results: Mapping[str, PreregistrationResult] = field(default_factory=dict)


def assemble_evidence(
    history: History,
    runs: Iterable[Run],
    registry: Registry,
    plans: Iterable[Preregistration] = (),
    rederived: Collection[str] = (),
) -> Evidence:
    """The evidence on one spec.

    Args:
        plans: what was to be run; a run that fulfils one has as many samples planned as that says.
        rederived: the records whose counts were derived again from raw logs; no other has grade A.

    Raises RecordError for checkpoints that are each other's ancestors.
    """
    graph: nx.MultiDiGraph[NodeKey] = nx.MultiDiGraph()
    patches = patches_of(history)
    _add_history(graph, history, patches)
    given = [run for run in runs if run.spec == history.spec]
    corrected = {run.corrects for run in given}
    latest = [run for run in sorted(given, key=lambda run: run.record) if run.record not in corrected]
    results = match_preregistrations((plan for plan in plans if plan.spec == history.spec), latest)
    planned = {record: result.plan.planned for result in results for record in result.runs}
    kept = {run.record: _trusted_run(run, planned, rederived) for run in latest}
    suites = _suites(kept.values(), registry)
    _add_runs(graph, kept.values(), suites)
    lineages, trained = _lineages(graph, kept.values())
    by_id = {patch.id: patch for patch in patches}
    measured, evaluated = _runs_by_state(kept.values()), _evaluated_by_lineage(kept.values(), history, suites, lineages)
    by_plan = {result.plan.id: result for result in results}
    pressed = frozenset(run.checkpoint for run in kept.values() if run.cot_pressure)
    return Evidence(graph, history, by_id, kept, suites, lineages, trained, measured, evaluated, pressed, by_plan)


def _trusted_run(run: Run, planned: Mapping[str, int], rederived: Collection[str]) -> Run:
    """A run as others than who ingested it may take it."""
    grade = run.grade if run.record in rederived else max(run.grade, Grade.B)
    samples = planned.get(run.record, run.planned)
    return run if (grade, samples) == (run.grade, run.planned) else replace(run, grade=grade, planned=samples)


def _runs_by_state(runs: Iterable[Run]) -> dict[str, dict[State, tuple[Run, ...]]]:
    found: dict[str, dict[State, list[Run]]] = {}
    for run in runs:
        found.setdefault(run.suite, {}).setdefault(State(run.revision, run.checkpoint), []).append(run)
    return {suite: {state: tuple(some) for state, some in states.items()} for suite, states in found.items()}


def _evaluated_by_lineage(
    runs: Iterable[Run], history: History, suites: Mapping[str, Suite], lineages: Mapping[str, str]
) -> dict[tuple[str, str], frozenset[State]]:
    found: dict[tuple[str, str], set[State]] = {}
    for run in runs:
        suite = suites.get(run.suite)
        tests = suite is not None and suite.role is Role.TEST
        if suite is not None and tests and run.incomplete is None and run.revision in history.revisions:
            states = found.setdefault((suite.behaviour, lineages[run.checkpoint]), set())
            states.add(State(run.revision, run.checkpoint))
    return {key: frozenset(states) for key, states in found.items()}


def _add_history(graph: nx.MultiDiGraph[NodeKey], history: History, patches: Iterable[Patch]) -> None:
    for sighting in history.sightings:
        node = ("sighting", sighting.name)
        graph.add_edge(node, ("revision", sighting.revision), kind="shows")
        for place, parent in enumerate(sighting.parents):
            graph.add_edge(node, ("sighting", parent), kind="other" if place else "first")
    for patch in patches:
        graph.add_edge(("patch", patch.id), ("sighting", patch.before.name), kind="from")
        graph.add_edge(("patch", patch.id), ("sighting", patch.after.name), kind="to")


def _suites(runs: Iterable[Run], registry: Registry) -> dict[str, Suite]:
    """The registered suites, and those only tables declare. Raises RecordError where tables contradict each other."""
    suites = dict(registry.suites)
    for run in runs:
        if run.suite in registry.suites or run.behaviour is None or run.role is None:
            continue
        declared = Suite(run.suite, run.behaviour, run.role)
        if suites.setdefault(run.suite, declared) != declared:
            what = f"suite {run.suite} is declared to measure {suites[run.suite].behaviour} and {run.behaviour}"
            remedy = f"say which in suites.toml, or correct record {run.record[:12]}"
            raise RecordError(what, where="eval_history/records", field="behaviour, role", remedy=remedy)
    return suites


def _add_runs(graph: nx.MultiDiGraph[NodeKey], runs: Iterable[Run], suites: Mapping[str, Suite]) -> None:
    for suite in suites.values():
        graph.add_edge(("suite", suite.name), ("behaviour", suite.behaviour), kind="measures")
    for run in runs:
        node, checkpoint = ("run", run.record), ("checkpoint", run.checkpoint)
        graph.add_edge(node, ("suite", run.suite), kind="on")
        graph.add_edge(node, ("revision", run.revision), kind="under")
        graph.add_edge(node, checkpoint, kind="of")
        graph.add_edge(checkpoint, ("model", run.model), kind="is_a")
        if run.parent_checkpoint is not None and run.parent_checkpoint != run.checkpoint:
            graph.add_edge(checkpoint, ("checkpoint", run.parent_checkpoint), kind="trained_from")


def _edges(graph: nx.MultiDiGraph[NodeKey]) -> Iterable[tuple[NodeKey, NodeKey, str]]:
    edges: Iterable[tuple[NodeKey, NodeKey, str]] = graph.edges(data="kind")
    return edges


def _lineages(graph: nx.MultiDiGraph[NodeKey], runs: Iterable[Run]) -> tuple[dict[str, str], dict[str, int]]:
    """Each checkpoint's lineage, and its place in the order of training.

    Checkpoints are of one lineage when they share a model's name or one was trained from the other. Unknown order is
    the order of their first evaluation, then of their names.
    """
    kin = nx.Graph((a, b) for a, b, kind in _edges(graph) if kind in ("is_a", "trained_from"))
    lineages = {}
    for component in nx.connected_components(kin):
        name = " + ".join(sorted(name for kind, name in component if kind == "model"))
        lineages.update({checkpoint: name for kind, checkpoint in component if kind == "checkpoint"})
    descent = nx.DiGraph((b, a) for a, b, kind in _edges(graph) if kind == "trained_from")
    descent.add_nodes_from(("checkpoint", name) for name in lineages)
    first_run: dict[str, str] = {}
    for run in runs:
        if run.created is not None:
            when = run.created.astimezone(UTC).isoformat()
            first_run[run.checkpoint] = min(when, first_run.get(run.checkpoint, when))
    try:
        order = nx.lexicographical_topological_sort(descent, key=lambda node: (first_run.get(node[1], ""), node[1]))
        return lineages, {name: place for place, (_, name) in enumerate(order)}
    except nx.NetworkXUnfeasible as error:
        raise RecordError(
            "checkpoints that are each other's ancestors",
            where="eval_history/records",
            field="parent_checkpoint",
            remedy="correct the records whose parent_checkpoint closes the circle",
        ) from error


def predecessors(evidence: Evidence, node: NodeKey, kind: str) -> tuple[str, ...]:
    """The ids of what depends on `node` through an edge of that kind, sorted."""
    if node not in evidence.graph:
        return ()
    edges: Iterable[tuple[NodeKey, NodeKey, str]] = evidence.graph.in_edges(node, data="kind")
    return tuple(sorted({a[1] for a, _, edge_kind in edges if edge_kind == kind}))


def behaviours(evidence: Evidence) -> tuple[str, ...]:
    """Every behaviour that a suite measures, sorted."""
    return tuple(sorted({suite.behaviour for suite in evidence.suites.values()}))


def suites_measuring(evidence: Evidence, behaviour: str) -> tuple[Suite, ...]:
    """The suites of a behaviour, sorted by name."""
    return tuple(evidence.suites[name] for name in predecessors(evidence, ("behaviour", behaviour), "measures"))


def runs_of_suite(evidence: Evidence, suite: str) -> tuple[Run, ...]:
    """Every run of a suite, complete or not, sorted by record."""
    runs = (run for some in evidence.measured.get(suite, {}).values() for run in some)
    return tuple(sorted(runs, key=lambda run: run.record))


def runs_at(evidence: Evidence, suite: str, state: State) -> tuple[Run, ...]:
    """Every run of a suite at a state, complete or not, sorted by record."""
    return evidence.measured.get(suite, {}).get(state, ())


def complete_runs(evidence: Evidence, suite: str, state: State) -> tuple[Run, ...]:
    """The complete runs of a suite at a state, sorted by record."""
    return tuple(run for run in runs_at(evidence, suite, state) if run.incomplete is None)


def protocol_of(run: Run) -> Protocol:
    """How a run measured."""
    return Protocol(run.scorer, run.sampling, run.condition, run.exposure)


def runs_by_protocol(evidence: Evidence, suite: str, state: State) -> dict[Protocol, tuple[Run, ...]]:
    """The complete runs of a suite at a state, by how they measured."""
    grouped: dict[Protocol, list[Run]] = {}
    for run in complete_runs(evidence, suite, state):
        grouped.setdefault(protocol_of(run), []).append(run)
    return {protocol: tuple(runs) for protocol, runs in grouped.items()}


def lineages_measured(evidence: Evidence, behaviour: str) -> tuple[str, ...]:
    """The lineages with a run on any suite of a behaviour, sorted."""
    suites = suites_measuring(evidence, behaviour)
    return tuple(
        sorted({evidence.lineages[run.checkpoint] for suite in suites for run in runs_of_suite(evidence, suite.name)})
    )


def evaluated_states(evidence: Evidence, behaviour: str, lineage: str) -> frozenset[State]:
    """The states of a lineage with a complete run on a test suite of the behaviour, at a revision of this history."""
    return evidence.evaluated.get((behaviour, lineage), frozenset())


def to_networkx(web: Graph) -> LabelledGraph:
    """A graph of networkx: nodes by id with `kind`, `label` and their attributes, edges with `kind` and theirs."""
    graph: LabelledGraph = nx.MultiDiGraph()
    for node in web.nodes.values():
        graph.add_node(node.id, **{**node.attributes, "kind": node.kind, "label": node.label})
    for link in web.links:
        graph.add_edge(link.source, link.target, **{**link.attributes, "kind": link.kind})
    return graph


def to_graphml(graph: LabelledGraph) -> str:
    """The document in GraphML of a graph whose attributes are scalars, of characters that XML allows."""
    return "\n".join(nx.generate_graphml(graph, prettyprint=True)) + "\n"
