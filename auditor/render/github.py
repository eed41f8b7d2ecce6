"""Results as GitHub workflow commands: annotations on the lines of the specification."""

from __future__ import annotations

from auditor.render.escape import escape_terminal, escape_workflow
from auditor.render.results import Problem, Results, Weight

_COMMANDS = {Weight.ERROR: "error", Weight.WARNING: "warning", Weight.NOTE: "notice"}


def results_github(results: Results) -> str:
    """One command a line, then what it comes to; a waived problem is a notice that says so."""
    lines = [_command(problem) for problem in results.problems]
    return "\n".join([*lines, f"{results.title}: {results.headline}"]) + "\n"


def _command(problem: Problem) -> str:
    named = problem.rule if problem.name == problem.rule else f"{problem.rule} {problem.name}"
    properties = {"title": f"{named}: {problem.about}"}
    if problem.place is not None:
        properties = {"file": escape_terminal(problem.place.path), "line": str(problem.place.line), **properties}
    said = ",".join(f"{key}={escape_workflow(value, is_property=True)}" for key, value in properties.items())
    lines = [problem.message]
    if problem.waiver is not None:
        lines.append("Waived by {}: {}".format(*problem.waiver))
    if problem.remedy:
        lines.append(f"To do: {problem.remedy}")
    lines += problem.commands
    return f"::{_COMMANDS[problem.weight]} {said}::{escape_workflow(chr(10).join(lines))}"
