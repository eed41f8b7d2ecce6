"""Two sets of runs, score by score: the difference of their means over the items of both, and the items that moved.

Runs come in with each of their scores by item, whatever a score means: no spec, no suite and no direction is needed.
Out come comparisons, one for each suite, condition and score that both sides have, and what could not be compared with
the reason. Of everything else that two runs differ in, what was chosen to differ is the sides' own; the rest is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from auditor.evidence.item_identity import name_items
from auditor.evidence.protocol import Protocol, describe_change
from auditor.model.run import ItemDetails
from auditor.stats.clusters import ItemCounts, pooled_correlation, rate_of_items, variance_components
from auditor.stats.intervals import FloatArray, rate_interval
from auditor.stats.multiplicity import holm_levels
from auditor.stats.paired import (
    Difference,
    difference_of_means,
    difference_of_rates,
    items_to_bound,
    mean_limits,
)
from auditor.stats.replicates import replicates_of_items, run_effect, sum_replicates, variance_bound

# The margin where none is asked for, as a share of the scale.
DEFAULT_MARGIN = 0.05
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Outcome(StrEnum):
    """What a comparison shows of the second side against the first.

    `higher` and `lower`: it differs, at the error that was asked for. `bounded-null`: no difference is shown, and any
    is under the margin. `too-few`: no difference is shown, and there may be one as large as the margin.
    """

    HIGHER = "higher"
    LOWER = "lower"
    BOUNDED_NULL = "bounded-null"
    TOO_FEW = "too-few"


@dataclass(frozen=True, slots=True, eq=False)
class ItemScores:
    """One score of a run or side by item, arrays of one length.

    Attributes:
        valid: samples with a score.
        total: the sum of these scores.
        invalid: samples without one.
        low, high: the least and the largest score there is; 0 and 1 at least.
        binary: whether every score is 0 or 1.
    """

    valid: FloatArray
    total: FloatArray
    invalid: FloatArray
    low: float
    high: float
    binary: bool

    def means(self) -> FloatArray:
        """Each item's mean score; NaN without a valid sample."""
        return np.asarray(np.divide(self.total, self.valid, out=np.full(len(self.valid), np.nan), where=self.valid > 0))


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRun:
    """A run with its scores.

    Attributes:
        name: its file or record, for people.
        identity: what two names of the same run have in common.
        revision: the name of the spec's revision; "" where nothing says it.
        items: the ids that its log gives, sorted.
        labels: what people call an item, by id, where its id says nothing.
        details: what else sets its items apart; None where only their ids are known.
        scores: by name, aligned with `items`.
        protocols: how the run measured, by score.
        concealed: whether its items are not to be named.
        incomplete: why it supports no verdict; None for a complete run.
    """

    name: str
    identity: tuple[str, ...]
    suite: str
    condition: str
    model: str
    checkpoint: str
    revision: str
    created: datetime | None
    items: tuple[str, ...]
    details: ItemDetails | None
    scores: Mapping[str, ItemScores]
    protocols: Mapping[str, Protocol]
    labels: Mapping[str, str] = field(default_factory=dict)
    concealed: bool = False
    incomplete: str | None = None


@dataclass(frozen=True, slots=True)
class ComparisonRules:
    """How two sides are compared.

    Attributes:
        error: of all comparisons together, two-sided, 0 to 1.
        margin: the difference that matters, in units of the score; None for a twentieth of the scale.
        scores: the names of the scores to compare; none for all.
        by_id: whether items are paired by their ids alone, whatever their inputs.
    """

    error: float = 0.05
    margin: float | None = None
    scores: tuple[str, ...] = ()
    by_id: bool = False


DEFAULT_RULES = ComparisonRules()


class SettingChange(NamedTuple):
    """Something else that the runs of the two sides differ in."""

    name: str
    first: str
    second: str


