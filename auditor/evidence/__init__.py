"""The evidence on one spec: which commits, revisions, runs, suites and checkpoints there are and what depends on what.

In: one spec's history, runs, the suite registry and preregistrations. Out: `Evidence`, and the questions `assess` asks
it. Open `assemble_evidence` first: it fills `Evidence.graph`, a networkx graph (the only importer of networkx is this
package). That graph is what users see, query and export, once what an audit says is added: `auditor.evidence.graph`
has its nodes, edges and questions.

    spec commit  -first-> spec commit    read against (first parent)      run -on->        suite
    spec commit  -other-> spec commit    merged in                        run -under->     revision
    spec commit  -shows-> revision                                     run -of->        checkpoint
    spec commit  -of->    spec                                         run -scored_by-> scorer
    patch     -from->  spec commit                                     run -planned_by, differs_from-> plan
    patch     -to->    spec commit                                     suite -measures-> behaviour
    patch     -of->    spec                                         suite -twin_of->  suite
    checkpoint -trained_from-> checkpoint                           plan -on, under, of-> as a run
    checkpoint -is_a-> model
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC

import networkx as nx

from auditor.errors import RecordError
from auditor.evidence.graph import EvidenceGraph, add_edge, add_node, shorten_key, sources
from auditor.evidence.item_identity import SuiteItems, has_inputs, identify_items
from auditor.evidence.protocol import Protocol, protocol_of
from auditor.model.ablation import AblationManifest
from auditor.model.numbers import format_day, format_moment, short_id
from auditor.model.preregistration import Preregistration, PreregistrationResult, match_preregistrations
from auditor.model.run import Grade, Run
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
    """Two consecutive evaluated states of one lineage under one spec, for one behaviour.

    Attributes:
        patches: ids of the patches it judges, oldest first; empty when only the checkpoint changed.
        spanned: further patches between the two states, which other steps judge.
        sums: ids of landings that only bring in or join those patches.
    """

    spec: str
    behaviour: str
    lineage: str
    before: State
    after: State
    patches: tuple[str, ...]
    spanned: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


# The evidence: the graph, and what its ids stand for.


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Evidence:
    """The graph, and what its ids stand for. Two are equal when they are one object.

    Attributes:
        graph: nodes `kind:key` and edges, as in the table above.
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
        items: by suite whose logs have inputs, how its items were told apart.
        uncorrected: the same with every run as it was first recorded; None where no record corrects another.
        sums: ids of the landings that bring in several patches, one after the other, with a step of their own.
        spans: by the name of the spec commit of every such landing, how many patches it brings in.
        landing_places: where on the mainline each record landed, by record id, when asked; empty where nobody knows.
        foreign_corrections: by record id, the runs that say to correct a record of another run; they count nowhere.
        former: the names of suites that count as they were registered before.
        ablations: the manifests of ablations of this spec; those that contradict the patch they name are left out.
        ablated: the same evidence with the runs on ablations as runs of their texts; None where none is run. They are
            in nothing else here, and no verdict, step, gap or rate reads them.
    """

    graph: EvidenceGraph
    history: History
    patches: Mapping[str, Patch]
    runs: Mapping[str, Run]
    suites: Mapping[str, Suite]
    lineages: Mapping[str, str]
    training_order: Mapping[str, int]
    measured: Mapping[str, Mapping[State, tuple[Run, ...]]]
    evaluated: Mapping[tuple[str, str], frozenset[State]]
    pressed: frozenset[str] = frozenset()
    results: Mapping[str, PreregistrationResult] = field(default_factory=dict)
    items: Mapping[str, SuiteItems] = field(default_factory=dict)
    uncorrected: Evidence | None = None
    sums: frozenset[str] = frozenset()
    spans: Mapping[str, int] = field(default_factory=dict)
    landing_places: Callable[[], Mapping[str, int]] = dict
    foreign_corrections: Mapping[str, Run] = field(default_factory=dict)
    former: tuple[str, ...] = ()
    ablations: tuple[AblationManifest, ...] = ()
    ablated: Evidence | None = None


def assemble_evidence(
    history: History,
    runs: Iterable[Run],
    registry: Registry,
    plans: Iterable[Preregistration] = (),
    rederived: Collection[str] = (),
    landing_places: Callable[[], Mapping[str, int]] = dict,
    ablations: Iterable[AblationManifest] = (),
) -> Evidence:
    """The evidence on one spec.

    Args:
        plans: what was to be run; a run that fulfils one has as many samples planned as that says.
        rederived: the records whose counts were derived again from raw logs; no other has grade A.
        landing_places, ablations: see `Evidence`.

    The items of runs have names by identity (`item_identity`).

    Raises RecordError for checkpoints that are each other's ancestors.
    """
    graph: EvidenceGraph = nx.MultiDiGraph()
    patches = patches_of(history)
    _add_history(graph, history, patches)
    plans = tuple(plans)
    every_run = [run for run in runs if run.spec == history.spec]
    own_runs = [run for run in every_run if not is_on_ablation(run, history)]
    first = [run for run in own_runs if run.corrects is None]
    identities = {run.record: run.identity for run in own_runs}
    foreign = {
        run.record: run
        for run in own_runs
        if run.corrects and identities.get(run.corrects, run.identity) != run.identity
    }
    corrected = {run.corrects for run in own_runs if run.record not in foreign} | foreign.keys()
    latest, items = identify_items(
        run for run in sorted(own_runs, key=lambda run: run.record) if run.record not in corrected
    )
    results = match_preregistrations((plan for plan in plans if plan.spec == history.spec), latest)
    planned = {record: result.plan.planned for result in results for record in result.runs}
    run_by_record = {run.record: _trusted_run(run, planned, rederived) for run in latest}
    former = _former_suites(registry)
    suites = {**_suites(run_by_record.values(), registry), **{name: suite for name, (suite, _) in former.items()}}
    _add_suites(graph, suites.values())
    _add_runs(graph, run_by_record.values())
    lineages, trained = _lineages(graph, run_by_record.values())
    _add_plans(graph, results)  # after: a lineage is of what was run
    measured, evaluated = (
        _runs_by_state(run_by_record.values()),
        _evaluated_by_lineage(run_by_record.values(), history, suites, lineages),
    )
    measured |= {name: measured[recorded] for name, (_, recorded) in former.items() if recorded in measured}
    parts = {patch.id: between for patch in patches if (between := _landed_in_parts(history, patch))}
    redundant = {
        patch.id
        for patch in patches
        if patch.id in parts and _is_judged_by_parts(history, patch, parts[patch.id], evaluated.values())
    }
    graph.remove_nodes_from([f"patch:{name}" for name in redundant])
    by_id = {patch.id: patch for patch in patches if patch.id not in redundant}
    by_plan = {result.plan.id: result for result in results}
    pressed = frozenset(run.checkpoint for run in run_by_record.values() if run.cot_pressure)
    sums = frozenset(parts.keys() & by_id.keys())
    spans = {patch.after.name: len(parts[patch.id]) + 1 for patch in patches if patch.id in parts}
    return Evidence(
        graph=graph,
        history=history,
        patches=by_id,
        runs=run_by_record,
        suites=suites,
        lineages=lineages,
        training_order=trained,
        measured=measured,
        evaluated=evaluated,
        pressed=pressed,
        results=by_plan,
        items=items,
        sums=sums,
        spans=spans,
        landing_places=landing_places,
        foreign_corrections=foreign,
        former=tuple(former),
        ablations=tuple(
            manifest
            for manifest in ablations
            if manifest.spec == history.spec and _has_sides_of_patch(manifest, patches)
        ),
        ablated=assemble_evidence(
            history, [replace(run, ablation=None) for run in every_run], registry, plans, rederived, landing_places
        )
        if len(own_runs) < len(every_run)
        else None,
        uncorrected=assemble_evidence(history, first, registry, plans, rederived, landing_places)
        if len(first) < len(own_runs)
        else None,
    )


def _has_sides_of_patch(manifest: AblationManifest, patches: Iterable[Patch]) -> bool:
    """Whether a manifest's two revisions are those of the patch that it names; of one that is not here nobody knows."""
    sides = (manifest.before, manifest.after)
    return all(
        (patch.before.revision, patch.after.revision) == sides for patch in patches if patch.id == manifest.patch
    )


