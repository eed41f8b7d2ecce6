"""Judges every patch, checkpoint step and period of one spec: the evidence graph and a policy in, an `Assessment` out.

Steps are compared (`comparable`, `matched_states`), their p-values computed (`contrast`) and corrected
(`multiplicity`), the table is read (`verdicts`) for each held-out suite, the suite that rules is chosen, and hiding
is suspected or not. All steps of a history are computed together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from auditor.assess import attribution, diagnostics
from auditor.assess.ablation import add_ablations
from auditor.assess.alternatives import Alternative, is_withdrawn, list_alternatives
from auditor.assess.attribution import attribute
from auditor.assess.comparable import (
    Comparison,
    Pair,
    compare,
    compare_first_versions,
    list_open_suites,
    owed_suites,
)
from auditor.assess.contrast import (
    HELD_OUT_FALLS,
    StepEstimates,
    StepFalls,
    StepPValues,
    average_fall,
    common_fall_of,
    compute_batch,
    establish,
    estimate_steps,
    falls_of_step,
    raw_fall_of,
)
from auditor.assess.corrections import add_corrections, keep_gaps_open, list_lost_verdicts
from auditor.assess.diagnostics import diagnose_suites
from auditor.assess.facts import (
    Assessment,
    Attribution,
    BehaviourFacts,
    Change,
    CheckpointContrast,
    Diagnostics,
    Measured,
    MissingEvidence,
    NotAssessed,
    NotCompared,
    PatchFacts,
    PeriodFacts,
    SuiteFacts,
    Transfer,
    Trend,
)
from auditor.assess.headline import choose_headline, leading_behaviours, rank_headline
from auditor.assess.holdout_reuse import count_holdout_uses
from auditor.assess.joint_transfer import measure_period_transfers
from auditor.assess.matched_states import compare_matched_states, contrast_checkpoints
from auditor.assess.multiplicity import (
    CorrectedPValues,
    Looks,
    add_sequential_p_values,
    concurrent_records,
    correct,
    count_looks,
    families_of_step,
    planned_records,
    sequential_evidence,
)
from auditor.assess.online_fdr import ACCUSING_VERDICTS, OnlineDecision, accusation_p_values, decide_patches
from auditor.assess.open_gaps import track_gaps
from auditor.assess.periods import build_period_facts, decide_periods, find_periods
from auditor.assess.preregistration import assess_plans
from auditor.assess.reasons import Grounds, write_conclusion, write_reason, write_unmeasured_reason
from auditor.assess.residual import assess_residual
from auditor.assess.sensitivity import behaviour_sensitivity, suite_sensitivity
from auditor.assess.steps import Mainline, find_steps, steps_on_other_checkpoints, trace_mainline
from auditor.assess.trends import measure_trends
from auditor.assess.verdicts import (
    ACCUSATION,
    CLEARANCE,
    INVALID_EXCLUDED,
    PART,
    RESERVE,
    WORTH_JUDGING,
    Row,
    clearing_threshold,
    decide,
    holds,
    p_value,
)
from auditor.assess.verdicts import Statement as S
from auditor.evidence import Evidence, Step, behaviours, lineages_measured
from auditor.model.held_out_use import HeldOutUse
from auditor.model.policy import Policy
from auditor.model.run import Grade
from auditor.model.spec import Patch
from auditor.model.suite import Role
from auditor.model.verdict import STAYED_VERDICTS, Cause, Verdict, worst_verdict
from auditor.stats.falls import Fall, fell_less_than, fell_more_than
from auditor.stats.intervals import Proportion
from auditor.stats.power import samples_to_exclude_transfer
from auditor.stats.replicates import runs_needed, size_without_run_effect, variance_bound

# One held-out suite at one step, judged by itself; and what an inconclusive verdict lacks.


def judge_suite(
    pair: Pair,
    numbers: StepFalls,
    place: int,
    row: Row,
    corrected: CorrectedPValues,
    estimates: tuple[Change, Transfer | None],
    policy: Policy,
) -> SuiteFacts:
    """A held-out suite's facts.

    Args:
        place: the suite's place in `numbers.held_out`.
        row: the row of the verdict table it matched.
        corrected: the step's p-values, and the levels of its suites.
        estimates: how it changed and its transfer, with limits.
    """
    fall, p_values, level = numbers.held_out[place], corrected.cells[place], corrected.levels[place].accuse
    change, transfer = estimates
    missing, needed, runs = MissingEvidence.NOTHING, None, None
    if row.verdict is Verdict.INCONCLUSIVE:
        missing = _missing_evidence_of_suite(pair, numbers, place, row, corrected, policy)
    if missing is MissingEvidence.HELD_OUT:
        needed, runs = _samples_needed(pair, numbers, fall, change, level, policy)
        missing = missing if runs is None else MissingEvidence.RUNS
    raw = raw_fall_of(pair)
    parts = attribute([pair], raw, common_fall_of(pair), established=fell_more_than(raw, 0.0, level))
    hangs_on = suite_sensitivity(numbers.test, fall, numbers.penalty, p_values, level, policy)
    residual = assess_residual(fall.after, policy, fell=p_values[S.HELD_OUT_FELL] <= policy.error_rate)
    missing_samples = round(float(pair.missing.samples.sum())) if pair.missing else 0
    common_facts = row.verdict, missing, needed, p_values, parts, hangs_on, residual, missing_samples, runs
    return SuiteFacts(pair.name, pair.suite.role, change, transfer, *common_facts)


def ruling_verdict(verdicts: Sequence[Verdict], open_suites: Sequence[NotCompared]) -> Verdict:
    """The worst decided verdict of the held-out suites; inconclusive when none is decided.

    A suite that is undecided, or was not compared though it is in use, keeps the others from clearing.

    Args:
        verdicts: of each suite, or the one of a step without any.
    """
    decided = [verdict for verdict in verdicts if verdict is not Verdict.INCONCLUSIVE]
    worst = worst_verdict(decided) if decided else Verdict.INCONCLUSIVE
    held_back = worst is Verdict.GENERALISES and (open_suites or len(decided) < len(verdicts))
    return Verdict.INCONCLUSIVE if held_back else worst


def ruling_suite(suites: Sequence[SuiteFacts], verdict: Verdict, error: float) -> SuiteFacts | None:
    """The suite whose verdict rules: the surest of those with it; of undecided ones the largest, else any."""
    mine = [suite for suite in suites if suite.verdict is verdict] or suites
    if verdict is Verdict.INCONCLUSIVE:
        return max(mine, key=lambda suite: (suite.change.after.size, suite.suite), default=None)
    return min(mine, key=lambda suite: (_strongest_p_value(suite.p_values, error), suite.suite), default=None)


_DECISIVE = (ACCUSATION, PART, CLEARANCE)


def _strongest_p_value(values: Mapping[S, float], error: float) -> float:
    return min(p_value(condition, values, error) for condition in _DECISIVE)


def missing_on_test(numbers: StepFalls, step: Mapping[S, float], policy: Policy) -> MissingEvidence:
    """What an inconclusive verdict lacks on the test side; NOTHING when the test fall is established."""
    fell = step[S.TEST_FELL]
    if fell <= policy.error_rate:
        return MissingEvidence.NOTHING
    if float(numbers.test.before.rate[INVALID_EXCLUDED]) == 0.0:
        return MissingEvidence.FLOOR
    if fell / numbers.penalty <= policy.error_rate:
        return MissingEvidence.TRIGGER
    return MissingEvidence.TEST


_MISSING_BY_TROUBLE = {
    "scale": MissingEvidence.SCALE,
    "looks": MissingEvidence.OPTIONAL_STOPPING,
    "part or whole": MissingEvidence.PART_OR_WHOLE,
}


def _missing_evidence_of_suite(
    pair: Pair, numbers: StepFalls, place: int, row: Row, corrected: CorrectedPValues, policy: Policy
) -> MissingEvidence:
    fall, p_values = numbers.held_out[place], corrected.cells[place]
    if row.trouble in _MISSING_BY_TROUBLE:
        return _MISSING_BY_TROUBLE[row.trouble]
    on_test = missing_on_test(numbers, {S.TEST_FELL: p_values[S.TEST_FELL_AT_SUITE_LEVEL]}, policy)
    if on_test is MissingEvidence.NOTHING and not holds(WORTH_JUDGING, corrected.step, policy.error_rate):
        return MissingEvidence.SMALL_FALL
    if _strongest_p_value(corrected.plain[place], policy.error_rate) <= policy.error_rate:
        return MissingEvidence.HELD_OUT_ITEMS if pair.missing is not None else MissingEvidence.INVALID
    if on_test is not MissingEvidence.NOTHING:
        return on_test
    if float(fall.before.rate[INVALID_EXCLUDED]) == 0.0:
        return MissingEvidence.ZERO
    single, penalty = numbers.held_out_runs_before[place] == 1, numbers.held_out_penalties[place]
    with_second = {**p_values, **{s: p_values[s] / penalty for s in HELD_OUT_FALLS}}
    if single and _strongest_p_value(with_second, policy.error_rate) <= policy.error_rate:
        return MissingEvidence.HELD_OUT_TRIGGER
    return MissingEvidence.HELD_OUT


def _samples_needed(
    pair: Pair, numbers: StepFalls, fall: Fall, change: Change, level: float, policy: Policy
) -> tuple[int | None, int | None]:
    """Held-out samples a side that would show that the test fall did not carry over, if it did not, and in how many
    runs a side, where these are too few for any number.

    Independent samples, times the design effect of items and epochs on the side whose samples are worth more. None if
    no more than there are, for then the transfer lies too near a threshold for a number.
    """
    test = Fall(_proportion_of_valid(numbers.test.before), _proportion_of_valid(numbers.test.after))
    base = float(fall.before.rate[INVALID_EXCLUDED])
    if not 0.0 < base < 1.0:
        return None, None
    needed = samples_to_exclude_transfer(test, base, policy.transfer_threshold, level / RESERVE)
    have = min(float(fall.before.size[INVALID_EXCLUDED]), float(fall.after.size[INVALID_EXCLUDED]))
    if needed is None or needed <= have:
        return None, None
    variance, runs = variance_bound(pair.run_effect), min(len(pair.runs_before), len(pair.runs_after))
    samples = size_without_run_effect(needed, base, variance / runs)
    if math.isinf(samples):
        return None, runs_needed(needed, base, variance)
    sides = ((change.before, len(pair.runs_before)), (change.after, len(pair.runs_after)))
    design_effect = min(
        side.valid / size_without_run_effect(side.size, side.rate, variance / times) for side, times in sides
    )
    return math.ceil(samples * design_effect - 1e-6), None


def _proportion_of_valid(side: Proportion) -> Proportion:
    return Proportion(np.asarray(side.rate[INVALID_EXCLUDED]), np.asarray(side.size[INVALID_EXCLUDED]))


# Whether a verdict is suspected of hiding, and by what.


# A fall whose lower limit is above this is near zero, whatever the after-rate.
NEAR_WHOLE_FALL = 0.8


def is_near_zero(verdict: Verdict, numbers: StepFalls, policy: Policy) -> bool:
    """Whether the test rate after is within tolerance, or nearly all of it is shown to have fallen.

    A `artefact` is judged as reported: its fall on common items is what is missing.
    """
    if verdict is Verdict.ARTEFACT:
        after = float(numbers.raw.after.rate)
        whole = fell_more_than(numbers.raw, NEAR_WHOLE_FALL, policy.error_rate)
    else:
        after = float(numbers.test.after.rate[INVALID_EXCLUDED])
        whole = fell_more_than(numbers.test, NEAR_WHOLE_FALL, policy.error_rate)
    return after <= policy.zero_tolerance or whole


def hiding_mechanisms(
    verdict: Verdict, parts: Attribution, cells: Sequence[dict[S, float]], policy: Policy
) -> tuple[str, ...]:
    """The ways in which the number was brought down, for a verdict that says it was."""
    if verdict is Verdict.ARTEFACT:
        return attribution.artefact_mechanisms(parts, policy)
    if verdict not in STAYED_VERDICTS:
        return ()
    rose = any(cell[S.HELD_OUT_ROSE] <= policy.error_rate for cell in cells)
    return (str(verdict), "displacement") if rose else (str(verdict),)


def secondary_mechanisms(account: Diagnostics, awareness: Trend) -> tuple[str, ...]:
    """What else a suspicion rests on: awareness that rose while the unaware stayed as they were; milder failures."""
    aware = awareness is Trend.ROSE and account.strata is not None and account.strata.unaware_unchanged is True
    milder = account.severity is not None and account.severity.shifted is True
    return (("awareness",) if aware else ()) + (("severity",) if milder else ())


# Everything assessed about one spec: the evidence asked, the numbers computed once, the table read.


_MatchedStep = tuple[Step, Comparison, Comparison | None]


@dataclass(frozen=True, slots=True)
class _StepCase:
    """One step with what can be compared on it, and what that establishes."""

    step: Step
    compared: Comparison
    numbers: StepFalls
    p_values: StepPValues
    corrected: CorrectedPValues
    looks: tuple[Looks, ...]
    alternatives: tuple[tuple[MissingEvidence, CorrectedPValues], ...]
    open_suites: tuple[NotCompared, ...]
    estimates: StepEstimates
    diagnostics: Diagnostics
    alone: CheckpointContrast | None

    @property
    def looks_by_suite(self) -> Mapping[str, Looks]:
        """How often the contrast with each held-out suite could be read, by its name."""
        return {pair.name: looks for pair, looks in zip(self.compared.held_out, self.looks, strict=True)}


def assess(
    evidence: Evidence, policy: Policy, today: date | None = None, looks: Iterable[HeldOutUse] = ()
) -> Assessment:
    """Judges every patch and checkpoint step of a history; every plan by `today` (UTC), held-out suites by `looks`."""
    pairs = [(b, lineage) for b in behaviours(evidence) for lineage in lineages_measured(evidence, b)]
    facts = _judge_every_step(evidence, policy)
    gaps = track_gaps(evidence, policy)
    lost: tuple[NotAssessed, ...] = ()
    if evidence.uncorrected is not None:
        first = _judge_every_step(evidence.uncorrected, policy)
        lost, facts = tuple(list_lost_verdicts(facts, first)), add_corrections(evidence, facts, first)
        gaps = keep_gaps_open(gaps, track_gaps(evidence.uncorrected, policy))
    every_step = list(facts)
    by_patch: dict[str, list[BehaviourFacts]] = {name: [] for name in evidence.patches}
    for step, step_facts in facts.items():
        for patch in (*step.patches, *step.sums):
            by_patch[patch].append(step_facts)
    adding = {name for step in facts for name in step.patches}
    joining = {name for step in facts for name in step.sums} - adding
    parts = {name: patch for name, patch in evidence.patches.items() if name not in evidence.sums | joining}
    line = trace_mainline(evidence.history, parts)
    stream = decide_patches(line, by_patch, policy.false_discovery_rate)
    patches = tuple(
        _patch_facts(
            patch,
            add_ablations(evidence, patch, by_patch[patch.id], policy),
            pairs,
            stream.get(patch.id),
            policy.error_rate,
        )
        for patch in evidence.patches.values()
    )
    over_checkpoints = tuple(trained_facts for step, trained_facts in facts.items() if not step.patches)
    return Assessment(
        evidence.history.spec,
        patches,
        over_checkpoints,
        gaps,
        (*diagnostics.list_unusable_runs(evidence), *diagnostics.list_unidentified_items(evidence), *lost),
        _judge_periods(evidence, line, tuple(facts.values()), pairs, policy),
        measure_period_transfers(evidence, line, pairs, policy),
        measure_trends(evidence, pairs, policy),
        assess_plans(evidence, today),
        count_holdout_uses(evidence, every_step, looks),
    )


def _judge_every_step(evidence: Evidence, policy: Policy) -> dict[Step, BehaviourFacts]:
    steps = [
        step
        for behaviour in behaviours(evidence)
        for lineage in lineages_measured(evidence, behaviour)
        for step in find_steps(evidence, behaviour, lineage)
    ]
    return diagnostics.add_secondary_outcomes(dict(zip(steps, _judge_steps(evidence, steps, policy), strict=True)))


@dataclass(frozen=True, slots=True)
class _Variant:
    """One way in which a step can be judged, of which the worst counts: on a checkpoint, on some version of its items.

    Attributes:
        nearest: the step over the nearest states of its checkpoint; `matched` is what it is judged on.
        first: where it is judged on the items that its suites were first run with, which others were added; else "".
    """

    nearest: Step
    matched: _MatchedStep
    first: str = ""


def _judge_steps(evidence: Evidence, nearest: Sequence[Step], policy: Policy) -> list[BehaviourFacts]:
    """Each step's facts: of its checkpoints and versions of items those of the one whose verdict matters most."""
    variants = [list(_variants_of_step(evidence, step)) for step in nearest]
    every = [variant for some in variants for variant in some]
    cleanly = [variant.matched for variant in every]
    families = [families_of_step(step) for step, _, _ in cleanly]
    judged = iter(_judge_batch(evidence, [variant.nearest for variant in every], cleanly, families, policy))
    return [_worst_variant([(variant, next(judged)) for variant in some], policy) for some in variants]


