"""The evidence graph: what was seen, measured and trained from what. The only importer of networkx.

Nodes are ids, edges have a kind; what an id stands for is looked up in `Evidence`. Edges point from what depends to
what it depends on:

    sighting  -first-> sighting    read against (first parent)      run -on->    suite
    sighting  -other-> sighting    merged in                        run -under-> revision
    sighting  -shows-> revision                                     run -of->    checkpoint
    patch     -from->  sighting                                     suite -measures-> behaviour
    patch     -to->    sighting                                     checkpoint -trained_from-> checkpoint
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC

import networkx as nx

from auditor.errors import RecordError
from auditor.model.run import Exposure, Run
from auditor.model.spec import History, Patch, patches_of
from auditor.model.suite import Registry, Role, Suite

Node = tuple[str, str]


@dataclass(frozen=True, slots=True, order=True)
class State:
    """A revision and a checkpoint: what an evaluation evaluates."""

    revision: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Step:
    """Two consecutive evaluated states of one lineage, for one behaviour.

    Attributes:
        patches: ids of the patches in between, oldest first; empty when only the checkpoint changed.
    """

    behaviour: str
    lineage: str
    before: State
    after: State
    patches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a run measured: two runs of one suite are comparable only under the same protocol."""

    scorer: str | None
    sampling: str | None
    condition: str
    exposure: Exposure | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The graph, and what its ids stand for.

    Attributes:
        graph: nodes (kind, id), edges with `kind`.
        history: of the one spec this evidence is about.
        patches: by id, oldest first.
        runs: by record id; runs that another corrects are left out.
        suites: by name, from the registry or as tables declare them.
        lineages: the lineage of each checkpoint that was run.
        trained: checkpoints in the order in which they were trained, as far as it is known.
    """

    graph: nx.MultiDiGraph[Node]
    history: History
    patches: Mapping[str, Patch]
    runs: Mapping[str, Run]
    suites: Mapping[str, Suite]
    lineages: Mapping[str, str]
    trained: Mapping[str, int]


def build(history: History, runs: Iterable[Run], registry: Registry) -> Evidence:
    """The evidence on one spec. Raises RecordError for checkpoints that are each other's ancestors."""
    graph: nx.MultiDiGraph[Node] = nx.MultiDiGraph()
    patches = patches_of(history)
    _add_history(graph, history, patches)
    given = [run for run in runs if run.spec == history.spec]
    corrected = {run.corrects for run in given}
    kept = {run.record: run for run in sorted(given, key=lambda run: run.record) if run.record not in corrected}
    suites = _suites(kept.values(), registry)
    _add_runs(graph, kept.values(), suites)
    lineages, trained = _lineages(graph, kept.values())
    return Evidence(graph, history, {patch.id: patch for patch in patches}, kept, suites, lineages, trained)


def _add_history(graph: nx.MultiDiGraph[Node], history: History, patches: Iterable[Patch]) -> None:
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


def _add_runs(graph: nx.MultiDiGraph[Node], runs: Iterable[Run], suites: Mapping[str, Suite]) -> None:
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


def _edges(graph: nx.MultiDiGraph[Node]) -> Iterable[tuple[Node, Node, str]]:
    edges: Iterable[tuple[Node, Node, str]] = graph.edges(data="kind")
    return edges


def _lineages(graph: nx.MultiDiGraph[Node], runs: Iterable[Run]) -> tuple[dict[str, str], dict[str, int]]:
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


def predecessors(evidence: Evidence, node: Node, kind: str) -> tuple[str, ...]:
    """The ids of what depends on `node` through an edge of that kind, sorted."""
    if node not in evidence.graph:
        return ()
    edges: Iterable[tuple[Node, Node, str]] = evidence.graph.in_edges(node, data="kind")
    return tuple(sorted({a[1] for a, _, edge_kind in edges if edge_kind == kind}))


def behaviours(evidence: Evidence) -> tuple[str, ...]:
    """Every behaviour that a suite measures, sorted."""
    return tuple(sorted({suite.behaviour for suite in evidence.suites.values()}))


def suites_measuring(evidence: Evidence, behaviour: str) -> tuple[Suite, ...]:
    """The suites of a behaviour, sorted by name."""
    return tuple(evidence.suites[name] for name in predecessors(evidence, ("behaviour", behaviour), "measures"))


def runs_of_suite(evidence: Evidence, suite: str) -> tuple[Run, ...]:
    """Every run of a suite, complete or not, sorted by record."""
    return tuple(evidence.runs[record] for record in predecessors(evidence, ("suite", suite), "on"))


def complete_runs(evidence: Evidence, suite: str, state: State) -> tuple[Run, ...]:
    """The complete runs of a suite at a state, sorted by record."""
    runs = runs_of_suite(evidence, suite)
    return tuple(run for run in runs if run.incomplete is None and State(run.revision, run.checkpoint) == state)


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
    return frozenset(
        State(run.revision, run.checkpoint)
        for suite in suites_measuring(evidence, behaviour)
        if suite.role is Role.TEST
        for run in runs_of_suite(evidence, suite.name)
        if run.incomplete is None
        and evidence.lineages[run.checkpoint] == lineage
        and run.revision in evidence.history.revisions
    )


