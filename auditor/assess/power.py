"""What would settle an open verdict, and how large to make the suites of a patch that does not exist yet:
independent samples a side, as items and epochs, or something else than samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.facts import BehaviourFacts, GapFacts, MissingEvidence, Rate, SuiteFacts
from auditor.assess.verdicts import HALF, RESERVE, WHOLE, trigger_penalty
from auditor.model.policy import Policy
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.stats import power
from auditor.stats.falls import Fall
from auditor.stats.intervals import Proportion
from auditor.stats.replicates import runs_needed, size_without_run_effect, variance_bound

# Items and epochs that come to so many independent samples.


EPOCHS = (1, 2, 3, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Choice:
    """Items, each run `epochs` times, before and after."""

    epochs: int
    items: int

    @property
    def samples(self) -> int:
        """A side."""
        return self.items * self.epochs


def list_choices(needed: float | None, correlation: float | None) -> tuple[Choice, ...]:
    """Items by epochs; more epochs only as long as they save items, and where it is known what they are worth."""
    if needed is None:
        return ()
    choices: list[Choice] = []
    for epochs in EPOCHS if correlation is not None else (1,):
        items = power.items_needed(needed, epochs, correlation or 0.0)
        if not choices or items < choices[-1].items:
            choices.append(Choice(epochs, items))
    return tuple(choices)


def item_correlation(side: Rate, variance: float) -> float | None:
    """The correlation of an item's samples that the effective size of a rate implies; None from one sample an item.

    Args:
        variance: how far runs of one state lie apart (log-odds): in the size, and no matter of items.
    """
    if side.items is None or side.valid <= side.items or side.size <= 0.0:
        return None
    each = side.valid / side.items
    size = size_without_run_effect(side.size, side.rate, variance / max(1, len(side.runs)))
    return min(max((side.valid / size - 1.0) / (each - 1.0), 0.0), 1.0)


# What would settle an open verdict: samples, items and epochs, or something else than samples.


POWER = 0.8
CURVE_SIZES = (20, 50, 100, 200, 300, 500, 1000, 2000, 5000)
TEST_SIZES = (100, 200, 300, 500, 1000, 2000)
OPEN_VERDICTS = (Verdict.INCONCLUSIVE, Verdict.UNMEASURED)


@dataclass(frozen=True, slots=True)
class CurvePoint:
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
    curve: tuple[CurvePoint, ...]

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
class PowerPlan:
    """What would settle one verdict.

    Attributes:
        advice: one sentence: what to do, or that nothing is open.
        test: None where the test side is not what lacks.
        held_out: the suites that are open.
        ablation: how large to make an ablation of the patch; None unless it is asked for.
    """

    facts: BehaviourFacts
    advice: str
    test: TestPlan | None
    held_out: tuple[SuitePlan, ...]
    ablation: AblationPlan | None = None


@dataclass(frozen=True, slots=True)
class AblationSuitePlan:
    """A held-out suite: its rate before the patch, and the samples a text that show that a change carries none."""

    suite: str
    rate: float
    none: int | None


@dataclass(frozen=True, slots=True)
class AblationPlan:
    """How large to make the evaluation of each text of an ablation.

    Sizes are independent samples of a text and of the revision it is compared with, for a power of 0.8 at the first
    level of Holm over all texts; None where samples cannot help.

    Attributes:
        changes: clause changes that can be told apart; each has two texts.
        level: the error of one claim.
        carries: to show that a change carries the test fall, if it carries all of it.
        half: the same, if it carries half of it.
        held_out: to show that a change carries none of a held-out fall, if that is true; by suite.
    """

    changes: int
    level: float
    carries: int | None
    half: int | None
    held_out: tuple[AblationSuitePlan, ...]


def plan_ablation(facts: BehaviourFacts, changes: int, policy: Policy) -> AblationPlan | None:
    """The sizes of an ablation of a patch with that many changes, 2 and more; None without a test rate to fall."""
    if facts.test is None or not facts.test.after.rate < facts.test.before.rate:
        return None
    level = policy.error_rate / (2 * changes)
    before, after = facts.test.before.rate, facts.test.after.rate
    suites = tuple(
        AblationSuitePlan(
            suite.suite,
            suite.change.before.rate,
            power.samples_to_show_no_fall(suite.change.before.rate, policy.unchanged_margin, level)
            if 0.0 < suite.change.before.rate < 1.0
            else None,
        )
        for suite in facts.suites
    )
    carries, half = (
        power.samples_to_show_fall(before, before - share * (before - after), level) for share in (1.0, 0.5)
    )
    return AblationPlan(changes, level, carries, half, suites)


_ADVICE = {
    MissingEvidence.FLOOR: (
        "more samples cannot help, since the test rate was zero before; use items on which the behaviour occurs"
    ),
    MissingEvidence.TRIGGER: "repeat the baseline run of the test suite; held-out samples are not needed for it",
    MissingEvidence.HELD_OUT_TRIGGER: ("no more samples: one more run of the held-out suite under the revision before"),
    MissingEvidence.OPEN_SUITE: "no more samples: run the open held-out suite on both sides",
    MissingEvidence.GRADE: "no more samples: evaluate from logs, which are evidence of a better grade",
    MissingEvidence.JUDGE_ERROR: "no more samples: label more of them by hand, or use a judge that errs less",
    MissingEvidence.REFUSALS: "no more samples: declare on_refusal of the suites in suites.toml",
    MissingEvidence.OPTIONAL_STOPPING: "more samples on every side, planned before they are run",
}
"""What would settle a verdict, where no number of samples is the answer."""


def plan_samples(facts: BehaviourFacts, policy: Policy) -> PowerPlan:
    """What would settle a verdict."""
    if facts.verdict not in OPEN_VERDICTS:
        return PowerPlan(facts, "nothing: the verdict is decided", None, ())
    if facts.test is None:
        return PowerPlan(
            facts, "run the test suite with one protocol on both sides; more samples cannot help before that", None, ()
        )
    if facts.verdict is Verdict.UNMEASURED:
        return _plan_without_held_out(facts, policy)
    open_suites = [suite for suite in facts.suites if suite.verdict is Verdict.INCONCLUSIVE]
    if facts.missing in _ADVICE:
        return PowerPlan(facts, _ADVICE[facts.missing], None, ())
    match facts.missing:
        case MissingEvidence.TEST | MissingEvidence.SMALL_FALL:
            return PowerPlan(facts, *_plan_test(facts, policy), ())
        case MissingEvidence.HELD_OUT_ITEMS:
            missing = sum(open_suite.missing_samples for open_suite in open_suites)
            return PowerPlan(facts, f"run the {missing:,} held-out samples that are missing after the patch", None, ())
        case MissingEvidence.RUNS:
            runs = max(open_suite.runs_needed or 1 for open_suite in open_suites)
            power_plan = _plan_held_out(facts, open_suites, policy)
            return replace(
                power_plan, advice=f"about {runs:,} held-out runs per side; more samples in so few runs cannot help"
            )
        case MissingEvidence.INVALID:
            lost = sum(
                side.invalid
                for open_suite in open_suites
                for side in (open_suite.change.before, open_suite.change.after)
            )
            lost += facts.test.before.invalid + facts.test.after.invalid
            return PowerPlan(facts, f"run the {lost:,} invalid samples again until they have scores", None, ())
        case _:
            return _plan_held_out(facts, open_suites, policy)


def _plan_held_out(facts: BehaviourFacts, suites: Sequence[SuiteFacts], policy: Policy) -> PowerPlan:
    assert facts.test is not None
    test, base = _fall_between(facts.test.before, facts.test.after), facts.test.before.rate
    some = [suite for suite in suites if 0.0 < suite.change.before.rate < 1.0]
    plans = tuple(
        _plan_measured_suite(test, suite, policy, variance_bound(facts.diagnostics.run_to_run)) for suite in some
    )
    match facts.missing:
        case MissingEvidence.ZERO:
            new = _plan_new_suite(test, None, base, policy)
            return PowerPlan(
                facts,
                "a held-out suite on which the behaviour shows before the patch: this one was at zero",
                None,
                (new,),
            )
        case MissingEvidence.SCALE:
            new = _plan_new_suite(test, None, base, policy)
            return PowerPlan(
                facts, "a held-out suite that starts near the test's rate: ratios and odds then agree", None, (new,)
            )
    if plans and all(plan.either is None for plan in plans):
        needed = _describe_larger_test(facts, policy)
        advice = "more held-out samples cannot help, since the test fall itself is too uncertain" + needed
        return PowerPlan(facts, advice, None, plans)
    return PowerPlan(facts, "more held-out samples, before and after", None, plans)


def _describe_larger_test(facts: BehaviourFacts, policy: Policy) -> str:
    """The smallest of some test sizes at which a number of held-out samples does."""
    assert facts.test is not None
    before, after = facts.test.before.rate, facts.test.after.rate
    for size in TEST_SIZES:
        test = expected_fall(before, after, size)
        if size > facts.test.after.size and power.samples_to_exclude_transfer(
            test, before, policy.transfer_threshold, policy.error_rate / RESERVE
        ):
            return f"; they can with {size:,} test samples per side"
    return ""


def _plan_without_held_out(facts: BehaviourFacts, policy: Policy) -> PowerPlan:
    """The suites that were not compared, or one that does not exist yet, at the test's own rate."""
    assert facts.test is not None
    test, rate = _fall_between(facts.test.before, facts.test.after), facts.test.before.rate
    if not 0.0 < rate < 1.0:
        remedy = "more samples cannot help, as the test rate before was none or all; use items on which it can move"
        return PowerPlan(facts, remedy, None, ())
    names = [not_compared.suite for not_compared in facts.not_compared if not_compared.role is not Role.TEST]
    plans = tuple(_plan_new_suite(test, name, rate, policy) for name in names or (None,))
    return PowerPlan(
        facts, "a held-out suite, run before and after; sizes if it starts at the test's rate", None, plans
    )


