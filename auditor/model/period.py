"""The stretch of time that a report is about."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from auditor.errors import InputError

_QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends inclusive; a spec commit's day is that of its own time zone.

    Attributes:
        name: "2026Q3", or the two days.
    """

    name: str
    since: date
    until: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.since <= day <= self.until


def quarter_name(day: date) -> str:
    """The quarter that a day lies in: `2026Q3`."""
    return f"{day.year:04}Q{(day.month + 2) // 3}"


def parse_quarter(text: str) -> Period:
    """The period of "2026Q3". Raises InputError for anything else."""
    match = _QUARTER.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise InputError("is no quarter", where="--quarter", field=text, remedy="write it as 2026Q3")
    year, last = int(match[1]), 3 * int(match[2])
    end = calendar.monthrange(year, last)[1]
    return Period(f"{year:04}Q{match[2]}", date(year, last - 2, 1), date(year, last, end))


def period_between(since: date, until: date) -> Period:
    """The period from one day to another. Raises InputError where it ends before it begins."""
    if until < since:
        raise InputError(
            f"ends before it begins ({since} to {until})", where="--until", remedy="give the later day last"
        )
    return Period(f"{since} to {until}", since, until)
