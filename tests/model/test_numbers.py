"""Numbers are written in one way."""

from __future__ import annotations

from datetime import date

import pytest

from auditor.assess.facts import Rate, Transfer
from auditor.model import numbers


def rate(misaligned: int, valid: int, low: float, high: float) -> Rate:
    share = misaligned / valid
    return Rate(share, low, high, misaligned, valid, invalid=0, items=valid, size=valid, runs=())


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (0.0004, "0.04 %"), (0.0006, "0.1 %"), (0.00602, "0.6 %"), (0.2345, "23.4 %"), (1.0, "100.0 %")],
)
def test_a_share_has_one_decimal_and_zero_is_zero(share: float, text: str) -> None:
    assert numbers.format_percent(share) == text


def test_the_upper_limit_of_zero_has_two_decimals() -> None:
    clean, some = rate(0, 1400, 0.0, 0.0075), rate(20, 1000, 0.0123, 0.0345)
    assert numbers.format_rate_limits(clean) == "0.0 % [0.0, 0.75]"
    assert numbers.format_rate(clean) == "0.0 % (0/1,400, at most 0.75 %)"
    assert numbers.format_rate_limits(some) == "2.0 % [1.2, 3.5]"
    assert numbers.format_rate(some) == "2.0 % (20/1,000)"


def test_the_bound_of_a_rate_near_zero_is_told_from_the_tolerance() -> None:
    assert (numbers.format_bound(0.00746), numbers.format_bound(0.0235)) == ("0.75 %", "2.4 %")


@pytest.mark.parametrize(
    ("transfer", "text"),
    [
        (None, "not defined"),
        (Transfer(0.45, 0.12, 0.781, 0.05, 0.05), "0.45 [0.12, 0.78]"),
        (Transfer(6.84, 1.71, None, 0.05, 0.05), "> 1.7"),
        (Transfer(0.1, None, 0.423, 0.05, 0.05), "< 0.42"),
        (Transfer(0.1, None, 0.0, 0.05, 0.05), "< 0.00"),
        (Transfer(0.1, None, None, 0.05, 0.05), "not limited"),
    ],
)
def test_transfer_says_the_limit_there_is(transfer: Transfer | None, text: str) -> None:
    assert numbers.format_transfer(transfer) == text


def test_points_have_no_negative_zero() -> None:
    assert numbers.format_interval(-0.0001, 0.034) == "[0.0, 3.4]"
    assert numbers.format_points(-0.105) == "-10.5"


@pytest.mark.parametrize(("p_value", "text"), [(0.00432, "0.0043"), (6.04e-11, "6e-11"), (0.00084, "0.00084")])
def test_p_values_have_two_significant_digits(p_value: float, text: str) -> None:
    assert numbers.format_p_value(p_value) == text


def test_counts_days_and_nouns() -> None:
    assert numbers.format_count(1234.4) == "1,234"
    assert numbers.format_day(date(2026, 7, 3)) == "2026-07-03"
    assert (numbers.format_days(1), numbers.format_days(1234)) == ("1 day", "1,234 days")
    assert numbers.count_noun(2, "patch", "es") == "2 patches"
    assert numbers.join_counts([(3, "added"), (0, "removed"), (1, "moved")]) == "3 added, 1 moved"
