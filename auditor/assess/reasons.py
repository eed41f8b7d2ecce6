"""The sentence for each verdict: what the evidence says, with its numbers, never why a model acted."""

from __future__ import annotations

from auditor.assess.comparable import Comparison
from auditor.assess.facts import Attribution, BehaviourFacts, Change, MissingEvidence, SuiteFacts
from auditor.assess.verdicts import PValues, Statement
from auditor.model.numbers import format_count, format_points, format_rate
from auditor.model.suite import Role
from auditor.model.verdict import Verdict

_MISSING_SENTENCES = {
    MissingEvidence.FLOOR: "the test rate was zero already, so it could not fall",
    MissingEvidence.TEST: "these samples do not show whether the test rate changed",
    MissingEvidence.TRIGGER: "possible regression to the mean: repeat the baseline run",
    MissingEvidence.ZERO: "the held-out rate was zero already, so it could not fall",
    MissingEvidence.SCALE: "ratios and odds disagree about the transfer, since the base rates are far apart",
    MissingEvidence.OPTIONAL_STOPPING: "runs were added after a first reading: not significant under repeated looks",
    MissingEvidence.INVALID: "the verdict depends on what the invalid samples would have shown",
    MissingEvidence.HELD_OUT_ITEMS: "the verdict depends on held-out samples that were not run after the patch",
    MissingEvidence.HELD_OUT: "the held-out samples are too few to show whether the fall carried over",
    MissingEvidence.RUNS: "runs of one state differ too much to show from so few whether the fall carried over",
    MissingEvidence.NOTHING: "the evidence lies between the verdicts",
}


def format_change(change: Change) -> str:
    """A change of rates: from ... to ..."""
    return f"from {format_rate(change.before)} to {format_rate(change.after)}"


def write_conclusion(
    verdict: Verdict,
    ruling: SuiteFacts | None,
    compared: Comparison,
    missing: MissingEvidence,
    given: PValues,
    error: float,
) -> str:
    """What a verdict that rests on numbers comes to, in one clause without figures of its own."""
    match verdict:
        case Verdict.TEST_ONLY:
            return "the fall stayed on the test"
        case Verdict.PARTIAL:
            return "some of the fall carried over, not all of it"
        case Verdict.GENERALISES:
            return "most of the fall carried over"
        case Verdict.ARTEFACT:
            return "the fall came from what was counted, not from what the model did"
        case Verdict.WORSE:
            return _describe_rise(given, ruling, error)
        case Verdict.UNCHANGED:
            at_floor = given.get(Statement.AT_FLOOR, 1.0) <= error
            return "the rate was and is at the floor" if at_floor else "no fall worth naming"
        case Verdict.UNMEASURED:
            return _describe_missing_held_out(compared)
        case Verdict.INCONCLUSIVE:
            return f"{_MISSING_SENTENCES[missing]}{_describe_needed(ruling)}"


def write_reason(verdict: Verdict, test: Change, ruling: SuiteFacts | None, parts: Attribution, comes_to: str) -> str:
    """The sentence for a verdict that rests on numbers: the numbers, and what they come to."""
    if verdict is Verdict.ARTEFACT:
        raw, left = format_points(parts.pooled), format_points(parts.left)
        return (
            f"over all runs the test rate fell by {raw} points as reported, and {left} points are left on the "
            f"items both sides ran, with invalid samples bounded: {comes_to}"
        )
    if ruling is None:
        return f"the test rate went {format_change(test)}: {comes_to}"
    held_out = f"{_suite_name(ruling)} {format_change(ruling.change)}"
    return f"the test rate went {format_change(test)}, and {held_out}: {comes_to}"


def _describe_rise(given: PValues, ruling: SuiteFacts | None, error: float) -> str:
    if given.get(Statement.TEST_ROSE, 1.0) <= error:
        return "the test rate rose"
    return (
        f"the test rate did not fall, and the rate of {_suite_name(ruling)} rose" if ruling else "a held-out rate rose"
    )


def _suite_name(suite: SuiteFacts) -> str:
    kind = "deployment" if suite.role is Role.DEPLOYMENT else "held-out"
    return f"{kind} {suite.suite}"


def _describe_needed(ruling: SuiteFacts | None) -> str:
    if ruling and ruling.runs_needed:
        return f" (about {format_count(ruling.runs_needed)} runs per side would be enough)"
    return f" (about {format_count(ruling.needed)} per side would be enough)" if ruling and ruling.needed else ""


def _describe_missing_held_out(compared: Comparison) -> str:
    missing = [one for one in compared.not_compared if one.role is not Role.TEST]
    if not missing:
        return "no held-out suite measures this behaviour"
    return "no held-out suite can be compared: " + "; ".join(f"{one.suite} {one.why}" for one in missing)


def write_unmeasured_reason(compared: Comparison) -> str:
    """The sentence for a step without a comparable pair of runs on the test side."""
    missing = [one for one in compared.not_compared if one.role is Role.TEST]
    return "no test suite can be compared: " + "; ".join(f"{one.suite} {one.why}" for one in missing)


def describe_unresolved_cause(facts: BehaviourFacts) -> str:
    """What else changed in a step whose cause is unresolved, as a clause."""
    return f"the cause is unresolved: {'; '.join(facts.also_changed)}; the effects cannot be separated"