class SideScore(NamedTuple):
    """The score of one side over the items of both.

    Attributes:
        mean: the mean over items; its limits leave out the error that the difference's do.
        items: how many have a valid sample.
        samples, invalid: with a score, and without.
        runs: how many runs they come from.
    """

    mean: float
    low: float
    high: float
    items: int
    samples: int
    invalid: int
    runs: int


class ItemMean(NamedTuple):
    """An item's mean score on one side, and the samples it comes from."""

    mean: float
    samples: int


class MovedItem(NamedTuple):
    """An item whose mean score differs: its id in the first side's log, and what people call it, "" for nothing."""

    item: str
    label: str
    first: ItemMean
    second: ItemMean


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """One score on one suite, the second side against the first.

    Attributes:
        of: the model or revision that both sides share where they have several, "" otherwise.
        score: the score's name.
        binary: whether every sample scores 0 or 1, so that the mean is a rate.
        difference: second minus first; every reading of the invalid samples is within its limits: left out, all as
            the least score, all as the largest.
        bound: the largest difference, either way, within these limits.
        margin: the difference that matters, in units of the score.
        items_needed: how many such items would bound a difference of none by the margin, with probability 0.8; None
            unless the outcome is `too-few`.
        changed: what else differs.
        by_id: whether items were paired by their ids alone.
        only_first, only_second: items that the other side has not.
        higher, lower, same: how many items moved each way, or did not.
        moved: these items, the largest movement first; none where they are not to be named.
        concealed: whether there are some that are not to be named.
        repeats: whether the limits hold what differs from run to run of one state.
        notes: what else bears on it, sentences without a full stop.
    """

    suite: str
    condition: str
    of: str
    score: str
    binary: bool
    outcome: Outcome
    first: SideScore
    second: SideScore
    difference: Difference
    bound: float
    margin: float
    items_needed: int | None
    changed: tuple[SettingChange, ...]
    by_id: bool
    only_first: int
    only_second: int
    higher: int
    lower: int
    same: int
    moved: tuple[MovedItem, ...]
    concealed: bool
    repeats: bool
    notes: tuple[str, ...]


class NotComparable(NamedTuple):
    """A suite, or a score of it, that could not be compared, and why."""

    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class SideComparison:
    """Two sides compared.

    Attributes:
        names: what the sides were called.
        runs: the runs of each.
        comparisons: what they have in common.
        not_compared: what they have not, or what could not be compared, and why.
    """

    names: tuple[str, str]
    runs: tuple[tuple[ScoredRun, ...], tuple[ScoredRun, ...]]
    rules: ComparisonRules
    comparisons: tuple[ScoreComparison, ...]
    not_compared: tuple[NotComparable, ...]


def compare_scores(
    first: Sequence[ScoredRun], second: Sequence[ScoredRun], rules: ComparisonRules
) -> tuple[tuple[ScoreComparison, ...], tuple[NotComparable, ...]]:
    """Every score that two sets of runs have in common, and what of them could not be compared.

    All runs of a side are taken together, none is chosen. With several comparisons each has its level by Holm (1979),
    at which its limits are, so that `error` is that of all of them.
    """
    pairs: list[_PairedScores] = []
    without: list[NotComparable] = []
    for subject, runs in _by_suite(first, second).items():
        if not all(runs):
            side = "B" if runs[0] else "A"
            without.append(NotComparable(_suite_name(*subject), f"{side} has no run of it"))
            continue
        for paired in _pair_runs(*runs, rules):
            if isinstance(paired, NotComparable):
                without.append(paired)
            else:
                pairs.append(paired)
    pairs = _without_repeats(pairs)
    levels = holm_levels([_difference(pair, rules.error).p_value for pair in pairs], rules.error)
    return tuple(_compare_pair(pair, level, rules) for pair, level in zip(pairs, levels, strict=True)), tuple(without)


# Which runs of the two sides belong together: the same suite and condition, and of what both sides have several, the
# same.


