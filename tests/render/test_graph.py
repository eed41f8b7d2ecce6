"""The evidence graph in every format: whole on the small world, and nothing that a name says can act in it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import jsonschema
import networkx as nx
import pytest
from rich.console import Console

from auditor.app.graph import found, graph
from auditor.evidence import as_networkx
from auditor.evidence.web import Web, part
from auditor.render.graph import graph_dot, graph_graphml, graph_json, graph_mermaid, json_schema
from auditor.render.graph_answers import around
from auditor.render.graph_text import show
from auditor.render.html.graph import anchor, graph_html
from auditor.render.plain import as_text
from tests.render.conftest import REFRESH, assert_looks_as_before, project_of
from tests.render.test_report import PAYLOADS, STEERING, Elements

PUBLISHED = Path(__file__).parents[2] / "docs/graph.schema.json"
HIDDEN = set(STEERING) - set("[2J")
HOSTILE = (*PAYLOADS, f"{STEERING}name", 'a"] --> b; end %%{init: {}}%% "`x`" #quot; \\N \\"')


def web_of_world(folder: Path, named: Callable[[str], str] = str) -> Web:
    return graph(project_of(folder, named), date(2026, 4, 1))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    return web_of_world(tmp_path_factory.mktemp("graph"))


def text_of(web: Web, name: str) -> str:
    console = Console(force_terminal=False, width=100, color_system=None, file=io.StringIO())
    return as_text(console, *show(web, found(web, name)))


@pytest.mark.parametrize("node", ["letters", "forum-posts", "2026-02-02", "till-2026-03-02-m1-0", "keys", "m2"])
def test_a_node_as_text(web: Web, node: str) -> None:
    by_date = {one.attributes["date"]: one.id for one in web.of_kind("patch")}
    assert_looks_as_before(f"graph-{node}.txt", text_of(web, by_date.get(node, node)))


def test_a_clause_as_text(web: Web) -> None:
    [clause] = [one for one in web.of_kind("clause") if "Give back" in one.label]
    assert_looks_as_before("graph-clause.txt", text_of(web, clause.id))


def test_the_whole_in_json_and_its_schema(web: Web) -> None:
    text = graph_json(web)
    if os.environ.get(REFRESH):
        PUBLISHED.write_text(json_schema())
    assert PUBLISHED.read_text() == json_schema()
    document = json.loads(text)
    jsonschema.validate(document, json.loads(json_schema()))
    assert [one["id"] for one in document["nodes"]] == list(web.nodes)
    assert {end for one in document["links"] for end in (one["source"], one["target"])} <= web.nodes.keys()
    assert_looks_as_before("graph.json", re.sub(r'"auditor_version": ".*"', '"auditor_version": "0"', text))


def test_around_a_node_it_is_drawn(web: Web) -> None:
    drawn = part(web, around(web, found(web, "keys")))
    assert_looks_as_before("graph-keys.dot", graph_dot(drawn))
    assert_looks_as_before("graph-keys.mmd", graph_mermaid(drawn))


def test_the_page_around_a_node(web: Web) -> None:
    page = graph_html(web, found(web, "letters"))
    assert_looks_as_before("graph-letters.html", re.sub(r"auditor \d[\d.]*", "auditor 0", page))


def same_graph(given: Web) -> None:
    again = nx.parse_graphml(graph_graphml(given), force_multigraph=True)
    drawn = as_networkx(given)
    assert len(again) == len(drawn) and again.number_of_edges() == drawn.number_of_edges()
    scalars = (str, int, float, bool)
    assert all(isinstance(value, scalars) for _, said in again.nodes(data=True) for value in said.values())


def test_graphml_is_read_again_by_networkx(web: Web) -> None:
    same_graph(web)
    again = nx.parse_graphml(graph_graphml(web), force_multigraph=True)
    drawn = as_networkx(web)
    assert list(again) == list(drawn) and all(again.nodes[name] == drawn.nodes[name] for name in drawn)
    told = [
        sorted((one, other, sorted(map(str, said.items()))) for one, other, said in some.edges(data=True))
        for some in (again, drawn)
    ]
    assert told[0] == told[1]


def test_every_node_is_linked_and_found_by_its_id(web: Web) -> None:
    for name, node in web.nodes.items():
        assert web.outgoing.get(name) or web.incoming.get(name), name
        assert found(web, name) is node


def check_page(page: str) -> Elements:
    """Nothing acts, nothing is asked for, no link leads nowhere, one style of a known hash."""
    elements = Elements(page)
    tags = {tag for tag, _ in elements.found}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "svg"}
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src")]
    ids = [said["id"] for _, said in elements.found if "id" in said]
    assert len(ids) == len(set(ids))
    targets = {said["href"] for tag, said in elements.found if tag == "a"}
    assert targets <= {f"#{one}" for one in ids}
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    return elements


def test_on_the_page_every_node_is_reached_from_the_index(web: Web) -> None:
    page = graph_html(web)
    elements = check_page(page)
    index = page[page.index("<nav") : page.index("</nav>")]
    cards = [said["id"] for tag, said in elements.found if tag == "article"]
    assert cards == [anchor(node) for node in web.nodes.values()]
    assert re.findall(r'href="#([^"]*)"', index) == cards


@pytest.mark.parametrize("payload", HOSTILE)
def test_a_name_acts_nowhere(payload: str, tmp_path: Path) -> None:
    web = web_of_world(tmp_path, lambda text: f"{payload}{text}")
    page = graph_html(web)
    shown = "".join(check_page(page).text)
    assert not HIDDEN & set(page) and not HIDDEN & set(shown)
    same_graph(web)
    for document in (graph_dot(web), graph_mermaid(web)):
        assert not HIDDEN & set(document)
    quoted = r'"(?:[^"\\]|\\["\\])*"'
    ours = rf"  {quoted}(?: -> {quoted})? \[label={quoted}(?:, shape=[a-z]+)?\];"
    assert all(re.fullmatch(ours, line) for line in graph_dot(web).splitlines()[3:-1])
    lines = graph_mermaid(web).splitlines()[1:]
    assert all(
        re.fullmatch(r'  n\d+\["(?:[^\W_]|[ .,:_/()-]|#\d+;)*"\]|  n\d+ -->\|[a-z_]+\| n\d+', line) for line in lines
    )
    suite = next(one.id for one in web.of_kind("suite"))
    assert not HIDDEN & set(text_of(web, suite))
