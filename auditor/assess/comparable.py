"""Which runs can be compared, and the columns to compare: the same items, the same protocol, all runs of a side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from auditor.assess.account import Difference, What
from auditor.assess.facts import NotCompared
from auditor.evidence import (
    Evidence,
    Protocol,
    State,
    Step,
    complete_runs,
    runs_at,
    runs_by_protocol,
    suites_measuring,
)
from auditor.model.run import Run
from auditor.model.suite import Role, Suite
from auditor.stats.normal import Array

_KEPT = 1024

_Of = TypeVar("_Of")
_Found = TypeVar("_Found")


def kept(function: Callable[[_Of], _Found]) -> Callable[[_Of], _Found]:
    """A function of a side or a pair that is computed once, and kept as long as that is: much is asked of the same."""
    known: WeakKeyDictionary[_Of, _Found] = WeakKeyDictionary()

    @wraps(function)
    def found(of: _Of) -> _Found:
        if of not in known:
            known[of] = function(of)
        return known[of]

    return found


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Columns:
    """Counts of one side, all its runs added up. Two are equal when they are one object.

    Attributes:
        items: sorted ids; None for a tally without items.
        valid, misaligned, invalid: by item, shape (items,), or shape (1,) without items.
        design_effect: of a tally without items; None otherwise.
    """

    items: tuple[str, ...] | None
    valid: Array
    misaligned: Array
    invalid: Array
    design_effect: float | None

    def counts(self) -> tuple[Array, Array, Array]:
        """Valid, misaligned and invalid, by item."""
        return self.valid, self.misaligned, self.invalid


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Pair:
    """One suite under one protocol, before and after: as reported (`raw`), and on the common items.

    Two are equal when they are one object. `name` is the suite's, with its condition in brackets where it has one.
    """

    name: str
    suite: Suite
    protocol: Protocol
    runs_before: tuple[Run, ...]
    runs_after: tuple[Run, ...]
    raw_before: Columns
    raw_after: Columns
    before: Columns
    after: Columns


@dataclass(frozen=True, slots=True)
class Compared:
    """What a step's behaviour can be judged on."""

    test: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    not_compared: tuple[NotCompared, ...]


def compare(evidence: Evidence, step: Step) -> Compared:
    """Every suite of the step's behaviour, paired where it can be."""
    test: list[Pair] = []
    held_out: list[Pair] = []
    without: list[NotCompared] = []
    for suite in suites_measuring(evidence, step.behaviour):
        pairs, why, differences = _pairs(evidence, suite, step)
        (test if suite.role is Role.TEST else held_out).extend(pairs)
        if not pairs:
            without.append(NotCompared(suite.name, suite.role, why, differences))
    once = [_each_once(pairs, without) for pairs in (test, held_out)]
    return Compared(tuple(once[0]), tuple(once[1]), tuple(without))


def _each_once(pairs: Sequence[Pair], without: list[NotCompared]) -> list[Pair]:
    """Without the pairs that are another suite's under a second name: the same items, the same counts.

    Counted twice, a suite would weigh double in the average of the test, and share the error with itself.
    """
    known: dict[tuple[object, ...], Pair] = {}
    for pair in sorted(pairs, key=lambda one: one.name):
        same = known.setdefault(_contents(pair), pair)
        if same is not pair:
            without.append(NotCompared(pair.name, pair.suite.role, f"is {same.name} under another name"))
    return [pair for pair in pairs if known[_contents(pair)] is pair]


def _contents(pair: Pair) -> tuple[object, ...]:
    """What a pair holds, whatever its name; without items two suites may well have the same counts."""
    if pair.before.items is None or pair.after.items is None:
        return (pair.name,)
    sides = [
        (side.items, *(counts.tobytes() for counts in side.counts())) for side in (pair.raw_before, pair.raw_after)
    ]
    return (pair.suite.role, pair.protocol, *sides)


def _pairs(evidence: Evidence, suite: Suite, step: Step) -> tuple[list[Pair], str, tuple[Difference, ...]]:
    """The comparable pairs of a suite, one a protocol; without any, why, and how the protocols differ."""
    before = counting(suite, runs_by_protocol(evidence, suite.name, step.before))
    after = counting(suite, runs_by_protocol(evidence, suite.name, step.after))
    if not before or not after:
        return [], _why_no_run(evidence, suite, step, bool(before), bool(after)), ()
    shared = [protocol for protocol in before if protocol in after]
    if not shared:
        differences = _differences(next(iter(before)), next(iter(after)))
        return [], ", ".join(f"{one.what} changed from {one.before} to {one.after}" for one in differences), differences
    pairs = [_pair(suite, protocol, before[protocol], after[protocol]) for protocol in shared]
    good = sorted((pair for pair in pairs if isinstance(pair, Pair)), key=lambda pair: pair.name)
    return good, next((why for why in pairs if isinstance(why, str)), ""), ()