_Runs = list[ScoredRun]
_Key = tuple[str, str]


def _by_suite(first: Sequence[ScoredRun], second: Sequence[ScoredRun]) -> dict[_Key, tuple[_Runs, _Runs]]:
    """The runs of both sides by suite, without the package that its name may begin with, and condition."""
    groups: dict[_Key, tuple[_Runs, _Runs]] = {}
    for place, runs in enumerate((first, second)):
        for run in runs:
            groups.setdefault((run.suite.rpartition("/")[2], run.condition), ([], []))[place].append(run)
    return groups


def _suite_name(suite: str, condition: str) -> str:
    return f"{suite} [{condition}]" if condition else suite


def _checkpoint(run: ScoredRun) -> str:
    return run.model if run.checkpoint == run.model else f"{run.model} ({run.checkpoint})"


def _revision(run: ScoredRun) -> str:
    return run.revision


def _split(
    first: _Runs, second: _Runs, states: Sequence[tuple[str, Callable[[ScoredRun], str]]], of: str = ""
) -> Iterator[tuple[str, _Runs, _Runs] | str]:
    """The runs by what both sides have several of: model and revision; or why they cannot be told apart."""
    if not states:
        yield of, first, second
        return
    (name, value), *rest = states
    values = [sorted({value(run) for run in runs}) for runs in (first, second)]
    if len(values[0]) == len(values[1]) == 1:
        yield from _split(first, second, rest, of)
        return
    common = [each for each in values[0] if each in values[1]]
    if not common:
        several = next(place for place, some in enumerate(values) if len(some) > 1)
        yield f"{'AB'[several]} has several {name}s ({', '.join(values[several])}), and the other side none of them"
    for place, some in enumerate(values):
        if others := [each for each in some if each not in common] if common else []:
            yield f"{name} {', '.join(others)} only in {'AB'[place]}"
    for each in common:
        early, late = ([run for run in runs if value(run) == each] for runs in (first, second))
        yield from _split(early, late, rest, ", ".join(part for part in (of, each) if part))


@dataclass(frozen=True, slots=True, eq=False)
class _PairedScores:
    """One score of both sides over the same items, and where it comes from."""

    runs: tuple[_Runs, _Runs]
    of: str
    score: str
    items: tuple[str, ...]
    sides: tuple[ItemScores, ItemScores]
    by_run: tuple[list[ItemScores], list[ItemScores]]
    only: tuple[int, int]
    names: tuple[dict[str, str], dict[str, str]]
    by_id: bool


def _pair_runs(first: _Runs, second: _Runs, rules: ComparisonRules) -> Iterator[_PairedScores | NotComparable]:
    suite = _suite_name(first[0].suite, first[0].condition)
    for group in _split(first, second, (("model", _checkpoint), ("revision", _revision))):
        if isinstance(group, str):
            yield NotComparable(suite, group)
        else:
            yield from _pair_scores(suite, *group, rules)


