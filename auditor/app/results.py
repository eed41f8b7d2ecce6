"""A first verdict without any set-up: results, and which suites in them are test and held-out, given with the command.

In come logs or tables, and the roles of their suites; out comes a `Project` whose runs were read just now, as `ingest`
would record them. No file is written. What the results hold and nobody gave a role to is named, and not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from auditor.app.find_spec import find_spec_path
from auditor.app.ingest import choose_reader, discover, read_ingest_rules, to_run
from auditor.app.project import Place, Project, locate, read_project, select_specs
from auditor.errors import ConfigError, InputError, LogError
from auditor.model.raw_run import LoggedSample, RawRun
from auditor.model.run import Run
from auditor.model.suite import MisalignedEnd, Registry, Role, ScoreRule, ScoreUnit, Suite
from auditor.readers.interface import Engine, LabelReader, ReadOptions
from auditor.settings import Settings, SpecConfig, load_settings
from auditor.store.registry import FULL_SCALE, SUITES_FILE, load_registry

_SUITES_LISTED = 12
_ROLE_OPTIONS = {Role.TEST: "--test", Role.HELD_OUT: "--held-out"}


@dataclass(frozen=True, slots=True)
class SuiteRoles:
    """What suites are, as options of a command say it.

    Attributes:
        test, held_out: suites by the name that the results have for them, each perhaps as `SUITE:BEHAVIOUR`.
        behaviour: what all of these measure, where neither the results nor their own spelling say it.
        misaligned: the end of a log's score that is misaligned; None for tables, which say it row by row.
        unit: what a log's score is written in.
        score: the scorer, as NAME or NAME.KEY; None takes the only score there is.
    """

    test: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    behaviour: str | None = None
    misaligned: MisalignedEnd | None = None
    unit: ScoreUnit = ScoreUnit.FRACTION
    score: str | None = None

    def __bool__(self) -> bool:
        return self != SuiteRoles(unit=self.unit)


@dataclass(frozen=True, slots=True)
class AuditInput:
    """A project to audit, to be used in a `with` statement; and what to say of how it was put together.

    Attributes:
        notes: sentences without a full stop: a spec that was chosen by its name, suites that are not judged.
    """

    project: Project
    notes: tuple[str, ...]


def choose_specs(place: Place, settings: Settings, names: Sequence[str]) -> tuple[tuple[SpecConfig, ...], str]:
    """The specs to audit, and a note where one was chosen by its name; "" for none.

    Args:
        names: names of configured specs, paths or globs; without any, all that are configured, else the one file whose
            name says that it is a spec.

    Raises ConfigError where none is configured and no file, or several, may be the spec.
    """
    in_git = place.repository is not None
    if names:
        specs = (config for name in names for config in select_specs(settings.specs, name, in_git=in_git))
        return tuple({config.name: config for config in specs}.values()), ""
    if settings.specs:
        return settings.specs, ""
    path = find_spec_path(place)
    return select_specs((), path, in_git=in_git), f"--spec was left out: {path} is taken for the spec"


def open_audit(
    where: Path, specs: Sequence[str] = (), results: Sequence[Path] = (), roles: SuiteRoles = SuiteRoles()
) -> AuditInput:
    """The project that a folder lies in, with what was recorded there or, where there are any, with results alone.

    Nothing is written.

    Args:
        where: as for `open_project`. Configuration, registry and bindings count where they are there.
        specs: as for `choose_specs`.
        results: logs and tables, or folders of them.
        roles: what their suites are; those that a table or the registry gives a role need no other.

    Raises what `open_project` raises; InputError for results of which a file cannot be read, a suite that they do not
    hold, a suite whose behaviour or score cannot be told, and where no suite has a role.
    """
    place = locate(where)
    try:
        if place.repository is not None:
            place.repository.require_complete()
        settings = load_settings(place.tree)
        chosen, note = choose_specs(place, settings, specs)
        notes: tuple[str, ...] = (note,) if note else ()
        if not results:
            return AuditInput(read_project(place, settings, chosen), notes)
        raws = _read_results(results)
        registry = declare_suites(roles, raws, load_registry(place.tree, settings.store))
        project = Project(place.root, place.repository, place.tree, settings, chosen, registry, ())
        runs = _to_runs([raw for raw in raws if _has_role(raw, registry)], project)
        if others := sorted({raw.suite for raw in raws if not _has_role(raw, registry)}):
            notes += (f"not judged, as they have no role: {_list(others)}; give them with --test or --held-out",)
        return AuditInput(replace(project, runs=runs, rederived=frozenset(run.record for run in runs)), notes)
    except BaseException:
        place.__exit__()
        raise


def _read_results(paths: Sequence[Path]) -> tuple[RawRun, ...]:
    """The runs of all files. Raises InputError for the first that is refused: a part of the evidence is none."""
    files, _ = discover(paths, Engine.AUTO)
    if not files:
        what = "no evaluation log or table of a known kind"
        raise LogError(what, where=", ".join(map(str, paths)), remedy="give --results a log, a table, or their folder")
    raws: list[RawRun] = []
    for path in files:
        reader = choose_reader(path, Engine.AUTO)
        if isinstance(reader, LabelReader):
            raise LogError(
                "holds labels and no results", where=str(path), remedy="run auditor init, then auditor ingest"
            )
        raws += reader.read(path, ReadOptions())
    return tuple(raws)


def _to_runs(raws: Iterable[RawRun], project: Project) -> tuple[Run, ...]:
    """The runs as they would be recorded, each once. Raises InputError where two of one identity differ."""
    rules = read_ingest_rules(project)
    runs: dict[str, Run] = {}
    for raw in raws:
        try:
            run = to_run(raw, rules)
        except InputError as error:
            raise _without_files(error, raw) from error
        other = runs.setdefault(run.identity, run)
        if other.record != run.record:
            what = f"run {run.identity[:12]} of suite {run.suite:.80} stands in another file with other content"
            raise LogError(what, where=raw.where, remedy="leave one of them out")
    return tuple(runs.values())


def _without_files(error: InputError, raw: RawRun) -> InputError:
    """The same error, with a remedy that needs no suites.toml."""
    if SUITES_FILE not in str(error):
        return error
    remedy = "say how its score is read with --misaligned high|low, --unit and --score NAME or NAME.KEY"
    where = "" if raw.where in error.what else raw.where
    return LogError(error.what, where=where, field="" if raw.suite in error.what else raw.suite[:80], remedy=remedy)


# Which suites count, and as what.


def declare_suites(roles: SuiteRoles, raws: Sequence[RawRun], registered: Registry) -> Registry:
    """The registry that the command's options make, with the registered suites. Raises ConfigError."""
    names = {raw.suite for raw in raws}
    if not roles.test and not roles.held_out:
        if any(_has_role(raw, registered) for raw in raws):
            return registered
        what = f"no suite was given a role; the results hold {_list(sorted(names))}"
        remedy = "give --test SUITE for what the spec's writers see, and --held-out SUITE for what they do not"
        raise ConfigError(what, where="--test", remedy=remedy)
    find = partial(_find_suite, names=names)
    entries = [
        *((Role.TEST, *find(text, Role.TEST)) for text in roles.test),
        *((Role.HELD_OUT, *find(text, Role.HELD_OUT)) for text in roles.held_out),
    ]
    by_name: dict[str, Role] = {}
    for role, name, _ in entries:
        if by_name.setdefault(name, role) is not role:
            raise ConfigError("is given as test and as held-out", where=f"suite {name}", remedy="leave one of them out")
    known_roles = (
        *by_name.values(),
        *(suite.role for suite in registered.suites.values()),
        *(raw.role for raw in raws),
    )
    if Role.TEST not in known_roles:
        others = _list(sorted(names - by_name.keys())) or "none besides"
        what = f"no suite is given as test; the results hold {others}"
        raise ConfigError(what, where="--test", remedy="give --test SUITE")
    behaviours = _behaviours(entries, raws, registered, roles.behaviour)
    rule = _score_rule(roles)
    suites = [_declared(name, role, behaviours[name], rule, raws, registered) for name, role in by_name.items()]
    return Registry({**registered.suites, **{suite.name: suite for suite in suites}}, registered.labels)


