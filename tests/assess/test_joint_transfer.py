"""The history as a whole: it warns where tests go to zero and held-out stays, and never clears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.assess.facts import Assessment, HistoryAnswer
from auditor.document.joint_transfer import trend_line
from auditor.model.run import Run
from auditor.model.spec import History
from auditor.model.suite import Registry, Role, Suite
from auditor.model.verdict import Verdict
from tests.worlds import assessed, counts, history, run, scattered

NAMES = ("lying", "theft", "bribery", "sabotage", "flattery", "evasion", "spying", "fraud")
Column = Sequence[int | None]


def suites(names: Sequence[str]) -> Registry:
    roles = (("test", Role.TEST), ("held", Role.HELD_OUT))
    each = [Suite(f"{short}-{name}", name, role, None) for name in names for short, role in roles]
    return Registry({suite.name: suite for suite in each})


def runs(columns: Mapping[str, tuple[Column, Column]], samples: int = 200, repeats: int = 2) -> list[Run]:
    """Runs at r0, r1, ...: of each behaviour so many misaligned on the test and held-out; None is not run."""
    return [
        run(f"{short}-{name}", f"r{place}", scattered(counts(f"{bad}/{samples}"), 31 * place + at), place=number)
        for at, (name, sides) in enumerate(columns.items())
        for short, column in zip(("test", "held"), sides, strict=True)
        for place, bad in enumerate(column)
        if bad is not None
        for number in range(repeats)
    ]


def judged(columns: Mapping[str, tuple[Column, Column]], known: History | None = None, **how: int) -> Assessment:
    states = max(len(column) for sides in columns.values() for column in sides)
    return assessed(runs(columns, **how), suites(list(columns)), known or history([f"r{n}" for n in range(states)]))


STAYS: Mapping[str, tuple[Column, Column]] = {
    name: ([40 + at, 20, 2], [36 + at, 35, 36]) for at, name in enumerate(NAMES[:5])
}


def test_tests_that_go_to_zero_beside_held_out_that_stays_are_warned_of() -> None:
    [whole] = judged(STAYS).transfers
    assert (whole.names, whole.open, whole.patches) == (("2026Q1", "all of history"), True, 2)
    assert whole.answer is HistoryAnswer.STAYED
    assert whole.test_fall == pytest.approx(1 - 10 / 210)
    assert whole.transfer is not None and whole.transfer.high is not None
    assert -0.1 < whole.transfer.estimate < 0.2 and whole.transfer.high < 0.5
    assert [change.behaviour for change in whole.behaviours] == sorted(NAMES[:5])
    assert {(change.before.revision, change.after.revision) for change in whole.behaviours} == {("r0", "r2")}


def test_nothing_that_carries_over_whole_is_cleared_or_warned_of() -> None:
    both = {name: ([40 + at, 20, 2], [40 + at, 20, 2]) for at, name in enumerate(NAMES)}
    [whole] = judged(both).transfers
    assert whole.transfer is not None and whole.transfer.low is not None and whole.transfer.low > 0.5
    assert whole.answer is HistoryAnswer.OPEN


def test_states_between_the_ends_cancel() -> None:
    other = {name: ([test[0], 80, test[2]], [held[0], 2, held[2]]) for name, (test, held) in STAYS.items()}
    (before,), (after,) = judged(STAYS).transfers, judged(other).transfers
    assert (before.answer, before.transfer) == (after.answer, after.transfer)


def test_it_takes_three_behaviours_and_a_held_out_rate_that_can_fall() -> None:
    few = {**dict(list(STAYS.items())[:2]), "fraud": ([40, 20, 2], [0, 0, 0]), "spying": ([40, 20, 2], [None] * 3)}
    [whole] = judged(few).transfers
    assert (whole.answer, whole.transfer) == (HistoryAnswer.TOO_FEW, None)
    assert [(subject.behaviour, subject.why.split(",")[0]) for subject in whole.not_measured] == [
        ("fraud", "held-out showed no misaligned sample at its beginning"),
        ("spying", "no held-out suite was run at both ends"),
    ]


def test_one_evaluation_under_several_names_is_one_behaviour() -> None:
    once = judged({"lying": STAYS["lying"]})
    copies = runs({"lying": STAYS["lying"]})
    named = [
        replace(
            each,
            suite=f"{each.suite.split('-')[0]}-{name}",
            record=f"{each.record}-{name}",
            identity=f"{each.identity}-{name}",
        )
        for each in copies
        for name in NAMES[:4]
    ]
    many = assessed(named, suites(NAMES[:4]), history(["r0", "r1", "r2"]))
    assert once.transfers[0].answer is many.transfers[0].answer is HistoryAnswer.TOO_FEW


def test_a_single_first_run_counts_as_lower_than_it_looks() -> None:
    """What is measured because of its bad run falls by itself; with a second run of the first state it does not."""
    (single,), (double,) = (judged(STAYS, repeats=repeats).transfers for repeats in (1, 2))
    assert single.transfer is not None and double.transfer is not None
    assert single.transfer.high is not None and double.transfer.high is not None
    assert single.transfer.high - single.transfer.estimate > double.transfer.high - double.transfer.estimate


def test_quarters_are_measured_by_themselves_and_the_whole_comes_last() -> None:
    known = history(["r0", "r1", "r2"])
    days = (datetime(2026, month, 2, tzinfo=UTC) for month in (1, 2, 5))
    dated = replace(
        known, spec_commits=tuple(replace(each, date=day) for each, day in zip(known.spec_commits, days, strict=True))
    )
    transfers = judged(STAYS, dated).transfers
    assert [(period.names, period.patches) for period in transfers] == [
        (("2026Q1",), 1),
        (("2026Q2",), 1),
        (("all of history",), 2),
    ]
    assert {change.before.revision for change in transfers[1].behaviours} == {"r1"}


def test_no_verdict_changes_by_it() -> None:
    assessment = judged(STAYS)
    assert assessment.transfers[0].answer is HistoryAnswer.STAYED
    assert all(patch.verdict is not Verdict.GENERALISES for patch in assessment.patches)


DOWN = [48, 44, 36, 30, 24, 18, 14, 10, 7, 4, 2, 1]
FLAT = [40, 42, 39, 41, 40, 38, 42, 40, 39, 41, 40, 41]


def test_a_trend_warns_where_the_test_goes_down_and_held_out_stays() -> None:
    [trend] = judged({"lying": (DOWN, FLAT)}).trends
    assert (trend.states, trend.comparable_states, trend.answer) == (12, 12, HistoryAnswer.STAYED)
    assert trend.test is not None and trend.test.first > 0.2 and trend.test.last < 0.02
    assert trend.held_out is not None and trend.held_out.fall.low < 0.0 < trend.held_out.fall.high
    assert trend.transfer is not None and trend.transfer.high is not None and trend.transfer.high < 0.5


@pytest.mark.parametrize(
    ("test", "held_out", "answer"),
    [
        (DOWN, DOWN, HistoryAnswer.OPEN),
        (FLAT, FLAT, HistoryAnswer.NOT_FALLEN),
        (FLAT, DOWN, HistoryAnswer.NOT_FALLEN),
        (DOWN[:4], FLAT[:4], HistoryAnswer.TOO_FEW),
        (DOWN, [40, *[None] * 10, 41], HistoryAnswer.TOO_FEW),
        ([0] * 12, FLAT, HistoryAnswer.NOT_FALLEN),
        (DOWN, [0] * 12, HistoryAnswer.OPEN),
    ],
)
def test_a_trend_says_what_it_could_not_tell(test: Column, held_out: Column, answer: HistoryAnswer) -> None:
    [trend] = judged({"lying": (test, held_out)}).trends
    assert trend.answer is answer


def test_one_behaviour_of_two_models_is_no_two_behaviours() -> None:
    each = runs({"lying": (DOWN, FLAT)})
    other = [
        replace(
            each_run, record=f"{each_run.record}-m2", identity=f"{each_run.identity}-m2", model="m2", checkpoint="m2"
        )
        for each_run in each
    ]
    trends = assessed([*each, *other], suites(["lying"]), history([f"r{n}" for n in range(12)])).trends
    text = "".join(span.text for span in trend_line(trends))
    assert "of 2 pairs of behaviour and model 2 fall on the test alone: lying of m1 (at most" in text
    alone = "".join(span.text for span in trend_line(trends[:1]))
    assert "of 1 behaviour 1 falls on the test alone: lying (at most" in alone


def test_another_protocol_is_no_state_of_a_trend() -> None:
    changed = [
        replace(each, scorer="judge-2") if int(each.revision[1:]) > 7 else each
        for each in runs({"lying": (DOWN, FLAT)})
    ]
    [trend] = assessed(changed, suites(["lying"]), history([f"r{n}" for n in range(12)])).trends
    assert (trend.states, trend.comparable_states) == (12, 8)
