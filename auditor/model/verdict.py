"""The verdicts, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Verdict(StrEnum):
    """What is said of one (step, behaviour, model). Declared worst first; see `worst`."""

    TEST_ONLY = "test-only"
    MOSTLY_TEST = "mostly-test"
    WORSE = "worse"
    ARTEFACT = "artefact"
    PARTIAL = "partial"
    INCONCLUSIVE = "inconclusive"
    UNMEASURED = "unmeasured"
    GENERALISES = "generalises"
    UNCHANGED = "unchanged"


class Cause(StrEnum):
    """Whether the contrast can be put down to the patch."""

    PATCH = "patch"
    UNRESOLVED = "unresolved"


STAYED_VERDICTS = (Verdict.TEST_ONLY, Verdict.MOSTLY_TEST)
"""The accusations that a fall stayed on the test, whole or for the most part."""

WORST_FIRST: tuple[Verdict, ...] = tuple(Verdict)


def worst_verdict(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of some verdicts; `unmeasured` of none."""
    return min(verdicts, key=WORST_FIRST.index, default=Verdict.UNMEASURED)
