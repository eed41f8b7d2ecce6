"""What no patch does by itself: several together, a held-out suite that is used up, a planned run that never came."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.assess.facts import PeriodFacts
from auditor.checks.catalogue import find_check
from auditor.gate.decision import Entry, Level
from auditor.gate.landing import Landing, why_of
from auditor.gate.unblock import Remedy
from auditor.model.finding import Finding, Severity
from auditor.model.policy import Policy


def on_windows(landing: Landing, policy: Policy, reveal: bool) -> Iterator[Entry]:
    """What patches that land come to together with those before them, by findings whose messages say held-out rates."""
    for window, findings in landing.windows:
        for finding in findings:
            rates = window.facts.reason if reveal and window.facts.ruling else None
            yield _entry(landing, policy, finding, _together(window), rates, window)


def on_state(landing: Landing, policy: Policy) -> Iterator[Entry]:
    """What is wrong with what a spec is measured on. Where no patch lands it holds nothing back: evidence gets in."""
    for finding in landing.of_state:
        yield _entry(landing, policy, finding, finding.message)


def _together(window: PeriodFacts) -> str:
    return f"over {window.names[0]}, {len(window.facts.step.patches)} patches together: {why_of(window.facts)}"


def _entry(
    landing: Landing,
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
