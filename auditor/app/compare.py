"""Two logs, runs, models or revisions compared, score by score, without a spec.

In come two names and perhaps results; out comes a `SideComparison`. A name is a path, or what a run is called: its
record or log, its model or checkpoint, its revision; looked up in the results, or in what was recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from auditor.app.find_spec import select_specs
from auditor.app.ingest import NamedHistory, read_named_histories
from auditor.app.project import Place, Project, locate, read_project
from auditor.app.results import read_results
from auditor.app.suite_roles import list_names
from auditor.assess.scores import (
    DEFAULT_RULES,
    ComparisonRules,
    ItemScores,
    ScoredRun,
    SideComparison,
    compare_scores,
    distinct_runs,
    shared_runs,
)
from auditor.errors import InputError, LogError, RevisionError
from auditor.evidence.protocol import describe_protocol, protocol_of
from auditor.model.numbers import short_id
from auditor.model.raw_run import LoggedSample, RawRun, Score, ScoreValue
from auditor.model.run import Run, Tallies
from auditor.model.suite import Registry, Role, ScoreUnit
from auditor.readers.interface import DEFAULT_OPTIONS, ReadOptions
from auditor.readers.items import ItemHasher, SpecTexts
from auditor.settings import has_settings, load_settings
from auditor.store.tally import describe_items, parse_score, refuse_repeats

# What the score of tables and records is called.
MISALIGNED = "misaligned"
_KINDS = ("run", "model", "revision")
_KEY_PREFIX = 6  # characters of the beginning of an id
_WORDS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """What is asked for besides the two names.

    Attributes:
        results: where names are looked up that are no paths; none for what was recorded.
        rules: how the sides are compared.
        labels: words that score 1, of scores that are words; every other word scores 0.
        reveal: whether the items of held-out suites are named.
        options: how results are read.
    """

    results: tuple[Path, ...] = ()
    rules: ComparisonRules = DEFAULT_RULES
    labels: frozenset[str] = frozenset()
    reveal: bool = False
    options: ReadOptions = DEFAULT_OPTIONS


def compare_sides(where: Path, first: str, second: str, request: CompareRequest) -> SideComparison:
    """The second side against the first.

    Args:
        where: a folder in the project whose records are meant, and whose spec is no part of an item.
        first, second: paths, or names of runs; `run=`, `model=` and `revision=` say which a name is.

    Raises InputError for a side that cannot be read or stands for no run, for two sides with a run in common, and
    where nothing of them can be compared.
    """
    with locate(where) as place:
        source = _Source(place, request)
        sides = tuple(distinct_runs(source.find(name)) for name in (first, second))
    if both := shared_runs(*sides):
        remedy = "give two that differ"
        raise InputError(f"are both {both[0].name}", where=f"{first}, {second}", remedy=remedy)
    comparisons, without = compare_scores(sides[0], sides[1], request.rules)
    if not comparisons:
        why = f"{without[0].subject}: {without[0].why}" if without else "neither has a run"
        remedy = "give two evaluations of one suite with the same score"
        raise InputError(f"nothing can be compared: {why}", where=f"{first}, {second}", remedy=remedy)
    return SideComparison((first, second), (sides[0], sides[1]), request.rules, comparisons, without)


class _Source:
    """Where the runs of a name are: its own path, the results, or the records of a project; each is read once."""

    def __init__(self, place: Place, request: CompareRequest) -> None:
        self._place = place
        self._request = request
        self._histories: tuple[NamedHistory, ...] | None = None
        self._named: tuple[ScoredRun, ...] | None = None

    def find(self, name: str) -> tuple[ScoredRun, ...]:
        """The runs that a name stands for. Raises InputError for none, and where it may mean several things."""
        if Path(name).exists():
            return self._read((Path(name),))
        if self._named is None:
            self._named = self._read(self._request.results) if self._request.results else self._recorded()
        return _choose_runs(name, self._named, self._revision_names(), recorded=not self._request.results)

    def _read(self, paths: Sequence[Path]) -> tuple[ScoredRun, ...]:
        texts = (
            file.text
            for named in self._read_histories()
            for revision in named.history.revisions.values()
            for file in revision.files
        )
        options = replace(self._request.options, hasher=ItemHasher(None, SpecTexts(texts)))
        return tuple(_score_raw(raw, self._request.labels) for raw in read_results(paths, options))

    def _project(self) -> Project:
        place, settings = self._place, load_settings(self._place.tree)
        return read_project(place, settings, select_specs(settings.specs, (), in_git=place.repository is not None))

    def _read_histories(self) -> tuple[NamedHistory, ...]:
        """The histories of the project's specs; none where no spec is configured."""
        if self._histories is None:
            configured = has_settings(self._place.tree) and load_settings(self._place.tree).specs
            self._histories = read_named_histories(self._project()) if configured else ()
        return self._histories

    def _recorded(self) -> tuple[ScoredRun, ...]:
        project = self._project()
        corrected = {run.corrects for run in project.runs}
        runs = (run for run in project.runs if run.record not in corrected and run.ablation is None)
        return tuple(_score_record(run, project.registry, reveal=self._request.reveal) for run in runs)

    def _revision_names(self) -> Callable[[str], Iterator[str]]:
        def names(name: str) -> Iterator[str]:
            yield name
            for named in () if self._request.results else self._read_histories():
                try:
                    yield named.names.find(name)
                except RevisionError:
                    continue

        return names


