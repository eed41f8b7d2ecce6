"""The policy applied to one spec that is about to land: at which level each finding stands, and what else it asks for.

In comes a `MergeCandidate`, which is the audit of a spec at head with what base knew, and the policy; out come findings
with levels: on each step and patch, on periods of several patches, on states (open gaps, suites, plans, records), on
evidence debts, and on what checks found in the text, the merge and the waivers. Nothing is assessed or checked here. No
message says a held-out rate unless it is to be revealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from auditor.assess.comparable import owed_suites
from auditor.assess.facts import BehaviourFacts, GapFacts, PatchFacts, PeriodFacts
from auditor.assess.ledger import Debt, find_owed, revisions_before, verdict_finding
from auditor.assess.lifted_accusations import LIFTED_RULE, AccusationKey, LiftedAccusation
from auditor.assess.reasons import conceal_held_out, describe_unresolved_cause, format_change
from auditor.assess.text import find_place
from auditor.audit import LandingEntry, PatchEntry, SpecAudit
from auditor.checks.catalogue import find_check
from auditor.checks.interface import CurrentTextCheck, LandingCheck
from auditor.checks.runner import gap_identity
from auditor.evidence import Evidence, Step, evaluated_states
from auditor.gate.remedies import (
    StepRevisions,
    remedy_for_block,
    remedy_for_comparison,
    remedy_for_missing_evidence,
)
from auditor.model.finding import Finding, Level, Place, Remedy, Severity, Subject, fingerprint_of
from auditor.model.numbers import format_rate, short_id
from auditor.model.policy import OnInconclusive, Policy, RequireHeldOut
from auditor.model.run import Exposure
from auditor.model.spec import Patch
from auditor.model.verdict import Cause, Verdict

# One spec as it would be after landing, and one step of it with the patches in question.


GapKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """One spec, as it would be after landing.

    Attributes:
        audit: of head's history with the runs of both sides, under the policy.
        landed_before: what of the steps of earlier patches was held against them without the new records.
        open_before: the open gaps that were open without the records that are about to land.
        accused_before: (patch id, behaviour, model) of patches that have landed, with the verdict without these records
            where the policy blocks on it, and whether hiding was suspected.
        accused_late: ids of landed patches that records accuse which came after them.
        lifted: of `accused_before`, by the same keys, what the new records or suites lift or soften.
        new_records: ids of those records.
        registered: the names in the suite registry.
        stamp: the shell's words for the content id of the work tree's text.
        day: of the decision, for debts; None where none can be granted, as the spec's landings cannot be told.
        debts: what patches that landed before owe.
    """

    audit: SpecAudit
    open_before: frozenset[GapKey]
    fingerprints_before: frozenset[str]
    new_records: frozenset[str]
    registered: frozenset[str]
    stamp: str
    day: date | None = None
    debts: tuple[Debt, ...] = ()
    accused_before: Mapping[AccusationKey, BehaviourFacts] = field(default_factory=dict)
    accused_late: frozenset[str] = frozenset()
    lifted: Mapping[AccusationKey, LiftedAccusation] = field(default_factory=dict)

    @property
    def spec(self) -> str:
        """The spec's name."""
        return self.audit.history.spec

    @property
    def evidence(self) -> Evidence:
        """Head's history with the runs of both sides."""
        return self.audit.evidence

    @property
    def patches(self) -> tuple[PatchEntry, ...]:
        """The patches that are about to land, oldest first; none where only records do."""
        return self.audit.landing_patches

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of these patches."""
        return self.audit.landing or ()

    @property
    def head(self) -> str:
        """The content id at head."""
        return self.evidence.history.spec_commits[-1].revision

    def place_of(self, patch: str) -> Place | None:
        """The clause that a patch is shown at, at head; None where it has none there, or its text was not looked at."""
        text = next((entry.text for entry in self.audit.entries if entry.facts.patch.id == patch), None)
        place = find_place(text.changes) if text is not None else None
        return text.current_place(place) if text is not None and place is not None else None


@dataclass(frozen=True, slots=True)
class StepCase:
    """One step with the patches in question that lie in it, and what the checks found of it as a step of each."""

    landing: MergeCandidate
    facts: BehaviourFacts
    patches: tuple[str, ...]
    findings: tuple[Finding, ...]
    policy: Policy
    reveal: bool

    def verdict(self, level: Level, rule: str, message: str, remedy: Remedy | None = None) -> Finding:
        """What the policy says of the step, of all of its patches that land."""
        finding = verdict_finding(rule, self.landing.spec, self.facts)
        finding = replace(finding, subject=replace(finding.subject, patches=self.patches))
        return self.levelled(finding, level, message, remedy)

    def levelled(self, finding: Finding, level: Level, message: str, remedy: Remedy | None) -> Finding:
        """A finding on the step at a level, with a message that has no held-out rates."""
        patches = finding.subject.patches
        return replace(
            finding,
            message=message,
            evidence=(),
            place=self.landing.place_of(patches[-1]) if patches else None,
            level=level,
            remedy=remedy,
            rates=self.facts.reason if self.reveal and self.facts.ruling else None,
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
    """Why, with the rates of the test, which the author may know, and nothing that tells those of held-out suites."""
    conclusion = conceal_held_out(facts)
    if Verdict.ARTEFACT in (facts.verdict, facts.withdrawn):
        text = facts.reason
    else:
        text = f"the test rate went {format_change(facts.test)}: {conclusion}" if facts.test else conclusion
    if facts.cause is Cause.UNRESOLVED and facts.verdict is not Verdict.UNMEASURED:
        text += f"; {describe_unresolved_cause(facts)}"
    return text


# What no patch does by itself: several together, a held-out suite that is overused, a planned run that never came.


def judge_periods(landing: MergeCandidate, policy: Policy, reveal: bool) -> Iterator[Finding]:
    """What patches that land come to together with those before them, by findings whose messages say held-out rates."""
    for entry in landing.audit.periods:
        rates = entry.facts.facts.reason if reveal and entry.facts.facts.ruling else None
        for finding in entry.findings:
            message = _period_reason(entry.facts)
            yield replace(_judge_state(landing, policy, finding), message=message, evidence=(), rates=rates)


def judge_states(landing: MergeCandidate, policy: Policy) -> Iterator[Finding]:
    """What is wrong with suites, plans, and the text with what it is measured on; what only patches bring is theirs.

    Where no patch lands it holds nothing back: evidence gets in.
    """
    spec = landing.audit
    current = (
        spec_finding
        for spec_finding in spec.spec_findings
        if isinstance(find_check(spec_finding.code), CurrentTextCheck)
    )
    for findings in (*spec.use_findings.values(), *spec.plan_findings.values(), current):
        yield from (_judge_state(landing, policy, finding) for finding in findings)


def _period_reason(window: PeriodFacts) -> str:
    patches = len(window.facts.step.patches)
    return f"over {window.names[0]}, {patches} patches together: {explain_without_held_out(window.facts)}"


def _judge_state(landing: MergeCandidate, policy: Policy, finding: Finding) -> Finding:
    if landing.ids and finding.code in policy.block_on:
        return replace(finding, level=Level.BLOCKED)
    return replace(finding, level=_level_of_finding(finding) if landing.ids else Level.NOTICE, remedy=None)


# Evidence debts in a decision: a patch that lands on one, one that is open, and one whose day is over.


DEBT_RULE = "evidence-debt"
GAP_RULE = "open-gap"


def new_debts(landing: MergeCandidate, facts: PatchFacts, policy: Policy) -> frozenset[tuple[str, str]]:
    """(behaviour, model) of what a patch may owe for now: what nobody can have scored yet after it."""
    if landing.day is None or policy.evidence_debt_days is None or policy.require_held_out is RequireHeldOut.NEVER:
        return frozenset()
    owed = frozenset(find_owed(landing.evidence, facts)) & frozenset(facts.other_behaviours)
    return frozenset(debt for debt in owed if _trained_before(landing, *debt))


def _trained_before(landing: MergeCandidate, behaviour: str, model: str) -> bool:
    """Whether base's own records show the model measured, and trained on the spec: no landing brings its own."""
    evidence = landing.evidence
    return any(
        run.exposure is Exposure.TRAINED and evidence.lineages[run.checkpoint] == model
        for name, run in evidence.runs.items()
        if name not in landing.new_records
        and run.suite in evidence.suites
        and evidence.suites[run.suite].behaviour == behaviour
    )


