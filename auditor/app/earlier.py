"""The state that a report is compared with: that of a report somebody gives, else of the seal of the period before.

A checkpoint has no date. The day it landed is the committers', as everywhere: whoever holds an earlier report gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from auditor.app.asked import Asked, asked_in
from auditor.app.asof import as_of, sealed_by, settings_at
from auditor.app.project import Project, evidence_of, history_of
from auditor.assess.judge import assess
from auditor.errors import InputError, RepositoryError
from auditor.git import Commit, Repository
from auditor.model.period import Period
from auditor.report.since import Earlier, Previous, Then
from auditor.settings import SpecConfig
from auditor.store import checkpoints
from auditor.store.integrity import Contents

NOT_IN_GIT = "outside of git nobody can tell on which day a batch was sealed; give the last report with --previous"
NONE_SEALED = "no earlier sealed batch: nothing to compare with"


@dataclass(frozen=True, slots=True)
class Seal:
    """Where a batch landed: its number, the commit id, the day at the latest, and the root it had there."""

    batch: int
    commit: str
    day: date
    root: str


@dataclass(frozen=True, slots=True)
class Before:
    """The specs as they were, by name; a spec that nobody tracked then has no entry."""

    earlier: Earlier
    specs: Mapping[str, Then]


def previous_in(path: Path) -> Previous:
    """What a report is compared with, read from that report's file.

    Raises InputError for a file that is no report, or one that rests on records in no batch: nobody can tell which.
    """
    asked: Asked = asked_in(path)[0]
    if asked.batch is None:
        remedy = "give one that sealed its records, or none"
        raise InputError("rests on records that were in no batch", where=str(path), field="batch", remedy=remedy)
    return Previous(asked.name, asked.head, asked.batch)


def before(
    project: Project, period: Period, contents: Contents, batch: int | None, previous: Previous | None
) -> Before | str:
    """The specs of a project as they were at the last report; or why there is nothing to compare with.

    Args:
        contents: of the store.
        batch: the last one of the report that is made; None where it rests on records in no batch.
        previous: the report to compare with; None for the seal that landed nearest to the first day of the period,
            on either side of it, and neither after the period nor as what this report itself rests on.

    Raises what reading the project at that state raises.
    """
    if previous is not None:
        return _at(project, contents, previous)
    if project.repository is None:
        return NOT_IN_GIT if contents.checkpoints else NONE_SEALED
    seal = nearest(_seals(project.repository, project), period, batch)
    if seal is None:
        return NONE_SEALED
    return _at(project, contents, Previous("", seal.commit, seal.batch), seal)


def nearest(seals: Iterable[Seal], period: Period, batch: int | None) -> Seal | None:
    """The seal that landed nearest to the first day of a period, the later batch of two; None where there is none.

    A quarter's report is made, and seals, some days after it ends; what landed after the period, or is not before
    `batch`, is none to compare with.
    """
    able = [one for one in seals if one.day <= period.until and (batch is None or one.batch < batch)]
    return min(able, key=lambda one: (abs((one.day - period.since).days), -one.batch), default=None)


def _seals(repository: Repository, project: Project) -> list[Seal]:
    """Every batch with the commit of the first-parent chain that brought it in."""
    tip, store = repository.resolve(project.tip), project.settings.store
    folder = str(PurePosixPath(store, checkpoints.FOLDER))
    ancestry = repository.ancestry(tip)
    found: dict[int, Seal] = {}
    for place in sorted({ancestry.landed[line.id] for line in repository.commits_touching(tip, [folder])}):
        commit = ancestry.chain[place]
        tree = Commit(repository, commit)
        for path in tree.list(folder):
            number = checkpoints.number_in(path, store)
            if number is not None and number not in found:
                root = checkpoints.decode(tree.read(path) or b"", path).root
                found[number] = Seal(number, commit, ancestry.latest[place], root)
    return list(found.values())


def _at(project: Project, contents: Contents, given: Previous, seal: Seal | None = None) -> Before:
    only = sealed_by(contents, given.batch, given.name or "the last seal") or frozenset()
    there = {one for ids in contents.ids.values() for one in ids}
    root = contents.checkpoints[given.batch - 1].root
    earlier = Earlier(
        batch=given.batch,
        root=root,
        records=len(only),
        gone=len(only - there),
        commit=given.head,
        landed=seal.day if seal else None,
        name=given.name,
        rewritten=seal is not None and seal.root != root,
    )
    was = as_of(project, given.head, only, _configured(project, given.head), project.settings.store)
    found = {config.name: _then(was, config) for config in was.specs}
    return Before(earlier, {name: then for name, then in found.items() if then is not None})


def _configured(project: Project, head: str | None) -> list[SpecConfig]:
    """The project's specs as they were configured then; one that is asked for by its path needs no configuration."""
    then = {one.name: one for one in settings_at(project, head)[1].specs}
    asked = {one.name for one in project.settings.specs}
    found = [then.get(one.name, None if one.name in asked else one) for one in project.specs]
    return [one for one in found if one is not None]


def _then(was: Project, config: SpecConfig) -> Then | None:
    """A spec as it was; None where it was configured before its first commit, for nothing else fails but today."""
    try:
        history = history_of(was, config)
    except RepositoryError:
        return None
    policy = was.settings.policy
    return Then(assess(evidence_of(was, history), policy), policy, was.registry)
