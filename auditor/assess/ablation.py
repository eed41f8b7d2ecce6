"""Which clause changes of a patch carry its falls: every ablation is compared like a step of its own.

A change left out goes from the text without it to the text after the patch, a change alone from the text before the
patch to the text with it; items, protocols and runs are compared as everywhere (`comparable`, `contrast`). Four
families of claims are corrected over all changes, behaviours and models of the patch (Holm 1979), each with the
patch's error: that a change carries some of the test fall; some of the held-out fall; on every held-out suite less
than the margin, a share of the rate before the patch; and that it carries more than that share of the test, and less
on every held-out suite (the largest p-value of an intersection-union, Berger 1982). Printed limits are at the levels
that decide. "We could not tell" is a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from auditor.assess.ablation_facts import AblationFacts, ChangeEffects, Effect
from auditor.assess.comparable import Comparison, Pair, compare, fewest_before_runs
from auditor.assess.contrast import average_fall, fall_of
from auditor.assess.facts import BehaviourFacts
from auditor.assess.verdicts import INVALID_EXCLUDED, trigger_penalty
from auditor.evidence import Evidence, State, Step, runs_at, suites_measuring
from auditor.model.ablation import AblatedChange, AblationManifest, describe_change
from auditor.model.policy import Policy
from auditor.model.run import AblationKind, Exposure
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.stats.falls import Fall, difference_limits, stack_falls, z_difference_above, z_difference_below
from auditor.stats.intervals import FloatArray, error_of_z, z_of_error
from auditor.stats.multiplicity import holm_levels


class _Claims(NamedTuple):
    """A number for each claim: its p-value, or the level at which it is decided.

    Attributes:
        test, held_out: that the change carries some of that fall.
        none: that it carries less than the margin on every held-out suite.
        spares: that it carries more than the margin on the test, and less on every held-out suite.
    """

    test: float
    held_out: float
    none: float
    spares: float


@dataclass(frozen=True, slots=True)
class _Cell:
    """One change, left out or alone, on one behaviour of one model.

    Attributes:
        facts: the patch's on that behaviour and model.
        whole: the whole patch compared on the same checkpoint.
        penalty: by how much the p-values of a fall are multiplied, since the only run before may have been chosen.
    """

    facts: BehaviourFacts
    checkpoint: str
    whole: Comparison
    change: AblatedChange
    kind: AblationKind
    compared: Comparison
    penalty: float


def add_ablations(
    evidence: Evidence, patch: Patch, facts: Sequence[BehaviourFacts], policy: Policy
) -> list[BehaviourFacts]:
    """A patch's facts, each with what its ablations say, where any was run."""
    manifests = [manifest for manifest in evidence.ablations if manifest.patch == patch.id]
    if not manifests:
        return list(facts)
    ablations = assess_ablations(evidence.ablated or evidence, manifests, facts, policy)
    return [replace(each, ablation=ablations.get((each.behaviour, each.model))) for each in facts]


def assess_ablations(
    evidence: Evidence, manifests: Sequence[AblationManifest], facts: Sequence[BehaviourFacts], policy: Policy
) -> dict[tuple[str, str], AblationFacts]:
    """What the ablations of one patch say, by behaviour and model; nothing of those on which none was run.

    Args:
        evidence: with the runs on ablations among its runs.
        manifests: of this patch, one and more; a change that several of them name is one.
        facts: the patch's, of every behaviour and model.
    """
    cells = [cell for behaviour_facts in facts for cell in _list_cells(evidence, manifests, behaviour_facts)]
    p_values = _p_values(cells, policy)
    levels = [holm_levels(column, policy.error_rate) for column in zip(*p_values, strict=True)]
    effects: dict[tuple[str, str], list[tuple[_Cell, ChangeEffects]]] = {}
    for cell, own, level in zip(cells, p_values, zip(*levels, strict=True), strict=True):
        pair = (cell.facts.behaviour, cell.facts.model)
        effects.setdefault(pair, []).append((cell, _change_effects(cell, own, _Claims(*level), len(cells), policy)))
    return {
        pair: _ablation_facts(evidence, each[0][0], [effect for _, effect in each], policy)
        for pair, each in effects.items()
    }


