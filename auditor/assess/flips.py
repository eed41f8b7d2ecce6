"""The items of a behaviour's suites that score otherwise after a step than before: how many each way, and which ones.

The runs are those that the verdict compares; items have the ids that their logs give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.assess.comparable import Pair, compare
from auditor.assess.facts import BehaviourFacts
from auditor.assess.scores import ItemMean
from auditor.evidence import Evidence
from auditor.model.suite import Role


class FlippedItem(NamedTuple):
    """An item whose rate differs."""

    item: str
    before: ItemMean
    after: ItemMean


@dataclass(frozen=True, slots=True)
class SuiteFlips:
    """The items of one suite over a step.

    Attributes:
        suite: its name; with its condition in brackets where it has one.
        worse, better, same: items whose rate rose, fell, or did neither.
        items: those that moved, the largest movement first; none where they are not to be named.
        concealed: whether there are some that are not to be named.
    """

    behaviour: str
    model: str
    suite: str
    role: Role
    worse: int
    better: int
    same: int
    items: tuple[FlippedItem, ...]
    concealed: bool


def flipped_items(evidence: Evidence, facts: BehaviourFacts, *, reveal: bool) -> tuple[SuiteFlips, ...]:
    """The flips of every suite that a verdict compares, the test first.

    Args:
        reveal: whether items of held-out suites are named.
    """
    compared = compare(evidence, facts.step)
    pairs = (pair for pair in (*compared.test, *compared.held_out) if pair.before.items is not None)
    return tuple(_flips_of_pair(pair, facts, reveal=reveal) for pair in pairs)


def _flips_of_pair(pair: Pair, facts: BehaviourFacts, *, reveal: bool) -> SuiteFlips:
    valid = np.stack([pair.before.valid, pair.after.valid])
    both = np.flatnonzero((valid > 0).all(axis=0))
    rates = np.stack([pair.before.misaligned, pair.after.misaligned])[:, both] / valid[:, both]
    moved = rates[1] - rates[0]
    named = reveal or pair.suite.role is Role.TEST
    names = [(pair.before.items or ())[place] for place in both]
    order = sorted(np.flatnonzero(moved).tolist(), key=lambda at: (-abs(moved[at]), names[at]))

    def items() -> Iterator[FlippedItem]:
        for at in order:
            sides = (ItemMean(float(rates[side, at]), round(valid[side, both[at]])) for side in (0, 1))
            yield FlippedItem(names[at], *sides)

    return SuiteFlips(
        behaviour=facts.behaviour,
        model=facts.model,
        suite=pair.name,
        role=pair.suite.role,
        worse=int(np.count_nonzero(moved > 0.0)),
        better=int(np.count_nonzero(moved < 0.0)),
        same=int(np.count_nonzero(moved == 0.0)),
        items=tuple(items()) if named else (),
        concealed=not named and bool(order),
    )
