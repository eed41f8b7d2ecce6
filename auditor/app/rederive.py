"""Records held against the raw logs they came from: read again, counted again, compared member by member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor.app.found import found, reader
from auditor.app.project import Project
from auditor.app.recorded import rules_of, run_of
from auditor.errors import InputError
from auditor.model import canonical
from auditor.model.run import Grade, Run
from auditor.report.verification import LogsReport, Rederived, State
from auditor.sources.runs.interface import Engine, ReadOptions
from auditor.store.codec import LATER, LATER_COLUMNS, encode
from auditor.store.records import load

# A log that was packed or converted since is another file of the same run; a correction names what a log cannot know.
_NOT_COMPARED = {"source_sha256", "corrects"}
# What an older record does not say, a log may say now.
_LATER = {*LATER, *(f"tallies.{name}" for name in LATER_COLUMNS)}


def rederive(project: Project, logs: Sequence[Path], *, ignore_extra: bool = False) -> LogsReport:
    """Holds every record of a project against the logs and tables in some files and folders.

    A log is that of a record when it has the record's run identity; file names do not matter. Suites and bindings are
    those of now. Raises ConfigError or RepositoryError where the project cannot be read.
    """
    rules, refused = rules_of(project), list[str]()
    derived: dict[str, tuple[Run, str]] = {}
    files, _ = found(logs, Engine.AUTO)
    for path in files:
        try:
            raws = reader(path, Engine.AUTO).read(path, ReadOptions(ignore_extra))
            runs = [run_of(raw, rules) for raw in raws]
        except InputError as error:
            line = str(error)
            refused.append(line if line.startswith(str(path)) else f"{path}: {line}")
            continue
        for run in runs:
            derived.setdefault(run.identity, (run, str(path)))
    # As they were recorded, without the labels that were joined to them since.
    recorded = load(project.tree, project.settings.store)
    known = {run.identity for run in recorded}
    unrecorded = [f"{file}: {run.suite}" for name, (run, file) in derived.items() if name not in known]
    replaced = {run.corrects for run in recorded}
    records = [_held(run, derived.get(run.identity), run.record in replaced) for run in recorded]
    return LogsReport(len(files), tuple(refused), tuple(sorted(unrecorded)), tuple(records))


def _held(run: Run, derived: tuple[Run, str] | None, replaced: bool) -> Rederived:
    if derived is None or replaced:
        state = State.CORRECTED if replaced else State.NO_LOG
        return Rederived(run.record, run.suite, state, None, (), shown(run.grade))
    again, file = derived
    differs = tuple(_different(_members(run), _members(again)))
    state = State.DIFFERS if differs else State.AGREES
    grade = again.grade if not differs else shown(run.grade)
    return Rederived(run.record, run.suite, state, file, differs, grade)


def shown(grade: Grade) -> Grade:
    """The grade of a record that nobody derived again: what its log showed is the word of whoever ingested it."""
    return max(grade, Grade.B)


def _members(run: Run) -> Mapping[str, Any]:
    """A record's members; of the tallies each by itself."""
    members = canonical.loads(encode(run)[0])
    assert isinstance(members, dict)
    tallies = {f"tallies.{name}": column for name, column in members.pop("tallies").items()}
    return {**members, **tallies}


def _different(record: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    compared = (record.keys() | again.keys()) - _NOT_COMPARED - (_LATER - record.keys())
    return sorted(name for name in compared if record.get(name) != again.get(name))