def _variants_of_step(evidence: Evidence, step: Step) -> Iterator[_Variant]:
    for nearest in (step, *steps_on_other_checkpoints(evidence, step)):
        matched = compare_matched_states(evidence, nearest)
        yield _Variant(nearest, matched)
        first = compare_first_versions(evidence, matched[0], matched[1])
        if first is not None:
            yield _Variant(nearest, (matched[0], first[0], None), first[1])


def _worst_variant(judged: Sequence[tuple[_Variant, BehaviourFacts]], policy: Policy) -> BehaviourFacts:
    """The facts that count of a step: the first by rank of those on all items, or of first versions that contradict.

    A checkpoint on which nothing can be compared says nothing beside others, unless a held-out suite is owed on it.
    A first version accuses, or keeps its step from being cleared where it does not look cleared itself.
    """
    every = [(variant, facts) for variant, facts in judged if not variant.first]
    able = [
        entry for entry in every if entry[1].verdict is not Verdict.UNMEASURED or owed_suites(entry[1].not_compared)
    ]
    variant, ruling = min(able or every, key=lambda entry: rank_headline(entry[1], policy.error_rate))
    checkpoints = {judged_variant.nearest.after.checkpoint for judged_variant, _ in every}
    if len(checkpoints) > 1:
        ruling = _add_remark(ruling, f"the worst of {len(checkpoints)} checkpoints, {variant.nearest.after.checkpoint}")
    firsts = [
        (candidate, facts) for candidate, facts in judged if candidate.first and _contradicts(facts, ruling, policy)
    ]
    if not firsts:
        return ruling
    variant, first = min(firsts, key=lambda entry: rank_headline(entry[1], policy.error_rate))
    return _add_remark(first, variant.first)


