"""Prompts, searchable by the runs and telling words they have in common with a text, and what those weigh."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Set
from dataclasses import dataclass

from auditor.clauses.grams import Fingerprint
from auditor.model.suite import Role

# With fewer texts of other behaviours than this, those of the same behaviour say which words are common, too.
_FEW_TEXTS = 20
_EVERY = object()


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


_FENCE = re.compile(r"^([`~]{3,})[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)
_ROLE_TAG = re.compile(r"</?[a-z_]+>")


def prompt_text(text: str) -> str:
    """What a Markdown file of eval prompts says to the model: its fenced blocks, no role tags; all without a fence.

    Titles and notes around the blocks are left out: they name the clause they test, and would find it.
    """
    fenced = "\n\n".join(fence[2] for fence in _FENCE.finditer(text))
    return _ROLE_TAG.sub(" ", fenced or text)


class Background:
    """Texts in which a word or run is nothing special: of each number, how many of them have it.

    It can become another set of texts at the cost of what differs, as a spec does from revision to revision.

    Args:
        texts: fingerprints, made with the key of the index they stand behind.
    """

    def __init__(self, texts: Iterable[Fingerprint] = ()) -> None:
        self.size = 0
        self.runs: Counter[int] = Counter()
        self.stems: Counter[int] = Counter()
        for text in texts:
            self._count(text, 1)

    def change(self, added: Iterable[Fingerprint], removed: Iterable[Fingerprint]) -> None:
        """Put texts in and take others out. Those taken out must have been put in before."""
        for text in removed:
            self._count(text, -1)
        for text in added:
            self._count(text, 1)

    def _count(self, text: Fingerprint, by: int) -> None:
        self.size += by
        for counts, numbers in ((self.runs, text.runs), (self.stems, _all_stems(text))):
            for number in numbers:
                counts[number] += by
                if not counts[number]:
                    del counts[number]


class Holders:
    """Which prompts have a number, by position of the prompt; and how many texts, with those of a background."""

    def __init__(
        self, texts: Iterable[frozenset[int]], background: Mapping[int, int], *, mostly_one: bool = False
    ) -> None:
        self._background = background
        # Where nearly every number stands in one text only: one number each, and lists for the others.
        self._last: dict[int, int] = {}
        self._several: dict[int, list[int]] = {}
        held = list(texts)
        if mostly_one:
            several = self._keep_last(held)
            held = [numbers & several for numbers in held] if several else []
        listed: dict[int, list[int]] = defaultdict(list)
        for at, numbers in enumerate(held):
            for number in numbers:
                listed[number].append(at)
        for number, holders in listed.items():
            self._last[number] = holders[-1]
            if len(holders) > 1:
                self._several[number] = holders

    def _keep_last(self, texts: Iterable[frozenset[int]]) -> set[int]:
        """Notes for each number the last text that has it; returns what may stand in several, as all that does is."""
        several: set[int] = set()
        for at, numbers in enumerate(texts):
            size = len(self._last) + len(numbers)
            self._last.update(dict.fromkeys(numbers, at))
            if len(self._last) < size:
                several |= numbers
        return several

    def of(self, number: int) -> list[int]:
        """The positions of the prompts that have it, ascending."""
        if number in self._several:
            return self._several[number]
        return [self._last[number]] if number in self._last else []

    def count(self, number: int) -> int:
        """How many texts have it."""
        return len(self.of(number)) + self._background.get(number, 0)

    def known(self, numbers: Set[int]) -> Set[int]:
        """Those of the numbers that any text has."""
        return (self._last.keys() & numbers) | (self._background.keys() & numbers)

    def shared(self, numbers: frozenset[int]) -> frozenset[int]:
        """Those of a prompt's numbers that another text has, too."""
        return (numbers & self._several.keys()) | (numbers & self._background.keys())


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
        self.has_stems = any(one.content.stems for one in self.prompts)
        self.background = Background(background)
        self.runs = Holders((one.content.runs for one in self.prompts), self.background.runs, mostly_one=True)
        self.stems = Holders((_all_stems(one.content) for one in self.prompts), self.background.stems)
        self._groups: list[Hashable] = [one.behaviour or at for at, one in enumerate(self.prompts)]
        self._behaviours = frozenset(self._groups)
        self._group_sizes = Counter(self._groups)
        self._weights: dict[tuple[Hashable, int], float] = {}
        self._held: dict[int, Counter[Hashable]] = {}

    @property
    def size(self) -> int:
        """How many texts there are, with those of the background."""
        return len(self.prompts) + self.background.size

    def change_background(self, added: Iterable[Fingerprint], removed: Iterable[Fingerprint]) -> None:
        """Put other texts behind the prompts, at the cost of what differs; see `Background.change`."""
        self.background.change(added, removed)
        self._weights.clear()

    def control(self, at: int, having_as_much: Iterable[int]) -> float | None:
        """The share of the other behaviours that a prompt among these positions measures; None without others.

        The same item as the one at `at`, under another behaviour, does not count.
        """
        group, content = self._groups[at], self.prompts[at].content
        others = len(self._behaviours) - 1
        if not others:
            return None
        as_much = (other for other in having_as_much if self._groups[other] != group)
        return len({self._groups[other] for other in as_much if self.prompts[other].content != content}) / others

    def weight(self, holders: Holders, numbers: Iterable[int], at: int) -> float:
        """What the numbers weigh together for the prompt at this position.

        One that no text of another behaviour has weighs 1, one that all have 0; in between it falls with the logarithm.
        """
        group = self._groups[at]
        size = self.size - self._group_sizes[group] + 1
        if holders is self.stems and size < _FEW_TEXTS:
            group, size = _EVERY, self.size
        # Plain numbers differ from process to process, and with them the order of the sum: it must make no difference.
        return math.fsum(self._weight(holders, number, group, size) for number in numbers)

    def _weight(self, holders: Holders, number: int, group: Hashable, size: int) -> float:
        weight = self._weights.get((group, number))
        if weight is None:
            weight = self._weights[group, number] = self._rarity(holders, number, group, size)
        return weight

    def _rarity(self, holders: Holders, number: int, group: Hashable, size: int) -> float:
        held = self._held.get(number)
        if held is None:
            held = self._held[number] = Counter(map(self._groups.__getitem__, holders.of(number)))
        elsewhere = holders.count(number) - (1 if group is _EVERY else held[group])
        return math.log(size / (1 + elsewhere)) / math.log(size) if elsewhere > 0 and size > 1 else 1.0


def _all_stems(text: Fingerprint) -> frozenset[int]:
    return text.stems[0] if len(text.stems) == 1 else frozenset[int]().union(*text.stems)
