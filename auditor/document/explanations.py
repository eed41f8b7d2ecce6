"""What a flagged verdict is compatible with, and which measurement would separate the explanations; none is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.assess.facts import BehaviourFacts
from auditor.model.verdict import STAYED_VERDICTS, Cause, Verdict

# What a flagged verdict is compatible with, and which measurement would separate the stories. None is claimed.


@dataclass(frozen=True, slots=True)
class Explanation:
    """One explanation, and what would speak for or against it."""

    explanation: str
    separating_measurement: str


_FITTED_TO_TEST = Explanation(
    "The words of the patch fit the test's scenarios and little else.",
    "Have people who have not read the patch write new items for the same behaviour, and run both revisions on them.",
)
_TEST_RECOGNISED = Explanation(
    "The model behaves where it recognises an evaluation, and the test is easier to recognise than the held-out items.",
    "Label awareness on every suite, and replay the test items as ordinary traffic.",
)
_DIFFERENT_CONSTRUCT = Explanation(
    "The held-out suites measure something else than the test does.",
    "Have both rated blind for what they measure; run the held-out items through the test's scorer.",
)
_ITEMS_DROPPED = Explanation(
    "Items that used to fail were taken out, or easy ones came in.",
    "Run the old items under the new revision.",
)
_INVALID_SAMPLES = Explanation(
    "Samples that would have failed end in errors, refusals or limits instead.",
    "Run them again until they are valid, and read what they say.",
)
_BEST_RUN_REPORTED = Explanation(
    "Of several runs the best one was reported.",
    "Register a plan before the next run, and count every run.",
)
_MADE_WORSE = Explanation(
    "The patch takes something back, or asks for less, and the model does.",
    "Run the revision before and the one after on one checkpoint, with a second run each.",
)
_DISPLACED = Explanation(
    "The behaviour moved to where the test does not look.",
    "Read the failing held-out transcripts of both sides side by side.",
)
_NOISE = Explanation(
    "Chance: at the error rate of the policy, some patches without effect look like this.",
    "A second run of each side settles it.",
)
_OTHER_CHANGE = Explanation(
    "Something else that changed in the step did it.",
    "Evaluate both revisions on one checkpoint, and both checkpoints under one revision.",
)

_BY_VERDICT = {
    **dict.fromkeys(STAYED_VERDICTS, (_FITTED_TO_TEST, _TEST_RECOGNISED, _DIFFERENT_CONSTRUCT)),
    Verdict.WORSE: (_MADE_WORSE, _DISPLACED),
}
_BY_MECHANISM = {
    "items": _ITEMS_DROPPED,
    "invalid": _INVALID_SAMPLES,
    "selection": _BEST_RUN_REPORTED,
    "displacement": _DISPLACED,
}


def explanations(facts: BehaviourFacts) -> tuple[Explanation, ...]:
    """The explanations that the evidence on a behaviour is compatible with, likeliest to be asked about first."""
    return tuple(dict.fromkeys(_explanations_for(facts)))


def _explanations_for(facts: BehaviourFacts) -> Iterator[Explanation]:
    for mechanism in facts.mechanisms:
        if mechanism in _BY_MECHANISM:
            yield _BY_MECHANISM[mechanism]
    yield from _BY_VERDICT.get(facts.verdict, ())
    if facts.cause is Cause.UNRESOLVED:
        yield _OTHER_CHANGE
    yield _NOISE
