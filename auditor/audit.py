"""Everything an audit and a periodic report say, as frozen values.

Text, JSON, exit code and graph are readings of them. `build_spec_audit` puts one spec's facts, clause changes and
findings together, `build_audit` all specs. A `Report` is an audit with a section a spec, the records it rests on, and
what changed since a baseline (`changes_since`). `matches_fail_on` says whether an audit fails `--fail-on`; what a
waiver excuses does not count.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum

from auditor import __version__
from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, NotAssessed, PatchFacts, PeriodFacts
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.ledger import Debt, WaiverFacts, verdict_finding
from auditor.assess.preregistration import PlanFacts
from auditor.assess.text import PatchText, RevisionText, find_leaking_patches, find_place
from auditor.assess.timeline import Series
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import TextCheck
from auditor.checks.runner import CheckResults, OutcomeCounts, ScopeResults, UndecidedChecks, add_counts, run_checks
from auditor.clauses.comparison import Comparison, count_changes, joined_commits
from auditor.errors import ConfigError
from auditor.evidence import Evidence, Step
from auditor.model.clause import ChangeCounts
from auditor.model.finding import Finding, Level, Severity, present_word
from auditor.model.period import Period
from auditor.model.policy import Policy
from auditor.model.spec import History, Patch
from auditor.model.suite import Registry, Suite
from auditor.model.verdict import Verdict, worst_verdict

# Everything an audit says, as one frozen value: text, JSON and exit code are readings of it.


@dataclass(frozen=True, slots=True)
class PatchEntry:
    """A patch: what is known of it, what it did to the text, what was found.

    Attributes:
        measured: the findings in how it was measured, a group for each of its behaviours, in their order.
        text_findings: those in what it did to the text.
    """

    facts: PatchFacts
    text: PatchText
    counts: ChangeCounts
    measured: tuple[tuple[Finding, ...], ...]
    text_findings: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*(finding for group in self.measured for finding in group), *self.text_findings)

    @property
    def hiding_suspected(self) -> bool:
        """Whether some behaviour's verdict suspects hiding."""
        return any(behaviour.hiding_suspected for behaviour in self.facts.behaviours)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The mechanisms of its behaviours, each once, sorted."""
        return tuple(sorted({name for behaviour in self.facts.behaviours for name in behaviour.mechanisms}))


@dataclass(frozen=True, slots=True)
class CheckpointEntry:
    """A step with no spec change, and what was found."""

    facts: BehaviourFacts
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PeriodEntry:
    """Several patches judged as one, and what was found."""

    facts: PeriodFacts
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class LandingEntry:
    """A landing that changed what it is judged by, and what was found.

    Attributes:
        commit: of the first-parent chain.
        day: the latest on which it can have landed, by committers' clocks (UTC).
        patched: the names of the specs whose text it changes as well.
    """

    commit: str
    day: date
    patched: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SpecAudit:
    """One spec's part of an audit.

    Attributes:
        evidence: what it rests on.
        assessment: what was assessed of it, whichever patches were wanted.
        patches: those that were wanted; a merge that only joins others of them is no patch of its own.
        joining_merges: those merges, of which nothing is said that is not said of the patches they join.
        landing: ids of the patches that are about to land, oldest first; None in an audit of what has landed.
    """

    evidence: Evidence = field(repr=False)
    assessment: Assessment = field(repr=False)
    patches: tuple[PatchEntry, ...]
    checkpoint_steps: tuple[CheckpointEntry, ...]
    periods: tuple[PeriodEntry, ...]
    standings: tuple[GapFacts, ...]
    gap_findings: tuple[Finding, ...]
    spec_findings: tuple[Finding, ...]
    plans: tuple[PlanFacts, ...] = ()
    plan_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    uses: tuple[HoldoutReuse, ...] = ()
    use_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    landing: tuple[str, ...] | None = None
    joining_merges: tuple[PatchEntry, ...] = ()

    @property
    def history(self) -> History:
        """The spec's history."""
        return self.evidence.history

    @property
    def landing_patches(self) -> tuple[PatchEntry, ...]:
        """The patches that are about to land, and the merges that only join them, oldest first."""
        return tuple(entry for entry in self.entries if entry.facts.patch.id in (self.landing or ()))

    @property
    def entries(self) -> tuple[PatchEntry, ...]:
        """The patches, and the merges that only join them, oldest first."""
        order = {name: place for place, name in enumerate(self.evidence.patches)}
        return tuple(sorted((*self.patches, *self.joining_merges), key=lambda entry: order[entry.facts.patch.id]))

    def judged(self) -> Iterator[BehaviourFacts]:
        """Everything that has a verdict: behaviours of patches, steps of training, periods."""
        yield from (behaviour for patch in self.patches for behaviour in patch.facts.behaviours)
        yield from (step.facts for step in self.checkpoint_steps)
        yield from (window.facts.facts for window in self.periods)

    @property
    def gaps(self) -> tuple[GapFacts, ...]:
        """The open gaps that are open."""
        return tuple(standing for standing in self.standings if standing.open)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at; `undecided` says which checks could not tell, on what and why; `failed`, which raised."""

    patches: int
    runs: int
    records: int
    checks: OutcomeCounts
    undecided: tuple[UndecidedChecks, ...] = ()
    failed: tuple[NotAssessed, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit says.

    Attributes:
        waivers: every waiver there is, whether or not it counts; `waiver_findings` is what is wrong with them.
        debts: what patches that landed before they could be evaluated owe.
        landings: those that loosened a policy, moved suites, removed or changed records, or brought their own waiver.
        decided: what the policy says of what is about to land, each with its level; none where all has landed.
    """

    auditor_version: str
    specs: tuple[SpecAudit, ...]
    coverage: Coverage
    not_assessed: tuple[NotAssessed, ...]
    waivers: tuple[WaiverFacts, ...] = ()
    waiver_findings: tuple[Finding, ...] = ()
    debts: tuple[Debt, ...] = ()
    landings: tuple[LandingEntry, ...] = ()
    decided: tuple[Finding, ...] = ()

    @property
    def patches(self) -> tuple[PatchEntry, ...]:
        """The patches of every spec, oldest first."""
        return tuple(patch for spec in self.specs for patch in spec.patches)

    @property
    def hiding_suspected(self) -> int:
        """How many patches are suspected of hiding."""
        return sum(patch.hiding_suspected for patch in self.patches)

    def findings(self) -> tuple[Finding, ...]:
        """Every finding."""
        of_landings = (finding for landing in self.landings for finding in landing.findings)
        return (*of_landings, *self._of_specs())

    def _of_specs(self) -> Iterator[Finding]:
        yield from (
            finding
            for spec in self.specs
            for group in (
                *(patch.findings for patch in spec.patches),
                *(step.findings for step in spec.checkpoint_steps),
                *(window.findings for window in spec.periods),
                spec.gap_findings,
                spec.spec_findings,
                *spec.plan_findings.values(),
                *spec.use_findings.values(),
            )
            for finding in group
        )

    def waivable(self) -> Iterator[Finding]:
        """Everything a waiver may be for: verdicts, findings, and what the policy says."""
        for spec in self.specs:
            name = spec.history.spec
            yield from (verdict_finding(facts.verdict, name, facts) for facts in spec.judged())
        yield from self.findings()
        yield from self.decided

    def excused(self) -> Mapping[tuple[str, str], str]:
        """The name of the waiver by (rule, fingerprint) of all that one excuses."""
        counting = [facts.waiver for facts in self.waivers if not facts.rejection]
        named = ((finding, waiver) for finding in (self.waivable() if counting else ()) for waiver in counting)
        return {(finding.code, finding.fingerprint): waiver.name for finding, waiver in named if waiver.names(finding)}