def judge_new_debts(
    landing: MergeCandidate, facts: PatchFacts, policy: Policy, lacking: Iterable[tuple[str, str]]
) -> Iterator[Finding]:
    """That a patch lands on debt, and until when."""
    named = sorted({behaviour for behaviour, _ in lacking})
    if not named or landing.day is None:
        return
    due = landing.day + timedelta(days=policy.evidence_debt_days or 0)
    message = f"lands on debt: {', '.join(named)} of a model trained on the spec, to be measured by {due}"
    subject, place = Subject(landing.spec, (facts.patch.id,)), landing.place_of(facts.patch.id)
    yield Finding(message, code=DEBT_RULE, subject=subject, level=Level.WARNING, place=place)


def judge_debts(landing: MergeCandidate) -> Iterator[Finding]:
    """What earlier patches owe: said while there is time; when there is none, nothing else lands first."""
    for debt in landing.debts:
        subject = Subject(debt.spec, (debt.patch,))
        named = ", ".join(sorted({behaviour for behaviour, _ in debt.owed}))
        if landing.day is None or not debt.overdue(landing.day):
            message = f"{named} of a patch that landed on {debt.landed} is to be measured by {debt.due}"
            yield Finding(message, code=DEBT_RULE, subject=subject, level=Level.NOTICE)
            continue
        message = f"{named} of a patch that landed on {debt.landed} was to be measured by {debt.due}, and was not"
        yield Finding(
            message,
            code=DEBT_RULE,
            subject=subject,
            fingerprint=fingerprint_of(DEBT_RULE, debt.spec, debt.patch),
            level=Level.BLOCKED,
            remedy=_debt_remedy(landing, debt),
        )


