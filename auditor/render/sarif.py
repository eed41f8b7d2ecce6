"""Results as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from auditor import __version__
from auditor.model.finding import Finding
from auditor.render.escape import format_json
from auditor.render.results import Results, rule_help, weight_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The name of the fingerprint; another way of making it would be another version.
FINGERPRINT = "auditorProblem/v1"


def results_sarif(results: Results) -> str:
    """The log, with one run; a waived finding is a suppressed result."""
    rules = sorted({finding.code for finding in results.findings})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules, results)},
                "invocations": [{"executionSuccessful": True, "exitCode": results.exit_code}],
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, rules.index(finding.code), results.waived_by(finding))
                    for finding in results.findings
                ],
            }
        ],
    }
    return format_json(log)


def _driver(rules: list[str], results: Results) -> dict[str, Any]:
    names = {finding.code: finding.name or finding.code for finding in results.findings}
    return {"name": "auditor", "semanticVersion": __version__, "rules": [_rule(rule, names[rule]) for rule in rules]}


def _rule(rule: str, name: str) -> dict[str, Any]:
    title, page = rule_help(rule)
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in name.replace("_", "-").split("-")),
        "shortDescription": {"text": f"{title}."},
        "help": {"text": page or f"{title}."},
    }


def _result(finding: Finding, index: int, waived_by: str) -> dict[str, Any]:
    todo = f" To do: {finding.remedy.text}." if finding.remedy else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": weight_of(finding),
        "message": {"text": f"{finding.subject.label}: {finding.message}{todo}"},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    if finding.place is not None:
        artifact = {"uri": quote(finding.place.path), "uriBaseId": "%SRCROOT%"}
        region = {"startLine": max(1, finding.place.line)}
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    if waived_by:
        justification = f"waiver {waived_by}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": justification}]
    return result