def is_on_ablation(run: Run, history: History) -> bool:
    """Whether a run is on a text that never landed: recorded as an ablation, and of no revision of the history.

    Content decides: what is recorded as an ablation of a text that did land is a run of that, so that nobody hides it.
    """
    return run.ablation is not None and run.revision not in history.revisions


def _landed_in_parts(history: History, patch: Patch) -> frozenset[str]:
    """The texts between those that a merge lands, where it only lands patches one after the other; else none."""
    by_name = (
        {spec_commit.name: spec_commit for spec_commit in history.spec_commits} if len(patch.after.parents) > 1 else {}
    )
    for name in patch.after.parents[1:]:
        at, between = by_name[name], set[str]()
        while at.parents and at.revision != patch.before.revision:
            between.add(at.revision)
            at = by_name[at.parents[0]]
        if at.revision == patch.before.revision and patch.after.revision in between:
            return frozenset(between - {patch.after.revision})
    return frozenset()


def _is_judged_by_parts(
    history: History, patch: Patch, between: Collection[str], evaluated: Iterable[frozenset[State]]
) -> bool:
    """Whether nothing was evaluated both around a landing and within: its parts share one step then, which is its."""
    before, at = set[str](), patch.before
    by_name = {commit.name: commit for commit in history.spec_commits}
    before.add(at.revision)
    while at.parents:
        at = by_name[at.parents[0]]
        before.add(at.revision)
    after, reached = set[str](), {patch.after.name}
    for spec_commit in history.spec_commits:
        if reached & {spec_commit.name, *spec_commit.parents}:
            reached.add(spec_commit.name)
            after.add(spec_commit.revision)
    of_lineages = ({state.revision for state in states} for states in evaluated)
    return not any(lineage & before and lineage & after and lineage & set(between) for lineage in of_lineages)


