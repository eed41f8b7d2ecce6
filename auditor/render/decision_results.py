"""What a decision comes to, in the words that other tools' formats have in common."""

from __future__ import annotations

from auditor.gate.decision import Decision, Entry, Level
from auditor.model.finding import fingerprint_of
from auditor.model.spec import Patch
from auditor.render.escape import terminal
from auditor.render.gate import about, outcome
from auditor.render.results import UNTOLD, Case, Problem, Results, State, Weight, patch_name, sentence, unique

_WEIGHTS = {
    Level.BLOCKED: Weight.ERROR,
    Level.MISSING: Weight.ERROR,
    Level.WARNING: Weight.WARNING,
    Level.WAIVED: Weight.NOTE,
    Level.NOTICE: Weight.NOTE,
}
_HELD = {Level.BLOCKED: State.FAILED, Level.MISSING: State.MISSING, Level.WAIVED: State.SKIPPED}


def of_decision(decision: Decision) -> Results:
    """What a decision comes to; held-out rates only where the decision has them to show."""
    patches = {patch.id: patch for patch in decision.judged}
    reasons = {facts.waiver.name: facts.waiver.reason for facts in decision.waivers}
    told = [entry for level in Level for entry in decision.entries if entry.level is level]
    kept = [entry for entry in told if entry.level is not Level.NOTICE or entry.name]
    problems = [_problem(entry, patches, reasons) for entry in kept]
    title, headline = outcome(decision)
    return Results(
        title=f"auditor gate: {title}",
        headline=headline,
        problems=tuple(unique(problems)),
        cases=tuple(_case(entry, patches) for entry in told if _is_case(entry)),
        waivers=decision.waivers,
        exit_code=decision.exit_code,
    )


def _problem(entry: Entry, patches: dict[str, Patch], reasons: dict[str, str]) -> Problem:
    why = entry.rates or entry.why
    return Problem(
        rule=entry.rule,
        name=entry.name or entry.rule,
        weight=_WEIGHTS[entry.level],
        about=about(entry, patches),
        message=sentence(why),
        fingerprint=entry.fingerprint or fingerprint_of(entry.rule, entry.spec, *entry.patches, entry.why),
        place=entry.place,
        remedy=terminal(entry.remedy.text) if entry.remedy else "",
        commands=entry.remedy.commands if entry.remedy else (),
        waiver=(entry.waiver, terminal(reasons.get(entry.waiver, ""))) if entry.waiver else None,
    )


def _is_case(entry: Entry) -> bool:
    """What was measured across a patch, or not; and whatever is held against the landing."""
    measured = entry.patches and (entry.behaviour or entry.rule in UNTOLD)
    return bool(measured) or entry.level in _HELD


def _case(entry: Entry, patches: dict[str, Patch]) -> Case:
    named = [patch_name(patches[name]) for name in entry.patches if name in patches]
    state = _HELD.get(entry.level, State.SKIPPED if entry.rule in UNTOLD else State.PASSED)
    measured = terminal(f"{entry.behaviour} of {entry.model}") if entry.behaviour else ""
    rule = f"{entry.rule} {entry.name}" if entry.name else entry.rule
    name = f"{measured}: {rule}" if measured else rule
    waived = f"waived by {entry.waiver}: " if entry.waiver else ""
    return Case(", ".join(named) or "landing", name, state, terminal(f"{waived}{entry.rates or entry.why}"))