def build_spec_audit(
    evidence: Evidence,
    assessment: Assessment,
    texts: Mapping[str, PatchText],
    current: RevisionText | None,
    landing: tuple[str, ...] | None = None,
) -> tuple[SpecAudit, CheckResults]:
    """Puts one spec's facts, clause changes and findings together; every check runs here, and nowhere else.

    A merge that only joins patches is told from one that is a patch by what the checks find of both; then they run
    again without it.

    Args:
        texts: what each wanted patch did to the text, by patch id; findings in other patches are left out, and those in
            periods that end with another patch.
        current: the text of the current revision.
        landing: ids of the patches that are about to land: the periods are then those with one of them. None where all
            have landed.
    """
    periods = tuple(period for period in assessment.periods if _is_wanted(period.facts.step.patches, texts, landing))
    every, checked = _check_spec(evidence, assessment, periods, texts, current, landing)
    joining = tuple(entry for entry in every.patches if _only_joins(every, entry))
    if not joining:
        return every, checked
    merges = {entry.facts.patch.id for entry in joining}
    own = {name: text for name, text in texts.items() if name not in merges}
    spec, checked = _check_spec(evidence, assessment, periods, own, current, landing)
    return replace(spec, joining_merges=joining), checked


def _only_joins(spec: SpecAudit, entry: PatchEntry) -> bool:
    """Whether a patch is a merge that joins others, and nothing is found or measured of it that is not of those.

    A test that fell at the merge without a held-out run is measured of it.
    """
    if len(entry.facts.patch.after.parents) < 2:
        return False
    joined = joined_commits(spec.history, entry.facts.patch)
    parts = [each for each in spec.patches if each.facts.patch.after.name in joined]
    if not parts:
        return False
    texts = {(finding.code, finding.message) for each in parts for finding in each.text_findings}
    codes = {finding.code for each in parts for group in each.measured for finding in group}
    verdicts = {(facts.behaviour, facts.model, facts.verdict) for each in parts for facts in each.facts.behaviours}
    return (
        all((finding.code, finding.message) in texts for finding in entry.text_findings)
        and all(finding.code in codes for group in entry.measured for finding in group)
        and all(
            facts.verdict is Verdict.UNCHANGED
            or (facts.verdict is Verdict.UNMEASURED and facts.test is None)
            or (facts.behaviour, facts.model, facts.verdict) in verdicts
            for facts in entry.facts.behaviours
        )
    )


