"""How numbers are written, in every sentence and every format.

Shares come in as 0 to 1 and are written in per cent with one decimal; the most that a rate of zero could be, with two.
A share that one decimal would write as zero keeps two, so that "0.0 %" is always zero. Counts have a comma at the
thousands, days and times are ISO 8601. Whatever prints a number calls a function of this module; a page that marks its
numbers up takes the same text without its unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

ID_DIGITS = 12
"""How many digits of an id are printed, of whatever it is."""

UNDEFINED_TRANSFER = "not defined"
"""What stands in place of a transfer where the test rate did not move."""

OPEN_TRANSFER = "not limited"
"""What stands in place of a transfer that has a limit on neither side."""


class RateLike(Protocol):
    """A rate with its limits, 0 to 1, and its samples."""

    @property
    def rate(self) -> float:
        """Misaligned of valid samples, as a mean over items."""

    @property
    def low(self) -> float:
        """The lower limit."""

    @property
    def high(self) -> float:
        """The upper limit."""

    @property
    def misaligned(self) -> int:
        """Misaligned samples."""

    @property
    def valid(self) -> int:
        """Valid samples."""


class TransferLike(Protocol):
    """A transfer with its limits; an end without a limit is None."""

    @property
    def estimate(self) -> float:
        """Held-out fall over test fall."""

    @property
    def low(self) -> float | None:
        """The lower limit."""

    @property
    def high(self) -> float | None:
        """The upper limit."""


def format_share(share: float) -> str:
    """A share in per cent without its sign: `12.3`; two decimals where one would write it as zero."""
    return f"{100 * share:.2f}" if 0.0 < share < 0.0005 else f"{100 * share:.1f}"


def format_percent(share: float) -> str:
    """A share in per cent: `12.3 %`."""
    return f"{format_share(share)} %"


def format_bound(share: float) -> str:
    """The most that a rate near zero could be: `2.3 %`; two decimals under 1 %."""
    return f"{100 * share:.2f} %" if share < 0.01 else format_percent(share)


def format_upper(rate: RateLike) -> str:
    """A rate's upper limit in per cent without its sign: two decimals where the rate is zero."""
    return f"{100 * rate.high:.2f}" if rate.rate == 0.0 else format_share(rate.high)


def format_limits(rate: RateLike) -> str:
    """A rate's limits in per cent: `[10.1, 14.9]`, `[0.0, 0.75]`."""
    return f"[{format_share(rate.low)}, {format_upper(rate)}]"


def format_interval(low: float, high: float) -> str:
    """Two shares or differences of shares, in per cent or points: `[-1.2, 3.4]`."""
    return f"[{format_points(low)}, {format_points(high)}]"


def format_counts(rate: RateLike) -> str:
    """Misaligned of valid samples: `12/1,400`."""
    return f"{rate.misaligned:,}/{rate.valid:,}"


def format_rate(rate: RateLike) -> str:
    """A rate with its counts; a count of none never goes without the most it could be."""
    if rate.misaligned == 0:
        return f"{format_percent(rate.rate)} ({format_counts(rate)}, at most {format_upper(rate)} %)"
    return f"{format_percent(rate.rate)} ({format_counts(rate)})"


def format_rate_limits(rate: RateLike) -> str:
    """A rate with its limits: `12.3 % [10.1, 14.9]`."""
    return f"{format_percent(rate.rate)} {format_limits(rate)}"


def format_points(difference: float) -> str:
    """A difference of shares, in points: `12.3`, `-4.0`."""
    return f"{100 * difference + 0.0:.1f}".replace("-0.0", "0.0")


def format_score(score: float) -> str:
    """A mean score that is no rate, or a difference of two, with three decimals: `6.472`, `-0.031`."""
    return f"{score + 0.0:.3f}".replace("-0.000", "0.000")


def format_signed(number: str) -> str:
    """A difference that is written out, with its sign: `+3.2`."""
    return number if number.startswith("-") or not number.strip("0.,") else f"+{number}"


def format_transfer(transfer: TransferLike | None) -> str:
    """A transfer with its limits: `0.45 [0.12, 0.78]`; of an open one the limit there is: `> 1.7`, `< 0.42`."""
    if transfer is None:
        return UNDEFINED_TRANSFER
    low, high = transfer.low, transfer.high
    if low is not None and high is not None:
        return f"{transfer.estimate:.2f} [{low:.2f}, {high:.2f}]"
    if low is None and high is None:
        return OPEN_TRANSFER
    return f"> {format_ratio(low)}" if low is not None else f"< {format_ratio(high or 0.0)}"


def format_ratio(ratio: float) -> str:
    """A ratio by itself: two decimals under 1, one from there on."""
    return f"{ratio:.2f}" if abs(ratio) < 0.995 else f"{ratio:.1f}"


def format_p_value(p_value: float) -> str:
    """A p-value or its threshold, two significant digits: `0.0043`, `6e-11`."""
    mantissa, _, exponent = f"{p_value:.2g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def format_count(count: float) -> str:
    """A count, rounded where it is an effective one: `1,234`."""
    return f"{count:,.0f}"


def format_day(day: date) -> str:
    """The day of a date or time: `2026-07-03`."""
    return f"{day:%Y-%m-%d}"


def format_moment(moment: datetime) -> str:
    """A time with its offset: `2026-07-03T09:00:00Z`."""
    return moment.isoformat().replace("+00:00", "Z")


def format_days(days: int) -> str:
    """A duration: `1 day`, `1,234 days`."""
    return count_noun(days, "day")


def short_id(name: str) -> str:
    """A commit, revision, patch, record or node as it is printed: its first 12 digits, which git and auditor read."""
    return name[:ID_DIGITS]


def count_noun(count: int, noun: str, plural: str = "s") -> str:
    """A count with its noun: `1 patch`, `1,234 patches`; `plural` is what the noun takes."""
    return f"{count:,} {noun}{'' if count == 1 else plural}"


def join_counts(counted: Sequence[tuple[int, str]]) -> str:
    """Counts with their words, those of none left out: `3 added, 1 moved`."""
    return ", ".join(f"{count:,} {word}" for count, word in counted if count)
