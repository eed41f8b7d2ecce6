"""How samples ended on the two sides of a suite: in errors, at limits, in refusals; and refusals that were scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from auditor.assess.columns import Columns, added_up
from auditor.assess.comparable import Pair
from auditor.assess.contrast import proportion_of
from auditor.assess.ended import Ended, Endings
from auditor.model.run import Run
from auditor.stats.falls import Fall, fell_more_than


def endings(pair: Pair, error: float) -> Endings | None:
    """How the samples of both sides ended; None where no run says anything of it.

    `made` is the fall as reported less the fall with scored refusals as misaligned on both sides, in rate units.
    """
    if all(run.tallies.reasons is None for run in (*pair.runs_before, *pair.runs_after)):
        return None
    sides = pair.runs_before, pair.runs_after
    reported = _fall(pair.raw_before, pair.raw_after)
    counted = _fall(*(added_up([_refusals_misaligned(run) for run in runs]) for runs in sides))
    shares = [added_up([_refusals_alone(run) for run in runs]) for runs in sides]
    return Endings(_ended(sides[0]), _ended(sides[1]), _rose(shares[0], shares[1], error), reported - counted)


def said(runs: Sequence[Run]) -> str:
    """The reasons of a side's invalid samples, the most frequent first; "" where nothing is said."""
    ended = _ended(runs)
    counts = [(ended.refusal, "refusal"), (ended.error, "error"), (ended.limit, "limit"), (ended.other, "unsaid")]
    known = [(count, name) for count, name in counts if count]
    if not any(name != "unsaid" for _, name in known):
        return ""
    return ", ".join(f"{name} {count:,}" for count, name in sorted(known, key=lambda one: -one[0]))


def _ended(runs: Sequence[Run]) -> Ended:
    told = [run.tallies.reasons for run in runs if run.tallies.reasons is not None]
    error, limit, refusal, refused, misaligned = (
        sum(sum(getattr(one, name)) for one in told)
        for name in ("error", "limit", "refusal", "refused", "refused_misaligned")
    )
    other = sum(sum(run.tallies.invalid) for run in runs) - error - limit - refusal
    return Ended(error, limit, refusal, other, refused, misaligned)


def _fall(before: Columns | None, after: Columns | None) -> float:
    sides = [None if side is None else proportion_of(side) for side in (before, after)]
    return float(sides[0].rate - sides[1].rate) if sides[0] is not None and sides[1] is not None else 0.0


def _refusals_misaligned(run: Run) -> Run:
    """The run with its scored refusals counted as misaligned."""
    reasons, tallies = run.tallies.reasons, run.tallies
    if reasons is None:
        return run
    columns = (tallies.misaligned, reasons.refused, reasons.refused_misaligned)
    misaligned = tuple(bad + refused - both for bad, refused, both in zip(*columns, strict=True))
    return replace(run, tallies=replace(tallies, misaligned=misaligned))


def _refusals_alone(run: Run) -> Run:
    """The run with its scored refusals in place of its misaligned samples."""
    reasons, tallies = run.tallies.reasons, run.tallies
    refused = reasons.refused if reasons is not None else (0,) * len(tallies.valid)
    return replace(run, tallies=replace(tallies, misaligned=refused))


def _rose(before: Columns | None, after: Columns | None, error: float) -> bool:
    """Whether the share of scored refusals is shown to have risen; items are the unit."""
    if before is None or after is None or not np.any(after.misaligned):
        return False
    sides = proportion_of(after), proportion_of(before)
    return sides[0] is not None and sides[1] is not None and fell_more_than(Fall(sides[0], sides[1]), 0.0, error)