def _check_spec(
    evidence: Evidence,
    assessment: Assessment,
    periods: tuple[PeriodFacts, ...],
    texts: Mapping[str, PatchText],
    current: RevisionText | None,
    landing: tuple[str, ...] | None,
) -> tuple[SpecAudit, CheckResults]:
    selected = replace(
        assessment,
        patches=tuple(facts for facts in assessment.patches if facts.patch.id in texts),
        periods=periods,
        uses=tuple(replace(use, leaked=find_leaking_patches(use.suite, texts)) for use in assessment.uses),
    )
    places = {name: place for name, text in texts.items() if (place := find_place(text.changes)) is not None}
    checked = run_checks(selected, texts, current, places)
    patches = tuple(
        PatchEntry(
            facts,
            texts[facts.patch.id],
            count_changes(texts[facts.patch.id].changes),
            checked.measured[facts.patch.id],
            checked.of_texts[facts.patch.id],
        )
        for facts in selected.patches
    )
    spec = SpecAudit(
        evidence=evidence,
        assessment=assessment,
        patches=patches,
        checkpoint_steps=tuple(map(CheckpointEntry, selected.checkpoint_steps, checked.by_step)),
        periods=tuple(map(PeriodEntry, selected.periods, checked.by_period)),
        standings=selected.standings,
        gap_findings=checked.standing,
        spec_findings=checked.current_text_findings,
        plans=selected.plans,
        plan_findings=checked.by_plan,
        uses=selected.uses,
        use_findings=checked.by_suite,
        landing=landing,
    )
    return spec, checked


def _is_wanted(patches: Sequence[str], texts: Mapping[str, PatchText], landing: Sequence[str] | None) -> bool:
    return patches[-1] in texts if landing is None else bool(set(patches) & set(landing))


