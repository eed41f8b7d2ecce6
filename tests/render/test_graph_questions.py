"""What people ask the graph, on the small world: whole answers, and near misses that are in none."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.app.graph import build_project_graph
from auditor.evidence.graph import (
    Graph,
    Link,
    Node,
    build_graph,
    clause_measurements,
    dependent_verdicts,
    run_dependencies,
    suite_falls,
)
from tests.render.conftest import project_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return build_project_graph(project_of(tmp_path_factory.mktemp("questions"), str), date(2026, 4, 1))


def clause(world: Graph, words: str) -> str:
    [found] = [node.id for node in world.of_kind("clause") if node.label.startswith(words)]
    return found


def test_what_measured_a_clause(world: Graph) -> None:
    told = [
        (str(one.patch.attributes["date"]), one.change.attributes["change"], suite.key, len(runs))
        for one in clause_measurements(world, clause(world, "Say what you did"))
        for _, suite, runs in one.on
    ]
    assert sorted(told) == [
        ("2026-02-02", "reworded", "forum-posts", 2),
        ("2026-02-02", "reworded", "letters", 3),
        ("2026-02-02", "reworded", "support-chats", 2),
        ("2026-03-02", "reworded", "lent-books", 2),
        ("2026-03-02", "reworded", "till", 3),
    ]


def test_nothing_measured_what_never_changed(world: Graph) -> None:
    assert clause_measurements(world, clause(world, "Conduct")) == ()


def test_which_clauses_moved_where_a_suite_fell(world: Graph) -> None:
    [fell] = suite_falls(world, "suite:till")
    assert fell.step.attributes["verdict"] == "generalises"
    assert [world.nodes[link.target].label for link in fell.changes] == [
        "Say what you did.",
        "Give back what was lent.",
    ]
    assert suite_falls(world, "suite:forum-posts") == ()  # it was measured there, and did not fall


def test_what_rests_on_a_suite_and_not_on_one_of_the_same_items(world: Graph) -> None:
    resting = {
        (one.step.kind, one.step.attributes.get("verdict")) for one in dependent_verdicts(world, "suite:lent-books")
    }
    assert resting == {("step", "generalises")}
    resting = {(one.step.kind, one.step.attributes.get("verdict")) for one in dependent_verdicts(world, "suite:till")}
    assert resting == {("step", "generalises"), ("step", "worse")}


def test_a_suite_whose_verdict_rules_is_said(world: Graph) -> None:
    [one] = [one for one in dependent_verdicts(world, "suite:lent-books") if one.on is not None]
    assert one.on is not None and one.on.attributes["rules"] is True
    assert [patch.attributes["date"] for patch in one.patches] == ["2026-03-02"]


def test_what_a_run_depends_on(world: Graph) -> None:
    found = run_dependencies(world, "run:till-2026-03-02-m2-0")
    assert [node.id for node in found if node.kind not in ("items", "revision")] == [
        "behaviour:theft",
        "suite:till",
        "checkpoint:m1",
        "checkpoint:m2",
        "model:m",
        "scorer:judge-1",
    ]
    assert [node.kind for node in found].count("items") == 1


def test_a_link_to_nothing_is_refused() -> None:
    with pytest.raises(KeyError):
        build_graph([Node("suite", "a", "a")], [Link("suite:a", "measures", "behaviour:b")])
