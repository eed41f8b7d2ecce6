"""What corrections of records changed in verdicts: each step that rests on a corrected record says it both ways.

The facts of steps come in, with the evidence and the same evidence with the records as they were first; facts whose
reason names the corrections go out. A correction that changes a verdict can so be no quiet one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.assess.facts import BehaviourFacts, GapFacts, NotAssessed
from auditor.evidence import Evidence, State, Step
from auditor.model.numbers import short_id
from auditor.model.run import Run

_LISTED = 3


def add_corrections(
    evidence: Evidence, facts: Mapping[Step, BehaviourFacts], first: Mapping[Step, BehaviourFacts]
) -> dict[Step, BehaviourFacts]:
    """The facts, with what corrections changed in each verdict added to its reason and its conclusion.

    Args:
        first: the facts of the steps of `evidence.uncorrected`.
    """
    before = {_states(step): earlier for step, earlier in first.items()}
    corrections = [(run, _states_of_correction(evidence, run)) for run in _corrections(evidence)]
    changed: dict[Step, BehaviourFacts] = {}
    for step, step_facts in facts.items():
        sides = {(step.behaviour, step.before), (step.behaviour, step.after)}
        mine = [run for run, states in corrections if sides & states]
        changed[step] = step_facts
        if mine:
            text = _describe(mine, step_facts, before.get(_states(step)))
            reason, conclusion = (
                "; ".join(filter(None, (sentence, text))) for sentence in (step_facts.reason, step_facts.conclusion)
            )
            changed[step] = replace(step_facts, reason=reason, conclusion=conclusion)
    return changed


def keep_gaps_open(gaps: Sequence[GapFacts], first: Sequence[GapFacts]) -> tuple[GapFacts, ...]:
    """The gaps; one that corrections alone close stays open, as it was first recorded: only other runs close it.

    Args:
        first: the gaps of `evidence.uncorrected`.
    """
    why = "corrections alone close it; as first recorded it is open"
    states = {_gap_key(gap): gap for gap in gaps}
    kept = {key: replace(gap, kept_open=why) for key, gap in ((_gap_key(gap), gap) for gap in first) if gap.open}
    closed = {key: gap for key, gap in kept.items() if key not in states or not states[key].open}
    return tuple(gap for _, gap in sorted({**states, **closed}.items(), key=lambda entry: entry[0]))


def _gap_key(gap: GapFacts) -> tuple[str, str, str]:
    return gap.behaviour, gap.model, gap.suite


def list_lost_verdicts(
    facts: Mapping[Step, BehaviourFacts], first: Mapping[Step, BehaviourFacts]
) -> Iterator[NotAssessed]:
    """What was judged as first recorded and is not any longer, as a correction moved its runs to another state."""
    judged_states = set(map(_states, facts))
    for step, step_facts in first.items():
        if _states(step) not in judged_states:
            why = (
                "runs of it were corrected to be of another state; "
                f"as first recorded the verdict was {_verdict(step_facts)}"
            )
            yield NotAssessed(f"{step.behaviour} of {step.lineage} from {short_id(step.before.revision)}", why)


def _states(step: Step) -> tuple[str, str, State, State]:
    return step.behaviour, step.lineage, step.before, step.after


def _corrections(evidence: Evidence) -> list[Run]:
    """The runs that correct a record, by record."""
    return [run for _, run in sorted(evidence.runs.items()) if run.corrects is not None]


def _states_of_correction(evidence: Evidence, run: Run) -> set[tuple[str, State]]:
    """(behaviour, state) of a correction, and of the record that it corrects, be it of another."""
    recorded = evidence.uncorrected.runs.get(str(run.corrects)) if evidence.uncorrected is not None else None
    return {
        (evidence.suites[recorded_run.suite].behaviour, State(recorded_run.revision, recorded_run.checkpoint))
        for recorded_run in (run, recorded)
        if recorded_run is not None and recorded_run.suite in evidence.suites
    }


def _describe(corrections: list[Run], now: BehaviourFacts, first: BehaviourFacts | None) -> str:
    named = [
        f"{short_id(run.record)} corrects {short_id(str(run.corrects))} of {run.suite} "
        f"({run.reason or 'without a reason'})"
        for run in corrections[:_LISTED]
    ]
    more = f" and {len(corrections) - _LISTED} more" if len(corrections) > _LISTED else ""
    uncorrected = "not evaluated" if first is None else _verdict(first)
    without = "the same" if uncorrected == _verdict(now) else uncorrected
    return f"record {', '.join(named)}{more}, and as first recorded the verdict was {without}"


def _verdict(facts: BehaviourFacts) -> str:
    return f"{facts.verdict}, hiding suspected" if facts.hiding_suspected else str(facts.verdict)
