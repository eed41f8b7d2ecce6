"""Clauses that were removed, and which of them is back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from auditor.clauses.pairing import Key, key_of
from auditor.clauses.similar import MOST_HOLDERS, Bag, bag_of, best_first, candidates_among, share_in_common
from auditor.model.clause import Clause, ClauseKind

# Fewer words than these say the same by chance: such a clause is back only where it was.
_TELLING = 4
# Least likeness to a clause that is gone from the same section, or from anywhere. Above what pairs two revisions: there
# are more clauses gone than there are in a patch, and nothing beside them to hold them in place.
_SAME_SECTION, _ANYWHERE = 0.6, 0.7
_SECTION_BONUS = 0.05


class Gone:
    """The clauses that are gone at one sighting or another, looked up by what they say.

    From one question to the next it is changed by what differs, so that many questions about nearly the same clauses
    cost little; the answers do not depend on the order of the questions.
    """

    def __init__(self) -> None:
        self._clauses: dict[str, Clause] = {}
        self._by_key: dict[Key, dict[str, None]] = defaultdict(dict)
        self._by_anchor: dict[str, dict[str, None]] = defaultdict(dict)
        self._by_word: dict[str, dict[str, None]] = defaultdict(dict)
        self._telling: dict[str, None] = {}

    def found_again(
        self, gone: Mapping[str, Clause], taken: Collection[str], added: Mapping[int, Clause]
    ) -> dict[int, str]:
        """Which of the added clauses were there once: ids by position.

        By exact text in the same section, the same text anywhere, a heading's anchor, then most of the words; of
        several the one that went last.

        Args:
            gone: by id, the one that went last comes last.
            taken: ids that are not to be found.
        """
        found: dict[int, str] = {}
        if not gone or not added:
            return found
        self._change(gone)
        order = {name: place for place, name in enumerate(reversed(list(gone)))}
        used = set(taken)

        def join(alike: Callable[[Clause], Iterable[str]]) -> None:
            for at, clause in added.items():
                names = [name for name in alike(clause) if name not in used] if at not in found else []
                if names:
                    found[at] = min(names, key=order.__getitem__)
                    used.add(found[at])

        join(lambda clause: (name for name in self._saying(clause) if _same_section(gone[name], clause)))
        join(lambda clause: self._saying(clause) if _telling(clause) else ())
        join(lambda clause: self._by_anchor.get(_anchor(clause) or "", ()))
        rest = {at: clause for at, clause in added.items() if at not in found and _telling(clause)}
        return found | self._similar([name for name in order if name in self._telling and name not in used], rest)

    def _similar(self, names: Sequence[str], added: Mapping[int, Clause]) -> dict[int, str]:
        """Of these names, those of the clauses that share most of their words with the added ones, by position."""
        bags = {at: bag_of(clause.text) for at, clause in added.items()}
        if not names or not bags:
            return {}
        holders = _Holders(self._by_word, names, self._telling.keys() - set(names))
        weights = _Weights(holders, bags.values())
        scored = []
        for at, rank in candidates_among(bags, holders, weights):
            before, after = self._clauses[names[rank]], added[at]
            here = _same_section(before, after)
            likeness = share_in_common(bag_of(before.text), bags[at], weights)
            if key_of(before)[0] == key_of(after)[0] and likeness >= (_SAME_SECTION if here else _ANYWHERE):
                scored.append((likeness + _SECTION_BONUS * here, at, rank))
        return {at: names[rank] for at, rank in best_first(scored)}

    def _saying(self, clause: Clause) -> Iterable[str]:
        return self._by_key.get(key_of(clause), ())

    def _change(self, gone: Mapping[str, Clause]) -> None:
        known = self._clauses
        for name in [name for name, clause in known.items() if gone.get(name) is not clause]:
            for names in self._indices(known.pop(name)):
                del names[name]
        for name, clause in gone.items():
            if name not in known:
                known[name] = clause
                for names in self._indices(clause):
                    names[name] = None

    def _indices(self, clause: Clause) -> Iterator[dict[str, None]]:
        """Where the clause's name belongs."""
        yield self._by_key[key_of(clause)]
        anchor = _anchor(clause)
        if anchor is not None:
            yield self._by_anchor[anchor]
        if _telling(clause):
            yield self._telling
            yield from (self._by_word[word] for word in bag_of(clause.text))


class _Holders(dict[str, Sequence[int]]):
    """For a word, the ranks of the names whose clauses have it, looked up when it is asked for; none for too many."""

    def __init__(self, by_word: Mapping[str, Collection[str]], names: Sequence[str], others: Collection[str]) -> None:
        super().__init__()
        self._by_word, self._others = by_word, others
        self._ranks = {name: rank for rank, name in enumerate(names)}

    def __missing__(self, word: str) -> Sequence[int]:
        few = self.count(word) <= MOST_HOLDERS
        ranks = [self._ranks[name] for name in self._by_word.get(word, ()) if name in self._ranks] if few else []
        self[word] = ranks
        return ranks

    def count(self, word: str) -> int:
        """How many of the names have the word."""
        every = self._by_word.get(word, ())
        return len(every) - sum(name in every for name in self._others)

    @property
    def size(self) -> int:
        """How many names there are."""
        return len(self._ranks)


class _Weights(dict[str, float]):
    """As `similar.rarity_weights` of the clauses that are gone and those that were added, when it is asked for."""

    def __init__(self, holders: _Holders, added: Collection[Bag]) -> None:
        super().__init__()
        self._holders, self._added = holders, added

    def __missing__(self, word: str) -> float:
        count = self._holders.count(word) + sum(word in bag for bag in self._added)
        weight = self[word] = math.log1p((self._holders.size + len(self._added)) / count)
        return weight


def _same_section(one: Clause, other: Clause) -> bool:
    return one.section[-1:] == other.section[-1:]


def _telling(clause: Clause) -> bool:
    return bag_of(clause.text).total() >= _TELLING


def _anchor(clause: Clause) -> str | None:
    return clause.anchor if clause.kind is ClauseKind.HEADING else None


def likeness(before: Iterable[Clause], after: Iterable[Clause]) -> float:
    """The share of words that the clauses of one side have in common with those of the other, 0 to 1."""
    ours, theirs = (sum((bag_of(clause.text) for clause in side), start=Bag()) for side in (before, after))
    return share_in_common(ours, theirs)