def _find_suite(text: str, role: Role, names: set[str]) -> tuple[str, str | None]:
    """The suite's name, and the behaviour that stands behind its colon. Raises ConfigError for a suite without runs."""
    name, colon, behaviour = text.rpartition(":")
    known = {**{each.rpartition("/")[2]: each for each in names}, **{each: each for each in names}}
    if text in known:
        return known[text], None
    if colon and name in known and behaviour.strip():
        return known[name], behaviour.strip()
    near = get_close_matches(text, known, 1)
    hint = f" (do you mean {near[0]}?)" if near else ""
    what = f"no run of suite {text!r:.80}{hint}; the results hold {_list(sorted(names))}"
    raise ConfigError(what, where=_ROLE_OPTIONS[role], remedy="give one of these")


def _behaviours(
    entries: Sequence[tuple[Role, str, str | None]],
    raws: Sequence[RawRun],
    registered: Registry,
    behaviour: str | None,
) -> Mapping[str, str]:
    """What each suite measures: as it is spelled, as its table or the registry says, as --behaviour says, or the same
    as the only test suite, whose own name stands for it where nothing else does.

    Raises ConfigError where several test suites may measure different things, or two sources contradict each other.
    """
    behaviours: dict[str, str | None] = {}
    for _, name, spelled in entries:
        entry = registered.find_suite(name)
        sources = [spelled, entry.behaviour if entry else None, *(raw.behaviour for raw in raws if raw.suite == name)]
        values = sorted({value for value in sources if value})
        if len(values) > 1:
            what = f"measures {' and '.join(map(repr, values))}, by what was given and by what the results say"
            raise ConfigError(what, where=f"suite {name}", field="behaviour", remedy="give one behaviour")
        behaviours[name] = values[0] if values else behaviour
    tests = dict.fromkeys(name for role, name, _ in entries if role is Role.TEST)
    of_tests = {behaviours[name] for name in tests}
    if len(tests) == 1:
        [only] = tests
        common: str | None = behaviours[only] or only
    else:
        common = of_tests.pop() if len(of_tests) == 1 else None
    open_names = [name for name, value in behaviours.items() if value is None]
    if open_names and common is None:
        what = f"what {_list(open_names)} {'measures' if len(open_names) == 1 else 'measure'} is not said"
        remedy = "write SUITE:BEHAVIOUR for each, or --behaviour NAME where all measure the same"
        raise ConfigError(what, where="--test, --held-out", field="behaviour", remedy=remedy)
    return {name: value or common or "" for name, value in behaviours.items()}