def counting(suite: Suite, runs: dict[Protocol, tuple[Run, ...]]) -> dict[Protocol, tuple[Run, ...]]:
    """Without the runs from before the day a held-out role counts from, and those that do not say their day."""
    if suite.role is Role.TEST or suite.registered is None:
        return runs
    registered = suite.registered
    kept = {
        protocol: tuple(run for run in group if run.created is not None and run.created.date() >= registered)
        for protocol, group in runs.items()
    }
    return {protocol: group for protocol, group in kept.items() if group}


def _why_no_run(evidence: Evidence, suite: Suite, step: Step, before: bool, after: bool) -> str:
    sides = [(step.before, before, "before"), (step.after, after, "after")]
    return " and ".join(_why_no_run_at(evidence, suite, state, side) for state, has, side in sides if not has)


def _why_no_run_at(evidence: Evidence, suite: Suite, state: State, side: str) -> str:
    if complete_runs(evidence, suite.name, state):
        if all(run.created is None for run in complete_runs(evidence, suite.name, state)):
            return f"run {side} the patch without a date, which a role registered on {suite.registered} asks for"
        return f"run {side} the patch earlier than its role was registered ({suite.registered})"
    here = runs_at(evidence, suite.name, state)
    if here:
        return f"the run {side} the patch is incomplete ({here[0].incomplete})"
    return f"not run {side} the patch"


def _differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    fields = (What.SCORER, What.SAMPLING, What.CONDITION, What.EXPOSURE)
    return tuple(
        Difference(field, str(getattr(before, field) or "unsaid"), str(getattr(after, field) or "unsaid"))
        for field in fields
        if getattr(before, field) != getattr(after, field)
    )


def _pair(suite: Suite, protocol: Protocol, before: tuple[Run, ...], after: tuple[Run, ...]) -> Pair | str:
    raw_before, raw_after = added_up(before), added_up(after)
    if raw_before is None or raw_after is None or (raw_before.items is None) is not (raw_after.items is None):
        return "samples with items in some runs and without in others"
    undeclared = [side for side in (raw_before, raw_after) if side.items is None and side.design_effect is None]
    if undeclared:
        return "samples without items and without a declared design effect"
    common_before, common_after = _on_common_items(raw_before, raw_after)
    if not np.any((common_before.valid > 0) & (common_after.valid > 0)):
        return "no valid sample of an item that both sides ran"
    name = f"{suite.name} [{protocol.condition}]" if protocol.condition else suite.name
    return Pair(name, suite, protocol, before, after, raw_before, raw_after, common_before, common_after)


def across(then: Pair, now: Pair) -> Pair | None:
    """What two pairs had after, as the two sides of one, on the items of both; None where these cannot be compared."""
    found = _pair(now.suite, now.protocol, then.runs_after, now.runs_after)
    return found if isinstance(found, Pair) else None


def added_up(runs: Sequence[Run]) -> Columns | None:
    """All runs of a side as one: none is chosen. None where some come with items and some without."""
    return _added_up(tuple(runs))


@lru_cache(maxsize=_KEPT)  # what is after one step is before the next
def _added_up(runs: tuple[Run, ...]) -> Columns | None:
    with_items = {run.tallies.items is not None for run in runs}
    if len(with_items) > 1:
        return None
    if with_items == {False}:
        return _added_up_without_items(runs)
    first = runs[0].tallies.items
    if first is not None and all(run.tallies.items == first for run in runs):
        same = np.sum([[(t := run.tallies).valid, t.misaligned, t.invalid] for run in runs], axis=0, dtype=float)
        return Columns(first, same[0], same[1], same[2], None)
    names = sorted({item for run in runs for item in run.tallies.items or ()})
    place = {name: index for index, name in enumerate(names)}
    columns = np.zeros((3, len(names)))
    for run in runs:
        tallies = run.tallies
        where = [place[item] for item in tallies.items or ()]
        columns[:, where] += np.array([tallies.valid, tallies.misaligned, tallies.invalid], dtype=float)
    return Columns(tuple(names), columns[0], columns[1], columns[2], None)


def _added_up_without_items(runs: Sequence[Run]) -> Columns:
    effects = [run.tallies.design_effect for run in runs]
    known = [effect for effect in effects if effect is not None]
    rows = np.array([[sum(t) for t in (r.tallies.valid, r.tallies.misaligned, r.tallies.invalid)] for r in runs], float)
    total = rows.sum(axis=0)
    effect = max(known) if len(known) == len(effects) else None
    return Columns(None, total[:1], total[1:2], total[2:3], effect)


def _on_common_items(before: Columns, after: Columns) -> tuple[Columns, Columns]:
    if before.items is None or after.items is None or before.items == after.items:
        return before, after
    common = sorted(set(before.items) & set(after.items))
    return _restricted(before, common), _restricted(after, common)


def _restricted(side: Columns, items: Sequence[str]) -> Columns:
    place = {item: index for index, item in enumerate(side.items or ())}
    where = [place[item] for item in items]
    return Columns(tuple(items), side.valid[where], side.misaligned[where], side.invalid[where], side.design_effect)


def fewest_before_runs(pairs: Sequence[Pair]) -> int:
    """The fewest runs before of any suite: with one, it may be the one that triggered the patch."""
    return min(len(pair.runs_before) for pair in pairs)
