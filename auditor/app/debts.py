"""Evidence debts, derived from history: when each patch landed, what the policy granted then, what came since.

Nothing records a debt, so that nothing can lose one: the landing is the first commit of the first-parent chain that has
the patch, the days of grace are those of the policy it landed on, and the runs say what was measured since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

from auditor.app.project import Project
from auditor.assess.facts import PatchFacts
from auditor.assess.ledger import Debt, find_owed
from auditor.evidence import Evidence
from auditor.git import Commit, Repository
from auditor.model.policy import RequireHeldOut
from auditor.report import Audit
from auditor.settings import load


def debts_at(repository: Repository, tip: str, evidence: Evidence, patches: Iterable[PatchFacts]) -> Iterator[Debt]:
    """What patches that have landed at the commit id `tip` owe; nothing for what landed where no debt was granted."""
    open_ones = [
        (facts, some) for facts in patches if facts.patch.after.commit and (some := find_owed(evidence, facts))
    ]
    if not open_ones:
        return
    ancestry = repository.ancestry(tip)

    @cache
    def granted(place: int) -> int | None:
        if place == 0:
            return None
        policy = load(Commit(repository, ancestry.chain[place - 1])).policy
        return None if policy.require_held_out is RequireHeldOut.NEVER else policy.evidence_debt_days

    for facts, lacking in open_ones:
        place = ancestry.landed.get(facts.patch.after.commit or "")
        days = granted(place) if place is not None else None
        if place is not None and days is not None:
            landed = ancestry.latest[place]
            due = landed + timedelta(days=days)
            yield Debt(facts.patch.spec, facts.patch.id, lacking, landed, due)


def with_debts(project: Project, audit: Audit, evidence: Iterable[Evidence]) -> Audit:
    """The audit with what its patches owe. Raises ConfigError where a policy of the past cannot be read."""
    found = project.repository
    if found is None or project.settings.policy.evidence_debt_days is None:
        return audit
    head = found.resolve(project.tip)
    facts = [entry.facts for entry in audit.patches]
    debts = tuple(
        debt
        for one in evidence
        for debt in debts_at(found, head, one, [each for each in facts if each.patch.id in one.patches])
    )
    return replace(audit, debts=debts)
