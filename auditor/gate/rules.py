"""The policy applied to one spec that is about to land: which entries a decision gets, and at which level.

In comes a `MergeCandidate` and the policy; out come entries on each step and patch, on periods of several patches, on
states (open gaps, suites, plans, records), on evidence debts, and on what checks found in the text, the merge and the
waivers. No sentence says a held-out rate unless it is to be revealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, PatchFacts, PeriodFacts
from auditor.assess.ledger import Debt, find_owed, waiver_subject
from auditor.assess.reasons import format_change
from auditor.assess.text import PatchText
from auditor.checks.catalogue import all_checks, find_check
from auditor.checks.interface import Fired, GapCheck, LandingCheck, PatchCheck, TextCheck
from auditor.evidence import Evidence, evaluated_states
from auditor.gate.decision import Entry, Level
from auditor.gate.remedies import (
    Remedy,
    StepRevisions,
    remedy_for_block,
    remedy_for_comparison,
    remedy_for_missing_evidence,
)
from auditor.model.finding import Finding, Place, Severity, fingerprint_of
from auditor.model.numbers import format_rate
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.spec import Patch
from auditor.model.verdict import Cause, Verdict

# One spec as it would be after landing, and one step of it with the patches in question.


GapKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """One spec, as it would be after landing.

    Attributes:
        evidence: head's history with the runs of both sides.
        assessment: of that evidence, under the policy.
        patches: ids of the patches that are about to land, oldest first; none where only records do.
        texts: what each of them did to the text, by its id.
        findings: what the catalogue says of each of them, by its id.
        places: the clause each of them is shown at, at head.
        landed_before: what of the steps of earlier patches was held against them without the new records.
        open_before: the standing gaps that were open without the records that are about to land.
        new_records: ids of those records.
        registered: the names in the suite registry.
        stamp: the shell's words for the content id of the work tree's text.
        day: of the decision, for debts; None where none can be granted, as the spec's landings cannot be told.
        debts: what patches that landed before owe.
        windows: several patches judged as one, some of which land, each with what was found.
        of_state: what was found of held-out suites, planned runs, and the text with what it is measured on.
    """

    spec: str
    evidence: Evidence
    assessment: Assessment
    patches: tuple[str, ...]
    texts: Mapping[str, PatchText]
    findings: Mapping[str, tuple[Finding, ...]]
    places: Mapping[str, Place]
    open_before: frozenset[GapKey]
    landed_before: frozenset[str]
    new_records: frozenset[str]
    registered: frozenset[str]
    stamp: str
    day: date | None = None
    debts: tuple[Debt, ...] = ()
    windows: tuple[tuple[PeriodFacts, tuple[Finding, ...]], ...] = ()
    of_state: tuple[Finding, ...] = ()

    @property
    def head(self) -> str:
        """The content id at head."""
        return self.evidence.history.sightings[-1].revision


@dataclass(frozen=True, slots=True)
class StepCase:
    """One step with the patches in question that lie in it."""

    landing: MergeCandidate
    facts: BehaviourFacts
    patches: tuple[str, ...]
    policy: Policy
    reveal: bool

    def entry(self, level: Level, rule: str, why: str, remedy: Remedy | None = None) -> Entry:
        """One entry for all of the step's patches that land."""
        fingerprint = waiver_subject(rule, self.landing.spec, self.facts).fingerprint
        return self._about(level, rule, why, remedy, self.patches, fingerprint)

    def by_patch(self, level: Level, rule: str, why: str, remedy: Remedy | None = None) -> Iterator[Entry]:
        """One entry a patch, under the fingerprint that a check's finding on it has everywhere else."""
        facts = self.facts
        for patch in self.patches:
            fingerprint = fingerprint_of(rule, self.landing.spec, patch, facts.behaviour, facts.model)
            yield self._about(level, rule, why, remedy, (patch,), fingerprint)

    def _about(
        self, level: Level, rule: str, why: str, remedy: Remedy | None, patches: tuple[str, ...], fingerprint: str
    ) -> Entry:
        facts = self.facts
        return Entry(
            level=level,
            rule=rule,
            why=why,
            spec=self.landing.spec,
            patches=patches,
            behaviour=facts.behaviour,
            model=facts.model,
            rates=facts.reason if self.reveal and facts.ruling else None,
            remedy=remedy,
            fingerprint=fingerprint,
            place=self.landing.places.get(patches[-1]) if patches else None,
        )

    def unblock(self) -> Remedy:
        """What would unblock it."""
        return remedy_for_block(self.facts, self.landing.evidence, self.sides, self.landing.stamp)

    def collect(self) -> Remedy:
        """What evidence it lacks."""
        return remedy_for_missing_evidence(self.facts, self.landing.evidence, self.sides)

    @property
    def sides(self) -> StepRevisions:
        """The content ids on both sides of the step."""
        return StepRevisions(self.facts.step.before.revision, self.facts.step.after.revision)


