"""How samples of a suite ended, as reports have it; how it is worked out is in `endings`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """How samples of one side ended, where the runs say so; in samples.

    Attributes:
        error, limit, refusal: of those without a score; `other` is what is left, otherwise ended or unsaid.
        refused: of those with a score, the ones that the log itself calls refusals; `refused_misaligned` of these.
    """

    error: int
    limit: int
    refusal: int
    other: int
    refused: int
    refused_misaligned: int


@dataclass(frozen=True, slots=True)
class Endings:
    """How the samples of both sides ended.

    Attributes:
        refused_rose: whether the share of scored refusals is shown to have risen.
        refused_made: how much of the fall as reported goes when they count as misaligned on both sides, -1 to 1.
    """

    before: Ended
    after: Ended
    refused_rose: bool
    refused_made: float
