"""Open gaps: at one state, held-out clearly worse than test.

A gap needs no patch; it opens where it is established and closes only where evidence shows it to be less than half,
on the items on which it opened, in runs that may be compared with those in which it opened. Runs of one suite under
several protocols are never averaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.comparable import Comparison, Pair, compare, pair_across, protocol_differences
from auditor.assess.contrast import average_fall, compute_batch, estimate_rates, fall_of, source_after
from auditor.assess.facts import GapFacts
from auditor.assess.steps import states_in_order
from auditor.assess.verdicts import HALF, INVALID_EXCLUDED
from auditor.evidence import Evidence, State, Step, behaviours, lineages_measured
from auditor.model.numbers import short_id
from auditor.model.policy import Policy
from auditor.stats.falls import Fall, difference_limits
from auditor.stats.intervals import FloatArray, Proportion, rate_limits, stack_proportions, z_of_error


def track_gaps(evidence: Evidence, policy: Policy) -> tuple[GapFacts, ...]:
    """How every held-out suite stands to the test at the end of history, by behaviour, lineage and suite."""
    return tuple(
        standing
        for behaviour in behaviours(evidence)
        for lineage in lineages_measured(evidence, behaviour)
        for standing in _final_gaps(evidence, behaviour, lineage, policy)
    )


@dataclass(frozen=True, slots=True)
class _MeasuredState:
    """What was measured at a state: rates after, one entry a reading, shape (3,), and their limits.

    Attributes:
        tests: the test suites; `test` is their average.
        held_out: each other suite, with its rate.
    """

    state: State
    tests: tuple[Pair, ...]
    test: _RateWithLimits
    held_out: tuple[tuple[Pair, _RateWithLimits], ...]


@dataclass(frozen=True, slots=True)
class _RateWithLimits:
    """A rate under each reading, with its lower and upper limits."""

    rate: Proportion
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class _GapState:
    """How a suite stands to the test at a state, since when, and what was measured when it last became a gap."""

    at: _MeasuredState
    pair: Pair
    held_out: _RateWithLimits
    open: bool
    since: State
    opened: _GapOpening | None
    kept_open: str = ""

    @property
    def difference(self) -> float:
        """The difference of the two rates."""
        return float(self.held_out.rate.rate[INVALID_EXCLUDED]) - float(self.at.test.rate.rate[INVALID_EXCLUDED])


@dataclass(frozen=True, slots=True)
class _GapOpening:
    """What was measured at the state at which a gap opened."""

    tests: tuple[Pair, ...]
    held_out: Pair


def _final_gaps(evidence: Evidence, behaviour: str, lineage: str, policy: Policy) -> list[GapFacts]:
    """Walks the states of a lineage: a gap opens where it is established, and closes where it is shown to be smaller.

    A later state at which nobody measured, or with too few samples, closes nothing; nor does one at which items went.
    """
    gaps: dict[str, _GapState] = {}
    for measured_state in _measured_states(evidence, behaviour, lineage, policy.error_rate):
        for name in dict.fromkeys(pair.name for pair, _ in measured_state.held_out):
            measured = _select_measured(measured_state, name, gaps.get(name), policy.error_rate)
            gaps[name] = _next_gap_state(gaps.get(name), *measured, policy.error_rate)
    standings = [gaps[name] for name in sorted(gaps)]
    tests = estimate_rates(
        [source_after(standing.at.tests, standing.at.test.rate) for standing in standings], policy.error_rate
    )
    hidden = estimate_rates(
        [source_after([standing.pair], standing.held_out.rate) for standing in standings], policy.error_rate
    )
    return [
        GapFacts(
            *(behaviour, lineage, gap.pair.name, gap.pair.suite.role, gap.open, gap.since, gap.at.state),
            *(test, held_out, gap.kept_open),
        )
        for gap, test, held_out in zip(standings, tests, hidden, strict=True)
    ]


_Measured = tuple[_MeasuredState, Pair, _RateWithLimits]


def _select_measured(measured_state: _MeasuredState, name: str, earlier: _GapState | None, error: float) -> _Measured:
    """What a held-out suite is held against at a state, where suites were run under several protocols.

    Of the held-out runs, those that show a gap come first, then those that may be compared with the ones in which the
    gap opened, then the highest rate. Of each test suite: those sampled as the held-out runs, then those that may be
    compared, then the lowest rate.
    """
    opened = earlier.opened if earlier is not None and earlier.open else None
    variants = [
        (_select_tests(measured_state, pair, opened, error), pair, rate)
        for pair, rate in measured_state.held_out
        if pair.name == name
    ]
    return max(
        variants,
        key=lambda candidate: (
            _is_gap(candidate[0], candidate[2]),
            opened is not None and candidate[1].protocol.agrees(opened.held_out.protocol),
            float(candidate[2].rate.rate[INVALID_EXCLUDED]),
        ),
    )


def _select_tests(
    measured_state: _MeasuredState, held_out: Pair, opened: _GapOpening | None, error: float
) -> _MeasuredState:
    """The state with each test suite under one protocol."""
    by_name: dict[str, list[Pair]] = {}
    for pair in measured_state.tests:
        by_name.setdefault(pair.name, []).append(pair)
    if len(by_name) == len(measured_state.tests):
        return measured_state
    then = {opened_test.name: opened_test.protocol for opened_test in opened.tests} if opened is not None else {}
    tests = tuple(
        max(
            pairs,
            key=lambda candidate: (
                candidate.protocol.sampling == held_out.protocol.sampling,
                candidate.name in then and candidate.protocol.agrees(then[candidate.name]),
                -float(fall_of(candidate).after.rate[INVALID_EXCLUDED]),
            ),
        )
        for pairs in by_name.values()
    )
    [test] = _limits([_average_after(tests)], error)
    return replace(measured_state, tests=tests, test=test)


def _is_gap(measured_state: _MeasuredState, held_out: _RateWithLimits) -> bool:
    return bool(np.all(held_out.low > measured_state.test.high))


def _next_gap_state(
    earlier: _GapState | None, measured_state: _MeasuredState, pair: Pair, held_out: _RateWithLimits, error: float
) -> _GapState:
    """How a suite stands after one more state."""
    gap = _is_gap(measured_state, held_out)
    if earlier is not None and earlier.open and earlier.opened is not None and not gap:
        if not _closes(measured_state.test.rate, held_out.rate, earlier.difference, error):
            return earlier
        if differences := _differing_suites(earlier.opened, measured_state.tests, pair):
            return replace(earlier, kept_open=_explain_protocols(differences, measured_state.state))
        if not _closes_on_common_items(earlier.opened, measured_state.tests, pair, earlier.difference, error):
            return replace(earlier, kept_open=_explain_open(earlier.opened.held_out, pair, measured_state.state))
    still = earlier is not None and earlier.open and gap
    since = earlier.since if earlier is not None and still else measured_state.state
    opened = earlier.opened if earlier is not None else None
    if gap and (
        since == measured_state.state or (opened is not None and _differing_suites(opened, measured_state.tests, pair))
    ):
        opened = _GapOpening(measured_state.tests, pair)
    return _GapState(measured_state, pair, held_out, gap, since, opened)


def _measured_states(evidence: Evidence, behaviour: str, lineage: str, error: float) -> list[_MeasuredState]:
    """The states of a lineage at which its test was measured; the limits of all of them at once."""
    spec, states = evidence.history.spec, states_in_order(evidence, behaviour, lineage)
    comparisons = [(state, compare(evidence, Step(spec, behaviour, lineage, state, state, ()))) for state in states]
    compared_states = [(state, compared) for state, compared in _with_earlier_sides(comparisons) if compared.test]
    compute_batch(compared for _, compared in compared_states)
    proportions = [
        _average_after(pairs)
        for _, comparison in compared_states
        for pairs in (comparison.test, *((pair,) for pair in comparison.held_out))
    ]
    limited = iter(_limits(proportions, error))
    return [
        _MeasuredState(
            state, comparison.test, next(limited), tuple((pair, next(limited)) for pair in comparison.held_out)
        )
        for state, comparison in compared_states
    ]


def _with_earlier_sides(comparisons: Sequence[tuple[State, Comparison]]) -> Iterator[tuple[State, Comparison]]:
    """The states, each suite beside its runs at the state before, which say as well how alike samples of an item are.

    The verdict of a step takes it from both sides, so that one rate has the same limits in a gap as in the verdict: a
    side without failures shows nothing of it by itself.
    """
    earlier: dict[str, Pair] = {}
    for state, comparison in comparisons:
        test, held_out = (
            tuple(_with_earlier_side(pair, earlier.get(pair.name)) for pair in pairs)
            for pairs in (comparison.test, comparison.held_out)
        )
        earlier |= {pair.name: pair for pair in (*comparison.test, *comparison.held_out)}
        yield state, replace(comparison, test=test, held_out=held_out)


def _with_earlier_side(pair: Pair, earlier: Pair | None) -> Pair:
    if earlier is None or not pair.protocol.agrees(earlier.protocol):
        return pair
    return replace(pair, raw_before=earlier.raw_after)


def _average_after(pairs: Sequence[Pair]) -> Proportion:
    return average_fall(pairs).after


def _limits(sides: Sequence[Proportion], error: float) -> list[_RateWithLimits]:
    if not sides:
        return []
    every = stack_proportions(sides)
    low, high = rate_limits(Proportion(every.rate.ravel(), every.size.ravel()), error)
    return list(map(_RateWithLimits, sides, low.reshape(every.rate.shape), high.reshape(every.rate.shape)))


def _closes(test: Proportion, held_out: Proportion, was: float, error: float) -> bool:
    """Whether the difference is shown to be under half of what it was, under every reading of the invalid samples."""
    now = difference_limits(Fall(held_out, test), np.full(3, z_of_error(error)))
    return float(now.high.max()) < HALF * was


def _closes_on_common_items(opened: _GapOpening, tests: Sequence[Pair], pair: Pair, value: float, error: float) -> bool:
    """Whether it closes on the items that were there when it opened and are there now, of the test and of held-out.

    Leaving out the items that fail, or adding such to the test, makes any difference small: then and now are both taken
    on common items. A test suite that was not there then is taken as it is.
    """
    then = {earlier_test.name: earlier_test for earlier_test in opened.tests}
    held_out = pair_across(opened.held_out, pair)
    matched = [pair_across(then.get(later_test.name, later_test), later_test) for later_test in tests]
    both = [test for test in matched if test is not None]
    if held_out is None or len(both) < len(matched):
        return False
    sides, average = fall_of(held_out), average_fall(both)
    was = float(sides.before.rate[INVALID_EXCLUDED] - average.before.rate[INVALID_EXCLUDED])
    return _closes(average.after, sides.after, min(was, value), error)


def _differing_suites(opened: _GapOpening, tests: Sequence[Pair], pair: Pair) -> tuple[tuple[Pair, Pair], ...]:
    """The suites whose runs cannot be compared with those in which the gap opened, then and now."""
    then = {test.name: test for test in opened.tests}
    sides = [(opened.held_out, pair), *((then[test.name], test) for test in tests if test.name in then)]
    return tuple((early, late) for early, late in sides if not early.protocol.agrees(late.protocol))


def _explain_protocols(differences: Sequence[tuple[Pair, Pair]], state: State) -> str:
    changes = [
        f"{late.name} ({', '.join(f'{part.what} {part.before} then, {part.after} now' for part in parts)})"
        for early, late in differences
        for parts in [protocol_differences(early.protocol, late.protocol)]
    ]
    return (
        f"at {short_id(state.revision)} the rates are close, but in runs that cannot be compared with those in which "
        f"it opened: {'; '.join(changes)}"
    )


def _explain_open(then: Pair, now: Pair, state: State) -> str:
    """Why a state whose rates look closed closes nothing."""
    had, has = set(then.after.items or ()), set(now.after.items or ())
    lost = f": {len(had - has):,} of the {len(had):,} items on which it opened are gone" if had - has else ""
    return f"at {short_id(state.revision)} the rates are close, but not on the items that were run when it opened{lost}"