def _plan_test(facts: BehaviourFacts, policy: Policy) -> tuple[str, TestPlan]:
    assert facts.test is not None
    before, after = facts.test.before, facts.test.after
    error = policy.error_rate / float(trigger_penalty(np.asarray(1 if facts.trigger_suspected else len(before.runs))))
    fall = power.samples_to_show_fall(before.rate, after.rate, error)
    no_fall = (
        power.samples_to_show_no_fall(before.rate, policy.unchanged_margin, policy.error_rate)
        if before.rate < 1.0
        else None
    )
    correlation = item_correlation(before, variance_bound(facts.diagnostics.run_to_run))
    named = fall is not None and before.rate - after.rate >= policy.unchanged_margin * before.rate
    choices = list_choices(fall if named else no_fall, correlation)
    plan = TestPlan(before.rate, after.rate, min(before.size, after.size), correlation, fall, no_fall, choices)
    return "more test samples, before and after; only then does held-out matter", plan


def _plan_measured_suite(test: Fall, suite: SuiteFacts, policy: Policy, variance: float) -> SuitePlan:
    before, after = suite.change.before, suite.change.after
    error = (suite.transfer.error_high if suite.transfer else policy.error_rate) / RESERVE
    as_measured = power.samples_to_decide_transfer(test, before.rate, min(after.rate, before.rate), HALF, error, WHOLE)
    worth = min(before.size, after.size)
    return plan_suite(test, suite.suite, suite.role, before.rate, policy, error, before, worth, as_measured, variance)


