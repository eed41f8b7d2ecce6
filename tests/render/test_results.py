"""The formats of other tools: whole in structure, hostile names escaped, waived and undecided said as such.

The published schemas are not part of this repository; `benchmarks/sweep/schemas.py` takes them from the packages that
ship them. What is asserted here is what they demand of the parts we write: `SARIF` names every key that may be there,
with its type, as the standard (2.1.0, section 3) has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import jsonschema
import pytest

from auditor.assess.ledger import WaiverFacts
from auditor.audit import Audit
from auditor.checks.interface import SAMPLE_WAIVER
from auditor.model.finding import Finding, Level, Place, Remedy, Subject
from auditor.render.escape import escape_workflow
from auditor.render.formats import FORMATS
from auditor.render.github import results_github
from auditor.render.gitlab import results_gitlab
from auditor.render.junit import results_junit
from auditor.render.results import Case, CaseState, Results, audit_results, deduplicate
from auditor.render.sarif import results_sarif

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}


def closed(required: list[str], **properties: object) -> dict[str, object]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = closed(["id"], id={"type": "string"}, name={"type": "string"}, shortDescription=TEXT, help=TEXT)
ARTIFACT = closed(["uri"], uri={"type": "string", "format": "uri-reference"}, uriBaseId={"type": "string"})
REGION = closed(["startLine"], startLine={"type": "integer", "minimum": 1})
LOCATION = closed(
    ["physicalLocation"],
    physicalLocation=closed(["artifactLocation"], artifactLocation=ARTIFACT, region=REGION),
)
SUPPRESSION = closed(
    ["kind"],
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification={"type": "string"},
)
RESULT = closed(
    ["message"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    locations={"type": "array", "items": LOCATION},
    suppressions={"type": "array", "items": SUPPRESSION, "uniqueItems": True},
)
DRIVER = closed(
    ["name"],
    name={"type": "string"},
    semanticVersion={"type": "string"},
    rules={"type": "array", "items": RULE, "uniqueItems": True},
)
INVOCATION = closed(["executionSuccessful"], executionSuccessful={"type": "boolean"}, exitCode={"type": "integer"})
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    invocations={"type": "array", "items": INVOCATION},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
SARIF = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}},
    runs={"type": "array", "items": RUN},
)

FINDING = Finding(
    "The test rate went from 20.0 % to 0.0 %.",
    code="test-only",
    subject=Subject(label="patch 01234567 (100 %, at last), lying of m"),
    fingerprint="0" * 32,
    place=Place("spec à.md", 7),
    level=Level.BLOCKED,
    remedy=Remedy("run unseen", ("inspect eval unseen --metadata spec_revision=$(auditor revision)",)),
)
WAIVED = Finding(
    "A clause asks for less.",
    code="SD204",
    name="clause-weakened",
    subject=Subject(label="patch 01234567"),
    fingerprint="1" * 32,
    level=Level.WAIVED,
    waiver="one",
)
EXCUSE = replace(SAMPLE_WAIVER, reason="agreed | on")
RESULTS = Results(
    title="auditor gate: blocked",
    headline="1 patch in a..b (1 blocked)",
    findings=(FINDING, WAIVED),
    cases=(
        Case("patch 01234567", "lying of m", CaseState.FAILED, "the fall <stayed> on the test"),
        Case("patch 01234567", "theft of m", CaseState.SKIPPED, "inconclusive"),
        Case("patch 01234567", "haste of m", CaseState.MISSING, "no held-out suite"),
        Case("landing", "SD301 policy-loosened", CaseState.PASSED, "nothing"),
    ),
    waivers=(WaiverFacts(EXCUSE, EXCUSE.granted),),
    exit_code=1,
)
NOTHING = Results("auditor gate: pass", "0 patches in a..b", (), (), (), 0)


def parsed_sarif(results: Results) -> Mapping[str, Any]:
    found = json.loads(results_sarif(results))
    jsonschema.Draft202012Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(found)
    assert isinstance(found, dict)
    [run] = found["runs"]
    assert isinstance(run, dict)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    return run


def test_sarif() -> None:
    run = parsed_sarif(RESULTS)
    first, second = run["results"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "spec%20%C3%A0.md", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert first["partialFingerprints"] == {"auditorProblem/v1": "0" * 32}
    assert first["message"]["text"].endswith("20.0 % to 0.0 %. To do: run unseen.")
    assert "suppressions" not in first
    assert "locations" not in second
    assert second["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "waiver one: agreed | on"}
    ]
    [weakened] = [rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == "SD204"]
    assert weakened["help"]["text"].startswith("What it looks for: ")
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def cases_of(root: Element) -> dict[str, list[str]]:
    return {str(case.get("name")): [child.tag for child in case] for case in root.iter("testcase")}


def test_junit() -> None:
    root = fromstring(results_junit(RESULTS))
    assert root.tag == "testsuites"
    assert cases_of(root) == {
        "lying of m": ["failure"],
        "theft of m": ["skipped"],
        "haste of m": ["failure"],
        "SD301 policy-loosened": ["system-out"],
    }
    assert [one.get("type") for one in root.iter("failure")] == ["blocked", "evidence-missing"]
    for element in (root, *root.iter("testsuite")):
        cases = list(element.iter("testcase"))
        counts = {tag: sum(1 for case in cases if case.find(tag) is not None) for tag in ("failure", "skipped")}
        assert (element.get("tests"), element.get("failures"), element.get("skipped"), element.get("errors")) == (
            str(len(cases)),
            str(counts["failure"]),
            None if element is root else str(counts["skipped"]),
            "0",
        )
    assert set(root.keys()) == {"name", "tests", "failures", "errors"}
    assert "the fall &lt;stayed&gt; on the test" in results_junit(RESULTS)


def test_github() -> None:
    first, second, last = results_github(RESULTS).splitlines()
    assert first == (
        "::error file=spec à.md,line=7,title=test-only%3A patch 01234567 (100 %25%2C at last)%2C lying of m"
        "::The test rate went from 20.0 %25 to 0.0 %25.%0ATo do: run unseen"
        "%0Ainspect eval unseen --metadata spec_revision=$(auditor revision)"
    )
    assert second == (
        "::notice title=SD204 clause-weakened%3A patch 01234567::A clause asks for less.%0AWaived by one: agreed | on"
    )
    assert last == "auditor gate: blocked: 1 patch in a..b (1 blocked)"


def test_a_file_s_name_cannot_steer_a_log() -> None:
    named = replace(RESULTS, findings=(replace(FINDING, place=Place("a\x1b[2J\u202e.md", 7)),))
    assert results_github(named).startswith("::error file=a<U+001B>[2J<U+202E>.md,line=7,")


def test_the_escape_of_workflow_commands() -> None:
    assert escape_workflow("100 %\r\n::stop") == "100 %25%0D%0A::stop"
    assert escape_workflow("a:b,c%0A", is_property=True) == "a%3Ab%2Cc%250A"


def test_gitlab() -> None:
    first, second = json.loads(results_gitlab(RESULTS))
    assert first == {
        "description": f"{FINDING.subject.label}: {FINDING.message}",
        "check_name": "test-only",
        "fingerprint": "0" * 32,
        "severity": "critical",
        "location": {"path": "spec à.md", "lines": {"begin": 7}},
    }
    assert (second["severity"], second["location"]["path"]) == ("info", "auditor.toml")


def test_nothing_found_is_whole_in_every_format() -> None:
    assert parsed_sarif(NOTHING)["results"] == []
    assert fromstring(results_junit(NOTHING)).get("tests") == "0"
    assert results_github(NOTHING) == "auditor gate: pass: 0 patches in a..b\n"
    assert json.loads(results_gitlab(NOTHING)) == []


def test_an_audit(world: Audit) -> None:
    results = audit_results(world, 0)
    run = parsed_sarif(results)
    assert {one["ruleId"] for one in run["results"]} >= {"SD101", "SD103", "worse"}
    names = cases_of(fromstring(results_junit(results)))
    assert names["lying of m"] == ["failure"]
    assert names["theft of m"] == ["failure"]  # the checkpoint step, last of that name
    assert "evaluations" not in names
    issues = json.loads(results_gitlab(results))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(run["results"])


def test_what_is_found_twice_is_told_apart() -> None:
    twice = list(deduplicate([FINDING, FINDING, WAIVED, FINDING]))
    assert len({finding.fingerprint for finding in twice}) == 4
    assert [finding.fingerprint for finding in twice[:3:2]] == ["0" * 32, "1" * 32]
    assert list(deduplicate([FINDING, FINDING, WAIVED, FINDING])) == twice


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_are_shown_and_steer_nothing(hostile: Audit, name: str) -> None:
    text = FORMATS[name](audit_results(hostile, 0))
    assert "U+202E" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2066\u200b\U000e0041]", text)
    if name == "junit":
        fromstring(text)
    if name == "github":
        assert all(line.startswith(("::", "auditor audit: ")) for line in text.splitlines())
