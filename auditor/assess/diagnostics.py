"""What is shown with a verdict and never changes it: how each suite was measured, and every secondary outcome.

A step and its comparison go in, the parts of `facts.Diagnostics` come out: differences between the sides, unmatched
items, short and disagreeing runs, exclusions, confounders, grade, awareness (trend and strata), severity, transcript
signals, twins, items that changed suites, behaviours that got worse, falls taken back.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from auditor.assess.comparable import Comparison, Pair, SideCounts, duplicate_runs, runs_left_out, sum_runs
from auditor.assess.contrast import proportion_of
from auditor.assess.facts import (
    BehaviourFacts,
    Difference,
    Exclusions,
    MovedItems,
    NotAssessed,
    ProtocolField,
    RunDisagreement,
    Severity,
    Share,
    ShortRun,
    SideExclusions,
    SignalEstimate,
    SignalSide,
    Strata,
    Stratum,
    SuiteDiagnostics,
    TranscriptSignals,
    Trend,
    Twins,
    UnmatchedItems,
)
from auditor.evidence import Evidence, State, Step, complete_runs, runs_at, runs_by_protocol, suites_measuring
from auditor.model.numbers import format_points, short_id
from auditor.model.policy import Policy
from auditor.model.run import Exposure, Grade, Run, SeverityTally, TextSignals
from auditor.model.suite import Role, Suite
from auditor.model.verdict import Verdict
from auditor.stats.falls import Fall, difference_limits, fell_less_than, fell_more_than
from auditor.stats.intervals import Proportion, rate_interval, z_of_error

# What lies beside one suite or one step: items that changed suites, twins, other behaviours, falls taken back.


def find_moved_items(evidence: Evidence, step: Step) -> tuple[MovedItems, ...]:
    """Held-out items that came into a test suite at this step.

    An id alone proves little: two suites may both count their items from 1. It counts where the item left the held-out
    suite as it came, or where the two suites had no id in common before.
    """
    suites = suites_measuring(evidence, step.behaviour)
    tests = [suite for suite in suites if suite.role is Role.TEST]
    hidden = [suite for suite in suites if suite.role is Role.HELD_OUT]
    moved = []
    for test in tests:
        had, has = (_item_ids(evidence, test, state) for state in (step.before, step.after))
        for suite in hidden if had and has - had else ():
            names, still = (_item_ids(evidence, suite, state) for state in (step.before, step.after))
            came = (has - had) & names
            if had & names:
                came = came - still if still else frozenset()
            if came:
                moved.append(MovedItems(suite.name, test.name, tuple(sorted(came))))
    return tuple(moved)


def _item_ids(evidence: Evidence, suite: Suite, state: State) -> frozenset[str]:
    runs = [run for some in runs_by_protocol(evidence, suite.name, state).values() for run in some]
    return frozenset(item for run in runs for item in run.tallies.items or ())


def compare_twins(evidence: Evidence, step: Step, error: float) -> tuple[Twins, ...]:
    """The suites of the behaviour that name a twin, and how far apart the two conditions are on both sides."""
    twins = []
    for suite in suites_measuring(evidence, step.behaviour):
        twin = evidence.suites.get(suite.twin or "")
        if twin is not None:
            differences = [_twin_difference(evidence, suite, twin, state) for state in (step.before, step.after)]
            if differences[0] is not None and differences[1] is not None:
                twins.append(_build_twins(suite, twin, differences[0], differences[1], error))
    return tuple(twins)


_TwinSides = tuple[Fall, tuple[Run, ...]]


def _twin_difference(evidence: Evidence, suite: Suite, twin: Suite, state: State) -> _TwinSides | None:
    """The rates of both conditions at a state, on the items both have, by everything that was run there."""
    runs = [
        [run for some in runs_by_protocol(evidence, twin_suite.name, state).values() for run in some]
        for twin_suite in (suite, twin)
    ]
    sides = [sum_runs(run) if run else None for run in runs]
    if sides[0] is None or sides[1] is None:
        return None
    if sides[0].items is not None and sides[1].items is not None:
        shared = set(sides[0].items) & set(sides[1].items)
        sides = [_select_named_items(side, shared) for side in sides if side is not None]
    proportion, other = (proportion_of(side) if side is not None else None for side in sides)
    if proportion is None or other is None:
        return None
    return Fall(proportion, other), (*runs[0], *runs[1])


def _select_named_items(side: SideCounts, shared: set[str]) -> SideCounts:
    values = np.array([name in shared for name in side.items or ()])
    names = tuple(name for name in side.items or () if name in shared)
    return SideCounts(names, side.valid[values], side.misaligned[values], side.invalid[values], side.design_effect)


def _build_twins(suite: Suite, twin: Suite, before: _TwinSides, after: _TwinSides, error: float) -> Twins:
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


_StateKey = tuple[str, str, State]
_SharedKey = tuple[str, str | tuple[State, State]]
_SHORTEST_COMMIT = 7  # digits of an abbreviated commit id, as git prints it
_DATASET_FIELDS = {
    ProtocolField.DATASET: "dataset",
    ProtocolField.SHUFFLED: "dataset_shuffled",
    ProtocolField.LIMIT: "limit",
}
_MAX_STEPS_BACK = 50  # steps followed back from a rise to the fall it takes back


def add_secondary_outcomes(facts: Mapping[Step, BehaviourFacts]) -> dict[Step, BehaviourFacts]:
    """The same facts, each with what other behaviours and earlier steps say of it."""
    worse: dict[_SharedKey, set[str]] = defaultdict(set)
    leading: dict[_StateKey, BehaviourFacts] = {}
    for step_facts in facts.values():
        leading.setdefault((step_facts.behaviour, step_facts.model, step_facts.step.after), step_facts)
        if step_facts.verdict is Verdict.WORSE:
            for key in _shared_keys(step_facts):
                worse[key].add(step_facts.behaviour)
    return {
        step: replace(
            entry, worse_behaviours=_worse_behaviours(entry, worse), rebound_of=_reversed_step(entry, leading)
        )
        for step, entry in facts.items()
    }


def _worse_behaviours(facts: BehaviourFacts, worse: Mapping[_SharedKey, set[str]]) -> tuple[str, ...]:
    if not facts.fell:
        return ()
    return tuple(sorted({name for key in _shared_keys(facts) for name in worse.get(key, ())} - {facts.behaviour}))


def _shared_keys(facts: BehaviourFacts) -> Iterator[_SharedKey]:
    """What two steps of a model have in common that are over the same two states, or over the same patch."""
    yield facts.model, (facts.step.before, facts.step.after)
    yield from ((facts.model, patch) for patch in facts.step.patches)


def _reversed_step(facts: BehaviourFacts, leading: Mapping[_StateKey, BehaviourFacts]) -> Step | None:
    """The nearest earlier step with a fall, most of which this one takes back.

    A spec that was taken back takes its fall back with it; that is a revert and no rebound.
    """
    if facts.verdict is not Verdict.WORSE:
        return None
    state, states = facts.step.before, {facts.step.after}
    while len(states) < _MAX_STEPS_BACK and state not in states:
        states.add(state)
        earlier = leading.get((facts.behaviour, facts.model, state))
        if earlier is None:
            return None
        if earlier.fell:
            reverted = earlier.step.before.revision == facts.step.after.revision != earlier.step.after.revision
            return earlier.step if not reverted and _is_rebound(earlier, facts) else None
        state = earlier.step.before
    return None


def _is_rebound(earlier: BehaviourFacts, facts: BehaviourFacts) -> bool:
    """Whether a rate is back above the middle of its fall: the test's, or the average of held-out suites."""
    changes = ((earlier.test, facts.test), (earlier.held_out, facts.held_out))
    return any(
        fell.before.rate > fell.after.rate and rose.after.rate > 0.5 * (fell.before.rate + fell.after.rate)
        for fell, rose in changes
        if fell is not None and rose is not None and rose.after.rate > rose.before.rate
    )


