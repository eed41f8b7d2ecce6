"""The false discovery rate over the stream of patches (LOND): one p-value a patch, in the order in which patches
landed.

A patch's p-value is that of its strongest accusation, uncorrected, times the number of accusations it might have
drawn (Bonferroni). Patches that share all their steps enter as one, at the place of the first. What lands later has a
later place and changes nothing before it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.assess.verdicts import ACCUSATION, ARTEFACT, PValues, p_value
from auditor.model.verdict import STAYED_VERDICTS, Verdict
from auditor.stats.multiplicity import lond

if TYPE_CHECKING:  # facts hold places
    from auditor.assess.facts import BehaviourFacts
    from auditor.assess.steps import Mainline

ACCUSING_VERDICTS = (*STAYED_VERDICTS, Verdict.ARTEFACT)


@dataclass(frozen=True, slots=True)
class OnlineDecision:
    """A patch's place in the stream, from 1 on; its p-value, the level it was held to, and whether it is under it."""

    number: int
    p_value: float
    level: float
    survives: bool


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """What enters the stream: who by, what is shared with others, and the p-values of its accusations."""

    name: str
    shares: Hashable
    p_values: tuple[float, ...]


def accusation_p_values(step: PValues, cells: Iterable[PValues], error: float) -> tuple[float, ...]:
    """The p-values of a step's accusations: that measuring made the fall, and that each held-out suite stayed.

    Args:
        step, cells: of the step and of each held-out suite, uncorrected.
        error: at which a statement that must not be established counts as established.
    """
    stayed = (p_value(ACCUSATION, {**step, **cell}, error) for cell in cells)
    return (p_value(ARTEFACT, step, error), *stayed)


def decide_stream(entries: Sequence[StreamEntry], rate: float) -> Mapping[str, OnlineDecision]:
    """The place of each entry, given in order; entries that share everything have one place."""
    first: dict[Hashable, StreamEntry] = {}
    for entry in entries:
        first.setdefault(entry.shares, entry)
    p_values = [
        min((1.0, *(len(stream_entry.p_values) * p for p in stream_entry.p_values))) for stream_entry in first.values()
    ]
    decided = {
        shares: OnlineDecision(number, p, decision.level, decision.discovery)
        for number, (shares, p, decision) in enumerate(zip(first, p_values, lond(p_values, rate), strict=True), 1)
    }
    return {entry.name: decided[entry.shares] for entry in entries}


def decide_patches(
    line: Mainline, by_patch: Mapping[str, Sequence[BehaviourFacts]], rate: float
) -> Mapping[str, OnlineDecision]:
    """The place of every patch that was evaluated before and after; those not behind the tip come last."""
    order = dict.fromkeys((*line.patches, *by_patch))
    entries = [
        StreamEntry(
            name,
            tuple(step_facts.step for step_facts in facts),
            tuple(p for step_facts in facts for p in step_facts.accusations),
        )
        for name in order
        if (facts := by_patch[name])
    ]
    return decide_stream(entries, rate)