def steps(evidence: Evidence, behaviour: str, lineage: str) -> tuple[Step, ...]:
    """The steps of a lineage for a behaviour: over patches in the order of history, then over checkpoints."""
    states = evaluated_states(evidence, behaviour, lineage)
    nearest = _nearest_evaluated(evidence, {state.revision for state in states})
    found: dict[tuple[State, State, int], list[str]] = {}
    for patch in evidence.patches.values():
        pair = _states_around(evidence, patch, states, nearest)
        if pair is not None:  # the same change made again after a revert is measured alike, and shares nothing
            found.setdefault((*pair, patch.occurrence), []).append(patch.id)
    over_patches = [Step(behaviour, lineage, a, b, tuple(patches)) for (a, b, _), patches in found.items()]
    over_checkpoints = [Step(behaviour, lineage, *pair, ()) for pair in _checkpoint_pairs(evidence, states)]
    return (*over_patches, *over_checkpoints)


def _states_around(
    evidence: Evidence, patch: Patch, states: frozenset[State], nearest: _Nearest
) -> tuple[State, State] | None:
    """The evaluated states nearest before and after a patch; None where there is none on one side."""
    before, after = nearest.before[patch.before.name], nearest.after[patch.after.name]
    if before is None or after is None or before == after:
        return None
    return _nearest_checkpoints(evidence, before, after, states)


@dataclass(frozen=True, slots=True)
class _Nearest:
    """For each sighting, the nearest evaluated revision at or before it, and at or after it."""

    before: Mapping[str, str | None]
    after: Mapping[str, str | None]


def _nearest_evaluated(evidence: Evidence, evaluated: set[str]) -> _Nearest:
    """One pass each way over the sightings: back along first parents, on along any edge, the fewest edges first."""
    before: dict[str, str | None] = {}
    after: dict[str, tuple[int, str] | None] = {}
    for sighting in evidence.history.sightings:
        inherited = before[sighting.parents[0]] if sighting.parents else None
        before[sighting.name] = sighting.revision if sighting.revision in evaluated else inherited
    for sighting in reversed(evidence.history.sightings):
        reached = after.get(sighting.name)
        here = (0, sighting.revision) if sighting.revision in evaluated else reached
        after[sighting.name] = here
        if here is None:
            continue
        onward = (here[0] + 1, here[1])
        for parent in sighting.parents:
            after[parent] = min(after.get(parent) or onward, onward)
    return _Nearest(before, {name: found[1] if found else None for name, found in after.items()})


def _nearest_checkpoints(evidence: Evidence, before: str, after: str, states: frozenset[State]) -> tuple[State, State]:
    """The checkpoints to compare across a patch: the latest that both revisions were evaluated on, else the nearest."""
    order = evidence.trained.__getitem__
    on_before = sorted((s.checkpoint for s in states if s.revision == before), key=order)
    on_after = sorted((s.checkpoint for s in states if s.revision == after), key=order)
    common = [name for name in on_before if name in on_after]
    if common:
        return State(before, common[-1]), State(after, common[-1])
    for late in on_after:
        earlier = [name for name in on_before if order(name) < order(late)]
        if earlier:
            return State(before, earlier[-1]), State(after, late)
    return State(before, on_before[-1]), State(after, on_after[0])


def _checkpoint_pairs(evidence: Evidence, states: frozenset[State]) -> Iterator[tuple[State, State]]:
    """Consecutive checkpoints under one revision, with no evaluated checkpoint of another revision in between."""
    order = evidence.trained.__getitem__
    all_checkpoints = sorted({state.checkpoint for state in states}, key=order)
    for revision in sorted({state.revision for state in states}):
        under = [name for name in all_checkpoints if State(revision, name) in states]
        for early, late in itertools.pairwise(under):
            if all_checkpoints.index(late) - all_checkpoints.index(early) == 1:
                yield State(revision, early), State(revision, late)


def states_in_order(evidence: Evidence, behaviour: str, lineage: str) -> tuple[State, ...]:
    """The evaluated states of a lineage as history shows them: by sighting, then by training; a revert shows again."""
    states = evaluated_states(evidence, behaviour, lineage)
    return tuple(
        state
        for sighting in evidence.history.sightings
        for state in sorted(states, key=lambda state: evidence.trained[state.checkpoint])
        if state.revision == sighting.revision
    )


def depends_on(evidence: Evidence, node: Node) -> frozenset[Node]:
    """Everything a node depends on, directly or not. Raises KeyError for an unknown node."""
    if node not in evidence.graph:
        raise KeyError(node)
    return frozenset(nx.descendants(evidence.graph, node))
