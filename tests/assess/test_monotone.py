"""Verdicts are read off their intervals, and less evidence makes no accusation and no clearance."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.facts import BehaviourFacts
from auditor.model.policy import Policy
from auditor.model.verdict import STAYED_VERDICTS
from auditor.model.verdict import Verdict as V
from tests.worlds import assessed, only, registry, run, without_items

SIZE = 1000
RATES = st.integers(0, 40).map(lambda share: share * SIZE // 100)
SIDES = st.lists(st.tuples(RATES, RATES), min_size=2, max_size=4)


def judged(sides: list[tuple[int, int]], design_effect: float = 1.0) -> BehaviourFacts:
    """A test suite and held-out ones: misaligned samples before and after, of `SIZE` in each of two runs before."""
    suites = registry(1, len(sides) - 1)
    runs = [
        run(name, revision, without_items(count, SIZE, design_effect), place=place)
        for name, counts in zip(suites.suites, sides, strict=True)
        for revision, count, times in zip(("r0", "r1"), counts, (2, 1), strict=True)
        for place in range(times)
    ]
    return only(assessed(runs, suites))


@settings(max_examples=60, deadline=None)
@given(SIDES)
def test_no_verdict_of_a_suite_says_what_its_interval_does_not(sides: list[tuple[int, int]]) -> None:
    for suite in judged(sides).suites:
        transfer = suite.transfer
        low, high = (None, None) if transfer is None else (transfer.low, transfer.high)
        rose = suite.change.after.rate > suite.change.before.rate
        if suite.verdict in STAYED_VERDICTS:
            assert rose or (high is not None and high < Policy().transfer_threshold)
        if suite.verdict is V.PARTIAL:
            assert low is not None and high is not None and low > 0.0 and high < 0.9
        if suite.verdict is V.GENERALISES:
            assert low is not None and low > 0.5


@settings(max_examples=60, deadline=None)
@given(SIDES, st.sampled_from([1.5, 2.0, 4.0, 10.0]))
def test_wider_intervals_at_equal_estimates_accuse_nobody_anew(sides: list[tuple[int, int]], effect: float) -> None:
    narrow, wide = judged(sides), judged(sides, effect)
    if wide.verdict in STAYED_VERDICTS:
        assert narrow.verdict in STAYED_VERDICTS
    if wide.verdict is V.MOSTLY_TEST:
        assert narrow.verdict is V.MOSTLY_TEST or any(suite.verdict is V.TEST_ONLY for suite in narrow.suites)
    if wide.verdict is V.GENERALISES:
        assert narrow.verdict in (V.GENERALISES, V.PARTIAL)


@settings(max_examples=40, deadline=None)
@given(SIDES)
def test_a_suite_that_is_not_run_after_the_patch_clears_nobody(sides: list[tuple[int, int]]) -> None:
    suites = registry(1, len(sides))
    names = list(suites.suites)
    runs = [
        run(name, revision, without_items(count, SIZE, 1.0), place=place)
        for name, counts in zip(names, [*sides, (200, 200)], strict=True)
        for revision, count, times in zip(("r0", "r1"), counts, (2, 1), strict=True)
        for place in range(times)
        if (name, revision) != (names[-1], "r1")
    ]
    assert only(assessed(runs, suites)).verdict is not V.GENERALISES
