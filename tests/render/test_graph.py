"""The evidence graph in every format: whole on the small world, and nothing that a name says can act in it."""

from __future__ import annotations

import base64
import hashlib
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
from auditor.document.graph import AnswerLine, graph_blocks, node_blocks, select_around
from auditor.evidence.graph import EvidenceGraph, add_edge, add_node, nodes_of_kind, select_nodes, sort_graph, targets
from auditor.render.graph import graph_graphml, graph_json, graph_json_schema
from auditor.render.html.graph import graph_html, max_lines, node_anchor, shorten_answer
from auditor.render.terminal import render_terminal
from tests.render.conftest import assert_looks_as_before, project_of
from tests.render.test_report import PAYLOADS, STEERING, Elements
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


def test_the_page_around_a_node(web: EvidenceGraph) -> None:
    page = graph_html(web, find_node(web, "letters"))
    assert_looks_as_before("graph-letters.html", re.sub(r"auditor \d[\d.]*", "auditor 0", page))


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


def check_page(page: str) -> Elements:
    """Nothing acts, nothing is asked for, no link leads nowhere, one style of a known hash."""
    elements = Elements(page)
    tags = {tag for tag, _ in elements.found}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "svg"}
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")]
    ids = [lines["id"] for _, lines in elements.found if "id" in lines]
    assert len(ids) == len(set(ids))
    targets = {lines["href"] for tag, lines in elements.found if tag == "a"}
    assert targets <= {f"#{name}" for name in ids}
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    return elements


def test_on_the_page_every_node_is_reached_from_the_index(web: EvidenceGraph) -> None:
    page = graph_html(web)
    elements = check_page(page)
    index = page[page.index("<nav") : page.index("</nav>")]
    cards = [lines["id"] for tag, lines in elements.found if tag == "article"]
    assert cards == [node_anchor(web, name) for name in web]
    assert re.findall(r'href="#([^"]*)"', index) == cards


def test_of_a_large_graph_the_newest_patches_have_cards_and_all_are_listed(web: EvidenceGraph) -> None:
    page = graph_html(web, most=30)
    elements = check_page(page)
    cards = [lines["id"] for tag, lines in elements.found if tag == "article"]
    patches = nodes_of_kind(web, "patch")
    assert len(cards) == 30 and f"30 of these {len(web)} things have a card" in page
    assert [node_anchor(web, name) in cards for name in patches] == [False, True, True]
    [step] = targets(web, patches[-1], "judged_by")
    assert {node_anchor(web, name) for name in (step, *targets(web, step, "rests_on"))} <= set(cards)
    index = page[page.index("<nav") : page.index("</nav>")]
    listed = [index.index(web.nodes[name]["label"]) for name in reversed(patches)]
    assert listed == sorted(listed)


def many(patches: int, suites: int) -> EvidenceGraph:
    """Each patch judged by one step, which rests on two runs of every suite."""
    graph: EvidenceGraph = nx.MultiDiGraph()
    names = [add_node(graph, "suite", f"s{at}", f"s{at}") for at in range(suites)]
    for number in range(patches):
        patch = add_node(graph, "patch", f"{number:08x}{0:056x}", f"patch {number}")
        step = add_node(graph, "step", f"{number:08x}{0:024x}", f"step {number}")
        add_edge(graph, patch, "judged_by", step)
        for at, suite in enumerate(names):
            add_edge(graph, step, "judged_on", suite, fell=True)
            for side in range(2):
                key = f"{(number * suites + at) * 2 + side:08x}{0:056x}"
                run = add_node(graph, "run", key, "a run", misaligned=1, valid=2)
                add_edge(graph, step, "rests_on", run)
                add_edge(graph, run, "on", suite)
    return sort_graph(graph)


def cards(page: str) -> list[str]:
    check_page(page)
    return re.findall(r"<article .*?</article>", page, re.DOTALL)


def test_a_page_is_bounded_however_long_the_history() -> None:
    short, long = (cards(graph_html(many(patches, 3), most=60)) for patches in (100, 400))
    assert len(short) == len(long) == 60
    assert len("".join(long)) < 1.02 * len("".join(short)) and "and 376 more" in "".join(long)


def test_the_page_of_one_thing_lists_all_of_it() -> None:
    world = many(400, 3)
    names = cards(graph_html(world, "suite:s0", most=60))
    [own] = [card for card in names if "<h2>s0</h2>" in card]
    assert len(names) == 60 and all(f"step {number}<" in own for number in range(400))
    assert "more" not in own and "and 376 more" not in "".join(names)


def test_a_cut_answer_keeps_whole_groups_that_can_be_followed() -> None:
    patches = [f"patch:{number:08x}{0:056x}" for number in range(20)]
    lines = [line for name in patches for line in (AnswerLine(0, "", name), AnswerLine(1, "nothing", None))]
    answer_lines, left = shorten_answer(lines, {patches[7], patches[9]})
    assert ([line.node for line in answer_lines if line.node], left) == ([patches[7], patches[9]], 36)
    assert shorten_answer(lines, ()) == (tuple(lines[:24]), 16)
    assert [max_lines(name, "suite:s") for name in ("suite:s", patches[0], "run:r")] == [2_000, 120, 24]
    assert shorten_answer(lines, (), max_lines(patches[0], None)) == (tuple(lines), 0)


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_name_acts_nowhere(payload: str, tmp_path: Path) -> None:
    web = graph_of_world(tmp_path, lambda text: f"{payload}{text}")
    page = graph_html(web)
    shown = "".join(check_page(page).text)
    assert not HIDDEN & set(page) and not HIDDEN & set(shown)
    same_graph(web)
    suite = nodes_of_kind(web, "suite")[0]
    assert not HIDDEN & set(text_of(web, suite))
