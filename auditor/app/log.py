"""Where a spec's revisions were seen, newest first, with what was measured beside them."""

from __future__ import annotations

from datetime import date

from auditor.app.audit import wanted_sightings
from auditor.app.project import Project, evidence_of, history_of
from auditor.assess.judge import assess
from auditor.assess.timeline import SpecLog, build_spec_log
from auditor.settings import SpecConfig


def log(
    project: Project, commits: str | None = None, since: date | None = None, until: date | None = None
) -> tuple[SpecLog, ...]:
    """The log of every spec of a project.

    Args:
        commits: as for `audit`; None for all.
        since: the first day that counts, in the time zone of each sighting; None for all.
        until: the last day that counts.

    Raises RepositoryError, RevisionError or ConfigError where a history cannot be read or the range says nothing.
    """
    return tuple(_of_spec(project, config, commits, since, until) for config in project.specs)


def _of_spec(
    project: Project, config: SpecConfig, commits: str | None, since: date | None, until: date | None
) -> SpecLog:
    history = history_of(project, config)
    assessment = assess(evidence_of(project, history), project.settings.policy)
    named = wanted_sightings(project, history, commits)
    wanted = [
        sighting.name
        for sighting in history.sightings
        if named is None or sighting.name in named
        if (since is None or sighting.date.date() >= since) and (until is None or sighting.date.date() <= until)
    ]
    return build_spec_log(history, assessment.patches, frozenset(wanted))
