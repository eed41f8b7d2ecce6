"""Whether the evaluation history is what it says, was, and what its logs and reports say; and sealing it.

In come checkpoints from outside, raw logs and written reports; out comes a `Verification`. Records are derived from
their logs again and compared member by member; a report is reproduced from the records and the commit it names, and
every number of it compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from auditor import __version__
from auditor.app.find_spec import select_specs
from auditor.app.ingest import choose_reader, discover, read_ingest_rules, to_runs
from auditor.app.project import (
    Place,
    Project,
    locate,
    open_project,
    read_settings_at,
    require_checked_out,
    sealed_records,
    snapshot_project,
)
from auditor.app.report import ReportRequest, check_witness, read_report_request, record_basis, report
from auditor.app.report_differences import compare_reports
from auditor.audit import OutsideWitness, PreviousReport, RecordBasis, Report
from auditor.errors import InputError, RecordError, RepositoryError
from auditor.git import Commit
from auditor.model.integrity import StoreCheckpoint
from auditor.model.numbers import short_id
from auditor.model.period import Period
from auditor.model.run import Grade, Run
from auditor.model.verification import (
    LogsReport,
    OutsideCheckpoint,
    RederivationState,
    RederivedRecord,
    ReportDifference,
    Reproduction,
    Verification,
)
from auditor.readers.interface import DEFAULT_OPTIONS, Engine, ReadOptions
from auditor.settings import load_settings
from auditor.store import integrity as sealing
from auditor.store.codec import ADDED_COLUMNS, ADDED_MEMBERS, ADDED_PROTOCOL, record_members
from auditor.store.integrity import StoreContents, examine_store
from auditor.store.records import load_records

# Records held against the raw logs they came from: read again, counted again, compared member by member.


# A log that was packed or converted since is another file of the same run; a correction names what a log cannot know.
_NOT_COMPARED = {"source_sha256", "corrects", "reason"}
# What an older record does not hold, a log may tell now.
_ADDED_LATER = {*ADDED_MEMBERS, *ADDED_PROTOCOL, *(f"tallies.{name}" for name in ADDED_COLUMNS)}


def rederive(project: Project, logs: Sequence[Path], options: ReadOptions = DEFAULT_OPTIONS) -> LogsReport:
    """Holds every record of a project against the logs and tables in some files and folders.

    `options` say how tables are read. A log is that of a record when it has the record's run identity; file names do
    not matter. Suites and bindings are those of now. Raises ConfigError or RepositoryError where the project cannot be
    read.
    """
    rules, refused = read_ingest_rules(project), list[str]()
    derived: dict[str, tuple[Run, str]] = {}
    files, _ = discover(logs, Engine.DUCKDB)
    for path in files:
        try:
            raws = choose_reader(path, Engine.DUCKDB).read(path, replace(options, hasher=rules.hasher))
            runs = [run for raw in raws for run, _ in to_runs(raw, rules)]
        except InputError as error:
            line = str(error)
            refused.append(line if line.startswith(str(path)) else f"{path}: {line}")
            continue
        for run in runs:
            derived.setdefault(run.identity, (run, str(path)))
    # As they were recorded, without the labels that were joined to them since.
    recorded = load_records(project.tree, project.settings.store)
    names = {run.identity for run in recorded}
    unrecorded = [f"{file}: {run.suite}" for name, (run, file) in derived.items() if name not in names]
    replaced = {run.corrects for run in recorded}
    records = [_rederive_record(run, derived.get(run.identity), run.record in replaced) for run in recorded]
    return LogsReport(len(files), tuple(refused), tuple(sorted(unrecorded)), tuple(records))


def _rederive_record(run: Run, derived: tuple[Run, str] | None, replaced: bool) -> RederivedRecord:
    if derived is None or replaced:
        state = RederivationState.CORRECTED if replaced else RederivationState.NO_LOG
        return RederivedRecord(run.record, run.suite, state, None, (), grade_without_logs(run.grade))
    again, file = derived
    differs = tuple(_differing_members(_record_members(run), _record_members(again)))
    state = RederivationState.DIFFERS if differs else RederivationState.AGREES
    grade = again.grade if not differs else grade_without_logs(run.grade)
    return RederivedRecord(run.record, run.suite, state, file, differs, grade)


def grade_without_logs(grade: Grade) -> Grade:
    """The grade of a record that nobody derived again: what its log showed is the word of whoever ingested it."""
    return max(grade, Grade.B)


def _record_members(run: Run) -> Mapping[str, Any]:
    """A record's members; those of the protocol and the tallies each by itself."""
    members = record_members(run)
    tallies = {f"tallies.{name}": column for name, column in members.pop("tallies").items()}
    return {**members, **members.pop("protocol", {}), **tallies}


