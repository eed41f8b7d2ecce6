"""The periodic audit report: what happened to the spec, and which patches moved behaviour.

In comes a project and a period; out comes a `Report`, compared with a baseline: a report that is given, else the seal
nearest to the first day of the period. `read_report_request` reads back from a written report what it was asked for;
`check_witness` holds a checkpoint from outside against the store.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.app.audit import assess_project
from auditor.app.project import (
    Project,
    build_evidence,
    read_history,
    read_settings_at,
    require_checked_out,
    sealed_records,
    snapshot_project,
)
from auditor.app.revision import revision_at
from auditor.assess.judge import assess
from auditor.assess.timeline import build_series
from auditor.audit import (
    Baseline,
    BaselineSpec,
    OutsideWitness,
    PatchEntry,
    PreviousReport,
    RecordBasis,
    Report,
    Section,
    SpecAudit,
    changes_since,
    patch_day,
)
from auditor.clauses.comparison import Comparison, compare_revisions
from auditor.errors import InputError, RecordError, RepositoryError
from auditor.git import Commit, Folder, Repository
from auditor.model.canonical import loads
from auditor.model.integrity import CheckpointComparison
from auditor.model.period import Period
from auditor.model.verdict import Verdict
from auditor.settings import SpecConfig
from auditor.store import checkpoints
from auditor.store.checkpoints import compare_copy, compare_root
from auditor.store.integrity import ITEMS_FOLDER, StoreContents, examine_store, seal_records

# What a report was asked for, as every rendering of it carries it, read back from its file.


REQUEST_REMEDY = "give a page, Markdown or JSON that auditor report wrote"
_META = re.compile(r'<meta name="auditor-report" content="([^"]*)">')
_COMMENT = re.compile(r"^<!-- auditor-report (\{.*\}) -->$", re.MULTILINE)
_Commit = Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
_Batch = Annotated[int, Field(ge=1)]


class _RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RequestWitness(_RequestModel):
    """What was said of a checkpoint from outside."""

    held_by: str
    number: int | None
    differences: list[str]


class RequestPrevious(_RequestModel):
    """The report it was compared with, by its own words."""

    name: str
    head: _Commit | None
    batch: _Batch


class ReportRequest(_RequestModel):
    """What a report was asked for."""

    schema_: Literal["auditor.report/1"] = Field(alias="schema")
    auditor_version: str
    name: str
    since: Annotated[date, Field(strict=False)]
    until: Annotated[date, Field(strict=False)]
    head: _Commit | None
    batch: _Batch | None
    witness: RequestWitness | None
    previous: RequestPrevious | None = None
    specs: Annotated[list[str], Field(min_length=1)]


def read_report_request(path: Path) -> tuple[ReportRequest, str, str]:
    """What a report was asked for, the format it is in, and its text. Raises InputError for a file that is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as a report", where=str(path), remedy=REQUEST_REMEDY) from error
    return (*parse_report_request(text, str(path)), text)


def parse_report_request(text: str, where: str) -> tuple[ReportRequest, str]:
    """What a report was asked for, of its text, and its format. Raises InputError for a text that is none."""
    try:
        if match := _META.search(text):
            return ReportRequest.model_validate(loads(html.unescape(match[1]).encode())), "html"
        if match := _COMMENT.search(text):
            return ReportRequest.model_validate(loads(match[1].encode())), "markdown"
        if text.startswith("{"):
            document = loads(text.encode())
            return ReportRequest.model_validate(document["request"] if isinstance(document, dict) else None), "json"
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))
        raise InputError(f"is no report: {fault['msg']}", where=where, field=field, remedy=REQUEST_REMEDY) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "is no report: what it was asked for cannot be read", where=where, remedy=REQUEST_REMEDY
        ) from error
    raise InputError("is no report: it does not say what it was asked for", where=where, remedy=REQUEST_REMEDY)


# The state that a report is compared with: that of a report somebody gives, else of the seal of the period before.
#
# A checkpoint has no date. The day it landed is the committers', as everywhere: whoever holds an earlier report gives
# it.


NO_SEAL_DATES = "outside of git nobody can tell on which day a batch was sealed; give the last report with --previous"
NO_SEALED_BATCH = "no earlier sealed batch: nothing to compare with"


@dataclass(frozen=True, slots=True)
class LandedSeal:
    """Where a batch landed: its number, the commit id, the day at the latest, and the root it had there."""

    batch: int
    commit: str
    day: date
    root: str


@dataclass(frozen=True, slots=True)
class BaselineSpecs:
    """The specs as they were, by name; a spec that nobody tracked then has no entry."""

    earlier: Baseline
    specs: Mapping[str, BaselineSpec]


def read_previous_report(path: Path) -> PreviousReport:
    """What a report is compared with, read from that report's file.

    Raises InputError for a file that is no report, or one that rests on records in no batch: nobody can tell which.
    """
    report_request: ReportRequest = read_report_request(path)[0]
    if report_request.batch is None:
        remedy = "give one that sealed its records, or none"
        raise InputError("rests on records that were in no batch", where=str(path), field="batch", remedy=remedy)
    return PreviousReport(report_request.name, report_request.head, report_request.batch)


