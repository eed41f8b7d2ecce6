"""A project's first files: auditor.toml, and an evaluation history with its registry explained.

In comes a folder, and old logs where there are any; out come the files written, a survey of what the logs hold
(tasks, models, scores and their values, which revision each run was evaluated under), suites and bindings proposed
from it, and what is left for a person. Nothing is guessed.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path, PurePosixPath

import tomlkit
from tomlkit.items import String, Table

from auditor.app.find_spec import check_spec_path, find_spec_path, select_specs
from auditor.app.ingest import NamedHistory, bind_revision, choose_reader, discover, read_named_histories
from auditor.app.project import Place, Project, locate
from auditor.app.suite_roles import NO_ROLES, SuiteRoles, SuiteSource, declare_suites
from auditor.errors import EXIT_COULD_NOT_RUN, EXIT_PASS, ConfigError, InputError, RepositoryError
from auditor.git import Tree
from auditor.model.numbers import count_noun, format_day
from auditor.model.policy import OnInconclusive, RequireHeldOut
from auditor.model.raw_run import RawRun, Score, ScoreValue
from auditor.model.run import Tallies
from auditor.model.suite import Binding, Registry, Role, ScoreRule, ScoreUnit, Suite
from auditor.readers.interface import DEFAULT_OPTIONS, Engine, ReadOptions
from auditor.render.escape import escape_terminal
from auditor.settings import (
    DEFAULT_STORE,
    SETTINGS_FILE,
    SHARED_SETTINGS_FILE,
    Settings,
    SpecConfig,
    has_settings,
    load_settings,
)
from auditor.store.registry import FULL_SCALE, load_bindings, load_registry
from auditor.store.tally import parse_score

# What a folder of old logs holds: tasks, models, scores and their values, which revision each run was evaluated
# under.
#
# Nothing is guessed: what the files do not say is counted as unknown, for a person to fill in.


WORDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ScoreValues:
    """What one score, or one entry of a score that is a dictionary, was given.

    Attributes:
        name, key: the scorer; the entry, None for a plain value.
        numbers, truths, missing: how many values are numbers, true or false, nothing at all.
        low, high: the least and the largest number; None without one.
        words: the texts among the values, sorted, at most `WORDS_SHOWN`; `more` is how many others there are.
        fits: the units in which every value can be read; which one is meant nobody can tell from values.
    """

    name: str
    key: str | None
    numbers: int
    truths: int
    missing: int
    low: float | None
    high: float | None
    words: tuple[str, ...]
    more: int
    fits: tuple[ScoreUnit, ...]


@dataclass(frozen=True, slots=True)
class SuiteSurvey:
    """One suite or task, as logs and tables name it.

    Attributes:
        sources: the readers' names.
        samples, invalid: in all runs; of samples counted without their reasons, as far as they are known.
        scores: of logs; none of tables, which say themselves what is misaligned.
        behaviour, role: as a table declares them, the same throughout; None where nothing does.
        stamped, matched, unbound: runs with a stamp that is a revision, without one whose system message is a
            revision's text, and all others.
        since, until: the first and last day of its runs, ISO 8601; None without dates.
    """

    name: str
    sources: tuple[str, ...]
    files: int
    runs: int
    incomplete: int
    samples: int
    invalid: int
    models: tuple[str, ...]
    checkpoints: tuple[str, ...]
    conditions: tuple[str, ...]
    scores: tuple[ScoreValues, ...]
    behaviour: str | None
    role: Role | None
    stamped: int
    matched: int
    unbound: int
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class KindSurvey:
    """One kind of file: how many of them, and runs in them."""

    source: str
    files: int
    runs: int
    stamped: int


@dataclass(frozen=True, slots=True)
class UnboundRun:
    """A run of which nothing says which revision it evaluated, and why."""

    file: str
    sha256: str
    why: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is.

    Attributes:
        files: read, refused ones left out.
        bindings: for logs without a stamp whose system message is, word for word, one revision's text.
        refused: one line a file that cannot be read.
        passed_over: files of no known kind.
    """

    files: int
    runs: int
    kinds: tuple[KindSurvey, ...]
    suites: tuple[SuiteSurvey, ...]
    bindings: tuple[tuple[str, Binding], ...]
    unbound: tuple[UnboundRun, ...]
    refused: tuple[str, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _SurveyedRun:
    """A run without its samples.

    Attributes:
        how: "stamped", "matched" or "unbound".
        revision: the content id; "" where unbound.
    """

    raw: RawRun
    path: str
    how: str
    revision: str
    why: str
    samples: int
    invalid: int
    scores: tuple[tuple[str, str | None, tuple[ScoreValue, ...]], ...]


def survey_logs(
    paths: Sequence[Path],
    specs: Sequence[NamedHistory],
    bindings: tuple[Binding, ...],
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Survey:
    """What there is in logs and tables. A file that is refused is named, and the others are read.

    Args:
        specs: the histories whose revisions were evaluated.
        bindings: those there are already.
        options: how tables are read.
    """
    files, passed_over = discover(paths, Engine.DUCKDB)
    runs: list[_SurveyedRun] = []
    refused: list[str] = []
    for path in files:
        try:
            runs += [
                _survey_run(raw, path, specs, bindings)
                for raw in choose_reader(path, Engine.DUCKDB).read(path, options)
            ]
        except InputError as error:
            line = str(error)
            refused.append(line if line.startswith(str(path)) else f"{path}: {line}")
    suites = sorted({run.raw.suite for run in runs})
    return Survey(
        files=len(files) - len(refused),
        runs=len(runs),
        kinds=tuple(_survey_kinds(runs)),
        suites=tuple(_survey_suite(name, [run for run in runs if run.raw.suite == name]) for name in suites),
        bindings=tuple(_propose_bindings(runs)),
        unbound=tuple(UnboundRun(run.path, run.raw.source_sha256, run.why) for run in runs if run.how == "unbound"),
        refused=tuple(refused),
        passed_over=tuple(map(str, passed_over)),
    )


def _survey_run(raw: RawRun, path: Path, specs: Sequence[NamedHistory], bindings: tuple[Binding, ...]) -> _SurveyedRun:
    how, revision, why = "unbound", "", ""
    try:
        revision = bind_revision(raw, specs, bindings).revision.id
        how = "stamped" if raw.stamp else "matched"
    except InputError as error:
        why = error.what
    samples, invalid = _count_samples(raw)
    # The samples themselves may be many: of them only the distinct values are kept.
    return _SurveyedRun(
        _without_samples(raw), str(path), how, revision, why, samples, invalid, tuple(_score_values(raw))
    )


def _without_samples(raw: RawRun) -> RawRun:
    return replace(raw, samples=(), prompts=(), system_messages=())


def _count_samples(raw: RawRun) -> tuple[int, int]:
    if isinstance(raw.samples, Tallies):
        return sum(raw.samples.valid) + sum(raw.samples.invalid), sum(raw.samples.invalid)
    return len(raw.samples), sum(sample.invalid_reason is not None for sample in raw.samples)


def _score_values(raw: RawRun) -> Iterator[tuple[str, str | None, tuple[ScoreValue, ...]]]:
    """Every score's values, by scorer and entry."""
    values_by_score: dict[tuple[str, str | None], list[ScoreValue]] = defaultdict(list)
    for sample in raw.samples if isinstance(raw.samples, tuple) else ():
        for name, score in sample.scores.items():
            for key, value in _score_entries(score):
                values_by_score[name, key].append(value)
    for (name, key), values in values_by_score.items():
        yield name, key, tuple(values)


def _score_entries(score: Score) -> Iterable[tuple[str | None, ScoreValue]]:
    return score.items() if isinstance(score, Mapping) else [(None, score)]


def _survey_kinds(runs: Sequence[_SurveyedRun]) -> Iterator[KindSurvey]:
    for source in sorted({run.raw.source for run in runs}):
        mine = [run for run in runs if run.raw.source == source]
        yield KindSurvey(source, len({run.path for run in mine}), len(mine), sum(run.how == "stamped" for run in mine))


def _survey_suite(name: str, runs: Sequence[_SurveyedRun]) -> SuiteSurvey:
    days = sorted(format_day(run.raw.created) for run in runs if run.raw.created is not None)
    declared = {(run.raw.behaviour, run.raw.role) for run in runs}
    behaviour, role = declared.pop() if len(declared) == 1 else (None, None)
    how = Counter(run.how for run in runs)
    return SuiteSurvey(
        name=name,
        sources=_distinct_values(run.raw.source for run in runs),
        files=len({run.path for run in runs}),
        runs=len(runs),
        incomplete=sum(run.raw.incomplete is not None for run in runs),
        samples=sum(run.samples for run in runs),
        invalid=sum(run.invalid for run in runs),
        models=_distinct_values(run.raw.model for run in runs),
        checkpoints=_distinct_values(run.raw.checkpoint for run in runs),
        conditions=_distinct_values(run.raw.condition for run in runs),
        scores=tuple(_survey_scores(runs)),
        behaviour=behaviour,
        role=role,
        stamped=how["stamped"],
        matched=how["matched"],
        unbound=how["unbound"],
        since=days[0] if days else None,
        until=days[-1] if days else None,
    )


def _distinct_values(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


def _survey_scores(runs: Sequence[_SurveyedRun]) -> Iterator[ScoreValues]:
    values_by_score: dict[tuple[str, str], list[ScoreValue]] = defaultdict(list)
    plain: set[tuple[str, str]] = set()
    for run in runs:
        for name, key, values in run.scores:
            values_by_score[name, key or ""] += values
            if key is None:
                plain.add((name, ""))
    for name, key in sorted(values_by_score):
        yield _summarise_values(name, None if (name, key) in plain else key, values_by_score[name, key])


def describe_scores(raws: Iterable[RawRun]) -> str:
    """The scores of some runs with the values they were given and the units these fit, as one phrase."""
    values = defaultdict[tuple[str, str | None], list[ScoreValue]](list)
    for raw in raws:
        for name, key, some in _score_values(raw):
            values[name, key] += some
    scores = (_summarise_values(name, key, some) for (name, key), some in values.items())
    return "; ".join(f"{score_label(score)}: {describe_values(score)}" for score in scores)


def _summarise_values(name: str, key: str | None, values: Sequence[ScoreValue]) -> ScoreValues:
    words = sorted({value for value in values if isinstance(value, str)})
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return ScoreValues(
        name=name,
        key=key,
        numbers=len(numbers),
        truths=sum(isinstance(value, bool) for value in values),
        missing=sum(value is None for value in values),
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        words=tuple(words[:WORDS_SHOWN]),
        more=max(0, len(words) - WORDS_SHOWN),
        fits=tuple(unit for unit in ScoreUnit if _fits(values, unit)),
    )


def _fits(values: Sequence[ScoreValue], unit: ScoreUnit) -> bool:
    """Whether every value can be read in a unit; several may fit, and which was meant is for a person to say."""
    read = [parse_score(value, unit) for value in values if value is not None]
    numbers = [value for value in read if value is not None]
    if not numbers or len(numbers) < len(read) or not all(0 <= value <= FULL_SCALE[unit] for value in numbers):
        return False
    if unit is ScoreUnit.GRADE:
        return set(numbers) <= {0.0, 0.5, 1.0}
    return unit is ScoreUnit.FRACTION or not 0 < max(numbers) <= 1


def _propose_bindings(surveyed_runs: Sequence[_SurveyedRun]) -> Iterator[tuple[str, Binding]]:
    """One a log, by its hash; none for a file whose runs show several revisions, which bind themselves."""
    ordered = sorted((run for run in surveyed_runs if run.how != "stamped"), key=lambda run: run.raw.source_sha256)
    for sha256, group in groupby(ordered, key=lambda run: run.raw.source_sha256):
        runs = list(group)
        revisions = {run.revision for run in runs}
        if len(revisions) == 1 and runs[0].how == "matched":
            yield Path(runs[0].path).name, Binding(revision=runs[0].revision, sha256=sha256)


# A registry and bindings proposed from old logs, as TOML: what the logs say is filled in, the rest is left open.


_PROPOSED_HEADING = """\

# Proposed from the logs. What they say is filled in; what only a person knows stands behind a # as unknown, and auditor
# ingest names in one line what is still missing. Remove the entries of suites that are not to be recorded.
"""
ROLE_NOTES = {
    Role.TEST: "seen by who writes the spec or trains the model",
    Role.HELD_OUT: "hidden from them; registered = YYYY-MM-DD says from which day",
    Role.DEPLOYMENT: "sampled or replayed real traffic",
}
_DECLARED_HEADING = """\

# As given with auditor init.
"""
_UNBOUND_HEADING = """\

# These logs have no stamp, and no system message that is a revision's text. Which revision was it?
"""
_MATCHED_HEADING = """\

# Found: logs without a stamp, whose system message is, word for word, the text of this revision.
"""


def suites_toml(suites: Sequence[SuiteSurvey], declared: Registry) -> str:
    """Entries of suites.toml for suites of a survey, with what was declared of them; "" for none."""
    declarations = [declared.find_suite(suite.name) for suite in suites]
    entries = [_suite_entry(suite, declaration) for suite, declaration in zip(suites, declarations, strict=True)]
    heading = _DECLARED_HEADING if all(declarations) else _PROPOSED_HEADING
    return f"{heading}\n{_listed('suite', entries)}" if entries else ""


def bindings_toml(survey: Survey) -> str:
    """Entries of bindings.toml: those that are certain, and open ones behind a # for the runs nothing is known of."""
    text = (
        _MATCHED_HEADING + _listed("binding", [_binding(*binding) for binding in survey.bindings])
        if survey.bindings
        else ""
    )
    logs = {run.sha256: run for run in survey.unbound}
    text += _UNBOUND_HEADING if logs else ""
    for log in logs.values():
        text += (
            f'#\n# [[binding]]  # {escape_terminal(log.file)}\n# revision = ""  # unknown\n# sha256 = "{log.sha256}"\n'
        )
    return text


def _listed(key: str, entries: Sequence[Table]) -> str:
    """A list of tables, as `[[key]]` each."""
    document = tomlkit.document()
    document.append(key, tomlkit.aot())
    for entry in entries:
        document[key].append(entry)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def _binding(name: str, binding: Binding) -> Table:
    entry = tomlkit.table()
    entry.comment(escape_terminal(name))
    entry.append("revision", _string(binding.revision))
    entry.append("sha256", _string(binding.sha256 or ""))
    return entry


def _suite_entry(suite: SuiteSurvey, declared: Suite | None) -> Table:
    entry = tomlkit.table()
    logs = f"{suite.runs} {'run' if suite.runs == 1 else 'runs'}, {suite.samples:,} samples"
    entry.append("name", _string(suite.name).comment(f"{', '.join(suite.sources)}: {logs}"))
    behaviour = declared.behaviour if declared else suite.behaviour
    if behaviour is not None:
        source = "" if declared else "as its table declares"
        entry.append("behaviour", _string(behaviour).comment(source) if source else _string(behaviour))
    else:
        _note(
            entry, 'behaviour = ""  # unknown: what it measures; suites of one behaviour are compared with each other'
        )
    role = declared.role if declared else suite.role
    if role is not None:
        entry.append(
            "role", tomlkit.string(role).comment("as its table declares" if not declared else ROLE_NOTES[role])
        )
    else:
        _note(entry, 'role = ""  # unknown: test (seen by who writes the spec or trains), held_out or deployment')
        _note(entry, f"registered = YYYY-MM-DD  # if held out, the day from which that counts{_first_run_note(suite)}")
    if suite.scores:
        entry.add(tomlkit.nl())
        rule = declared.score if declared else None
        entry.append("score", _score_entry(suite.scores) if rule is None else _rule_entry(rule))
    return entry


def _rule_entry(rule: ScoreRule) -> Table:
    table = tomlkit.table()
    texts = [("name", rule.name), ("key", rule.key)]
    texts += [] if rule.labels else [("misaligned", rule.direction), ("unit", rule.unit)]
    for key, value in texts:
        if value is not None:
            table.append(key, _string(value))
    lists = (("misaligned", rule.labels), ("aligned", rule.aligned), ("scale", rule.scale))
    for key, values in lists:
        if values:
            table.append(key, tomlkit.item(list(values)))
    if rule.scale is not None:
        table.append("threshold", tomlkit.item(rule.threshold))
    return table


def _first_run_note(suite: SuiteSurvey) -> str:
    return f"; its first run is of {suite.since}" if suite.since else ""


def _score_entry(scores: Sequence[ScoreValues]) -> Table:
    table = tomlkit.table()
    names = list(dict.fromkeys(score_values.name for score_values in scores))
    if len(names) > 1:
        _note(table, f'name = ""  # unknown: one of {escape_terminal(", ".join(names))}')
    else:
        table.append("name", _string(names[0]))
    keys = [score_values.key for score_values in scores if score_values.key is not None]
    if len(names) == 1 and len(keys) == 1 and len(scores) == 1:
        table.append("key", _string(keys[0]))
    elif keys:
        _note(table, f'key = ""  # unknown, for a score that has entries: one of {escape_terminal(", ".join(keys))}')
    _note(table, 'misaligned = ""  # unknown: the end of the score that is misaligned, high or low')
    _note(table, 'unit = ""  # unknown: fraction (0 to 1), percent (0 to 100) or grade (C, P, I, N)')
    for score in scores:
        _note(table, f"  {escape_terminal(score_label(score))}: {escape_terminal(describe_values(score))}")
    return table


def score_label(values: ScoreValues) -> str:
    """The name of a score, with its entry."""
    return values.name if values.key is None else f"{values.name}.{values.key}"


def describe_values(values: ScoreValues) -> str:
    """What a score was given, and the units all of it can be read in, as one phrase."""
    parts = []
    if values.numbers:
        parts.append(f"{values.numbers:,} numbers from {values.low:g} to {values.high:g}")
    if values.truths:
        parts.append(f"{values.truths:,} true or false")
    if values.words:
        parts.append(f"words {', '.join(values.words)}{f' and {values.more:,} more' if values.more else ''}")
    if values.missing:
        parts.append(f"{values.missing:,} missing")
    fits = ", ".join(values.fits) or "no unit"
    return f"{', '.join(parts) or 'nothing'}; fits {fits}"


def list_unknowns(survey: Survey, registry: Registry, open_registry: str) -> Iterator[str]:
    """What is left for a person, a line each.

    Args:
        registry: what is registered already.
        open_registry: why the registry cannot be read yet; "" where it can.
    """
    if open_registry:
        yield open_registry
    for suite in survey.suites:
        if (registry.find_suite(suite.name) or registry.find_suite(suite.name.rpartition("/")[2])) is None:
            missing = [] if suite.behaviour else ["what behaviour it measures"]
            missing += [] if suite.role else ["its role"]
            missing += ["which of its scores counts"] if len(suite.scores) > 1 else []
            missing += ["which end of the score is misaligned", "the score's unit"] if suite.scores else []
            if missing:
                yield f"suite {suite.name}: {', '.join(missing)}"
    logs: dict[str, UnboundRun] = {run.sha256: run for run in survey.unbound}
    for log in logs.values():
        yield f"{log.file}: which revision was evaluated: it {log.why}"


def _note(table: Table, text: str) -> None:
    table.add(tomlkit.comment(text))


def _string(text: str) -> String:
    """A TOML string; half a surrogate pair, which no file can hold, as a question mark."""
    return tomlkit.string(text.encode("utf-8", "replace").decode())


# A project's first files: auditor.toml, and an evaluation history with its registry explained.


_STORE_FILES = ("suites.toml", "bindings.toml")
_FILES = (SETTINGS_FILE, *(f"{DEFAULT_STORE}/{name}" for name in _STORE_FILES))

_SETTINGS_TEMPLATE = """\
# What auditor audits here. Everything under [policy] may be left out; these are the defaults.

[[spec]]
name = ""
paths = []

[policy]
# block_on = ["test-only", "mostly-test", "worse", "artefact"]   # verdicts or check codes that auditor gate refuses
# on_inconclusive = "warn"                            # pass, warn or require
# require_held_out = "with-test"                      # always, with-test or never
"""

_SUITES_TEMPLATE = """\
# The suites this spec is evaluated on: what each measures, who can see it, and how its logs' scores are read.
# A verdict needs at least two for a behaviour: one that the spec's writers see, one that they do not.
#
# [[suite]]
# name = "polite-refusals"         # unique here
# behaviour = "over-refusal"       # suites of one behaviour are compared with each other
# role = "test"                    # visible to whoever writes the spec or trains the model
# tasks = ["polite_refusals"]      # what its logs call it, where that differs from the name
#
# [suite.score]
# misaligned = "high"              # the end of the scale that is misaligned: high or low
# unit = "fraction"                # fraction (0 to 1), percent (0 to 100) or grade (C, P, I, N)
# threshold = 0.5                  # a score at or beyond it counts as misaligned
#
# [[suite]]
# name = "refusals-nobody-tuned-on"
# behaviour = "over-refusal"
# role = "held_out"                # hidden from them; "deployment" is sampled or replayed real traffic
# registered = 2026-01-31          # the day from which its results count as held-out
"""

_BINDINGS_TEMPLATE = """\
# Which revision was evaluated, for logs that were not stamped with it. Nothing is guessed: a log that has no stamp,
# fits no binding and does not contain the spec's text is refused.
#
# [[binding]]
# revision = "v1.0"                # a commit, a tag, a content id, or a dated folder
# file = "2026-01-*.eval"          # every condition given must hold: file, sha256, model, checkpoint
# model = "provider/model-name"
"""


@dataclass(frozen=True, slots=True)
class InitReport:
    """What was written, and what was found.

    Attributes:
        spec, path: the name of the spec, and its path or glob; "" where they were configured before.
        files: written, relative to `root`.
        existing: files that were there already and were not changed.
        survey: what the logs hold; None without any.
        unknown: what is left for a person, a line each.
        store: the folder of the evaluation history, relative to `root`.
    """

    root: Path
    spec: str
    path: str
    files: tuple[str, ...]
    existing: tuple[str, ...] = ()
    survey: Survey | None = None
    unknown: tuple[str, ...] = ()
    store: str = DEFAULT_STORE

    @property
    def exit_code(self) -> int:
        """2 where a log was refused; the files are written all the same."""
        return EXIT_COULD_NOT_RUN if self.survey is not None and self.survey.refused else EXIT_PASS


class Unevaluated(StrEnum):
    """What the gate does about a patch that was not evaluated, or whose evaluation does not decide."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"


_UNEVALUATED_POLICY = {
    Unevaluated.PASS: (OnInconclusive.PASS, RequireHeldOut.NEVER),
    Unevaluated.WARN: (OnInconclusive.WARN, RequireHeldOut.WITH_TEST),
    Unevaluated.BLOCK: (OnInconclusive.REQUIRE, RequireHeldOut.ALWAYS),
}


def init(
    where: Path,
    spec: str | None,
    logs: Sequence[Path] = (),
    roles: SuiteRoles = NO_ROLES,
    unevaluated: Unevaluated | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> InitReport:
    """Writes the first files of a project. What a person wrote is kept; a template that nobody touched is filled.

    Args:
        where: a folder in a work tree, or a folder of dated revisions.
        spec: the spec's path or glob from the root; None to look for the one file that is likely to be it.
        logs: files and folders to propose suites and bindings from. With them, files that are there already are no
            error, so that it can be run again to see what is still unknown.
        roles: what suites of the logs are; those that are not registered yet are added to the registry.
        unevaluated: what the policy says of patches without evidence; None leaves the default (warn) to hold.
        options: how tables are read.

    Raises:
        ConfigError: a file is there already, no file or several are likely to be the spec, `spec` matches none, or
            `roles` name no suite of the logs.
        RepositoryError: there is no work tree, or no commit yet.
        InputError: none of the logs can be read; then no file is written.
    """
    with locate(where) as place:
        _refuse_bare(place)
        if has_settings(place.tree) and unevaluated is not None:
            on_inconclusive, require = _UNEVALUATED_POLICY[unevaluated]
            remedy = f'set on_inconclusive = "{on_inconclusive}" and require_held_out = "{require}" in it'
            raise ConfigError("has a policy already", where=SETTINGS_FILE, field="policy", remedy=remedy)
        if not logs:
            return _init_empty(place, spec, unevaluated)
        return _init_from_logs(place, spec, logs, roles, unevaluated, options)


def _refuse_bare(place: Place) -> None:
    if place.repository is not None and place.repository.worktree is None:
        remedy = "run this in a clone, and commit what it writes"
        raise RepositoryError("is bare, and settings are files of a work tree", where=str(place.root), remedy=remedy)


def _init_empty(place: Place, spec: str | None, unevaluated: Unevaluated | None) -> InitReport:
    _refuse_existing(place.tree)
    name, path, settings = _propose_settings(place, spec, unevaluated)
    _write_files(place.root, dict(zip(_FILES, (settings, _SUITES_TEMPLATE, _BINDINGS_TEMPLATE), strict=True)))
    return InitReport(place.root, name, path, _FILES)


def _propose_settings(place: Place, spec: str | None, unevaluated: Unevaluated | None) -> tuple[str, str, str]:
    """The spec's name, its path, and the settings that say so."""
    path = check_spec_path(place, spec) if spec is not None else find_spec_path(place)
    name = _spec_name(path)
    if any("\ud800" <= sign <= "\udfff" for sign in path):  # as git hands on bytes that are no UTF-8
        raise ConfigError("its name is not UTF-8", where=path, remedy="rename it")
    template = _SETTINGS_TEMPLATE
    if unevaluated is not None:
        on_inconclusive, require = _UNEVALUATED_POLICY[unevaluated]
        template = template.replace('# on_inconclusive = "warn"', f'on_inconclusive = "{on_inconclusive}"')
        template = template.replace('# require_held_out = "with-test"', f'require_held_out = "{require}"')
    settings = tomlkit.parse(template)
    [entry] = settings["spec"]
    entry.update(name=name, paths=[path], **({} if place.repository is not None else {"source": "folder"}))
    return name, path, tomlkit.dumps(settings)


def _init_from_logs(
    place: Place,
    spec: str | None,
    logs: Sequence[Path],
    roles: SuiteRoles,
    unevaluated: Unevaluated | None,
    options: ReadOptions,
) -> InitReport:
    """As `init`, with a registry and bindings proposed from logs."""
    name, path, settings = "", "", ""
    if has_settings(place.tree):
        current = load_settings(place.tree)
    else:
        name, path, settings = _propose_settings(place, spec, unevaluated)
        current = Settings((SpecConfig(name, (path,), "git" if place.repository is not None else "folder"),))
    registry, why = _read_registry(place, current)
    specs = select_specs(current.specs, () if path or spec is None else (spec,), in_git=place.repository is not None)
    project = Project(place.root, place.repository, place.tree, current, specs, registry, ())
    survey = survey_logs(logs, read_named_histories(project), load_bindings(place.tree, current.store), options)
    if not survey.suites:
        raise _no_results(logs, survey)
    sources = tuple(map(_suite_source, survey.suites))
    declared = declare_suites(roles, sources, registry) if roles else registry
    new = [
        suite
        for suite, source in zip(survey.suites, sources, strict=True)
        if not source.is_in(registry) and (not roles or source.has_role(declared))
    ]
    suites = _proposed_file(
        _read_text(place, f"{current.store}/suites.toml"),
        _SUITES_TEMPLATE,
        suites_toml(new, declared),
        suites_toml(survey.suites, Registry({})),
        add=bool(roles) and not why,
    )
    bindings = bindings_toml(survey)
    bindings = _proposed_file(
        _read_text(place, f"{current.store}/bindings.toml"), _BINDINGS_TEMPLATE, bindings, bindings, add=False
    )
    texts = dict(
        zip(
            (SETTINGS_FILE, *(f"{current.store}/{file}" for file in _STORE_FILES)),
            (settings, suites, bindings),
            strict=True,
        )
    )
    files = {file: text for file, text in texts.items() if text}
    if roles and why and not suites:
        raise ConfigError("has entries that are not filled in", where=f"{current.store}/suites.toml", remedy=why)
    _write_files(place.root, files, current.store)
    names = tuple(file for file in texts if file not in files and place.tree.read(file) is not None)
    unknown = tuple(list_unknowns(survey, declared, "" if suites else why))
    return InitReport(place.root, name, path, tuple(files), names, survey, unknown, current.store)


def _no_results(logs: Sequence[Path], survey: Survey) -> InputError:
    """Why nothing is proposed, and nothing written: no file could be read, or there is none."""
    if survey.refused:
        more = f" (and {count_noun(len(survey.refused) - 1, 'more file')})" if survey.refused[1:] else ""
        return InputError(f"{survey.refused[0]}{more}")
    subject, remedy = "no evaluation log or table of a known kind", "give --from a log, a table, or their folder"
    return InputError(subject, where=", ".join(map(str, logs)), remedy=remedy)


def _suite_source(suite: SuiteSurvey) -> SuiteSource:
    scores = "; ".join(f"{score_label(score)}: {describe_values(score)}" for score in suite.scores)
    behaviours = frozenset({suite.behaviour} if suite.behaviour else ())
    return SuiteSource(suite.name, behaviours, frozenset({suite.role} if suite.role else ()), scores)


def _read_text(place: Place, path: str) -> str | None:
    data = place.tree.read(path)
    return None if data is None else data.decode("utf-8", "replace")


def _proposed_file(text: str | None, template: str, entries: str, proposed_before: str, *, add: bool) -> str:
    """What a file of the store should hold; "" where it stays as it is.

    Args:
        text: what it holds; None where it is not there.
        entries: what is proposed now; `proposed_before` is what an earlier call without roles proposed.
        add: whether new entries go behind those that a person wrote.
    """
    if text is None or text in (template, template + proposed_before):
        new = template + entries
    else:
        new = text + entries if add else text
    return "" if new == text else new


def _read_registry(place: Place, settings: Settings) -> tuple[Registry, str]:
    """What is registered already; an empty registry, and why, where entries are not filled in yet."""
    try:
        return load_registry(place.tree, settings.store), ""
    except ConfigError as error:
        return Registry({}), str(error)


def _refuse_existing(tree: Tree) -> None:
    existing = next((path for path in _FILES if tree.read(path) is not None), None)
    if existing is None and has_settings(tree):
        existing = SHARED_SETTINGS_FILE
    if existing is not None:
        raise ConfigError("is there already, and is left as it is", where=existing, remedy="edit it, or move it away")


def _spec_name(path: str) -> str:
    """The file's name without its ending; of a glob the folder's; "spec" where neither says anything."""
    fixed = [part for part in PurePosixPath(path).parts if not set("*?") & set(part)]
    name = fixed[-1].partition(".")[0] if fixed else ""
    return name if name.strip() and name.isprintable() else "spec"


def _write_files(root: Path, files: dict[str, str], store: str = DEFAULT_STORE) -> None:
    """Writes all of them or, where one cannot be, none."""
    before: dict[Path, bytes | None] = {}
    try:
        (root / store).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = root / name
            before[path] = path.read_bytes() if path.exists() else None
            with path.open("w" if path.exists() else "x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        _restore_files(before)
        where = str(error.filename or root)
        raise ConfigError(f"cannot be written: {error.strerror}", where=where, remedy="make it writable") from error


def _restore_files(files: Mapping[Path, bytes | None]) -> None:
    for path, data in files.items():
        with contextlib.suppress(OSError):
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
