"""Results as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from auditor import __version__
from auditor.render.results import Problem, Results, rule_help

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The name of the fingerprint; another way of making it would be another version.
FINGERPRINT = "auditorProblem/v1"


def results_sarif(results: Results) -> str:
    """The log, with one run; a waived problem is a suppressed result."""
    rules = sorted({problem.rule for problem in results.problems})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules, results)},
                "invocations": [{"executionSuccessful": True, "exitCode": results.exit_code}],
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, rules.index(problem.rule)) for problem in results.problems],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _driver(rules: list[str], results: Results) -> dict[str, Any]:
    names = {problem.rule: problem.name for problem in results.problems}
    return {"name": "auditor", "semanticVersion": __version__, "rules": [_rule(rule, names[rule]) for rule in rules]}


def _rule(rule: str, name: str) -> dict[str, Any]:
    title, page = rule_help(rule)
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in name.replace("_", "-").split("-")),
        "shortDescription": {"text": f"{title}."},
        "help": {"text": page or f"{title}."},
    }


def _result(problem: Problem, index: int) -> dict[str, Any]:
    todo = f" To do: {problem.remedy}." if problem.remedy else ""
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": index,
        "level": problem.weight,
        "message": {"text": f"{problem.about}: {problem.message}{todo}"},
        "partialFingerprints": {FINGERPRINT: problem.fingerprint},
    }
    if problem.place is not None:
        artifact = {"uri": quote(problem.place.path), "uriBaseId": "%SRCROOT%"}
        region = {"startLine": max(1, problem.place.line)}
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    if problem.waiver is not None:
        name, reason = problem.waiver
        justification = f"waiver {name}: {reason}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result
