"""Everything assessed about one spec: the evidence asked, the numbers computed once, the table read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auditor.assess import attribution, beside, circumstances, signals, strata, suspicion
from auditor.assess.account import Account
from auditor.assess.at_once import compute
from auditor.assess.clean import checkpoint_alone, compare_cleanly
from auditor.assess.comparable import Compared, compare
from auditor.assess.contrast import Established, Numbers, establish, numbers_of, raw_fall_of
from auditor.assess.elimination import remaining
from auditor.assess.facts import (
    Assessment,
    BehaviourFacts,
    CheckpointAlone,
    Missing,
    PatchFacts,
    SuiteFacts,
    WindowFacts,
)
from auditor.assess.families import Corrected, correct, of_step
from auditor.assess.gaps import standings
from auditor.assess.line import Line, line_of
from auditor.assess.looks import told, with_looks
from auditor.assess.measured import measured
from auditor.assess.planned import plan_facts
from auditor.assess.reasons import conclusion, reason, why_unmeasured
from auditor.assess.sensitivity import of_behaviour
from auditor.assess.shown import Shown, shown
from auditor.assess.steps import steps
from auditor.assess.stream import ACCUSING, Place, accusations, patches_in_stream
from auditor.assess.suites import judge, missing_of, ruling_suite, ruling_verdict
from auditor.assess.uses import uses_of
from auditor.assess.verdicts import Statement as S
from auditor.assess.verdicts import decide
from auditor.assess.windows import in_stream, window_facts, windows
from auditor.evidence import Evidence, Step, behaviours, lineages_measured
from auditor.model.held_out_use import HeldOutUse
from auditor.model.policy import Policy
from auditor.model.spec import Patch
from auditor.model.verdict import Cause, Verdict, worst_verdict
from auditor.stats.clusters import mean_of_falls
from auditor.stats.falls import Fall, fell_less_than, fell_more_than

_Found = tuple[Step, Compared, Compared | None]


@dataclass(frozen=True, slots=True)
class _Case:
    """One step with what can be compared on it, and what that establishes."""

    step: Step
    compared: Compared
    numbers: Numbers
    found: Established
    corrected: Corrected
    shown: Shown
    account: Account
    alone: CheckpointAlone | None


def assess(
    evidence: Evidence, policy: Policy, today: date | None = None, looks: Iterable[HeldOutUse] = ()
) -> Assessment:
    """Judges every patch and checkpoint step of a history; every plan by `today` (UTC), held-out suites by `looks`."""
    pairs = [(b, lineage) for b in behaviours(evidence) for lineage in lineages_measured(evidence, b)]
    every_step = [step for behaviour, lineage in pairs for step in steps(evidence, behaviour, lineage)]
    facts = beside.seen_together(dict(zip(every_step, _judged_steps(evidence, every_step, policy), strict=True)))
    by_patch: dict[str, list[BehaviourFacts]] = {name: [] for name in evidence.patches}
    for step, one in facts.items():
        for patch in step.patches:
            by_patch[patch].append(one)
    line = line_of(evidence.history, evidence.patches)
    stream = patches_in_stream(line, by_patch, policy.false_discovery_rate)
    patches = tuple(
        _patch_facts(patch, by_patch[patch.id], pairs, stream.get(patch.id)) for patch in evidence.patches.values()
    )
    over_checkpoints = tuple(one for step, one in facts.items() if not step.patches)
    return Assessment(
        evidence.history.spec,
        patches,
        over_checkpoints,
        standings(evidence, policy),
        tuple(circumstances.not_assessed(evidence)),
        _judged_windows(evidence, line, tuple(facts.values()), pairs, policy),
        plan_facts(evidence, today),
        uses_of(evidence, every_step, looks),
    )


def _judged_steps(evidence: Evidence, nearest: Sequence[Step], policy: Policy) -> list[BehaviourFacts]:
    cleanly = [compare_cleanly(evidence, step) for step in nearest]
    return _judged(evidence, nearest, cleanly, [of_step(step) for step, _, _ in cleanly], policy)


def _judged_windows(
    evidence: Evidence, line: Line, steps: Sequence[BehaviourFacts], pairs: Iterable[tuple[str, str]], policy: Policy
) -> tuple[WindowFacts, ...]:
    by_pair: dict[tuple[str, str], list[BehaviourFacts]] = {pair: [] for pair in pairs}
    for one in steps:
        by_pair[one.behaviour, one.model].append(one)
    found = [
        (window, inside)
        for pair, inside in by_pair.items()
        for window in windows(evidence, line, *pair, [one.step for one in inside])
    ]
    given = [window.step for window, _ in found]
    compared: list[_Found] = [(step, compare(evidence, step), None) for step in given]
    judged = _judged(evidence, given, compared, [(window.quarter,) for window, _ in found], policy)
    told = [window_facts(window, one, inside) for (window, inside), one in zip(found, judged, strict=True)]
    return in_stream(line, told, policy.false_discovery_rate)


def _judged(
    evidence: Evidence,
    nearest: Sequence[Step],
    cleanly: Sequence[_Found],
    families: Sequence[Collection[object]],
    policy: Policy,
) -> list[BehaviourFacts]:
    given, compared = [step for step, _, _ in cleanly], [found for _, found, _ in cleanly]
    compute([*compared, *(passed for _, _, passed in cleanly if passed is not None)])
    accounts = [
        _account(evidence, *one, nearest=step, policy=policy) for step, one in zip(nearest, cleanly, strict=True)
    ]
    able = [index for index, one in enumerate(compared) if one.test]
    numbers = [numbers_of(compared[index].test, compared[index].held_out) for index in able]
    found = [
        with_looks(one, n, compared[index], policy)
        for index, n, one in zip(able, numbers, establish(numbers, policy), strict=True)
    ]
    corrected = correct([families[index] for index in able], found, policy.error_rate)
    asked = [(compared[index], n, levels) for index, n, (_, _, levels) in zip(able, numbers, corrected, strict=True)]
    cases = {
        index: _Case(
            *(given[index], compared[index], n, f, c, s, accounts[index]),
            alone=checkpoint_alone(evidence, given[index], policy.error_rate),
        )
        for index, n, f, c, s in zip(able, numbers, found, corrected, shown(asked, policy.error_rate), strict=True)
    }
    return [
        _facts(cases[index], policy) if index in cases else _unmeasured(step, compared[index], accounts[index])
        for index, step in enumerate(given)
    ]


def _account(
    evidence: Evidence, step: Step, compared: Compared, passed: Compared | None, nearest: Step, policy: Policy
) -> Account:
    """How a step was measured; `passed` is what the nearest states were, where a clean pair was taken instead."""
    error = policy.error_rate
    over = measured(evidence, nearest, passed, error) if passed is not None else ()
    raw = mean_of_falls([raw_fall_of(pair) for pair in compared.test]) if compared.test else None
    return Account(
        measured=measured(evidence, step, compared, error),
        passed_over=tuple(one for one in over if not one.compared and one.differences),
        strata=strata.strata(compared.test, policy),
        signals=signals.signals(compared, error),
        pressed=signals.pressed(evidence, compared),
        severity=strata.severity(compared.test, raw, error) if raw is not None else None,
        moved=beside.moved(evidence, step),
        twins=beside.twins(evidence, step, error),
        run_to_run=compared.run_effect,
    )


def _patch_facts(
    patch: Patch, found: list[BehaviourFacts], measured: list[tuple[str, str]], place: Place | None
) -> PatchFacts:
    """The patch with a verdict for every step it lies in. A behaviour it lies in no step of has none, and is named."""
    have = {(one.behaviour, one.model) for one in found}
    outside = tuple(pair for pair in measured if pair not in have)
    told = (
        replace(one, survives_fdr=place.survives) if place is not None and one.verdict in ACCUSING else one
        for one in found
    )
    every = tuple(sorted(told, key=lambda one: (one.behaviour, one.model)))
    return PatchFacts(patch, worst_verdict([one.verdict for one in every]), every, outside, place)


def _facts(case: _Case, policy: Policy) -> BehaviourFacts:
    error = policy.error_rate
    step_p, cells_p, levels = case.corrected
    rows = [decide({**step_p, **cell}, error) for cell in cells_p] or [decide(step_p, error)]
    suites = tuple(
        judge(
            pair, case.numbers, place, rows[place], case.found.plain[place], cells_p[place], levels[place], one, policy
        )
        for place, (pair, one) in enumerate(zip(case.compared.held_out, case.shown.suites, strict=True))
    )
    verdict = ruling_verdict([row.verdict for row in rows], suites)
    ruling = ruling_suite(suites, verdict, error)
    tests, numbers = case.compared.test, case.numbers
    test, average = case.shown.test, case.shown.average
    raw_fell, fell = (step_p[one] <= error for one in (S.RAW_FELL, S.TEST_FELL))
    parts = attribution.attribute(tests, numbers.raw, numbers.test, established=raw_fell)
    mechanisms = suspicion.mechanisms(verdict, parts, cells_p, policy)
    near_zero = suspicion.near_zero(verdict, numbers, policy)
    declared = verdict is Verdict.MEASUREMENT and attribution.all_declared(tests, mechanisms)
    suspected = near_zero and not declared and verdict in (Verdict.TEST_ONLY, Verdict.MEASUREMENT)
    awareness = circumstances.awareness(tests, error)
    also = circumstances.also_changed(case.step, [*tests, *case.compared.held_out])
    missing = _missing(case, verdict, ruling, policy)
    comes_to = conclusion(verdict, ruling, case.compared, missing, step_p, error)
    return BehaviourFacts(
        behaviour=case.step.behaviour,
        model=case.step.lineage,
        verdict=verdict,
        reason=reason(verdict, test, ruling, parts, comes_to),
        conclusion=comes_to,
        step=case.step,
        test=test,
        held_out=case.shown.held_out,
        held_out_unchanged=_unchanged(average, policy) if average else None,
        suites=suites,
        ruling=ruling,
        not_compared=case.compared.not_compared,
        missing=missing,
        hiding_suspected=suspected,
        near_zero=near_zero,
        mechanisms=(*mechanisms, *suspicion.beside(case.account, awareness)) if suspected else mechanisms,
        cause=Cause.UNRESOLVED if also else Cause.PATCH,
        also_changed=also,
        grade=circumstances.grade([*tests, *case.compared.held_out]),
        awareness=awareness,
        attribution=parts,
        triggered=numbers.runs_before == 1,
        p_values=step_p,
        fell=fell,
        account=case.account,
        at_any_time=told(verdict, ruling, case.compared, policy),
        accusations=accusations(case.found.step, case.found.cells, error),
        checkpoint_alone=case.alone,
        sensitivity=of_behaviour({one.suite: one.verdict for one in suites}, ruling.hangs_on, verdict)
        if ruling
        else None,
        left=remaining(numbers.test.after, policy, fell=fell),
    )


def _unchanged(average: Fall, policy: Policy) -> bool | None:
    """True when the average held-out fall is shown to be under the margin, False when it fell or rose, else None."""
    if fell_less_than(average, policy.unchanged_margin, policy.error_rate):
        rose = fell_less_than(average, 0.0, policy.error_rate)
        return not rose
    fell = fell_more_than(average, 0.0, policy.error_rate)
    return False if fell else None


def _missing(case: _Case, verdict: Verdict, ruling: SuiteFacts | None, policy: Policy) -> Missing:
    if verdict is not Verdict.INCONCLUSIVE:
        return Missing.NOTHING
    if ruling is not None:
        return ruling.missing
    return missing_of(case.numbers, case.found.step, policy)


def _unmeasured(step: Step, compared: Compared, account: Account) -> BehaviourFacts:
    """A step without a comparable pair of runs on the test side."""
    why, also = why_unmeasured(compared), circumstances.also_changed(step, [])
    return BehaviourFacts(
        behaviour=step.behaviour,
        model=step.lineage,
        verdict=Verdict.UNMEASURED,
        reason=why,
        conclusion=why,
        step=step,
        test=None,
        held_out=None,
        held_out_unchanged=None,
        suites=(),
        ruling=None,
        not_compared=compared.not_compared,
        missing=Missing.NOTHING,
        hiding_suspected=False,
        near_zero=False,
        mechanisms=(),
        cause=Cause.UNRESOLVED if also else Cause.PATCH,
        also_changed=also,
        grade=None,
        awareness=circumstances.awareness([], 0.5),
        attribution=None,
        triggered=False,
        p_values={},
        fell=False,
        account=account,
    )