def explain_without_held_out(facts: BehaviourFacts) -> str:
    """Why, with the rates of the test, which the author may know, and none of held-out suites."""
    if facts.verdict is Verdict.ARTEFACT:
        said = facts.reason
    else:
        said = f"the test rate went {format_change(facts.test)}: {facts.conclusion}" if facts.test else facts.conclusion
    if facts.cause is Cause.UNRESOLVED and facts.verdict is not Verdict.UNMEASURED:
        said += f"; what did it is unresolved: {'; '.join(facts.also_changed)}"
    return said


# What no patch does by itself: several together, a held-out suite that is used up, a planned run that never came.


def period_entries(landing: MergeCandidate, policy: Policy, reveal: bool) -> Iterator[Entry]:
    """What patches that land come to together with those before them, by findings whose messages say held-out rates."""
    for window, findings in landing.windows:
        for finding in findings:
            rates = window.facts.reason if reveal and window.facts.ruling else None
            yield _finding_entry(landing, policy, finding, _period_reason(window), rates, window)


def state_entries(landing: MergeCandidate, policy: Policy) -> Iterator[Entry]:
    """What is wrong with what a spec is measured on. Where no patch lands it holds nothing back: evidence gets in."""
    for finding in landing.of_state:
        yield _finding_entry(landing, policy, finding, finding.message)


def _period_reason(window: PeriodFacts) -> str:
    patches = len(window.facts.step.patches)
    return f"over {window.names[0]}, {patches} patches together: {explain_without_held_out(window.facts)}"


def _finding_entry(
    landing: MergeCandidate,
    policy: Policy,
    finding: Finding,
    why: str,
    rates: str | None = None,
    window: PeriodFacts | None = None,
) -> Entry:
    check = find_check(finding.check)
    held = bool(landing.patches) and finding.check in policy.block_on
    told = Level.WARNING if landing.patches and finding.severity in (Severity.HIGH, Severity.MEDIUM) else Level.NOTICE
    return Entry(
        Level.BLOCKED if held else told,
        finding.check,
        why,
        landing.spec,
        behaviour=window.facts.behaviour if window else None,
        model=window.facts.model if window else None,
        rates=rates,
        remedy=Remedy(check.remedy) if held and check else None,
        records=() if window else finding.evidence,
        name=finding.name,
        fingerprint=finding.fingerprint,
        place=finding.place,
    )


# Evidence debts in a decision: a patch that lands on one, one that is open, and one whose day is over.


DEBT_RULE = "evidence-debt"


def new_debts(landing: MergeCandidate, facts: PatchFacts, policy: Policy) -> frozenset[tuple[str, str]]:
    """(behaviour, model) of what a patch may owe for now: what nobody can have scored yet after it."""
    if landing.day is None or policy.evidence_debt_days is None or policy.require_held_out is RequireHeldOut.NEVER:
        return frozenset()
    return frozenset(find_owed(landing.evidence, facts)) & frozenset(facts.outside)


def new_debt_entries(
    landing: MergeCandidate, facts: PatchFacts, policy: Policy, lacking: Iterable[tuple[str, str]]
) -> Iterator[Entry]:
    """That a patch lands on debt, and until when."""
    named = sorted({behaviour for behaviour, _ in lacking})
    if not named or landing.day is None:
        return
    due = landing.day + timedelta(days=policy.evidence_debt_days or 0)
    why = f"lands on debt: {', '.join(named)} of a model trained on the spec, to be measured by {due}"
    yield Entry(
        Level.WARNING, DEBT_RULE, why, landing.spec, (facts.patch.id,), place=landing.places.get(facts.patch.id)
    )


def debt_entries(landing: MergeCandidate, debts: Iterable[Debt]) -> Iterator[Entry]:
    """What earlier patches owe: said while there is time; when there is none, nothing else lands first."""
    for debt in debts:
        named = ", ".join(sorted({behaviour for behaviour, _ in debt.owed}))
        if landing.day is None or not debt.overdue(landing.day):
            why = f"{named} of a patch that landed on {debt.landed} is to be measured by {debt.due}"
            yield Entry(Level.NOTICE, DEBT_RULE, why, debt.spec, (debt.patch,))
            continue
        why = f"{named} of a patch that landed on {debt.landed} was to be measured by {debt.due}, and was not"
        identity = fingerprint_of(DEBT_RULE, debt.spec, debt.patch)
        yield Entry(
            Level.BLOCKED,
            DEBT_RULE,
            why,
            debt.spec,
            (debt.patch,),
            remedy=_debt_remedy(landing, debt),
            fingerprint=identity,
        )


