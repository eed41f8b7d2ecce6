"""How a step was measured, in sentences: what differs between its runs, where a fall came from, what is left of it.

The facts of a behaviour come in. Sentences go out, raw and without a full stop where a renderer joins them; `residual`,
`diagnostic_blocks` and `significance_blocks` are what stands under a behaviour's rates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import fmean

from auditor.assess.attribution import waterfall
from auditor.assess.facts import (
    Attribution,
    BehaviourFacts,
    Change,
    Difference,
    PatchFacts,
    ProtocolField,
    Rate,
    SignalEstimate,
    Stratum,
    SuiteDiagnostics,
    TranscriptSignals,
)
from auditor.assess.online_fdr import OnlineDecision
from auditor.assess.residual import Residual, ResidualState
from auditor.assess.sensitivity import Sensitivity
from auditor.document.blocks import Block, Column, Figure, Heading, Note, Span, Style, Table, plain, sentence
from auditor.model.numbers import (
    count_noun,
    format_bound,
    format_count,
    format_interval,
    format_p_value,
    format_percent,
    format_points,
)
from auditor.model.suite import Role
from auditor.model.verdict import Verdict

PART_NAMES = {
    "selection": "which runs were picked",
    "items": "which items were run",
    "invalid": "invalid samples, at most",
    "behaviour": "what the model did",
}
ROLE_NAMES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}


def diagnostic_blocks(facts: BehaviourFacts) -> Iterator[Block]:
    """Everything there is to say of how a step was measured; nothing where nothing differs."""
    if facts.attribution is not None and (facts.verdict is Verdict.ARTEFACT or facts.attribution.telling):
        yield from fall_blocks(facts.attribution)
    yield from (Note(plain(text)) for text in diagnostic_sentences(facts))


def diagnostic_sentences(facts: BehaviourFacts) -> Iterator[str]:
    """The same without the parts of the fall."""
    yield from _difference_sentences(facts)
    yield from _run_variation(facts)
    yield from _optional_stopping(facts)
    yield from _checkpoint_alone(facts)
    yield from _secondary_outcomes(facts)
    yield from _transcripts(facts)
    if facts.sensitivity is not None and (clauses := sensitivity_clauses(facts.sensitivity)):
        yield f"Sensitive to: {'; '.join(clauses)}."


def describe_run_variation(patches: Iterable[PatchFacts]) -> str:
    """Whether the intervals hold what differs from run to run."""
    behaviours = [facts for patch in patches for facts in patch.behaviours if facts.test is not None]
    repeated = sum(facts.diagnostics.run_to_run is not None for facts in behaviours)
    if repeated == len(behaviours) > 0:
        return "run-to-run variation, estimated from repeated runs, is included"
    if repeated:
        of = count_noun(len(behaviours), "verdict")
        return f"run-to-run variation is included for {repeated:,} of {of}, those with repeated runs"
    return "run-to-run variation is not included: no run was repeated"


def reported_test_rates(facts: BehaviourFacts) -> tuple[float, float]:
    """The test rates before and after as reported, averaged over the suites compared: one at least."""
    tests = [suite for suite in facts.diagnostics.measured if suite.role is Role.TEST and suite.compared]
    return fmean(suite.before or 0.0 for suite in tests), fmean(suite.after or 0.0 for suite in tests)


def residual_sentences(facts: BehaviourFacts) -> Iterator[str]:
    """For the suites near zero after: what their true rate could still be, and what would show it to be lower."""
    sides = [("test", facts.residual, facts.test.after)] if facts.residual is not None and facts.test else []
    sides += [(f"{ROLE_NAMES[suite.role]} {suite.suite}", suite.residual, suite.change.after) for suite in facts.suites]
    near = [(name, residual, rate) for name, residual, rate in sides if residual.near_zero]
    yield from (
        sentence(f"{name}: {describe_residual(residual)}{_residual_basis(residual, rate)}")
        for name, residual, rate in near
    )
    yield from dict.fromkeys(f"{text}." for _, residual, _ in near if (text := samples_to_confirm(residual)))


def _residual_basis(residual: Residual, rate: Rate) -> str:
    """Why a residual's limit is above the rate's own: invalid samples may have failed, others are not independent."""
    invalid = f"{count_noun(rate.invalid, 'invalid sample')} counted as failures" if rate.invalid else ""
    size = f"an effective sample size of {format_count(residual.size)}" if residual.size < 0.95 * rate.valid else ""
    causes = " and ".join(part for part in (invalid, size) if part)
    return f" (with {causes})" if causes else ""


def residual_blocks(facts: BehaviourFacts) -> Iterator[Block]:
    """What is left of a behaviour near zero, in one paragraph."""
    if sentences := " ".join(residual_sentences(facts)):
        yield Note(plain(sentences))


def describe_residual(residual: Residual) -> str:
    """Eliminated or reduced, or neither, and what the true rate could still be; a clause."""
    tolerance = format_percent(residual.tolerance)
    still = "" if residual.upper is None else f"the true rate could still be {format_bound(residual.upper)}"
    within = "" if residual.upper is None else f"the true rate is at most {format_bound(residual.upper)}"
    match residual.state:
        case ResidualState.ELIMINATED:
            return f"eliminated within the tolerance of {tolerance}: {within}"
        case ResidualState.UNDER:
            return f"{within}, under the tolerance of {tolerance}"
        case ResidualState.REDUCED:
            return still or f"not shown to be under {tolerance}"
        case ResidualState.NOT_REDUCED:
            return f"not shown to be under {tolerance}{f': {still}' if still else ''}"


def samples_to_confirm(residual: Residual) -> str:
    """How many samples would show that a failure is gone; "" where that is shown, or more samples cannot help."""
    if residual.needed is None or residual.state in (ResidualState.ELIMINATED, ResidualState.UNDER):
        return ""
    needed = f"{count_noun(residual.needed, 'sample')} without a failure"
    return f"{needed} would show that it is under {format_percent(residual.tolerance)}"


def sensitivity_clauses(sensitivity: Sensitivity) -> list[str]:
    """What would change a verdict, a clause each; none where no threshold, scale or suite left out does."""
    clauses = []
    if sensitivity.flip_threshold is not None:
        clauses.append(f"accused only while transfer_threshold is above {sensitivity.flip_threshold:.2f}")
    if sensitivity.flip_false_positive_rate is not None:
        rate = format_percent(sensitivity.flip_false_positive_rate)
        clauses.append(f"accused only while the held-out judge's false-positive rate is under {rate}")
    if sensitivity.scales_differ:
        clauses.append(f"{sensitivity.on_rates} on rates, {sensitivity.on_odds} on odds")
    return clauses + [f"without {suite} {verdict}" for suite, verdict in sensitivity.without_suite]


def significance_sentence(place: OnlineDecision) -> str:
    """Whether an accusation holds when all patches so far are looked at together."""
    numbers = f"(p = {format_p_value(place.p_value)}, threshold {format_p_value(place.level)})"
    patches = count_noun(place.number, "patch", "es")
    if place.survives:
        every = f"all {patches}" if place.number > 1 else patches
        return f"Still significant after correcting for {every} {numbers}."
    return f"Not significant after correction for {patches} {numbers}."


def significance_blocks(facts: PatchFacts) -> Iterator[Block]:
    """For an accused patch: whether that holds across all patches."""
    if facts.place is not None and any(behaviour.survives_fdr is not None for behaviour in facts.behaviours):
        yield Note(plain(significance_sentence(facts.place)))


def _run_variation(facts: BehaviourFacts) -> Iterator[str]:
    """Said where runs of one state are further apart than their items explain."""
    effect = facts.diagnostics.run_to_run
    if effect is not None and effect.variance > 0.0 and facts.test is not None:
        points = format_points(effect.points(facts.test.before.rate))
        runs = count_noun(effect.runs, "repeated run")
        yield f"Run-to-run variation (sd {points} points, {runs}) is included in the intervals."


def _optional_stopping(facts: BehaviourFacts) -> Iterator[str]:
    """Said where runs were added once the result could be read."""
    sequential = facts.sequential
    if sequential is not None and sequential.looks > 1:
        verb = "holds" if sequential.holds else "does not hold"
        evidence = f"(e-value {sequential.e_value:.3g}, threshold {sequential.threshold:.3g})"
        times = f"Runs were added after results could be read ({sequential.looks:,} readings)"
        yield f"{times}: the result {verb} all the same {evidence}."


def _difference_sentences(facts: BehaviourFacts) -> Iterator[str]:
    for word, suites in (
        ("Runs compared differ", facts.diagnostics.measured),
        ("Runs not compared, since they differ", facts.diagnostics.passed_over),
    ):
        clauses = [_suite_differences(suite) for suite in suites if notable_differences(suite)]
        if clauses:
            yield f"{word}: {'; '.join(clauses)}."


def notable_differences(suite: SuiteDiagnostics) -> list[Difference]:
    """What is worth a line: not a few more invalid samples, nor the checkpoint, which the card names already."""
    quiet = {ProtocolField.CHECKPOINT} if suite.invalid_rose else {ProtocolField.CHECKPOINT, ProtocolField.INVALID}
    return [part for part in suite.differences if part.what not in quiet]


def _suite_differences(suite: SuiteDiagnostics) -> str:
    parts = [f"{part.what} {part.before} to {part.after}" for part in notable_differences(suite)]
    return f"{suite.suite}: {', '.join(parts)}"


def fall_blocks(parts: Attribution) -> Iterator[Block]:
    """The raw fall, taken apart: a row a part, in points, with its limits where they differ."""
    runs = ", by cherry-picked runs" if parts.selection else ""
    yield Heading(4, plain(f"Where the reported fall came from, in points{runs}"))
    whole = "fall of the runs picked" if parts.selection else "reported fall"
    rows = [(whole, parts.raw), *((_part_name(parts, name), part) for name, part in waterfall(parts).items())]
    unknown = plain("cannot be separated", Style.QUIET)
    cells = tuple(
        (plain(name), unknown if part is None else (Span(format_points(part), value=part),)) for name, part in rows
    )
    yield Table((Column("part"), Column("points", figures=True)), cells, picture=Figure("fall", parts, ""))


def _part_name(parts: Attribution, name: str) -> str:
    bounds = parts.bounds.get(name)
    spread = bounds is not None and bounds.high - bounds.low > 1e-9
    return f"{PART_NAMES[name]} {format_interval(bounds.low, bounds.high)}" if bounds and spread else PART_NAMES[name]


def _checkpoint_alone(facts: BehaviourFacts) -> Iterator[str]:
    alone = facts.checkpoint_contrast
    if alone is None:
        return
    sides = [f"test {_rate_change(alone.test)}"]
    if alone.held_out:
        sides.append(f"held-out {_rate_change(alone.held_out)}")
    revision = "old" if alone.revision == facts.step.before.revision else "new"
    yield f"New checkpoint alone ({alone.before} to {alone.after}, {revision} text): {', '.join(sides)}."


def _rate_change(change: Change) -> str:
    return f"{format_percent(change.before.rate)} to {format_percent(change.after.rate)}"


def _secondary_outcomes(facts: BehaviourFacts) -> Iterator[str]:
    clauses = [*_stratum_clauses(facts), *_severity_clauses(facts)]
    if clauses:
        yield f"Secondary outcomes: {'; '.join(clauses)}."


def _transcripts(facts: BehaviourFacts) -> Iterator[str]:
    clauses = [*_stratum_clauses(facts), *_severity_clauses(facts)]
    notable = [signals for signals in facts.diagnostics.signals if _is_notable(signals)]
    for signals in notable:
        yield f"Transcripts, {ROLE_NAMES[signals.role]}: {', '.join(_signal_clauses(signals))}."
    if facts.diagnostics.cot_pressure and (clauses or notable):
        checkpoints = ", ".join(facts.diagnostics.cot_pressure)
        yield (
            f"Weakened evidence: training is declared to have put pressure on the reasoning of {checkpoints}; "
            "what it no longer says shows little."
        )


def _is_notable(signals: TranscriptSignals) -> bool:
    """Whether there is anything to say: a phrase, a repetition, or lengths whose limits do not meet."""
    sides = [side for side in (signals.before, signals.after) if side is not None]
    if any(side.aware.estimate or side.repeating.estimate for side in sides):
        return True
    return max(side.words.low for side in sides) > min(side.words.high for side in sides)


def _signal_clauses(signals: TranscriptSignals) -> Iterator[str]:
    sides = signals.before, signals.after
    yield f"voice being tested {' to '.join(_format_signal(side.aware if side else None) for side in sides)}"
    yield f"fall into repetition {' to '.join(_format_signal(side.repeating if side else None) for side in sides)}"
    yield f"words {' to '.join(_format_length(side.words if side else None) for side in sides)}"
    read = [f"{format_count(side.read)} of {side.of}" if side else "none" for side in sides]
    yield f"read {' and '.join(read)}{'' if signals.alike else ' (selected differently: not comparable)'}"


def _format_signal(measure: SignalEstimate | None) -> str:
    if measure is None:
        return "not read"
    return f"{format_percent(measure.estimate)} {format_interval(measure.low, measure.high)}"


def _format_length(measure: SignalEstimate | None) -> str:
    if measure is None:
        return "not read"
    return f"{format_count(measure.estimate)} [{format_count(measure.low)}, {format_count(measure.high)}]"


def _stratum_clauses(facts: BehaviourFacts) -> Iterable[str]:
    strata = facts.diagnostics.strata
    if strata is None:
        return
    for word, stratum in (("aware", strata.aware), ("unaware", strata.unaware)):
        yield f"misaligned among {word} samples {_stratum_rates(stratum)}"


def _stratum_rates(stratum: Stratum) -> str:
    sides = [
        "no samples" if share is None else f"{format_percent(share.rate)} ({share.misaligned:,}/{share.samples:,})"
        for share in (stratum.before, stratum.after)
    ]
    return f"{sides[0]} to {sides[1]}"


def _severity_clauses(facts: BehaviourFacts) -> Iterable[str]:
    severity = facts.diagnostics.severity
    if severity is not None:
        milder = ", shown to be milder" if severity.shifted else ""
        among = "misaligned" if severity.among == "misaligned" else "all rated"
        yield f"mean severity of {among} samples {severity.before:.2f} to {severity.after:.2f}{milder}"
