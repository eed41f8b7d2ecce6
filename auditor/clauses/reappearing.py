"""Held-out prompts that turn up among test prompts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.clauses.prompt_index import Prompt, PromptIndex

TELLING = 0.5
"""The least weight of a run that proves anything: held by no more than the square root of all texts."""


@dataclass(frozen=True, slots=True)
class Reappearance:
    """A held-out prompt that a test prompt contains, whole or in part.

    Attributes:
        of_held_out: share of the held-out prompt's weight of runs that stands in the test prompt, 0 to 1.
        of_test: share of the test prompt's that stands in the held-out prompt, 0 to 1.
        same: whether they have the same runs.
    """

    held_out: Prompt
    test: Prompt
    of_held_out: float
    of_test: float
    same: bool


def reappearing(held_out: PromptIndex, test: PromptIndex) -> tuple[Reappearance, ...]:
    """Held-out prompts that have telling runs of words in common with test prompts, most of the held-out one first.

    What many items of either side say, such as the frame of a template, does not count. A prompt of four to seven words
    is found only as the same text, a shorter one not at all. Raises ValueError for indices of different keys.
    """
    if held_out.key != test.key:
        raise ValueError("both indices need the same key")
    found = sorted(_pairs(held_out, test), key=lambda one: (-one[0].of_held_out, one[1:]))
    return tuple(one for one, *_ in found)


def _pairs(held_out: PromptIndex, test: PromptIndex) -> Iterator[tuple[Reappearance, int, int]]:
    for at, ours in enumerate(held_out.prompts):
        common: dict[int, list[int]] = defaultdict(list)
        for number in sorted(ours.content.runs):
            for other in test.runs.of(number):
                common[other].append(number)
        for other, numbers in common.items():
            theirs = test.prompts[other]
            weights = [_weight(held_out, test, number) for number in numbers]
            same = ours.content.runs == theirs.content.runs
            if same or max(weights) >= TELLING:
                whole, whole_test = (_whole(held_out, test, one.content.runs) for one in (ours, theirs))
                shared = math.fsum(weights)
                yield Reappearance(ours, theirs, _share(shared, whole), _share(shared, whole_test), same), at, other


def _weight(held_out: PromptIndex, test: PromptIndex, number: int) -> float:
    """1 for a run of one prompt on each side, falling with the logarithm to 0 for one that all have."""
    size = held_out.size + test.size
    elsewhere = held_out.runs.count(number) + test.runs.count(number) - 2
    return math.log(size / (1 + elsewhere)) / math.log(size) if elsewhere > 0 else 1.0


def _whole(held_out: PromptIndex, test: PromptIndex, runs: Iterable[int]) -> float:
    return math.fsum(_weight(held_out, test, number) for number in runs)


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0
