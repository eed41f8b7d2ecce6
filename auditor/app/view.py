"""What the pages of `auditor view` are made of, and how they come into a folder.

A project comes in; out comes a `View`: the audit, the evidence graph that its verdicts were computed from, and what
the pages show of both. `write_pages` brings rendered pages into a folder: what is as it was stays untouched, and a page
that is no longer one goes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from auditor.app.audit import assess_project
from auditor.app.graph import build_audit_graph
from auditor.app.project import Project
from auditor.app.report import build_section, parse_report_request
from auditor.audit import Section, SpecAudit, patch_day
from auditor.clauses.blame import ClauseHistory, clause_history, clause_states
from auditor.clauses.lineage import trace_lineage
from auditor.document.view import CommittedReport, CorrectedRecord, SealedBatch, View
from auditor.errors import AuditorError, InputError, RepositoryError
from auditor.evidence.graph import freeze_graph
from auditor.git import Commit
from auditor.model.period import Period, parse_quarter, period_between, quarter_name
from auditor.model.run import Run
from auditor.model.suite import Role
from auditor.store.integrity import examine_store

VIEW_FOLDER = "auditor/view"
"""Where the pages lie below the common git directory, unless somebody names a folder."""

_MANIFEST = "pages.json"
_MANIFEST_NOTE = "files that auditor view wrote, and will replace or remove"


def build_view(
    project: Project, today: date, environment: Mapping[str, str] = MappingProxyType({}), folder: Path | None = None
) -> View:
    """Everything the pages show.

    Args:
        today: the day that waivers and plans are held against.
        environment: as for `assess_project`.
        folder: where the pages are read, if that is beside the repository, so that they can link its files; None where
            they will be published, without it.

    Raises what `assess_project` raises.
    """
    audit = assess_project(project, today, None, environment)
    graph = freeze_graph(build_audit_graph(audit, [spec.evidence for spec in audit.specs]))
    contents = examine_store(project.tree, project.settings.store)
    sections = tuple(build_section(project, spec, _whole_history(spec, today), None) for spec in audit.specs)
    return View(
        audit=audit,
        graph=graph,
        sections=sections,
        quarters=tuple(tuple(_quarters(section)) for section in sections),
        clauses={name: story for spec in audit.specs for name, story in _clause_histories(spec).items()},
        failing={record: items for spec in audit.specs for record, items in _failing_items(spec)},
        seals=tuple(SealedBatch(batch.number, len(batch.ids), batch.root) for batch in contents.checkpoints),
        reports=tuple(_committed_reports(project, folder)),
        corrected=tuple(record for spec in audit.specs for record in _corrected_records(spec)),
        day=today,
    )


_MOST_REPORTS = 200


def _committed_reports(project: Project, folder: Path | None) -> Iterator[CommittedReport]:
    """The pages in the last commit that are reports of auditor, by path; what is no report is passed over."""
    repository = project.repository
    if repository is None:
        return
    try:
        tree = Commit(repository, repository.resolve(project.tip))
    except RepositoryError:  # nothing is committed yet
        return
    for path in [path for path in tree.list("") if path.endswith(".html")][:_MOST_REPORTS]:
        try:
            request, _ = parse_report_request((tree.read(path) or b"").decode("utf-8"), path)
        except (AuditorError, UnicodeDecodeError):
            continue
        link = ""
        if folder is not None and repository.worktree is not None and (repository.worktree / path).is_file():
            link = quote(Path(os.path.relpath(repository.worktree / path, folder)).as_posix())
        yield CommittedReport(path, request.name, tuple(request.specs), request.batch, link)


def _corrected_records(spec: SpecAudit) -> Iterator[CorrectedRecord]:
    evidence = spec.evidence
    first = evidence.uncorrected.runs if evidence.uncorrected is not None else {}
    for run in sorted(evidence.runs.values(), key=lambda run: (run.suite, run.record)):
        corrected = first.get(str(run.corrects))
        if corrected is not None:
            counts = _counts(corrected), _counts(run)
            yield CorrectedRecord(corrected.record, corrected.suite, run.record, run.reason or "", counts)
    for run in evidence.foreign_corrections.values():
        reason = "it says to correct a record of another run, and counts nowhere"
        yield CorrectedRecord(run.record, run.suite, "", reason, (_counts(run),))


def _counts(run: Run) -> tuple[int, int]:
    return int(sum(run.tallies.misaligned)), int(sum(run.tallies.valid))


def _whole_history(spec: SpecAudit, today: date) -> Period:
    days = [patch_day(entry) for entry in spec.patches]
    return period_between(min([*days, today]), max([*days, today]))


def _quarters(section: Section) -> Iterator[Section]:
    """The section of each quarter in which a patch landed, oldest first."""
    for name in sorted({quarter_name(patch_day(entry)) for entry in section.spec.patches}):
        period = parse_quarter(name)
        inside = tuple(entry for entry in section.spec.patches if period.holds(patch_day(entry)))
        yield replace(section, report_period=period, period=inside)


def _clause_histories(spec: SpecAudit) -> dict[str, ClauseHistory]:
    if not spec.history.spec_commits:
        return {}
    lineage = spec.patches[0].text.lineage if spec.patches else trace_lineage(spec.history)
    states = clause_states(spec.history, lineage)
    return {name: clause_history(spec.history, lineage, states, name) for name in states}


def _failing_items(spec: SpecAudit) -> Iterator[tuple[str, tuple[tuple[str, int, int], ...]]]:
    """Of each run of a test suite the items with a misaligned sample, the worst first."""
    suites = spec.evidence.suites
    for run in spec.evidence.runs.values():
        suite, tallies = suites.get(run.suite), run.tallies
        if suite is not None and suite.role is Role.TEST and tallies.items is not None:
            counts = zip(tallies.items, tallies.misaligned, tallies.valid, strict=True)
            failed = [(item, int(misaligned), int(valid)) for item, misaligned, valid in counts if misaligned]
            yield run.record, tuple(sorted(failed, key=lambda entry: (-entry[1] / entry[2], entry[0])))


# Pages in a folder.


@dataclass(frozen=True, slots=True)
class WrittenPages:
    """How many pages there are, how many of them were written, and how many went."""

    pages: int
    written: int
    removed: int


def write_pages(folder: Path, pages: Iterable[tuple[str, str]]) -> WrittenPages:
    """Brings pages, as (file name, text), into a folder; the folder is made where it is not there.

    Raises InputError where the folder holds files that are none of these pages, or cannot be written.
    """
    earlier = _earlier_pages(folder)
    names: set[str] = set()
    written = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_manifest(folder, sorted(earlier))
        for name, text in pages:
            names.add(name)
            written += _write_page(folder / name, text.encode())
        for name in earlier - names:
            with suppress(FileNotFoundError):
                (folder / name).unlink()
        _write_manifest(folder, sorted(names))
    except OSError as error:
        remedy = "give a folder that can be written, with -o"
        raise InputError(f"cannot be written: {error.strerror}", where=str(folder), remedy=remedy) from error
    return WrittenPages(len(names), written, len(earlier - names))


def _earlier_pages(folder: Path) -> set[str]:
    """The pages that an earlier view left; raises InputError for a folder of anything else."""
    try:
        there = set(os.listdir(folder))  # noqa: PTH208
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(folder), field="-o", remedy="give a new folder"
        ) from error
    if not there:
        return set()
    try:
        names = json.loads((folder / _MANIFEST).read_bytes())["pages"]
        earlier = {name for name in names if isinstance(name, str) and name == Path(name).name}
    except (OSError, ValueError, KeyError, TypeError) as error:
        subject, remedy = "holds other files", "give a new or empty folder, or one that auditor view wrote"
        raise InputError(subject, where=str(folder), field="-o", remedy=remedy) from error
    return earlier


def _write_manifest(folder: Path, names: list[str]) -> None:
    document = {"about": _MANIFEST_NOTE, "pages": names}
    _write_page(folder / _MANIFEST, (json.dumps(document, indent=0) + "\n").encode())


def _write_page(path: Path, data: bytes) -> bool:
    """Whether it was written: a file that holds these bytes is left as it is; else it is replaced whole."""
    with suppress(OSError):
        if path.read_bytes() == data:
            return False
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".page-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True
