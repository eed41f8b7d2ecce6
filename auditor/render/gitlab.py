"""Results as a GitLab code quality report. GitLab shows what has a place only, and knows of no waivers."""

from __future__ import annotations

from auditor.model.finding import Finding, Place
from auditor.render.escape import format_json
from auditor.render.results import Results, Weight, rule_name, weight_of

_SEVERITIES = {Weight.ERROR: "critical", Weight.WARNING: "major", Weight.NOTE: "info"}
_NOWHERE = Place("auditor.toml", 1)


def results_gitlab(results: Results) -> str:
    """The report; what is at no line of a spec is shown at the configuration's first."""
    issues = [_issue(finding, results.waived_by(finding)) for finding in results.findings]
    return format_json(issues)


def _issue(finding: Finding, waived_by: str) -> dict[str, object]:
    place = finding.place or _NOWHERE
    waived = f" Waived by {waived_by}" if waived_by else ""
    return {
        "description": f"{finding.subject.label}: {finding.message}{waived}",
        "check_name": rule_name(finding),
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[weight_of(finding)],
        "location": {"path": place.path, "lines": {"begin": max(1, place.line)}},
    }
