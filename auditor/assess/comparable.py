"""Which runs can be compared: the same items, the same protocol, each evaluation once, all runs of a side.

A step goes in; pairs of sides as counts by item come out, with the suites that cannot be compared and why, the
samples that are missing after, and how far runs of one state lie apart (`ReplicateHistory`).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, update_wrapper
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from auditor.assess.facts import Difference, NotCompared, ProtocolField
from auditor.assess.steps import states_in_order
from auditor.evidence import (
    Evidence,
    State,
    Step,
    complete_runs,
    runs_at,
    runs_by_protocol,
    runs_of_suite,
    suites_measuring,
)
from auditor.evidence.protocol import Protocol, describe_change, match_protocols
from auditor.model.run import Run, Tallies
from auditor.model.suite import RefusalUse, Role, Suite
from auditor.stats.intervals import FloatArray
from auditor.stats.replicates import (
    Replicates,
    RunEffect,
    replicates_of_counts,
    replicates_of_items,
    run_effect,
    sum_replicates,
)

# A side as columns: the counts of all its runs, item by item; and what is computed once of each.


_CACHE_SIZE = 32_768  # the sides of a long history: what is after one step is before the next, and asked for again

_Subject = TypeVar("_Subject")
_Value = TypeVar("_Value")


class Memo(Generic[_Subject, _Value]):
    """A function of a side or a pair that is computed once, and kept as long as that is: much is asked of the same."""

    def __init__(self, function: Callable[[_Subject], _Value]) -> None:
        self._function = function
        self._values: WeakKeyDictionary[_Subject, _Value] = WeakKeyDictionary()
        update_wrapper(self, function)

    def __call__(self, of: _Subject) -> _Value:
        """What it is of this one."""
        try:
            return self._values[of]
        except KeyError:
            value = self._values[of] = self._function(of)
            return value

    def cached(self, of: _Subject) -> bool:
        """Whether it was computed."""
        return of in self._values

    def put(self, of: _Subject, value: _Value) -> None:
        """What was computed elsewhere, together with others."""
        self._values[of] = value


def memoise(function: Callable[[_Subject], _Value]) -> Memo[_Subject, _Value]:
    """See `Kept`."""
    return Memo(function)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SideCounts:
    """Counts of one side, all its runs added up. Two are equal when they are one object.

    Attributes:
        items: sorted ids; None for a tally without items.
        valid, misaligned, invalid: by item, shape (items,), or shape (1,) without items.
        design_effect: of a tally without items; None otherwise.
    """

    items: tuple[str, ...] | None
    valid: FloatArray
    misaligned: FloatArray
    invalid: FloatArray
    design_effect: float | None

    def counts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Valid, misaligned and invalid, by item."""
        return self.valid, self.misaligned, self.invalid


def sum_runs(runs: Sequence[Run]) -> SideCounts | None:
    """All runs of a side as one: none is chosen, and each weighs the same, however many epochs it has.

    None where some come with items and some without.
    """
    return _sum_runs(tuple(runs))


@lru_cache(maxsize=_CACHE_SIZE)
def _sum_runs(runs: tuple[Run, ...]) -> SideCounts | None:
    with_items = {run.tallies.items is not None for run in runs}
    if len(with_items) > 1:
        return None
    if with_items == {False}:
        return _sum_runs_without_items(runs)
    first = runs[0].tallies.items
    if first is not None and all(run.tallies.items == first for run in runs):
        same = _weigh_runs(np.array([[(t := run.tallies).valid, t.misaligned, t.invalid] for run in runs], dtype=float))
        return SideCounts(first, same[0], same[1], same[2], None)
    names = sorted({item for run in runs for item in run.tallies.items or ()})
    place = {name: index for index, name in enumerate(names)}
    counts = np.zeros((len(runs), 3, len(names)))
    for number, run in enumerate(runs):
        tallies = run.tallies
        where = [place[item] for item in tallies.items or ()]
        counts[number][:, where] = np.array([tallies.valid, tallies.misaligned, tallies.invalid], dtype=float)
    columns = _weigh_runs(counts)
    return SideCounts(tuple(names), columns[0], columns[1], columns[2], None)


