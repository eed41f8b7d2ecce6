"""How often each held-out suite was used: the decisions that rested on it, the disclosures to people, and the
patches that contain its items.

Every decision that rests on held-out results reveals a little of them, and the next patch can be fitted to that
(Dwork et al. 2015, Thresholdout, arXiv 1506.02629; Blum and Hardt 2015, Ladder, arXiv 1502.04585).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.evidence import Evidence, Step, complete_runs, suites_measuring
from auditor.model.held_out_use import HeldOutUse
from auditor.model.suite import Role


@dataclass(frozen=True, slots=True)
class HoldoutReuse:
    """How often a held-out suite was looked at.

    Attributes:
        decisions: steps that it was run on both sides of, each two states once.
        revealed: recorded looks of people at its rates, each two revisions once.
        allowed: uses until it is overused; None without a limit.
        leaked: ids of the patches that say items of it.
    """

    suite: str
    decisions: int
    revealed: int
    allowed: int | None
    leaked: tuple[str, ...] = ()

    @property
    def uses(self) -> int:
        """Decisions, and looks of people."""
        return self.decisions + self.revealed

    @property
    def exhausted(self) -> bool:
        """Whether no look that is allowed is left."""
        return self.allowed is not None and self.uses >= self.allowed

    @property
    def overused(self) -> bool:
        """Whether nothing further should rest on it: its looks are spent, or a patch says its items."""
        return self.exhausted or bool(self.leaked)


def count_holdout_uses(
    evidence: Evidence, steps: Iterable[Step], looks: Iterable[HeldOutUse]
) -> tuple[HoldoutReuse, ...]:
    """How often each held-out suite of a spec was looked at, by name.

    Args:
        steps: every step that was judged.
        looks: of any spec.
    """
    decided: dict[str, set[object]] = {}
    for step in steps:
        for suite in suites_measuring(evidence, step.behaviour):
            sides = (step.before, step.after)
            if suite.role is Role.HELD_OUT and all(complete_runs(evidence, suite.name, side) for side in sides):
                decided.setdefault(suite.name, set()).add(sides)
    revealed: dict[str, set[object]] = {}
    for look in looks:
        for name in look.suites if look.spec == evidence.history.spec else ():
            revealed.setdefault(name, set()).add((look.before, look.after))
    return tuple(
        HoldoutReuse(
            suite.name, len(decided.get(suite.name, ())), len(revealed.get(suite.name, ())), suite.looks_allowed
        )
        for suite in sorted(evidence.suites.values(), key=lambda suite: suite.name)
        if suite.role is Role.HELD_OUT and (suite.name in decided or suite.name in revealed)
    )
