"""The audit as JSON: the contract, the published schema, and a whole document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor.audit import Audit
from auditor.render.documents import (
    audit_json,
    audit_json_schema,
    audit_lines,
    gate_json_schema,
    report_json_schema,
    show_json_schema,
)
from auditor.render.json import lay_out
from tests.render.conftest import assert_looks_as_before
from tests.snapshots import assert_as_written

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schemas/audit.schema.json"

# The contract's example, key by key: a document names at least these, of these types.
TEXT, WHOLE, NUMBER, YES_NO, NOTHING = str, int, float, bool, type(None)
RATE: dict[str, tuple[type, ...]] = {
    "rate": (NUMBER,),
    "low": (NUMBER,),
    "high": (NUMBER,),
    "misaligned": (WHOLE,),
    "valid": (WHOLE,),
    "items": (WHOLE,),
}
CONTRACT: dict[str, dict[str, tuple[type, ...]]] = {
    "": {
        "schema": (TEXT,),
        "auditor_version": (TEXT,),
        "coverage": (dict,),
        "patches": (list,),
        "open_gaps": (list,),
        "checkpoint_steps": (list,),
        "spec_findings": (list,),
        "not_assessed": (list,),
        "summary": (dict,),
    },
    "coverage": {"patches": (WHOLE,), "runs": (WHOLE,), "records": (WHOLE,), "checks": (dict,)},
    "coverage.checks": {"fired": (WHOLE,), "clear": (WHOLE,), "undecided": (WHOLE,), "not_run": (WHOLE,)},
    "patches.0": {
        "id": (TEXT,),
        "spec": (TEXT,),
        "before": (dict,),
        "after": (dict,),
        "changes": (dict,),
        "verdict": (TEXT,),
        "hiding_suspected": (YES_NO,),
        "mechanisms": (list,),
        "behaviours": (list,),
        "findings": (list,),
    },
    "patches.0.before": {"revision": (TEXT,), "commit": (TEXT, NOTHING), "label": (TEXT, NOTHING), "date": (TEXT,)},
    "patches.0.after": {"revision": (TEXT,), "commit": (TEXT, NOTHING), "label": (TEXT, NOTHING), "date": (TEXT,)},
    "patches.0.changes": {"added": (WHOLE,), "removed": (WHOLE,), "reworded": (WHOLE,), "moved": (WHOLE,)},
    "patches.0.behaviours.0": {
        "behaviour": (TEXT,),
        "model": (TEXT,),
        "verdict": (TEXT,),
        "hiding_suspected": (YES_NO,),
        "near_zero": (YES_NO,),
        "cause": (TEXT,),
        "also_changed": (list,),
        "grade": (TEXT,),
        "step": (dict,),
        "reason": (TEXT,),
        "test": (dict,),
        "held_out": (dict,),
        "suites": (list,),
        "transfer": (dict,),
        "residual": (dict,),
        "awareness": (TEXT,),
        "attribution": (dict,),
        "survives_fdr": (YES_NO, NOTHING),
    },
    "patches.0.behaviours.0.step": {"before": (TEXT,), "after": (TEXT,), "patches": (list,)},
    "patches.0.behaviours.0.test.before": RATE,
    "patches.0.behaviours.0.test.after": RATE,
    "patches.0.behaviours.0.held_out": {"before": (dict,), "after": (dict,), "unchanged": (YES_NO,)},
    "patches.0.behaviours.0.held_out.before": RATE,
    "patches.0.behaviours.0.held_out.after": RATE,
    "patches.0.behaviours.0.suites.0": {"suite": (TEXT,), "role": (TEXT,), "before": (dict,), "after": (dict,)},
    "patches.0.behaviours.0.transfer": {
        "estimate": (NUMBER,),
        "low": (NUMBER, NOTHING),
        "high": (NUMBER, NOTHING),
        "error_low": (NUMBER,),
        "error_high": (NUMBER,),
    },
    "patches.0.behaviours.0.attribution": {
        "items": (NUMBER, NOTHING),
        "invalid": (NUMBER, NOTHING),
        "selection": (NUMBER, NOTHING),
        "behaviour": (NUMBER, NOTHING),
    },
    "patches.0.findings.0": {
        "check": (TEXT,),
        "name": (TEXT,),
        "severity": (TEXT,),
        "confidence": (TEXT,),
        "message": (TEXT,),
        "fingerprint": (TEXT,),
        "place": (dict,),
        "evidence": (list,),
    },
    "patches.0.findings.0.place": {"path": (TEXT,), "line": (WHOLE,)},
    "not_assessed.0": {"what": (TEXT,), "why": (TEXT,)},
    "summary": {"hiding_suspected": (WHOLE,)},
}


@pytest.fixture(scope="module")
def document(world: Audit) -> dict[str, Any]:
    found = json.loads(audit_json(world))
    assert isinstance(found, dict)
    return found


def at(document: dict[str, Any], path: str) -> dict[str, Any]:
    part: Any = document
    for step in path.split(".") if path else ():
        part = part[int(step) if step.isdigit() else step]
    assert isinstance(part, dict)
    return part


@pytest.mark.parametrize("path", CONTRACT)
def test_the_contract(document: dict[str, Any], path: str) -> None:
    part = at(document, path)
    found = {key: type(part[key]) in types for key, types in CONTRACT[path].items() if key in part}
    assert found == dict.fromkeys(CONTRACT[path], True)


def test_the_schema_is_named(document: dict[str, Any]) -> None:
    assert document["schema"] == "auditor.audit/2"


def test_the_whole_document(world: Audit) -> None:
    assert_looks_as_before("audit.json", audit_json(world))


def test_lines_hold_the_same_as_the_document(world: Audit, document: dict[str, Any]) -> None:
    first, *lines = (json.loads(line) for line in audit_lines(world))
    lists = {name: [line[name] for line in lines if name in line] for name in document if name not in first}
    assert {**first, **lists} == document


def test_the_layout_fills_lines_and_changes_no_value(document: dict[str, Any]) -> None:
    text = lay_out(document)
    assert json.loads(text) == document
    wide = [line for line in text.splitlines() if len(line.rstrip("]},")) > 120 and line.count('": ') > 2]
    assert wide == []


def test_the_published_schema_is_current() -> None:
    assert_as_written(PUBLISHED, audit_json_schema())


def test_a_finding_has_one_shape_in_every_document() -> None:
    schemas = (audit_json_schema(), gate_json_schema(), report_json_schema(), show_json_schema())
    assert len({tuple(json.loads(schema)["$defs"]["Finding"]["properties"]) for schema in schemas}) == 1


def test_the_schema_is_a_schema_and_the_documents_fit_it(world: Audit, hostile: Audit) -> None:
    schema = json.loads(audit_json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    for audit in (world, hostile):
        jsonschema.Draft202012Validator(schema).validate(json.loads(audit_json(audit)))


def test_the_schema_refuses_what_is_missing_or_unknown(document: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(audit_json_schema()))
    without = {key: value for key, value in document.items() if key != "coverage"}
    assert not validator.is_valid(without)
    assert not validator.is_valid(document | {"colour": "red"})


def test_there_is_no_nan_and_six_places_are_enough(world: Audit) -> None:
    def number(text: str) -> float:
        assert len(text.partition(".")[2]) <= 6 or "e-" in text
        return float(text)

    def constant(name: str) -> None:
        raise AssertionError(name)

    json.loads(audit_json(world), parse_float=number, parse_constant=constant)


def test_names_stay_what_they_are_in_json(hostile: Audit) -> None:
    text = audit_json(hostile)
    assert "\x1b" not in text
    assert json.loads(text)["patches"][0]["behaviours"][0]["model"].startswith("\x1b[2J\u202e")