def _contradicts(first: BehaviourFacts, facts: BehaviourFacts, policy: Policy) -> bool:
    """Whether a step on the first versions of its suites accuses what it does not on all items, or clears it not."""
    ranks = (rank_headline(step_facts, policy.error_rate) for step_facts in (first, facts))
    if first.verdict in STAYED_VERDICTS:
        return next(ranks) < next(ranks)
    if facts.verdict is not Verdict.GENERALISES or first.verdict is Verdict.GENERALISES:
        return False
    transfers = (suite.transfer.estimate if suite.transfer else None for suite in first.suites)
    return any(transfer is not None and transfer < clearing_threshold(policy) for transfer in transfers)


def _add_remark(facts: BehaviourFacts, remark: str) -> BehaviourFacts:
    return replace(facts, reason=f"{facts.reason} ({remark})", conclusion=f"{facts.conclusion} ({remark})")


def _judge_periods(
    evidence: Evidence,
    line: Mainline,
    steps: Sequence[BehaviourFacts],
    pairs: Iterable[tuple[str, str]],
    policy: Policy,
) -> tuple[PeriodFacts, ...]:
    by_pair: dict[tuple[str, str], list[BehaviourFacts]] = {pair: [] for pair in pairs}
    for facts in steps:
        by_pair[facts.behaviour, facts.model].append(facts)
    windows = [
        (window, inside)
        for pair, inside in by_pair.items()
        for window in find_periods(evidence, line, *pair, [step_facts.step for step_facts in inside])
    ]
    period_steps = [window.step for window, _ in windows]
    compared: list[_MatchedStep] = [(step, compare(evidence, step), None) for step in period_steps]
    judged = _judge_batch(evidence, period_steps, compared, [(window.quarter,) for window, _ in windows], policy)
    periods = [
        build_period_facts(window, step_facts, inside)
        for (window, inside), step_facts in zip(windows, judged, strict=True)
    ]
    return decide_periods(line, periods, policy.false_discovery_rate)


