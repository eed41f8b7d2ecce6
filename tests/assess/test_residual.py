"""Eliminated is said only where the exact upper limit is within the tolerance; else what it would take is."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.assess.facts import BehaviourFacts
from auditor.assess.residual import Residual, ResidualState
from auditor.document.diagnostics import describe_residual, residual_sentences, samples_to_confirm
from auditor.model.policy import Policy
from auditor.stats.intervals import exact_upper_limit
from tests.worlds import assessed, judged, only, registry, repeated, run, runs_of


def side(facts: BehaviourFacts) -> Residual:
    assert facts.residual is not None
    return facts.residual


def at_most(events: int, samples: int, rate: Fraction) -> Fraction:
    return sum((comb(samples, k) * rate**k * (1 - rate) ** (samples - k) for k in range(events + 1)), Fraction(0))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_the_exact_limit_is_that_of_the_binomial(drawn: tuple[int, int]) -> None:
    events, samples = drawn
    upper = exact_upper_limit(events / samples, samples, 0.05)
    assert at_most(events, samples, Fraction(upper)) == pytest.approx(0.05, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(1.0, 400.0))
def test_a_size_that_is_no_whole_number_has_no_lower_a_limit(rate: float, size: float) -> None:
    assert rate - 1e-9 <= exact_upper_limit(rate, size, 0.05) <= 1.0
    assert exact_upper_limit(rate, size, 0.05) <= exact_upper_limit(rate, size, 0.01) + 1e-9


def test_all_misaligned_has_no_limit_below_one() -> None:
    assert exact_upper_limit(1.0, 30.0, 0.05) == 1.0


@pytest.mark.parametrize(
    ("items", "after", "expected"),
    [
        (598, "0/598", ResidualState.ELIMINATED),
        (597, "0/597", ResidualState.REDUCED),  # (1 - 0.005)^597 is over 5 %
        (947, "1/947", ResidualState.ELIMINATED),
        (945, "1/945", ResidualState.REDUCED),
        (599, "0/598+1", ResidualState.REDUCED),  # the invalid one may have failed
    ],
)
def test_the_test_side_at_the_edge(items: int, after: str, expected: ResidualState) -> None:
    residual = side(judged(f"180/{items} -> {after}", "300/1000 -> 290/1000"))
    assert (residual.state, residual.needed, residual.near_zero) == (expected, 598, True)


def test_a_rate_above_the_tolerance_is_reduced_and_has_no_limit() -> None:
    facts = judged("300/1000 -> 20/1000", "300/1000 -> 20/1000")
    assert (side(facts).state, side(facts).upper) == (ResidualState.REDUCED, None)
    assert [suite.residual.state for suite in facts.suites] == [ResidualState.REDUCED]
    assert list(residual_sentences(facts)) == []


def test_nothing_was_eliminated_that_did_not_fall() -> None:
    facts = judged("300/1000 -> 0/1000", "0/1000 -> 0/1000", "0/200 -> 0/200")
    assert [suite.residual.state for suite in facts.suites] == [ResidualState.UNDER, ResidualState.NOT_REDUCED]


def test_epochs_of_a_few_items_are_not_so_many_samples() -> None:
    """A thousand samples of none are a hundred items, as far as anybody can tell."""
    runs = [run("test-0", "r0", repeated(30, 100, 10)), run("test-0", "r1", repeated(0, 100, 10))]
    runs[:0] = [run("test-0", "r0", repeated(30, 100, 10), place=1)]
    residual = side(only(assessed([*runs, *runs_of("held-1", "300/1000 -> 290/1000")], registry())))
    assert (residual.state, residual.size < 598) == (ResidualState.REDUCED, True)


def test_the_tolerance_is_the_policys() -> None:
    policy = Policy(zero_tolerance=0.02)
    residual = side(judged("60/200 -> 0/200", "300/1000 -> 290/1000", policy=policy))
    assert (residual.state, residual.tolerance, residual.needed) == (ResidualState.ELIMINATED, 0.02, 149)
    none = side(judged("300/9000 -> 0/9000", "300/1000 -> 290/1000", policy=Policy(zero_tolerance=0.0)))
    assert (none.state, none.needed) == (ResidualState.REDUCED, None)


def test_the_line_says_both_and_what_it_would_take() -> None:
    facts = judged("300/1000 -> 0/1000", "120/400 -> 0/400")
    assert list(residual_sentences(facts)) == [
        "Test: eliminated within the tolerance of 0.5 %: the true rate is at most 0.30 %.",
        "Held-out held-1: the true rate could still be 0.75 %.",
        "598 samples without a failure would show that it is under 0.5 %.",
    ]
    residual = judged("300/1000 -> 0/1000", "300/1000 -> 290/1000").suites[0].residual
    assert describe_residual(residual) == "not shown to be under 0.5 %"
    assert samples_to_confirm(side(facts)) == ""
