"""A first verdict without any set-up: results, and which suites in them are test and held-out, given with the command.

In come logs or tables, and the roles of their suites; out comes a `Project` whose runs were read just now, as `ingest`
would record them. No file is written. What the results hold and nobody gave a role to is named, and not judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from auditor.app.find_spec import Warn, choose_specs
from auditor.app.ingest import IngestRules, choose_reader, discover, moving_names, read_ingest_rules, to_runs
from auditor.app.project import Project, locate, open_project
from auditor.app.suite_roles import NO_ROLES, SuiteRoles, SuiteSource, declare_suites, list_names
from auditor.errors import InputError, LogError
from auditor.model.numbers import short_id
from auditor.model.raw_run import RawRun
from auditor.model.run import Run
from auditor.readers.interface import DEFAULT_OPTIONS, Engine, LabelReader, ReadOptions
from auditor.settings import load_settings
from auditor.store.registry import SUITES_FILE, load_registry


def open_audit(
    where: Path,
    specs: Sequence[str] = (),
    results: Sequence[Path] = (),
    roles: SuiteRoles = NO_ROLES,
    options: ReadOptions = DEFAULT_OPTIONS,
    *,
    warn: Warn,
) -> Project:
    """The project that a folder lies in, with what was recorded there or, where there are any, with results alone.

    Nothing is written.

    Args:
        where: as for `open_project`. Configuration, registry and bindings count where they are there.
        specs: as for `choose_specs`.
        results: logs and tables, or folders of them.
        roles: what their suites are; those that a table or the registry gives a role need no other.
        options: how the results are read.
        warn: as for `choose_specs`; it gets what is not judged, too.

    Raises what `open_project` raises; InputError for results of which a file cannot be read, a suite that they do not
    hold, a suite whose behaviour or score cannot be told, and where no suite has a role.
    """
    if not results:
        return open_project(where, specs, warn=warn)
    place = locate(where)
    try:
        if place.repository is not None:
            place.repository.require_complete()
        settings = load_settings(place.tree)
        chosen = choose_specs(place, settings, specs, warn)
        raws = read_results(results, options)
        sources = _suite_sources(raws)
        registry = declare_suites(roles, sources, load_registry(place.tree, settings.store))
        project = Project(place.root, place.repository, place.tree, settings, chosen, registry, ())
        others = sorted(source.name for source in sources if not source.has_role(registry))
        judged = [raw for raw in raws if raw.suite not in others]
        rules = read_ingest_rules(project)
        pairs = _to_runs(judged, rules)
        for note in moving_names(pairs, rules):
            warn(note)
        runs = tuple({run.identity: run for _, run in pairs}.values())
        if others:
            warn(f"not judged, as they have no role: {list_names(others)}; give them with --test or --held-out")
        return replace(project, runs=runs, rederived=frozenset(run.record for run in runs))
    except BaseException:
        place.__exit__()
        raise


def read_results(paths: Sequence[Path], options: ReadOptions) -> tuple[RawRun, ...]:
    """The runs of all files. Raises InputError for the first that is refused: a part of the evidence is none."""
    files, _ = discover(paths, Engine.DUCKDB)
    if not files:
        subject = "no evaluation log or table of a known kind"
        raise LogError(subject, where=", ".join(map(str, paths)), remedy="give a log, a table, or their folder")
    raws: list[RawRun] = []
    for path in files:
        reader = choose_reader(path, Engine.DUCKDB)
        if isinstance(reader, LabelReader):
            raise LogError(
                "holds labels and no results", where=str(path), remedy="run auditor init, then auditor ingest"
            )
        raws += reader.read(path, options)
    return tuple(raws)


def _suite_sources(raws: Sequence[RawRun]) -> tuple[SuiteSource, ...]:
    from auditor.app.init import describe_scores  # with what writes TOML, which an audit of records does not need

    by_name = defaultdict[str, list[RawRun]](list)
    for raw in raws:
        by_name[raw.suite].append(raw)
    return tuple(
        SuiteSource(
            name,
            frozenset(raw.behaviour for raw in runs if raw.behaviour),
            frozenset(raw.role for raw in runs if raw.role),
            describe_scores(runs),
        )
        for name, runs in by_name.items()
    )


def _to_runs(raws: Iterable[RawRun], rules: IngestRules) -> tuple[tuple[RawRun, Run], ...]:
    """The runs as they would be recorded, with their sources. Raises InputError where two of one identity differ."""
    pairs: list[tuple[RawRun, Run]] = []
    by_identity: dict[str, Run] = {}
    for raw in raws:
        try:
            pairs += [(raw, run) for run, _ in to_runs(raw, rules)]
        except InputError as error:
            raise _without_files(error, raw) from error
    for raw, run in pairs:
        if by_identity.setdefault(run.identity, run).record != run.record:
            subject = f"run {short_id(run.identity)} of suite {run.suite:.80} stands in another file with other content"
            raise LogError(subject, where=raw.where, remedy="leave one of them out")
    return tuple(pairs)


def _without_files(error: InputError, raw: RawRun) -> InputError:
    """The same error, with a remedy that needs no suites.toml."""
    if SUITES_FILE not in str(error):
        return error
    remedy = "say how its score is read with --misaligned high|low, --unit and --score NAME or NAME.KEY"
    where = "" if raw.where in error.what else raw.where
    return LogError(error.what, where=where, field="" if raw.suite in error.what else raw.suite[:80], remedy=remedy)
