"""Results as a GitLab code quality report. GitLab shows what has a place only, and knows of no waivers."""

from __future__ import annotations

import json

from auditor.model.finding import Place
from auditor.render.results import Problem, Results, Weight

_SEVERITIES = {Weight.ERROR: "critical", Weight.WARNING: "major", Weight.NOTE: "info"}
_NOWHERE = Place("auditor.toml", 1)


def results_gitlab(results: Results) -> str:
    """The report; what is at no line of a spec is shown at the configuration's first."""
    return json.dumps([_issue(problem) for problem in results.problems], indent=2, ensure_ascii=False) + "\n"


def _issue(problem: Problem) -> dict[str, object]:
    place = problem.place or _NOWHERE
    waived = " Waived by {}: {}".format(*problem.waiver) if problem.waiver else ""
    return {
        "description": f"{problem.about}: {problem.message}{waived}",
        "check_name": problem.rule if problem.name == problem.rule else f"{problem.rule} {problem.name}",
        "fingerprint": problem.fingerprint,
        "severity": _SEVERITIES[problem.weight],
        "location": {"path": place.path, "lines": {"begin": max(1, place.line)}},
    }
