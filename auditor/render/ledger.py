"""Waivers, evidence debts, landings that changed their own rules, and planned runs without a result: as lines and as
parts of JSON.

Every waiver is listed, with whether it counts and why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from auditor.assess.ledger import Debt, WaiverFacts
from auditor.assess.preregistration import PlanFacts, PlanState
from auditor.audit import LandingEntry
from auditor.render.escape import escape_terminal

# Evidence debts as every report lists them.


class OwedPart(BaseModel):
    """What was measured before a patch and has no held-out comparison across it yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: str
    model: str


class DebtPart(BaseModel):
    """What a patch owes, when it landed at the latest, and by when it is due; compare that with the day of reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spec: str
    patch: str
    owed: list[OwedPart]
    landed: date
    due: date


def debt_part(debt: Debt) -> DebtPart:
    """A debt as its part of a document."""
    owed = [OwedPart(behaviour=behaviour, model=model) for behaviour, model in debt.owed]
    return DebtPart(spec=debt.spec, patch=debt.patch, owed=owed, landed=debt.landed, due=debt.due)


def debt_lines(debts: Sequence[Debt], day: date) -> Iterator[Text]:
    """Every debt on a line, those that are overdue first."""
    for debt in sorted(debts, key=lambda debt: (not debt.overdue(day), debt.due)):
        over = debt.overdue(day)
        named = escape_terminal(", ".join(sorted({behaviour for behaviour, _ in debt.owed})))
        text = f"patch {debt.patch[:8]} landed on {debt.landed}: {named} to be measured by {debt.due}"
        yield Text.assemble(("overdue  " if over else "debt     ", "bold red" if over else "yellow"), text)


# Landings that changed what they are judged by, as every report lists them.


def describe_landing(entry: LandingEntry) -> str:
    """Which landing, when, and what else it brought."""
    beside = f", with a patch to {', '.join(entry.patched)}" if entry.patched else ""
    return f"landing {entry.commit[:12]} of {entry.day}{beside}"


def landing_lines(landings: Sequence[LandingEntry], excused: Mapping[tuple[str, str], str]) -> Iterator[Text]:
    """Every landing on a line, each of its findings on the next, with the waiver that excuses it."""
    for entry in landings:
        yield Text(escape_terminal(describe_landing(entry)), style="bold")
        for finding in entry.findings:
            waiver = excused.get((finding.check, finding.fingerprint))
            told = f"{finding.message}; waived by {waiver}" if waiver else finding.message
            yield Text.assemble(
                "  ", (f"{finding.check}  ", "yellow"), escape_terminal(told), (f"  [{finding.fingerprint}]", "dim")
            )


# Runs that were planned and have no result, as text.


PLAN_STATES = {
    PlanState.MISSING: "no result",
    PlanState.DIFFERS: "what names it is something else, or older",
    PlanState.UNCLEAR: "several results could be it, and none names it",
}


def open_plan_table(plans: Sequence[PlanFacts]) -> Iterable[RenderableType]:
    """The plans that nothing fulfils, oldest first; nothing where there is none."""
    waiting = [one for one in plans if one.state is not PlanState.FULFILLED]
    if not waiting:
        return
    yield Text("Planned, and no result that is it", style="bold")
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "left", "left", "left", "right", "left"):
        table.add_column(justify=justify, no_wrap=True)
    for one in waiting:
        plan = one.plan
        age = "" if one.age is None else f", {one.age} days"
        cells = (escape_terminal(plan.suite), escape_terminal(plan.checkpoint), plan.revision[:8])
        says = f"{PLAN_STATES[one.state]}{age}"
        table.add_row(f"{plan.created:%Y-%m-%d}", *cells, f"{plan.planned:,} samples", says)
    yield Padding(table, (0, 0, 1, 4), expand=False)


# Waivers as every report lists them: all there are, each with whether it counts and why not.


class WaiverPart(BaseModel):
    """A waiver: what its file says, who committed it as git says (proven by nothing), and whether it counts.

    landed is the earliest day on which it can have landed. why_not is null where it counts; known says whether the
    finding it names is there, needed whether the policy would hold that against a landing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: str
    check: str
    fingerprint: str | None
    patch: str | None
    reason: str
    who: str
    granted: date
    until: date | None
    committed_by: str | None
    landed: date | None
    known: bool
    needed: bool
    after_patch: bool
    self_approved: bool | None
    counts: bool
    why_not: str | None


class ExcusedPart(BaseModel):
    """A verdict or finding that a waiver excuses, by the name of the waiver."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    fingerprint: str
    waiver: str


def excused_parts(excused: Mapping[tuple[str, str], str]) -> list[ExcusedPart]:
    """What waivers excuse, by (rule, fingerprint), as its part of a document."""
    return [ExcusedPart(rule=rule, fingerprint=one, waiver=name) for (rule, one), name in sorted(excused.items())]


def waiver_part(facts: WaiverFacts) -> WaiverPart:
    """A waiver as its part of a document."""
    waiver, committed = facts.waiver, facts.committed
    return WaiverPart(
        name=waiver.name,
        path=waiver.path,
        check=waiver.check,
        fingerprint=waiver.fingerprint,
        patch=waiver.patch,
        reason=waiver.reason,
        who=waiver.who,
        granted=waiver.granted,
        until=waiver.until,
        committed_by="{} <{}>".format(*committed.author) if committed else None,
        landed=committed.day if committed else None,
        known=facts.known,
        needed=facts.needed,
        after_patch=facts.after_patch,
        self_approved=facts.self_approved,
        counts=not facts.why_not,
        why_not=facts.why_not or None,
    )


def describe_waiver(facts: WaiverFacts) -> tuple[str, str]:
    """What a waiver is for, until when, and whether it counts; and its reason with who granted it."""
    waiver = facts.waiver
    about = f"{waiver.check} of patch {waiver.patch[:8]}" if waiver.patch else waiver.check
    ends = f"until {waiver.until}" if waiver.until else "without end"
    state = f"does not count: {facts.why_not}" if facts.why_not else _waiver_state(facts)
    by = f"{waiver.who}, {_waiver_author(facts)}" if facts.committed else waiver.who
    return f"{waiver.name}: {about}, {ends}; {state}", f"{waiver.reason} ({by})"


def waiver_lines(waivers: Sequence[WaiverFacts]) -> Iterator[Text]:
    """Every waiver on two lines."""
    for line, reason in map(describe_waiver, waivers):
        yield Text("waiver   ", style="dim").append(f"{escape_terminal(line)}\n{'':9}{escape_terminal(reason)}")


def _waiver_state(facts: WaiverFacts) -> str:
    if not facts.known:
        return "names a finding that is not there"
    return "in force" if facts.needed else "not needed"


def _waiver_author(facts: WaiverFacts) -> str:
    name, address = facts.committed.author if facts.committed else ("", "")
    return f"committed by {name} <{address}>"