def find_baseline(
    project: Project, period: Period, contents: StoreContents, batch: int | None, previous: PreviousReport | None
) -> BaselineSpecs | str:
    """The specs of a project as they were at the last report; or why there is nothing to compare with.

    Args:
        contents: of the store.
        batch: the last one of the report that is made; None where it rests on records in no batch.
        previous: the report to compare with; None for the seal that landed nearest to the first day of the period,
            on either side of it, and neither after the period nor as what this report itself rests on.

    Raises what reading the project at that state raises.
    """
    if previous is not None:
        return _baseline_at(project, contents, previous)
    if project.repository is None:
        return NO_SEAL_DATES if contents.checkpoints else NO_SEALED_BATCH
    seal = nearest_seal(_landed_seals(project.repository, project), period, batch)
    if seal is None:
        return NO_SEALED_BATCH
    return _baseline_at(project, contents, PreviousReport("", seal.commit, seal.batch), seal)


def nearest_seal(seals: Iterable[LandedSeal], period: Period, batch: int | None) -> LandedSeal | None:
    """The seal that landed nearest to the first day of a period, the later batch of two; None where there is none.

    A quarter's report is made, and seals, some days after it ends; what landed after the period, or is not before
    `batch`, is none to compare with.
    """
    able = [seal for seal in seals if seal.day <= period.until and (batch is None or seal.batch < batch)]
    return min(
        able, key=lambda landed_seal: (abs((landed_seal.day - period.since).days), -landed_seal.batch), default=None
    )


def _landed_seals(repository: Repository, project: Project) -> list[LandedSeal]:
    """Every batch with the commit of the first-parent chain that brought it in."""
    tip, store = repository.resolve(project.tip), project.settings.store
    folder = str(PurePosixPath(store, checkpoints.CHECKPOINTS_FOLDER))
    ancestry = repository.ancestry(tip)
    landed_seals: dict[int, LandedSeal] = {}
    for place in sorted({ancestry.landed[line.id] for line in repository.commits_touching(tip, [folder])}):
        commit = ancestry.chain[place]
        tree = Commit(repository, commit)
        for path in tree.list(folder):
            number = checkpoints.checkpoint_number(path, store)
            if number is not None and number not in landed_seals:
                root = checkpoints.decode_checkpoint(tree.read(path) or b"", path).root
                landed_seals[number] = LandedSeal(number, commit, ancestry.latest[place], root)
    return list(landed_seals.values())


def _baseline_at(
    project: Project, contents: StoreContents, previous_report: PreviousReport, seal: LandedSeal | None = None
) -> BaselineSpecs:
    only = sealed_records(contents, previous_report.batch, previous_report.name or "the last seal") or frozenset()
    names = {name for ids in contents.ids.values() for name in ids}
    root = contents.checkpoints[previous_report.batch - 1].root
    earlier = Baseline(
        batch=previous_report.batch,
        root=root,
        records=len(only),
        gone=len(only - names),
        commit=previous_report.head,
        landed=seal.day if seal else None,
        name=previous_report.name,
        rewritten=seal is not None and seal.root != root,
    )
    was = snapshot_project(
        project, previous_report.head, only, _baseline_configs(project, previous_report.head), project.settings.store
    )
    baseline_specs = {config.name: _assess_baseline(was, config) for config in was.specs}
    return BaselineSpecs(earlier, {name: then for name, then in baseline_specs.items() if then is not None})


def _baseline_configs(project: Project, head: str | None) -> list[SpecConfig]:
    """The project's specs as they were configured then; one that is asked for by its path needs no configuration."""
    then = {spec.name: spec for spec in read_settings_at(project, head)[1].specs}
    names = {spec.name for spec in project.settings.specs}
    configs = [then.get(spec.name, None if spec.name in names else spec) for spec in project.specs]
    return [config for config in configs if config is not None]


def _assess_baseline(was: Project, config: SpecConfig) -> BaselineSpec | None:
    """A spec as it was; None where it was configured before its first commit, for nothing else fails but today."""
    try:
        history = read_history(was, config)
    except RepositoryError:
        return None
    policy = was.settings.policy
    return BaselineSpec(assess(build_evidence(was, history), policy), policy, was.registry)


# A checkpoint that somebody else holds, held against the store that is here.


_ROOT = re.compile(r"[0-9a-f]{64}")


