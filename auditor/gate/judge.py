"""The policy applied to the patches of a spec that are about to land. Pure: verdicts are read, never recomputed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from auditor.assess.facts import PatchFacts
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import Fired, PatchCheck
from auditor.evidence import evaluated_states
from auditor.gate import beyond, debts, found, states
from auditor.gate.decision import Entry, Level
from auditor.gate.landing import Case, Landing, why_of
from auditor.gate.unblock import Remedy, Sides, compare
from auditor.model.finding import fingerprint_of
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict


def judge(landing: Landing, policy: Policy, *, reveal: bool) -> tuple[Entry, ...]:
    """Everything the policy says of one spec's patches that are about to land.

    Args:
        reveal: whether entries carry held-out rates.
    """
    judged = [facts for facts in landing.assessment.patches if facts.patch.id in landing.patches]
    cases = _cases(landing, judged, policy, reveal)
    said = [entry for case in cases for entry in _on_case(case)]
    said += [entry for facts in judged for entry in _on_patch(landing, facts, policy)]
    for name in landing.patches:
        said += found.on_text(landing.texts[name], landing.findings[name], policy)
        said += found.beside(landing.texts[name], landing.findings[name], policy)
    said += _on_shared_steps(landing, cases)
    said += beyond.on_windows(landing, policy, reveal)
    said += beyond.on_state(landing, policy)
    said += states.on_landed(landing, policy, reveal)
    said += debts.on_landed_debts(landing, landing.debts)
    said += [entry for gap in landing.assessment.standings for entry in states.on_gap(landing, gap, policy, reveal)]
    return (*said, *states.on_records(landing))


def _cases(landing: Landing, judged: Iterable[PatchFacts], policy: Policy, reveal: bool) -> tuple[Case, ...]:
    facts_of = {one.step: one for facts in judged for one in facts.behaviours}
    return tuple(
        Case(landing, one, tuple(name for name in step.patches if name in landing.patches), policy, reveal)
        for step, one in facts_of.items()
    )


def _on_case(case: Case) -> Iterator[Entry]:
    facts, policy = case.facts, case.policy
    verdict = str(facts.verdict)
    blockers = list(_blockers(case))
    if blockers:
        yield from blockers
    elif not facts.suites and policy.require_held_out is not RequireHeldOut.NEVER:
        lacks = "" if facts.verdict is Verdict.UNMEASURED else ", and no held-out suite can be compared"
        yield case.entry(Level.MISSING, "require_held_out", f"{why_of(facts)}{lacks}", case.collect())
    elif facts.verdict is Verdict.INCONCLUSIVE:
        yield case.entry(_ON_INCONCLUSIVE[policy.on_inconclusive], verdict, why_of(facts), case.collect())
    else:
        yield case.entry(_OTHERWISE[facts.verdict], verdict, why_of(facts))


_ON_INCONCLUSIVE: Mapping[OnInconclusive, Level] = {
    OnInconclusive.PASS: Level.NOTICE,
    OnInconclusive.WARN: Level.WARNING,
    OnInconclusive.REQUIRE: Level.MISSING,
}
# Of verdicts that the policy does not block on.
_OTHERWISE: Mapping[Verdict, Level] = {
    Verdict.TEST_ONLY: Level.WARNING,
    Verdict.WORSE: Level.WARNING,
    Verdict.MEASUREMENT: Level.WARNING,
    Verdict.PARTIAL: Level.WARNING,
    Verdict.UNMEASURED: Level.NOTICE,
    Verdict.GENERALISES: Level.NOTICE,
    Verdict.NO_FALL: Level.NOTICE,
}


def _blockers(case: Case) -> Iterator[Entry]:
    """A check that raises here ends the program: what the policy blocks on must not be skipped."""
    facts, block_on = case.facts, case.policy.block_on
    if facts.verdict in block_on:
        yield case.entry(Level.BLOCKED, str(facts.verdict), why_of(facts), case.unblock())
    for check in all_checks():
        if check.code in block_on and isinstance(check, PatchCheck) and isinstance(check.run(facts), Fired):
            why = f"{check.title[:1].lower()}{check.title[1:]}: {why_of(facts)}"
            yield from case.by_patch(Level.BLOCKED, check.code, why, case.unblock())


def _on_patch(landing: Landing, facts: PatchFacts, policy: Policy) -> Iterator[Entry]:
    """What was not evaluated on both sides of a patch, and what was not measured at all after it."""
    compared = {one.behaviour for one in facts.behaviours if one.suites}
    unscored = []
    on_debt = debts.lands_on_debt(landing, facts, policy)
    yield from debts.on_debt(landing, facts, policy, on_debt)
    for behaviour, model in facts.outside:
        if (behaviour, model) in on_debt:
            continue
        after = _scored_after(landing, facts.patch, behaviour, model)
        if _is_wanted(policy, behaviour in compared, after is not None):
            sides = Sides(facts.patch.before.revision, after or landing.head)
            why = f"no test suite of {behaviour} was run both before and after the patch"
            remedy = compare(behaviour, model, landing.evidence, sides, test=False)
            yield _missing(landing, facts.patch, why, remedy, behaviour, model)
        elif after is None:
            unscored.append(behaviour)
    if unscored or not on_debt:
        yield from _on_unscored(landing, facts, policy, unscored)


def _missing(
    landing: Landing, patch: Patch, why: str, remedy: Remedy, behaviour: str | None = None, model: str | None = None
) -> Entry:
    return Entry(
        level=Level.MISSING,
        rule="require_held_out",
        why=why,
        spec=landing.spec,
        patches=(patch.id,),
        behaviour=behaviour,
        model=model,
        remedy=remedy,
        fingerprint=fingerprint_of("require_held_out", landing.spec, patch.id, behaviour or "", model or ""),
        place=landing.places.get(patch.id),
    )


def _is_wanted(policy: Policy, is_compared: bool, is_scored: bool) -> bool:
    """Whether the policy wants held-out evidence of a behaviour that the patch has none of, from any model."""
    if is_compared or policy.require_held_out is RequireHeldOut.NEVER:
        return False
    return is_scored or policy.require_held_out is RequireHeldOut.ALWAYS


def _on_unscored(landing: Landing, facts: PatchFacts, policy: Policy, unscored: Iterable[str]) -> Iterator[Entry]:
    about = landing.spec, (facts.patch.id,)
    without = sorted(set(unscored) - {one.behaviour for one in facts.behaviours})
    if not facts.behaviours and not facts.outside and policy.require_held_out is RequireHeldOut.ALWAYS:
        remedy = Remedy("register a test and a held-out suite in suites.toml, and run both on both sides of the patch")
        yield _missing(landing, facts.patch, "nothing was ever measured", remedy)
    elif not facts.behaviours and len(without) == len({behaviour for behaviour, _ in facts.outside}):
        yield Entry(Level.NOTICE, "no-score", "no test score came with it, so that it is let through", *about)
    elif without:
        yield Entry(Level.NOTICE, "no-score", f"no test score of {', '.join(without)} came with it", *about)


def _scored_after(landing: Landing, patch: Patch, behaviour: str, model: str) -> str | None:
    """A content that is first seen after a patch and has a complete test run of the model; None without one."""
    evidence = landing.evidence
    reached, new, old = {patch.after.name}, list[str](), set[str]()
    for sighting in evidence.history.sightings:
        if reached & {sighting.name, *sighting.parents}:
            reached.add(sighting.name)
            new.append(sighting.revision)
        else:
            old.add(sighting.revision)
    scored = {state.revision for state in evaluated_states(evidence, behaviour, model)}
    return next((revision for revision in new if revision in scored - old), None)


def _on_shared_steps(landing: Landing, cases: Iterable[Case]) -> Iterator[Entry]:
    """Once for all behaviours: an evaluation that jumps over several patches cannot tell them apart."""
    steps = {case.facts.step.patches: case.patches for case in cases}
    for shared, mine in steps.items():
        if len(shared) > 1:
            before = f", {len(shared) - len(mine)} of which landed before" if len(mine) < len(shared) else ""
            why = f"{len(shared)} patches share one evaluated step{before}: its verdict is of all of them together"
            yield Entry(Level.NOTICE, "shared-step", why, landing.spec, mine)