def _judge_batch(
    evidence: Evidence,
    nearest: Sequence[Step],
    cleanly: Sequence[_MatchedStep],
    families: Sequence[Collection[object]],
    policy: Policy,
) -> list[BehaviourFacts]:
    steps, compared = [step for step, _, _ in cleanly], [comparison for _, comparison, _ in cleanly]
    compute_batch([*compared, *(passed for _, _, passed in cleanly if passed is not None)])
    accounts = [
        _diagnose(evidence, *variants, nearest=step, policy=policy)
        for step, variants in zip(nearest, cleanly, strict=True)
    ]
    able = [index for index, comparison in enumerate(compared) if comparison.test]
    concurrent = [concurrent_records(evidence, steps[index], compared[index].test) for index in able]
    numbers = [
        falls_of_step(compared[index].test, compared[index].held_out, records)
        for index, records in zip(able, concurrent, strict=True)
    ]
    planned = planned_records(evidence)
    looks = [
        tuple(count_looks(compared[index].test, pair, planned) for pair in compared[index].held_out) for index in able
    ]
    values = _establish_with_looks(numbers, looks, policy)
    mine = [families[index] for index in able]
    corrected = correct(mine, values, policy.error_rate)
    sources = [
        (compared[index], n, c.levels, c.pooled_levels) for index, n, c in zip(able, numbers, corrected, strict=True)
    ]
    estimates = estimate_steps(sources, policy.error_rate)
    alternatives = _correct_alternatives(
        [tuple(list_alternatives(compared[index], records)) for index, records in zip(able, concurrent, strict=True)],
        looks,
        mine,
        values,
        policy,
    )
    cases = {
        index: _StepCase(
            *(steps[index], compared[index], n, f, c, counts, others),
            *(list_open_suites(evidence, steps[index], compared[index]), s, accounts[index]),
            alone=contrast_checkpoints(evidence, steps[index], policy.error_rate),
        )
        for index, n, f, c, counts, others, s in zip(
            able, numbers, values, corrected, looks, alternatives, estimates, strict=True
        )
    }
    return [
        _behaviour_facts(cases[index], policy)
        if index in cases
        else _unmeasured_facts(step, compared[index], accounts[index])
        for index, step in enumerate(steps)
    ]


