"""Periods: quarters cover a year without gap or overlap, and what is none is refused."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.period import parse_quarter, period_between


@given(st.dates(min_value=date(1, 1, 1)))
def test_each_day_lies_in_exactly_one_quarter_of_its_year(day: date) -> None:
    quarters = [parse_quarter(f"{day.year:04}Q{number}") for number in range(1, 5)]
    assert [quarter.holds(day) for quarter in quarters].count(True) == 1


@given(st.integers(2, 9998))
def test_quarters_follow_each_other(year: int) -> None:
    quarters = [parse_quarter(f"{year:04}Q{number}") for number in range(1, 5)]
    assert quarters[0].since == date(year, 1, 1)
    for early, late in pairwise(quarters):
        assert late.since == early.until + timedelta(days=1)
    assert quarters[-1].until == date(year, 12, 31)


def test_quarters_are_written_either_way() -> None:
    assert parse_quarter("2026q3") == parse_quarter(" 2026-Q3 ")
    assert parse_quarter("2026Q3").name == "2026Q3"


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "2026Q0", "26Q3", "0000Q1", "2026Q3x", "Q3"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no quarter"):
        parse_quarter(text)


def test_a_period_has_a_beginning_and_an_end() -> None:
    period = period_between(date(2026, 1, 5), date(2026, 1, 5))
    assert period.holds(date(2026, 1, 5)) and not period.holds(date(2026, 1, 6))
    with pytest.raises(InputError, match="ends before it begins"):
        period_between(date(2026, 1, 6), date(2026, 1, 5))