def _weigh_runs(counts: FloatArray) -> FloatArray:
    """Valid, misaligned and invalid samples of all runs, shape (3, items), of counts of shape (runs, 3, items).

    An item's rate is the mean of its rates in the runs that have it: a run of sixty epochs weighs no more than one of
    one. The samples it comes to are the runs' number squared over the sum of 1/samples, as many as that mean is worth;
    where runs have as many samples of an item they are added up as they are.
    """
    samples = counts[:, 0] + counts[:, 2]
    has = samples > 0
    if np.all(~has | (samples == samples.max(axis=0))):
        total: FloatArray = counts.sum(axis=0)
        return total
    shares = np.divide(1.0, samples, out=np.zeros_like(samples), where=has)
    each = np.divide(has.sum(axis=0), shares.sum(axis=0), out=np.zeros(samples.shape[1]), where=has.any(axis=0))
    weighed: FloatArray = (counts * (each * shares)[:, np.newaxis]).sum(axis=0)
    return weighed


def _sum_runs_without_items(runs: Sequence[Run]) -> SideCounts:
    effects = [run.tallies.design_effect for run in runs]
    values = [effect for effect in effects if effect is not None]
    rows = np.array(
        [[[sum(t)] for t in (r.tallies.valid, r.tallies.misaligned, r.tallies.invalid)] for r in runs], float
    )
    total = _weigh_runs(rows)
    effect = max(values) if len(values) == len(effects) else None
    return SideCounts(None, total[0], total[1], total[2], effect)


def restrict_to_common_items(before: SideCounts, after: SideCounts) -> tuple[SideCounts, SideCounts]:
    """Both sides on the items that both have."""
    if before.items is None or after.items is None or before.items == after.items:
        return before, after
    common = tuple(sorted(set(before.items) & set(after.items)))
    return align_to_items(before, common), align_to_items(after, common)


def align_to_items(side: SideCounts, items: tuple[str, ...]) -> SideCounts:
    """A side on other items than its own: without samples of those it has not."""
    place = {item: index for index, item in enumerate(side.items or ())}
    columns = np.zeros((3, len(items)))
    have = [index for index, item in enumerate(items) if item in place]
    where = [place[items[index]] for index in have]
    columns[:, have] = np.stack([count[where] for count in side.counts()])
    return SideCounts(items, columns[0], columns[1], columns[2], side.design_effect)


def samples_per_item(run: Run, items: tuple[str, ...]) -> FloatArray:
    """A run's samples, with or without a score, of these items, shape (items,)."""
    side = sum_runs([run])
    if side is None or side.items is None:
        return np.zeros(len(items))
    side_counts = side if side.items == items else align_to_items(side, items)
    return side_counts.valid + side_counts.invalid


# What runs of one state say of the run-to-run variance, up to a place in history.


@dataclass(frozen=True, slots=True)
class ReplicateHistory:
    """The replicates of a behaviour's suites on one lineage, in the order in which history shows their states.

    Attributes:
        place: of each state, where history first shows it.
        at: the places of states with replicates, ascending.
        up_to: what those up to there come to together, as many as `at`.
    """

    place: dict[State, int]
    at: tuple[int, ...]
    up_to: tuple[RunEffect | None, ...]

    def effect(self, step: Step) -> RunEffect | None:
        """The run-to-run variance as known at a step; what was run of later states changes nothing."""
        last = max(self.place.get(state, -1) for state in (step.before, step.after))
        number = bisect_right(self.at, last)
        return self.up_to[number - 1] if number else None


def collect_replicates(evidence: Evidence, behaviour: str, lineage: str) -> ReplicateHistory:
    """The replicates of one behaviour and lineage: all suites together, for they share judge and machinery."""
    place: dict[State, int] = {}
    for index, state in enumerate(states_in_order(evidence, behaviour, lineage)):
        place.setdefault(state, index)
    suites = [suite.name for suite in suites_measuring(evidence, behaviour)]
    total, at, up_to = Replicates(), list[int](), list[RunEffect | None]()
    for state, index in place.items():
        replicates = sum_replicates(
            [estimate for runs in _replicate_groups(evidence, suites, state) if (estimate := _replicates_of_runs(runs))]
        )
        if replicates.runs:
            total = sum_replicates([total, replicates])
            at.append(index)
            up_to.append(run_effect(total))
    return ReplicateHistory(place, tuple(at), tuple(up_to))


def _replicate_groups(evidence: Evidence, suites: Sequence[str], state: State) -> Iterator[list[Run]]:
    """The runs of a state by suite and protocol, two and more, each evaluation once: under one name, and as one run."""
    tallies: list[list[Tallies]] = []
    for suite in suites:
        for group in runs_by_protocol(evidence, suite, state).values():
            runs = _runs_with_scores(group)
            repeats = {later for _, later in _same_evaluations(runs)}
            once = [run for place, run in enumerate(runs) if place not in repeats]
            counts = [run.tallies for run in once]
            if len(once) > 1 and not any(_has_same_runs(counts, others) for others in tallies):
                tallies.append(counts)
                yield once


