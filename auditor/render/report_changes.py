"""What changed since the last report as its part of the JSON."""

from __future__ import annotations

from datetime import date

from auditor.assess.facts import GapFacts
from auditor.audit import GapChange, GapTransition, SpecChanges, VerdictChange
from auditor.model.verdict import Verdict
from auditor.render.json import rate_part
from auditor.render.json_parts import Part
from auditor.render.schema import RatePart


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
