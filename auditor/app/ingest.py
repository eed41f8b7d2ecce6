"""Logs and tables into records: read, bind to a revision, name the suite, reduce, add. Atomic per file.

Prompts are never recorded; where there is a key, their keyed hashes are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from auditor.app.found import found, reader
from auditor.app.project import Project, open_project
from auditor.app.prompts import Key, key_of
from auditor.app.recorded import Rules, recorded, rules_of
from auditor.errors import EXIT_COULD_NOT_RUN, EXIT_PASS, InputError, RepositoryError, TableError
from auditor.model.raw_run import RawRun
from auditor.model.run import Run
from auditor.model.suite import Role
from auditor.sources.runs.interface import LOCAL, Engine, LabelReader, ReadOptions
from auditor.store.labels import add_labels
from auditor.store.prompts import PromptFile, add_prompts, hashed
from auditor.store.records import Outcome, RecordStore


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
        path: as it was given or found.
        runs: runs read from it; 0 for a refused file.
        added: of those, the ones recorded now (or, in a dry run, that would be).
        present: of those, the ones that were recorded before.
        incomplete: of those, the ones that cannot support a verdict.
        hashed, unhashed: prompts in it whose keyed hashes were kept, and prompts that were dropped for want of a key.
        edited: samples in it with a score that was changed after it was given.
        labelled: samples of logs that it has labels of; `added` and `present` then count evaluations.
        refused: one line that says why the file was refused; None for a good one.
    """

    path: str
    runs: int = 0
    added: int = 0
    present: int = 0
    incomplete: int = 0
    hashed: int = 0
    unhashed: int = 0
    edited: int = 0
    labelled: int = 0
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all files.

    Attributes:
        passed_over: files in folders that are of no known kind.
        no_key: why there is no key to hash prompts with; "" with one.
    """

    files: tuple[FileReport, ...]
    passed_over: tuple[str, ...]
    dry_run: bool
    no_key: str = ""

    @property
    def refusals(self) -> tuple[str, ...]:
        """One line for every refused file."""
        return tuple(file.refused for file in self.files if file.refused)

    @property
    def exit_code(self) -> int:
        """2 where something was refused; what was good has landed all the same."""
        return EXIT_COULD_NOT_RUN if self.refusals else EXIT_PASS


def ingest(
    paths: Sequence[Path | str],
    *,
    root: Path,
    spec: str | None,
    extra: str,
    dry_run: bool,
    environment: Mapping[str, str] = MappingProxyType({}),
    engine: Engine = Engine.AUTO,
    master: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Record the runs of logs and tables.

    Args:
        paths: files, or folders that are walked in the order of their names; for Spark each is one table, or
            the address of one (`s3a://…`), as text.
        root: a folder in the repository, or of dated revisions, whose project the runs belong to.
        spec: the name or path of the spec; None for any that is configured.
        extra: "ignore" skips columns a table's contract does not know; "error" refuses them.
        dry_run: do everything but write.
        environment: its variables, one of which may say where the key of hashed prompts is.
        engine: what counts tables.
        master: Spark's; None for every core of this machine.
        progress: told which file is being read, and how much of it is counted where that is known.

    Raises ConfigError, RepositoryError or RecordError where the project itself cannot be read. What is wrong with a
    file is in the report.
    """
    project = open_project(root, spec)
    with project.repository or nullcontext():
        if project.repository and project.repository.worktree is None:
            remedy = "run this in a clone, and commit what it writes"
            raise RepositoryError("is bare, and records are files of a work tree", where=str(root), remedy=remedy)
        addresses = {Path(path): path for path in paths if isinstance(path, str) and "://" in path}
        options = ReadOptions(extra == "ignore", engine, master or LOCAL, addresses)
        return _ingest(list(map(Path, paths)), project, options, dry_run, key_of(project, environment), progress)


# Told a file's name and how much of it is counted, 0 to 1; None where a file begins.
Progress = Callable[[str, float | None], None]
# The behaviour and role of each suite, as tables declare them.
Declared = dict[str, tuple[str, Role]]