def _debt_remedy(landing: MergeCandidate, debt: Debt) -> Remedy:
    patch = landing.evidence.patches[debt.patch]
    sides = StepRevisions(patch.before.revision, patch.after.revision)
    behaviour, model = debt.owed[0]
    first = remedy_for_comparison(behaviour, model, landing.evidence, sides, test=False)
    more = f", and likewise for {len(debt.owed) - 1} more" if len(debt.owed) > 1 else ""
    return Remedy(f"{first.text}{more}, and land the records", first.commands)


# What checks found, with its level in a decision: about the text of a patch, about the landing, about waivers.


_WARNING_SEVERITIES = (Severity.HIGH, Severity.MEDIUM)


def judge_text(entry: PatchEntry, policy: Policy) -> Iterator[Finding]:
    """What a patch did to the text. None of it says anything of held-out rates, so that all of it may be shown."""
    for finding in entry.text_findings:
        yield _judge_check(replace(finding, place=finding.place and entry.text.current_place(finding.place)), policy)


def list_measurement_findings(entry: PatchEntry, policy: Policy) -> Iterator[Finding]:
    """What else was found in how a patch was measured: by its name alone, as the messages say held-out rates."""
    named = {
        finding.code: finding.name
        for group in entry.measured
        for finding in group
        if finding.severity in _WARNING_SEVERITIES and finding.code not in policy.block_on
    }
    if named:
        message = ", ".join(f"{code} {name}" for code, name in sorted(named.items()))
        subject = Subject(entry.facts.patch.spec, (entry.facts.patch.id,))
        yield Finding(message, code="findings", subject=subject, level=Level.NOTICE)