def _differing_members(record: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    compared = (record.keys() | again.keys()) - _NOT_COMPARED - (_ADDED_LATER - record.keys())
    return sorted(name for name in compared if record.get(name) != again.get(name))


# A report made again from the records and the history it names, and every number of it compared.


def reproduce(path: Path, where: Path, environment: Mapping[str, str] = MappingProxyType({})) -> Reproduction:
    """Makes a report again and compares it.

    Args:
        path: what `auditor report` wrote: a page, Markdown or JSON.
        where: a folder in the repository it was made in, or a copy of it.

    Raises InputError for a file that is no report, and for one that another version of auditor wrote: its words and
    numbers are that version's, and a comparison of a part of them would pass what was changed in the rest. Raises
    RepositoryError or RecordError where what it rests on is gone.
    """
    request, style, text = read_report_request(path)
    if request.auditor_version != __version__:
        raise InputError(
            f"was made by auditor {request.auditor_version}, and this is {__version__}",
            where=str(path),
            field="auditor_version",
            remedy=f"verify it with auditor {request.auditor_version}",
        )
    period, request_previous = Period(request.name, request.since, request.until), request.previous
    previous = (
        PreviousReport(request_previous.name, request_previous.head, request_previous.batch)
        if request_previous
        else None
    )
    with locate(where) as place:
        project, contents, holding = _read_snapshot(place, request, str(path))
        derived = report(project, period, environment, (contents, holding), previous=previous)
        left_out = tuple(_left_out(project, contents, request))
    again = _render(derived, style)
    numbers, differences = compare_reports(text, again, style)
    differences = (*left_out, *differences)
    held_by = request.witness.held_by if request.witness else None
    return Reproduction(str(path), request.head, request.batch, numbers, differences, held_by)


def _read_snapshot(place: Place, request: ReportRequest, where: str) -> tuple[Project, StoreContents, RecordBasis]:
    """The project at the report's commit, with the records of its batches, and the store.

    A report on records that were in no batch rests on those of its commit.
    """
    if place.repository is not None:
        place.repository.require_complete()
        if request.batch is None and request.head is not None:
            at = place.repository.resolve(request.head)
            place = replace(place, tree=Commit(place.repository, at))
    settings = read_settings_at(place, request.head)[1]
    contents = examine_store(place.tree, settings.store)
    only = sealed_records(contents, request.batch, where)
    in_git = place.repository is not None
    specs = [select_specs(settings.specs, (name,), in_git=in_git)[0] for name in request.specs]
    project = snapshot_project(place, request.head, only, specs, settings.store)
    request_witness = request.witness
    witness = (
        OutsideWitness(request_witness.held_by, request_witness.number, tuple(request_witness.differences))
        if request_witness
        else None
    )
    return project, contents, replace(_basis_of_batch(contents, request.batch), witness=witness)


def _left_out(project: Project, contents: StoreContents, request: ReportRequest) -> Iterator[ReportDifference]:
    """The records of the report's commit that none of its batches has: it was made on a choice of them."""
    if request.batch is None or request.head is None or project.repository is None:
        return
    sealed = {name for checkpoint in contents.checkpoints[: request.batch] for name in checkpoint.ids}
    tree, store = Commit(project.repository, request.head), project.settings.store
    folders = (folder for folder in sealing.CONTENT_FOLDERS if folder != sealing.ITEMS_FOLDER)
    names = {PurePosixPath(path).stem for folder in folders for path in tree.list(str(PurePosixPath(store, folder)))}
    if lacking := sorted(names - sealed):
        says = f"rests on batch {request.batch} at commit {short_id(request.head)}"
        gives = f"{len(lacking):,} of that commit in none of the batches up to it: {', '.join(lacking[:3])}"
        yield ReportDifference(1, says, gives)


def _basis_of_batch(contents: StoreContents, batch: int | None) -> RecordBasis:
    now = record_basis(contents)
    if batch is None:
        return now
    upto = contents.checkpoints[:batch]
    names = {name for ids in contents.ids.values() for name in ids}
    records = sum(name in names for checkpoint in upto for name in checkpoint.ids)
    return RecordBasis(records, batch, upto[-1].root, 0, now.faults)


def _render(derived: Report, style: str) -> str:
    if style == "html":
        from auditor.render.html.report import report_html

        return report_html(derived)
    if style == "markdown":
        from auditor.render.markdown import report_markdown

        return report_markdown(derived)
    from auditor.render.documents import report_json

    return report_json(derived)


# Whether the evaluation history is what it says, what it was, and what its logs say; and sealing it.


def verify(
    where: Path,
    *,
    against: Sequence[str] = (),
    logs: Sequence[Path] = (),
    reports: Sequence[Path] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Verification:
    """Looks at everything in the evaluation history.

    Args:
        where: a folder in the project, or a bare repository, whose HEAD is looked at.
        against: checkpoints held outside: the path of a copy of the file, or its root, 64 hex digits.
        logs: files and folders with the raw logs and tables; every record is held against them.
        reports: what `auditor report` wrote; each is made again and compared.
        environment: as for `audit`.
        options: how tables are read.

    Raises RecordError for a checkpoint from outside that is none, or where there is no evaluation history; ConfigError
    or RepositoryError where the project cannot be read.
    """
    with _located_store(where) as (place, store):
        contents = examine_store(place.tree, store)
    witnesses = tuple(OutsideCheckpoint(outside, check_witness(outside, contents)) for outside in against)
    return Verification(
        store=store,
        counts={folder: len(ids) for folder, ids in contents.ids.items()},
        unknown=contents.unknown,
        checkpoints=contents.checkpoints,
        unsealed=contents.unsealed,
        faults=contents.faults,
        outside_checkpoints=witnesses,
        logs=_rederive_logs(where, logs, options) if logs and not contents.faults else None,
        logs_asked=bool(logs),
        reports=tuple(reproduce(path, where, environment) for path in reports),
    )


def _rederive_logs(where: Path, logs: Sequence[Path], options: ReadOptions) -> LogsReport:
    with open_project(where) as project:
        return rederive(project, logs, options)


def seal_history(where: Path) -> StoreCheckpoint | None:
    """Seals the records that are in no batch yet as the next one, `checkpoints/NNNN.json` in the store.

    Returns the checkpoint made; None where everything is sealed. Raises RecordError where something in the store is
    wrong or cannot be written, RepositoryError for a bare repository.
    """
    with _located_store(where) as (place, store):
        if place.repository is not None and place.repository.worktree is None:
            remedy = "run this in a clone, and commit what it writes"
            raise RepositoryError("is bare, and checkpoints are files of a work tree", where=str(where), remedy=remedy)
        require_checked_out(place)
        return sealing.seal_records(place.root, store, place.tree)


@contextmanager
def _located_store(where: Path) -> Iterator[tuple[Place, str]]:
    with locate(where) as place:
        store = load_settings(place.tree).store
        if not place.tree.list(store):
            remedy = "run this in the project, or auditor init"
            raise RecordError("there is no evaluation history", where=str(place.root), field=store, remedy=remedy)
        yield place, store
