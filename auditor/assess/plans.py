"""What would settle an open verdict: samples, items and epochs, or something else than samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.choices import Choice, choices, correlation_of
from auditor.assess.facts import BehaviourFacts, Missing, Rate, SuiteFacts
from auditor.assess.statements import HALF, RESERVE, WHOLE, trigger_penalty
from auditor.model.policy import Policy
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.stats import power
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion
from auditor.stats.replicates import runs_needed, size_without_run_effect, variance_bound

POWER = 0.8
CURVE = (20, 50, 100, 200, 300, 500, 1000, 2000, 5000)
TEST_SIZES = (100, 200, 300, 500, 1000, 2000)
OPEN = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED)


@dataclass(frozen=True, slots=True)
class Point:
    """Chances (0 to 1) of being told, at so many independent samples a side, what is true."""

    samples: int
    stayed: float
    carried: float


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """What a held-out suite would need, in independent samples a side; those that are there count.

    Attributes:
        suite: its name; None for one that does not exist yet.
        rate: before the patch, as measured or assumed, 0 to 1.
        items: it has; None where unknown.
        worth: independent samples that it rests on now, on the poorer side; None before any run.
        correlation: of an item's samples, 0 to 1; None where each item was run once, which cannot tell.
        stayed, carried: to be told that nothing carried over, or that most did, each if it is so; None where no
            number does.
        as_measured: to be told what the rates measured so far would come to, if they are the truth.
        choices: items by epochs for whichever of `stayed` and `carried` takes more.
        epochs: so many of the items it has would do; None where no number of epochs does, or it cannot be told.
        runs: a side, to spread these over: as many as make of what runs differ no more than half of the variance.
        curve: how the chances grow.
    """

    suite: str | None
    role: Role
    rate: float
    items: int | None
    worth: float | None
    correlation: float | None
    stayed: int | None
    carried: int | None
    as_measured: int | None
    choices: tuple[Choice, ...]
    epochs: int | None
    runs: int
    curve: tuple[Point, ...]

    @property
    def either(self) -> int | None:
        """To be told whichever is so; None where no number tells both."""
        return None if self.stayed is None or self.carried is None else max(self.stayed, self.carried)


@dataclass(frozen=True, slots=True)
class TestPlan:
    """What the test suite would need, in independent samples a side.

    Attributes:
        before, after: its rates as measured or assumed, 0 to 1.
        fall: to establish that fall, if it is the truth; None where it is none.
        no_fall: to show that there is none worth naming, if the rate stays.
        choices: items by epochs for `fall` where it would be worth naming, else for `no_fall`.
    """

    before: float
    after: float
    worth: float | None
    correlation: float | None
    fall: int | None
    no_fall: int | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would settle one verdict.

    Attributes:
        advice: one sentence: what to do, or that nothing is open.
        test: None where the test side is not what lacks.
        held_out: the suites that are open.
    """

    facts: BehaviourFacts
    advice: str
    test: TestPlan | None
    held_out: tuple[SuitePlan, ...]


_INSTEAD = {
    Missing.FLOOR: "no number would: the test rate was zero before; test where the behaviour shows",
    Missing.TRIGGER: "no more held-out samples: one more run of the test suite under the revision before",
    Missing.LOOKS: "more samples on every side, until it holds however often one looks",
}
"""What would settle a verdict, where no number of samples is the answer."""


def plan_of(facts: BehaviourFacts, policy: Policy) -> Plan:
    """What would settle a verdict."""
    if facts.verdict not in OPEN:
        return Plan(facts, f"the verdict is {facts.verdict}: nothing is open", None, ())
    if facts.test is None:
        return Plan(facts, "no number of samples: first the test suite has to be run alike on both sides", None, ())
    if facts.verdict is Verdict.UNMEASURED:
        return _without_held_out(facts, policy)
    open_suites = [suite for suite in facts.suites if suite.verdict is Verdict.INCONCLUSIVE]
    if facts.missing in _INSTEAD:
        return Plan(facts, _INSTEAD[facts.missing], None, ())
    match facts.missing:
        case Missing.TEST:
            return Plan(facts, *_on_the_test(facts, policy), ())
        case Missing.GONE:
            gone = sum(one.gone for one in open_suites)
            return Plan(facts, f"no more samples: run the {gone:,} held-out ones missing after the patch", None, ())
        case Missing.RUNS:
            runs = max(one.runs_needed or 1 for one in open_suites)
            found = _on_held_out(facts, open_suites, policy)
            return replace(found, advice=f"no number of samples in so few runs: about {runs:,} held-out runs a side")
        case Missing.INVALID:
            lost = sum(side.invalid for one in open_suites for side in (one.change.before, one.change.after))
            lost += facts.test.before.invalid + facts.test.after.invalid
            return Plan(facts, f"no more samples: scores for the {lost} that are invalid; run those again", None, ())
        case _:
            return _on_held_out(facts, open_suites, policy)


def _on_held_out(facts: BehaviourFacts, suites: Sequence[SuiteFacts], policy: Policy) -> Plan:
    assert facts.test is not None
    test, base = _fall_of(facts.test.before, facts.test.after), facts.test.before.rate
    some = [suite for suite in suites if 0.0 < suite.change.before.rate < 1.0]
    plans = tuple(_suite_plan(test, suite, policy, variance_bound(facts.account.run_to_run)) for suite in some)
    match facts.missing:
        case Missing.ZERO:
            new = _new_suite(test, None, base, policy)
            return Plan(
                facts,
                "a held-out suite on which the behaviour shows before the patch: this one was at zero",
                None,
                (new,),
            )
        case Missing.SCALE:
            new = _new_suite(test, None, base, policy)
            return Plan(
                facts, "a held-out suite that starts near the test's rate: ratios and odds then agree", None, (new,)
            )
    if plans and all(plan.either is None for plan in plans):
        needed = _larger_test(facts, policy)
        advice = "no number of held-out samples: the test fall itself is too uncertain" + needed
        return Plan(facts, advice, None, plans)
    return Plan(facts, "more held-out samples, before and after", None, plans)


