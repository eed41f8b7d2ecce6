"""The policy applied to the patches of a spec that are about to land. Pure: verdicts are read, never recomputed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, PatchFacts
from auditor.assess.reasons import moved, rate_text
from auditor.checks.catalogue import every_check
from auditor.checks.interface import Fired, PatchCheck, RevisionCheck
from auditor.evidence import Evidence, evaluated_states
from auditor.gate.decision import Entry, Level
from auditor.gate.unblock import Remedy, Sides, collect, compare, unblock
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.spec import Patch
from auditor.model.verdict import Cause, Verdict

GapKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Landing:
    """One spec, as it would be after landing.

    Attributes:
        evidence: head's history with the runs of both sides.
        assessment: of that evidence, under the policy.
        patches: ids of the patches that are about to land, oldest first; at least one.
        open_before: the standing gaps that were open without the records that are about to land.
        new_records: ids of those records.
        registered: the names in the suite registry.
        stamp: the shell's words for the content id of the work tree's text.
    """

    spec: str
    evidence: Evidence
    assessment: Assessment
    patches: tuple[str, ...]
    open_before: frozenset[GapKey]
    new_records: frozenset[str]
    registered: frozenset[str]
    stamp: str

    @property
    def head(self) -> str:
        """The content id at head."""
        return self.evidence.history.sightings[-1].revision


@dataclass(frozen=True, slots=True)
class _Case:
    """One step with the patches in question that lie in it."""

    landing: Landing
    facts: BehaviourFacts
    patches: tuple[str, ...]
    policy: Policy
    reveal: bool

    def entry(self, level: Level, rule: str, why: str, remedy: Remedy | None = None) -> Entry:
        facts = self.facts
        rates = facts.reason if self.reveal and facts.ruling else None
        return Entry(level, rule, why, self.landing.spec, self.patches, facts.behaviour, facts.model, rates, remedy)

    def unblock(self) -> Remedy:
        return unblock(self.facts, self.landing.evidence, self.sides, self.landing.stamp)

    def collect(self) -> Remedy:
        return collect(self.facts, self.landing.evidence, self.sides)

    @property
    def sides(self) -> Sides:
        return Sides(self.facts.step.before.revision, self.facts.step.after.revision)


def judge(landing: Landing, policy: Policy, *, reveal: bool) -> tuple[Entry, ...]:
    """Everything the policy says of one spec's patches that are about to land.

    Args:
        reveal: whether entries carry held-out rates.
    """
    judged = [facts for facts in landing.assessment.patches if facts.patch.id in landing.patches]
    cases = _cases(landing, judged, policy, reveal)
    found = [entry for case in cases for entry in _on_case(case)]
    found += [entry for facts in judged for entry in _on_patch(landing, facts, policy)]
    found += _on_shared_steps(landing, cases)
    found += [entry for gap in landing.assessment.standings for entry in _on_gap(landing, gap, policy, reveal)]
    return (*found, *_on_records(landing))


def _cases(landing: Landing, judged: Iterable[PatchFacts], policy: Policy, reveal: bool) -> tuple[_Case, ...]:
    facts_of = {one.step: one for facts in judged for one in facts.behaviours}
    return tuple(
        _Case(landing, one, tuple(name for name in step.patches if name in landing.patches), policy, reveal)
        for step, one in facts_of.items()
    )


def _on_case(case: _Case) -> Iterator[Entry]:
    facts, policy = case.facts, case.policy
    verdict = str(facts.verdict)
    blockers = list(_blockers(case))
    if blockers:
        yield from blockers
    elif not facts.suites and policy.require_held_out is not RequireHeldOut.NEVER:
        lacks = "" if facts.verdict is Verdict.UNMEASURED else ", and no held-out suite can be compared"
        yield case.entry(Level.MISSING, "require_held_out", f"{_why(facts)}{lacks}", case.collect())
    elif facts.verdict is Verdict.INCONCLUSIVE:
        yield case.entry(_ON_INCONCLUSIVE[policy.on_inconclusive], verdict, _why(facts), case.collect())
    else:
        yield case.entry(_OTHERWISE[facts.verdict], verdict, _why(facts))


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


def _blockers(case: _Case) -> Iterator[Entry]:
    """A check that raises here ends the program: what the policy blocks on must not be skipped."""
    facts, block_on = case.facts, case.policy.block_on
    if facts.verdict in block_on:
        yield case.entry(Level.BLOCKED, str(facts.verdict), _why(facts), case.unblock())
    for check in every_check():
        if check.code in block_on and isinstance(check, PatchCheck) and isinstance(check.run(facts), Fired):
            why = f"{check.title[:1].lower()}{check.title[1:]}: {_why(facts)}"
            yield case.entry(Level.BLOCKED, check.code, why, case.unblock())


def _why(facts: BehaviourFacts) -> str:
    """Why, with the rates of the test, which the author may know, and none of held-out suites."""
    if facts.verdict is Verdict.MEASUREMENT:
        said = facts.reason
    else:
        said = f"the test rate went {moved(facts.test)}: {facts.conclusion}" if facts.test else facts.conclusion
    if facts.cause is Cause.UNRESOLVED and facts.verdict is not Verdict.UNMEASURED:
        said += f"; what did it is unresolved: {'; '.join(facts.also_changed)}"
    return said


def _on_patch(landing: Landing, facts: PatchFacts, policy: Policy) -> Iterator[Entry]:
    """What was not evaluated on both sides of a patch, and what was not measured at all after it."""
    compared = {one.behaviour for one in facts.behaviours if one.suites}
    unscored = []
    for behaviour, model in facts.outside:
        after = _scored_after(landing, facts.patch, behaviour, model)
        if _is_wanted(policy, behaviour in compared, after is not None):
            sides = Sides(facts.patch.before.revision, after or landing.head)
            why = f"no test suite of {behaviour} was run both before and after the patch"
            remedy = compare(behaviour, model, landing.evidence, sides, test=False)
            about = landing.spec, (facts.patch.id,), behaviour, model
            yield Entry(Level.MISSING, "require_held_out", why, *about, remedy=remedy)
        elif after is None:
            unscored.append(behaviour)
    yield from _on_unscored(landing, facts, policy, unscored)


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
        yield Entry(Level.MISSING, "require_held_out", "nothing was ever measured", *about, remedy=remedy)
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


def _on_shared_steps(landing: Landing, cases: Iterable[_Case]) -> Iterator[Entry]:
    """Once for all behaviours: an evaluation that jumps over several patches cannot tell them apart."""
    steps = {case.facts.step.patches: case.patches for case in cases}
    for shared, mine in steps.items():
        if len(shared) > 1:
            before = f", {len(shared) - len(mine)} of which landed before" if len(mine) < len(shared) else ""
            why = f"{len(shared)} patches share one evaluated step{before}: its verdict is of all of them together"
            yield Entry(Level.NOTICE, "shared-step", why, landing.spec, mine)


def _on_gap(landing: Landing, gap: GapFacts, policy: Policy, reveal: bool) -> Iterator[Entry]:
    """A standing gap, or whatever else of a state the policy blocks on; what was there before does not block."""
    is_new = (gap.behaviour, gap.model, gap.suite) not in landing.open_before
    rates = f"on {gap.suite} {rate_text(gap.held_out)}, on the test {rate_text(gap.test)}" if reveal else None
    codes = [
        check.code
        for check in every_check()
        if check.code in policy.block_on and isinstance(check, RevisionCheck) and isinstance(check.run(gap), Fired)
    ]
    if is_new and codes:
        text = f"change what the model does, and show it on {gap.suite}"
        rules, level, remedy = codes, Level.BLOCKED, Remedy(text)
    elif gap.open:
        rules, level, remedy = ["standing-gap"], Level.WARNING if is_new else Level.NOTICE, None
    else:
        return
    since = "opens" if is_new else "was open before"
    why = f"a standing gap {since}: {gap.suite} is clearly worse than the test"
    for rule in rules:
        yield Entry(level, rule, why, landing.spec, (), gap.behaviour, gap.model, rates, remedy)


def _on_records(landing: Landing) -> Iterator[Entry]:
    """New records that cannot count, or whose suite nobody registered."""
    evidence = landing.evidence
    for record in sorted(landing.new_records & evidence.runs.keys()):
        run = evidence.runs[record]
        why = ""
        if run.incomplete is not None:
            why = f"a new run of {run.suite} is incomplete ({run.incomplete}) and supports no verdict"
        elif run.revision not in evidence.history.revisions:
            why = f"a new run of {run.suite} is of {run.revision[:12]}, which is no revision of head's history"
        elif run.suite not in evidence.suites:
            why = f"a new run is of {run.suite}, which the registry that applies does not name: it does not count"
        elif run.suite not in landing.registered:
            why = f"a new run is of {run.suite}, which is registered nowhere: its role is what its own record says"
        if why:
            yield Entry(Level.NOTICE, "record", why, landing.spec, records=(record,))
