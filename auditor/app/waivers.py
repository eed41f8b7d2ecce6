"""Waivers held against history: who committed each, before or after its patch, and whether what it names is there.

In come waivers and everything that was found; out comes an audit with facts of each waiver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from auditor.app.merge_history import BaseHead
from auditor.app.project import Project
from auditor.assess.ledger import WaiverCommit, WaiverFacts
from auditor.assess.lifted_accusations import LIFTED_RULE
from auditor.audit import Audit, add_results, mark_waived
from auditor.checks.catalogue import find_check
from auditor.checks.interface import LandingCheck
from auditor.checks.runner import run_on_waivers
from auditor.git import Ancestry, Commit, Repository, Tree
from auditor.model.finding import Finding
from auditor.model.policy import OnInconclusive, Policy
from auditor.model.spec import Patch
from auditor.model.verdict import Verdict
from auditor.model.waiver import Waiver
from auditor.store.ledger import load_waivers

# Waivers held against history: who committed each, before or after its patch, and whether what it names is there.


ALWAYS_ENFORCED = ("require_held_out", "evidence-debt", LIFTED_RULE)


def is_enforced(policy: Policy, rule: str) -> bool:
    """Whether the policy holds what a verdict, a check or a rule of the gate says against a landing."""
    requires_result = rule == Verdict.INCONCLUSIVE and policy.on_inconclusive is OnInconclusive.REQUIRE
    return rule in policy.block_on or rule in ALWAYS_ENFORCED or requires_result


@dataclass(frozen=True)
class WaiverSource:
    """Where waivers were read from.

    Attributes:
        tip: the commit whose waivers they are.
        head: the commit that has the patches; `tip` itself where all have landed.
        tree: what their files were read from: `tip`, or a work tree that may say something else.
    """

    repository: Repository
    tip: Commit
    head: Commit
    tree: Tree

    @cached_property
    def ancestry(self) -> Ancestry:
        """How what is in `tip` landed."""
        return self.repository.ancestry(self.tip.commit_id)

    @cached_property
    def authors(self) -> Mapping[str, tuple[str, str]]:
        """Who wrote each commit up to `head`."""
        same = self.head.commit_id == self.tip.commit_id
        return self.ancestry.authors if same else self.repository.ancestry(self.head.commit_id).authors

    def author_of(self, waiver: Waiver) -> str | None:
        """The commit that last wrote a waiver's file as it is: no merge that only brings it in. None for none."""
        tip_entry = self.tip.entry(waiver.path)
        if self.tree.read(waiver.path) != self.tip.read(waiver.path):
            return None
        for line in reversed(self.repository.commits_touching(self.tip.commit_id, [waiver.path])):
            entry = Commit(self.repository, line.id).entry(waiver.path)
            if entry == tip_entry and all(
                Commit(self.repository, parent).entry(waiver.path) != entry for parent in line.parents
            ):
                return line.id
        return None


@dataclass(frozen=True)
class WaiverContext:
    """What waivers are held against.

    Attributes:
        findings: everything that is found, whether or not the policy holds it against a landing.
        patches: every patch, by id.
        needed: whether a rule's findings are held against a landing.
        granted: None outside of git.
        elsewhere: ids of patches that were not looked at: a waiver for one of them is taken to be in order.
    """

    findings: Sequence[Finding]
    patches: Mapping[str, Patch]
    needed: Callable[[str], bool]
    two_person: bool
    today: date
    granted: WaiverSource | None
    elsewhere: Sequence[str] = ()


def waiver_facts(waivers: Sequence[Waiver], holding: WaiverContext) -> tuple[WaiverFacts, ...]:
    """What is known of each waiver, in their order."""
    return tuple(_facts_of_waiver(waiver, holding) for waiver in waivers)


def _facts_of_waiver(waiver: Waiver, holding: WaiverContext) -> WaiverFacts:
    findings = [finding for finding in holding.findings if waiver.names(finding)]
    about = dict.fromkeys(patch for finding in findings for patch in finding.subject.patches)
    commits = [commit for patch in about if (commit := holding.patches[patch].after.commit) is not None]
    passed_over = bool(waiver.patch) and any(name.startswith(waiver.patch or "") for name in holding.elsewhere)
    granted = holding.granted
    source = granted.author_of(waiver) if granted is not None else None
    facts = WaiverFacts(
        waiver=waiver,
        day=holding.today,
        in_git=granted is not None,
        known=bool(findings) or passed_over,
        needed=any(holding.needed(finding.code) for finding in findings) or passed_over,
        two_person=holding.two_person,
    )
    if granted is None or source is None:
        return facts
    return _add_commit_facts(facts, granted, source, commits)


def _add_commit_facts(facts: WaiverFacts, granted: WaiverSource, source: str, commits: Sequence[str]) -> WaiverFacts:
    ancestry = granted.ancestry
    place = ancestry.landed[source]
    landed = [ancestry.landed[commit] for commit in commits if commit in ancestry.landed]
    return WaiverFacts(
        waiver=facts.waiver,
        day=facts.day,
        commit=WaiverCommit(ancestry.authors[source], ancestry.earliest[place]),
        known=facts.known,
        needed=facts.needed,
        patch_authors=tuple(granted.authors[commit] for commit in commits if commit in granted.authors),
        after_patch=any(place >= number for number in landed),
        two_person=facts.two_person,
    )


# An audit with the project's waivers held against it.


def add_waivers(project: Project, audit: Audit, today: date, sides: BaseHead | None = None) -> Audit:
    """The audit with every waiver there is, and what is wrong with each.

    Args:
        today: the day that they are held against.
        sides: the two sides of a merge, whose base's waivers are the ones that count; None for the project's own.

    Raises ConfigError for a malformed waiver.
    """
    waivers = sides.waivers if sides else load_waivers(project.tree, project.settings.store)
    if not waivers:
        return audit
    patches = {name: patch for spec in audit.specs for name, patch in spec.evidence.patches.items()}
    looked_at = {entry.facts.patch.id for spec in audit.specs for entry in spec.entries}
    policy = project.settings.policy
    holding = WaiverContext(
        findings=tuple(audit.waivable()),
        patches=patches,
        needed=lambda rule: is_enforced(policy, rule) or isinstance(find_check(rule), LandingCheck),
        two_person=policy.two_person,
        today=today,
        granted=_source_of_merge(sides) if sides else _source_of_project(project),
        elsewhere=tuple(patches.keys() - looked_at),
    )
    facts = waiver_facts(waivers, holding)
    results = run_on_waivers(facts)
    return mark_waived(replace(add_results(audit, results), waivers=facts, waiver_findings=results.findings))


def _source_of_merge(sides: BaseHead) -> WaiverSource:
    return WaiverSource(sides.repository, sides.base, sides.head, sides.base)


def _source_of_project(project: Project) -> WaiverSource | None:
    if project.repository is None:
        return None
    head = Commit(project.repository, project.repository.resolve(project.tip))
    return WaiverSource(project.repository, head, head, project.tree)
