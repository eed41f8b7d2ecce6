"""What ablations say of a patch on one behaviour: which clause changes carry the fall on the test, and which others."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.ablation import AblatedChange
from auditor.model.run import AblationKind


@dataclass(frozen=True, slots=True)
class Effect:
    """By how much a clause change lowers a rate; rates are 0 to 1.

    Of a change left out, from the rate without it to the rate after the patch; of one alone, from the rate before the
    patch to the rate with it alone.

    Attributes:
        suite: its name; "" for the average over the suites of a role.
        before, after: the two rates, on common items.
        effect: `before` minus `after`.
        low, high: limits, over every reading of the invalid samples, at the levels at which they decide.
        carries: True where an effect above 0 is shown, False where it is shown to be under the margin, None where
            neither is.
        runs: the records of both sides, sorted.
    """

    suite: str
    before: float
    after: float
    effect: float
    low: float
    high: float
    carries: bool | None
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeEffects:
    """One clause change, left out or alone.

    Attributes:
        test: on average over the test suites; None where none can be compared.
        held_out: on average over the held-out suites; None where none can be compared.
        suites: on each held-out suite.
        spares_held_out: whether it is shown to carry more of the test fall than the margin, and less on every held-out
            suite.
        why_not: why the test or held-out is not compared, as a clause; "" where both are.
    """

    change: AblatedChange
    kind: AblationKind
    test: Effect | None
    held_out: Effect | None
    suites: tuple[Effect, ...]
    spares_held_out: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class AblationFacts:
    """The ablations of a patch on one behaviour of one model.

    Attributes:
        checkpoint: the one that was evaluated on both sides.
        test_fall, held_out_fall: what the whole patch takes from the rates, in the same way; None where it cannot be
            compared.
        margin: an effect under this share of the rate before the patch is none.
        trained: whether the verdict is of a model that was trained on the spec, while ablations are shown in context.
        changes: for each clause change the one left out, then the one alone, as far as they were run.
        conclusion: what they come to, as a clause.
    """

    checkpoint: str
    test_fall: float | None
    held_out_fall: float | None
    margin: float
    trained: bool
    changes: tuple[ChangeEffects, ...]
    conclusion: str

    def carriers(self, *, held_out: bool) -> tuple[AblatedChange, ...]:
        """The clause changes that are shown to carry the fall on the test, or held out."""
        carriers = [
            each.change
            for each in self.changes
            if (effect := each.held_out if held_out else each.test) is not None and effect.carries
        ]
        return tuple(dict.fromkeys(carriers))

    def spared(self) -> tuple[ChangeEffects, ...]:
        """Those that carry the test fall and none of the held-out fall, and in no ablation some of it."""
        carriers = self.carriers(held_out=True)
        return tuple(each for each in self.changes if each.spares_held_out and each.change not in carriers)

    def all_known(self) -> bool:
        """Whether of every change some ablation shows what it carries of both falls, or that it carries none."""
        decided: dict[AblatedChange, bool] = {}
        for each in self.changes:
            sides = (each.test, each.held_out)
            both = all(effect is not None and effect.carries is not None for effect in sides)
            decided[each.change] = decided.get(each.change, False) or both
        return all(decided.values())