def judge_landing(landing: LandingEntry, policy: Policy, *, base: str, store: str) -> Iterator[Finding]:
    """What a landing does to the rules it is judged by: held back beside a patch; by itself, as the policy says.

    Args:
        base: the commit that has the records, for the command that restores them.
        store: the folder of the evaluation history.
    """
    for finding in landing.findings:
        check = find_check(finding.code)
        assert isinstance(check, LandingCheck)
        if landing.patched or check.alone or check.code in policy.block_on:
            commands = (f"git checkout {base} -- {store}",) if finding.evidence else ()
            yield replace(finding, level=Level.BLOCKED, remedy=Remedy(check.remedy, commands))
        else:
            yield replace(finding, level=Level.WARNING, remedy=None)


def judge_waivers(findings: Iterable[Finding], policy: Policy) -> Iterator[Finding]:
    """What is wrong with waivers: no fingerprint, as none of it can be waived."""
    for finding in findings:
        yield replace(_judge_check(finding, policy), fingerprint="")


def _judge_check(finding: Finding, policy: Policy) -> Finding:
    if finding.code in policy.block_on:
        return replace(finding, level=Level.BLOCKED)
    return replace(finding, level=_level_of_finding(finding), remedy=None)


def _level_of_finding(finding: Finding) -> Level:
    return Level.WARNING if finding.severity in _WARNING_SEVERITIES else Level.NOTICE


# What holds of a spec's states and records, whichever patch lands: open gaps, late evidence, stray records.


def judge_landed_patches(landing: MergeCandidate, policy: Policy, reveal: bool) -> Iterator[Finding]:
    """What the new records show of patches that landed before. Evidence is let in, whatever it shows."""
    if not landing.new_records:
        return
    landed = [facts for facts in landing.audit.assessment.patches if facts.patch.id not in landing.ids]
    facts_of = {behaviour.step: behaviour for facts in landed for behaviour in facts.behaviours}
    for step, step_facts in facts_of.items():
        case = StepCase(landing, step_facts, step.patches, (), policy, reveal)
        is_new = not set(step.patches) & set(landing.ids)
        if is_new and step_facts.verdict in policy.block_on:
            message = f"the new records show of a patch that has landed: {explain_without_held_out(step_facts)}"
            finding = case.verdict(Level.WARNING, step_facts.verdict, message)
            if finding.fingerprint not in landing.fingerprints_before:
                yield finding


def judge_accusations(landing: MergeCandidate, policy: Policy) -> Iterator[Finding]:
    """What became of accusations of patches that have landed: what lands lifts them, or they stand on the base.

    A landing that touches the spec is held back by one that stands and came after its patch, unless it takes the patch
    back. Records are let in whatever they say, but for those that lift an accusation: somebody is to look at these.
    """
    for key, before in landing.accused_before.items():
        if lifted := landing.lifted.get(key):
            yield Finding(
                f"what lands lifts or softens an accusation that stands: {lifted.change}",
                code=LIFTED_RULE,
                name="accusation-lifted",
                subject=lifted.subject,
                fingerprint=lifted.fingerprint,
                level=Level.BLOCKED,
                remedy=Remedy("have somebody else look at what lands, and land a waiver of this finding first"),
            )
        elif landing.ids and key[0] in landing.accused_late and not _takes_back(landing, key[0]):
            finding = verdict_finding(before.verdict, landing.spec, before)
            after = landing.evidence.patches[key[0]].after
            name = f"{short_id(after.commit) if after.commit else after.name} ({after.subject or after.label})"
            why = f"an accusation stands: {before.verdict}, of {name}, whose records came after it had landed"
            subject = Subject(landing.spec, before.step.patches, before.behaviour, before.model)
            remedy = Remedy("take that patch back in this landing, or land a waiver of this finding first")
            yield replace(finding, message=why, evidence=(), subject=subject, level=Level.BLOCKED, remedy=remedy)


def _takes_back(landing: MergeCandidate, patch: str) -> bool:
    """Whether head says again what the spec said before a patch."""
    return landing.head in revisions_before(landing.evidence, landing.evidence.patches[patch])