def _establish_with_looks(
    numbers: Sequence[StepFalls], looks: Sequence[tuple[Looks, ...]], policy: Policy
) -> list[StepPValues]:
    return [
        add_sequential_p_values(p_values, falls, counts, policy)
        for falls, counts, p_values in zip(numbers, looks, establish(numbers, policy), strict=True)
    ]


def _correct_alternatives(
    alternatives: Sequence[tuple[Alternative, ...]],
    looks: Sequence[tuple[Looks, ...]],
    families: Sequence[Collection[object]],
    values: Sequence[StepPValues],
    policy: Policy,
) -> list[tuple[tuple[MissingEvidence, CorrectedPValues], ...]]:
    """For each step, what each other reading of its runs comes to, corrected in the same families."""
    corrected: list[list[tuple[MissingEvidence, CorrectedPValues]]] = [[] for _ in alternatives]
    for missing in dict.fromkeys(reading.missing for readings in alternatives for reading in readings):
        numbers = {
            place: reading.numbers
            for place, readings in enumerate(alternatives)
            for reading in readings
            if reading.missing is missing
        }
        read = _establish_with_looks([*numbers.values()], [looks[place] for place in numbers], policy)
        instead = dict(zip(numbers, read, strict=True))
        every = correct(families, [instead.get(place, own) for place, own in enumerate(values)], policy.error_rate)
        for place in instead:
            corrected[place].append((missing, every[place]))
    return [tuple(readings) for readings in corrected]


