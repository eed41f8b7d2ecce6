"""Evidence debts: a spec that a model is trained on cannot be evaluated before its patch lands, and owes it after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from auditor.assess.facts import PatchFacts
from auditor.evidence import Evidence, evaluated_states
from auditor.model.run import Exposure


@dataclass(frozen=True, slots=True)
class Debt:
    """What a patch that has landed owes.

    Attributes:
        patch: its id.
        owed: (behaviour, model) of what was measured before it and has no held-out comparison across it yet.
        landed: the day it landed, at the latest.
        due: the last day for it.
    """

    spec: str
    patch: str
    owed: tuple[tuple[str, str], ...]
    landed: date
    due: date

    def overdue(self, day: date) -> bool:
        """Whether its last day is over; what bears a date that is yet to come has no day of grace."""
        return self.due < day or self.landed > day + timedelta(days=1)


def owed(evidence: Evidence, facts: PatchFacts) -> tuple[tuple[str, str], ...]:
    """(behaviour, model) of what a patch's evaluation is owed on; nothing where the patch was taken back.

    That is what a model trained on the spec was measured on before, and has no held-out comparison across the patch on.
    A comparison on any model settles a behaviour, as it does for the gate.
    """
    before = _seen_before(evidence, facts)
    if evidence.history.sightings[-1].revision in before:
        return ()
    settled = {one.behaviour for one in facts.behaviours if one.suites}
    lacking = {(one.behaviour, one.model) for one in facts.behaviours if not one.suites} | set(facts.outside)
    return tuple(
        (behaviour, model)
        for behaviour, model in sorted(lacking)
        if behaviour not in settled
        and is_trained_in(evidence, model)
        and any(state.revision in before for state in evaluated_states(evidence, behaviour, model))
    )


def is_trained_in(evidence: Evidence, model: str) -> bool:
    """Whether a lineage knows the spec from training: some run says so, and none had it in the context."""
    said = {run.exposure for run in evidence.runs.values() if evidence.lineages[run.checkpoint] == model}
    return Exposure.TRAINED in said and Exposure.IN_CONTEXT not in said


def _seen_before(evidence: Evidence, facts: PatchFacts) -> set[str]:
    """The content ids of the sightings that do not come after a patch."""
    reached, before = {facts.patch.after.name}, set[str]()
    for sighting in evidence.history.sightings:
        if reached & {sighting.name, *sighting.parents}:
            reached.add(sighting.name)
        else:
            before.add(sighting.revision)
    return before
