"""The graph as PROV-JSON: the structure that the Member Submission asks for, and what PROV forbids in none of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import auditor as package
from auditor.evidence.web import BESIDE, Web
from auditor.render.prov import graph_prov, qualified
from tests.cli.conftest import Auditor, auditor, judged
from tests.render.test_graph import HOSTILE, web_of_world
from tests.repos import GitRepo

__all__ = ["auditor", "judged"]

# PN_LOCAL of PROV-N in ASCII, without the escapes that are not used; names of attributes are plainer.
LOCAL = re.compile(r"(?:[A-Za-z0-9_]|%[0-9A-F]{2})(?:(?:[A-Za-z0-9_.-]|%[0-9A-F]{2})*(?:[A-Za-z0-9_-]|%[0-9A-F]{2}))?")
ELEMENTS = ("entity", "activity", "agent")
# Of each relation the members with what they name; those in brackets may be left out.
RELATIONS: Mapping[str, Mapping[str, str]] = {
    "wasGeneratedBy": {"entity": "entity", "activity": "[activity]", "time": "[time]"},
    "used": {"activity": "activity", "entity": "[entity]", "time": "[time]"},
    "wasDerivedFrom": {"generatedEntity": "entity", "usedEntity": "entity", "activity": "[activity]"},
    "wasAttributedTo": {"entity": "entity", "agent": "agent"},
    "wasAssociatedWith": {"activity": "activity", "agent": "[agent]", "plan": "[entity]"},
    "wasInfluencedBy": {"influencee": "any", "influencer": "any"},
    "specializationOf": {"specificEntity": "entity", "generalEntity": "entity"},
    "hadMember": {"collection": "entity", "entity": "entity"},
}
Document = dict[str, dict[str, Any]]


def is_name(name: str, prefixes: Mapping[str, str]) -> bool:
    prefix, _, local = name.partition(":")
    return prefix in prefixes and LOCAL.fullmatch(local) is not None


def check(text: str) -> Document:
    """Raises AssertionError for a document that is no PROV-JSON, or says what PROV forbids."""
    document: Document = json.loads(text)
    prefixes = document["prefix"]
    assert set(document) <= {"prefix", *ELEMENTS, *RELATIONS}
    assert prefixes["prov"] == "http://www.w3.org/ns/prov#"
    assert all(re.fullmatch(r"(?:urn|https?):\S+", uri) for uri in prefixes.values())
    for section in ELEMENTS:
        for name, said in document.get(section, {}).items():
            assert is_name(name, prefixes), name
            check_attributes(said, prefixes)
    assert not document["entity"].keys() & document["activity"].keys()
    for section, members in RELATIONS.items():
        for name, said in document.get(section, {}).items():
            assert re.fullmatch(r"_:r\d+", name)
            check_relation(said, members, document)
    check_meaning(document)
    return document


def check_attributes(said: Mapping[str, Any], prefixes: Mapping[str, str]) -> None:
    for name, value in said.items():
        assert is_name(name, prefixes), name
        if isinstance(value, dict):
            assert value.keys() == {"$", "type"} and is_name(value["type"], prefixes)
            assert value["type"] == "xsd:QName" and is_name(value["$"], prefixes)
        else:
            assert isinstance(value, str | int | float | bool)


def check_relation(said: Mapping[str, Any], members: Mapping[str, str], document: Document) -> None:
    every = {name for section in ELEMENTS for name in document.get(section, {})}
    for member, what in members.items():
        value = said.get(f"prov:{member}")
        if value is None:
            assert what.startswith("["), (said, member)
        elif what == "[time]":
            assert datetime.fromisoformat(value).tzinfo is not None
        else:
            assert value in (every if what == "any" else document[what.strip("[]")]), value
    others = {name: value for name, value in said.items() if name.removeprefix("prov:") not in members}
    assert not [name for name in others if name.startswith("prov:")]
    check_attributes(others, document["prefix"])


def check_meaning(document: Document) -> None:
    """An entity is generated once, and nothing is derived from itself, however indirectly."""
    generated = [one["prov:entity"] for one in document.get("wasGeneratedBy", {}).values()]
    assert len(generated) == len(set(generated))
    derived: dict[str, set[str]] = {}
    for one in document.get("wasDerivedFrom", {}).values():
        derived.setdefault(one["prov:generatedEntity"], set()).add(one["prov:usedEntity"])
    list(TopologicalSorter(derived).static_order())


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    return web_of_world(tmp_path_factory.mktemp("prov"))


def ends(document: Document, section: str, where: str, name: str) -> list[dict[str, Any]]:
    return [one for one in document[section].values() if one.get(where) == name]


def test_every_node_and_every_dependence_is_in_it(web: Web) -> None:
    document = check(graph_prov(web))
    named = {name for section in ELEMENTS for name in document[section]}
    assert {qualified(name) for name in web.nodes} <= named
    joined = {
        frozenset(value for key, value in one.items() if key.startswith("prov:") and key != "prov:time")
        for section in RELATIONS
        for one in document.get(section, {}).values()
    }
    for link in web.links:
        if link.kind not in BESIDE:
            source, target = qualified(link.source), qualified(link.target)
            evaluation = source.replace("run:", "evaluation:", 1)
            assert any({one, target} <= some for one in (source, evaluation) for some in joined), link


def test_a_run_is_generated_by_an_evaluation_that_used_what_was_evaluated(web: Web) -> None:
    document = check(graph_prov(web))
    run, evaluation = "run:till-2026-03-02-m2-0", "evaluation:till-2026-03-02-m2-0"
    [made] = ends(document, "wasGeneratedBy", "prov:entity", run)
    assert made["prov:activity"] == evaluation
    used = {one["prov:entity"] for one in ends(document, "used", "prov:activity", evaluation)}
    assert {name.partition(":")[0] for name in used} == {"suite", "items", "revision", "checkpoint"}
    assert {"suite:till", "checkpoint:m2"} <= used
    assert [one["prov:agent"] for one in ends(document, "wasAssociatedWith", "prov:activity", evaluation)] == [
        "scorer:judge-1"
    ]
    assert {"prov:generatedEntity": "checkpoint:m2", "prov:usedEntity": "checkpoint:m1"} in document[
        "wasDerivedFrom"
    ].values()


def test_a_patch_makes_a_sighting_from_another(web: Web) -> None:
    document = check(graph_prov(web))
    [patch] = [one for one in web.of_kind("patch") if one.attributes["date"] == "2026-02-02"]
    name, before, after = qualified(patch.id), "sighting:2026-01-05%40conduct", "sighting:2026-02-02%40conduct"
    assert [one["prov:entity"] for one in ends(document, "used", "prov:activity", name)] == [before]
    [made] = ends(document, "wasGeneratedBy", "prov:activity", name)
    assert (made["prov:entity"], made["prov:time"][:10]) == (after, "2026-02-02")
    assert ends(document, "wasDerivedFrom", "prov:activity", name) == [
        {"prov:generatedEntity": after, "prov:usedEntity": before, "prov:activity": name}
    ]
    [revision] = web.behind(web.behind(patch.id, "to")[0], "shows")
    assert {"prov:specificEntity": after, "prov:generalEntity": qualified(revision)} in document[
        "specializationOf"
    ].values()


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_name_breaks_it(payload: str, tmp_path: Path) -> None:
    check(graph_prov(web_of_world(tmp_path, lambda text: f"{payload}{text}")))


def test_the_demonstration() -> None:
    document = check(graph_prov(package.open(Path(package.__file__).parents[1], today=date(2026, 10, 1)).web))
    assert len(document["wasGeneratedBy"]) == 15 + 69  # patches, runs


def test_from_the_command_line(auditor: Auditor, judged: GitRepo) -> None:
    whole = auditor("graph", "--format", "prov", "--repo", judged.path)
    around = auditor("graph", "visible", "--format", "prov", "--repo", judged.path)
    assert (whole.code, whole.err, around.code, around.err) == (0, "", 0, "")
    assert check(around.out)["entity"].keys() < check(whole.out)["entity"].keys()


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1))
def test_names_are_qualified_and_stay_apart(one: str, other: str) -> None:
    first, second = qualified(f"suite:{one}"), qualified(f"suite:{other}")
    assert is_name(first, {"suite": ""}) and (first == second) == (one == other)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda made: made["entity"].pop("suite:till"),
        lambda made: made["used"]["_:r0"].update({"prov:agent": "scorer:judge-1"}),
        lambda made: made["prefix"].pop("suite"),
        lambda made: made["wasDerivedFrom"].update(
            {"_:r99999": {"prov:generatedEntity": "checkpoint:m1", "prov:usedEntity": "checkpoint:m2"}}
        ),
        lambda made: made["activity"].update({"suite:till": {}}),
        lambda made: made.update({"links": {}}),
    ],
)
def test_the_check_bites(spoilt: Any, web: Web) -> None:  # noqa: ANN401 - a lambda on parsed JSON
    made = json.loads(graph_prov(web))
    used = made["used"]
    made["used"] = {"_:r0": next(iter(used.values())), **used}
    check(json.dumps(made))
    spoilt(made)
    with pytest.raises((AssertionError, ValueError)):
        check(json.dumps(made))
