"""How similar two texts are by the words they share, and which text of one side is best paired with which of the other,
without comparing all with all.

In: texts or bags of words by position. Out: shares from 0 to 1, and an assignment of positions.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from auditor.clauses.words import split_words

WordBag = Counter[str]

# A text is looked up by its rarest words, among the texts that share most of them.
_RARE_WORDS = 16
MOST_HOLDERS = 200
_MOST_CANDIDATES = 16


@lru_cache(maxsize=2**16)
def word_bag(text: str) -> WordBag:
    """The words of a text, with how often each stands there; not to be changed."""
    return Counter(split_words(text))


def word_similarity(before: WordBag, after: WordBag, weights: Mapping[str, float] | None = None) -> float:
    """The share of words in common, 0 to 1: twice the words of both over the words of each, every word as often as it
    stands there. With weights, each word counts by its own."""
    return word_similarity_of_total(before, after, bag_weight(before, weights) + bag_weight(after, weights), weights)


def word_similarity_of_total(
    before: WordBag, after: WordBag, size: float, weights: Mapping[str, float] | None = None
) -> float:
    """As `share_in_common`, where it is known what both bags weigh together."""
    return 2 * common_weight(before, after, weights) / size if size else 1.0


def common_weight(before: WordBag, after: WordBag, weights: Mapping[str, float] | None) -> float:
    """What the words of both weigh, each as often as it stands in both: `weight` of the bag they have in common."""
    if weights is None:
        return sum([min(count, after[word]) for word, count in before.items() if word in after])
    return sum(
        [
            weights[word] * (count if count < (number := after[word]) else number)
            for word, count in before.items()
            if word in after
        ]
    )


def bag_weight(bag: WordBag, weights: Mapping[str, float] | None) -> float:
    """What a bag's words weigh together; without weights each counts one."""
    if weights is None:
        return bag.total()
    return sum([weights[word] * count for word, count in bag.items()])


class _Rarity(dict[str, float]):
    """The weights of words, each computed when it is asked for: most are of no clause that changed."""

    def __init__(self, holders: Mapping[str, int], size: int) -> None:
        super().__init__()
        self._holders, self._size = holders, size

    def __missing__(self, word: str) -> float:
        weight = self[word] = math.log1p(self._size / self._holders[word])
        return weight


def rarity_weights(bags: Iterable[WordBag]) -> Mapping[str, float]:
    """A word's weight, falling with the share of the bags it stands in: what all texts say tells none of them apart."""
    every = list(bags)
    return _Rarity(Counter(chain.from_iterable(every)), len(every))


def candidate_pairs(
    before: Mapping[int, WordBag], after: Mapping[int, WordBag], weights: Mapping[str, float]
) -> Iterator[tuple[int, int]]:
    """The pairs worth a comparison: for each text before, the 16 after that share most of its 16 rarest words."""
    holders: dict[str, list[int]] = defaultdict(list)
    for other, bag in after.items():
        for word in bag:
            holders[word].append(other)
    return candidate_pairs_by_word(before, holders, weights)


def candidate_pairs_by_word(
    before: Mapping[int, WordBag], holders: Mapping[str, Sequence[int]], weights: Mapping[str, float]
) -> Iterator[tuple[int, int]]:
    """As `candidates`; `holders` gives for each word the positions after that have it, none for an unknown one."""
    for at, bag in before.items():
        names = [word for word in bag if 0 < len(holders[word]) <= MOST_HOLDERS]
        shared: Counter[int] = Counter()
        for word in sorted(names, key=lambda word: (-weights[word], word))[:_RARE_WORDS]:
            shared.update(holders[word])
        best = sorted(shared, key=lambda other: (-shared[other], abs(other - at), other))
        yield from ((at, other) for other in best[:_MOST_CANDIDATES])


def assign_best_first(scored: Iterable[tuple[float, int, int]]) -> list[tuple[int, int]]:
    """An assignment: pairs (before, after) taken by descending score, nearest first among equals; each side once."""
    numbers: set[int] = set()
    others: set[int] = set()
    pairs = []
    for _, at, other in sorted(scored, key=lambda pair: (-pair[0], abs(pair[1] - pair[2]), pair[1], pair[2])):
        if at not in numbers and other not in others:
            numbers.add(at)
            others.add(other)
            pairs.append((at, other))
    return pairs
