"""Whether a verdict is suspected of hiding, and by what."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.assess import attribution
from auditor.assess.account import Account, Attribution
from auditor.assess.contrast import Numbers
from auditor.assess.facts import Trend
from auditor.assess.statements import LEFT_OUT
from auditor.assess.verdicts import Statement as S
from auditor.model.policy import Policy
from auditor.model.verdict import Verdict
from auditor.stats.falls import fell_more_than

# A fall whose lower limit is above this is near zero, whatever the after-rate.
NEAR_WHOLE_FALL = 0.8


def near_zero(verdict: Verdict, numbers: Numbers, policy: Policy) -> bool:
    """Whether the test rate after is within tolerance, or nearly all of it is shown to have fallen.

    A `measurement` is judged as reported: its fall on common items is what is missing.
    """
    if verdict is Verdict.MEASUREMENT:
        after = float(numbers.raw.after.rate)
        whole = fell_more_than(numbers.raw, NEAR_WHOLE_FALL, policy.error_rate)
    else:
        after = float(numbers.test.after.rate[LEFT_OUT])
        whole = fell_more_than(numbers.test, NEAR_WHOLE_FALL, policy.error_rate)
    return after <= policy.zero_tolerance or whole


def mechanisms(
    verdict: Verdict, parts: Attribution, cells: Sequence[dict[S, float]], policy: Policy
) -> tuple[str, ...]:
    """The ways in which the number was brought down, for a verdict that says it was."""
    if verdict is Verdict.MEASUREMENT:
        return attribution.mechanisms(parts, policy)
    if verdict is not Verdict.TEST_ONLY:
        return ()
    rose = any(cell[S.HELD_OUT_ROSE] <= policy.error_rate for cell in cells)
    return ("test-only", "displacement") if rose else ("test-only",)


def beside(account: Account, awareness: Trend) -> tuple[str, ...]:
    """What else a suspicion rests on: awareness that rose while the unaware stayed as they were; milder failures."""
    aware = awareness is Trend.ROSE and account.strata is not None and account.strata.unaware_unchanged is True
    milder = account.severity is not None and account.severity.shifted is True
    return (("awareness",) if aware else ()) + (("severity",) if milder else ())