def _has_same_runs(tallies: Sequence[Tallies], others: Sequence[Tallies]) -> bool:
    """Whether two suites' runs are the same, whatever their order: one suite under two names."""
    return len(tallies) == len(others) and all(tally in others for tally in tallies)


def _replicates_of_runs(runs: Sequence[Run]) -> Replicates | None:
    """What two runs or more come to, on the items all of them have; None where that is under two."""
    if all(run.tallies.items is None for run in runs):
        counts = [(sum(run.tallies.misaligned), sum(run.tallies.valid)) for run in runs]
        values = np.array([pair for pair in counts if pair[1]], dtype=float)
        return replicates_of_counts(values[:, 0], values[:, 1]) if len(values) > 1 else None
    items = runs[0].tallies.items
    if not all(run.tallies.items == items for run in runs):
        items = tuple(sorted(set.intersection(*(set(run.tallies.items or ()) for run in runs))))
    rates = np.array([_item_rates(run, items or ()) for run in runs])
    rated = rates[:, ~np.isnan(rates).any(axis=0)]
    return replicates_of_items(rated) if rated.shape[1] > 1 else None


def _item_rates(run: Run, items: tuple[str, ...]) -> FloatArray:
    """The rate of each of these items, all of which the run has; NaN where none of its samples is valid."""
    tallies = run.tallies
    valid, misaligned = np.array([tallies.valid, tallies.misaligned], dtype=float)
    rates: FloatArray = np.divide(misaligned, valid, out=np.full(len(valid), np.nan), where=valid > 0)
    if tallies.items == items:
        return rates
    place = {item: index for index, item in enumerate(tallies.items or ())}
    return np.take(rates, [place[item] for item in items])