def _larger_test(facts: BehaviourFacts, policy: Policy) -> str:
    """The smallest of some test sizes at which a number of held-out samples does."""
    assert facts.test is not None
    before, after = facts.test.before.rate, facts.test.after.rate
    for size in TEST_SIZES:
        test = expected(before, after, size)
        if size > facts.test.after.size and power.samples_to_exclude_transfer(
            test, before, policy.transfer_threshold, policy.error_rate / RESERVE
        ):
            return f"; with {size:,} test samples a side there is one"
    return ""


def _without_held_out(facts: BehaviourFacts, policy: Policy) -> Plan:
    """The suites that were not compared, or one that does not exist yet, at the test's own rate."""
    assert facts.test is not None
    test, rate = _fall_of(facts.test.before, facts.test.after), facts.test.before.rate
    if not 0.0 < rate < 1.0:
        return Plan(facts, "no number would: the test rate before was none, or all", None, ())
    names = [one.suite for one in facts.not_compared if one.role is not Role.TEST]
    plans = tuple(_new_suite(test, name, rate, policy) for name in names or (None,))
    return Plan(facts, "a held-out suite, run before and after; sizes if it starts at the test's rate", None, plans)


def _on_the_test(facts: BehaviourFacts, policy: Policy) -> tuple[str, TestPlan]:
    assert facts.test is not None
    before, after = facts.test.before, facts.test.after
    error = policy.error_rate / float(trigger_penalty(np.asarray(1 if facts.triggered else len(before.runs))))
    fall = power.samples_to_show_fall(before.rate, after.rate, error)
    no_fall = (
        power.samples_to_show_no_fall(before.rate, policy.unchanged_margin, policy.error_rate)
        if before.rate < 1.0
        else None
    )
    correlation = correlation_of(before, variance_bound(facts.account.run_to_run))
    named = fall is not None and before.rate - after.rate >= policy.unchanged_margin * before.rate
    found = choices(fall if named else no_fall, correlation)
    plan = TestPlan(before.rate, after.rate, min(before.size, after.size), correlation, fall, no_fall, found)
    return "more test samples, before and after; only then does held-out matter", plan


def _suite_plan(test: Fall, suite: SuiteFacts, policy: Policy, variance: float) -> SuitePlan:
    before, after = suite.change.before, suite.change.after
    error = (suite.transfer.error if suite.transfer else policy.error_rate) / RESERVE
    as_measured = power.samples_to_decide_transfer(test, before.rate, min(after.rate, before.rate), HALF, error, WHOLE)
    worth = min(before.size, after.size)
    return planned(test, suite.suite, suite.role, before.rate, policy, error, before, worth, as_measured, variance)


def _new_suite(test: Fall, name: str | None, rate: float, policy: Policy) -> SuitePlan:
    return planned(test, name, Role.HELD_OUT, rate, policy, policy.error_rate / RESERVE, None, None, None)


def planned(
    test: Fall,
    name: str | None,
    role: Role,
    rate: float,
    policy: Policy,
    error: float,
    before: Rate | None,
    worth: float | None,
    as_measured: int | None,
    variance: float = 0.0,
) -> SuitePlan:
    """A suite's plan at a rate before.

    Args:
        name: None for a suite that does not exist yet.
        error: the level transfer will be decided at.
        before: its runs so far; None without any.
        worth, as_measured: see `SuitePlan`.
        variance: of a run's log-odds, as limits take it.
    """
    threshold = policy.transfer_threshold
    stayed = power.samples_to_exclude_transfer(test, rate, threshold, error)
    carried = power.samples_to_show_transfer(test, rate, HALF, error)
    correlation = correlation_of(before, variance) if before else None
    needed = max((number for number in (stayed, carried) if number is not None), default=None)
    runs = runs_needed(needed, rate, variance) if needed else 1
    samples = size_without_run_effect(needed, rate, variance / runs) if needed else None
    items = before.items if before else None
    epochs = power.epochs_needed(samples, items, correlation) if samples and items and correlation is not None else None
    return SuitePlan(
        *(name, role, rate, items, worth, correlation, stayed, carried, as_measured),
        choices=choices(samples, correlation),
        epochs=epochs,
        runs=runs,
        curve=_curve(test, rate, policy, error),
    )


def _curve(test: Fall, rate: float, policy: Policy, error: float) -> tuple[Point, ...]:
    found = power.transfer_power(test, rate, np.array(CURVE, dtype=np.float64), policy.transfer_threshold, error)
    return tuple(Point(n, float(a), float(b)) for n, a, b in zip(CURVE, *found, strict=True))


def _fall_of(before: Rate, after: Rate) -> Fall:
    return Fall(_proportion(before.rate, before.size), _proportion(after.rate, after.size))


def expected(before: float, after: float, samples: float) -> Fall:
    """Rates as they would be measured, without chance, on so many samples a side."""
    return Fall(_proportion(before, samples), _proportion(after, samples))


def _proportion(rate: float, samples: float) -> Proportion:
    return Proportion(np.asarray(rate), np.asarray(float(samples)))