def _pair_scores(
    suite: str, of: str, first: _Runs, second: _Runs, rules: ComparisonRules
) -> Iterator[_PairedScores | NotComparable]:
    subject = f"{suite} of {of}" if of else suite
    if not all(run.items for run in (*first, *second)):
        yield NotComparable(subject, "some runs do not tell their samples apart by item")
        return
    identified = all(run.details is not None and run.details.inputs is not None for run in (*first, *second))
    names = _names_of_items(first, second, by_id=rules.by_id)
    common = tuple(sorted(set.intersection(*(set().union(*side) for side in names))))
    if not common:
        ids = [set[str]().union(*(run.items for run in side)) for side in (first, second)]
        alike = len(ids[0] & ids[1])
        why = "A and B have no item in common"
        if alike:
            why += f": {alike} ids are the same, their inputs are not; --by-id pairs them by id all the same"
        yield NotComparable(subject, why)
        return
    scores = [list(dict.fromkeys(score for run in side for score in run.scores)) for side in (first, second)]
    shared = [score for score in scores[0] if score in scores[1] and (not rules.scores or score in rules.scores)]
    if not shared:
        lists = (", ".join(some) or "none" for some in scores)
        yield NotComparable(subject, "no score in common: A has {}, B has {}".format(*lists))
    for score in shared:
        runs = tuple([run for run in side if score in run.scores] for side in (first, second))
        if why := _disagreement(runs[0], runs[1], score):
            yield NotComparable(f"{subject}, score {score}", why)
            continue
        columns = _names_of_items(*runs, by_id=rules.by_id)
        by_run = tuple(
            [
                _aligned(run.scores[score], columns_of_run, common)
                for run, columns_of_run in zip(side, some, strict=True)
            ]
            for side, some in zip(runs, columns, strict=True)
        )
        sides = tuple(map(_sum_scores, by_run))
        if not np.any((sides[0].valid > 0) & (sides[1].valid > 0)):
            yield NotComparable(f"{subject}, score {score}", "no item has a score on both sides")
            continue
        every = [set[str]().union(*some) for some in columns]
        yield _PairedScores(
            runs=(runs[0], runs[1]),
            of=of,
            score=score,
            items=common,
            sides=(sides[0], sides[1]),
            by_run=(by_run[0], by_run[1]),
            only=(len(every[0] - every[1]), len(every[1] - every[0])),
            names=(_ids_by_name(runs[0], columns[0]), _ids_by_name(runs[1], columns[1])),
            by_id=rules.by_id or not identified,
        )


def _names_of_items(first: _Runs, second: _Runs, *, by_id: bool) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The items of each run under one name for one item, aligned with its columns."""
    runs = [*first, *second]
    if by_id:
        return [run.items for run in first], [run.items for run in second]
    order = sorted(range(len(runs)), key=lambda place: (place >= len(first), runs[place].created or _EARLIEST))
    named = dict(zip(order, name_items((runs[at].items, runs[at].details) for at in order), strict=True))
    return [named[at] for at in range(len(first))], [named[at] for at in range(len(first), len(runs))]


def _ids_by_name(runs: _Runs, columns: Sequence[tuple[str, ...]]) -> dict[str, str]:
    """The log's own id of each item."""
    return {
        name: item
        for run, names in zip(reversed(runs), reversed(columns), strict=True)
        for name, item in zip(names, run.items, strict=True)
    }


def _disagreement(first: _Runs, second: _Runs, score: str) -> str:
    """Why the runs of one side cannot be taken together; "" where they can."""
    for side, runs in (("A", first), ("B", second)):
        protocols = dict.fromkeys(run.protocols[score] for run in runs)
        for protocol, other in combinations(protocols, 2):
            if names := protocol.differences(other):
                different = ", ".join(name.replace("_", " ") for name in names)
                return f"the runs of {side} differ from each other in {different}: name one of them"
    return ""


def _aligned(scores: ItemScores, names: tuple[str, ...], items: tuple[str, ...]) -> ItemScores:
    """A run's scores on other items than its own: without samples of those it has not."""
    place = {name: index for index, name in enumerate(names)}
    have = [index for index, item in enumerate(items) if item in place]
    where = [place[items[index]] for index in have]
    columns = np.zeros((3, len(items)))
    columns[:, have] = np.stack([column[where] for column in (scores.valid, scores.total, scores.invalid)])
    return ItemScores(columns[0], columns[1], columns[2], scores.low, scores.high, scores.binary)


def _sum_scores(runs: Sequence[ItemScores]) -> ItemScores:
    return ItemScores(
        sum((run.valid for run in runs), np.zeros(len(runs[0].valid))),
        sum((run.total for run in runs), np.zeros(len(runs[0].valid))),
        sum((run.invalid for run in runs), np.zeros(len(runs[0].valid))),
        low=min(run.low for run in runs),
        high=max(run.high for run in runs),
        binary=all(run.binary for run in runs),
    )


