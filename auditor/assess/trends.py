"""Trends: does a behaviour's test go down over all of its states while held-out stays where it was?

Where `joint_transfer` takes many behaviours at two ends, this takes one behaviour at every state at which its test and
a held-out suite were run alike: a slope of the test suites, and one of the held-out suites. It warns, at the other half
of the error, shared by all behaviours; it clears nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.assess.comparable import SideCounts, align_to_items, exclude_unregistered_runs, is_mostly_invalid, sum_runs
from auditor.assess.contrast import counts_by_reading, finite_or_none
from auditor.assess.facts import BehaviourTrend, FittedRate, HistoryAnswer, Transfer
from auditor.assess.joint_transfer import SHARE_OF_ERROR, answer_of
from auditor.assess.steps import states_in_order
from auditor.assess.verdicts import INVALID_EXCLUDED, READINGS
from auditor.evidence import Evidence, State, runs_by_protocol, suites_measuring
from auditor.evidence.protocol import Protocol
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.suite import Role, Suite
from auditor.stats.clusters import ItemCounts, pooled_correlation, rate_of_items, variance_components
from auditor.stats.intervals import Interval, Proportion
from auditor.stats.trends import LogSlope, fit_slope, transfer_of_slopes

FEWEST_STATES = 5
"""With fewer there is no line to speak of: three degrees of freedom are left for each slope at this number."""

_LEAST_SHARE_OF_ITEMS = 0.5


def measure_trends(
    evidence: Evidence, measured: Iterable[tuple[str, str]], policy: Policy
) -> tuple[BehaviourTrend, ...]:
    """The trend of every behaviour and lineage that was evaluated at two states and more, in the order given."""
    cases = [(behaviour, lineage, _read(evidence, behaviour, lineage)) for behaviour, lineage in measured]
    able = sum(case.able for _, _, case in cases)
    error = policy.error_rate * SHARE_OF_ERROR / max(able, 1)
    return tuple(
        _fit(evidence.history.spec, behaviour, lineage, case, error, policy)
        for behaviour, lineage, case in cases
        if case.evaluated > 1
    )


@dataclass(frozen=True, slots=True)
class _SuiteRates:
    """A suite's rates at some states under each reading, shape (states, 3), and the places of these states."""

    suite: Suite
    places: tuple[int, ...]
    rates: Proportion


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known of a behaviour over time.

    Attributes:
        evaluated: the states with a test run.
        states: those of them at which a test and a held-out suite were run alike.
    """

    evaluated: int
    states: int
    test: tuple[_SuiteRates, ...] = ()
    held_out: tuple[_SuiteRates, ...] = ()

    @property
    def able(self) -> bool:
        """Whether a slope has degrees of freedom left on either side."""
        sides = ([len(rates.places) for rates in side] for side in (self.test, self.held_out))
        return self.states >= FEWEST_STATES and all(sum(counts) > len(counts) + 1 for counts in sides)


def _read(evidence: Evidence, behaviour: str, lineage: str) -> _Case:
    states = tuple(dict.fromkeys(states_in_order(evidence, behaviour, lineage)))
    suites = [
        rates
        for suite in suites_measuring(evidence, behaviour)
        if (rates := _rates_of_suite(evidence, suite, states)) is not None
    ]
    sides = [[rates for rates in suites if (rates.suite.role is Role.TEST) is is_test] for is_test in (True, False)]
    common = {place for rates in sides[0] for place in rates.places} & {
        place for rates in sides[1] for place in rates.places
    }
    test, held_out = (
        tuple(_at_places(rates, common) for rates in side if common & set(rates.places)) for side in sides
    )
    return _Case(len(states), len(common), test, held_out)


def _at_places(rates: _SuiteRates, places: set[int]) -> _SuiteRates:
    chosen = [at for at, place in enumerate(rates.places) if place in places]
    return _SuiteRates(rates.suite, tuple(rates.places[at] for at in chosen), rates.rates.at((chosen,)))


def _rates_of_suite(evidence: Evidence, suite: Suite, states: Sequence[State]) -> _SuiteRates | None:
    """A suite's rates at the states at which it was run alike, on the items that it was run with at all of them.

    Of several protocols the one with the most states counts; a state with under half of the items is left out.
    """
    groups: list[tuple[Protocol, dict[int, SideCounts]]] = []
    for place, state in enumerate(states):
        runs = exclude_unregistered_runs(suite, runs_by_protocol(evidence, suite.name, state))
        for protocol, side in _sides(runs):
            group = next((sides for other, sides in groups if other.agrees(protocol)), None)
            if group is None:
                group = {}
                groups.append((protocol, group))
            group.setdefault(place, side)
    sides = max((sides for _, sides in groups), key=len, default={})
    with_items = {place: side for place, side in sides.items() if side.items is not None}
    if len(with_items) * 2 < len(sides):
        return _rates_without_items(suite, {place: side for place, side in sides.items() if side.items is None})
    return _rates_on_items(suite, with_items)


def _sides(runs: dict[Protocol, tuple[Run, ...]]) -> Iterator[tuple[Protocol, SideCounts]]:
    for protocol, group in runs.items():
        scored = [run for run in group if not is_mostly_invalid(run)]
        side = sum_runs(scored) if scored else None
        if side is not None and np.any(side.valid > 0):
            yield protocol, side


def _rates_on_items(suite: Suite, sides: dict[int, SideCounts]) -> _SuiteRates | None:
    if not sides:
        return None
    [(items, _)] = Counter(side.items or () for side in sides.values()).most_common(1)
    common, by_place = set(items), dict[int, SideCounts]()
    for place, side in sides.items():
        both = common if side.items == items else common & set(side.items or ())
        if len(both) >= _LEAST_SHARE_OF_ITEMS * len(items):
            common, by_place[place] = both, side
    names = tuple(item for item in items if item in common)
    columns = [side if side.items == names else align_to_items(side, names) for side in by_place.values()]
    valid, misaligned, invalid = np.stack([np.stack(side.counts()) for side in columns], axis=1)
    between, within = variance_components(ItemCounts(valid, misaligned))
    correlation = pooled_correlation([(between.sum(), within.sum())])
    scored = np.flatnonzero(np.any(valid > 0, axis=1)).tolist()
    rates = rate_of_items(counts_by_reading(valid[scored], misaligned[scored], invalid[scored]), correlation)
    places = tuple(by_place)
    return _SuiteRates(suite, tuple(places[at] for at in scored), rates)


def _rates_without_items(suite: Suite, sides: dict[int, SideCounts]) -> _SuiteRates | None:
    """Of tallies without items, those that declare a design effect."""
    declared = {place: side for place, side in sides.items() if side.design_effect is not None}
    if not declared:
        return None
    counts = counts_by_reading(*np.stack([np.stack(side.counts()) for side in declared.values()], axis=1))
    effects = np.array([[side.design_effect] * 3 for side in declared.values()], dtype=float)
    valid, misaligned = counts.valid.sum(axis=-1), counts.misaligned.sum(axis=-1)
    return _SuiteRates(suite, tuple(declared), Proportion(misaligned / valid, valid / effects))


def _fit(spec: str, behaviour: str, lineage: str, case: _Case, error: float, policy: Policy) -> BehaviourTrend:
    """The two slopes and what they come to; without them where there are too few states."""
    if not case.able:
        few = HistoryAnswer.TOO_FEW
        return BehaviourTrend(spec, behaviour, lineage, case.evaluated, case.states, few, None, None, None)
    readings = [(_slope(case.test, reading), _slope(case.held_out, reading)) for reading in READINGS]
    limits = [transfer_of_slopes(*slopes, error) for slopes in readings]
    falls = [test.fall(error) for test, _ in readings]
    estimate = float(limits[INVALID_EXCLUDED].estimate)
    low, high = min(float(each.low) for each in limits), max(float(each.high) for each in limits)
    fell = all(float(each.low) > 0.0 for each in falls)
    transfer = (
        Transfer(estimate, finite_or_none(low), finite_or_none(high) if fell else None, error, error)
        if math.isfinite(estimate)
        else None
    )
    answer = answer_of(transfer, policy)
    if answer is HistoryAnswer.STAYED and not _ends_agree(case, policy):
        answer = HistoryAnswer.OPEN
    test, held_out = readings[INVALID_EXCLUDED]
    fitted = _fitted(test, policy.error_rate), _fitted(held_out, policy.error_rate)
    return BehaviourTrend(spec, behaviour, lineage, case.evaluated, case.states, answer, *fitted, transfer)


def _slope(suites: Sequence[_SuiteRates], reading: int) -> LogSlope:
    places = np.concatenate([np.array(rates.places, dtype=float) for rates in suites])
    low, high = places.min(), places.max()
    numbers = np.repeat(np.arange(len(suites)), [len(rates.places) for rates in suites])
    rate, size = (
        np.concatenate([getattr(rates.rates, name)[:, reading] for rates in suites]) for name in ("rate", "size")
    )
    return fit_slope(Proportion(rate, size), (places - low) / (high - low), numbers)


def _ends_agree(case: _Case, policy: Policy) -> bool:
    """Whether the first and last states by themselves say the same: a line through a single late step misleads."""
    falls = []
    for suites in (case.test, case.held_out):
        sides = [np.mean([rates.rates.rate[at, INVALID_EXCLUDED] for rates in suites]) for at in (0, -1)]
        falls.append(1.0 - sides[1] / sides[0] if sides[0] > 0.0 else 0.0)
    return falls[0] > 0.0 and falls[1] < policy.transfer_threshold * falls[0]


def _fitted(slope: LogSlope, error: float) -> FittedRate:
    fall = slope.fall(error)
    interval = Interval(float(fall.estimate), float(fall.low), float(fall.high), error)
    return FittedRate(slope.first, slope.last, interval)
