"""What corrections of records changed in verdicts: each step that rests on a corrected record says it both ways.

The facts of steps come in, with the evidence and the same evidence with the records as they were first; facts whose
reason names the corrections go out. A correction that changes a verdict can so be no quiet one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from auditor.assess.facts import BehaviourFacts
from auditor.evidence import Evidence, State, Step
from auditor.model.run import Run

_LISTED = 3


def add_corrections(
    evidence: Evidence, facts: Mapping[Step, BehaviourFacts], first: Mapping[Step, BehaviourFacts]
) -> dict[Step, BehaviourFacts]:
    """The facts, with what corrections changed in each verdict added to its reason.

    Args:
        first: the facts of the steps of `evidence.uncorrected`.
    """
    before = {_states(step): one for step, one in first.items()}
    changed: dict[Step, BehaviourFacts] = {}
    for step, one in facts.items():
        corrections = list(_corrections(evidence, step))
        changed[step] = one
        if corrections:
            text = _describe(corrections, one, before.get(_states(step)))
            changed[step] = replace(one, reason=f"{one.reason}; {text}" if one.reason else text)
    return changed


def _states(step: Step) -> tuple[str, str, State, State]:
    return step.behaviour, step.lineage, step.before, step.after


def _corrections(evidence: Evidence, step: Step) -> Iterator[Run]:
    """The runs of a step, of its behaviour, that correct a record."""
    for _, run in sorted(evidence.runs.items()):
        suite = evidence.suites.get(run.suite)
        measured = suite is not None and suite.behaviour == step.behaviour
        if run.corrects is not None and measured and State(run.revision, run.checkpoint) in (step.before, step.after):
            yield run


def _describe(corrections: list[Run], now: BehaviourFacts, first: BehaviourFacts | None) -> str:
    named = [
        f"{run.record[:12]} corrects {str(run.corrects)[:12]} of {run.suite} ({run.reason or 'without a reason'})"
        for run in corrections[:_LISTED]
    ]
    more = f" and {len(corrections) - _LISTED} more" if len(corrections) > _LISTED else ""
    uncorrected = "not evaluated" if first is None else _verdict(first)
    without = "the same" if uncorrected == _verdict(now) else uncorrected
    return f"record {', '.join(named)}{more}, and as first recorded the verdict was {without}"


def _verdict(facts: BehaviourFacts) -> str:
    return f"{facts.verdict}, hiding suspected" if facts.hiding_suspected else str(facts.verdict)
