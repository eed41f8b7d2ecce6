"""Prompts, searchable by the runs and telling words they have in common with a text, and what those weigh."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from auditor.clauses.grams import Fingerprint
from auditor.model.suite import Role

# With fewer texts of other behaviours than this, the other texts of the same behaviour say what is common, too.
_FEW_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Prompt:
    """An eval prompt to search for.

    Attributes:
        id: unique in its suite.
        suite: the suite's name; "" where it is in none.
        role: who can see it.
        behaviour: what it measures; None makes it one by itself.
        content: its text as it is searched for, hashed with the index's key.
    """

    id: str
    suite: str
    role: Role
    behaviour: str | None
    content: Fingerprint


class Holders:
    """Which texts have a number, by position of the text."""

    def __init__(self, texts: Iterable[frozenset[int]]) -> None:
        # Nearly every run stands in one text only: one number each, and lists for the others.
        self._last: dict[int, int] = {}
        self._several: dict[int, list[int]] = {}
        for at, numbers in enumerate(texts):
            for number in self._last.keys() & numbers:
                self._several.setdefault(number, [self._last[number]]).append(at)
            self._last.update(dict.fromkeys(numbers, at))

    def of(self, number: int) -> list[int]:
        """The positions of the texts that have it, ascending."""
        if number in self._several:
            return self._several[number]
        return [self._last[number]] if number in self._last else []

    def shared(self, numbers: frozenset[int]) -> frozenset[int]:
        """Those of the numbers that more than one text has."""
        return numbers & self._several.keys()


class PromptIndex:
    """Prompts, searchable by what they have in common with a text.

    Args:
        prompts: all made with the same key, or all without.
        key: that key, 16 to 64 bytes; None for prompts made without.
        background: texts in which a word or run is nothing special, such as the clauses of a spec's first revision,
            made with the same key.
    """

    def __init__(
        self, prompts: Iterable[Prompt], *, key: bytes | None = None, background: Iterable[Fingerprint] = ()
    ) -> None:
        self.prompts = tuple(sorted(prompts, key=lambda one: (one.suite, one.id, one.role, one.behaviour or "")))
        self.key = key
        self.lengths = sorted({one.content.length for one in self.prompts if one.content.length})
        texts = [one.content for one in self.prompts]
        texts += background
        self.size = len(texts)
        self.runs = Holders(text.runs for text in texts)
        self.stems = Holders(_all_stems(text) for text in texts)
        self._groups: list[Hashable] = [one.behaviour or at for at, one in enumerate(self.prompts)]
        self._groups += [None] * (len(texts) - len(self.prompts))
        self._group_sizes = Counter(self._groups)
        self._weights: dict[tuple[Hashable, int, Holders], float] = {}

    def others(self, at: int) -> int:
        """How many prompts measure another behaviour than the one at this position."""
        return len(self.prompts) - self._group_sizes[self._groups[at]]

    def is_other(self, at: int, other: int) -> bool:
        """Whether the prompts at two positions measure different behaviours."""
        return self._groups[at] != self._groups[other]

    def weight(self, holders: Holders, numbers: Iterable[int], at: int) -> float:
        """What the numbers weigh together for the prompt at this position.

        One that no text of another behaviour has weighs 1, one that all have 0; in between it falls with the logarithm.
        """
        group = self._groups[at]
        size = self.size - self._group_sizes[group] + 1
        if size < _FEW_TEXTS:
            group, size = (at,), self.size
        known = self._weights
        total = 0.0
        for number in numbers:
            weight = known.get((group, number, holders))
            if weight is None:
                weight = known[group, number, holders] = self._rarity(holders.of(number), group, size)
            total += weight
        return total

    def _rarity(self, holders: list[int], group: Hashable, size: int) -> float:
        if isinstance(group, tuple):
            elsewhere = sum(at != group[0] for at in holders)
        else:
            elsewhere = sum(self._groups[at] != group for at in holders)
        return math.log(size / (1 + elsewhere)) / math.log(size) if elsewhere and size > 1 else 1.0


def _all_stems(text: Fingerprint) -> frozenset[int]:
    return text.stems[0] if len(text.stems) == 1 else frozenset[int]().union(*text.stems)
