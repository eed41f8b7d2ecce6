"""What texts of samples show, before and after, as reports have it; how it is worked out is in `signals`."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model.suite import Role


@dataclass(frozen=True, slots=True)
class Measure:
    """An estimate with its limits, each end left out with the policy's error, items as the unit."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SignalSide:
    """What the texts of one side's samples show.

    Attributes:
        read: samples of which a text was read.
        of: whether it was their "reasoning", their "answers", or "both", each in some.
        aware: the share with a phrase of being tested, 0 to 1.
        repeating: the share that falls into repetition, 0 to 1.
        words: the mean number of words in a sample.
    """

    read: int
    of: str
    aware: Measure
    repeating: Measure
    words: Measure


@dataclass(frozen=True, slots=True)
class Signals:
    """What texts show on the test suites, or on the held-out ones; a side of which none was read is None.

    `alike` is whether the same was read on both sides, by the same rules: reasoning and answers are not alike.
    """

    role: Role
    before: SignalSide | None
    after: SignalSide | None
    alike: bool