def build_audit(
    parts: Sequence[tuple[SpecAudit, CheckResults]], runs: int, records: int, not_assessed: Sequence[NotAssessed]
) -> Audit:
    """The audit of some specs."""
    counts = functools.reduce(add_counts, (checked.counts for _, checked in parts), OutcomeCounts(0, 0, 0, 0))
    undecided = tuple(undecided_checks for _, checked in parts for undecided_checks in checked.undecided)
    failed = tuple(assessed for _, checked in parts for assessed in checked.not_run)
    coverage = Coverage(sum(len(spec.patches) for spec, _ in parts), runs, records, counts, undecided, failed)
    return Audit(__version__, tuple(spec for spec, _ in parts), coverage, (*not_assessed, *failed))


def add_results(audit: Audit, results: ScopeResults, on: str = "") -> Audit:
    """The audit with what more checks came to, but for their findings, which have their own places in it.

    Args:
        on: what they were run on, where a check that could not run is to say so.
    """
    failed = tuple(NotAssessed(f"{not_assessed.what}{on}", not_assessed.why) for not_assessed in results.not_run)
    coverage = replace(
        audit.coverage,
        checks=add_counts(audit.coverage.checks, results.counts),
        failed=(*audit.coverage.failed, *failed),
    )
    return replace(audit, coverage=coverage, not_assessed=(*audit.not_assessed, *failed))


