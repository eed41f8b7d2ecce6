"""Rates, transfers and counts as spans with their unrounded values, which a page marks up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.assess.facts import BehaviourFacts, Change, Rate, Transfer
from auditor.document.audit import verdict_line
from auditor.document.blocks import (
    Block,
    Column,
    Heading,
    Line,
    Listing,
    Span,
    Style,
    plain,
)
from auditor.document.diagnostics import reported_test_rates
from auditor.model.numbers import (
    format_count,
    format_percent,
    format_share,
    format_transfer,
    format_upper,
)
from auditor.model.verdict import Verdict

SEPARATOR = Span(" \u00b7 ", Style.QUIET)


def count_times(count: int) -> str:
    """How many times: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


# Rates with their numbers, each of which a page can mark with its value.


def percent_span(share: float) -> Span:
    """A share in per cent, with its value."""
    return Span(format_percent(share), value=share)


def limits_line(rate: Rate) -> Line:
    """A rate's limits in brackets, each with its value."""
    low = Span(format_share(rate.low), Style.QUIET, value=rate.low)
    high = Span(format_upper(rate), Style.QUIET, value=rate.high)
    return Span(" [", Style.QUIET), low, Span(", ", Style.QUIET), high, Span("]", Style.QUIET)


def count_span(count: int, style: Style = Style.PLAIN) -> Span:
    """A count, with its value."""
    return Span(format_count(count), style, value=count)


def rate_line(rate: Rate) -> Line:
    """A rate with its limits, and its counts on a line of their own."""
    misaligned, valid = count_span(rate.misaligned, Style.QUIET), count_span(rate.valid, Style.QUIET)
    return (percent_span(rate.rate), *limits_line(rate), Span(" \n"), misaligned, Span("/", Style.QUIET), valid)


def change_line(facts: BehaviourFacts, change: Change | None) -> Line:
    """The rates before and after; of the test as reported, where what was counted made the fall."""
    if change is None:
        return plain("not measured", Style.QUIET)
    if change is facts.test and facts.verdict is Verdict.ARTEFACT:
        before, after = reported_test_rates(facts)
        return percent_span(before), Span(" to \n"), percent_span(after), Span(" as reported", Style.QUIET)
    return percent_span(change.before.rate), Span(" to \n"), percent_span(change.after.rate), *limits_line(change.after)


def transfer_line(transfer: Transfer | None) -> Line:
    """A transfer with its limits, each with its value."""
    if transfer is None:
        return plain(format_transfer(None), Style.QUIET)
    low, high = transfer.low, transfer.high
    if low is None or high is None:
        limit = low if low is not None else high
        return (Span(format_transfer(transfer), value=limit),)
    ends = [Span(f"{limit:.2f}", Style.QUIET, value=limit) for limit in (low, high)]
    estimate = Span(f"{transfer.estimate:.2f}", value=transfer.estimate)
    return estimate, Span(" [", Style.QUIET), ends[0], Span(", ", Style.QUIET), ends[1], Span("]", Style.QUIET)


def behaviour_verdict(facts: BehaviourFacts) -> Line:
    """The verdict of a behaviour, with whether hiding is suspected."""
    return verdict_line(facts.verdict, facts.hiding_suspected)


def table_columns(names: Sequence[str], figures: Sequence[str]) -> tuple[Column, ...]:
    """Columns by title; those of `figures` are set to the right."""
    return tuple(Column(name, figures=name in figures) for name in names)


def listing_blocks(level: int, title: str, lines: Iterable[str]) -> Iterator[Block]:
    """A heading and a list; nothing where it is empty."""
    items = tuple(map(plain, lines))
    if items:
        yield from (Heading(level, plain(title)), Listing(items))
