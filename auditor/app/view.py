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

from auditor.app.audit import assess_project
from auditor.app.graph import build_audit_graph
from auditor.app.project import Project
from auditor.app.report import build_section
from auditor.audit import Section, SpecAudit, patch_day
from auditor.clauses.blame import ClauseHistory, clause_history, clause_states
from auditor.clauses.lineage import trace_lineage
from auditor.document.view import SealedBatch, View
from auditor.errors import InputError
from auditor.evidence.graph import freeze_graph
from auditor.model.period import Period, parse_quarter, period_between, quarter_name
from auditor.model.suite import Role
from auditor.store.integrity import examine_store

VIEW_FOLDER = "auditor/view"
"""Where the pages lie below the common git directory, unless somebody names a folder."""

_MANIFEST = "pages.json"
_MANIFEST_NOTE = "files that auditor view wrote, and will replace or remove"


def build_view(project: Project, today: date, environment: Mapping[str, str] = MappingProxyType({})) -> View:
    """Everything the pages show.

    Args:
        today: the day that waivers and plans are held against.
        environment: as for `assess_project`.

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
        day=today,
    )


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