def _debt_remedy(landing: MergeCandidate, debt: Debt) -> Remedy:
    patch = landing.evidence.patches[debt.patch]
    sides = StepRevisions(patch.before.revision, patch.after.revision)
    behaviour, model = debt.owed[0]
    first = remedy_for_comparison(behaviour, model, landing.evidence, sides, test=False)
    more = f", and likewise for {len(debt.owed) - 1} more" if len(debt.owed) > 1 else ""
    return Remedy(f"{first.text}{more}, and land the records", first.commands)


# What checks found, as entries of a decision: about the text of a patch, about the landing, about waivers.


_WARNING_SEVERITIES = (Severity.HIGH, Severity.MEDIUM)


def text_entries(text: PatchText, findings: Iterable[Finding], policy: Policy) -> Iterator[Entry]:
    """What a patch did to the text. None of it says anything of held-out rates, so that all of it may be shown."""
    for finding in findings:
        check = find_check(finding.check)
        if isinstance(check, TextCheck):
            place = finding.place and text.where_now(finding.place)
            about = text.patch.spec, (text.patch.id,)
            level = Level.BLOCKED if finding.check in policy.block_on else _level_of_finding(finding)
            remedy = Remedy(check.remedy) if level is Level.BLOCKED else None
            yield _check_entry(level, finding, finding.message, *about, place=place, remedy=remedy)


def measurement_finding_entries(text: PatchText, findings: Sequence[Finding], policy: Policy) -> Iterator[Entry]:
    """What else was found in how a patch was measured: by its name alone, as the messages say held-out rates."""
    told = [one for one in findings if one.severity in _WARNING_SEVERITIES and one.check not in policy.block_on]
    there = {finding.check: find_check(finding.check) for finding in told}
    named = [f"{code} {check.name}" for code, check in sorted(there.items()) if isinstance(check, PatchCheck)]
    if named:
        yield Entry(Level.NOTICE, "findings", ", ".join(named), text.patch.spec, (text.patch.id,))


def landing_entries(
    findings: Iterable[Finding], policy: Policy, *, patched: bool, base: str, store: str
) -> Iterator[Entry]:
    """What a landing does to the rules it is judged by: held back beside a patch; by itself, as the policy says.

    Args:
        patched: whether it changes a spec.
        base: the commit that has the records, for the command that restores them.
        store: the folder of the evaluation history.
    """
    for finding in findings:
        check = find_check(finding.check)
        assert isinstance(check, LandingCheck)
        held = patched or check.alone or check.code in policy.block_on
        command = f"git checkout {base} -- {store}/records"
        remedy = Remedy(check.remedy, (command,) if finding.evidence else ())
        yield _check_entry(
            Level.BLOCKED if held else Level.WARNING, finding, finding.message, "", (), remedy=remedy if held else None
        )


def waiver_entries(findings: Iterable[Finding], policy: Policy) -> Iterator[Entry]:
    """What is wrong with waivers: no fingerprint, as none of it can be waived."""
    for finding in findings:
        check = find_check(finding.check)
        remedy = Remedy(check.remedy) if check is not None and check.code in policy.block_on else None
        level = Level.BLOCKED if remedy else _level_of_finding(finding)
        yield Entry(level, finding.check, finding.message, remedy=remedy, name=finding.name, place=finding.place)


def _level_of_finding(finding: Finding) -> Level:
    return Level.WARNING if finding.severity in _WARNING_SEVERITIES else Level.NOTICE


def _check_entry(
    level: Level, finding: Finding, why: str, spec: str, patches: tuple[str, ...], **more: object
) -> Entry:
    return Entry(
        level,
        finding.check,
        why,
        spec,
        patches,
        records=finding.evidence,
        name=finding.name,
        fingerprint=finding.fingerprint,
        **{"place": finding.place, **more},  # type: ignore[arg-type]
    )


# What holds of a spec's states and records, whichever patch lands: standing gaps, late evidence, stray records.


