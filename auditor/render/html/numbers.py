"""Numbers as a page shows them: each in a `data` element with its value, so that it can be recomputed and compared."""

from __future__ import annotations

from markupsafe import Markup

from auditor.assess.facts import Rate, Transfer
from auditor.model.numbers import (
    UNDEFINED_TRANSFER,
    format_count,
    format_points,
    format_share,
    format_transfer,
    format_upper,
)

_THIN = "\u2009"
MINUS = "\u2212"


def number(value: float, text: str) -> Markup:
    """A number and how it is written."""
    return Markup('<data value="{}">{}</data>').format(f"{value + 0.0:.6g}", text.replace("-", MINUS))


def count(value: int) -> Markup:
    """A count, thousands apart."""
    return number(value, format_count(value))


def percent(rate: float) -> Markup:
    """A rate in per cent."""
    return number(rate, f"{format_share(rate)}{_THIN}%")


def points(value: float) -> Markup:
    """A difference of rates, in points."""
    return number(value, format_points(value))


def limits(rate: Rate) -> Markup:
    """A rate's limits, in per cent."""
    low, high = number(rate.low, format_share(rate.low)), number(rate.high, format_upper(rate))
    return Markup('<span class="ci">[{}, {}]</span>').format(low, high)


def counts(rate: Rate) -> Markup:
    """Misaligned of valid samples."""
    return Markup('<span class="n">{}/{}</span>').format(count(rate.misaligned), count(rate.valid))


def transfer(given: Transfer | None) -> Markup:
    """Transfer with its limits; of an open end only the limit there is."""
    if given is None:
        return Markup('<span class="ci">{}</span>').format(UNDEFINED_TRANSFER)
    if given.low is None or given.high is None:
        end = given.low if given.low is not None else given.high
        text = format_transfer(given)
        return number(end, text) if end is not None else Markup('<span class="ci">{}</span>').format(text)
    estimate, low, high = (number(end, f"{end:.2f}") for end in (given.estimate, given.low, given.high))
    return Markup('{} <span class="ci">[{}, {}]</span>').format(estimate, low, high)
