"""What lies beside one suite or one step: items that changed suites, twins, other behaviours, falls taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from auditor.assess.account import Moved, Twins
from auditor.assess.columns import Columns, added_up
from auditor.assess.contrast import proportion_of
from auditor.assess.facts import BehaviourFacts
from auditor.evidence import Evidence, State, Step, runs_by_protocol, suites_measuring
from auditor.model.run import Run
from auditor.model.suite import Role, Suite
from auditor.model.verdict import Verdict
from auditor.stats.falls import Fall, difference_limits
from auditor.stats.intervals import z_of_error


def moved(evidence: Evidence, step: Step) -> tuple[Moved, ...]:
    """Held-out items that came into a test suite at this step.

    An id alone proves little: two suites may both count their items from 1. It counts where the item left the held-out
    suite as it came, or where the two suites had no id in common before.
    """
    suites = suites_measuring(evidence, step.behaviour)
    tests = [suite for suite in suites if suite.role is Role.TEST]
    hidden = [suite for suite in suites if suite.role is Role.HELD_OUT]
    found = []
    for test in tests:
        had, has = (_items(evidence, test, state) for state in (step.before, step.after))
        for suite in hidden if had and has - had else ():
            known, still = (_items(evidence, suite, state) for state in (step.before, step.after))
            came = (has - had) & known
            if had & known:
                came = came - still if still else frozenset()
            if came:
                found.append(Moved(suite.name, test.name, tuple(sorted(came))))
    return tuple(found)


def _items(evidence: Evidence, suite: Suite, state: State) -> frozenset[str]:
    runs = [run for some in runs_by_protocol(evidence, suite.name, state).values() for run in some]
    return frozenset(item for run in runs for item in run.tallies.items or ())


def twins(evidence: Evidence, step: Step, error: float) -> tuple[Twins, ...]:
    """The suites of the behaviour that name a twin, and how far apart the two conditions are on both sides."""
    found = []
    for suite in suites_measuring(evidence, step.behaviour):
        twin = evidence.suites.get(suite.twin or "")
        if twin is not None:
            apart = [_difference(evidence, suite, twin, state) for state in (step.before, step.after)]
            if apart[0] is not None and apart[1] is not None:
                found.append(_twins(suite, twin, apart[0], apart[1], error))
    return tuple(found)


_Sides = tuple[Fall, tuple[Run, ...]]


def _difference(evidence: Evidence, suite: Suite, twin: Suite, state: State) -> _Sides | None:
    """The rates of both conditions at a state, on the items both have, by everything that was run there."""
    runs = [
        [run for some in runs_by_protocol(evidence, one.name, state).values() for run in some] for one in (suite, twin)
    ]
    sides = [added_up(some) if some else None for some in runs]
    if sides[0] is None or sides[1] is None:
        return None
    if sides[0].items is not None and sides[1].items is not None:
        shared = set(sides[0].items) & set(sides[1].items)
        sides = [_only(side, shared) for side in sides if side is not None]
    one, other = (proportion_of(side) if side is not None else None for side in sides)
    if one is None or other is None:
        return None
    return Fall(one, other), (*runs[0], *runs[1])


def _only(side: Columns, shared: set[str]) -> Columns:
    kept = np.array([name in shared for name in side.items or ()])
    names = tuple(name for name in side.items or () if name in shared)
    return Columns(names, side.valid[kept], side.misaligned[kept], side.invalid[kept], side.design_effect)


def _twins(suite: Suite, twin: Suite, before: _Sides, after: _Sides, error: float) -> Twins:
    """The difference grew when its size after exceeds its size before, with MOVER limits of the two differences."""
    z = np.asarray(z_of_error(error))
    early, late = difference_limits(before[0], z), difference_limits(after[0], z)
    sign = 1.0 if float(late.estimate) >= 0.0 else -1.0
    grew = sign * float(late.estimate - early.estimate)
    down = (late.estimate - late.low) if sign > 0 else (late.high - late.estimate)
    up = (early.high - early.estimate) if sign > 0 else (early.estimate - early.low)
    parted = grew > float(np.hypot(down, up))
    runs = tuple(sorted(run.record for run in (*before[1], *after[1])))
    return Twins(suite.name, twin.name, float(early.estimate), float(late.estimate), parted, runs)


_Key = tuple[str, str, State]
_Beside = tuple[str, str | tuple[State, State]]
_FAR = 50  # steps followed back from a rise to the fall it takes back


def seen_together(facts: Mapping[Step, BehaviourFacts]) -> dict[Step, BehaviourFacts]:
    """The same facts, each with what other behaviours and earlier steps say of it."""
    worse: dict[_Beside, set[str]] = defaultdict(set)
    leading: dict[_Key, BehaviourFacts] = {}
    for one in facts.values():
        leading.setdefault((one.behaviour, one.model, one.step.after), one)
        if one.verdict is Verdict.WORSE:
            for key in _keys(one):
                worse[key].add(one.behaviour)
    return {
        step: replace(one, worse_beside=_worse_beside(one, worse), rebound=_taken_back(one, leading))
        for step, one in facts.items()
    }


def _worse_beside(one: BehaviourFacts, worse: Mapping[_Beside, set[str]]) -> tuple[str, ...]:
    if not one.fell:
        return ()
    return tuple(sorted({name for key in _keys(one) for name in worse.get(key, ())} - {one.behaviour}))


def _keys(one: BehaviourFacts) -> Iterator[_Beside]:
    """What two steps of a model have in common that are over the same two states, or over the same patch."""
    yield one.model, (one.step.before, one.step.after)
    yield from ((one.model, patch) for patch in one.step.patches)


def _taken_back(one: BehaviourFacts, leading: Mapping[_Key, BehaviourFacts]) -> Step | None:
    """The nearest earlier step with a fall, most of which this one takes back.

    A spec that was taken back takes its fall back with it; that is a revert and no rebound.
    """
    if one.verdict is not Verdict.WORSE:
        return None
    state, seen = one.step.before, {one.step.after}
    while len(seen) < _FAR and state not in seen:
        seen.add(state)
        earlier = leading.get((one.behaviour, one.model, state))
        if earlier is None:
            return None
        if earlier.fell:
            reverted = earlier.step.before.revision == one.step.after.revision != earlier.step.after.revision
            return earlier.step if not reverted and _returned(earlier, one) else None
        state = earlier.step.before
    return None


def _returned(earlier: BehaviourFacts, one: BehaviourFacts) -> bool:
    """Whether a rate is back above the middle of its fall: the test's, or the average of held-out suites."""
    changes = ((earlier.test, one.test), (earlier.held_out, one.held_out))
    return any(
        fell.before.rate > fell.after.rate and rose.after.rate > 0.5 * (fell.before.rate + fell.after.rate)
        for fell, rose in changes
        if fell is not None and rose is not None and rose.after.rate > rose.before.rate
    )