def landed_patch_entries(landing: MergeCandidate, policy: Policy, reveal: bool) -> Iterator[Entry]:
    """What the new records show of patches that landed before. Evidence is let in, whatever it shows."""
    if not landing.new_records:
        return
    landed = [facts for facts in landing.assessment.patches if facts.patch.id not in landing.patches]
    facts_of = {one.step: one for facts in landed for one in facts.behaviours}
    for step, one in facts_of.items():
        subject = waiver_subject(one.verdict, landing.spec, one)
        is_new = subject.fingerprint not in landing.landed_before and not set(step.patches) & set(landing.patches)
        if is_new and one.verdict in policy.block_on:
            case = StepCase(landing, one, step.patches, policy, reveal)
            yield case.entry(
                Level.WARNING,
                one.verdict,
                f"the new records show of a patch that has landed: {explain_without_held_out(one)}",
            )


def gap_entries(landing: MergeCandidate, gap: GapFacts, policy: Policy, reveal: bool) -> Iterator[Entry]:
    """A standing gap, or whatever else of a state the policy blocks on; what was there before does not block."""
    is_new = (gap.behaviour, gap.model, gap.suite) not in landing.open_before
    rates = f"on {gap.suite} {format_rate(gap.held_out)}, on the test {format_rate(gap.test)}" if reveal else None
    codes = [
        check.code
        for check in all_checks()
        if check.code in policy.block_on and isinstance(check, GapCheck) and isinstance(check.run(gap), Fired)
    ]
    if is_new and codes:
        text = f"change what the model does, and show it on {gap.suite}"
        rules, level, remedy = codes, Level.BLOCKED, Remedy(text)
    elif gap.open:
        rules, level, remedy = ["open-gap"], Level.WARNING if is_new else Level.NOTICE, None
    else:
        return
    since = "opens" if is_new else "was open before"
    why = f"a standing gap {since}: {gap.suite} is clearly worse than the test"
    for rule in rules:
        identity = fingerprint_of(rule, landing.spec, gap.behaviour, gap.model, gap.suite)
        yield Entry(level, rule, why, landing.spec, (), gap.behaviour, gap.model, rates, remedy, fingerprint=identity)


def record_entries(landing: MergeCandidate) -> Iterator[Entry]:
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


# The policy applied to the patches of a spec that are about to land. Pure: verdicts are read, never recomputed.


def apply_policy(landing: MergeCandidate, policy: Policy, *, reveal: bool) -> tuple[Entry, ...]:
    """Everything the policy says of one spec's patches that are about to land.

    Args:
        reveal: whether entries carry held-out rates.
    """
    judged = [facts for facts in landing.assessment.patches if facts.patch.id in landing.patches]
    cases = _step_cases(landing, judged, policy, reveal)
    said = [entry for case in cases for entry in _case_entries(case)]
    said += [entry for facts in judged for entry in _patch_entries(landing, facts, policy)]
    for name in landing.patches:
        said += text_entries(landing.texts[name], landing.findings[name], policy)
        said += measurement_finding_entries(landing.texts[name], landing.findings[name], policy)
    said += _shared_step_entries(landing, cases)
    said += period_entries(landing, policy, reveal)
    said += state_entries(landing, policy)
    said += landed_patch_entries(landing, policy, reveal)
    said += debt_entries(landing, landing.debts)
    said += [entry for gap in landing.assessment.standings for entry in gap_entries(landing, gap, policy, reveal)]
    return (*said, *record_entries(landing))


def _step_cases(
    landing: MergeCandidate, judged: Iterable[PatchFacts], policy: Policy, reveal: bool
) -> tuple[StepCase, ...]:
    facts_of = {one.step: one for facts in judged for one in facts.behaviours}
    return tuple(
        StepCase(landing, one, tuple(name for name in step.patches if name in landing.patches), policy, reveal)
        for step, one in facts_of.items()
    )


def _case_entries(case: StepCase) -> Iterator[Entry]:
    facts, policy = case.facts, case.policy
    verdict = str(facts.verdict)
    blockers = list(_blocking_entries(case))
    if blockers:
        yield from blockers
    elif not facts.suites and policy.require_held_out is not RequireHeldOut.NEVER:
        lacks = "" if facts.verdict is Verdict.UNMEASURED else ", and no held-out suite can be compared"
        yield case.entry(Level.MISSING, "require_held_out", f"{explain_without_held_out(facts)}{lacks}", case.collect())
    elif facts.verdict is Verdict.INCONCLUSIVE:
        yield case.entry(
            _LEVEL_OF_INCONCLUSIVE[policy.on_inconclusive], verdict, explain_without_held_out(facts), case.collect()
        )
    else:
        yield case.entry(_LEVEL_OF_VERDICT[facts.verdict], verdict, explain_without_held_out(facts))


