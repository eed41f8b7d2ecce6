"""What a folder of old logs holds: tasks, models, scores and their values, which revision each run was evaluated under.

Nothing is guessed: what the files do not say is counted as unknown, for a person to fill in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from auditor.app.bound import Known, bound
from auditor.app.found import found, reader
from auditor.errors import InputError
from auditor.model.raw_run import JudgedSample, LoggedSample, RawRun, Score, ScoreValue
from auditor.model.run import Tallies
from auditor.model.suite import Binding, Role, ScoreUnit
from auditor.sources.runs.interface import Engine, ReadOptions
from auditor.store.reduce import number
from auditor.store.suites import FULL_SCALE

WORDS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Values:
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
class SuiteSeen:
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
    scores: tuple[Values, ...]
    behaviour: str | None
    role: Role | None
    stamped: int
    matched: int
    unbound: int
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class KindSeen:
    """One kind of file: how many of them, and runs in them."""

    source: str
    files: int
    runs: int
    stamped: int


@dataclass(frozen=True, slots=True)
class Unbound:
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
    kinds: tuple[KindSeen, ...]
    suites: tuple[SuiteSeen, ...]
    bindings: tuple[tuple[str, Binding], ...]
    unbound: tuple[Unbound, ...]
    refused: tuple[str, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
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


def survey(paths: Sequence[Path], specs: Sequence[Known], bindings: tuple[Binding, ...]) -> Survey:
    """What there is in logs and tables. A file that is refused is named, and the others are read.

    Args:
        specs: the histories whose revisions were evaluated.
        bindings: those there are already.
    """
    files, passed_over = found(paths, Engine.AUTO)
    seen: list[_Seen] = []
    refused: list[str] = []
    for path in files:
        try:
            seen += [_seen(raw, path, specs, bindings) for raw in reader(path, Engine.AUTO).read(path, ReadOptions())]
        except InputError as error:
            line = str(error)
            refused.append(line if line.startswith(str(path)) else f"{path}: {line}")
    suites = sorted({one.raw.suite for one in seen})
    return Survey(
        files=len(files) - len(refused),
        runs=len(seen),
        kinds=tuple(_kinds(seen)),
        suites=tuple(_suite(name, [one for one in seen if one.raw.suite == name]) for name in suites),
        bindings=tuple(_bindings(seen)),
        unbound=tuple(Unbound(one.path, one.raw.source_sha256, one.why) for one in seen if one.how == "unbound"),
        refused=tuple(refused),
        passed_over=tuple(map(str, passed_over)),
    )


def _seen(raw: RawRun, path: Path, specs: Sequence[Known], bindings: tuple[Binding, ...]) -> _Seen:
    how, revision, why = "unbound", "", ""
    try:
        revision = bound(raw, specs, bindings).revision.id
        how = "stamped" if raw.stamp else "matched"
    except InputError as error:
        why = error.what
    samples, invalid = _counts(raw)
    # The samples themselves may be many: of them only the distinct values are kept.
    return _Seen(_light(raw), str(path), how, revision, why, samples, invalid, tuple(_values(raw)))


def _light(raw: RawRun) -> RawRun:
    return replace(raw, samples=(), prompts=(), system_messages=())


def _counts(raw: RawRun) -> tuple[int, int]:
    if isinstance(raw.samples, Tallies):
        return sum(raw.samples.valid) + sum(raw.samples.invalid), sum(raw.samples.invalid)
    invalid = sum(_is_invalid(sample) for sample in raw.samples)
    return len(raw.samples), invalid


def _is_invalid(sample: LoggedSample | JudgedSample) -> bool:
    return sample.invalid_reason is not None or (isinstance(sample, JudgedSample) and sample.misaligned is None)


def _values(raw: RawRun) -> Iterator[tuple[str, str | None, tuple[ScoreValue, ...]]]:
    """Every score's values, by scorer and entry."""
    given: dict[tuple[str, str | None], list[ScoreValue]] = defaultdict(list)
    for sample in raw.samples if isinstance(raw.samples, tuple) else ():
        for name, score in sample.scores.items() if isinstance(sample, LoggedSample) else ():
            for key, value in _entries(score):
                given[name, key].append(value)
    for (name, key), values in given.items():
        yield name, key, tuple(values)


def _entries(score: Score) -> Iterable[tuple[str | None, ScoreValue]]:
    return score.items() if isinstance(score, Mapping) else [(None, score)]


def _kinds(seen: Sequence[_Seen]) -> Iterator[KindSeen]:
    for source in sorted({one.raw.source for one in seen}):
        mine = [one for one in seen if one.raw.source == source]
        yield KindSeen(source, len({one.path for one in mine}), len(mine), sum(one.how == "stamped" for one in mine))


def _suite(name: str, seen: Sequence[_Seen]) -> SuiteSeen:
    days = sorted(one.raw.created.date().isoformat() for one in seen if one.raw.created is not None)
    declared = {(one.raw.behaviour, one.raw.role) for one in seen}
    behaviour, role = declared.pop() if len(declared) == 1 else (None, None)
    how = Counter(one.how for one in seen)
    return SuiteSeen(
        name=name,
        sources=_distinct(one.raw.source for one in seen),
        files=len({one.path for one in seen}),
        runs=len(seen),
        incomplete=sum(one.raw.incomplete is not None for one in seen),
        samples=sum(one.samples for one in seen),
        invalid=sum(one.invalid for one in seen),
        models=_distinct(one.raw.model for one in seen),
        checkpoints=_distinct(one.raw.checkpoint for one in seen),
        conditions=_distinct(one.raw.condition for one in seen),
        scores=tuple(_scores(seen)),
        behaviour=behaviour,
        role=role,
        stamped=how["stamped"],
        matched=how["matched"],
        unbound=how["unbound"],
        since=days[0] if days else None,
        until=days[-1] if days else None,
    )


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


def _scores(seen: Sequence[_Seen]) -> Iterator[Values]:
    given: dict[tuple[str, str], list[ScoreValue]] = defaultdict(list)
    plain: set[tuple[str, str]] = set()
    for one in seen:
        for name, key, values in one.scores:
            given[name, key or ""] += values
            if key is None:
                plain.add((name, ""))
    for name, key in sorted(given):
        yield _of_values(name, None if (name, key) in plain else key, given[name, key])


def _of_values(name: str, key: str | None, values: Sequence[ScoreValue]) -> Values:
    words = sorted({value for value in values if isinstance(value, str)})
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return Values(
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
    read = [number(value, unit) for value in values if value is not None]
    known = [value for value in read if value is not None]
    if not known or len(known) < len(read) or not all(0 <= value <= FULL_SCALE[unit] for value in known):
        return False
    if unit is ScoreUnit.GRADE:
        return set(known) <= {0.0, 0.5, 1.0}
    return unit is ScoreUnit.FRACTION or not 0 < max(known) <= 1


def _bindings(seen: Sequence[_Seen]) -> Iterator[tuple[str, Binding]]:
    """One a log, by its hash; none for a file whose runs show several revisions, which bind themselves."""
    ordered = sorted((one for one in seen if one.how != "stamped"), key=lambda one: one.raw.source_sha256)
    for sha256, group in groupby(ordered, key=lambda one: one.raw.source_sha256):
        runs = list(group)
        revisions = {one.revision for one in runs}
        if len(revisions) == 1 and runs[0].how == "matched":
            yield Path(runs[0].path).name, Binding(revision=runs[0].revision, sha256=sha256)