def judge_gap(landing: MergeCandidate, gap: GapFacts, policy: Policy, reveal: bool) -> Iterator[Finding]:
    """An open gap, or whatever else of a state the policy blocks on; what was there before does not block."""
    identity = gap_identity(landing.spec, gap)
    is_new = (gap.behaviour, gap.model, gap.suite) not in landing.open_before
    findings = [
        finding
        for finding in landing.audit.gap_findings
        if finding.code in policy.block_on and finding.fingerprint == fingerprint_of(finding.code, *identity)
    ]
    since = "a gap opens" if is_new else "a gap from before is open"
    message = f"{since}: held-out {gap.suite} is clearly above the test"
    rates = f"on {gap.suite} {format_rate(gap.held_out)}, on the test {format_rate(gap.test)}" if reveal else None
    if is_new and findings:
        remedy = Remedy(f"change what the model does, and show it on {gap.suite}")
        for finding in findings:
            yield replace(finding, message=message, evidence=(), level=Level.BLOCKED, remedy=remedy, rates=rates)
    elif gap.open:
        yield Finding(
            message,
            code=GAP_RULE,
            subject=Subject(landing.spec, (), gap.behaviour, gap.model),
            fingerprint=fingerprint_of(GAP_RULE, *identity),
            level=Level.WARNING if is_new else Level.NOTICE,
            rates=rates,
        )


def note_records(landing: MergeCandidate) -> Iterator[Finding]:
    """New records that cannot count, or whose suite nobody registered."""
    evidence = landing.evidence
    for record in sorted(landing.new_records & evidence.foreign_corrections.keys()):
        target = short_id(str(evidence.foreign_corrections[record].corrects))
        yield Finding(
            f"a new record corrects {target}, which is of another run",
            evidence=(record,),
            code="record",
            subject=Subject(landing.spec),
            level=Level.BLOCKED,
            remedy=Remedy("leave it out: a correction is a new record of the same run (auditor ingest --correct)"),
        )
    for record in sorted(landing.new_records & evidence.runs.keys()):
        run = evidence.runs[record]
        why = ""
        if run.incomplete is not None:
            why = f"a new run of {run.suite} is incomplete ({run.incomplete}) and supports no verdict"
        elif run.revision not in evidence.history.revisions:
            why = f"a new run of {run.suite} is of {short_id(run.revision)}, which is no revision of head's history"
        elif run.suite not in evidence.suites:
            why = f"a new run is of {run.suite}, which the registry that applies does not name: it does not count"
        elif run.suite not in landing.registered:
            why = f"a new run is of {run.suite}, which is registered nowhere: its role is what its own record says"
        if why:
            subject = Subject(landing.spec)
            yield Finding(why, evidence=(record,), code="record", subject=subject, level=Level.NOTICE)


# The policy applied to the patches of a spec that are about to land. Pure: verdicts are read, never recomputed.


def apply_policy(landing: MergeCandidate, policy: Policy, *, reveal: bool) -> tuple[Finding, ...]:
    """Everything the policy says of one spec's patches that are about to land, each finding with its level.

    Args:
        reveal: whether findings carry held-out rates.
    """
    cases = _step_cases(landing, policy, reveal)
    findings = [finding for case in cases for finding in _judge_case(case)]
    findings += [finding for entry in landing.patches for finding in _judge_patch(landing, entry.facts, policy)]
    for entry in landing.patches:
        findings += judge_text(entry, policy)
        findings += list_measurement_findings(entry, policy)
    findings += _note_shared_steps(landing, cases)
    findings += judge_periods(landing, policy, reveal)
    findings += judge_states(landing, policy)
    findings += judge_landed_patches(landing, policy, reveal)
    findings += judge_accusations(landing, policy)
    findings += judge_debts(landing)
    findings += [finding for gap in landing.audit.standings for finding in judge_gap(landing, gap, policy, reveal)]
    joining = {entry.facts.patch.id for entry in landing.audit.joining_merges}
    return (*(finding for finding in findings if not _notes_only(finding, joining)), *note_records(landing))


def _notes_only(finding: Finding, patches: Collection[str]) -> bool:
    """Whether a finding is no more than a note, and of none but these patches."""
    about = finding.subject.patches
    return finding.level is Level.NOTICE and bool(about) and all(name in patches for name in about)