def _choose_runs(
    name: str, runs: Sequence[ScoredRun], revisions: Callable[[str], Iterator[str]], *, recorded: bool
) -> tuple[ScoredRun, ...]:
    """The runs of a name. Raises InputError for none, and where it may be the name of two things."""
    kind, equals, rest = name.partition("=")
    tried_kinds, text = ((kind,), rest) if equals and kind in _KINDS else (_KINDS, name)
    meant = {
        "run": [run for run in runs if _is_called(run, text)],
        "model": [run for run in runs if text in (run.model, run.checkpoint)],
        "revision": [run for revision in set(revisions(text)) for run in runs if _is_revision(run, revision)],
    }
    hits = {each: meant[each] for each in tried_kinds if meant[each]}
    if len(hits) == 1:
        return tuple(next(iter(hits.values())))
    if hits:
        kinds = " and ".join(f"a {each}" for each in hits)
        raise InputError(f"is {kinds}", where=name, remedy=f"write {' or '.join(f'{each}={text}' for each in hits)}")
    names = sorted({each for run in runs for each in (run.model, run.checkpoint, run.revision) if each})
    near = get_close_matches(text, names, 1)
    source = "was recorded" if recorded else "the results hold"
    message = f"is no path, and no run, model or revision of what {source}"
    hint = f"do you mean {near[0]}?" if near else f"there are {list_names(names) or 'none'}"
    raise InputError(message, where=name, remedy=hint)


def _is_called(run: ScoredRun, text: str) -> bool:
    return any(text == part or (len(text) >= _KEY_PREFIX and part.startswith(text)) for part in run.identity[:2])


def _is_revision(run: ScoredRun, text: str) -> bool:
    return run.revision == text or (len(text) >= _KEY_PREFIX and run.revision.startswith(text))


# A run of a log, table or record, with each of its scores by item.


def _score_raw(raw: RawRun, labels: frozenset[str]) -> ScoredRun:
    """Raises LogError for an item and epoch that occur twice, and where all that a score gives are unread words."""
    scored = raw.samples if isinstance(raw.samples, Tallies) else None
    samples = () if isinstance(raw.samples, Tallies) else raw.samples
    refuse_repeats(samples, raw.where)
    items = (scored.items or ()) if scored is not None else tuple(sorted({sample.item for sample in samples}))
    details = describe_items(raw, items, None)
    scores = (
        {MISALIGNED: _score_tallies(scored)}
        if scored is not None
        else dict(_score_samples(raw, samples, items, labels))
    )
    by_id = details is None or not details.identify
    where = (raw.suite, raw.condition, raw.model, raw.checkpoint or "", raw.stamp or "")
    return ScoredRun(
        name=Path(raw.where).name,
        identity=(raw.log_id or raw.source_sha256, raw.run, *where),
        suite=raw.suite,
        condition=raw.condition,
        model=raw.model,
        checkpoint=raw.checkpoint or raw.model,
        revision=raw.stamp or "",
        created=raw.created,
        items=items,
        details=details,
        scores=scores,
        protocols={name: describe_protocol(raw, name.partition(".")[0], by_id=by_id) for name in scores},
        labels={sample.item: sample.label for sample in samples if sample.label},
        incomplete=raw.incomplete,
    )