def _list_cells(evidence: Evidence, manifests: Sequence[AblationManifest], facts: BehaviourFacts) -> Iterator[_Cell]:
    checkpoint = _choose_checkpoint(evidence, manifests, facts)
    if checkpoint is None:
        return
    before, after = manifests[0].before, manifests[0].after
    whole = compare(evidence, _step(facts, before, after, checkpoint))
    seen: set[tuple[str, str]] = set()
    for manifest in manifests:
        changes = {change.id: change for change in manifest.changes}
        for each in manifest.revisions:
            if (each.change, each.kind) in seen or not _was_run(evidence, facts.behaviour, each.revision, checkpoint):
                continue
            seen.add((each.change, each.kind))
            sides = (each.revision, after) if each.kind is AblationKind.WITHOUT else (before, each.revision)
            compared = compare(evidence, _step(facts, *sides, checkpoint))
            penalty = _penalty(compared) if each.kind is AblationKind.ALONE else 1.0
            yield _Cell(facts, checkpoint, whole, changes[each.change], each.kind, compared, penalty)


def _choose_checkpoint(evidence: Evidence, manifests: Sequence[AblationManifest], facts: BehaviourFacts) -> str | None:
    """The checkpoint of the model on which most ablations were run, the step's last of several; None where none was."""
    revisions = {each.revision for manifest in manifests for each in manifest.revisions}
    count = {
        checkpoint: sum(_was_run(evidence, facts.behaviour, revision, checkpoint) for revision in revisions)
        for checkpoint, lineage in sorted(evidence.lineages.items())
        if lineage == facts.model
    }
    last = facts.step.after.checkpoint
    chosen = max(count, key=lambda name: (count[name], name == last), default=None)
    return chosen if chosen is not None and count[chosen] else None


def _was_run(evidence: Evidence, behaviour: str, revision: str, checkpoint: str) -> bool:
    state = State(revision, checkpoint)
    return any(runs_at(evidence, suite.name, state) for suite in suites_measuring(evidence, behaviour))


def _step(facts: BehaviourFacts, before: str, after: str, checkpoint: str) -> Step:
    states = State(before, checkpoint), State(after, checkpoint)
    return Step(facts.step.spec, facts.behaviour, facts.model, *states, patches=())


# What is claimed of a change, and how sure it is.


def _penalty(compared: Comparison) -> float:
    """A text before that was run once may be what triggered the patch, and falls by itself."""
    pairs = (*compared.test, *compared.held_out)
    return float(trigger_penalty(np.asarray(fewest_before_runs(pairs)))) if pairs else 1.0


def _p_values(cells: Sequence[_Cell], policy: Policy) -> list[_Claims]:
    """How sure the claims on each change are; 1 for one that cannot be made. All changes together take two searches."""
    test = [_average(cell.compared.test) for cell in cells]
    held_out = [_average(cell.compared.held_out) for cell in cells]
    margins = [_margin(cell.compared.test, cell.whole.test, policy) for cell in cells]
    above = [*((fall, 0.0) for fall in (*test, *held_out)), *zip(test, margins, strict=True)]
    below = [
        (fall_of(pair), _margin([pair], cell.whole.held_out, policy))
        for cell in cells
        for pair in cell.compared.held_out
    ]
    fell = np.minimum(1.0, _p_of_claims(z_difference_above, above).reshape(3, -1) * [cell.penalty for cell in cells])
    on_each = iter(_p_of_claims(z_difference_below, below).tolist())
    none = [max(islice(on_each, len(cell.compared.held_out)), default=1.0) for cell in cells]
    return [
        _Claims(on_test, on_held_out, on_all, max(beyond, on_all))
        for on_test, on_held_out, beyond, on_all in zip(*fell.tolist(), none, strict=True)
    ]


def _p_of_claims(
    search: Callable[[Fall, FloatArray], FloatArray], claims: Sequence[tuple[Fall | None, float | None]]
) -> FloatArray:
    """The p-value of each claim on a fall and a margin in rate units, however the invalid samples are read.

    1 where either is not known; shape (claims,).
    """
    p_values = np.ones(len(claims))
    places, falls, margins = [], [], []
    for place, (fall, margin) in enumerate(claims):
        if fall is not None and margin is not None:
            places.append(place)
            falls.append(fall)
            margins.append(margin)
    if falls:
        stacked = stack_falls(falls)
        values = np.broadcast_to(np.array(margins)[:, np.newaxis], stacked.before.rate.shape)
        p_values[places] = error_of_z(search(stacked, values)).max(axis=1)
    return p_values


def _average(pairs: Sequence[Pair]) -> Fall | None:
    return average_fall(pairs) if pairs else None