def _without_repeats(pairs: Sequence[_PairedScores]) -> list[_PairedScores]:
    """The pairs without those that say the same of the same items under another name: a score logged twice."""
    by_content: dict[object, _PairedScores] = {}
    for pair in pairs:
        suite = (pair.runs[0][0].suite, pair.runs[0][0].condition, pair.of)
        counts = tuple(column.tobytes() for side in pair.sides for column in (side.valid, side.total, side.invalid))
        by_content.setdefault((suite, counts), pair)
    return list(by_content.values())


# What a pair shows.


def _difference(pair: _PairedScores, error: float) -> Difference:
    first, second = pair.sides
    low, high = min(first.low, second.low), max(first.high, second.high)
    if first.binary and second.binary:
        counts = [ItemCounts(*_readings(side, 0.0, 1.0)) for side in pair.sides]
        return difference_of_rates(counts[0], counts[1], error, _run_variance(pair), _run_counts(pair))
    means = []
    for side in pair.sides:
        valid, total = _readings(side, low, high)
        means.append(np.divide(total, valid, out=np.full(valid.shape, np.nan), where=valid > 0))
    return difference_of_means(means[0], means[1], high - low, error)


def _readings(side: ItemScores, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Samples and sums of scores, shape (3, items): invalid samples left out, as the least, as the largest score."""
    every = side.valid + side.invalid
    totals = (side.total, side.total + low * side.invalid, side.total + high * side.invalid)
    return np.stack([side.valid, every, every]), np.stack(totals)


def _run_counts(pair: _PairedScores) -> tuple[int, int]:
    return len(pair.by_run[0]), len(pair.by_run[1])


def _run_variance(pair: _PairedScores) -> float:
    """The variance of a run's log-odds that runs of one side show; 0 where no side has two."""
    replicates = []
    for runs in pair.by_run:
        rates = np.array([run.means() for run in runs])
        rated = rates[:, ~np.isnan(rates).any(axis=0)]
        if len(runs) > 1 and rated.shape[1] > 1:
            replicates.append(replicates_of_items(rated))
    return variance_bound(run_effect(sum_replicates(replicates)))


def _compare_pair(pair: _PairedScores, level: float, rules: ComparisonRules) -> ScoreComparison:
    difference = _difference(pair, level)
    first, second = pair.sides
    width = max(first.high, second.high) - min(first.low, second.low)
    margin = rules.margin if rules.margin is not None else DEFAULT_MARGIN * width
    outcome = _outcome(difference, margin)
    means = first.means(), second.means()
    both = ~np.isnan(means[0]) & ~np.isnan(means[1])
    binary = first.binary and second.binary
    concealed = any(run.concealed for side in pair.runs for run in side)
    moved = tuple(_moved_items(pair, means))
    return ScoreComparison(
        suite=pair.runs[0][0].suite,
        condition=pair.runs[0][0].condition,
        of=pair.of,
        score=pair.score,
        binary=binary,
        outcome=outcome,
        first=_side_score(pair, 0, both, level),
        second=_side_score(pair, 1, both, level),
        difference=difference,
        bound=max(abs(difference.low), abs(difference.high)),
        margin=margin,
        items_needed=items_to_bound(means[0][both], means[1][both], width, margin, level)
        if outcome is Outcome.TOO_FEW
        else None,
        changed=tuple(_changes(pair)),
        by_id=pair.by_id,
        only_first=pair.only[0],
        only_second=pair.only[1],
        higher=sum(item.second.mean > item.first.mean for item in moved),
        lower=sum(item.second.mean < item.first.mean for item in moved),
        same=int(both.sum()) - len(moved),
        moved=() if concealed else moved,
        concealed=concealed and bool(moved),
        repeats=binary and _has_repeats(pair),
        notes=tuple(_notes(pair)),
    )


def _outcome(difference: Difference, margin: float) -> Outcome:
    if difference.low > 0.0:
        return Outcome.HIGHER
    if difference.high < 0.0:
        return Outcome.LOWER
    inside = -margin < difference.low and difference.high < margin
    return Outcome.BOUNDED_NULL if inside else Outcome.TOO_FEW


def _has_repeats(pair: _PairedScores) -> bool:
    return any(len(runs) > 1 for runs in pair.by_run)


def _side_score(pair: _PairedScores, place: int, both: np.ndarray, error: float) -> SideScore:
    """A side's mean over the items with a score on both sides, `error` left out by both ends together."""
    side = pair.sides[place]
    means = side.means()[both]
    mean = float(means.mean())
    if all(scores.binary for scores in pair.sides):
        counts = ItemCounts(side.valid[both], side.total[both])
        size = float(rate_of_items(counts, pooled_correlation([variance_components(counts)])).size)
        limits = rate_interval(mean, size, error / 2.0)
        low, high = limits.low, limits.high
    else:
        scale = min(scores.low for scores in pair.sides), max(scores.high for scores in pair.sides)
        low, high = mean_limits(means, *scale, error)
    samples, invalid = int(side.valid.sum()), int(side.invalid.sum())
    return SideScore(mean, low, high, len(means), samples, invalid, len(pair.by_run[place]))


def _moved_items(pair: _PairedScores, means: tuple[FloatArray, FloatArray]) -> Iterator[MovedItem]:
    """The items whose mean differs, the largest movement first, then by id."""
    differences = np.nan_to_num(means[1] - means[0])
    places = sorted(np.flatnonzero(differences).tolist(), key=lambda at: (-abs(differences[at]), pair.items[at]))
    labels = {item: label for side in reversed(pair.runs) for run in side for item, label in run.labels.items()}
    for at in places:
        name = pair.items[at]
        item = pair.names[0].get(name, name)
        ends = (ItemMean(float(mean[at]), int(side.valid[at])) for mean, side in zip(means, pair.sides, strict=True))
        yield MovedItem(item, labels.get(item, ""), *ends)


def _changes(pair: _PairedScores) -> Iterator[SettingChange]:
    """What the sides differ in: model, revision, and how they measured; of several alike once."""
    for name, value in (("model", _checkpoint), ("revision", _revision)):
        sides = [", ".join(sorted({value(run) or "unknown" for run in side})) for side in pair.runs]
        if sides[0] != sides[1]:
            yield SettingChange(name, *sides)
    changes: dict[SettingChange, None] = {}
    for run, other in product(*pair.runs):
        before, after = run.protocols[pair.score], other.protocols[pair.score]
        for name in before.differences(after):
            texts = describe_change(name, getattr(before, name), getattr(after, name))
            changes[SettingChange(name.replace("_", " "), *texts)] = None
    yield from changes


def _notes(pair: _PairedScores) -> Iterator[str]:
    for side, runs in zip("AB", pair.runs, strict=True):
        for run in runs:
            if run.incomplete is not None:
                yield f"{side} is incomplete: {run.name}: {run.incomplete}"
    if pair.sides[0].binary and pair.sides[1].binary and not _has_repeats(pair):
        yield "Each side is one run: what differs when the same evaluation is run again is not in the interval"


def shared_runs(first: Iterable[ScoredRun], second: Iterable[ScoredRun]) -> list[ScoredRun]:
    """The runs of the first side that stand on both."""
    identities = {run.identity for run in second}
    return [run for run in first if run.identity in identities]


def distinct_runs(runs: Iterable[ScoredRun]) -> tuple[ScoredRun, ...]:
    """The runs, each once, though it may lie in several files."""
    by_identity: dict[tuple[str, ...], ScoredRun] = {}
    for run in runs:
        by_identity.setdefault(run.identity, run)
    return tuple(by_identity.values())