def _score_record(run: Run, registry: Registry, *, reveal: bool) -> ScoredRun:
    suite = registry.find_suite(run.suite)
    role = suite.role if suite is not None else run.role
    return ScoredRun(
        name=f"record {short_id(run.record)}",
        identity=(run.record, run.log or run.identity),
        suite=run.suite,
        condition=run.condition,
        model=run.model,
        checkpoint=run.checkpoint,
        revision=run.revision,
        created=run.created,
        items=run.tallies.items or (),
        details=run.details,
        scores={MISALIGNED: _score_tallies(run.tallies)},
        protocols={MISALIGNED: protocol_of(run, suite)},
        concealed=role is not Role.TEST and not reveal,
        incomplete=run.incomplete,
    )


def _score_tallies(tallies: Tallies) -> ItemScores:
    valid, misaligned, invalid = np.array([tallies.valid, tallies.misaligned, tallies.invalid], dtype=float)
    return ItemScores(valid, misaligned, invalid, 0.0, 1.0, binary=True)


def _score_samples(
    raw: RawRun, samples: Sequence[LoggedSample], items: tuple[str, ...], labels: frozenset[str]
) -> Iterator[tuple[str, ItemScores]]:
    """Every score of a log by name, `scorer` or `scorer.entry`; scores of words that nothing reads are left out.

    Raises LogError where that leaves none.
    """
    place = {item: at for at, item in enumerate(items)}
    words: dict[str, list[str]] = {}
    count = 0
    for name in _score_names(samples):
        values = [None if sample.invalid_reason else _entry(sample.scores, name) for sample in samples]
        numbers = [_read_value(value, labels) for value in values]
        unread = sorted({value for value in values if isinstance(value, str)})
        if unread and all(number is None for number in numbers):
            words[name] = unread
            continue
        count += 1
        yield name, _score_values(numbers, [place[sample.item] for sample in samples], len(items))
    if words and not count:
        name, unread = next(iter(words.items()))
        more = ", …" if len(unread) > _WORDS_SHOWN else ""
        message = f"its values are words: {', '.join(unread[:_WORDS_SHOWN])}{more}"
        raise LogError(message, where=raw.where, field=f"score {name}", remedy="say which count as 1 with --label WORD")


def _score_names(samples: Iterable[LoggedSample]) -> list[str]:
    names: dict[str, None] = {}
    for sample in samples:
        for scorer, score in sample.scores.items():
            if isinstance(score, Mapping):
                names.update(dict.fromkeys(f"{scorer}.{key}" for key in score))
            else:
                names[scorer] = None
    return list(names)


def _entry(scores: Mapping[str, Score], name: str) -> ScoreValue:
    if name in scores:
        score = scores[name]
        return None if isinstance(score, Mapping) else score
    for scorer, score in scores.items():
        if isinstance(score, Mapping) and name.startswith(f"{scorer}."):
            return score.get(name.removeprefix(f"{scorer}."))
    return None


def _read_value(value: ScoreValue, labels: frozenset[str]) -> float | None:
    """A score as a number: truth as 1 and 0, C, P, I and N as Inspect reads them; None for what is no number."""
    if labels and isinstance(value, str):
        return float(value.strip() in labels) if value.strip() else None
    number = parse_score(value, ScoreUnit.GRADE)
    return number if number is not None and math.isfinite(number) else None


def _score_values(numbers: Sequence[float | None], places: Sequence[int], items: int) -> ItemScores:
    valid, total, invalid = np.zeros((3, items))
    for number, at in zip(numbers, places, strict=True):
        if number is None:
            invalid[at] += 1.0
        else:
            valid[at] += 1.0
            total[at] += number
    values = [number for number in numbers if number is not None]
    low, high = min([0.0, *values]), max([1.0, *values])
    return ItemScores(valid, total, invalid, low, high, binary=set(values) <= {0.0, 1.0})
