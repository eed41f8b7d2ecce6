"""Standing gaps: at one state, held-out clearly worse than test. They need no patch, and stay open until closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.comparable import Columns, Pair, across, compare
from auditor.assess.contrast import fall_of
from auditor.assess.facts import GapFacts, Rate
from auditor.assess.rates import rate_of
from auditor.assess.statements import HALF, LEFT_OUT
from auditor.assess.steps import states_in_order
from auditor.evidence import Evidence, State, Step, behaviours, lineages_measured
from auditor.model.policy import Policy
from auditor.stats.clusters import mean_of_falls, mean_of_suites
from auditor.stats.falls import Fall, difference_limits
from auditor.stats.intervals import Proportion, rate_interval
from auditor.stats.normal import z_of_error


def standings(evidence: Evidence, policy: Policy) -> tuple[GapFacts, ...]:
    """How every held-out suite stands to the test at the end of history, by behaviour, lineage and suite."""
    return tuple(
        standing
        for behaviour in behaviours(evidence)
        for lineage in lineages_measured(evidence, behaviour)
        for standing in _at_the_end(evidence, behaviour, lineage, policy)
    )


@dataclass(frozen=True, slots=True)
class _Opened:
    """What was measured at the state at which a gap opened."""

    tests: tuple[Pair, ...]
    held_out: Pair


def _at_the_end(evidence: Evidence, behaviour: str, lineage: str, policy: Policy) -> list[GapFacts]:
    """Walks the states of a lineage: a gap opens where it is established, and closes where it is shown to be smaller.

    A later state at which nobody measured, or with too few samples, closes nothing; nor does one at which items went.
    """
    known: dict[str, GapFacts] = {}
    opened: dict[str, _Opened] = {}
    for state in states_in_order(evidence, behaviour, lineage):
        measured = compare(evidence, Step(behaviour, lineage, state, state, ()))
        if not measured.test:
            continue
        test = _side(measured.test)
        for pair in measured.held_out:
            held_out, earlier = _side([pair]), known.get(pair.name)
            gap = _is_gap(test, held_out, policy.error_rate)
            if earlier and earlier.open and not gap:
                if not _closes(test, held_out, _apart(earlier), policy.error_rate):
                    continue
                if not _closes_on_its_items(opened[pair.name], measured.test, pair, earlier, policy.error_rate):
                    known[pair.name] = replace(earlier, kept_open=_why(opened[pair.name].held_out, pair, state))
                    continue
            since = earlier.since if earlier and earlier.open and gap else state
            if gap and since == state:
                opened[pair.name] = _Opened(measured.test, pair)
            rates = _rate(measured.test, policy.error_rate), _rate([pair], policy.error_rate)
            known[pair.name] = GapFacts(behaviour, lineage, pair.name, pair.suite.role, gap, since, state, *rates)
    return [known[name] for name in sorted(known)]


def _side(pairs: Sequence[Pair]) -> Proportion:
    return mean_of_suites([fall_of(pair).after for pair in pairs])


def _rate(pairs: Sequence[Pair], error: float) -> Rate:
    columns: list[Columns] = [pair.after for pair in pairs]
    return rate_of(columns, [run for pair in pairs for run in pair.runs_after], _side(pairs), error)


def _is_gap(test: Proportion, held_out: Proportion, error: float) -> bool:
    """Held-out's lower limit above the test's upper limit under every reading of the invalid samples."""
    return all(low > high for low, high in zip(_limits(held_out, error)[0], _limits(test, error)[1], strict=True))


def _limits(side: Proportion, error: float) -> tuple[list[float], list[float]]:
    """(lows, highs), one entry a reading."""
    both = [rate_interval(float(p), float(n), error) for p, n in zip(side.rate, side.size, strict=True)]
    return [one.low for one in both], [one.high for one in both]


def _closes(test: Proportion, held_out: Proportion, was: float, error: float) -> bool:
    """Whether the difference is shown to be under half of what it was, under every reading of the invalid samples."""
    now = difference_limits(Fall(held_out, test), np.full(3, z_of_error(error)))
    return float(now.high.max()) < HALF * was


def _apart(known: GapFacts) -> float:
    return known.held_out.rate - known.test.rate


def _closes_on_its_items(opened: _Opened, tests: Sequence[Pair], pair: Pair, known: GapFacts, error: float) -> bool:
    """Whether it closes on the items that were there when it opened and are there now, of the test and of held-out.

    Leaving out the items that fail, or adding such to the test, makes any difference small: then and now are both taken
    on common items. A test suite that was not there then is taken as it is.
    """
    then = {one.name: one for one in opened.tests}
    held_out = across(opened.held_out, pair)
    test = [across(then.get(one.name, one), one) for one in tests]
    falls = [fall_of(one) for one in test if one is not None]
    if held_out is None or len(falls) < len(test):
        return False
    sides, average = fall_of(held_out), mean_of_falls(falls)
    was = float(sides.before.rate[LEFT_OUT] - average.before.rate[LEFT_OUT])
    return _closes(average.after, sides.after, min(was, _apart(known)), error)


def _why(then: Pair, now: Pair, state: State) -> str:
    """Why a state whose rates look closed closes nothing."""
    had, has = set(then.after.items or ()), set(now.after.items or ())
    gone = f": {len(had - has):,} of the {len(had):,} items on which it opened are gone" if had - has else ""
    return f"at {state.revision[:12]} the rates are close, but not on the items that were run when it opened{gone}"