def _margin(pairs: Sequence[Pair], whole: Sequence[Pair], policy: Policy) -> float | None:
    """A share of the rate before the patch on the suites of some pairs, in rate units.

    None where one of them cannot be compared over the whole patch, or where the rate was 0.
    """
    names = {pair.name for pair in pairs}
    average = _average([pair for pair in whole if pair.name in names])
    if average is None or names - {pair.name for pair in whole}:
        return None
    return policy.unchanged_margin * float(average.before.rate[INVALID_EXCLUDED]) or None


def _change_effects(cell: _Cell, p_values: _Claims, levels: _Claims, count: int, policy: Policy) -> ChangeEffects:
    """The effects of a change, with limits at the levels of the claims; `count` is how many ablations there are."""
    compared, whole = cell.compared, cell.whole
    on_test = levels.test / cell.penalty, policy.error_rate / count
    on_held_out = levels.held_out / cell.penalty, levels.none
    held_out = _effect("", compared.held_out, whole.held_out, on_held_out, policy)
    if held_out is not None and not held_out.carries:  # none is shown where it is on every suite
        held_out = replace(held_out, carries=False if p_values.none <= levels.none else None)
    suites = [_effect(pair.name, [pair], whole.held_out, on_held_out, policy) for pair in compared.held_out]
    missing = [
        f"{each.suite} {each.why}"
        for each in compared.not_compared
        if not (compared.test if each.role is Role.TEST else compared.held_out)
    ]
    return ChangeEffects(
        cell.change,
        cell.kind,
        _effect("", compared.test, whole.test, on_test, policy),
        held_out,
        tuple(suite for suite in suites if suite is not None),
        p_values.spares <= levels.spares,
        "; ".join(missing),
    )


def _effect(
    name: str, pairs: Sequence[Pair], whole: Sequence[Pair], errors: tuple[float, float], policy: Policy
) -> Effect | None:
    """The effect on some suites together; None of none. `errors` are left out below and above."""
    fall, margin = _average(pairs), _margin(pairs, whole, policy)
    if fall is None:
        return None
    low = float(difference_limits(fall, np.asarray(z_of_error(errors[0]))).low.min())
    high = float(difference_limits(fall, np.asarray(z_of_error(errors[1]))).high.max())
    before, after = (float(side.rate[INVALID_EXCLUDED]) for side in (fall.before, fall.after))
    none = False if margin is not None and high < margin else None
    carries = True if low > 0.0 else none
    runs = sorted({run.record for pair in pairs for run in (*pair.runs_before, *pair.runs_after)})
    return Effect(name, before, after, before - after, low, high, carries, tuple(runs))


# What it comes to.


def _ablation_facts(evidence: Evidence, cell: _Cell, effects: Sequence[ChangeEffects], policy: Policy) -> AblationFacts:
    falls = [_average(pairs) for pairs in (cell.whole.test, cell.whole.held_out)]
    test_fall, held_out_fall = (
        None if fall is None else float((fall.before.rate - fall.after.rate)[INVALID_EXCLUDED]) for fall in falls
    )
    change = cell.facts.test
    records = () if change is None else (*change.before.runs, *change.after.runs)
    trained = any(evidence.runs[record].exposure is Exposure.TRAINED for record in records if record in evidence.runs)
    facts = AblationFacts(
        cell.checkpoint, test_fall, held_out_fall, policy.unchanged_margin, trained, tuple(effects), conclusion=""
    )
    return replace(facts, conclusion=_conclude(facts))


def _conclude(facts: AblationFacts) -> str:
    """Which changes carry what, as a clause."""
    on_test, held_out = (facts.carriers(held_out=side) for side in (False, True))
    none = {each.change for each in facts.changes if each.held_out is not None and each.held_out.carries is False}
    clauses = []
    for change in on_test:
        share = "some" if change in held_out else "none" if change in none else "an unknown part"
        clauses.append(f"{describe_change(change)} carries some of the test fall and {share} of the held-out fall")
    others = [change for change in held_out if change not in on_test]
    clauses += [f"{describe_change(change)} carries some of the held-out fall" for change in others]
    if not on_test:
        clauses.append("the ablations do not tell which clause change carries the test fall")
    if facts.trained:
        clauses.append(
            "they are shown in context and do not speak for the model of the verdict, which was trained on it"
        )
    return "; ".join(clauses)
