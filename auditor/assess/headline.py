"""A patch's headline: of everything measured across it, the behaviour whose verdict matters most.

In come the facts of each behaviour at a patch; out goes the one that is shown first everywhere. A behaviour that did
not move never hides one that did: a test fall whose transfer is open stands before a clearance, and what nobody touched
stands last.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from auditor.assess.facts import BehaviourFacts
from auditor.assess.verdicts import Statement
from auditor.model.suite import Role
from auditor.model.verdict import Verdict


class HeadlineRank(IntEnum):
    """How much a verdict matters to the reader of a patch; the lowest comes first."""

    HIDING_SUSPECTED = 1
    WORSE = 2
    TEST_ONLY = 3
    MOSTLY_TEST = 4
    ARTEFACT = 5
    FALL_UNMEASURED = 6
    FALL_OPEN = 7
    PARTIAL = 8
    GENERALISES = 9
    TEST_OPEN = 10
    UNCHANGED = 11
    UNMEASURED = 12


_RANKS = {
    Verdict.WORSE: HeadlineRank.WORSE,
    Verdict.TEST_ONLY: HeadlineRank.TEST_ONLY,
    Verdict.MOSTLY_TEST: HeadlineRank.MOSTLY_TEST,
    Verdict.ARTEFACT: HeadlineRank.ARTEFACT,
    Verdict.PARTIAL: HeadlineRank.PARTIAL,
    Verdict.GENERALISES: HeadlineRank.GENERALISES,
    Verdict.UNCHANGED: HeadlineRank.UNCHANGED,
}


def rank_headline(facts: BehaviourFacts, error: float) -> HeadlineRank:
    """The rank of a behaviour's verdict; `error` is the policy's error rate, at which a reported fall counts."""
    if facts.hiding_suspected:
        return HeadlineRank.HIDING_SUSPECTED
    if facts.verdict is Verdict.UNMEASURED:
        return HeadlineRank.FALL_UNMEASURED if _test_fell(facts, error) else HeadlineRank.UNMEASURED
    if facts.verdict is Verdict.INCONCLUSIVE:
        return HeadlineRank.FALL_OPEN if _test_fell(facts, error) else HeadlineRank.TEST_OPEN
    return _RANKS[facts.verdict]


def choose_headline(behaviours: Iterable[BehaviourFacts], error: float) -> BehaviourFacts | None:
    """The behaviour that heads a patch: the first by rank, then by how far the test rate moved, then by name."""
    return min(
        behaviours,
        key=lambda facts: (rank_headline(facts, error), -_test_movement(facts), facts.behaviour, facts.model),
        default=None,
    )


def leading_behaviours(behaviours: Iterable[BehaviourFacts], error: float) -> tuple[BehaviourFacts, ...]:
    """The behaviours shown with a patch's headline: those of its verdict; of its rank, where the verdict is open."""
    every = tuple(behaviours)
    headline = choose_headline(every, error)
    if headline is None:
        return ()
    same = tuple(facts for facts in every if facts.verdict is headline.verdict)
    if headline.verdict not in (Verdict.INCONCLUSIVE, Verdict.UNMEASURED):
        return same
    rank = rank_headline(headline, error)
    return tuple(facts for facts in same if rank_headline(facts, error) is rank)


def _test_fell(facts: BehaviourFacts, error: float) -> bool:
    """Whether a test fall is established, or the rates as reported show one whatever else changed."""
    if facts.fell or facts.p_values.get(Statement.RAW_FELL, 1.0) <= error:
        return True
    return any(suite.fell for suite in facts.diagnostics.measured if suite.role is Role.TEST)


def _test_movement(facts: BehaviourFacts) -> float:
    return abs(facts.test.before.rate - facts.test.after.rate) if facts.test is not None else 0.0
