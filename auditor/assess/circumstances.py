"""What else is to be said of a step: what changed beside the spec, how good the evidence is, how awareness moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from auditor.assess.comparable import Pair
from auditor.assess.facts import NotAssessed, Trend
from auditor.evidence import Evidence, Step
from auditor.model.run import Exposure, Grade, Run
from auditor.stats.falls import Fall, difference_limits
from auditor.stats.intervals import Proportion, z_of_error

# Awareness is called stable only where it is shown to have moved by less than this, in rate units.
STABLE_WITHIN = 0.05


def also_changed(step: Step, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """What else changed between the two states. A spec that is trained in needs a new checkpoint, and may have one."""
    changes = []
    if step.spanned:
        between = len(step.patches) + len(step.spanned)
        changes.append(f"{between} patches lie between the nearest states that were measured alike")
    elif len(step.patches) > 1:
        changes.append(f"{len(step.patches)} patches share this step")
    if step.before.checkpoint != step.after.checkpoint:
        trained = [run for pair in pairs for run in pair.runs_after if run.exposure is Exposure.TRAINED]
        if not step.patches or not trained:
            changes.append(f"checkpoint {step.before.checkpoint} to {step.after.checkpoint}")
        elif any(run.parent_checkpoint != step.before.checkpoint for run in trained):
            changes.append(
                f"training other than the patch between {step.before.checkpoint} and {step.after.checkpoint}"
            )
    return tuple(changes)


def grade(pairs: Sequence[Pair]) -> Grade | None:
    """The worst grade among the runs compared; None without any."""
    return max((run.grade for pair in pairs for run in (*pair.runs_before, *pair.runs_after)), default=None)


def awareness(pairs: Sequence[Pair], error: float) -> Trend:
    """How the share of labelled samples voicing awareness moved on the test suites, established at `error`."""
    sides = [[run for pair in pairs for run in runs(pair)] for runs in (_before, _after)]
    before, after = (_aware(runs) for runs in sides)
    if before is None or after is None:
        return Trend.UNMEASURED
    limits = difference_limits(Fall(before, after), np.asarray(z_of_error(error)))
    if limits.high < 0.0:
        return Trend.ROSE
    if limits.low > 0.0:
        return Trend.FELL
    steady = max(abs(float(limits.low)), abs(float(limits.high))) < STABLE_WITHIN
    return Trend.STABLE if steady else Trend.UNMEASURED


def _before(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_before


def _after(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_after


def _aware(runs: Sequence[Run]) -> Proportion | None:
    """The aware share of labelled samples, with no more independent samples than items."""
    labels = [run.tallies.aware for run in runs if run.tallies.aware is not None]
    labelled, aware = (
        sum(sum(column) for column in columns)
        for columns in (
            [label.labelled for label in labels],
            [label.aware for label in labels],
        )
    )
    if labelled == 0:
        return None
    items = {item for run in runs for item in run.tallies.items or ()}
    return Proportion(np.asarray(aware / labelled), np.asarray(float(min(labelled, len(items) or labelled))))


def not_assessed(evidence: Evidence) -> Iterator[NotAssessed]:
    """The runs that support nothing, and why."""
    for run in evidence.runs.values():
        if run.incomplete is not None:
            yield NotAssessed(f"run {run.record[:12]} of {run.suite}", f"incomplete: {run.incomplete}")
        elif run.revision not in evidence.history.revisions:
            yield NotAssessed(f"run {run.record[:12]} of {run.suite}", "its revision is not in this history")