@dataclass(frozen=True, slots=True)
class _Context:
    """What a file is judged by: the project and its rules, what tables declared before, the key."""

    project: Project
    rules: Rules
    declared: Declared
    key: Key
    dry_run: bool


def _ingest(
    paths: Sequence[Path],
    project: Project,
    options: ReadOptions,
    dry_run: bool,
    key: Key,
    progress: Progress | None,
) -> IngestReport:
    store_path = project.settings.store
    context = _Context(project, rules_of(project), _declared(project.runs, {}), key, dry_run)
    store = RecordStore(project.root, store_path, dry_run=dry_run)
    files, passed_over = found(paths, options.engine)
    reports = []
    for path in files:
        if progress:
            progress(str(path), None)
            options = replace(options, progress=partial(progress, str(path)))
        reports.append(_ingest_file(path, context, store, options))
    return IngestReport(tuple(reports), tuple(map(str, passed_over)), dry_run, key.why)


def _ingest_file(path: Path, context: _Context, store: RecordStore, options: ReadOptions) -> FileReport:
    try:
        its = reader(path, options.engine)
        if isinstance(its, LabelReader):
            return _ingest_labels(path, its, context)
        raws = its.read(path, options)
        found = [recorded(raw, context.rules) for raw in raws]
        runs = [run for run, _ in found]
        declared = _declared(runs, context.declared)
        outcomes = store.add(runs, {run.samples: file for run, file in found if run.samples and file})
        context.declared.update(declared)
        kept = _keep_prompts(raws, runs, context)
    except InputError as error:
        line = str(error)
        return FileReport(str(path), refused=line if line.startswith(str(path)) else f"{path}: {line}")
    return FileReport(
        path=str(path),
        runs=len(runs),
        added=outcomes.count(Outcome.ADDED),
        present=outcomes.count(Outcome.PRESENT),
        incomplete=sum(run.incomplete is not None for run in runs),
        edited=sum(raw.edited for raw in raws),
        hashed=sum(len(file.prompts) for file in kept),
        unhashed=0 if context.key.bytes else sum(map(len, _prompts(raws, runs).values())),
    )


def _ingest_labels(path: Path, its: LabelReader, context: _Context) -> FileReport:
    """Labels are kept whether or not the logs they are about are recorded yet."""
    project = context.project
    labels = its.labels(path, project.registry.labels, context.rules.registry_file)
    new = add_labels(project.root, project.settings.store, labels, dry_run=context.dry_run) if labels else ()
    labelled = sum(len(one.labels) for one in labels)
    return FileReport(str(path), added=sum(new), present=len(new) - sum(new), labelled=labelled)


def _keep_prompts(raws: Sequence[RawRun], runs: Sequence[Run], context: _Context) -> Sequence[PromptFile]:
    """Keeps the hashed prompts of a file, one file a suite; none without a key."""
    key = context.key.bytes
    if key is None:
        return ()
    files = [hashed(suite, prompts, key) for suite, prompts in sorted(_prompts(raws, runs).items())]
    if files and not context.dry_run:
        add_prompts(context.project.root, context.project.settings.store, files)
    return files


def _prompts(raws: Sequence[RawRun], runs: Sequence[Run]) -> Mapping[str, set[tuple[str, str]]]:
    """The prompts of a file as (item, text), by the suite's registered name."""
    found = defaultdict[str, set[tuple[str, str]]](set)
    for raw, run in zip(raws, runs, strict=True):
        if raw.prompts:
            found[run.suite].update(raw.prompts)
    return found


def _declared(runs: Sequence[Run], before: Declared) -> Declared:
    """What tables say of each suite, with what was said before. Raises TableError where one says something else."""
    found = dict(before)
    for run in runs:
        if run.behaviour is not None and run.role is not None:
            said = found.setdefault(run.suite, (run.behaviour, run.role))
            if said != (run.behaviour, run.role):
                what = f"{run.behaviour} as {run.role}, elsewhere {said[0]} as {said[1]}"
                remedy = "name the two suites differently, or say in suites.toml which it is"
                raise TableError(what, where=f"suite {run.suite}", field="behaviour, role", remedy=remedy)
    return found