def mark_waived(audit: Audit) -> Audit:
    """The audit with its waivers' names on the findings that they excuse."""
    excused = audit.excused()
    if not excused:
        return audit

    def mark(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        names = [excused.get((finding.code, finding.fingerprint)) for finding in findings]
        return tuple(
            replace(finding, level=Level.WAIVED, waiver=name) if name else finding
            for finding, name in zip(findings, names, strict=True)
        )

    def mark_spec(spec: SpecAudit) -> SpecAudit:
        return replace(
            spec,
            patches=tuple(
                replace(patch, measured=tuple(map(mark, patch.measured)), text_findings=mark(patch.text_findings))
                for patch in spec.patches
            ),
            joining_merges=tuple(
                replace(merge, measured=tuple(map(mark, merge.measured)), text_findings=mark(merge.text_findings))
                for merge in spec.joining_merges
            ),
            checkpoint_steps=tuple(replace(step, findings=mark(step.findings)) for step in spec.checkpoint_steps),
            periods=tuple(replace(period, findings=mark(period.findings)) for period in spec.periods),
            gap_findings=mark(spec.gap_findings),
            spec_findings=mark(spec.spec_findings),
            plan_findings={plan: mark(findings) for plan, findings in spec.plan_findings.items()},
            use_findings={suite: mark(findings) for suite, findings in spec.use_findings.items()},
        )

    return replace(
        audit,
        specs=tuple(map(mark_spec, audit.specs)),
        landings=tuple(replace(landing, findings=mark(landing.findings)) for landing in audit.landings),
    )


def add_passed_over(audit: Audit, passed_over: Sequence[NotAssessed]) -> Audit:
    """An audit with the commits that could not be read: named, and every check of text undecided on each."""
    if not passed_over:
        return audit
    codes = tuple(check.code for check in all_checks() if isinstance(check, TextCheck))
    undecided = tuple(UndecidedChecks(not_assessed.what, not_assessed.why, codes) for not_assessed in passed_over)
    counts = OutcomeCounts(0, 0, len(passed_over) * len(codes), 0)
    coverage = replace(
        audit.coverage,
        checks=add_counts(audit.coverage.checks, counts),
        undecided=(*audit.coverage.undecided, *undecided),
    )
    return replace(audit, coverage=coverage, not_assessed=(*audit.not_assessed, *passed_over))


# `--fail-on`: what of an audit is held against whoever asked for it. What a waiver excuses is not.


def matches_fail_on(audit: Audit, fail_on: Sequence[str]) -> bool:
    """Whether `--fail-on` matches: suspected, a verdict of any behaviour, a check's code, or a finding's severity."""
    excused = audit.excused()
    findings = [finding for finding in (*audit.findings(), *audit.waiver_findings) if finding.waiver is None]
    judged = [
        facts for spec in audit.specs for facts in spec.judged() if _waiver_key(spec.history.spec, facts) not in excused
    ]
    verdicts = {str(facts.verdict) for facts in judged}
    verdicts |= {str(patch.facts.verdict) for patch in audit.patches if not patch.facts.behaviours}
    suspected = {"suspected"} if any(facts.hiding_suspected for facts in judged) else set()
    names = (
        verdicts | suspected | {finding.code for finding in findings} | {str(finding.severity) for finding in findings}
    )
    return bool(names & set(map(present_word, fail_on)))


def _waiver_key(spec: str, facts: BehaviourFacts) -> tuple[str, str]:
    finding = verdict_finding(facts.verdict, spec, facts)
    return finding.code, finding.fingerprint


def check_fail_on(fail_on: Sequence[str]) -> None:
    """Raises ConfigError for a `--fail-on` that could never match."""
    names = {"suspected", *Verdict, *Severity, *(check.code for check in all_checks())}
    for name in fail_on:
        if present_word(name) not in names:
            remedy = "give suspected, a verdict, a check's code or a severity"
            raise ConfigError("would never match", where="--fail-on", field=name, remedy=remedy)


# What changed since the last report: each spec as it was judged on an earlier seal, beside how it is judged now.


@dataclass(frozen=True, slots=True)
class Baseline:
    """The state that a report is compared with.

    Attributes:
        batch, root: of the last checkpoint of that state, and its tree hash (64 hex digits).
        records: how many records were sealed by then; `gone` of them are not here any longer.
        commit: whose history, suites and policy are that state's; None outside of git.
        landed: the day the seal landed, at the latest; None for a report that was given.
        name: the period of the report that was given; "" where the seal was chosen by its day.
        rewritten: whether the checkpoint had another root when it landed.
    """

    batch: int
    root: str
    records: int
    gone: int
    commit: str | None
    landed: date | None
    name: str = ""
    rewritten: bool = False


@dataclass(frozen=True, slots=True)
class PreviousReport:
    """A report that somebody gives to compare with: its period's name, its commit (None outside of git), its batch."""

    name: str
    head: str | None
    batch: int


class GapTransition(StrEnum):
    """What became of an open gap."""

    OPENED = "opened"
    CLOSED = "closed"
    CARRIED = "carried over"


@dataclass(frozen=True, slots=True)
class GapChange:
    """A held-out suite that stood apart from the test then, or does now; None where it did not stand to it at all."""

    became: GapTransition
    before: GapFacts | None
    after: GapFacts | None

    @property
    def latest(self) -> GapFacts:
        """The later of the two."""
        gap = self.after or self.before
        assert gap is not None
        return gap


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A verdict that is not what it was, of a patch that was there then, or of a step of training.

    Attributes:
        patch: None for a step from one checkpoint to another under one revision.
        step: the step judged now.
        before: None where nobody had measured it.
        after: None where nothing measures it any longer.
        suspected: whether hiding was suspected then, and is now.
    """

    patch: Patch | None
    step: Step
    before: Verdict | None
    after: Verdict | None
    suspected: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class SpecChanges:
    """One spec since the last report.

    Attributes:
        new: ids of the patches that were not there then.
        lost: patches that were there then, and are in history no longer: it was rewritten.
        rules: (what, then, now) of the policy and of what suites are, where they differ.
    """

    earlier: Baseline
    new: tuple[str, ...]
    lost: tuple[Patch, ...]
    verdicts: tuple[VerdictChange, ...]
    gaps: tuple[GapChange, ...]
    rules: tuple[tuple[str, str, str], ...]

    def count(self, became: GapTransition) -> int:
        """How many gaps became so."""
        return sum(gap.became is became for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class BaselineSpec:
    """A spec as it was: what was assessed of it, by which policy and suites."""

    assessment: Assessment
    policy: Policy
    registry: Registry


def changes_since(
    earlier: Baseline, then: BaselineSpec, spec: SpecAudit, policy: Policy, registry: Registry
) -> SpecChanges:
    """What changed between a spec as it was and as it is."""
    patches = {patch.patch.id: patch for patch in then.assessment.patches}
    now = {entry.facts.patch.id: entry.facts for entry in spec.patches}
    merges = {entry.facts.patch.id for entry in spec.joining_merges}
    return SpecChanges(
        earlier=earlier,
        new=tuple(name for name in now if name not in patches),
        lost=tuple(patch.patch for name, patch in patches.items() if name not in now.keys() | merges),
        verdicts=(*_patch_verdict_changes(patches, now), *_training_verdict_changes(then.assessment, spec)),
        gaps=tuple(_gap_changes(then.assessment.standings, spec.standings)),
        rules=(*_policy_changes(then.policy, policy), *_suite_changes(then.registry, registry)),
    )


def _patch_verdict_changes(patches: Mapping[str, PatchFacts], now: Mapping[str, PatchFacts]) -> Iterator[VerdictChange]:
    for name, facts in now.items():
        if name in patches:
            before, after = _by_behaviour_and_model(patches[name].behaviours), _by_behaviour_and_model(facts.behaviours)
            for pair in sorted(before.keys() | after.keys()):
                yield from _verdict_change(facts.patch, before.get(pair, ()), after.get(pair, ()))


def _training_verdict_changes(then: Assessment, spec: SpecAudit) -> Iterator[VerdictChange]:
    before = {checkpoint_step.step: checkpoint_step for checkpoint_step in then.checkpoint_steps}
    for entry in spec.checkpoint_steps:
        yield from _verdict_change(
            None, [before[entry.facts.step]] if entry.facts.step in before else [], [entry.facts]
        )


def _by_behaviour_and_model(some: Iterable[BehaviourFacts]) -> dict[tuple[str, str], list[BehaviourFacts]]:
    facts: dict[tuple[str, str], list[BehaviourFacts]] = {}
    for step in some:
        facts.setdefault((step.behaviour, step.model), []).append(step)
    return facts


def _verdict_change(
    patch: Patch | None, before: Iterable[BehaviourFacts], after: Iterable[BehaviourFacts]
) -> Iterator[VerdictChange]:
    """The change of one behaviour of one model; of several steps of a patch the worst verdict counts.

    Nothing changed between a step that was unmeasured and none at all.
    """
    was, is_ = list(before), list(after)
    verdicts = [worst_verdict([step.verdict for step in facts]) if facts else None for facts in (was, is_)]
    suspected = (any(facts.hiding_suspected for facts in was), any(facts.hiding_suspected for facts in is_))
    measured = [None if verdict is Verdict.UNMEASURED else verdict for verdict in verdicts]
    if measured[0] is not measured[1] or suspected[0] is not suspected[1]:
        yield VerdictChange(patch, (is_ or was)[0].step, verdicts[0], verdicts[1], suspected)


def _gap_changes(then: Iterable[GapFacts], now: Iterable[GapFacts]) -> Iterator[GapChange]:
    """Opened first, then closed, then carried over."""
    before, after = ({(gap.behaviour, gap.model, gap.suite): gap for gap in gaps} for gaps in (then, now))
    changes = []
    for key in sorted(before.keys() | after.keys()):
        was, is_ = before.get(key), after.get(key)
        opens = (was is not None and was.open, is_ is not None and is_.open)
        became = {
            (False, True): GapTransition.OPENED,
            (True, False): GapTransition.CLOSED,
            (True, True): GapTransition.CARRIED,
        }.get(opens)
        if became is not None:
            changes.append(GapChange(became, was, is_))
    yield from sorted(changes, key=lambda gap: list(GapTransition).index(gap.became))


def _policy_changes(then: Policy, now: Policy) -> Iterator[tuple[str, str, str]]:
    for setting in fields(Policy):
        was, is_ = getattr(then, setting.name), getattr(now, setting.name)
        if was != is_:
            yield f"policy {setting.name}", _setting_text(was), _setting_text(is_)


def _suite_changes(then: Registry, now: Registry) -> Iterator[tuple[str, str, str]]:
    for name in sorted(then.suites.keys() | now.suites.keys()):
        was, is_ = (
            str(registry.suites[name].role) if name in registry.suites else "not registered" for registry in (then, now)
        )
        if was != is_:
            yield f"suite {name}", was, is_


def _setting_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "unset" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# Everything a periodic report says, as one frozen value: page, Markdown, JSON and verification are readings of it.


@dataclass(frozen=True, slots=True)
class Section:
    """One spec's part of a report.

    Attributes:
        spec: its whole audit; what lies outside the period is carried over from it.
        period: the patches of the period, oldest first.
        comparisons: what each of them did to the clauses, by patch id.
        series: its behaviours over time.
        suites: the suites it is measured on, by name.
        blocking: the verdicts that the policy blocks on.
        since: what changed since the last report; None where there is none, or the spec was not tracked then.
    """

    spec: SpecAudit
    report_period: Period
    period: tuple[PatchEntry, ...]
    comparisons: Mapping[str, Comparison]
    series: tuple[Series, ...]
    suites: tuple[Suite, ...]
    blocking: tuple[str, ...]
    since: SpecChanges | None = None

    @property
    def flagged(self) -> tuple[PatchEntry, ...]:
        """Of the period: hiding suspected, or a verdict the policy blocks on."""
        return tuple(entry for entry in self.period if self.is_flagged(entry))

    @property
    def carried(self) -> tuple[PatchEntry, ...]:
        """Flagged patches that landed before the period."""
        early = (entry for entry in self.spec.patches if patch_day(entry) < self.report_period.since)
        return tuple(entry for entry in early if self.is_flagged(entry))

    @property
    def later(self) -> tuple[PatchEntry, ...]:
        """Flagged patches that landed after it."""
        late = (entry for entry in self.spec.patches if patch_day(entry) > self.report_period.until)
        return tuple(entry for entry in late if self.is_flagged(entry))

    @property
    def steps(self) -> tuple[CheckpointEntry, ...]:
        """Steps from one checkpoint to the next, under one revision; however old, as a training run has no date."""
        return self.spec.checkpoint_steps

    def is_flagged(self, entry: PatchEntry) -> bool:
        """Whether a patch gets a section of its own."""
        return entry.hiding_suspected or entry.facts.verdict in self.blocking


def patch_day(entry: PatchEntry) -> date:
    """The day a patch was seen, in the time zone it was made in; said by whoever made it, and not to be relied on."""
    return entry.facts.patch.after.date.date()


@dataclass(frozen=True, slots=True)
class RecordBasis:
    """The records a report rests on.

    Attributes:
        records: how many files named by their content the store holds, item manifests aside.
        number, root: of the last checkpoint, and its tree hash (64 hex digits); None without one.
        unsealed: how many of the records are in no batch.
        faults: how many files of the store are not what they should be.
        witness: what came of holding the store against a checkpoint from outside; None without one.
    """

    records: int
    number: int | None
    root: str | None
    unsealed: int
    faults: int
    witness: OutsideWitness | None = None


@dataclass(frozen=True, slots=True)
class OutsideWitness:
    """A checkpoint somebody else holds: its number (None for none of ours), and what is not as it was sealed."""

    held_by: str
    number: int | None
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A periodic report.

    Attributes:
        head: the commit it was made at; None outside of git.
        holding: the records it rests on.
        audit: the whole audit it rests on.
        sections: one a spec.
        policy: the policy applied.
        earlier: the state it is compared with; else `no_earlier` says why there is none.
        previous: the report that was given to compare with; None where the state was chosen by its day.
        off_branches: whether no branch has its commit.
    """

    period: Period
    head: str | None
    basis: RecordBasis
    audit: Audit
    sections: tuple[Section, ...]
    policy: Policy
    earlier: Baseline | None = None
    no_baseline: str = ""
    previous: PreviousReport | None = None
    off_branches: bool = False
