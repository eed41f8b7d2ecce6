"""What changed since the last report, in sentences that page and Markdown share, and as its part of the JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from auditor.assess.facts import GapFacts
from auditor.audit import Baseline, GapChange, GapTransition, Report, SpecChanges, VerdictChange
from auditor.document.report import count_noun
from auditor.model.verdict import Verdict
from auditor.render.json import rate_part
from auditor.render.json_parts import Part
from auditor.render.schema import RatePart


def comparison_sentence(report: Report) -> str:
    """One or two sentences: what the report is compared with, or why with nothing."""
    earlier = report.earlier
    if earlier is None:
        return f"{report.no_earlier[:1].upper()}{report.no_earlier[1:]}."
    records = count_noun(earlier.records, "record")
    said = f"Compared with {_earlier_state(earlier)}: {records}, judged by its policy and suites."
    gone = f" {count_noun(earlier.gone, 'record')} of them can no longer be read, and what they said is left out."
    changed = " That checkpoint is NOT what it was when it landed: its root was another."
    return f"{said}{gone if earlier.gone else ''}{changed if earlier.rewritten else ''}"


def _earlier_state(earlier: Baseline) -> str:
    at = f" at commit {earlier.commit[:12]}" if earlier.commit else ""
    batch = f"batch {earlier.batch}, root {earlier.root[:12]}"
    if earlier.name:
        return f"the report on {earlier.name} that was given ({batch}{at})"
    return f"{batch}, sealed{at} on {earlier.landed}, the seal nearest to the first day of this period"


def verdict_line(change: VerdictChange) -> str:
    """What a verdict was and is, without a full stop."""
    step = change.step
    about = (
        f"{change.patch.after.date.date()} {change.patch.after.subject or change.patch.id[:12]}"
        if change.patch
        else f"training from {step.before.checkpoint} to {step.after.checkpoint}"
    )
    was, is_ = (_verdict_name(one) for one in (change.before, change.after))
    return (
        f"{about}: {step.behaviour} of {step.lineage} was {was}{_suspicion(change, 0)}, is {is_}{_suspicion(change, 1)}"
    )


def _verdict_name(verdict: Verdict | None) -> str:
    return "not compared" if verdict is None else str(verdict)


def _suspicion(change: VerdictChange, side: int) -> str:
    return " with hiding suspected" if change.suspected[side] else ""


def other_change_lines(since: SpecChanges) -> Iterator[str]:
    """What else is not as it was: patches that history lost, the policy, the roles of suites."""
    for patch in since.lost:
        named = patch.after.subject or patch.id[:12]
        yield f"no longer in history: {named} of {patch.after.date.date()}, patch {patch.id[:12]}"
    for what, was, is_ in since.rules:
        yield f"{what}: was {was}, is {is_}"


def unchanged_sentence(since: SpecChanges) -> str:
    """One sentence: patches since, and which of the lists are empty."""
    empty = [
        name
        for name, some in (
            ("no verdict of an earlier patch changed", since.verdicts),
            ("no gap was open then or is now", since.gaps),
            ("nothing went out of history", since.lost),
            ("policy and suites are what they were", since.rules),
        )
        if not some
    ]
    landed = f"{count_noun(len(since.new), 'patch', 'es')} landed since"
    return f"{landed[:1].upper()}{landed[1:]}{'; ' if empty else ''}{'; '.join(empty)}."


class EarlierPart(Part):
    """The state compared with; `landed` is null for a report that was given, whose period is `name`."""

    batch: int
    root: str
    records: int
    gone: int
    commit: str | None
    landed: date | None
    name: str
    rewritten: bool


class VerdictChangePart(Part):
    """A verdict that is not what it was; patch is null for a step of training, a verdict where nobody looked."""

    patch: str | None
    behaviour: str
    model: str
    before_checkpoint: str
    after_checkpoint: str
    before: Verdict | None
    after: Verdict | None
    suspected_before: bool
    suspected_after: bool


class StandingPart(Part):
    """How a held-out suite stood to the test."""

    open: bool
    test: RatePart
    held_out: RatePart


class GapChangePart(Part):
    """A standing gap that opened, closed or was carried over; null where the suite did not stand to the test at all."""

    became: GapTransition
    behaviour: str
    model: str
    suite: str
    before: StandingPart | None
    after: StandingPart | None


class RulePart(Part):
    """Something of the policy, or the role of a suite, that is not what it was."""

    what: str
    before: str
    after: str


class SincePart(Part):
    """What changed since the last report: ids of patches since, ids of those history lost, verdicts, gaps, rules."""

    new: list[str]
    lost: list[str]
    verdicts: list[VerdictChangePart]
    gaps: list[GapChangePart]
    rules: list[RulePart]


def since_part(since: SpecChanges) -> SincePart:
    """A spec's changes as their part of the document."""
    return SincePart(
        new=list(since.new),
        lost=[patch.id for patch in since.lost],
        verdicts=[_verdict_part(one) for one in since.verdicts],
        gaps=[_gap_part(one) for one in since.gaps],
        rules=[RulePart(what=what, before=was, after=is_) for what, was, is_ in since.rules],
    )


def _verdict_part(change: VerdictChange) -> VerdictChangePart:
    return VerdictChangePart(
        patch=change.patch.id if change.patch else None,
        behaviour=change.step.behaviour,
        model=change.step.lineage,
        before_checkpoint=change.step.before.checkpoint,
        after_checkpoint=change.step.after.checkpoint,
        before=change.before,
        after=change.after,
        suspected_before=change.suspected[0],
        suspected_after=change.suspected[1],
    )


def _gap_part(change: GapChange) -> GapChangePart:
    return GapChangePart(
        became=change.became,
        behaviour=change.known.behaviour,
        model=change.known.model,
        suite=change.known.suite,
        before=_standing_part(change.before),
        after=_standing_part(change.after),
    )


def _standing_part(gap: GapFacts | None) -> StandingPart | None:
    if gap is None:
        return None
    return StandingPart(open=gap.open, test=rate_part(gap.test), held_out=rate_part(gap.held_out))
