"""The ledger as blocks: debts, landings that changed their own rules, plans, held-out uses, waivers.

Each function takes what the audit holds of one kind and yields its blocks; nothing where there is none. Every waiver is
listed, with whether it counts and why not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.ledger import Debt, WaiverFacts
from auditor.assess.preregistration import PlanFacts, PlanState
from auditor.audit import LandingEntry
from auditor.document.blocks import Block, Card, Column, Heading, Line, Paragraph, Span, Style, Table, grid, plain
from auditor.model.finding import Finding
from auditor.model.numbers import count_noun, format_count, format_day, format_days, short_id

PLAN_STATES = {
    PlanState.MISSING: "no result",
    PlanState.DIFFERS: "the result that names it differs from it or is older",
    PlanState.UNCLEAR: "several results match it, and none names it",
}


def debt_blocks(debts: Sequence[Debt], day: date) -> Iterator[Block]:
    """Every debt in a sentence, those that are overdue first."""
    for debt in sorted(debts, key=lambda debt: (not debt.overdue(day), debt.due)):
        over = debt.overdue(day)
        behaviours = ", ".join(sorted({behaviour for behaviour, _ in debt.owed}))
        yield Paragraph(
            (
                Span("overdue  " if over else "debt  ", Style.ACCUSED if over else Style.CAUTION),
                Span(
                    f"patch {short_id(debt.patch)} landed on {debt.landed}: {behaviours} to be measured by {debt.due}"
                ),
            )
        )


def describe_landing(entry: LandingEntry) -> str:
    """Which landing, when, and the specs it patched as well."""
    patched = f", with a patch to {', '.join(entry.patched)}" if entry.patched else ""
    return f"landing {short_id(entry.commit)} of {entry.day}{patched}"


def landing_blocks(landings: Sequence[LandingEntry]) -> Iterator[Block]:
    """A card for every landing: each of its findings, with the waiver that excuses it."""
    for entry in landings:
        yield Card(plain(describe_landing(entry), Style.STRONG), (grid(map(_landing_row, entry.findings)),))


def _landing_row(finding: Finding) -> tuple[Line, ...]:
    message = f"{finding.message}; waived by {finding.waiver}" if finding.waiver else finding.message
    fingerprint = Span(f"  [{finding.fingerprint}]", Style.QUIET)
    return plain(finding.code, Style.NAME), (Span(message), fingerprint)


_Findings: TypeAlias = Mapping[str, Sequence[Finding]]


def open_plan_blocks(plans: Sequence[PlanFacts], findings: _Findings) -> Iterator[Block]:
    """The preregistered runs that no result fulfils, oldest first, each with its findings by plan id."""
    rows = [
        (*_plan_row(facts), _codes(findings.get(facts.plan.id, ())))
        for facts in plans
        if facts.state is not PlanState.FULFILLED
    ]
    if rows:
        yield Heading(3, plain("Preregistered runs without a result"))
        names = ("registered", "suite", "checkpoint", "revision")
        columns = (*map(Column, names), Column("samples", figures=True), Column("state"), Column(""))
        yield Table(columns, tuple(rows))


def _plan_row(facts: PlanFacts) -> tuple[Line, ...]:
    plan = facts.plan
    age = "" if facts.age is None else f", {format_days(facts.age)}"
    names = format_day(plan.created), plan.suite, plan.checkpoint, short_id(plan.revision)
    return tuple(map(plain, (*names, format_count(plan.planned), f"{PLAN_STATES[facts.state]}{age}")))


def _codes(findings: Sequence[Finding]) -> Line:
    return plain(", ".join(finding.code for finding in findings), Style.NAME)


def held_out_use_blocks(uses: Sequence[HoldoutReuse], findings: _Findings) -> Iterator[Block]:
    """The held-out suites that have a limit or are overused, each with its findings by suite."""
    rows = [
        (*_use_row(use), _codes(findings.get(use.suite, ()))) for use in uses if use.allowed is not None or use.overused
    ]
    if rows:
        yield Heading(3, plain("Held-out suites and their uses in decisions"))
        yield grid(rows)


def _use_row(use: HoldoutReuse) -> tuple[Line, ...]:
    uses = (
        f"{use.uses:,} of {count_noun(use.allowed, 'use')}" if use.allowed is not None else count_noun(use.uses, "use")
    )
    state = "overused: a patch has its words" if use.leaked else "overused: its uses are spent" if use.exhausted else ""
    return plain(use.suite), plain(uses), plain(state, Style.ACCUSED)


def describe_waiver(facts: WaiverFacts) -> tuple[str, str]:
    """What a waiver is for, until when, and whether it counts; and its reason with who granted it."""
    waiver = facts.waiver
    about = f"{waiver.check} of patch {short_id(waiver.patch)}" if waiver.patch else waiver.check
    ends = f"until {waiver.until}" if waiver.until else "without end"
    state = f"does not count: {facts.rejection}" if facts.rejection else _waiver_state(facts)
    by = f"{waiver.who}, {_waiver_author(facts)}" if facts.commit else waiver.who
    return f"{waiver.name}: {about}, {ends}; {state}", f"{waiver.reason} ({by})"


def waiver_blocks(waivers: Sequence[WaiverFacts]) -> Iterator[Block]:
    """Every waiver, its reason below."""
    for about, reason in map(describe_waiver, waivers):
        yield Card((Span("waiver  ", Style.QUIET), Span(about)), (Paragraph(plain(reason)),))


def _waiver_state(facts: WaiverFacts) -> str:
    if not facts.known:
        return "names a finding that does not exist"
    return "in force" if facts.needed else "not needed"


def _waiver_author(facts: WaiverFacts) -> str:
    name, address = facts.commit.author if facts.commit else ("", "")
    return f"committed by {name} <{address}>"
