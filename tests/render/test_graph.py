"""The evidence graph in every format: whole on the small world, and nothing that a name says can act in it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import jsonschema
import networkx as nx
import pytest
from rich.console import Console

from auditor.app.graph import build_project_graph, find_node
from auditor.document.graph import graph_blocks, node_blocks, select_around
from auditor.evidence.graph import EvidenceGraph, nodes_of_kind, select_nodes
from auditor.render.graph import graph_graphml, graph_json, graph_json_schema
from auditor.render.terminal import render_terminal
from tests.render.conftest import assert_looks_as_before, project_of
from tests.render.test_report import PAYLOADS, STEERING
from tests.snapshots import assert_as_written

PUBLISHED = Path(__file__).parents[2] / "docs/schemas/graph.schema.json"
HIDDEN = set(STEERING) - set("[2J")
HOSTILE = (*PAYLOADS, f"{STEERING}name", 'a"] --> b; end %%{init: {}}%% "`x`" #quot; \\N \\"')


def graph_of_world(folder: Path, named: Callable[[str], str] = str) -> EvidenceGraph:
    return build_project_graph(project_of(folder, named), date(2026, 4, 1))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> EvidenceGraph:
    return graph_of_world(tmp_path_factory.mktemp("graph"))


def text_of(web: EvidenceGraph, name: str) -> str:
    console = Console(force_terminal=False, width=100, color_system=None, file=io.StringIO())
    return render_terminal(node_blocks(web, find_node(web, name)), console)


@pytest.mark.parametrize("node", ["letters", "forum-posts", "2026-02-02", "till-2026-03-02-m1-0", "keys", "m2"])
def test_a_node_as_text(web: EvidenceGraph, node: str) -> None:
    by_date = {web.nodes[name]["date"]: name for name in nodes_of_kind(web, "patch")}
    assert_looks_as_before(f"graph-{node}.txt", text_of(web, by_date.get(node, node)))


def test_a_clause_as_text(web: EvidenceGraph) -> None:
    [clause] = [name for name in nodes_of_kind(web, "clause") if "Give back" in web.nodes[name]["label"]]
    assert_looks_as_before("graph-clause.txt", text_of(web, clause))


def test_the_whole_as_text_says_what_it_holds(web: EvidenceGraph) -> None:
    console = Console(force_terminal=False, width=100, color_system=None, file=io.StringIO())
    assert_looks_as_before("graph-summary.txt", render_terminal(graph_blocks(web), console))


def test_the_whole_in_json_and_its_schema(web: EvidenceGraph) -> None:
    text = graph_json(web)
    assert_as_written(PUBLISHED, graph_json_schema())
    document = json.loads(text)
    jsonschema.validate(document, json.loads(graph_json_schema()))
    assert nx.utils.graphs_equal(nx.node_link_graph(document, edges="edges"), web)
    assert_looks_as_before("graph.json", re.sub(r'"auditor_version": ".*"', '"auditor_version": "0"', text))


def test_what_is_around_a_node_is_a_part_of_the_whole(web: EvidenceGraph) -> None:
    drawn = select_nodes(web, select_around(web, find_node(web, "keys")))
    assert all(web.nodes[name] is drawn.nodes[name] for name in drawn)
    lines = [*drawn, *(f"{source} {data['kind']} {target}" for source, target, data in drawn.edges(data=True))]
    assert_looks_as_before("graph-around-keys.txt", "\n".join(lines) + "\n")


def same_graph(multi_di_graph: EvidenceGraph) -> None:
    again = nx.parse_graphml(graph_graphml(multi_di_graph), force_multigraph=True)
    assert len(again) == len(multi_di_graph) and again.number_of_edges() == multi_di_graph.number_of_edges()
    scalars = (str, int, float, bool)
    assert all(isinstance(value, scalars) for _, document in again.nodes(data=True) for value in document.values())


def test_graphml_is_read_again_by_networkx(web: EvidenceGraph) -> None:
    same_graph(web)
    again = nx.parse_graphml(graph_graphml(web), force_multigraph=True)
    assert list(again) == list(web) and all(again.nodes[name] == web.nodes[name] for name in web)
    told = [
        sorted((one, other, sorted(map(str, document.items()))) for one, other, document in some.edges(data=True))
        for some in (again, web)
    ]
    assert told[0] == told[1]


def test_every_node_is_linked_and_found_by_its_id(web: EvidenceGraph) -> None:
    assert [name for name, degree in web.degree() if not degree] == []
    assert [find_node(web, name) for name in web] == list(web)


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_name_acts_nowhere(payload: str, tmp_path: Path) -> None:
    web = graph_of_world(tmp_path, lambda text: f"{payload}{text}")
    same_graph(web)
    suite = nodes_of_kind(web, "suite")[0]
    assert not HIDDEN & set(text_of(web, suite))
