"""What an evaluation evaluates, how, and two consecutive of these."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.run import Exposure


@dataclass(frozen=True, slots=True, order=True)
class State:
    """A revision and a checkpoint: what an evaluation evaluates."""

    revision: str
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Step:
    """Two consecutive evaluated states of one lineage, for one behaviour.

    Attributes:
        patches: ids of the patches it judges, oldest first; empty when only the checkpoint changed.
        spanned: further patches between the two states, which other steps judge.
    """

    behaviour: str
    lineage: str
    before: State
    after: State
    patches: tuple[str, ...]
    spanned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a run measured: two runs of one suite are comparable only under the same protocol."""

    scorer: str | None
    sampling: str | None
    condition: str
    exposure: Exposure | None
