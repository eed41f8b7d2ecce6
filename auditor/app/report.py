"""The periodic audit report: what happened to the spec, which patches moved behaviour, and which only the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from auditor.app.audit import audited
from auditor.app.debts import with_debts
from auditor.app.earlier import Before, before
from auditor.app.excused import with_waivers
from auditor.app.named import at_sighting
from auditor.app.project import Project
from auditor.app.witness import witness_of
from auditor.assess.timeline import build_series
from auditor.clauses.comparison import Comparison, compare_revisions
from auditor.errors import RepositoryError
from auditor.evidence import Evidence
from auditor.git import Folder
from auditor.model.period import Period
from auditor.model.verdict import Verdict
from auditor.report import PatchEntry, SpecReport
from auditor.report.periodic import Holding, Report, Section, Witnessed, day_of
from auditor.report.since import Previous, since
from auditor.store.integrity import ITEMS, Contents, examine
from auditor.store.seal import seal


def report(
    project: Project,
    period: Period,
    environment: Mapping[str, str] = MappingProxyType({}),
    basis: tuple[Contents, Holding] | None = None,
    against: str | None = None,
    previous: Previous | None = None,
) -> Report:
    """The report of a project on a period.

    Args:
        environment: as for `audit`; waivers and plans are judged as of the period's last day.
        basis: the store, and the records of it that it rests on; None for all that the project's tree has.
        against: a checkpoint held outside, as for `verify`; None without one.
        previous: the last report; None for the seal that landed nearest to the first day of the period.

    Raises what `audit` raises.
    """
    found, graphs = audited(project, None, environment, period.until)
    audit = with_debts(project, with_waivers(project, found, graphs, period.until), graphs)
    contents, held = basis or _held(project, against)
    was = before(project, period, contents, held.number if not held.unsealed else None, previous)
    then = was if isinstance(was, Before) else None
    return Report(
        period=period,
        head=project.repository.resolve(project.tip) if project.repository else None,
        holding=held,
        audit=audit,
        sections=tuple(_section(project, *one, period, then) for one in zip(audit.specs, graphs, strict=True)),
        policy=project.settings.policy,
        earlier=then.earlier if then else None,
        no_earlier=was if isinstance(was, str) else "",
        previous=previous,
    )


def sealed(project: Project) -> None:
    """Seals the records that are in no batch yet, as the next one; nothing where there is none.

    Raises RecordError where something is wrong with the store, and RepositoryError for a bare repository.
    """
    if not isinstance(project.tree, Folder):
        what, remedy = "is bare, and a seal is a file of a work tree", "run this in a clone, or give --no-seal"
        raise RepositoryError(what, where=str(project.root), remedy=remedy)
    seal(project.tree.root, project.settings.store, project.tree)


def _held(project: Project, against: str | None) -> tuple[Contents, Holding]:
    contents = examine(project.tree, project.settings.store)
    if against is None:
        return contents, held_in(contents)
    witness = witness_of(against, contents)
    return contents, replace(held_in(contents), witness=Witnessed(against, witness.number, witness.differences))


def held_in(contents: Contents) -> Holding:
    """The records of a store, and how they are sealed."""
    last = contents.checkpoints[-1] if contents.checkpoints else None
    return Holding(
        records=sum(len(ids) for kind, ids in contents.ids.items() if kind != ITEMS),
        number=last.number if last else None,
        root=last.root if last else None,
        unsealed=len(contents.unsealed),
        faults=len(contents.faults),
    )


def _section(project: Project, spec: SpecReport, evidence: Evidence, period: Period, was: Before | None) -> Section:
    policy = project.settings.policy
    then = was.specs.get(spec.history.spec) if was else None
    section = Section(
        spec=spec,
        within=period,
        period=tuple(entry for entry in spec.patches if period.holds(day_of(entry))),
        comparisons={},
        series=build_series(evidence, policy),
        suites=tuple(evidence.suites[name] for name in sorted(evidence.suites)),
        blocking=tuple(verdict for verdict in Verdict if verdict in policy.block_on),
        since=since(was.earlier, then, spec, policy, project.registry) if was and then else None,
    )
    comparisons = {entry.facts.patch.id: _comparison(spec, entry) for entry in section.period}
    return replace(section, comparisons=comparisons)


def _comparison(spec: SpecReport, entry: PatchEntry) -> Comparison:
    patch, history = entry.facts.patch, spec.history
    sides = at_sighting(history, patch.before), at_sighting(history, patch.after)
    return compare_revisions(history.spec, *sides, entry.text.lineage.events[patch.after.name])
