"""The formats of other tools, by name: each a function from results to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from auditor.render.github import github
from auditor.render.gitlab import gitlab
from auditor.render.junit import junit
from auditor.render.markdown import markdown
from auditor.render.results import Results
from auditor.render.sarif import sarif

FORMATS: Mapping[str, Callable[[Results], str]] = {
    "sarif": sarif,
    "junit": junit,
    "github": github,
    "gitlab": gitlab,
    "markdown": markdown,
}
