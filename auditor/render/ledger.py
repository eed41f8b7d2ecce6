"""Waivers and evidence debts as parts of JSON. Every waiver is listed, with whether it counts and why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict

from auditor.assess.ledger import Debt, WaiverFacts


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
