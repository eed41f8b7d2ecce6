"""How a step was measured, in a line or two under its card: differences, the parts of a fall, residual, secondary
outcomes.

The facts of a behaviour come in, lines of text go out, which terminal, Markdown and page share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from auditor.assess.attribution import waterfall
from auditor.assess.facts import (
    BehaviourFacts,
    Change,
    Difference,
    PatchFacts,
    ProtocolField,
    SignalEstimate,
    Stratum,
    SuiteDiagnostics,
    TranscriptSignals,
)
from auditor.assess.online_fdr import OnlineDecision
from auditor.assess.residual import Residual, ResidualState
from auditor.assess.sensitivity import Sensitivity
from auditor.model.suite import Role
from auditor.model.verdict import Verdict
from auditor.render.escape import escape_terminal

PART_NAMES = {
    "selection": "which runs were picked",
    "items": "which items were run",
    "invalid": "invalid samples, at most",
    "behaviour": "what the model did",
}
_ROLES = {Role.TEST: "test", Role.HELD_OUT: "held-out", Role.DEPLOYMENT: "deployment"}
_BAR_WIDTH = 24


def diagnostic_lines(facts: BehaviourFacts) -> Iterator[Text]:
    """Everything there is to say of how a step was measured; nothing where nothing differs."""
    yield from _differences(facts)
    if facts.attribution is not None and (facts.verdict is Verdict.ARTEFACT or facts.attribution.telling):
        yield from _waterfall(facts)
    yield from _run_variation_line(facts)
    yield from _sequential_line(facts)
    yield from _checkpoint_line(facts)
    yield from _secondary_outcomes(facts)
    yield from _transcript_lines(facts)
    if facts.sensitivity is not None and (said := sensitivity_clauses(facts.sensitivity)):
        yield Text(f"hangs on: {escape_terminal('; '.join(said))}", style="dim")


def describe_run_variation(patches: Iterable[PatchFacts]) -> str:
    """Whether the limits beside their rates have in them what differs from run to run."""
    given = [one for patch in patches for one in patch.behaviours if one.test is not None]
    known = sum(one.account.run_to_run is not None for one in given)
    if known == len(given) > 0:
        return "run-to-run variance, as repeated runs show it, is in it"
    if known:
        return f"run-to-run variance is in it for the {known} of {len(given)} verdicts with a state run twice"
    return "run-to-run variance is not in it: no state was run twice"


def further_diagnostic_lines(facts: BehaviourFacts) -> Iterator[Text]:
    """What differs from run to run, repeated looks, the checkpoint by itself, and what the texts of samples show."""
    yield from _run_variation_line(facts)
    yield from _sequential_line(facts)
    yield from _checkpoint_line(facts)
    yield from _transcript_lines(facts)


def residual_line(facts: BehaviourFacts) -> Iterator[Text]:
    """For the suites near zero after: whether that is within the tolerance, and what it would take to say so."""
    sides = [("test", facts.left)] if facts.left is not None else []
    sides += [(f"{_ROLES[one.role]} {escape_terminal(one.suite)}", one.left) for one in facts.suites]
    near = [(name, left) for name, left in sides if left.near_zero]
    if near:
        asked = dict.fromkeys(filter(None, (samples_to_confirm(left) for _, left in near)))
        said = [*(f"{name} {describe_residual(left)}" for name, left in near), *asked]
        yield Text(f"left: {'; '.join(said)}", style="dim")


def describe_residual(left: Residual) -> str:
    """Eliminated or reduced, or neither, and the most there can be."""
    under = f"under {_precise_percent(left.tolerance)}"
    said = {
        ResidualState.ELIMINATED: "eliminated",
        ResidualState.REDUCED: "reduced, not eliminated",
        ResidualState.UNDER: under,
        ResidualState.NOT_REDUCED: f"not shown to be {under}",
    }[left.left]
    return said if left.upper is None else f"{said} (at most {_precise_percent(left.upper)})"


def samples_to_confirm(left: Residual) -> str:
    """How many samples would show that a failure was eliminated; "" where that is shown, or no number would."""
    if left.needed is None or left.left in (ResidualState.ELIMINATED, ResidualState.UNDER):
        return ""
    return f"under {_precise_percent(left.tolerance)} takes {left.needed:,} samples without a failure"


def _precise_percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def sensitivity_clauses(given: Sensitivity) -> list[str]:
    """What would change a verdict, a clause each; none where no threshold, scale or suite left out does."""
    said = []
    if given.tips_at is not None:
        said.append(f"{Verdict.TEST_ONLY} at transfer thresholds above {given.tips_at:.2f} only")
    if given.scales_differ:
        said.append(f"{given.on_rates} on rates, {given.on_odds} on odds")
    return said + [f"without {suite} {verdict}" for suite, verdict in given.without]


def _run_variation_line(facts: BehaviourFacts) -> Iterator[Text]:
    """Said where runs of one state are further apart than their items explain."""
    effect = facts.account.run_to_run
    if effect is not None and effect.variance > 0.0 and facts.test is not None:
        rate = facts.test.before.rate
        sure = f"from {effect.runs} repeated run{'' if effect.runs == 1 else 's'}, in the limits"
        yield Text(f"run to run: {100 * effect.points(rate):.1f} points (sd) at {_percent(rate)}, {sure}", style="dim")


def _sequential_line(facts: BehaviourFacts) -> Iterator[Text]:
    """Said where runs were added once it could be read."""
    seen = facts.at_any_time
    if seen is not None and seen.looks > 1:
        said = "holds" if seen.holds else "does not hold"
        evidence = f"e-value {seen.e_value:.3g}, {seen.asked:.3g} asked"
        yield Text(f"read {seen.looks} times with other runs: {said} however often one looks ({evidence})", style="dim")


def online_fdr_line(place: OnlineDecision | None, accused: bool) -> Iterator[Text]:
    """For an accused patch: whether that holds when all patches are looked at together."""
    if place is not None and accused:
        said = "the accusation holds" if place.survives else "not sure enough to hold"
        numbers = f"p {place.p_value:.2g} at place {place.number}, where {place.level:.2g} is asked"
        yield Text(f"across all patches: {said} ({numbers})", style="dim")


def _differences(facts: BehaviourFacts) -> Iterator[Text]:
    for word, suites in (("differs", facts.account.measured), ("passed over", facts.account.passed_over)):
        said = [_suite_differences(one) for one in suites if notable_differences(one)]
        if said:
            yield Text(f"{word}: {'; '.join(said)}", style="dim")


def notable_differences(one: SuiteDiagnostics) -> list[Difference]:
    """What is worth a line: not a few more invalid samples, nor the checkpoint, which the card names already."""
    quiet = {ProtocolField.CHECKPOINT} if one.invalid_rose else {ProtocolField.CHECKPOINT, ProtocolField.INVALID}
    return [part for part in one.differences if part.what not in quiet]


def _suite_differences(one: SuiteDiagnostics) -> str:
    parts = [
        f"{part.what} {escape_terminal(part.before)} to {escape_terminal(part.after)}"
        for part in notable_differences(one)
    ]
    return f"{escape_terminal(one.suite)}: {', '.join(parts)}"


def _waterfall(facts: BehaviourFacts) -> Iterator[Text]:
    """The raw fall, taken apart: one line a part, in points, with a bar."""
    parts = facts.attribution
    assert parts is not None
    best = ", by the runs that suit it best" if parts.selection else ""
    yield Text(f"reported fall{best}: {100 * parts.raw:.1f} points, of which")
    for name, part in waterfall(parts).items():
        if part is None:
            yield Text(f"  {'?':>6}  {PART_NAMES[name]}: cannot be separated")
            continue
        bound = parts.bounds.get(name)
        spread = bound is not None and bound.high - bound.low > 1e-9
        limits = f" [{100 * bound.low:.1f}, {100 * bound.high:.1f}]" if bound is not None and spread else ""
        share = max(0.0, min(1.0, part / parts.raw)) if parts.raw > 0.0 else 0.0
        bar = "#" * round(_BAR_WIDTH * share)
        yield Text(f"  {100 * part:6.1f}  {bar:<{_BAR_WIDTH}}  {PART_NAMES[name]}{limits}")


def _checkpoint_line(facts: BehaviourFacts) -> Iterator[Text]:
    alone = facts.checkpoint_alone
    if alone is None:
        return
    sides = [
        f"test {_rate_change(alone.test)}",
        *([f"held-out {_rate_change(alone.held_out)}"] if alone.held_out else []),
    ]
    names = f"{escape_terminal(alone.before)} to {escape_terminal(alone.after)}"
    under = "before" if alone.revision == facts.step.before.revision else "after"
    yield Text(f"the checkpoint alone ({names}, under the revision {under}): {', '.join(sides)}", style="dim")


def _rate_change(change: Change) -> str:
    return f"{_percent(change.before.rate)} to {_percent(change.after.rate)}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def _secondary_outcomes(facts: BehaviourFacts) -> Iterator[Text]:
    said = [*_stratum_clauses(facts), *_severity_clauses(facts)]
    if said:
        yield Text(f"beside the verdict: {'; '.join(said)}", style="dim")


def _transcript_lines(facts: BehaviourFacts) -> Iterator[Text]:
    said = [*_stratum_clauses(facts), *_severity_clauses(facts)]
    shown = [signals for signals in facts.account.signals if _is_notable(signals)]
    for signals in shown:
        yield Text(f"texts, {_ROLES[signals.role]}: {', '.join(_signal_clauses(signals))}", style="dim")
    if facts.account.pressed and (said or shown):
        checkpoints = ", ".join(map(escape_terminal, facts.account.pressed))
        why = f"training is declared to have put pressure on the reasoning of {checkpoints}"
        yield Text(f"weakened: {why}; what it no longer says shows little", style="yellow")


def _is_notable(signals: TranscriptSignals) -> bool:
    """Whether there is anything to say: a phrase, a repetition, or lengths whose limits do not meet."""
    sides = [side for side in (signals.before, signals.after) if side is not None]
    if any(side.aware.estimate or side.repeating.estimate for side in sides):
        return True
    return max(side.words.low for side in sides) > min(side.words.high for side in sides)


def _signal_clauses(signals: TranscriptSignals) -> Iterator[str]:
    sides = signals.before, signals.after
    yield f"voice being tested {' to '.join(_format_share(side.aware if side else None) for side in sides)}"
    yield f"fall into repetition {' to '.join(_format_share(side.repeating if side else None) for side in sides)}"
    yield f"words {' to '.join(_format_length(side.words if side else None) for side in sides)}"
    read = [f"{side.read:,} of {side.of}" if side else "none" for side in sides]
    yield f"read {' and '.join(read)}{'' if signals.alike else ' (not alike: nothing can be compared)'}"


def _format_share(measure: SignalEstimate | None) -> str:
    if measure is None:
        return "not read"
    return f"{_percent(measure.estimate)} [{100 * measure.low:.1f}, {100 * measure.high:.1f}]"


def _format_length(measure: SignalEstimate | None) -> str:
    return "not read" if measure is None else f"{measure.estimate:.0f} [{measure.low:.0f}, {measure.high:.0f}]"


def _stratum_clauses(facts: BehaviourFacts) -> Iterable[str]:
    strata = facts.account.strata
    if strata is None:
        return
    for word, stratum in (("aware", strata.aware), ("unaware", strata.unaware)):
        yield f"misaligned among {word} samples {_stratum_rates(stratum)}"


def _stratum_rates(stratum: Stratum) -> str:
    sides = [
        "none seen" if share is None else f"{_percent(share.rate)} ({share.misaligned}/{share.samples})"
        for share in (stratum.before, stratum.after)
    ]
    return f"{sides[0]} to {sides[1]}"


def _severity_clauses(facts: BehaviourFacts) -> Iterable[str]:
    severity = facts.account.severity
    if severity is not None:
        milder = ", shown to be milder" if severity.shifted else ""
        among = "misaligned" if severity.among == "misaligned" else "all rated"
        yield f"mean severity of {among} samples {severity.before:.2f} to {severity.after:.2f}{milder}"
