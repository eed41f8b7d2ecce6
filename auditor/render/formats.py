"""The formats of other tools, by name: each a function from results to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from auditor.render.github import results_github
from auditor.render.gitlab import results_gitlab
from auditor.render.junit import results_junit
from auditor.render.results import Results
from auditor.render.sarif import results_sarif

FORMATS: Mapping[str, Callable[[Results], str]] = {
    "sarif": results_sarif,
    "junit": results_junit,
    "github": results_github,
    "gitlab": results_gitlab,
}
