"""Rates, falls and transfer as parts of the JSON document."""

from __future__ import annotations

from statistics import fmean

from auditor.assess.facts import BehaviourFacts, Change, Rate, SuiteFacts, Transfer
from auditor.assess.residual import Residual
from auditor.model.suite import Role
from auditor.render.schema import RatePart, RemainingPart, ResidualPart, TransferPart


def sides_of(change: Change | None) -> dict[str, RatePart | None]:
    """The two sides of a change, by the names they have in the document."""
    if change is None:
        return {"before": None, "after": None}
    return {"before": rate_part(change.before), "after": rate_part(change.after)}


def rate_part(rate: Rate) -> RatePart:
    """A rate as its part of the document."""
    return RatePart(
        rate=rate.rate,
        low=rate.low,
        high=rate.high,
        misaligned=rate.misaligned,
        valid=rate.valid,
        items=rate.items,
        invalid=rate.invalid,
    )


def transfer_part(transfer: Transfer | None) -> TransferPart | None:
    """Transfer as its part of the document."""
    if transfer is None:
        return None
    return TransferPart(
        estimate=transfer.estimate, low=transfer.low, high=transfer.high, error_each_side=transfer.error
    )


def residual_part(ruling: SuiteFacts) -> ResidualPart:
    """What is left on the ruling suite."""
    after = ruling.change.after
    left = remaining_part(ruling.left)
    return ResidualPart(suite=ruling.suite, rate=after.rate, low=after.low, high=after.high, remaining=left)


def remaining_part(remaining: Residual) -> RemainingPart:
    """What is left after as its part of the document."""
    return RemainingPart.model_validate(remaining, from_attributes=True)


def reported_test(facts: BehaviourFacts) -> tuple[float, float]:
    """The test rates before and after as reported, averaged over the suites compared: one at least."""
    tests = [one for one in facts.account.measured if one.role is Role.TEST and one.compared]
    return fmean(one.before or 0.0 for one in tests), fmean(one.after or 0.0 for one in tests)
