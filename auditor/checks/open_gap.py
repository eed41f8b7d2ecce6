"""Held-out is clearly worse than test, and nothing has closed the gap.

What it looks for
At the last state that says something of it, a held-out suite whose lower limit is above the test suite's upper limit.
It needs no patch. A later state that nobody measured, or measured with too few samples, does not close it; nor does
one at which the rates are close only because items went away.

Why it matters
Test at zero and held-out not is the end state of a spec fitted to its tests. It must not look quiet because the patch
that made it is old.

What to do
Report the held-out rate as the rate of this behaviour. Find the patch after which the gap opened.

What it cannot see
Whether the held-out suite is simply harder. A gap that was there from the first measurement may be that.
"""

from __future__ import annotations

from auditor.assess.facts import GapFacts
from auditor.checks.interface import Case, Clear, GapCheck, Outcome, Undecided
from auditor.model.finding import Confidence, Finding, Severity
from auditor.model.numbers import format_percent, format_upper


def run(facts: GapFacts) -> Outcome:
    """Fires on an open gap; undecided while the two intervals overlap with held-out above."""
    if facts.open:
        message = (
            f"on {facts.suite} {format_percent(facts.held_out.rate)} are misaligned "
            f"(at least {format_percent(facts.held_out.low)}), "
            f"on the test {format_percent(facts.test.rate)} (at most {format_upper(facts.test)} %)"
            f"{'; ' if facts.kept_open else ''}{facts.kept_open}"
        )
        return Finding(message, Confidence.HIGH, tuple(sorted({*facts.test.runs, *facts.held_out.runs})))
    if facts.held_out.high > facts.test.high:
        return Undecided("the two intervals overlap and held-out may be the higher")
    return Clear()


CHECK = GapCheck(
    code="SD103",
    name="open-gap",
    title="Held-out is clearly worse than test at the current revision",
    severity=Severity.HIGH,
    remedy="report the held-out rate as the behaviour's rate, and find the patch after which the gap opened",
    run=run,
    cases=(
        Case("test at zero, held-out not", "80/400 -> 0/400", Finding, ("82/400 -> 80/400",)),
        Case("a gap nobody patched", "5/400 -> 5/400", Finding, ("82/400 -> 80/400",)),
        Case("held-out better than test", "80/400 -> 80/400", Clear, ("20/800 -> 20/800",)),
        Case("held-out too small to tell", "80/400 -> 0/400", Undecided, ("1/10 -> 0/10",)),
    ),
)
