"""An audit with the project's waivers held against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from auditor.app.project import Project
from auditor.app.waived import Granted, Holding, held_against, waiver_facts
from auditor.assess.facts import NotAssessed
from auditor.checks.catalogue import find_check
from auditor.checks.interface import LandingCheck
from auditor.checks.runner import add_counts, run_on_waivers
from auditor.evidence import Evidence
from auditor.git import Commit
from auditor.report import Audit
from auditor.store.waivers import load_waivers


def with_waivers(project: Project, audit: Audit, evidence: Iterable[Evidence], today: date) -> Audit:
    """The audit with every waiver there is, what is wrong with each, and what each excuses.

    Args:
        evidence: what the audit rests on, spec by spec.
        today: the day that they are held against.

    Raises ConfigError for a malformed waiver.
    """
    waivers = load_waivers(project.tree, project.settings.store)
    if not waivers:
        return audit
    patches = {name: patch for one in evidence for name, patch in one.patches.items()}
    looked_at = {entry.facts.patch.id for entry in audit.patches}
    policy = project.settings.policy
    holding = Holding(
        subjects=tuple(audit.subjects()),
        patches=patches,
        needed=lambda rule: held_against(policy, rule) or isinstance(find_check(rule), LandingCheck),
        two_person=policy.two_person,
        today=today,
        granted=_granted(project),
        elsewhere=tuple(patches.keys() - looked_at),
    )
    facts = waiver_facts(waivers, holding)
    ran = run_on_waivers(facts)
    notes = (*audit.not_assessed, *(NotAssessed(one.what, one.why) for one in ran.not_run))
    counts = add_counts(audit.coverage.checks, ran.counts)
    coverage = replace(audit.coverage, checks=counts)
    return replace(audit, waivers=facts, waiver_findings=ran.findings, not_assessed=notes, coverage=coverage)


def _granted(project: Project) -> Granted | None:
    if project.repository is None:
        return None
    head = Commit(project.repository, project.repository.resolve(project.tip))
    return Granted(project.repository, head, head, project.tree)