def _trusted_run(run: Run, planned: Mapping[str, int], rederived: Collection[str]) -> Run:
    """A run as others than who ingested it may take it; one whose items rest on their ids alone is no raw evidence."""
    grade = run.grade if run.record in rederived and has_inputs(run) else max(run.grade, Grade.B)
    samples = planned.get(run.record, run.planned)
    return run if (grade, samples) == (run.grade, run.planned) else replace(run, grade=grade, planned=samples)


def _runs_by_state(runs: Iterable[Run]) -> dict[str, dict[State, tuple[Run, ...]]]:
    runs_by_state: dict[str, dict[State, list[Run]]] = {}
    for run in runs:
        runs_by_state.setdefault(run.suite, {}).setdefault(State(run.revision, run.checkpoint), []).append(run)
    return {suite: {state: tuple(some) for state, some in states.items()} for suite, states in runs_by_state.items()}


def _evaluated_by_lineage(
    runs: Iterable[Run], history: History, suites: Mapping[str, Suite], lineages: Mapping[str, str]
) -> dict[tuple[str, str], frozenset[State]]:
    evaluated: dict[tuple[str, str], set[State]] = {}
    for run in runs:
        suite = suites.get(run.suite)
        tests = suite is not None and suite.role is Role.TEST
        if suite is not None and tests and run.incomplete is None and run.revision in history.revisions:
            states = evaluated.setdefault((suite.behaviour, lineages[run.checkpoint]), set())
            states.add(State(run.revision, run.checkpoint))
    return {key: frozenset(states) for key, states in evaluated.items()}


def _add_history(graph: EvidenceGraph, history: History, patches: Collection[Patch]) -> None:
    spec = add_node(graph, "spec", history.spec, history.spec, patches=len(patches))
    current = history.spec_commits[-1].revision if history.spec_commits else None
    for revision in history.revisions:
        add_node(graph, "revision", revision, shorten_key(revision), current=revision == current)
    names = {}
    for commit in history.spec_commits:
        label = f"{shorten_key(commit.name)} {commit.subject}".strip()
        names[commit.name] = add_node(
            graph,
            "spec_commit",
            f"{commit.name}@{history.spec}",
            label,
            date=format_moment(commit.date),
            commit=commit.commit,
            name=commit.label,
            subject=commit.subject,
        )
    for commit in history.spec_commits:
        add_edge(graph, names[commit.name], "shows", f"revision:{commit.revision}")
        add_edge(graph, names[commit.name], "of", spec)
        for place, parent in enumerate(commit.parents):
            add_edge(graph, names[commit.name], "other" if place else "first", names[parent])
    for patch in patches:
        landed = patch.after
        label = landed.subject or landed.label or shorten_key(landed.name)
        day = format_day(landed.date)
        node = add_node(graph, "patch", patch.id, label, spec=patch.spec, date=day, commit=landed.commit)
        add_edge(graph, node, "of", spec)
        add_edge(graph, node, "from", names[patch.before.name])
        add_edge(graph, node, "to", names[landed.name])


