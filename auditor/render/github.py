"""Results as GitHub workflow commands: annotations on the lines of the specification."""

from __future__ import annotations

from auditor.model.finding import Finding
from auditor.render.escape import escape_terminal, escape_workflow
from auditor.render.results import Results, Weight, rule_name, weight_of

_COMMANDS = {Weight.ERROR: "error", Weight.WARNING: "warning", Weight.NOTE: "notice"}


def results_github(results: Results) -> str:
    """One command a line, then what it comes to; a waived finding is a notice that says so."""
    lines = [_command(finding, results.waived_by(finding)) for finding in results.findings]
    return "\n".join([*lines, f"{results.title}: {results.headline}"]) + "\n"


def _command(finding: Finding, waived_by: str) -> str:
    properties = {"title": f"{rule_name(finding)}: {finding.subject.label}"}
    if finding.place is not None:
        properties = {"file": escape_terminal(finding.place.path), "line": str(finding.place.line), **properties}
    text = ",".join(f"{key}={escape_workflow(value, is_property=True)}" for key, value in properties.items())
    lines = [finding.message]
    if waived_by:
        lines.append(f"Waived by {waived_by}")
    if finding.remedy:
        lines += [f"To do: {finding.remedy.text}", *finding.remedy.commands]
    return f"::{_COMMANDS[weight_of(finding)]} {text}::{escape_workflow(chr(10).join(lines))}"
