"""tests.store.test_tally"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import ConfigError, LogError, TableError
from auditor.model.raw_run import LoggedSample, Score
from auditor.model.run import SampleReasons, Tallies
from auditor.model.suite import LimitUse, MisalignedEnd, Role, ScoreRule, ScoreUnit, Suite
from auditor.store.tally import classify_reason, judge_samples
from tests.store.builders import TALLIES, a_raw_run, logged


def a_suite(unit: ScoreUnit = ScoreUnit.FRACTION, direction: MisalignedEnd = MisalignedEnd.HIGH, **rule: str) -> Suite:
    threshold = 50.0 if unit is ScoreUnit.PERCENT else 0.5
    score = ScoreRule(rule.get("name"), rule.get("key"), direction, unit, threshold)
    return Suite("suite", "lying", Role.TEST, score=score)


def misaligned_of(suite: Suite, *values: Score) -> list[bool | None]:
    samples = tuple(logged(f"i{index}", value) for index, value in enumerate(values))
    tallies = judge_samples(a_raw_run(samples), suite)[0]
    return [None if invalid else bool(bad) for bad, invalid in zip(tallies.misaligned, tallies.invalid, strict=True)]


def test_logged_samples_are_counted_by_sorted_item() -> None:
    samples = (
        logged("b", 1.0),
        logged("a", 0.0),
        logged("b", 0.2, 2),
        logged("b", 1.0, 3, "error"),
        logged("a", None, 2),
    )
    assert judge_samples(a_raw_run(samples), a_suite())[0] == Tallies(
        ("a", "b"), (1, 2), (0, 1), (1, 1), reasons=reasons(error=(0, 1))
    )


NAN = math.nan


@pytest.mark.parametrize(
    ("suite", "values", "expected"),
    [
        (a_suite(), (0.5, 0.49, 1, 0, True, False, "yes", "No", "0.7"), [1, 0, 1, 0, 1, 0, 1, 0, 1]),
        (a_suite(direction=MisalignedEnd.LOW), (0.5, 0.51, 1, 0, True), [1, 0, 0, 1, 0]),
        (a_suite(), (NAN, None, "word", 1.0, "nan", "1_0", ""), [None, None, None, 1, None, None, None]),
        (
            a_suite(ScoreUnit.GRADE),
            ("C", "P", "I", "N", "c", "A", 1, 0.5, 0, True),
            [1, 1, 0, 0, None, None, 1, 1, 0, 1],
        ),
        (a_suite(ScoreUnit.GRADE, MisalignedEnd.LOW), ("C", "P", "I", "N"), [0, 1, 1, 1]),
        (a_suite(ScoreUnit.PERCENT), (50, 49.9, 100, 0, True, False), [1, 0, 1, 0, 1, 0]),
        (a_suite(ScoreUnit.PERCENT), (0, 0), [0, 0]),
        (a_suite(key="lied"), ({"lied": 1.0, "x": 0}, {"x": 1}, 1.0), [1, None, None]),
    ],
)
def test_values_are_read_by_the_suites_rule(
    suite: Suite, values: tuple[Score, ...], expected: list[int | None]
) -> None:
    assert misaligned_of(suite, *values) == [None if each is None else bool(each) for each in expected]


@pytest.mark.parametrize(
    ("unit", "values", "message"),
    [
        (ScoreUnit.FRACTION, (12.0, 0.0), "12 is out of range for the unit 'fraction' (0 to 1)"),
        (ScoreUnit.FRACTION, (-0.1,), "-0.1 is out of range"),
        (ScoreUnit.FRACTION, (math.inf,), "inf is out of range"),
        (ScoreUnit.FRACTION, (10**400,), "inf is out of range"),
        (ScoreUnit.FRACTION, ("C", "I"), "no value can be read in the unit 'fraction'"),
        (ScoreUnit.PERCENT, (101,), "101 is out of range for the unit 'percent' (0 to 100)"),
        (ScoreUnit.PERCENT, (0.4, 0.0, 1.0), "no value is above 1, so these are fractions and no percentages"),
        (ScoreUnit.GRADE, (0.37, "C"), "0.37 is no grade"),
    ],
)
def test_a_score_in_another_unit_is_refused(unit: ScoreUnit, values: tuple[Score, ...], message: str) -> None:
    with pytest.raises(LogError) as caught:
        misaligned_of(a_suite(unit), *values)
    assert str(caught.value).startswith(f"logs/a.eval: score judge: {message}")
    assert str(caught.value).endswith("correct suite.score in suites.toml")


TWO_SCORERS = (LoggedSample("a", 1, {"judge": 0.0, "refusal": 1.0}, None),)


@pytest.mark.parametrize(
    ("suite", "samples", "message"),
    [
        (None, (logged("a", 1),), "suites.toml: suite: suite 'suite' is not registered"),
        (Suite("suite", "lying", Role.TEST), (logged("a", 1),), "suites.toml: suite.score: suite 'suite' does not say"),
        (
            a_suite(),
            TWO_SCORERS,
            "suites.toml: suite.score.name: suite 'suite': logs/a.eval has the scorers judge, ref",
        ),
        (
            a_suite(name="x"),
            TWO_SCORERS,
            "suites.toml: suite.score.name: suite 'suite': logs/a.eval has the scorers jud",
        ),
        (a_suite(), (logged("a", {"x": 1, "y": 0}),), "suites.toml: suite.score.key: suite 'suite': scorer 'judge' of"),
        (a_suite(key="z"), (logged("a", {"x": 1}),), "suites.toml: suite.score.key: suite 'suite': scorer 'judge' of"),
        (a_suite(key="z"), (logged("a", 1),), "suites.toml: suite.score.key: suite 'suite': scorer 'judge' of logs/a."),
    ],
)
def test_a_rule_that_is_missing_is_named(suite: Suite | None, samples: tuple[LoggedSample, ...], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        judge_samples(a_raw_run(samples), suite)[0]
    assert str(caught.value).startswith(message)


def test_the_named_scorer_decides() -> None:
    assert judge_samples(a_raw_run(TWO_SCORERS), a_suite(name="refusal"))[0].misaligned == (1,)


def test_a_log_of_errors_alone_is_all_invalid() -> None:
    samples = (LoggedSample("a", 1, {}, "error"), LoggedSample("b", 1, {}, "limit"))
    assert judge_samples(a_raw_run(samples), a_suite(name="judge"))[0] == Tallies(
        ("a", "b"), (0, 0), (0, 0), (1, 1), reasons=reasons(error=(1, 0), limit=(0, 1))
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("error", "error"), ("Error: timed out", "error"), ("limit: tokens", "limit"), ("refusal", "refusal"),
        ("REFUSED by the provider", "refusal"), ("content_filter", "refusal"), ("content filter", "refusal"),
        ("\trefusal", "refusal"),
        ("invalidated", None), ("no error", None), ("contents", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_reasons_kind_is_its_first_word(said: str | None, kind: str | None) -> None:
    assert classify_reason(said) == kind


def test_a_scored_refusal_keeps_its_score_and_is_counted_beside_it() -> None:
    samples = (
        replace(logged("a", 0.0), refused=True),
        replace(logged("a", 1.0, 2), refused=True),
        replace(logged("b", 0.0, 1, "error"), refused=True),
        logged("b", 0.0, 2),
    )
    assert judge_samples(a_raw_run(samples), a_suite())[0] == Tallies(
        ("a", "b"), (2, 1), (1, 0), (0, 1),
        reasons=reasons(error=(0, 1), refused=(2, 0), refused_misaligned=(1, 0)),
    )  # fmt: skip


def reasons(**columns: tuple[int, int]) -> SampleReasons:
    none = (0, 0)
    return replace(SampleReasons(none, none, none, none, none), **columns)


def test_reasons_that_say_nothing_are_none_at_all() -> None:
    samples = (logged("a", 0.0, 1, "invalidated"), logged("b", 0.0))
    assert judge_samples(a_raw_run(samples), a_suite())[0].reasons is None


def test_an_item_and_epoch_occur_once() -> None:
    message = r"^logs/a\.eval: epoch: item 'a', epoch 1 occurs 2 times in one run; number"
    with pytest.raises(LogError, match=message):
        judge_samples(a_raw_run((logged("a", 1), logged("a", 0))), a_suite())[0]


def test_tallies_pass_through() -> None:
    assert judge_samples(a_raw_run(TALLIES), None)[0] is TALLIES
    whole = Tallies(None, (50,), (4,), (0,), design_effect=1.0)
    assert judge_samples(a_raw_run(whole), None)[0] is whole


@pytest.mark.parametrize(
    ("tallies", "message"),
    [
        (Tallies(("a",), (1,), (2,), (0,)), "misaligned_count: counts more than valid_count"),
        (Tallies(("a",), (-1,), (0,), (0,)), "valid_count: has an entry that is no count"),
        (Tallies(("a",), (True,), (0,), (0,)), "valid_count: has an entry that is no count"),
        (Tallies(("a", "b"), (1,), (0, 0), (0, 0)), "valid_count: has 1 entries for 2 items"),
        (Tallies(("b", "a"), (1, 1), (0, 0), (0, 0)), "item: items are not sorted and unique"),
        (Tallies(("a", "a"), (1, 1), (0, 0), (0, 0)), "item: items are not sorted and unique"),
    ],
)
def test_tallies_that_contradict_themselves_are_refused(tallies: Tallies, message: str) -> None:
    with pytest.raises(TableError) as caught:
        judge_samples(a_raw_run(tallies), None)[0]
    assert str(caught.value).startswith(f"logs/a.eval: {message}; ")


@given(
    st.dictionaries(
        st.tuples(st.text(max_size=3), st.integers(1, 3)), st.sampled_from([0.0, 0.3, 0.5, 1.0, None, NAN]), max_size=20
    ),
)
@settings(max_examples=60, deadline=None)
def test_every_sample_is_counted_once_in_any_order(values: dict[tuple[str, int], float | None]) -> None:
    samples = [logged(item, value, epoch) for (item, epoch), value in values.items()]
    tallies = judge_samples(a_raw_run(tuple(samples)), a_suite())[0]
    assert sum(tallies.valid) + sum(tallies.invalid) == len(samples)
    assert sum(tallies.misaligned) == sum(value is not None and value >= 0.5 for value in values.values())
    assert tallies == judge_samples(a_raw_run(tuple(reversed(samples))), a_suite())[0]


@pytest.mark.parametrize("values", [(1, 1), (0, 1), (0, 0)])
def test_a_unit_is_not_guessed_from_whole_numbers(values: tuple[Score, ...]) -> None:
    """Of a judge that gives 0 to 100, or 1 to 10, a log may well hold nothing but the lowest."""
    assert misaligned_of(a_suite(ScoreUnit.PERCENT), *values) == [False] * len(values)


def on_scale(low: float, high: float, threshold: float, end: MisalignedEnd = MisalignedEnd.HIGH) -> Suite:
    return Suite("suite", "lying", Role.TEST, score=ScoreRule(None, None, end, None, threshold, (low, high)))


def test_a_scale_is_read_as_it_is_declared() -> None:
    assert misaligned_of(on_scale(1, 10, 5), 1, 4.9, 5, "8", 10, "unclear", True) == [
        *(False, False, True, True, True, None, None)
    ]
    assert misaligned_of(on_scale(-1, 1, 0, MisalignedEnd.LOW), -1, 0.5) == [True, False]
    with pytest.raises(LogError, match="0 is out of range for the scale"):
        misaligned_of(on_scale(1, 10, 5), 0, 3)


def labelled_as(aligned: tuple[str, ...] | None = None) -> Suite:
    rule = ScoreRule(None, None, MisalignedEnd.HIGH, None, 0.5, labels=("overclaims", "evades"), aligned=aligned)
    return Suite("suite", "lying", Role.TEST, score=rule)


def test_labels_say_what_is_misaligned() -> None:
    words = ("overclaims", " evades", "honest", "unclear", "", None)
    assert misaligned_of(labelled_as(), *words) == [True, True, False, False, None, None]
    assert misaligned_of(labelled_as(("honest",)), *words) == [True, True, False, None, None, None]


@pytest.mark.parametrize(("use", "valid"), [(LimitUse.INVALID, (0, 0)), (LimitUse.SCORE, (1, 0))])
def test_a_suite_chooses_what_a_limit_makes_of_a_score(use: LimitUse, valid: tuple[int, ...]) -> None:
    samples = (LoggedSample("a", 1, {"judge": 1.0}, "limit: message"), LoggedSample("b", 1, {}, "limit: message"))
    tallies = judge_samples(a_raw_run(samples), replace(a_suite(), on_limit=use))[0]
    assert (tallies.valid, tallies.invalid) == (valid, tuple(1 - count for count in valid))
