"""Everything an audit says, as one frozen value: text, JSON and exit code are readings of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from auditor import __version__
from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, NotAssessed, PatchFacts, PeriodFacts
from auditor.assess.holdout_reuse import HoldoutReuse
from auditor.assess.ledger import Debt, WaiverFacts, WaiverSubject, waiver_subject
from auditor.assess.preregistration import PlanFacts
from auditor.assess.text import PatchText, RevisionText, find_leaking_patches, find_place
from auditor.checks.runner import CheckResults, OutcomeCounts, UndecidedChecks, run_checks
from auditor.clauses.comparison import count_changes
from auditor.model.clause import ChangeCounts
from auditor.model.finding import Finding
from auditor.model.spec import History


@dataclass(frozen=True, slots=True)
class PatchEntry:
    """A patch: what is known of it, what it did to the text, what was found."""

    facts: PatchFacts
    text: PatchText
    counts: ChangeCounts
    findings: tuple[Finding, ...]

    @property
    def hiding_suspected(self) -> bool:
        """Whether some behaviour's verdict suspects hiding."""
        return any(one.hiding_suspected for one in self.facts.behaviours)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The mechanisms of its behaviours, each once, sorted."""
        return tuple(sorted({name for one in self.facts.behaviours for name in one.mechanisms}))


@dataclass(frozen=True, slots=True)
class CheckpointEntry:
    """A step with no spec change, and what was found."""

    facts: BehaviourFacts
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class WindowEntry:
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
class SpecReport:
    """One spec's part of an audit."""

    history: History
    patches: tuple[PatchEntry, ...]
    checkpoint_steps: tuple[CheckpointEntry, ...]
    windows: tuple[WindowEntry, ...]
    standings: tuple[GapFacts, ...]
    standing_findings: tuple[Finding, ...]
    spec_findings: tuple[Finding, ...]
    plans: tuple[PlanFacts, ...] = ()
    plan_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    uses: tuple[HoldoutReuse, ...] = ()
    use_findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def gaps(self) -> tuple[GapFacts, ...]:
        """The standing gaps that are open."""
        return tuple(one for one in self.standings if one.open)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at; `undecided` says which checks could not tell, on what and why."""

    patches: int
    runs: int
    records: int
    checks: OutcomeCounts
    undecided: tuple[UndecidedChecks, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit says.

    Attributes:
        waivers: every waiver there is, whether or not it counts; `waiver_findings` is what is wrong with them.
        debts: what patches that landed before they could be evaluated owe.
        landings: those that loosened a policy, moved suites, removed or changed records, or brought their own waiver.
    """

    auditor_version: str
    specs: tuple[SpecReport, ...]
    coverage: Coverage
    not_assessed: tuple[NotAssessed, ...]
    waivers: tuple[WaiverFacts, ...] = ()
    waiver_findings: tuple[Finding, ...] = ()
    debts: tuple[Debt, ...] = ()
    landings: tuple[LandingEntry, ...] = ()

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
                *(window.findings for window in spec.windows),
                spec.standing_findings,
                spec.spec_findings,
                *spec.plan_findings.values(),
                *spec.use_findings.values(),
            )
            for finding in group
        )

    def subjects(self) -> Iterator[WaiverSubject]:
        """Everything a waiver may be for: verdicts and findings, with the patches they are about."""
        yield from (WaiverSubject(one.check, one.fingerprint) for landing in self.landings for one in landing.findings)
        for spec in self.specs:
            name = spec.history.spec
            for entry in spec.patches:
                yield from (waiver_subject(one.verdict, name, one) for one in entry.facts.behaviours)
                about = (entry.facts.patch.id,)
                yield from (WaiverSubject(one.check, one.fingerprint, about) for one in entry.findings)
            yield from (waiver_subject(step.facts.verdict, name, step.facts) for step in spec.checkpoint_steps)
            yield from (waiver_subject(one.facts.facts.verdict, name, one.facts.facts) for one in spec.windows)
            within = (*(one.findings for one in spec.checkpoint_steps), *(one.findings for one in spec.windows))
            of_state = (*spec.plan_findings.values(), *spec.use_findings.values())
            for group in (*within, spec.standing_findings, spec.spec_findings, *of_state):
                yield from (WaiverSubject(one.check, one.fingerprint) for one in group)

    def excused(self) -> Mapping[tuple[str, str], str]:
        """The name of the waiver by (rule, fingerprint) of all that one excuses."""
        counting = [facts.waiver for facts in self.waivers if not facts.why_not]
        named = ((one, waiver) for one in (self.subjects() if counting else ()) for waiver in counting)
        return {
            (one.rule, one.fingerprint): waiver.name
            for one, waiver in named
            if waiver.names(one.rule, one.fingerprint, one.patches)
        }


def spec_report(
    history: History, assessment: Assessment, texts: Mapping[str, PatchText], current: RevisionText | None
) -> tuple[SpecReport, CheckResults]:
    """Puts one spec's facts, clause changes and findings together.

    Args:
        texts: what each wanted patch did to the text, by patch id; what is known of other patches is left out, and
            of windows that end with another patch.
        current: the text of the current revision.
    """
    kept = replace(
        assessment,
        patches=tuple(facts for facts in assessment.patches if facts.patch.id in texts),
        windows=tuple(window for window in assessment.windows if window.facts.step.patches[-1] in texts),
        uses=tuple(replace(use, leaked=find_leaking_patches(use.suite, texts)) for use in assessment.uses),
    )
    changes = {name: text.changes for name, text in texts.items()}
    places = {name: place for name, some in changes.items() if (place := find_place(some)) is not None}
    checked = run_checks(kept, texts, current, places)
    patches = tuple(
        PatchEntry(
            facts, texts[facts.patch.id], count_changes(changes[facts.patch.id]), checked.by_patch[facts.patch.id]
        )
        for facts in kept.patches
    )
    steps = tuple(CheckpointEntry(*pair) for pair in zip(kept.checkpoint_steps, checked.by_step, strict=True))
    windows = tuple(WindowEntry(*pair) for pair in zip(kept.windows, checked.by_window, strict=True))
    standing = kept.standings, checked.standing
    plans, uses = (kept.plans, checked.of_plans), (kept.uses, checked.of_uses)
    return SpecReport(history, patches, steps, windows, *standing, checked.of_spec, *plans, *uses), checked


def audit_of(
    parts: Sequence[tuple[SpecReport, CheckResults]], runs: int, records: int, not_assessed: Sequence[NotAssessed]
) -> Audit:
    """The audit of some specs."""
    given = [checked.counts for _, checked in parts]
    total = OutcomeCounts(
        *(sum(getattr(one, name) for one in given) for name in ("fired", "clear", "undecided", "not_run"))
    )
    undecided = tuple(one for _, checked in parts for one in checked.undecided)
    coverage = Coverage(sum(len(spec.patches) for spec, _ in parts), runs, records, total, undecided)
    problems = (*not_assessed, *(problem for _, checked in parts for problem in checked.not_run))
    return Audit(__version__, tuple(spec for spec, _ in parts), coverage, problems)
