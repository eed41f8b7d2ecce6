"""What people ask the graph, on the small world: whole answers, and near misses that are in none."""

from __future__ import annotations

from datetime import date

import networkx as nx
import pytest

from auditor.app.graph import build_project_graph
from auditor.evidence.graph import (
    EvidenceGraph,
    add_edge,
    add_node,
    clause_measurements,
    dependencies,
    dependent_verdicts,
    merge_graphs,
    nodes_of_kind,
    suite_falls,
)
from tests.render.conftest import project_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> EvidenceGraph:
    return build_project_graph(project_of(tmp_path_factory.mktemp("questions"), str), date(2026, 4, 1))


def clause(world: EvidenceGraph, words: str) -> str:
    [found] = [name for name in nodes_of_kind(world, "clause") if world.nodes[name]["label"].startswith(words)]
    return found


def test_what_measured_a_clause(world: EvidenceGraph) -> None:
    told = [
        (str(world.nodes[patch]["date"]), change["change"], world.nodes[suite]["key"], len(runs))
        for (patch, _, change), measurements in clause_measurements(world, clause(world, "Say what you did"))
        for measurement in measurements
        for (_, suite, _), runs in measurement.suites
    ]
    assert sorted(told) == [
        ("2026-02-02", "reworded", "forum-posts", 2),
        ("2026-02-02", "reworded", "letters", 3),
        ("2026-02-02", "reworded", "support-chats", 2),
        ("2026-03-02", "reworded", "lent-books", 2),
        ("2026-03-02", "reworded", "till", 3),
    ]


def test_nothing_measured_what_never_changed(world: EvidenceGraph) -> None:
    assert clause_measurements(world, clause(world, "Conduct")) == ()


def test_which_clauses_moved_where_a_suite_fell(world: EvidenceGraph) -> None:
    [fall] = suite_falls(world, "suite:till")
    assert world.nodes[fall.edge[0]]["verdict"] == "generalises"
    assert [world.nodes[target]["label"] for _, target, _ in fall.changes] == [
        "Say what you did.",
        "Give back what was lent.",
    ]
    assert suite_falls(world, "suite:forum-posts") == ()  # it was measured there, and did not fall


def resting(world: EvidenceGraph, name: str) -> set[tuple[str, str]]:
    steps = [world.nodes[verdict.step] for verdict in dependent_verdicts(world, name)]
    return {(step["kind"], step["verdict"]) for step in steps}


def test_what_rests_on_a_suite_and_not_on_one_of_the_same_items(world: EvidenceGraph) -> None:
    assert resting(world, "suite:lent-books") == {("step", "generalises")}
    assert resting(world, "suite:till") == {("step", "generalises"), ("step", "worse")}


def test_a_suite_whose_verdict_rules_is_said(world: EvidenceGraph) -> None:
    [(edge, patches)] = [
        (verdict.edge, verdict.patches) for verdict in dependent_verdicts(world, "suite:lent-books") if verdict.edge
    ]
    assert edge[2]["rules"] is True
    assert [world.nodes[patch]["date"] for patch in patches] == ["2026-03-02"]


def test_what_a_run_depends_on(world: EvidenceGraph) -> None:
    names = dependencies(world, "run:till-2026-03-02-m2-0")
    kinds = [world.nodes[name]["kind"] for name in names]
    assert [name for name, kind in zip(names, kinds, strict=True) if kind not in ("items", "revision")] == [
        "behaviour:theft",
        "suite:till",
        "checkpoint:m1",
        "checkpoint:m2",
        "model:m",
        "scorer:judge-1",
    ]
    assert kinds.count("items") == 1


def test_of_what_is_only_linked_to_nothing_is_known_until_it_is_added() -> None:
    graph: EvidenceGraph = nx.MultiDiGraph()
    add_edge(graph, add_node(graph, "run", "a", "a"), "under", f"revision:{'0' * 64}")
    unknown = {"kind": "revision", "key": "0" * 64, "label": "0" * 12, "known": False}
    assert dict(graph.nodes[f"revision:{'0' * 64}"]) == unknown
    other: EvidenceGraph = nx.MultiDiGraph()
    add_node(other, "revision", "0" * 64, "the first", current=True)
    for both in ((graph, other), (other, graph)):
        merged = merge_graphs(both)
        assert merged.nodes[f"revision:{'0' * 64}"] == other.nodes[f"revision:{'0' * 64}"]
        assert set(merged) == {"run:a", f"revision:{'0' * 64}"} and merged.number_of_edges() == 1


def test_an_edge_that_says_the_same_is_added_once() -> None:
    graph: EvidenceGraph = nx.MultiDiGraph()
    for why in (None, "", "items differ", "items differ"):
        add_edge(graph, "step:a", "could_not_use", "suite:b", why=why)
    assert [data for _, _, data in graph.edges(data=True)] == [
        {"kind": "could_not_use"},
        {"kind": "could_not_use", "why": "items differ"},
    ]
