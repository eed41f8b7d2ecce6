"""Verdicts are read off their intervals, and less evidence makes no accusation and no clearance."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.facts import BehaviourFacts
from auditor.model.policy import Policy
from auditor.model.verdict import STAYED_VERDICTS, WORST_FIRST
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


@settings(max_examples=30, deadline=None)
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


@settings(max_examples=30, deadline=None)
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


def test_a_partial_interval_that_widens_becomes_inconclusive_and_no_clearance() -> None:
    sides = [(200, 0), (200, 50)]
    assert judged(sides).verdict is V.PARTIAL
    assert {judged(sides, effect).verdict for effect in (1.5, 2.0, 3.0, 4.0, 6.0)} <= {V.PARTIAL, V.INCONCLUSIVE}


@settings(max_examples=40, deadline=None)
@given(SIDES, st.sampled_from([1.0, 2.0, 5.0, 15.0]), st.sampled_from([1.3, 2.0, 4.0, 10.0]))
def test_wider_intervals_at_equal_estimates_only_move_a_verdict_towards_inconclusive(
    sides: list[tuple[int, int]], effect: float, wider: float
) -> None:
    """In the order of the verdicts, the two that the fall stayed on the test being one; but `unchanged` speaks of the
    test alone, whatever held-out rose by."""
    narrow, wide = (
        V.TEST_ONLY if verdict in STAYED_VERDICTS else verdict
        for verdict in (judged(sides, effect).verdict, judged(sides, effect * wider).verdict)
    )
    if wide is V.UNCHANGED:
        assert narrow in (V.UNCHANGED, V.WORSE)
        return
    middle, *places = (WORST_FIRST.index(verdict) for verdict in (V.INCONCLUSIVE, wide, narrow))
    assert min(middle, places[1]) <= places[0] <= max(middle, places[1])


@settings(max_examples=30, deadline=None)
@given(
    st.integers(4, 40),
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(4, 40), st.sampled_from([0.0, 0.1, 0.25])), min_size=1, max_size=3),
    st.sampled_from([2, 5, 20]),
)
def test_more_samples_of_the_same_truth_never_lighten_an_accusation(
    base: int, tenths: int, suites: list[tuple[int, float]], more: int
) -> None:
    """Rates in per cent; the test falls to some tenths of what it was, and a share of that carries over."""
    fall = 1.0 - tenths / 10
    rates = [(base, base * (1.0 - fall)), *((rate, rate * (1.0 - share * fall)) for rate, share in suites)]
    few, many = (
        judged([(round(10 * before), round(10 * after)) for before, after in rates], effect)
        for effect in (float(more), 1.0)
    )
    assert few.verdict not in STAYED_VERDICTS or many.verdict in STAYED_VERDICTS


@settings(max_examples=30, deadline=None)
@given(SIDES, st.integers(1, 3))
def test_a_held_out_suite_without_its_runs_before_clears_nobody(sides: list[tuple[int, int]], place: int) -> None:
    """Registered, run after the patch and never before it."""
    suites = registry(1, len(sides) - 1)
    names = list(suites.suites)
    dropped = names[1 + place % (len(names) - 1)]
    runs = [
        run(name, revision, without_items(count, SIZE, 1.0), place=index)
        for name, counts in zip(names, sides, strict=True)
        for revision, count, times in zip(("r0", "r1"), counts, (2, 1), strict=True)
        for index in range(times)
        if (name, revision) != (dropped, "r0")
    ]
    assert only(assessed(runs, suites)).verdict is not V.GENERALISES