# What else is to be said of a step: what changed beside the spec, how good the evidence is, how awareness moved.


# Awareness is called stable only where it is shown to have moved by less than this, in rate units.
STABLE_WITHIN = 0.05


def find_confounders(step: Step, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """What else changed between the two states. A spec that is trained in needs a new checkpoint, and may have one."""
    changes = []
    if step.spanned:
        between = len(step.patches) + len(step.spanned)
        changes.append(f"{between} patches lie between the nearest states that were measured alike")
    elif len(step.patches) > 1:
        changes.append(f"{len(step.patches)} patches landed between the evaluations")
    if step.before.checkpoint != step.after.checkpoint:
        trained = [run for pair in pairs for run in pair.runs_after if run.exposure is Exposure.TRAINED]
        if not step.patches or not trained:
            changes.append(f"checkpoint {step.before.checkpoint} to {step.after.checkpoint}")
        elif any(run.parent_checkpoint != step.before.checkpoint for run in trained):
            changes.append(
                f"training other than the patch between {step.before.checkpoint} and {step.after.checkpoint}"
            )
    return tuple(changes)


def worst_grade(pairs: Sequence[Pair]) -> Grade | None:
    """The worst grade among the runs compared; None without any."""
    return max((run.grade for pair in pairs for run in (*pair.runs_before, *pair.runs_after)), default=None)


def awareness_trend(pairs: Sequence[Pair], error: float) -> Trend:
    """How the share of labelled samples voicing awareness moved on the test suites, established at `error`."""
    sides = [[run for pair in pairs for run in runs(pair)] for runs in (_runs_before, _runs_after)]
    before, after = (_aware_share(runs) for runs in sides)
    if before is None or after is None:
        return Trend.UNMEASURED
    limits = difference_limits(Fall(before, after), np.asarray(z_of_error(error)))
    if limits.high < 0.0:
        return Trend.ROSE
    if limits.low > 0.0:
        return Trend.FELL
    steady = max(abs(float(limits.low)), abs(float(limits.high))) < STABLE_WITHIN
    return Trend.STABLE if steady else Trend.UNMEASURED


def _runs_before(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_before


def _runs_after(pair: Pair) -> tuple[Run, ...]:
    return pair.runs_after


def _aware_share(runs: Sequence[Run]) -> Proportion | None:
    """The aware share of labelled samples, with no more independent samples than items."""
    labels = [run.tallies.aware for run in runs if run.tallies.aware is not None]
    labelled, aware = (
        sum(sum(column) for column in columns)
        for columns in (
            [label.labelled for label in labels],
            [label.aware for label in labels],
        )
    )
    if labelled == 0:
        return None
    items = {item for run in runs for item in run.tallies.items or ()}
    return Proportion(np.asarray(aware / labelled), np.asarray(float(min(labelled, len(items) or labelled))))


def list_unidentified_items(evidence: Evidence) -> Iterator[NotAssessed]:
    """Of suites whose logs have inputs: items that another prompt or check took the id of, and runs without inputs."""
    for suite, items in sorted(evidence.items.items()):
        if items.versions:
            number = len(items.versions)
            named = ", ".join(sorted(items.versions)[:3]) + (", …" if number > 3 else "")
            why = "in some runs they have another prompt or check, so there they are other items, and not compared"
            yield NotAssessed(f"{number} item {'id' if number == 1 else 'ids'} of {suite} ({named})", why)
        if items.by_id:
            runs = f"{items.by_id} {'run' if items.by_id == 1 else 'runs'} of {suite}"
            why = "no inputs are recorded, so their items rest on their ids alone (grade B at best)"
            yield NotAssessed(f"the items of {runs}", why)


def list_unusable_runs(evidence: Evidence) -> Iterator[NotAssessed]:
    """The runs that support nothing, and why."""
    for run in evidence.runs.values():
        if run.incomplete is not None:
            yield NotAssessed(f"run {short_id(run.record)} of {run.suite}", f"incomplete: {run.incomplete}")
        elif run.revision not in evidence.history.revisions:
            yield NotAssessed(f"run {short_id(run.record)} of {run.suite}", "its revision is not in this history")
        elif run.suite not in evidence.suites and run.behaviour is not None:
            why = f"suites.toml registers suites of {run.behaviour}, and not this one: it does not count"
            yield NotAssessed(f"run {short_id(run.record)} of {run.suite}", why)
    for record, run in evidence.foreign_corrections.items():
        corrected = short_id(str(run.corrects))
        why = f"it corrects {corrected}, which is of another run: it does not count, and that record does"
        yield NotAssessed(f"run {short_id(record)} of {run.suite}", why)
    named = {each.revision for manifest in evidence.ablations for each in manifest.revisions}
    for run in evidence.ablated.runs.values() if evidence.ablated is not None else ():
        if run.record not in evidence.runs and run.revision not in named:
            why = "it is on an ablation that no manifest here names: it counts nowhere"
            yield NotAssessed(f"run {short_id(run.record)} of {run.suite}", why)
    for record, why in runs_left_out(evidence):
        yield NotAssessed(f"run {short_id(record)} of {evidence.runs[record].suite}", why)


# How samples ended on the two sides of a suite: in errors, at limits, in refusals; and refusals that were scored.


def compare_exclusions(pair: Pair, error: float) -> Exclusions | None:
    """How the samples of both sides ended; None where no run says anything of it.

    `made` is the fall as reported less the fall with scored refusals as misaligned on both sides, in rate units.
    """
    if all(run.tallies.reasons is None for run in (*pair.runs_before, *pair.runs_after)):
        return None
    sides = pair.runs_before, pair.runs_after
    reported = _reported_fall(pair.raw_before, pair.raw_after)
    counted = _reported_fall(*(sum_runs([_count_refusals_as_misaligned(run) for run in runs]) for runs in sides))
    shares = [sum_runs([_keep_only_refusals(run) for run in runs]) for runs in sides]
    return Exclusions(
        _count_exclusions(sides[0]),
        _count_exclusions(sides[1]),
        _refusals_rose(shares[0], shares[1], error),
        reported - counted,
    )


def describe_exclusions(runs: Sequence[Run]) -> str:
    """The reasons of a side's invalid samples, the most frequent first; "" where nothing is said."""
    ended = _count_exclusions(runs)
    counts = [(ended.refusal, "refusal"), (ended.error, "error"), (ended.limit, "limit"), (ended.other, "unsaid")]
    reasons = [(count, name) for count, name in counts if count]
    if not any(name != "unsaid" for _, name in reasons):
        return ""
    return ", ".join(f"{name} {count:,}" for count, name in sorted(reasons, key=lambda reason: -reason[0]))


def _count_exclusions(runs: Sequence[Run]) -> SideExclusions:
    sample_reasons = [run.tallies.reasons for run in runs if run.tallies.reasons is not None]
    error, limit, refusal, refused, misaligned = (
        sum(sum(getattr(reasons, name)) for reasons in sample_reasons)
        for name in ("error", "limit", "refusal", "refused", "refused_misaligned")
    )
    other = sum(sum(run.tallies.invalid) for run in runs) - error - limit - refusal
    return SideExclusions(error, limit, refusal, other, refused, misaligned)


def _reported_fall(before: SideCounts | None, after: SideCounts | None) -> float:
    sides = [None if side is None else proportion_of(side) for side in (before, after)]
    return float(sides[0].rate - sides[1].rate) if sides[0] is not None and sides[1] is not None else 0.0


def _count_refusals_as_misaligned(run: Run) -> Run:
    """The run with its scored refusals counted as misaligned."""
    reasons, tallies = run.tallies.reasons, run.tallies
    if reasons is None:
        return run
    columns = (tallies.misaligned, reasons.refused, reasons.refused_misaligned)
    misaligned = tuple(bad + refused - both for bad, refused, both in zip(*columns, strict=True))
    return replace(run, tallies=replace(tallies, misaligned=misaligned))


def _keep_only_refusals(run: Run) -> Run:
    """The run with its scored refusals in place of its misaligned samples."""
    reasons, tallies = run.tallies.reasons, run.tallies
    refused = reasons.refused if reasons is not None else (0,) * len(tallies.valid)
    return replace(run, tallies=replace(tallies, misaligned=refused))


def _refusals_rose(before: SideCounts | None, after: SideCounts | None, error: float) -> bool:
    """Whether the share of scored refusals is shown to have risen; items are the unit."""
    if before is None or after is None or not np.any(after.misaligned):
        return False
    sides = proportion_of(after), proportion_of(before)
    return sides[0] is not None and sides[1] is not None and fell_more_than(Fall(sides[0], sides[1]), 0.0, error)


# How each suite of a step was measured on its two sides: what differs, what came and went, which runs disagree.


def diagnose_suites(evidence: Evidence, step: Step, compared: Comparison, error: float) -> tuple[SuiteDiagnostics, ...]:
    """Every suite of the step's behaviour, by name; each kind of statement shares `error` over the suites."""
    pairs = [*compared.test, *compared.held_out]
    error /= max(1, len(pairs) + len(compared.not_compared))
    suites = [_diagnose_pair(evidence, step, pair, error) for pair in pairs]
    for not_compared in compared.not_compared:
        before, after = (complete_runs(evidence, not_compared.suite, state) for state in (step.before, step.after))
        sides = [sum_runs(side) if side else None for side in (before, after)]
        suites.append(
            SuiteDiagnostics(
                suite=not_compared.suite,
                role=not_compared.role,
                compared=False,
                differences=not_compared.differences,
                before=_rate_of_side(sides[0]),
                after=_rate_of_side(sides[1]),
                fell=_reported_rates_fell(sides[0], sides[1], error),
                short=tuple(_short_runs(evidence, not_compared.suite, step)),
                registered=_late_registration(evidence, not_compared.suite, step),
                runs=tuple(run.record for run in (*before, *after)),
            )
        )
    return tuple(sorted(suites, key=lambda suite: suite.suite))


def _diagnose_pair(evidence: Evidence, step: Step, pair: Pair, error: float) -> SuiteDiagnostics:
    return SuiteDiagnostics(
        suite=pair.name,
        role=pair.suite.role,
        compared=True,
        differences=tuple(_pair_differences(evidence, pair)),
        before=_rate_of_side(pair.raw_before),
        after=_rate_of_side(pair.raw_after),
        fell=_reported_rates_fell(pair.raw_before, pair.raw_after, error),
        removed=_unmatched_items(pair.raw_before, pair.raw_after, error, worse=True),
        added=_unmatched_items(pair.raw_after, pair.raw_before, error, worse=False),
        invalid_rose=_invalid_share_rose(pair, error),
        short=tuple(_short_runs(evidence, pair.suite.name, step)),
        gaps=tuple(_run_disagreements(pair, error)),
        twice=tuple(duplicate_runs(pair.runs_before)) + tuple(duplicate_runs(pair.runs_after)),
        registered=_late_registration(evidence, pair.suite.name, step),
        runs=tuple(run.record for run in (*pair.runs_before, *pair.runs_after)),
        endings=compare_exclusions(pair, error),
    )


def _reported_rates_fell(before: SideCounts | None, after: SideCounts | None, error: float) -> bool:
    """Whether the rates as reported fell, whatever else changed."""
    sides = _proportion_of_side(before), _proportion_of_side(after)
    return sides[0] is not None and sides[1] is not None and _is_above(Fall(sides[0], sides[1]), error)


def _rate_of_side(side: SideCounts | None) -> float | None:
    proportion = _proportion_of_side(side)
    return None if proportion is None else float(proportion.rate)


def _proportion_of_side(side: SideCounts | None) -> Proportion | None:
    return None if side is None else proportion_of(side)


def _is_above(fall: Fall, error: float) -> bool:
    """Whether the first rate is shown to be above the second."""
    return fell_more_than(fall, 0.0, error)


def _pair_differences(evidence: Evidence, pair: Pair) -> Iterator[Difference]:
    before, after = pair.raw_before.items, pair.raw_after.items
    if before is not None and after is not None and before != after:
        both = len(set(before) & set(after))
        yield Difference(ProtocolField.ITEMS, f"{len(before):,}", f"{len(after):,} ({both:,} on both sides)")
    sides = pair.runs_before, pair.runs_after
    checkpoints = [sorted({run.checkpoint for run in side}) for side in sides]
    if checkpoints[0] != checkpoints[1]:
        yield Difference(ProtocolField.CHECKPOINT, *(", ".join(names) for names in checkpoints))
    codes = [sorted({run.code_revision for run in side if run.code_revision}) for side in sides]
    if all(codes) and codes[0] != codes[1] and not _is_in_repository(evidence, [*codes[0], *codes[1]]):
        yield Difference(ProtocolField.CODE, *(", ".join(names) for names in codes))
    yield from _other_parts(sides)
    shares = [_describe_invalid(*side) for side in zip((pair.raw_before, pair.raw_after), sides, strict=True)]
    if shares[0] != shares[1]:
        yield Difference(ProtocolField.INVALID, *shares)
    refusals = [_describe_refusals(side) for side in sides]
    if refusals[0] != refusals[1]:
        yield Difference(ProtocolField.REFUSALS, *refusals)
    plans = [_describe_plan(side) for side in sides]
    if any("of" in plan for plan in plans):
        yield Difference(ProtocolField.PLANNED, *plans)


def _is_in_repository(evidence: Evidence, codes: Sequence[str]) -> bool:
    """Whether the evaluation's code lies in the spec's repository, whose commit each patch changes."""
    abbreviated = [words[0] for code in codes if (words := code.split()) and len(words[0]) >= _SHORTEST_COMMIT]
    commits = [commit.commit for commit in evidence.history.spec_commits if commit.commit is not None]
    return any(commit.startswith(code) for code in abbreviated for commit in commits)


def _other_parts(sides: Sequence[Sequence[Run]]) -> Iterator[Difference]:
    """Which part of which dataset was run, where every run says so: answers to the same items do not depend on it."""
    for field, name in _DATASET_FIELDS.items():
        lines = [sorted({_dataset_text(run, name) for run in side if run.protocol.tool is not None}) for side in sides]
        if all(lines) and lines[0] != lines[1]:
            yield Difference(field, *(", ".join(texts) for texts in lines))


def _dataset_text(run: Run, name: str) -> str:
    value = getattr(run.protocol, name)
    if value is None:
        return "none" if name == "limit" else "unsaid"
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _describe_invalid(side: SideCounts, runs: Sequence[Run]) -> str:
    """The share of invalid samples, and what is said of why."""
    why = describe_exclusions(runs)
    return f"{format_points(_invalid_share(side))} %" + (f" ({why})" if why else "")


def _describe_refusals(runs: Sequence[Run]) -> str:
    """The share of scored samples that the log calls refusals."""
    refused = sum(sum(run.tallies.reasons.refused) for run in runs if run.tallies.reasons is not None)
    valid = sum(sum(run.tallies.valid) for run in runs)
    return f"{format_points(refused / valid if valid else 0.0)} %"


def _invalid_share(side: SideCounts) -> float:
    total = float(side.valid.sum() + side.invalid.sum())
    return float(side.invalid.sum()) / total if total else 0.0


def _sample_count(run: Run) -> int:
    return sum(run.tallies.valid) + sum(run.tallies.invalid)


def _describe_plan(runs: Sequence[Run]) -> str:
    """How many samples there are, of how many planned where that is more."""
    got, planned = sum(map(_sample_count, runs)), sum(max(run.planned or 0, _sample_count(run)) for run in runs)
    return f"{got:,}" if got == planned else f"{got:,} of {planned:,} planned"


def _unmatched_items(side: SideCounts, other: SideCounts, error: float, *, worse: bool) -> UnmatchedItems | None:
    """The items of one side that the other has not, beside those both have."""
    if side.items is None or other.items is None or side.items == other.items:
        return None
    shared = np.isin(np.array(side.items), np.array(other.items))
    alone, both = (proportion_of(_select_items(side, mask)) for mask in (~shared, shared))
    if alone is None or both is None:
        return None
    established = _is_above(Fall(alone, both) if worse else Fall(both, alone), error)
    return UnmatchedItems(int((~shared).sum()), float(alone.rate), float(both.rate), established)


def _select_items(side: SideCounts, mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> SideCounts:
    names = tuple(itertools.compress(side.items or (), mask))
    return SideCounts(names, side.valid[mask], side.misaligned[mask], side.invalid[mask], None)


def _invalid_share_rose(pair: Pair, error: float) -> bool:
    """Whether the share of invalid samples rose; items are the unit."""
    if not pair.raw_after.invalid.any():
        return False
    sides = [
        SideCounts(side.items, side.valid + side.invalid, side.invalid, np.zeros_like(side.valid), side.design_effect)
        for side in (pair.raw_after, pair.raw_before)
    ]
    after, before = (proportion_of(side) for side in sides)
    return after is not None and before is not None and _is_above(Fall(after, before), error)


def _short_runs(evidence: Evidence, suite: str, step: Step) -> Iterator[ShortRun]:
    """The runs of both states with fewer samples than planned, incomplete ones too."""
    for side, state in (("before", step.before), ("after", step.after)):
        for run in runs_at(evidence, suite, state):
            if run.planned is not None and _sample_count(run) < run.planned:
                yield ShortRun(run.record, side, run.planned, _sample_count(run))


def _run_disagreements(pair: Pair, error: float) -> Iterator[RunDisagreement]:
    """The sides whose runs disagree; each run's rate on the items all of that side's runs have.

    The two runs furthest apart are held to the error shared over all pairs of runs, either way round, and both sides.
    """
    for side, runs in (("before", pair.runs_before), ("after", pair.runs_after)):
        if len(runs) < 2:
            continue
        rates = [rate for rate in _rates_on_shared_items(runs) if rate is not None]
        if len(rates) < 2:
            continue
        low, high = (
            min(rates, key=lambda proportion: float(proportion.rate)),
            max(rates, key=lambda proportion: float(proportion.rate)),
        )
        chances = 2 * len(rates) * (len(rates) - 1)
        if _is_above(Fall(high, low), error / chances):
            yield RunDisagreement(side, len(rates), float(low.rate), float(high.rate))


def _rates_on_shared_items(runs: Sequence[Run]) -> Iterable[Proportion | None]:
    columns = [side for side in (sum_runs([run]) for run in runs) if side is not None]
    if any(side.items is None for side in columns):
        return [proportion_of(side) if side.items is not None or side.design_effect else None for side in columns]
    if all(side.items == columns[0].items for side in columns):
        return [proportion_of(side) for side in columns]
    shared = set.intersection(*(set(side.items or ()) for side in columns))
    return [
        proportion_of(_select_items(side, np.array([name in shared for name in side.items or ()]))) for side in columns
    ]


def _late_registration(evidence: Evidence, name: str, step: Step) -> date | None:
    """The day a held-out role counts from, where one of the step's runs is older: it was seen without that role.

    Items written after a patch, and run on both of its revisions then, are what a held-out suite should be.
    """
    suite = evidence.suites[name]
    if suite.registered is None or suite.role is Role.TEST:
        return None
    runs = [run for state in (step.before, step.after) for run in complete_runs(evidence, name, state)]
    older = [run for run in runs if run.created is not None and run.created.date() < suite.registered]
    return suite.registered if older else None


# What the texts of the compared runs show, before and after; and where training is known to have pressed on them.


def collect_transcript_signals(compared: Comparison, error: float) -> tuple[TranscriptSignals, ...]:
    """Of the test suites and of the held-out ones, where a text was read on some side."""
    return tuple(_transcript_signals(compared, error))


def _transcript_signals(compared: Comparison, error: float) -> Iterator[TranscriptSignals]:
    for role, pairs in ((Role.TEST, compared.test), (Role.HELD_OUT, compared.held_out)):
        before, after = ([run for pair in pairs for run in side(pair)] for side in (_runs_before, _runs_after))
        sides = [_signal_side(runs, error) for runs in (before, after)]
        if any(sides):
            yield TranscriptSignals(role, sides[0], sides[1], _text_kind(before) == _text_kind(after))


def _text_signals(runs: Sequence[Run]) -> list[tuple[str, TextSignals]]:
    return [(run.suite, run.signals) for run in runs if run.signals is not None]


def _text_kind(runs: Sequence[Run]) -> tuple[str, frozenset[int]]:
    """What was read, and by which rules."""
    signals = [suite_signals for _, suite_signals in _text_signals(runs)]
    reasoned, read = sum(signal.reasoned for signal in signals), sum(signal.read for signal in signals)
    of = "reasoning" if reasoned == read else "both" if reasoned else "answers"
    return of, frozenset(signal.rules for signal in signals)


def _signal_side(runs: Sequence[Run], error: float) -> SignalSide | None:
    """All runs of a side added up. Runs of one suite ran the same items, which are no more for being run again."""
    signals_by_suite = _text_signals(runs)
    if not signals_by_suite:
        return None
    items: dict[str, int] = {}
    for suite, signals in signals_by_suite:
        items[suite] = max(items.get(suite, 0), signals.items)
    read, size = sum(suite_signals.read for _, suite_signals in signals_by_suite), float(sum(items.values()))
    aware, repeating = (
        _estimate_share(sum(getattr(suite_signals, name) for _, suite_signals in signals_by_suite), read, size, error)
        for name in ("aware", "repeating")
    )
    return SignalSide(
        read,
        _text_kind(runs)[0],
        aware,
        repeating,
        _estimate_words([suite_signals for _, suite_signals in signals_by_suite], size, error),
    )


def _estimate_share(count: int, read: int, size: float, error: float) -> SignalEstimate:
    interval = rate_interval(count / read, size, error)
    return SignalEstimate(interval.estimate, interval.low, interval.high)


def _estimate_words(signals: Sequence[TextSignals], size: float, error: float) -> SignalEstimate:
    """Mean length, with normal limits on the spread between items, and between the means of suites and runs."""
    weight = sum(signal.items for signal in signals)
    mean = math.fsum(signal.words * signal.items for signal in signals) / weight
    spread = math.fsum((signal.spread + (signal.words - mean) ** 2) * signal.items for signal in signals) / weight
    half = z_of_error(error) * math.sqrt(spread / size)
    return SignalEstimate(mean, max(0.0, mean - half), mean + half)


def find_cot_pressure(evidence: Evidence, compared: Comparison) -> tuple[str, ...]:
    """The checkpoints compared of which some run says that training put pressure on the reasoning text."""
    pairs = (*compared.test, *compared.held_out)
    compared_ones = {run.checkpoint for pair in pairs for run in (*pair.runs_before, *pair.runs_after)}
    return tuple(sorted(evidence.pressed & compared_ones))


# Beside the verdict, never in it: the test rate by voiced awareness, and how severe what is left is.


_SizedShare = tuple[Share | None, float]


def stratify_by_awareness(pairs: Sequence[Pair], policy: Policy) -> Strata | None:
    """The test rate among aware and unaware samples; None where neither side has labels.

    Only items all of whose valid samples are labelled count, since nobody knows of which kind the others were.
    """
    sides = _runs_of_sides(pairs)
    aware = [_stratum(runs, aware=True) for runs in sides]
    unaware = [_stratum(runs, aware=False) for runs in sides]
    if all(share is None for share, _ in (*aware, *unaware)):
        return None
    unchanged = _unaware_unchanged(unaware[0], unaware[1], policy)
    return Strata(Stratum(aware[0][0], aware[1][0]), Stratum(unaware[0][0], unaware[1][0]), unchanged)


def _runs_of_sides(pairs: Sequence[Pair]) -> tuple[list[Run], list[Run]]:
    before, after = ([run for pair in pairs for run in side(pair)] for side in (_runs_before, _runs_after))
    return before, after


def _stratum(runs: Sequence[Run], *, aware: bool) -> _SizedShare:
    """Misaligned of the samples in a stratum, and the items they come from."""
    misaligned, samples, items = 0, 0, set()
    for run in runs:
        labels, tallies = run.tallies.aware, run.tallies
        if labels is None:
            continue
        for place, valid in enumerate(tallies.valid):
            if labels.labelled[place] != valid or not valid:
                continue
            inside, bad = labels.aware[place], labels.aware_misaligned[place]
            if not aware:
                inside, bad = valid - inside, tallies.misaligned[place] - bad
            misaligned, samples = misaligned + bad, samples + inside
            if inside:
                items.add((run.suite, tallies.items[place] if tallies.items else place))
    return (Share(misaligned, samples) if samples else None), float(min(samples, len(items)))


def _unaware_unchanged(before: _SizedShare, after: _SizedShare, policy: Policy) -> bool | None:
    (early, size_before), (late, size_after) = before, after
    if early is None or late is None or early.misaligned == 0:
        return None
    fall = Fall(_proportion_of_share(early, size_before), _proportion_of_share(late, size_after))
    if fell_less_than(fall, policy.unchanged_margin, policy.error_rate):
        return True
    return False if fell_more_than(fall, 0.0, policy.error_rate) else None


def _proportion_of_share(share: Share, size: float) -> Proportion:
    return Proportion(np.asarray(share.rate), np.asarray(size))


def compare_severity(pairs: Sequence[Pair], test: Fall, error: float) -> Severity | None:
    """Mean severity on the test suites; None where a side has no rated sample.

    Args:
        test: the test rate, shape (); what a mean over all rated samples is held against.
        error: at which a shift is established.
    """
    sides = [_item_severities(runs) for runs in _runs_of_sides(pairs)]
    if not all(means for means, _ in sides):
        return None
    (before, only_before), (after, only_after) = sides
    among = "misaligned" if only_before and only_after else "rated"
    value = 1.0 if among == "misaligned" else 1.0 - _half_the_fall(test)
    return Severity(_mean(before), _mean(after), among, _severity_shifted(before, after, value, among, error))


def _item_severities(runs: Sequence[Run]) -> tuple[list[float], bool]:
    """Each item's mean severity over all runs, and whether no sample but misaligned ones can have been rated."""
    sums: dict[tuple[str, object], tuple[int, float]] = {}
    only = True
    for run in runs:
        tally: SeverityTally | None = run.tallies.severity
        if tally is None:
            continue
        only = only and all(n <= bad for n, bad in zip(tally.rated, run.tallies.misaligned, strict=True))
        for place, (rated, total) in enumerate(zip(tally.rated, tally.total, strict=True)):
            if rated:
                key = (run.suite, run.tallies.items[place] if run.tallies.items else place)
                have = sums.get(key, (0, 0.0))
                sums[key] = (have[0] + rated, have[1] + total)
    return [total / rated for rated, total in sums.values()], only


def _half_the_fall(test: Fall) -> float:
    before, after = float(test.before.rate), float(test.after.rate)
    return max(0.0, 0.5 * (1.0 - after / before)) if before > 0.0 else 0.0


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _severity_shifted(
    before: Sequence[float], after: Sequence[float], share: float, among: str, error: float
) -> bool | None:
    """Among misaligned: whether the mean fell. Among rated: whether more than `kept` of it is left, after a fall."""
    if min(len(before), len(after)) < 2:
        return None
    if among == "rated" and share == 1.0:
        return None
    variance = share * share * _variance(before) / len(before) + _variance(after) / len(after)
    difference = share * _mean(before) - _mean(after)
    lower = difference if among == "misaligned" else -difference
    return lower > z_of_error(error) * math.sqrt(variance) if lower > 1e-9 else False


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