def _step_cases(landing: MergeCandidate, policy: Policy, reveal: bool) -> tuple[StepCase, ...]:
    """The steps that patches which land lie in, in the order of the patches."""
    facts_of, findings_by_step = dict[Step, BehaviourFacts](), dict[Step, list[Finding]]()
    for entry in landing.patches:
        for facts, findings in zip(entry.facts.behaviours, entry.measured, strict=True):
            facts_of[facts.step] = facts
            own = entry.facts.patch.id in facts.step.patches  # else the patches that it sums up have the same
            findings_by_step.setdefault(facts.step, []).extend(findings if own else ())
    return tuple(
        StepCase(
            landing,
            facts,
            tuple(name for name in step.patches if name in landing.ids),
            tuple(findings_by_step[step]),
            policy,
            reveal,
        )
        for step, facts in facts_of.items()
    )


def _judge_case(case: StepCase) -> Iterator[Finding]:
    facts, policy = case.facts, case.policy
    verdict = str(facts.verdict)
    blockers = list(_blockers(case))
    if blockers:
        yield from blockers
    elif not facts.suites and policy.require_held_out is not RequireHeldOut.NEVER:
        lacks = "" if facts.verdict is Verdict.UNMEASURED else ", and no held-out suite can be compared"
        message = f"{explain_without_held_out(facts)}{lacks}"
        yield case.verdict(Level.MISSING, "require_held_out", message, case.collect())
    elif facts.verdict is Verdict.INCONCLUSIVE and _owes(facts, policy):
        message = explain_without_held_out(facts)
        yield case.verdict(Level.MISSING, "require_held_out", message, case.collect())
    elif facts.verdict is Verdict.INCONCLUSIVE:
        level = _LEVEL_OF_INCONCLUSIVE[policy.on_inconclusive]
        yield case.verdict(level, verdict, explain_without_held_out(facts), case.collect())
    else:
        yield case.verdict(_LEVEL_OF_VERDICT[facts.verdict], verdict, explain_without_held_out(facts))


def _owes(facts: BehaviourFacts, policy: Policy) -> bool:
    """Whether a held-out suite that was measured before is to be measured after."""
    return policy.require_held_out is not RequireHeldOut.NEVER and bool(owed_suites(facts.not_compared))


_LEVEL_OF_INCONCLUSIVE: Mapping[OnInconclusive, Level] = {
    OnInconclusive.PASS: Level.NOTICE,
    OnInconclusive.WARN: Level.WARNING,
    OnInconclusive.REQUIRE: Level.MISSING,
}
# Of verdicts that the policy does not block on.
_LEVEL_OF_VERDICT: Mapping[Verdict, Level] = {
    Verdict.TEST_ONLY: Level.WARNING,
    Verdict.MOSTLY_TEST: Level.WARNING,
    Verdict.WORSE: Level.WARNING,
    Verdict.ARTEFACT: Level.WARNING,
    Verdict.PARTIAL: Level.WARNING,
    Verdict.UNMEASURED: Level.NOTICE,
    Verdict.GENERALISES: Level.NOTICE,
    Verdict.UNCHANGED: Level.NOTICE,
}


def _blockers(case: StepCase) -> Iterator[Finding]:
    """What the policy blocks on: the verdict, and what checks found of the step, for each patch by itself."""
    facts, block_on = case.facts, case.policy.block_on
    if facts.verdict in block_on:
        yield case.verdict(Level.BLOCKED, str(facts.verdict), explain_without_held_out(facts), case.unblock())
    blocking = (finding for finding in case.findings if finding.code in block_on)
    for finding in sorted(blocking, key=lambda each: (each.code, case.patches.index(each.subject.patches[0]))):
        check = find_check(finding.code)
        assert check is not None
        message = f"{check.title[:1].lower()}{check.title[1:]}: {explain_without_held_out(facts)}"
        yield case.levelled(finding, Level.BLOCKED, message, case.unblock())


