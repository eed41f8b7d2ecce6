"""Recording what will be run, before there is a result.

In comes a planned run and the time; out comes the recorded plan, whose id is stamped on the evaluation, and why its
revision may not be found later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from auditor.app.project import Project, open_project
from auditor.app.revision import Stamp, read_stamps
from auditor.errors import ConfigError, RepositoryError
from auditor.model.preregistration import Preregistration
from auditor.store.ledger import add_preregistration


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What is to be run.

    Attributes:
        suite: a registered suite, by its name or a task's; or one that records have already.
        samples: planned, valid and invalid together; at least 1.
        checkpoint: None for the model's name.
        revision: what stands for it, as for `auditor revision`; None for the work tree.
        specs: which, where several are configured.
    """

    suite: str
    model: str
    samples: int
    checkpoint: str | None = None
    revision: str | None = None
    condition: str = ""
    note: str = ""
    specs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreregistrationReport:
    """A plan that was recorded; `caution` says why its revision may not be found later, None where it will."""

    plan: Preregistration
    caution: str | None


def preregister(where: Path, planned_run: PlannedRun, now: datetime) -> PreregistrationReport:
    """Records that a suite will be run, as `<store>/plans/<sha256>.json`; of `now` whole seconds are kept.

    Raises ConfigError for a suite nobody knows, RevisionError for a name of no revision, RepositoryError for a bare
    repository, RecordError where the plan cannot be written.
    """
    stamp = _read_stamp(where, planned_run)
    with open_project(where, planned_run.specs) as project:
        if project.repository is not None and project.repository.worktree is None:
            remedy = "run this in a clone, and commit what it writes"
            raise RepositoryError("is bare, and plans are files of a work tree", where=str(where), remedy=remedy)
        plan = Preregistration(
            id="",
            spec=stamp.spec,
            revision=stamp.revision,
            suite=_resolve_suite(project, planned_run.suite),
            model=planned_run.model,
            checkpoint=planned_run.checkpoint or planned_run.model,
            condition=planned_run.condition,
            planned=planned_run.samples,
            created=now.replace(microsecond=0),
            note=planned_run.note,
        )
        return PreregistrationReport(add_preregistration(project.root, project.settings.store, plan), stamp.caution)


def _read_stamp(where: Path, planned_run: PlannedRun) -> Stamp:
    stamps = read_stamps(where, planned_run.specs, planned_run.revision)
    if len(stamps) > 1:
        names = ", ".join(stamp.spec for stamp in stamps)
        raise ConfigError(f"several fit: {names}", where="--spec", remedy="name one of them")
    return stamps[0]


def _resolve_suite(project: Project, name: str) -> str:
    suite = project.registry.find_suite(name)
    if suite is None and name not in {run.suite for run in project.runs}:
        suites = ", ".join(sorted(project.registry.suites)) or "none yet"
        subject = f"{name!r:.80} is no suite and no task of one (known: {suites:.200})"
        remedy = f"add [[suite]] for it to {project.settings.store}/suites.toml"
        raise ConfigError(subject, where="--suite", remedy=remedy)
    return suite.name if suite else name
