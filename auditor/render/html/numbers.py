"""Numbers as a page shows them: each in a `data` element with its value, so that it can be recomputed and compared."""

from __future__ import annotations

from markupsafe import Markup

from auditor.assess.facts import Rate, Transfer

_THIN = "\u2009"
MINUS = "\u2212"


def number(value: float, text: str) -> Markup:
    """A number and how it is written."""
    return Markup('<data value="{}">{}</data>').format(f"{value + 0.0:.6g}", text.replace("-", MINUS))


def count(value: int) -> Markup:
    """A count, thousands apart."""
    return number(value, f"{value:,}")


def percent(rate: float) -> Markup:
    """A rate in per cent: one decimal, two under a tenth of a per cent."""
    return number(rate, f"{_percent(rate)}{_THIN}%")


def points(value: float) -> Markup:
    """A difference of rates, in points."""
    return number(value, f"{100 * value:.1f}")


def limits(rate: Rate) -> Markup:
    """A rate's limits, in per cent."""
    low, high = number(rate.low, _percent(rate.low)), number(rate.high, _percent(rate.high))
    return Markup('<span class="ci">[{}, {}]</span>').format(low, high)


def counts(rate: Rate) -> Markup:
    """Misaligned of valid samples."""
    return Markup('<span class="n">{}/{}</span>').format(count(rate.misaligned), count(rate.valid))


def transfer(given: Transfer | None) -> Markup:
    """Transfer with its limits; an open end is said."""
    if given is None:
        return Markup('<span class="ci">undefined</span>')
    ends = ["open" if end is None else number(end, f"{end:.2f}") for end in (given.low, given.high)]
    estimate = number(given.estimate, f"{given.estimate:.2f}")
    return Markup('{} <span class="ci">[{}, {}]</span>').format(estimate, *ends)


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f}" if 0.0 < rate < 0.001 else f"{100 * rate:.1f}"