def _diagnose(
    evidence: Evidence, step: Step, compared: Comparison, passed: Comparison | None, nearest: Step, policy: Policy
) -> Diagnostics:
    """How a step was measured; `passed` is what the nearest states were, where a clean pair was taken instead."""
    error = policy.error_rate
    over = diagnose_suites(evidence, nearest, passed, error) if passed is not None else ()
    raw = average_fall(compared.test, raw_fall_of) if compared.test else None
    return Diagnostics(
        measured=diagnose_suites(evidence, step, compared, error),
        passed_over=tuple(suite for suite in over if not suite.compared and suite.differences),
        strata=diagnostics.stratify_by_awareness(compared.test, policy),
        signals=diagnostics.collect_transcript_signals(compared, error),
        cot_pressure=diagnostics.find_cot_pressure(evidence, compared),
        severity=diagnostics.compare_severity(compared.test, raw, error) if raw is not None else None,
        moved=diagnostics.find_moved_items(evidence, step),
        twins=diagnostics.compare_twins(evidence, step, error),
        run_to_run=compared.run_effect,
    )


def _patch_facts(
    patch: Patch,
    facts: list[BehaviourFacts],
    measured: list[tuple[str, str]],
    place: OnlineDecision | None,
    error: float,
) -> PatchFacts:
    """The patch with a verdict for every step it lies in. A behaviour it lies in no step of has none, and is named."""
    have = {(step_facts.behaviour, step_facts.model) for step_facts in facts}
    outside = tuple(Measured(*pair) for pair in measured if pair not in have)
    decided = (
        replace(step_facts, survives_fdr=place.survives)
        if place is not None and step_facts.verdict in ACCUSING_VERDICTS
        else step_facts
        for step_facts in facts
    )
    every = tuple(sorted(decided, key=lambda step_facts: (step_facts.behaviour, step_facts.model)))
    return PatchFacts(patch, choose_headline(every, error), every, leading_behaviours(every, error), outside, place)


