"""Patches judged together, behaviours over time, training, and flagged patches outside of the period, as blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.assess.facts import BehaviourFacts, PeriodFacts
from auditor.assess.timeline import Series
from auditor.audit import (
    CheckpointEntry,
    PatchEntry,
    PeriodEntry,
    Section,
    patch_day,
)
from auditor.document.audit import VERDICT_STYLES, adds_to_patches, describe_periods, verdict_line
from auditor.document.blocks import (
    Block,
    Card,
    Figure,
    Heading,
    Line,
    Listing,
    Note,
    Paragraph,
    Span,
    Style,
    Table,
    plain,
    sentence,
)
from auditor.document.diagnostics import (
    ROLE_NAMES,
)
from auditor.document.rates import SEPARATOR, behaviour_verdict, change_line, count_span, table_columns
from auditor.document.report_history import joint_blocks
from auditor.document.report_patches import finding_list, patch_title, suite_blocks
from auditor.model.numbers import (
    count_noun,
    format_percent,
)
from auditor.model.period import Period, parse_quarter

_QUARTER = re.compile(r"\d{4}Q[1-4]")


# Periods, behaviours over time, training, and flagged patches outside of the period.


def joint_period_blocks(section: Section) -> Iterator[Block]:
    """Patches that were judged together."""
    yield Heading(2, plain("Periods: several patches judged together"), "periods")
    names = ("behaviour", "verdict", "patches", "test", "held-out")
    rows = tuple(_period_row(entry.facts.facts) for entry in whole_quarters(section))
    if rows:
        yield Paragraph(
            plain(f"All patches of {section.report_period.name} judged together, so that many small ones count.")
        )
    yield Table(table_columns(names, names[2:]), rows, empty=reason_without_period(section))
    notable = [entry for entry in section.spec.periods if adds_to_patches(entry.facts)]
    yield from map(_period_card, notable)
    if not notable:
        yield Note(plain(no_cumulative_effect(section)))
    assessment = section.spec.assessment
    yield from joint_blocks(assessment.transfers, assessment.trends, section.report_period.name)


def _period_row(facts: BehaviourFacts) -> tuple[Line, ...]:
    held_out = facts.ruling.change if facts.ruling else None
    name = Span(facts.behaviour), Span(f" of {facts.model}", Style.QUIET)
    rates = change_line(facts, facts.test), change_line(facts, held_out)
    return (name, behaviour_verdict(facts), (count_span(len(facts.step.patches)),), *rates)


def _period_card(entry: PeriodEntry) -> Card:
    facts = entry.facts.facts
    names = f"{', '.join(entry.facts.names)}{', so far' if entry.facts.open else ''}: {facts.behaviour}"
    verdict = verdict_line(facts.verdict, facts.hiding_suspected, facts.mechanisms)
    patches = SEPARATOR, Span(f"{count_noun(len(facts.step.patches), 'patch', 'es')} together")
    reason = Paragraph(plain(f"{sentence(facts.reason)} No single patch shows it."))
    return Card(plain(names), (Note((*verdict, *patches)), reason, *suite_blocks(facts), *finding_list(entry.findings)))


def whole_quarters(section: Section) -> list[PeriodEntry]:
    """Of the periods judged together those that are a whole quarter of the report's, by behaviour."""
    return [entry for entry in section.spec.periods if _is_within(entry.facts, section.report_period)]


def _is_within(facts: PeriodFacts, period: Period) -> bool:
    quarters = [parse_quarter(name) for name in facts.names if _QUARTER.fullmatch(name)]
    return any(period.since <= quarter.since and quarter.until <= period.until for quarter in quarters)


def reason_without_period(section: Section) -> str:
    """Why there is nothing to judge together in the report's period."""
    return (
        f"In {section.report_period.name} no behaviour was evaluated before, between and after 2 or more patches: no "
        "cumulative effect beyond the single patches."
    )


def no_cumulative_effect(section: Section) -> str:
    """That no period shows more than its patches do."""
    if not section.spec.periods:
        return "In all of history no other period has 2 or more patches between evaluated states."
    return f"All of history: {describe_periods(section.spec.periods, 'several')}"


def timeline_blocks(section: Section) -> Iterator[Block]:
    """A figure for each behaviour over time."""
    yield Heading(2, plain("Behaviours over time"), "over-time")
    yield Note(
        plain(
            "Each evaluated state in the order of history; bars are limits. A triangle marks a patch of this period, "
            "filled where it is flagged; a dotted line marks a new checkpoint."
        )
    )
    landed = {entry.facts.patch.after.name: section.is_flagged(entry) for entry in section.period}
    yield from (Figure("timeline", (series, landed), timeline_words(series)) for series in section.series)


def timeline_words(series: Series) -> str:
    """A behaviour's first and last rates on each suite."""
    rates: dict[str, list[float]] = {}
    for point in series.points:
        if point.test is not None:
            rates.setdefault("test", []).append(point.test.rate)
        for name, role, rate in point.held_out:
            rates.setdefault(f"{ROLE_NAMES[role]} {name}", []).append(rate.rate)
    suites = "; ".join(
        f"{name} {format_percent(values[0])}{f' to {format_percent(values[-1])}' if len(values) > 1 else ''}"
        for name, values in rates.items()
    )
    states = count_noun(len(series.points), "evaluated state")
    return f"{series.behaviour} of {series.model}, {states}: {suites}."


def training_blocks(section: Section) -> Iterator[Block]:
    """A card for each step of training under the same spec."""
    if section.steps:
        yield Heading(2, plain("New checkpoint, same spec"), "training")
        yield from map(_training_card, section.steps)


def _training_card(entry: CheckpointEntry) -> Card:
    facts = entry.facts
    title = f"{facts.step.before.checkpoint} to {facts.step.after.checkpoint}: {facts.behaviour}"
    rebound = (Span(", a rebound: it takes back an earlier fall"),) if facts.rebound_of else ()
    conclusion = Paragraph(plain(sentence(facts.conclusion)))
    return Card(plain(title), (Note((*verdict_line(facts.verdict), *rebound)), conclusion, *suite_blocks(facts)))


def outside_blocks(section: Section) -> Iterator[Block]:
    """Flagged patches outside of the period."""
    outside = (*section.carried, *section.later)
    if outside:
        yield Heading(2, plain("Flagged outside the period"), "outside")
        yield Note(plain("Named here, so that the choice of a period hides no patch."))
        yield Listing(tuple(map(_outside_line, outside)))


def _outside_line(entry: PatchEntry) -> Line:
    behaviours = ", ".join(facts.behaviour for facts in entry.facts.leading)
    verdict = Span(entry.facts.verdict, VERDICT_STYLES[entry.facts.verdict])
    about = Span(f" ({behaviours})" if behaviours else "", Style.QUIET)
    return Span(f"{patch_day(entry)} "), verdict, Span(f" {patch_title(entry)}"), about