def _suites(runs: Iterable[Run], registry: Registry) -> dict[str, Suite]:
    """The registered suites, and those only tables declare, of behaviours that no registered suite measures.

    What the base does not register never enters a registered behaviour: whoever adds records would choose what counts.
    Raises RecordError where tables contradict each other.
    """
    suites = dict(registry.suites)
    registered = {suite.behaviour for suite in (*registry.suites.values(), *registry.former)}
    names = {*registry.suites, *(suite.name for suite in registry.former)}
    for run in runs:
        if run.suite in names or run.behaviour is None or run.role is None or run.behaviour in registered:
            continue
        declared = Suite(run.suite, run.behaviour, run.role)
        if suites.setdefault(run.suite, declared) != declared:
            subject = f"suite {run.suite} is declared to measure {suites[run.suite].behaviour} and {run.behaviour}"
            remedy = f"say which in suites.toml, or correct record {short_id(run.record)}"
            raise RecordError(subject, where="eval_history/records", field="behaviour, role", remedy=remedy)
    return suites


def _former_suites(registry: Registry) -> dict[str, tuple[Suite, str]]:
    """The suites that count as they were registered before, and under which name their runs are recorded.

    Whoever removes a suite, or gives it another role or behaviour, would else clear what it accuses. A suite whose
    behaviour is renamed with all of its suites is the suite it was.
    """
    measured = {suite.behaviour for suite in registry.suites.values()}
    former: dict[str, tuple[Suite, str]] = {}
    for suite in reversed(registry.former):
        now = registry.suites.get(suite.name)
        renamed = now is not None and now.role is suite.role and suite.behaviour not in measured
        if not renamed:
            free = now is None and suite.name not in former
            name = suite.name if free else f"{suite.name} (as {suite.role} of {suite.behaviour})"
            former.setdefault(name, (replace(suite, name=name, twin=None), suite.name))
    return former


def _add_suites(graph: EvidenceGraph, suites: Collection[Suite]) -> None:
    for suite in suites:
        registered = format_day(suite.registered) if suite.registered else None
        add_node(
            graph,
            "suite",
            suite.name,
            suite.name,
            role=str(suite.role),
            registered=registered,
            looks_allowed=suite.looks_allowed,
        )
        add_node(graph, "behaviour", suite.behaviour, suite.behaviour)
    for suite in suites:
        add_edge(graph, f"suite:{suite.name}", "measures", f"behaviour:{suite.behaviour}")
        if suite.twin is not None:
            add_edge(graph, f"suite:{suite.name}", "twin_of", f"suite:{suite.twin}")


def _add_runs(graph: EvidenceGraph, runs: Collection[Run]) -> None:
    for run in runs:
        _add_run_node(graph, run)
        add_node(graph, "checkpoint", run.checkpoint, run.checkpoint)
        add_node(graph, "model", run.model, run.model)
    for run in runs:
        node, checkpoint = f"run:{run.record}", f"checkpoint:{run.checkpoint}"
        add_edge(graph, node, "on", f"suite:{run.suite}")
        add_edge(graph, node, "under", f"revision:{run.revision}")
        add_edge(graph, node, "of", checkpoint)
        add_edge(graph, checkpoint, "is_a", f"model:{run.model}")
        if run.parent_checkpoint is not None and run.parent_checkpoint != run.checkpoint:
            add_edge(graph, checkpoint, "trained_from", f"checkpoint:{run.parent_checkpoint}")
        if run.scorer is not None:
            add_edge(graph, node, "scored_by", add_node(graph, "scorer", run.scorer, run.scorer))


def _add_run_node(graph: EvidenceGraph, run: Run) -> None:
    add_node(
        graph,
        "run",
        run.record,
        f"{run.suite} of {run.checkpoint} under {shorten_key(run.revision)}",
        misaligned=sum(run.tallies.misaligned),
        valid=sum(run.tallies.valid),
        invalid=sum(run.tallies.invalid),
        created=format_moment(run.created) if run.created else None,
        grade=str(run.grade),
        source=run.source,
        source_sha256=run.source_sha256,
        condition=run.condition,
        exposure=str(run.exposure) if run.exposure else None,
        sampling=run.sampling,
        incomplete=run.incomplete,
        corrects=run.corrects,
        code_revision=run.code_revision,
        identity=run.identity,
    )