def _behaviour_facts(case: _StepCase, policy: Policy) -> BehaviourFacts:
    error = policy.error_rate
    step_p, cells_p = case.corrected.step, case.corrected.cells
    rows = _read_rows(case.corrected, error)
    suites = tuple(
        judge_suite(pair, case.numbers, place, rows[place], case.corrected, estimate, policy)
        for place, (pair, estimate) in enumerate(zip(case.compared.held_out, case.estimates.suites, strict=True))
    )
    reached = _verdict_of_rows(rows, case.corrected, case.open_suites, error)
    pooled = _judge_pool(case, policy)
    together = reached in STAYED_VERDICTS and not any(row.verdict in STAYED_VERDICTS for row in rows)
    ruling = pooled if together else ruling_suite(suites, reached, error)
    tests, numbers = case.compared.test, case.numbers
    test, average = case.estimates.test, case.estimates.average
    raw_fell, fell = (step_p[literal] <= error for literal in (S.RAW_FELL, S.TEST_FELL))
    parts = attribution.attribute(tests, numbers.raw, numbers.test, established=raw_fell)
    grade = diagnostics.worst_grade([*tests, *case.compared.held_out])
    withdrawn_for = _missing_to_hold(case, reached, grade, policy)
    verdict = reached if withdrawn_for is MissingEvidence.NOTHING else Verdict.INCONCLUSIVE
    mechanisms = hiding_mechanisms(verdict, parts, cells_p, policy)
    near_zero = is_near_zero(verdict, numbers, policy)
    declared = verdict is Verdict.ARTEFACT and attribution.are_declared(tests, mechanisms)
    suspected = near_zero and not declared and verdict in (Verdict.TEST_ONLY, Verdict.ARTEFACT)
    awareness = diagnostics.awareness_trend(tests, error)
    also = diagnostics.find_confounders(case.step, [*tests, *case.compared.held_out])
    withdrawn = reached if verdict is not reached else None
    missing = withdrawn_for or _missing_evidence(case, verdict, ruling, policy)
    grounds = Grounds(ruling, suites, case.compared, case.open_suites, missing, awareness, withdrawn)
    comes_to = write_conclusion(verdict, grounds, step_p, error)
    return BehaviourFacts(
        behaviour=case.step.behaviour,
        model=case.step.lineage,
        verdict=verdict,
        reason=write_reason(verdict, test, grounds, parts, comes_to),
        conclusion=comes_to,
        step=case.step,
        test=test,
        held_out=case.estimates.held_out,
        held_out_unchanged=_held_out_unchanged(average, policy) if average else None,
        suites=suites,
        ruling=ruling,
        not_compared=case.compared.not_compared,
        missing=missing,
        hiding_suspected=suspected,
        near_zero=near_zero,
        mechanisms=(*mechanisms, *secondary_mechanisms(case.diagnostics, awareness)) if suspected else mechanisms,
        cause=Cause.UNRESOLVED if also else Cause.PATCH,
        also_changed=also,
        grade=grade,
        awareness=awareness,
        attribution=parts,
        trigger_suspected=numbers.runs_before == 1,
        p_values=step_p,
        fell=fell,
        diagnostics=case.diagnostics,
        sequential=sequential_evidence(verdict, ruling, case.looks_by_suite, policy),
        accusations=accusation_p_values(case.p_values.step, _cells_with_pool(case.p_values), error),
        checkpoint_contrast=case.alone,
        sensitivity=behaviour_sensitivity({suite.suite: suite.verdict for suite in suites}, ruling.sensitivity, verdict)
        if ruling
        else None,
        residual=assess_residual(numbers.test.after, policy, fell=fell),
        pooled=pooled,
        withdrawn=withdrawn,
    )


def _read_rows(corrected: CorrectedPValues, error: float) -> list[Row]:
    """The row of the verdict table that each held-out suite matches; the step's own without any."""
    step = corrected.step
    return [decide({**step, **cell}, error) for cell in corrected.cells] or [decide(step, error)]