def check_witness(witness: str, contents: StoreContents) -> CheckpointComparison:
    """What a checkpoint from outside says of a store: `given` as in `verify`. Raises RecordError for none."""
    names = {name for ids in contents.ids.values() for name in ids}
    path = Path(witness)
    if _ROOT.fullmatch(witness) and not path.exists():
        return compare_root(contents.checkpoints, witness)
    try:
        data = path.read_bytes()
    except OSError as error:
        remedy = "give a copy of a checkpoint's file, or its root of 64 hex digits"
        raise RecordError(f"cannot be read: {error.strerror}", where=witness, remedy=remedy) from error
    try:
        outside = checkpoints.decode_checkpoint(data, witness)
    except RecordError as error:
        remedy = "give the copy as it was handed over"
        raise RecordError(error.what, where=witness, field=error.field, remedy=remedy) from error
    return compare_copy(contents.checkpoints, names, outside)


# The periodic audit report: what happened to the spec, which patches moved behaviour, and which only the score.


def report(
    project: Project,
    period: Period,
    environment: Mapping[str, str] = MappingProxyType({}),
    basis: tuple[StoreContents, RecordBasis] | None = None,
    against: str | None = None,
    previous: PreviousReport | None = None,
) -> Report:
    """The report of a project on a period.

    Args:
        environment: as for `assess_project`; waivers and plans are judged as of the period's last day.
        basis: the store, and the records of it that it rests on; None for all that the project's tree has.
        against: a checkpoint held outside, as for `verify`; None without one.
        previous: the last report; None for the seal that landed nearest to the first day of the period.

    Raises what `assess_project` raises.
    """
    if basis is None:
        require_checked_out(project)
    audit = assess_project(project, period.until, None, environment)
    contents, record_holding = basis or _examine_basis(project, against)
    was = find_baseline(
        project, period, contents, record_holding.number if not record_holding.unsealed else None, previous
    )
    then = was if isinstance(was, BaselineSpecs) else None
    repository = project.repository
    head = repository.resolve(project.tip) if repository else None
    return Report(
        period=period,
        head=head,
        basis=record_holding,
        audit=audit,
        sections=tuple(build_section(project, spec, period, then) for spec in audit.specs),
        policy=project.settings.policy,
        earlier=then.earlier if then else None,
        no_baseline=was if isinstance(was, str) else "",
        previous=previous,
        off_branches=repository is not None and head is not None and not _is_on_branch(repository, head),
    )


def _is_on_branch(repository: Repository, commit: str) -> bool:
    """Whether a branch, of this repository or of a remote one, has a commit."""
    options = ("--count=1", "--format=%(refname)", "--contains", commit)
    return bool(repository.command.run("for-each-ref", *options, "refs/heads", "refs/remotes").strip())


def seal_project(project: Project) -> None:
    """Seals the records that are in no batch yet, as the next one; nothing where there is none.

    Raises RecordError where something is wrong with the store, and RepositoryError for a bare repository.
    """
    if not isinstance(project.tree, Folder):
        subject, remedy = "is bare, and a seal is a file of a work tree", "run this in a clone, or give --no-seal"
        raise RepositoryError(subject, where=str(project.root), remedy=remedy)
    require_checked_out(project)
    seal_records(project.tree.root, project.settings.store, project.tree)


def _examine_basis(project: Project, against: str | None) -> tuple[StoreContents, RecordBasis]:
    contents = examine_store(project.tree, project.settings.store)
    if against is None:
        return contents, record_basis(contents)
    witness = check_witness(against, contents)
    return contents, replace(
        record_basis(contents), witness=OutsideWitness(against, witness.number, witness.differences)
    )


def record_basis(contents: StoreContents) -> RecordBasis:
    """The records of a store, and how they are sealed."""
    last = contents.checkpoints[-1] if contents.checkpoints else None
    return RecordBasis(
        records=sum(len(ids) for kind, ids in contents.ids.items() if kind != ITEMS_FOLDER),
        number=last.number if last else None,
        root=last.root if last else None,
        unsealed=len(contents.unsealed),
        faults=len(contents.faults),
    )


def build_section(project: Project, spec: SpecAudit, period: Period, was: BaselineSpecs | None) -> Section:
    """One spec's part of a report on a period; `was` is what it is compared with, None for nothing."""
    policy, evidence = project.settings.policy, spec.evidence
    then = was.specs.get(spec.history.spec) if was else None
    section = Section(
        spec=spec,
        report_period=period,
        period=tuple(entry for entry in spec.patches if period.holds(patch_day(entry))),
        comparisons={},
        series=build_series(evidence, policy),
        suites=tuple(evidence.suites[name] for name in sorted(evidence.suites)),
        blocking=tuple(verdict for verdict in Verdict if verdict in policy.block_on),
        since=changes_since(was.earlier, then, spec, policy, project.registry) if was and then else None,
    )
    comparisons = {entry.facts.patch.id: _compare_patch(spec, entry) for entry in section.period}
    return replace(section, comparisons=comparisons)


def _compare_patch(spec: SpecAudit, entry: PatchEntry) -> Comparison:
    patch, history = entry.facts.patch, spec.history
    sides = revision_at(history, patch.before), revision_at(history, patch.after)
    return compare_revisions(history.spec, *sides, entry.text.lineage.events[patch.after.name])
