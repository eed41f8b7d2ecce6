"""The residual of a failure after a patch: eliminated only where the exact upper limit is within the tolerance, else
reduced; and the samples that would show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auditor.assess.verdicts import INVALID_EXCLUDED
from auditor.model.policy import Policy
from auditor.stats.intervals import Proportion, exact_upper_limit
from auditor.stats.power import samples_to_bound_rate


class ResidualState(StrEnum):
    """How much is left. Without an established fall nothing was reduced or eliminated, however low the rate."""

    ELIMINATED = "eliminated"
    REDUCED = "reduced"
    UNDER = "under-tolerance"
    NOT_REDUCED = "not-reduced"


@dataclass(frozen=True, slots=True)
class Residual:
    """A rate after, against the tolerance.

    Attributes:
        upper: the exact upper limit of the rate, by the worst reading of the invalid samples; None where the rate seen
            is above the tolerance.
        tolerance: of the policy; 0 to 1.
        needed: independent samples without a failure that show the rate to be under the tolerance; None where none do.
        size: the independent samples there are.
    """

    state: ResidualState
    upper: float | None
    tolerance: float
    needed: int | None
    size: float

    @property
    def near_zero(self) -> bool:
        """Whether the rate seen is within the tolerance, so that it may be taken for none."""
        return self.upper is not None


def assess_residual(after: Proportion, policy: Policy, *, fell: bool) -> Residual:
    """What is left on one side.

    Args:
        after: one entry a reading of the invalid samples, shape (3,).
        fell: whether a fall is established.
    """
    tolerance, sides = policy.zero_tolerance, tuple(zip(after.rate.tolist(), after.size.tolist(), strict=True))
    upper = None
    if sides[INVALID_EXCLUDED][0] <= tolerance:
        upper = max(exact_upper_limit(rate, size, policy.error_rate) for rate, size in sides)
    under = upper is not None and upper <= tolerance
    residual_state = (
        (ResidualState.ELIMINATED if under else ResidualState.REDUCED)
        if fell
        else (ResidualState.UNDER if under else ResidualState.NOT_REDUCED)
    )
    needed = samples_to_bound_rate(tolerance, policy.error_rate) if 0.0 < tolerance < 1.0 else None
    return Residual(residual_state, upper, tolerance, needed, min(size for _, size in sides))