_LEVEL_OF_INCONCLUSIVE: Mapping[OnInconclusive, Level] = {
    OnInconclusive.PASS: Level.NOTICE,
    OnInconclusive.WARN: Level.WARNING,
    OnInconclusive.REQUIRE: Level.MISSING,
}
# Of verdicts that the policy does not block on.
_LEVEL_OF_VERDICT: Mapping[Verdict, Level] = {
    Verdict.TEST_ONLY: Level.WARNING,
    Verdict.WORSE: Level.WARNING,
    Verdict.ARTEFACT: Level.WARNING,
    Verdict.PARTIAL: Level.WARNING,
    Verdict.UNMEASURED: Level.NOTICE,
    Verdict.GENERALISES: Level.NOTICE,
    Verdict.UNCHANGED: Level.NOTICE,
}


def _blocking_entries(case: StepCase) -> Iterator[Entry]:
    """A check that raises here ends the program: what the policy blocks on must not be skipped."""
    facts, block_on = case.facts, case.policy.block_on
    if facts.verdict in block_on:
        yield case.entry(Level.BLOCKED, str(facts.verdict), explain_without_held_out(facts), case.unblock())
    for check in all_checks():
        if check.code in block_on and isinstance(check, PatchCheck) and isinstance(check.run(facts), Fired):
            why = f"{check.title[:1].lower()}{check.title[1:]}: {explain_without_held_out(facts)}"
            yield from case.by_patch(Level.BLOCKED, check.code, why, case.unblock())


def _patch_entries(landing: MergeCandidate, facts: PatchFacts, policy: Policy) -> Iterator[Entry]:
    """What was not evaluated on both sides of a patch, and what was not measured at all after it."""
    compared = {one.behaviour for one in facts.behaviours if one.suites}
    unscored = []
    on_debt = new_debts(landing, facts, policy)
    yield from new_debt_entries(landing, facts, policy, on_debt)
    for behaviour, model in facts.outside:
        if (behaviour, model) in on_debt:
            continue
        after = _revision_scored_after(landing, facts.patch, behaviour, model)
        if _is_held_out_required(policy, behaviour in compared, after is not None):
            sides = StepRevisions(facts.patch.before.revision, after or landing.head)
            why = f"no test suite of {behaviour} was run both before and after the patch"
            remedy = remedy_for_comparison(behaviour, model, landing.evidence, sides, test=False)
            yield _missing_entry(landing, facts.patch, why, remedy, behaviour, model)
        elif after is None:
            unscored.append(behaviour)
    if unscored or not on_debt:
        yield from _unscored_entries(landing, facts, policy, unscored)


def _missing_entry(
    landing: MergeCandidate,
    patch: Patch,
    why: str,
    remedy: Remedy,
    behaviour: str | None = None,
    model: str | None = None,
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


def _is_held_out_required(policy: Policy, is_compared: bool, is_scored: bool) -> bool:
    """Whether the policy wants held-out evidence of a behaviour that the patch has none of, from any model."""
    if is_compared or policy.require_held_out is RequireHeldOut.NEVER:
        return False
    return is_scored or policy.require_held_out is RequireHeldOut.ALWAYS


def _unscored_entries(
    landing: MergeCandidate, facts: PatchFacts, policy: Policy, unscored: Iterable[str]
) -> Iterator[Entry]:
    about = landing.spec, (facts.patch.id,)
    without = sorted(set(unscored) - {one.behaviour for one in facts.behaviours})
    if not facts.behaviours and not facts.outside and policy.require_held_out is RequireHeldOut.ALWAYS:
        remedy = Remedy("register a test and a held-out suite in suites.toml, and run both on both sides of the patch")
        yield _missing_entry(landing, facts.patch, "nothing was ever measured", remedy)
    elif not facts.behaviours and len(without) == len({behaviour for behaviour, _ in facts.outside}):
        yield Entry(Level.NOTICE, "no-score", "no test score came with it, so that it is let through", *about)
    elif without:
        yield Entry(Level.NOTICE, "no-score", f"no test score of {', '.join(without)} came with it", *about)


def _revision_scored_after(landing: MergeCandidate, patch: Patch, behaviour: str, model: str) -> str | None:
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


def _shared_step_entries(landing: MergeCandidate, cases: Iterable[StepCase]) -> Iterator[Entry]:
    """Once for all behaviours: an evaluation that jumps over several patches cannot tell them apart."""
    steps = {case.facts.step.patches: case.patches for case in cases}
    for shared, mine in steps.items():
        if len(shared) > 1:
            before = f", {len(shared) - len(mine)} of which landed before" if len(mine) < len(shared) else ""
            why = f"{len(shared)} patches share one evaluated step{before}: its verdict is of all of them together"
            yield Entry(Level.NOTICE, "shared-step", why, landing.spec, mine)