def _verdict_of_rows(
    rows: Sequence[Row], corrected: CorrectedPValues, open_suites: Sequence[NotCompared], error: float
) -> Verdict:
    """What the suites come to; where none of them accuses by itself, their average may."""
    verdict = ruling_verdict([row.verdict for row in rows], open_suites)
    if corrected.pooled is None or verdict in STAYED_VERDICTS:
        return verdict
    together = decide({**corrected.step, **corrected.pooled}, error).verdict
    return together if together in STAYED_VERDICTS else verdict


def _cells_with_pool(values: StepPValues) -> tuple[Mapping[S, float], ...]:
    return values.cells if values.pooled is None else (*values.cells, values.pooled)


def _judge_pool(case: _StepCase, policy: Policy) -> SuiteFacts | None:
    """The average of several held-out suites, as one; None where there are not two."""
    corrected, numbers, pairs = case.corrected, case.numbers, case.compared.held_out
    levels, change = corrected.pooled_levels, case.estimates.held_out
    if corrected.pooled is None or numbers.pooled is None or levels is None or change is None:
        return None
    error, p_values = policy.error_rate, corrected.pooled
    verdict = decide({**corrected.step, **p_values}, error).verdict
    raw, together = average_fall(pairs, raw_fall_of), (numbers.test, numbers.pooled, numbers.penalty)
    return SuiteFacts(
        suite=f"mean of {len(pairs)} suites",
        role=Role.HELD_OUT,
        change=change,
        transfer=case.estimates.pooled,
        verdict=verdict if verdict in STAYED_VERDICTS else Verdict.INCONCLUSIVE,
        missing=MissingEvidence.NOTHING,
        needed=None,
        p_values=p_values,
        attribution=attribute(
            pairs, raw, average_fall(pairs, common_fall_of), established=fell_more_than(raw, 0.0, levels.accuse)
        ),
        sensitivity=suite_sensitivity(*together, p_values, levels.accuse, policy),
        residual=assess_residual(numbers.pooled.after, policy, fell=p_values[S.HELD_OUT_FELL] <= error),
    )


def _missing_to_hold(case: _StepCase, verdict: Verdict, grade: Grade | None, policy: Policy) -> MissingEvidence:
    """What a verdict that the numbers come to lacks, so that it is withdrawn; NOTHING for most."""
    error = policy.error_rate
    for missing, corrected in case.alternatives:
        other = _verdict_of_rows(_read_rows(corrected, error), corrected, case.open_suites, error)
        if is_withdrawn(verdict, missing, corrected, other, error):
            return missing
    if verdict is Verdict.GENERALISES and grade is not None and grade > policy.clear_requires_grade:
        return MissingEvidence.GRADE
    return MissingEvidence.NOTHING


def _held_out_unchanged(average: Fall, policy: Policy) -> bool | None:
    """True when the average held-out fall is shown to be under the margin, False when it fell or rose, else None."""
    if fell_less_than(average, policy.unchanged_margin, policy.error_rate):
        rose = fell_less_than(average, 0.0, policy.error_rate)
        return not rose
    fell = fell_more_than(average, 0.0, policy.error_rate)
    return False if fell else None


def _missing_evidence(case: _StepCase, verdict: Verdict, ruling: SuiteFacts | None, policy: Policy) -> MissingEvidence:
    if verdict is not Verdict.INCONCLUSIVE:
        return MissingEvidence.NOTHING
    if ruling is not None and ruling.verdict is Verdict.GENERALISES:
        return MissingEvidence.OPEN_SUITE
    if ruling is not None:
        return ruling.missing
    return missing_on_test(case.numbers, case.p_values.step, policy)


def _unmeasured_facts(step: Step, compared: Comparison, account: Diagnostics) -> BehaviourFacts:
    """A step without a comparable pair of runs on the test side."""
    why, also = write_unmeasured_reason(compared), diagnostics.find_confounders(step, [])
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
        missing=MissingEvidence.NOTHING,
        hiding_suspected=False,
        near_zero=False,
        mechanisms=(),
        cause=Cause.UNRESOLVED if also else Cause.PATCH,
        also_changed=also,
        grade=None,
        awareness=diagnostics.awareness_trend([], 0.5),
        attribution=None,
        trigger_suspected=False,
        p_values={},
        fell=False,
        diagnostics=account,
    )