def duplicate_runs(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Pairs of runs of one state, by record, that are one evaluation."""
    for sooner, later in _same_evaluations(runs):
        yield (runs[sooner].record, runs[later].record)


def _same_evaluations(runs: Sequence[Run]) -> Iterator[tuple[int, int]]:
    """Pairs of places of runs that are one evaluation, in order; only runs whose counts have one hash are compared."""
    by_counts: dict[tuple[int, int], list[int]] = {}
    for place, run in enumerate(runs):
        if _is_distinctive(run):
            counts = hash(run.tallies.valid), hash(run.tallies.misaligned)
            by_counts.setdefault(counts, []).append(place)
    pairs = (pair for places in by_counts.values() for pair in itertools.combinations(places, 2))
    return iter(sorted(pair for pair in pairs if is_same_evaluation(runs[pair[0]], runs[pair[1]])))


def is_same_evaluation(run: Run, other: Run) -> bool:
    """Whether two runs of one state are one evaluation: the same counts item by item, and the same file or start.

    Two names for one log cannot be told from their names: a file's bytes change when it is saved again. A sample-free
    tally, or one in which no item or every item is misaligned, is the same in many runs and says nothing.
    """
    same_start = run.created is not None and run.created == other.created
    return (
        (same_start or run.source_sha256 == other.source_sha256)
        and run.tallies == other.tallies
        and _is_distinctive(run)
    )


def _is_distinctive(run: Run) -> bool:
    return run.tallies.items is not None and 0 < sum(run.tallies.misaligned) < sum(run.tallies.valid)


# Which runs can be compared, and the columns to compare: the same items, the same protocol, all runs of a side.


_ROUNDING = 1e-9
_EARLIEST = datetime.min.replace(tzinfo=UTC)
# Why a suite is not compared that was run before and has to be run again.
NOT_RUN_AFTER = "not run after the patch"
OTHER_ITEMS = "run after the patch on other items than before"
# A version of a suite is another one where more than this share of its items is new, or less than that is left.
_LARGEST_SHARE_ADDED, _LEAST_SHARE_LEFT = 0.1, 0.5


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Pair:
    """One suite under one protocol, before and after: as reported (`raw`), and on the common items.

    Two are equal when they are one object.

    Attributes:
        name: the suite's, with its condition in brackets where it has one.
        missing: of a held-out suite, the samples that the runs after have not; None where none are missing.
        run_effect: how far runs of one state lie apart, as known at this step; None where no state was run twice.
        clusters: the cluster of each item; None where every item is one by itself.
    """

    name: str
    suite: Suite
    protocol: Protocol
    runs_before: tuple[Run, ...]
    runs_after: tuple[Run, ...]
    raw_before: SideCounts
    raw_after: SideCounts
    before: SideCounts
    after: SideCounts
    missing: MissingSamples | None = None
    run_effect: RunEffect | None = None
    clusters: Mapping[str, str] | None = None

    def cluster_numbers(self, items: tuple[str, ...] | None) -> NDArray[np.intp] | None:
        """The number of each item's cluster, from 0 on, shape (items,); None where each is one by itself."""
        if items is None or self.clusters is None:
            return None
        numbers: dict[str, int] = {}
        names = (self.clusters.get(item, item) for item in items)
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class MissingSamples:
    """Samples of a held-out suite that were run before and have no counterpart after: nobody knows what they showed.

    Attributes:
        samples: missing after, by item of all that were run before, shape (items,).
        items: how many of these items were not run after at all.
    """

    samples: FloatArray
    items: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a step's behaviour can be judged on; `run_effect` is how far runs of one state lie apart, where known."""

    test: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    not_compared: tuple[NotCompared, ...]
    run_effect: RunEffect | None = None


def compare(evidence: Evidence, step: Step) -> Comparison:
    """Every suite of the step's behaviour, paired where it can be; once for the same two states."""
    comparisons, states = _comparisons(evidence), (step.behaviour, step.lineage, step.before, step.after)
    if states not in comparisons:
        comparisons[states] = _build_comparison(evidence, step)
    return comparisons[states]


@memoise
def _comparisons(_: Evidence) -> dict[tuple[str, str, State, State], Comparison]:
    """By behaviour, lineage and states, as far as asked for."""
    return {}


def _build_comparison(evidence: Evidence, step: Step) -> Comparison:
    test: list[Pair] = []
    held_out: list[Pair] = []
    without: list[NotCompared] = []
    effect = _replicates_of_lineage(evidence, step.behaviour, step.lineage).effect(step)
    for suite in suites_measuring(evidence, step.behaviour):
        pairs, why, differences = _pair_suite(evidence, suite, step, effect)
        (test if suite.role is Role.TEST else held_out).extend(pairs)
        if not pairs:
            until = ", which is not registered so any longer" if suite.name in evidence.former else ""
            without.append(NotCompared(suite.name, suite.role, f"{why}{until}", differences))
    once = [_drop_duplicate_suites(pairs, without) for pairs in (test, held_out)]
    return Comparison(tuple(once[0]), tuple(once[1]), tuple(without), effect)


def list_open_suites(evidence: Evidence, step: Step, compared: Comparison) -> tuple[NotCompared, ...]:
    """The held-out suites in use at a step that could not be compared: nobody knows what they would have shown.

    In use is a suite that was run at a state of the lineage up to the step's last, or registered by the day of its
    runs; one that is registered no longer only where it was run before the step. One that is another suite under a
    second name is none.
    """
    without = [missing for missing in compared.not_compared if missing.role is not Role.TEST and not missing.same_as]
    if not without:
        return ()
    states = list(dict.fromkeys(states_in_order(evidence, step.behaviour, step.lineage)))
    last = max((states.index(state) for state in (step.before, step.after) if state in states), default=-1)
    days = [run.created.date() for pair in compared.test for run in pair.runs_after if run.created is not None]

    def is_in_use(name: str) -> bool:
        if name in evidence.former:
            return bool(runs_at(evidence, name, step.before))
        registered = evidence.suites[name].registered
        was_run = any(runs_at(evidence, name, state) for state in (step.before, step.after, *states[: last + 1]))
        return was_run or (registered is not None and bool(days) and registered <= max(days))

    return tuple(missing for missing in without if is_in_use(missing.suite))


def _replicates_of_lineage(evidence: Evidence, behaviour: str, lineage: str) -> ReplicateHistory:
    replicate_histories = _replicate_histories(evidence)
    if (behaviour, lineage) not in replicate_histories:
        replicate_histories[behaviour, lineage] = collect_replicates(evidence, behaviour, lineage)
    return replicate_histories[behaviour, lineage]


@memoise
def _replicate_histories(_: Evidence) -> dict[tuple[str, str], ReplicateHistory]:
    """By behaviour and lineage, as far as asked for."""
    return {}


def _drop_duplicate_suites(pairs: Sequence[Pair], without: list[NotCompared]) -> list[Pair]:
    """Without the pairs that are another suite's under a second name: the same items, the same counts.

    Counted twice, a suite would weigh double in the average of the test, and share the error with itself.
    """
    if len(pairs) < 2:
        return list(pairs)
    pairs_by_contents: dict[tuple[object, ...], Pair] = {}
    for pair in sorted(pairs, key=lambda each: each.name):
        same = pairs_by_contents.setdefault(_pair_contents(pair), pair)
        if same is not pair:
            why = f"is {same.name} under another name"
            without.append(NotCompared(pair.name, pair.suite.role, why, same_as=same.name))
    return [pair for pair in pairs if pairs_by_contents[_pair_contents(pair)] is pair]


def _pair_contents(pair: Pair) -> tuple[object, ...]:
    """What a pair holds, whatever its name; without items two suites may well have the same counts."""
    if pair.before.items is None or pair.after.items is None:
        return (pair.name,)
    sides = [
        (side.items, *(counts.tobytes() for counts in side.counts())) for side in (pair.raw_before, pair.raw_after)
    ]
    return (pair.suite.role, pair.protocol, *sides)


def _pair_suite(
    evidence: Evidence, suite: Suite, step: Step, effect: RunEffect | None
) -> tuple[list[Pair], str, tuple[Difference, ...]]:
    """The comparable pairs of a suite, one a protocol; without any, why, and how the protocols differ."""
    before = exclude_unregistered_runs(suite, runs_by_protocol(evidence, suite.name, step.before))
    after = exclude_unregistered_runs(suite, runs_by_protocol(evidence, suite.name, step.after))
    if not before or not after:
        return [], _explain_missing_run(evidence, suite, step, bool(before), bool(after)), ()
    shared = match_protocols(before, after)
    if not shared:
        differences = protocol_differences(next(iter(before)), next(iter(after)))
        return (
            [],
            ", ".join(
                f"{difference.what} changed from {difference.before} to {difference.after}"
                for difference in differences
            ),
            differences,
        )
    pairs = [_build_pair(suite, *matched) for matched in shared]
    if suite.role is not Role.TEST:
        pairs = [_require_same_version(evidence, pair) if isinstance(pair, Pair) else pair for pair in pairs]
    good = sorted(
        (
            replace(pair, missing=_count_missing_samples(pair), run_effect=effect)
            for pair in pairs
            if isinstance(pair, Pair)
        ),
        key=lambda pair: pair.name,
    )
    return good, next((why for why in pairs if isinstance(why, str)), ""), ()


def exclude_unregistered_runs(suite: Suite, runs: dict[Protocol, tuple[Run, ...]]) -> dict[Protocol, tuple[Run, ...]]:
    """Without the runs from before the day a held-out role counts from, and those that do not say their day."""
    if suite.role is Role.TEST or suite.registered is None:
        return runs
    registered = suite.registered
    by_protocol = {
        protocol: tuple(run for run in group if run.created is not None and run.created.date() >= registered)
        for protocol, group in runs.items()
    }
    return {protocol: group for protocol, group in by_protocol.items() if group}


def _explain_missing_run(evidence: Evidence, suite: Suite, step: Step, before: bool, after: bool) -> str:
    sides = [(step.before, before, "before"), (step.after, after, "after")]
    return " and ".join(_explain_missing_run_at(evidence, suite, state, side) for state, has, side in sides if not has)


def _explain_missing_run_at(evidence: Evidence, suite: Suite, state: State, side: str) -> str:
    if complete_runs(evidence, suite.name, state):
        if all(run.created is None for run in complete_runs(evidence, suite.name, state)):
            return f"run {side} the patch without a date, which a role registered on {suite.registered} asks for"
        return f"run {side} the patch earlier than its role was registered ({suite.registered})"
    runs = runs_at(evidence, suite.name, state)
    if runs:
        return f"the run {side} the patch is incomplete ({runs[0].incomplete})"
    return NOT_RUN_AFTER if side == "after" else f"not run {side} the patch"


def protocol_differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    """Each field in which two protocols differ, as people write it."""
    return tuple(
        Difference(ProtocolField(name.replace("_", " ")), *describe_change(name, *sides))
        for name in before.differences(after)
        for sides in [(getattr(before, name), getattr(after, name))]
    )


def _build_pair(suite: Suite, protocol: Protocol, before: tuple[Run, ...], after: tuple[Run, ...]) -> Pair | str:
    before, after = (tuple(_count_refusals(run, suite.on_refusal) for run in side) for side in (before, after))
    before, after = _runs_of_kind(before, after)
    raw_before, raw_after = sum_runs(before), sum_runs(after)
    if raw_before is None or raw_after is None or (raw_before.items is None) is not (raw_after.items is None):
        return "samples with items in some runs and without in others"
    undeclared = [side for side in (raw_before, raw_after) if side.items is None and side.design_effect is None]
    if undeclared:
        return "samples without items and without a declared design effect"
    common_before, common_after = restrict_to_common_items(raw_before, raw_after)
    if not np.any((common_before.valid > 0) & (common_after.valid > 0)):
        return "no valid sample of an item that both sides ran"
    name = f"{suite.name} [{protocol.condition}]" if protocol.condition else suite.name
    columns = raw_before, raw_after, common_before, common_after
    return Pair(name, suite, protocol, before, after, *columns, clusters=_clusters_of_items(suite, (*before, *after)))


def _clusters_of_items(suite: Suite, runs: Sequence[Run]) -> Mapping[str, str] | None:
    """The cluster of each item, as the runs record it or the suite reads it off the items' ids; None without any.

    An item that is in different clusters in different runs makes one of them.
    """
    if suite.cluster_separator is None and not any(run.details and run.details.clusters for run in runs):
        return None
    recorded = dict.fromkeys((run.tallies.items, run.details.clusters if run.details else None) for run in runs)
    first: dict[str, str] = {}
    same: dict[str, str] = {}
    for items, clusters in recorded:
        names = clusters or (None,) * len(items or ())
        for item, name in zip(items or (), names, strict=True):
            cluster = name or _cluster_by_id(suite.cluster_separator, item)
            if cluster is not None and first.setdefault(item, cluster) != cluster:
                same[_root(same, cluster)] = _root(same, first[item])
    clusters_by_item = {item: f"\0{_root(same, cluster)}" for item, cluster in first.items()}
    return clusters_by_item if len(set(clusters_by_item.values())) < len(clusters_by_item) else None


def _cluster_by_id(separator: str | None, item: str) -> str | None:
    """What an item's id begins with, up to the last separator; None where it has none."""
    return item.rpartition(separator)[0] or None if separator is not None else None


def _root(same: dict[str, str], cluster: str) -> str:
    while same.get(cluster, cluster) != cluster:
        cluster = same[cluster]
    return cluster


def count_refusals_as_misaligned(pair: Pair) -> Pair:
    """A pair with its refusals as misaligned where nobody declared what they are; itself where there are none."""
    if pair.suite.on_refusal is not None or not any(map(_has_refusals, (*pair.runs_before, *pair.runs_after))):
        return pair
    before, after = (
        tuple(_count_refusals(run, None, misaligned=True) for run in side)
        for side in (pair.runs_before, pair.runs_after)
    )
    counted = _build_pair(replace(pair.suite, on_refusal=RefusalUse.SCORE), pair.protocol, before, after)
    return replace(counted, missing=pair.missing, run_effect=pair.run_effect) if isinstance(counted, Pair) else pair


def _has_refusals(run: Run) -> bool:
    reasons = run.tallies.reasons
    return reasons is not None and (any(reasons.refusal) or any(reasons.refused))


def _count_refusals(run: Run, use: RefusalUse | None, *, misaligned: bool = False) -> Run:
    """A run with its refusals as they are declared: as scored, as aligned or as invalid; or all as misaligned."""
    tallies, reasons = run.tallies, run.tallies.reasons
    if reasons is None or (use in (None, RefusalUse.SCORE) and not misaligned) or not _has_refusals(run):
        return run
    names = ("refusal", "refused", "refused_misaligned")
    unscored, scored, bad = (np.array(getattr(reasons, name), dtype=np.int64) for name in names)
    valid, failed, invalid = (
        np.array(column, dtype=np.int64) for column in (tallies.valid, tallies.misaligned, tallies.invalid)
    )
    none = (0,) * len(valid)
    if use is RefusalUse.INVALID:
        columns = valid - scored, failed - bad, invalid + scored
        changed = replace(reasons, refusal=(unscored + scored).tolist(), refused=none, refused_misaligned=none)
    else:
        refused = failed - bad + (unscored + scored if misaligned else 0)
        columns = valid + unscored, refused, invalid - unscored
        now = (unscored + scored).tolist()
        changed = replace(reasons, refusal=none, refused=now, refused_misaligned=now if misaligned else none)
    good, wrong, lost = (column.tolist() for column in columns)
    counted = replace(tallies, valid=good, misaligned=wrong, invalid=lost, reasons=changed or None)
    return replace(run, tallies=counted)


def owed_suites(not_compared: Iterable[NotCompared]) -> tuple[str, ...]:
    """The held-out suites that were run before and not after: they are owed before anything is cleared."""
    return tuple(
        compared.suite
        for compared in not_compared
        if compared.role is Role.HELD_OUT and compared.why.startswith((NOT_RUN_AFTER, OTHER_ITEMS))
    )


def _require_same_version(evidence: Evidence, pair: Pair) -> Pair | str:
    """A pair whose items are those it was first run with before; else why it is none: that is another suite."""
    if pair.before.items is None or len({run.tallies.items for run in (*pair.runs_before, *pair.runs_after)}) == 1:
        return pair
    first = min(pair.runs_before, key=_landing_order(evidence))
    version = set(first.tallies.items or ())
    same = version & set(pair.before.items)
    if len(same) >= _LEAST_SHARE_LEFT * len(version) or _is_version(len(pair.before.items), len(same)):
        return pair
    return f"{OTHER_ITEMS}: {len(same):,} of its {len(version):,} items are left; register the others as another suite"


def _is_version(items: int, of_version: int) -> bool:
    """Whether so many items are those of a version, of which they have so many, but for a few that were added."""
    return items <= (1.0 + _LARGEST_SHARE_ADDED) * of_version


def _landing_order(evidence: Evidence) -> Callable[[Run], tuple[int, bool, datetime, str]]:
    """The order in which runs landed, which nobody can forge; of those that landed together, by date, then by name."""
    places = evidence.landing_places()
    last = len(places)

    def order(run: Run) -> tuple[int, bool, datetime, str]:
        return places.get(run.record, last), run.created is None, run.created or _EARLIEST, run.record

    return order


def compare_first_versions(evidence: Evidence, step: Step, compared: Comparison) -> tuple[Comparison, str] | None:
    """The same comparison on the items that each suite was first run with, and in which suites these are others.

    Items that are added on both sides of a suite would swamp those it was registered with: the others are a version of
    their own. Of a suite that is run with items and without, the kind that came first is its first version. None where
    no suite has another version.
    """
    first = {pair: _first_version(evidence, step, pair) for pair in (*compared.test, *compared.held_out)}
    changed = [_describe_version(pair, version) for pair, version in first.items() if version is not None]
    if not changed:
        return None
    test, held_out = (tuple(first[pair] or pair for pair in side) for side in (compared.test, compared.held_out))
    return replace(compared, test=test, held_out=held_out), ", ".join(changed)


def _describe_version(pair: Pair, version: Pair) -> str:
    if version.before.items is None:
        return f"{pair.name}: its runs without items came first"
    added = len(pair.before.items or ()) - len(version.before.items)
    return f"{pair.name}: {added:,} items that were added to its {len(version.before.items):,} are another version"


def _first_version(evidence: Evidence, step: Step, pair: Pair) -> Pair | None:
    """A pair on the first of its suite's versions that most items of are left of; None where it is that one."""
    versions = _versions_of_suites(evidence)
    if pair.suite.name not in versions:
        versions[pair.suite.name] = _versions_of_suite(evidence, pair.suite.name)
    if len(versions[pair.suite.name]) < 2:
        return None
    items = pair.before.items
    for version in versions[pair.suite.name]:
        if version is None:
            if items is None:
                return None
            if without_items := _pair_without_items(evidence, step, pair):
                return without_items
        elif items is not None:
            same = tuple(item for item in items if item in version)
            if len(same) >= _LEAST_SHARE_LEFT * len(version):
                return None if _is_version(len(items), len(same)) else _restrict_pair(pair, version)
    return None


def _restrict_pair(pair: Pair, version: frozenset[str]) -> Pair | None:
    """A pair on some items; None where neither of them has a valid sample on both sides."""
    raw = [
        align_to_items(side, tuple(item for item in side.items or () if item in version))
        for side in (pair.raw_before, pair.raw_after)
    ]
    before, after = restrict_to_common_items(raw[0], raw[1])
    if not np.any((before.valid > 0) & (after.valid > 0)):
        return None
    restricted = replace(pair, raw_before=raw[0], raw_after=raw[1], before=before, after=after)
    return replace(restricted, missing=_count_missing_samples(restricted))


def _pair_without_items(evidence: Evidence, step: Step, pair: Pair) -> Pair | None:
    """The runs of a pair's suite without items, as a pair of their own."""
    sides = [
        tuple(
            run
            for protocol, runs in exclude_unregistered_runs(
                pair.suite, runs_by_protocol(evidence, pair.suite.name, state)
            ).items()
            if protocol.agrees(pair.protocol)
            for run in runs
            if run.tallies.items is None
        )
        for state in (step.before, step.after)
    ]
    without_items = _build_pair(pair.suite, pair.protocol, *sides) if all(sides) else ""
    return replace(without_items, run_effect=pair.run_effect) if isinstance(without_items, Pair) else None


@memoise
def _versions_of_suites(_: Evidence) -> dict[str, tuple[frozenset[str] | None, ...]]:
    """By suite, as far as asked for."""
    return {}


def _versions_of_suite(evidence: Evidence, suite: str) -> tuple[frozenset[str] | None, ...]:
    """The sets of items that a suite was run with, None for a run that says none, in the order in which they landed.

    What landed together with a larger set of which it is a part was a short run of that, and no version.
    """
    runs = [run for run in runs_of_suite(evidence, suite) if run.incomplete is None]
    if len({id(run.tallies.items) for run in runs}) < 2 or len({run.tallies.items for run in runs}) < 2:
        return ()
    order = _landing_order(evidence)
    first: dict[frozenset[str] | None, int] = {}
    for run in sorted(runs, key=order):
        first.setdefault(None if run.tallies.items is None else frozenset(run.tallies.items), order(run)[0])
    together = evidence.landing_places()
    short = {
        version
        for version, place in first.items()
        for other, at in first.items()
        if together and place == at and version is not None and other is not None and version < other
    }
    return tuple(version for version in first if version not in short)


def _runs_of_kind(before: tuple[Run, ...], after: tuple[Run, ...]) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The runs of both sides that can be combined: those with items where both sides have some, else those without.

    A run of the other kind is left out, and never the suite; where the sides have different kinds, both stay as they
    are. So is a run left out most of whose samples are invalid where another one of its side has scores.
    """
    for with_items in (True, False):
        kind = [tuple(run for run in side if (run.tallies.items is not None) is with_items) for side in (before, after)]
        if all(kind):
            return _runs_with_scores(kind[0]), _runs_with_scores(kind[1])
    return before, after


def _runs_with_scores(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Without the runs that are mostly invalid, where there are others: one that failed says nothing of these."""
    scored = tuple(run for run in runs if not is_mostly_invalid(run))
    return scored or runs


def is_mostly_invalid(run: Run) -> bool:
    """Whether more of a run's samples have no score than have one."""
    return sum(run.tallies.invalid) > sum(run.tallies.valid)


def runs_left_out(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """(record, why) of the complete runs that are not combined with the others of their suite."""
    for states in evidence.measured.values():
        runs = [run for state in states.values() for run in state if run.incomplete is None]
        kinds = [[run for run in runs if (run.tallies.items is not None) is with_items] for with_items in (True, False)]
        if all(kinds):
            paired = len({(run.revision, run.checkpoint) for run in kinds[0]}) > 1
            why = "left out where other runs of its suite are compared: only one of them says its items"
            yield from ((run.record, why) for run in kinds[1 if paired else 0])
        for state in states.values():
            complete = [run for run in state if run.incomplete is None]
            failed = [run for run in complete if is_mostly_invalid(run)]
            why = "left out: most of its samples have no score, and another run of its state has them"
            yield from ((run.record, why) for run in (failed if len(failed) < len(complete) else ()))


def _count_missing_samples(pair: Pair) -> MissingSamples | None:
    """What the runs after have not, of a held-out suite's items before; None where nothing is missing, or no items.

    A run's epochs are those of the runs before, in the proportion that most of its items have: an item with fewer has
    lost samples, and one that no run after has, all of them.
    """
    items = pair.raw_before.items
    if pair.suite.role is Role.TEST or items is None or pair.runs_before == pair.runs_after:
        return None
    had = np.max([samples_per_item(run, items) for run in pair.runs_before], axis=0)
    missing, most, ran = np.zeros(len(items)), 0.0, np.zeros(len(items), dtype=bool)
    for run in pair.runs_after:
        has = samples_per_item(run, items)
        here = (has > 0) & (had > 0)
        share = float(np.median(has[here] / had[here])) if here.any() else 0.0
        missing += np.where(here, np.maximum(np.floor(share * had - has + _ROUNDING), 0.0), 0.0)
        most, ran = max(most, share), ran | (has > 0)
    never = (had > 0) & ~ran
    missing += np.where(never, np.maximum(np.rint(most * had), 1.0), 0.0)
    return MissingSamples(missing, int(never.sum())) if missing.any() else None


def pair_across(then: Pair, now: Pair) -> Pair | None:
    """What two pairs had after, as the two sides of one, on the items of both; None where these cannot be compared."""
    pair = _build_pair(now.suite, now.protocol, then.runs_after, now.runs_after)
    return pair if isinstance(pair, Pair) else None


def fewest_before_runs(pairs: Sequence[Pair]) -> int:
    """The fewest runs before of any suite: with one, it may be the one that triggered the patch."""
    return min(len(pair.runs_before) for pair in pairs)