def _add_plans(graph: EvidenceGraph, results: Iterable[PreregistrationResult]) -> None:
    for result in results:
        plan = result.plan
        node = add_node(
            graph,
            "plan",
            plan.id,
            f"{plan.suite} of {plan.checkpoint} under {shorten_key(plan.revision)}",
            planned=plan.planned,
            created=format_moment(plan.created),
            condition=plan.condition,
            note=plan.note,
        )
        add_edge(graph, node, "on", f"suite:{plan.suite}")
        add_edge(graph, node, "under", f"revision:{plan.revision}")
        add_edge(graph, node, "of", f"checkpoint:{plan.checkpoint}")
        add_edge(graph, f"checkpoint:{plan.checkpoint}", "is_a", f"model:{plan.model}")
        for run in result.runs:
            add_edge(graph, f"run:{run}", "planned_by", node)
        for run in result.differing:
            add_edge(graph, f"run:{run}", "differs_from", node)


def _lineages(graph: EvidenceGraph, runs: Iterable[Run]) -> tuple[dict[str, str], dict[str, int]]:
    """Each checkpoint's lineage, and its place in the order of training.

    Checkpoints are of one lineage when they share a model's name or one was trained from the other. Unknown order is
    the order of their first evaluation, then of their names.
    """
    kin: nx.Graph[str] = nx.Graph(_edges_of(graph, "is_a", "trained_from"))
    lineages = {}
    for component in nx.connected_components(kin):
        nodes = [graph.nodes[name] for name in component]
        lineage = " + ".join(sorted(node["key"] for node in nodes if node["kind"] == "model"))
        lineages.update({node["key"]: lineage for node in nodes if node["kind"] == "checkpoint"})
    descent: nx.DiGraph[str] = nx.DiGraph(_edges_of(graph, "trained_from")).reverse()
    descent.add_nodes_from(f"checkpoint:{name}" for name in lineages)
    first_run: dict[str, str] = {}
    for run in runs:
        if run.created is not None:
            when = run.created.astimezone(UTC).isoformat()
            first_run[run.checkpoint] = min(when, first_run.get(run.checkpoint, when))
    order = nx.lexicographical_topological_sort(descent, key=lambda node: _first_run_first(graph, first_run, node))
    try:
        return lineages, {graph.nodes[node]["key"]: place for place, node in enumerate(order)}
    except nx.NetworkXUnfeasible as error:
        raise RecordError(
            "checkpoints that are each other's ancestors",
            where="eval_history/records",
            field="parent_checkpoint",
            remedy="correct the records whose parent_checkpoint closes the circle",
        ) from error


def _edges_of(graph: EvidenceGraph, *kinds: str) -> list[tuple[str, str]]:
    return [(source, target) for source, target, data in graph.edges(data=True) if data["kind"] in kinds]


def _first_run_first(graph: EvidenceGraph, first_run: Mapping[str, str], node: str) -> tuple[str, str]:
    key: str = graph.nodes[node]["key"]
    return first_run.get(key, ""), key


def behaviours(evidence: Evidence) -> tuple[str, ...]:
    """Every behaviour that a suite measures, sorted."""
    return tuple(sorted({suite.behaviour for suite in evidence.suites.values()}))


def suites_measuring(evidence: Evidence, behaviour: str) -> tuple[Suite, ...]:
    """The suites of a behaviour, sorted by name."""
    node = f"behaviour:{behaviour}"
    names = sources(evidence.graph, node, "measures") if node in evidence.graph else ()
    return tuple(evidence.suites[evidence.graph.nodes[name]["key"]] for name in sorted(names))


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


def runs_by_protocol(evidence: Evidence, suite: str, state: State) -> dict[Protocol, tuple[Run, ...]]:
    """The complete runs of a suite at a state, by how they measured."""
    grouped: dict[Protocol, list[Run]] = {}
    for run in complete_runs(evidence, suite, state):
        grouped.setdefault(protocol_of(run, evidence.suites.get(suite)), []).append(run)
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
