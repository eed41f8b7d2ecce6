"""What several checks need: which records a finding rests on, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from auditor.assess.account import Difference, SuiteMeasured, What
from auditor.assess.facts import BehaviourFacts, WindowFacts
from auditor.model.finding import Confidence
from auditor.model.run import Grade
from auditor.model.verdict import Cause
from auditor.model.waiver import Waiver

# The waiver that the cases of checks on waivers start from: one finding, one month.
SAMPLE_WAIVER = Waiver(
    name="one",
    path="eval_history/waivers/one.toml",
    check="test-only",
    fingerprint="0" * 32,
    patch="1" * 64,
    reason="the held-out suite is broken",
    who="Bea",
    granted=date(2026, 3, 1),
    until=date(2026, 3, 31),
)


def records_behind(facts: BehaviourFacts) -> tuple[str, ...]:
    """The records that a behaviour's verdict rests on, sorted."""
    changes = [facts.test, *(suite.change for suite in facts.suites)]
    sides = [side for change in changes if change is not None for side in (change.before, change.after)]
    return tuple(sorted({run for side in sides for run in side.runs}))


def confidence_in(facts: BehaviourFacts) -> Confidence:
    """Low on tallies alone, medium when something else changed in the step too, else high."""
    if facts.grade is Grade.C:
        return Confidence.LOW
    return Confidence.HIGH if facts.cause is Cause.PATCH else Confidence.MEDIUM


def confidence_in_window(facts: WindowFacts) -> Confidence:
    """Low on tallies alone; medium where another checkpoint ends the window, or where it may grow and will be looked at
    again, and the evidence is not enough for that; else high.

    That several patches share a window is its point, and no reason to doubt it.
    """
    if facts.facts.grade is Grade.C:
        return Confidence.LOW
    step, sure = facts.facts.step, facts.facts.at_any_time
    may_change = facts.open and not (sure is not None and sure.holds)
    return Confidence.MEDIUM if may_change or step.before.checkpoint != step.after.checkpoint else Confidence.HIGH


def differing(facts: BehaviourFacts, what: What) -> Iterator[tuple[SuiteMeasured, Difference]]:
    """The suites that were not compared at the nearest states, with how their two sides differ in `what`."""
    for suite in (*facts.account.measured, *facts.account.passed_over):
        change = suite.differs_in(what)
        if change is not None and not suite.compared:
            yield suite, change


def shortened(text: str, width: int = 60) -> str:
    """The beginning of a clause, at a word, for quoting."""
    return text.rstrip(".") if len(text) <= width else f"{text[:width].rsplit(' ', 1)[0]} ..."
