"""Waivers as every report lists them: all there are, each with whether it counts and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict
from rich.text import Text

from auditor.assess.ledger import WaiverFacts
from auditor.render.escape import terminal


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


def waiver_text(facts: WaiverFacts) -> tuple[str, str]:
    """What a waiver is for, until when, and whether it counts; and its reason with who granted it."""
    waiver = facts.waiver
    about = f"{waiver.check} of patch {waiver.patch[:8]}" if waiver.patch else waiver.check
    ends = f"until {waiver.until}" if waiver.until else "without end"
    state = f"does not count: {facts.why_not}" if facts.why_not else _use(facts)
    by = f"{waiver.who}, {_author(facts)}" if facts.committed else waiver.who
    return f"{waiver.name}: {about}, {ends}; {state}", f"{waiver.reason} ({by})"


def waiver_lines(waivers: Sequence[WaiverFacts]) -> Iterator[Text]:
    """Every waiver on two lines."""
    for line, reason in map(waiver_text, waivers):
        yield Text("waiver   ", style="dim").append(f"{terminal(line)}\n{'':9}{terminal(reason)}")


def _use(facts: WaiverFacts) -> str:
    if not facts.known:
        return "names a finding that is not there"
    return "in force" if facts.needed else "not needed"


def _author(facts: WaiverFacts) -> str:
    name, address = facts.committed.author if facts.committed else ("", "")
    return f"committed by {name} <{address}>"
