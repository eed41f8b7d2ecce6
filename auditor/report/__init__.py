"""Everything an audit says, as one frozen value: text, JSON and exit code are readings of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from auditor import __version__
from auditor.assess.facts import Assessment, BehaviourFacts, GapFacts, NotAssessed, PatchFacts, WindowFacts
from auditor.assess.texts import PatchText, RevisionText, place_of
from auditor.checks.catalogue import every_check
from auditor.checks.runner import Checked, CouldNotTell, Counts, run_checks
from auditor.clauses.diff import counts
from auditor.errors import ConfigError
from auditor.model.clause import ChangeCounts
from auditor.model.finding import Finding, Severity
from auditor.model.spec import History
from auditor.model.verdict import Verdict


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

    facts: WindowFacts
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
    checks: Counts
    undecided: tuple[CouldNotTell, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit says."""

    auditor_version: str
    specs: tuple[SpecReport, ...]
    coverage: Coverage
    not_assessed: tuple[NotAssessed, ...]

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
        return tuple(
            finding
            for spec in self.specs
            for group in (
                *(patch.findings for patch in spec.patches),
                *(step.findings for step in spec.checkpoint_steps),
                *(window.findings for window in spec.windows),
                spec.standing_findings,
                spec.spec_findings,
            )
            for finding in group
        )


def spec_report(
    history: History, assessment: Assessment, texts: Mapping[str, PatchText], current: RevisionText | None
) -> tuple[SpecReport, Checked]:
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
    )
    changes = {name: text.changes for name, text in texts.items()}
    places = {name: place for name, some in changes.items() if (place := place_of(some)) is not None}
    checked = run_checks(kept, texts, current, places)
    patches = tuple(
        PatchEntry(facts, texts[facts.patch.id], counts(changes[facts.patch.id]), checked.by_patch[facts.patch.id])
        for facts in kept.patches
    )
    steps = tuple(CheckpointEntry(*pair) for pair in zip(kept.checkpoint_steps, checked.by_step, strict=True))
    windows = tuple(WindowEntry(*pair) for pair in zip(kept.windows, checked.by_window, strict=True))
    return SpecReport(history, patches, steps, windows, kept.standings, checked.standing, checked.of_spec), checked


def audit_of(
    parts: Sequence[tuple[SpecReport, Checked]], runs: int, records: int, not_assessed: Sequence[NotAssessed]
) -> Audit:
    """The audit of some specs."""
    given = [checked.counts for _, checked in parts]
    total = Counts(*(sum(getattr(one, name) for one in given) for name in ("fired", "clear", "undecided", "not_run")))
    undecided = tuple(one for _, checked in parts for one in checked.undecided)
    coverage = Coverage(sum(len(spec.patches) for spec, _ in parts), runs, records, total, undecided)
    problems = (*not_assessed, *(problem for _, checked in parts for problem in checked.not_run))
    return Audit(__version__, tuple(spec for spec, _ in parts), coverage, problems)


def matches(audit: Audit, fail_on: Sequence[str]) -> bool:
    """Whether `--fail-on` matches: suspected, a verdict of any behaviour, a check's code, or a finding's severity."""
    steps = [step.facts for spec in audit.specs for step in spec.checkpoint_steps]
    windows = [window.facts.facts for spec in audit.specs for window in spec.windows]
    judged = [*(one for patch in audit.patches for one in patch.facts.behaviours), *steps, *windows]
    verdicts = {str(one.verdict) for one in judged} | {str(patch.facts.verdict) for patch in audit.patches}
    codes = {finding.check for finding in audit.findings()}
    severities = {str(finding.severity) for finding in audit.findings()}
    suspected = {"suspected"} if any(one.hiding_suspected for one in judged) else set()
    given = verdicts | codes | severities | suspected
    return bool(given & set(fail_on))


def check_fail_on(fail_on: Sequence[str]) -> None:
    """Raises ConfigError for a `--fail-on` that could never match."""
    known = {"suspected", *Verdict, *Severity, *(check.code for check in every_check())}
    for one in fail_on:
        if one not in known:
            remedy = "give suspected, a verdict, a check's code or a severity"
            raise ConfigError("would never match", where="--fail-on", field=one, remedy=remedy)
