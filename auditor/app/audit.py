"""Every patch of a range, or all: did the behaviour change, or only the score?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from auditor.app.landings import with_landings
from auditor.app.project import Project, evidence_of, history_of
from auditor.app.prompts import Key, hashed_prompts, key_of, not_assessed
from auditor.app.texts import texts_of
from auditor.assess.facts import NotAssessed
from auditor.assess.judge import assess
from auditor.checks.runner import CheckResults
from auditor.errors import RevisionError
from auditor.evidence import Evidence
from auditor.model.spec import History, patches_of
from auditor.report import Audit, SpecReport, audit_of, spec_report
from auditor.settings import SpecConfig


def audit(
    project: Project,
    commits: str | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    today: date | None = None,
) -> Audit:
    """The audit of a project.

    Args:
        commits: "A..B" or "A", as git reads it, or names of dated folders; None for all.
        environment: its variables, one of which may say where the key of hashed prompts is.
        today: the day (UTC) by which plans are judged; None leaves those without a result undecided.

    Raises RepositoryError, RevisionError or ConfigError where a history cannot be read or the range says nothing.
    """
    return audited(project, commits, environment, today)[0]


def audited(
    project: Project,
    commits: str | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    today: date | None = None,
) -> tuple[Audit, tuple[Evidence, ...]]:
    """The audit, and the evidence it rests on, spec by spec; as `audit`."""
    parts: list[tuple[SpecReport, CheckResults]] = []
    notes: list[NotAssessed] = []
    graphs: list[Evidence] = []
    key = key_of(project, environment)
    for config in project.specs:
        part, problems, evidence = _of_spec(project, config, commits, key, today)
        parts.append(part)
        graphs.append(evidence)
        notes += problems
    notes += [NotAssessed(one.what, one.why) for one in project.unjoined]
    names = {config.name for config in project.specs}
    counted = [run for run in project.runs if run.spec in names]
    notes += [
        NotAssessed(
            f"record {run.record[:12]}", f"it is of spec {run.spec}, which was not asked for or is not configured"
        )
        for run in project.runs
        if run.spec not in names
    ]
    made = audit_of(parts, len(counted), len(project.runs), notes)
    return with_landings(project, made, commits), tuple(graphs)


def _of_spec(
    project: Project, config: SpecConfig, commits: str | None, key: Key, today: date | None
) -> tuple[tuple[SpecReport, CheckResults], tuple[NotAssessed, ...], Evidence]:
    history = history_of(project, config)
    evidence = evidence_of(project, history)
    assessment = assess(evidence, project.settings.policy, today, project.looks)
    hashed = hashed_prompts(project, evidence, key)
    wanted = wanted_sightings(project, history, commits)
    patches = [patch for patch in patches_of(history) if wanted is None or patch.after.name in wanted]
    texts, current = texts_of(project, config, history, patches, hashed)
    problems = (*assessment.not_assessed, *not_assessed(hashed))
    return spec_report(history, assessment, texts, current), problems, evidence


def wanted_sightings(project: Project, history: History, commits: str | None) -> frozenset[str] | None:
    """The names of the sightings in a range; None for all. Raises RevisionError for a range that cannot be read."""
    if commits is None:
        return None
    if project.repository is not None and any(sighting.commit for sighting in history.sightings):
        return project.repository.range_commits(commits)
    names = [sighting.name for sighting in history.sightings]
    first, _, last = commits.rpartition("..")
    for name in (first, last):
        if name and name not in names:
            raise RevisionError("no such dated folder", where=name, remedy=f"give one of {', '.join(names)}")
    start = names.index(first) + 1 if first else 0
    return frozenset(names[start : names.index(last) + 1 if last else len(names)])