def _declared(
    name: str, role: Role, behaviour: str, rule: ScoreRule | None, raws: Sequence[RawRun], registered: Registry
) -> Suite:
    """A suite as the command gives it; what is registered of it stays. Raises ConfigError for contradictions."""
    entry = registered.find_suite(name)
    runs = [raw for raw in raws if raw.suite == name]
    roles = {entry.role} if entry else {raw.role for raw in runs if raw.role is not None}
    if roles - {role}:
        other = next(iter(roles - {role}))
        what = f"is {other.value} by {'the registry' if entry else 'its table'}, and was given as {role.value}"
        raise ConfigError(what, where=f"suite {name}", field="role", remedy="correct one of them")
    if entry is not None:
        return replace(entry, score=rule or entry.score)
    if rule is None and any(_is_log(raw) for raw in runs):
        from auditor.app.init import describe_scores

        what = f"which of its scores are misaligned is not said; they are {describe_scores(runs)}"
        remedy = "give --misaligned high or low; --unit percent or grade where they are no fractions"
        raise ConfigError(what, where=f"suite {name}", field="score", remedy=remedy)
    return Suite(name, behaviour, role, score=rule)


def _score_rule(roles: SuiteRoles) -> ScoreRule | None:
    if roles.misaligned is None:
        return None
    name, _, key = (roles.score or "").partition(".")
    return ScoreRule(name or None, key or None, roles.misaligned, roles.unit, FULL_SCALE[roles.unit] / 2)


def _is_log(raw: RawRun) -> bool:
    return isinstance(raw.samples, tuple) and any(isinstance(sample, LoggedSample) for sample in raw.samples)


def _has_role(raw: RawRun, registry: Registry) -> bool:
    """Whether a run's suite is registered, or its table says itself what it measures and who can see it."""
    suite = registry.find_suite(raw.suite) or registry.find_suite(raw.suite.rpartition("/")[2])
    return suite is not None or (raw.behaviour is not None and raw.role is not None)


def _list(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - _SUITES_LISTED
    return ", ".join(every[:_SUITES_LISTED]) + (f" and {more} more" if more > 0 else "")