def _plan_new_suite(test: Fall, name: str | None, rate: float, policy: Policy) -> SuitePlan:
    return plan_suite(test, name, Role.HELD_OUT, rate, policy, policy.error_rate / RESERVE, None, None, None)


def plan_suite(
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
    correlation = item_correlation(before, variance) if before else None
    needed = max((number for number in (stayed, carried) if number is not None), default=None)
    runs = runs_needed(needed, rate, variance) if needed else 1
    samples = size_without_run_effect(needed, rate, variance / runs) if needed else None
    items = before.items if before else None
    epochs = power.epochs_needed(samples, items, correlation) if samples and items and correlation is not None else None
    return SuitePlan(
        *(name, role, rate, items, worth, correlation, stayed, carried, as_measured),
        choices=list_choices(samples, correlation),
        epochs=epochs,
        runs=runs,
        curve=_curve(test, rate, policy, error),
    )


def _curve(test: Fall, rate: float, policy: Policy, error: float) -> tuple[CurvePoint, ...]:
    powers = power.transfer_power(test, rate, np.array(CURVE_SIZES, dtype=np.float64), policy.transfer_threshold, error)
    return tuple(CurvePoint(n, float(a), float(b)) for n, a, b in zip(CURVE_SIZES, *powers, strict=True))


def _fall_between(before: Rate, after: Rate) -> Fall:
    return Fall(_proportion(before.rate, before.size), _proportion(after.rate, after.size))


def expected_fall(before: float, after: float, samples: float) -> Fall:
    """Rates as they would be measured, without chance, on so many samples a side."""
    return Fall(_proportion(before, samples), _proportion(after, samples))


def _proportion(rate: float, samples: float) -> Proportion:
    return Proportion(np.asarray(rate), np.asarray(float(samples)))


# How large to make the suites of a patch that does not exist yet.


RUNS_BEFORE = 2


@dataclass(frozen=True, slots=True)
class DesignRow:
    """So many test samples a side: the chance (0 to 1) to see the fall, and the held-out samples that go with them."""

    test: int
    chance: float
    stayed: int | None
    carried: int | None


@dataclass(frozen=True, slots=True)
class Design:
    """How large to make the suites of a patch that does not exist yet.

    Attributes:
        behaviour: None where only rates were given.
        test_rate, held_out_rate: before it, 0 to 1; `fall`: what it is hoped to take away of the test's, 0 to 1.
        rows: by test size.
        at: the row with the fewest samples in all.
        suite: the held-out suite at that row.
    """

    behaviour: str | None
    test_rate: float
    held_out_rate: float
    fall: float
    rows: tuple[DesignRow, ...]
    at: DesignRow | None
    suite: SuitePlan | None


def design_suites(
    behaviour: str | None,
    test_rate: float,
    held_out_rate: float,
    fall: float,
    policy: Policy,
    gap: GapFacts | None = None,
) -> Design:
    """Sizes for a patch that does not exist yet, with two runs of the test before it.

    Args:
        test_rate, held_out_rate: before it, each in (0, 1).
        fall: what it takes away of the test's rate, in (0, 1].
        gap: what the last state says of the behaviour, for what epochs are worth.
    """
    rows = tuple(_design_rows(test_rate, held_out_rate, fall, policy))
    able = [row for row in rows if row.stayed and row.carried and row.chance >= POWER]
    at = min(able, key=lambda row: row.test + max(row.stayed or 0, row.carried or 0), default=None)
    suite = (
        _plan_held_out_suite(expected_fall(test_rate, test_rate * (1.0 - fall), at.test), held_out_rate, policy, gap)
        if at
        else None
    )
    return Design(behaviour, test_rate, held_out_rate, fall, rows, at, suite)


def _design_rows(test_rate: float, held_out_rate: float, fall: float, policy: Policy) -> Iterator[DesignRow]:
    after, error = test_rate * (1.0 - fall), policy.error_rate / RESERVE
    value = policy.error_rate / float(trigger_penalty(np.asarray(RUNS_BEFORE)))
    chances = power.fall_power(test_rate, after, np.array(TEST_SIZES, dtype=np.float64), value)
    for size, chance in zip(TEST_SIZES, chances, strict=True):
        test = expected_fall(test_rate, after, size)
        stayed = power.samples_to_exclude_transfer(test, held_out_rate, policy.transfer_threshold, error)
        carried = power.samples_to_show_transfer(test, held_out_rate, HALF, error)
        yield DesignRow(size, float(chance), stayed, carried)


def _plan_held_out_suite(test: Fall, rate: float, policy: Policy, gap: GapFacts | None) -> SuitePlan:
    """The held-out suite that is known, or a new one."""
    error = policy.error_rate / RESERVE
    if gap is None:
        return plan_suite(test, None, Role.HELD_OUT, rate, policy, error, None, None, None)
    so_far = gap.held_out
    return plan_suite(test, gap.suite, gap.role, rate, policy, error, so_far, so_far.size, None)