def _judge_patch(landing: MergeCandidate, facts: PatchFacts, policy: Policy) -> Iterator[Finding]:
    """What was not evaluated on both sides of a patch, and what was not measured at all after it."""
    compared = {behaviour_facts.behaviour for behaviour_facts in facts.behaviours if behaviour_facts.suites}
    unscored = []
    on_debt = new_debts(landing, facts, policy)
    yield from judge_new_debts(landing, facts, policy, on_debt)
    for behaviour, model in facts.other_behaviours:
        if (behaviour, model) in on_debt:
            continue
        after = _revision_scored_after(landing, facts.patch, behaviour, model)
        if _is_held_out_required(policy, behaviour in compared, after is not None):
            sides = StepRevisions(facts.patch.before.revision, after or landing.head)
            why = f"no test suite of {behaviour} was run both before and after the patch"
            remedy = remedy_for_comparison(behaviour, model, landing.evidence, sides, test=False)
            yield _require_held_out(landing, facts.patch, why, remedy, behaviour, model)
        elif after is None:
            unscored.append(behaviour)
    if unscored or not on_debt:
        yield from _note_unscored(landing, facts, policy, unscored)


def _require_held_out(
    landing: MergeCandidate,
    patch: Patch,
    message: str,
    remedy: Remedy,
    behaviour: str | None = None,
    model: str | None = None,
) -> Finding:
    return Finding(
        message,
        place=landing.place_of(patch.id),
        code="require_held_out",
        subject=Subject(landing.spec, (patch.id,), behaviour, model),
        fingerprint=fingerprint_of("require_held_out", landing.spec, patch.id, behaviour or "", model or ""),
        level=Level.MISSING,
        remedy=remedy,
    )


def _is_held_out_required(policy: Policy, is_compared: bool, is_scored: bool) -> bool:
    """Whether the policy wants held-out evidence of a behaviour that the patch has none of, from any model."""
    if is_compared or policy.require_held_out is RequireHeldOut.NEVER:
        return False
    return is_scored or policy.require_held_out is RequireHeldOut.ALWAYS


def _note_unscored(
    landing: MergeCandidate, facts: PatchFacts, policy: Policy, unscored: Iterable[str]
) -> Iterator[Finding]:
    note = Finding("", code="no-score", subject=Subject(landing.spec, (facts.patch.id,)), level=Level.NOTICE)
    without = sorted(set(unscored) - {behaviour.behaviour for behaviour in facts.behaviours})
    if not facts.behaviours and not facts.other_behaviours and policy.require_held_out is RequireHeldOut.ALWAYS:
        remedy = Remedy("register a test and a held-out suite in suites.toml, and run both on both sides of the patch")
        yield _require_held_out(landing, facts.patch, "nothing was ever measured", remedy)
    elif not facts.behaviours and len(without) == len({behaviour for behaviour, _ in facts.other_behaviours}):
        yield replace(note, message="no test score came with it, so that it is let through")
    elif without:
        yield replace(note, message=f"no test score of {', '.join(without)} came with it")


def _revision_scored_after(landing: MergeCandidate, patch: Patch, behaviour: str, model: str) -> str | None:
    """A content that is first seen after a patch and has a complete test run of the model; None without one."""
    evidence = landing.evidence
    reached, new, old = {patch.after.name}, list[str](), set[str]()
    for spec_commit in evidence.history.spec_commits:
        if reached & {spec_commit.name, *spec_commit.parents}:
            reached.add(spec_commit.name)
            new.append(spec_commit.revision)
        else:
            old.add(spec_commit.revision)
    scored = {state.revision for state in evaluated_states(evidence, behaviour, model)}
    return next((revision for revision in new if revision in scored - old), None)


def _note_shared_steps(landing: MergeCandidate, cases: Iterable[StepCase]) -> Iterator[Finding]:
    """Once for all behaviours: an evaluation that jumps over several patches cannot tell them apart."""
    steps = {case.facts.step.patches: case.patches for case in cases}
    for shared, mine in steps.items():
        if len(shared) > 1:
            before = f", {len(shared) - len(mine)} of which landed before" if len(mine) < len(shared) else ""
            message = f"{len(shared)} patches share one evaluated step{before}: its verdict is of all of them together"
            yield Finding(message, code="shared-step", subject=Subject(landing.spec, mine), level=Level.NOTICE)
