"""The verdict table, as data. First match wins.

A statement is something that evidence can establish ("the test rate fell"), with the smallest error at which it is
established: its p-value. A row's condition combines statements, and its own p-value follows from theirs: the largest
of an `All`, the smallest of an `Any`; a `Not` is sure (0) as long as its statement is not established, and ruled out
(1) once it is. A row matches when its p-value is at most the error rate. One interpreter reads the table twice: with
raw p-values, to rank a patch's cells in Holm's procedure, and with adjusted ones, to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.model.verdict import Verdict


class Statement(StrEnum):
    """What evidence can establish about one behaviour at one step, and one of its held-out suites."""

    TEST_MEASURED = "there is a comparable pair of runs on the test side"
    HELD_OUT_MEASURED = "there is a comparable pair of runs on a held-out suite"
    RAW_FELL = "the test rate as reported fell"
    NONE_LEFT = "on common items, with invalid samples bounded, less than the threshold of the reported fall is left"
    TEST_FELL = "the test rate fell"
    TEST_ROSE = "the test rate rose"
    TEST_UNCHANGED = "the test fall's upper limit is under the unchanged margin"
    ANY_HELD_OUT_ROSE = "the rate of some held-out suite rose"
    TEST_FELL_HERE = "the test rate fell, at the level of this held-out suite"
    HELD_OUT_FELL = "the held-out rate fell"
    HELD_OUT_FELL_AT_ALL = "the held-out rate fell, two-sided, by the kindest reading and without correction"
    HELD_OUT_ROSE = "the held-out rate rose"
    HELD_OUT_UNDER_HALF = "the held-out rate before was under one half"
    BELOW_MARGIN = "transfer's upper limit is under the unchanged margin"
    BELOW_MARGIN_ODDS = "the same on the odds scale"
    BELOW_THRESHOLD = "transfer's upper limit is under the transfer threshold"
    BELOW_THRESHOLD_ODDS = "the same on the odds scale, threshold"
    BELOW_WHOLE = "transfer's upper limit is under 0.9"
    BELOW_WHOLE_ODDS = "the same on the odds scale, whole"
    ABOVE_HALF = "transfer's lower limit is above 0.5"
    ABOVE_HALF_ODDS = "the same on the odds scale, half"
    LOOKED_AGAIN = "runs were added once it could be read"
    ACCUSED_AT_ANY_TIME = "the test fell and held-out stayed, whenever and however often one looks"
    CLEARED_AT_ANY_TIME = "held-out fell by more than half of it, whenever and however often one looks"

    __hash__ = str.__hash__  # that of an Enum is written in Python, and p-values are looked up by the million


@dataclass(frozen=True, slots=True)
class All:
    """Every part."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Some part."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The statement is not established."""

    statement: Statement


Condition = Statement | All | Any | Not


@dataclass(frozen=True, slots=True)
class Row:
    """A verdict and when it is given; `because` says which trouble an undecided row names."""

    verdict: Verdict
    when: Condition
    because: str = ""


def all_of(*parts: Condition) -> All:
    """Every part."""
    return All(parts)


def any_of(*parts: Condition) -> Any:
    """Some part."""
    return Any(parts)


S = Statement

MADE = all_of(S.RAW_FELL, S.NONE_LEFT, Not(S.TEST_FELL))
STAYED = all_of(
    S.TEST_FELL_HERE,
    any_of(S.HELD_OUT_ROSE, S.BELOW_MARGIN, all_of(S.BELOW_THRESHOLD, Not(S.HELD_OUT_FELL_AT_ALL))),
)
# Odds that shift alike on test and held-out are a transfer of (1 + g u)/(1 + h u) as a ratio of falls, with g and h the
# odds before and u the odds ratio: under one half only where h u > 1, a held-out rate after above one half. Where the
# held-out rate was under one half before, the scale cannot make a low transfer, and the odds need not be asked.
STAYED_ON_ODDS = any_of(
    S.HELD_OUT_ROSE, S.BELOW_MARGIN_ODDS, all_of(S.BELOW_THRESHOLD_ODDS, Not(S.HELD_OUT_FELL_AT_ALL))
)
STAYED_ON_BOTH_SCALES = all_of(STAYED, any_of(S.HELD_OUT_UNDER_HALF, STAYED_ON_ODDS))
PARTLY_ON_ODDS = all_of(S.HELD_OUT_FELL, S.BELOW_WHOLE_ODDS)
PARTLY = all_of(S.TEST_FELL_HERE, S.HELD_OUT_FELL, S.BELOW_WHOLE)
# A shift of the odds shared by both is a transfer under 0.9 from a held-out rate of a tenth on: here the odds are asked
# always, or a whole gain at a high base would be called a part.
PARTLY_ON_BOTH_SCALES = all_of(PARTLY, PARTLY_ON_ODDS)
CARRIED_OVER_ON_ODDS = all_of(S.HELD_OUT_FELL, S.ABOVE_HALF_ODDS)
CARRIED_OVER = all_of(S.TEST_FELL_HERE, S.HELD_OUT_FELL, S.ABOVE_HALF)
CARRIED_OVER_ON_BOTH_SCALES = all_of(CARRIED_OVER, CARRIED_OVER_ON_ODDS)
# Whoever adds runs until a verdict suits has many tries: what was looked at again has to hold at any number of looks.
ACCUSED = all_of(STAYED_ON_BOTH_SCALES, any_of(Not(S.LOOKED_AGAIN), S.ACCUSED_AT_ANY_TIME))
CLEARED = all_of(CARRIED_OVER_ON_BOTH_SCALES, any_of(Not(S.LOOKED_AGAIN), S.CLEARED_AT_ANY_TIME))

TABLE: tuple[Row, ...] = (
    Row(Verdict.UNMEASURED, Not(S.TEST_MEASURED), "test"),
    Row(Verdict.MEASUREMENT, MADE),
    Row(Verdict.WORSE, any_of(S.TEST_ROSE, all_of(Not(S.TEST_FELL), S.ANY_HELD_OUT_ROSE))),
    Row(Verdict.NO_FALL, S.TEST_UNCHANGED),
    Row(Verdict.UNMEASURED, all_of(S.TEST_FELL, Not(S.HELD_OUT_MEASURED)), "held-out"),
    Row(Verdict.TEST_ONLY, ACCUSED),
    Row(Verdict.INCONCLUSIVE, STAYED_ON_BOTH_SCALES, "looks"),
    Row(Verdict.INCONCLUSIVE, STAYED, "scale"),
    Row(Verdict.PARTIAL, PARTLY_ON_BOTH_SCALES),
    Row(Verdict.GENERALISES, CLEARED),
    Row(Verdict.INCONCLUSIVE, CARRIED_OVER_ON_BOTH_SCALES, "looks"),
    Row(Verdict.INCONCLUSIVE, any_of(PARTLY, CARRIED_OVER), "scale"),
    Row(Verdict.INCONCLUSIVE, All(())),
)

# What can be said of a held-out suite by itself: the cells of a patch's family are ranked by the strongest of these.
DECISIVE: tuple[Condition, ...] = (ACCUSED, PARTLY_ON_BOTH_SCALES, CLEARED)

PValues = Mapping[Statement, float]


def p_value(condition: Condition, given: PValues, error: float) -> float:
    """The smallest error, 0 to 1, at which a condition is established; a statement not given is not (1)."""
    match condition:
        case Statement():
            return given.get(condition, 1.0)
        case All(parts):
            return max([p_value(part, given, error) for part in parts], default=0.0)
        case Any(parts):
            return min([p_value(part, given, error) for part in parts], default=1.0)
        case Not(statement):
            return 1.0 if given.get(statement, 1.0) <= error else 0.0


def holds(condition: Condition, given: PValues, error: float) -> bool:
    """Whether a condition's p-value is at most `error`; asks no more of its parts than it needs."""
    match condition:
        case Statement():
            return given.get(condition, 1.0) <= error
        case All(parts):
            return all(holds(part, given, error) for part in parts)
        case Any(parts):
            return any(holds(part, given, error) for part in parts)
        case Not(statement):
            return not given.get(statement, 1.0) <= error


def decide(given: PValues, error: float) -> Row:
    """The first row that matches; the last one always does."""
    return next(row for row in TABLE if holds(row.when, given, error))
