"""Which runs can be compared, and the columns to compare: the same items, the same protocol, all runs of a side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditor.assess.account import Difference, What
from auditor.assess.columns import Columns, added_up, kept, on_common_items, samples_of
from auditor.assess.facts import NotCompared
from auditor.assess.replicated import Replicated, replicated
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
from auditor.stats.intervals import FloatArray
from auditor.stats.replicates import RunEffect

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Pair:
    """One suite under one protocol, before and after: as reported (`raw`), and on the common items.

    Two are equal when they are one object.

    Attributes:
        name: the suite's, with its condition in brackets where it has one.
        gone: of a held-out suite, the samples that the runs after have not; None where none are missing.
        run_effect: how far runs of one state lie apart, as known at this step; None where no state was run twice.
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
    gone: Gone | None = None
    run_effect: RunEffect | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """Samples of a held-out suite that were run before and have no counterpart after: nobody knows what they showed.

    Attributes:
        samples: missing after, by item of all that were run before, shape (items,).
        items: how many of these items were not run after at all.
    """

    samples: FloatArray
    items: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What a step's behaviour can be judged on; `run_effect` is how far runs of one state lie apart, where known."""

    test: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    not_compared: tuple[NotCompared, ...]
    run_effect: RunEffect | None = None


def compare(evidence: Evidence, step: Step) -> Compared:
    """Every suite of the step's behaviour, paired where it can be; once for the same two states."""
    known, states = _compared(evidence), (step.behaviour, step.lineage, step.before, step.after)
    if states not in known:
        known[states] = _compare(evidence, step)
    return known[states]


@kept
def _compared(_: Evidence) -> dict[tuple[str, str, State, State], Compared]:
    """By behaviour, lineage and states, as far as asked for."""
    return {}


def _compare(evidence: Evidence, step: Step) -> Compared:
    test: list[Pair] = []
    held_out: list[Pair] = []
    without: list[NotCompared] = []
    effect = _replicated(evidence, step.behaviour, step.lineage).effect(step)
    for suite in suites_measuring(evidence, step.behaviour):
        pairs, why, differences = _pairs(evidence, suite, step, effect)
        (test if suite.role is Role.TEST else held_out).extend(pairs)
        if not pairs:
            without.append(NotCompared(suite.name, suite.role, why, differences))
    once = [_each_once(pairs, without) for pairs in (test, held_out)]
    return Compared(tuple(once[0]), tuple(once[1]), tuple(without), effect)


def _replicated(evidence: Evidence, behaviour: str, lineage: str) -> Replicated:
    known = _replicates(evidence)
    if (behaviour, lineage) not in known:
        known[behaviour, lineage] = replicated(evidence, behaviour, lineage)
    return known[behaviour, lineage]


@kept
def _replicates(_: Evidence) -> dict[tuple[str, str], Replicated]:
    """By behaviour and lineage, as far as asked for."""
    return {}


def _each_once(pairs: Sequence[Pair], without: list[NotCompared]) -> list[Pair]:
    """Without the pairs that are another suite's under a second name: the same items, the same counts.

    Counted twice, a suite would weigh double in the average of the test, and share the error with itself.
    """
    if len(pairs) < 2:
        return list(pairs)
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


def _pairs(
    evidence: Evidence, suite: Suite, step: Step, effect: RunEffect | None
) -> tuple[list[Pair], str, tuple[Difference, ...]]:
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
    good = sorted(
        (replace(pair, gone=_gone(pair), run_effect=effect) for pair in pairs if isinstance(pair, Pair)),
        key=lambda pair: pair.name,
    )
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
    common_before, common_after = on_common_items(raw_before, raw_after)
    if not np.any((common_before.valid > 0) & (common_after.valid > 0)):
        return "no valid sample of an item that both sides ran"
    name = f"{suite.name} [{protocol.condition}]" if protocol.condition else suite.name
    return Pair(name, suite, protocol, before, after, raw_before, raw_after, common_before, common_after)


def _gone(pair: Pair) -> Gone | None:
    """What the runs after have not, of a held-out suite's items before; None where nothing is missing, or no items.

    A run's epochs are those of the runs before, in the proportion that most of its items have: an item with fewer has
    lost samples, and one that no run after has, all of them.
    """
    items = pair.raw_before.items
    if pair.suite.role is Role.TEST or items is None or pair.runs_before == pair.runs_after:
        return None
    had = np.max([samples_of(run, items) for run in pair.runs_before], axis=0)
    missing, most, ran = np.zeros(len(items)), 0.0, np.zeros(len(items), dtype=bool)
    for run in pair.runs_after:
        has = samples_of(run, items)
        here = (has > 0) & (had > 0)
        share = float(np.median(has[here] / had[here])) if here.any() else 0.0
        missing += np.where(here, np.maximum(np.floor(share * had - has + _ROUNDING), 0.0), 0.0)
        most, ran = max(most, share), ran | (has > 0)
    never = (had > 0) & ~ran
    missing += np.where(never, np.maximum(np.rint(most * had), 1.0), 0.0)
    return Gone(missing, int(never.sum())) if missing.any() else None


def across(then: Pair, now: Pair) -> Pair | None:
    """What two pairs had after, as the two sides of one, on the items of both; None where these cannot be compared."""
    found = _pair(now.suite, now.protocol, then.runs_after, now.runs_after)
    return found if isinstance(found, Pair) else None


def fewest_before_runs(pairs: Sequence[Pair]) -> int:
    """The fewest runs before of any suite: with one, it may be the one that triggered the patch."""
    return min(len(pair.runs_before) for pair in pairs)
