"""Evidence debts in a decision: a patch that lands on one, one that is open, and one whose day is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from auditor.assess.facts import PatchFacts
from auditor.assess.ledger import Debt, find_owed
from auditor.gate.decision import Entry, Level
from auditor.gate.landing import Landing
from auditor.gate.unblock import Remedy, Sides, compare
from auditor.model.finding import fingerprint_of
from auditor.model.policy import Policy, RequireHeldOut

RULE = "evidence-debt"


def lands_on_debt(landing: Landing, facts: PatchFacts, policy: Policy) -> frozenset[tuple[str, str]]:
    """(behaviour, model) of what a patch may owe for now: what nobody can have scored yet after it."""
    if landing.day is None or policy.evidence_debt_days is None or policy.require_held_out is RequireHeldOut.NEVER:
        return frozenset()
    return frozenset(find_owed(landing.evidence, facts)) & frozenset(facts.outside)


def on_debt(landing: Landing, facts: PatchFacts, policy: Policy, lacking: Iterable[tuple[str, str]]) -> Iterator[Entry]:
    """That a patch lands on debt, and until when."""
    named = sorted({behaviour for behaviour, _ in lacking})
    if not named or landing.day is None:
        return
    due = landing.day + timedelta(days=policy.evidence_debt_days or 0)
    why = f"lands on debt: {', '.join(named)} of a model trained on the spec, to be measured by {due}"
    yield Entry(Level.WARNING, RULE, why, landing.spec, (facts.patch.id,), place=landing.places.get(facts.patch.id))


def on_landed_debts(landing: Landing, debts: Iterable[Debt]) -> Iterator[Entry]:
    """What earlier patches owe: said while there is time; when there is none, nothing else lands first."""
    for debt in debts:
        named = ", ".join(sorted({behaviour for behaviour, _ in debt.owed}))
        if landing.day is None or not debt.overdue(landing.day):
            why = f"{named} of a patch that landed on {debt.landed} is to be measured by {debt.due}"
            yield Entry(Level.NOTICE, RULE, why, debt.spec, (debt.patch,))
            continue
        why = f"{named} of a patch that landed on {debt.landed} was to be measured by {debt.due}, and was not"
        identity = fingerprint_of(RULE, debt.spec, debt.patch)
        yield Entry(
            Level.BLOCKED,
            RULE,
            why,
            debt.spec,
            (debt.patch,),
            remedy=_remedy(landing, debt),
            fingerprint=identity,
        )


def _remedy(landing: Landing, debt: Debt) -> Remedy:
    patch = landing.evidence.patches[debt.patch]
    sides = Sides(patch.before.revision, patch.after.revision)
    behaviour, model = debt.owed[0]
    first = compare(behaviour, model, landing.evidence, sides, test=False)
    more = f", and likewise for {len(debt.owed) - 1} more" if len(debt.owed) > 1 else ""
    return Remedy(f"{first.text}{more}, and land the records", first.commands)
