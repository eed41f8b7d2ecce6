"""What holds of a spec's states and records, whichever patch lands: standing gaps, late evidence, stray records."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.assess.facts import GapFacts
from auditor.assess.ledger import waiver_subject
from auditor.assess.reasons import format_rate
from auditor.checks.catalogue import all_checks
from auditor.checks.interface import Fired, GapCheck
from auditor.gate.decision import Entry, Level
from auditor.gate.landing import Case, Landing, why_of
from auditor.gate.unblock import Remedy
from auditor.model.finding import fingerprint_of
from auditor.model.policy import Policy


def on_landed(landing: Landing, policy: Policy, reveal: bool) -> Iterator[Entry]:
    """What the new records show of patches that landed before. Evidence is let in, whatever it shows."""
    if not landing.new_records:
        return
    landed = [facts for facts in landing.assessment.patches if facts.patch.id not in landing.patches]
    facts_of = {one.step: one for facts in landed for one in facts.behaviours}
    for step, one in facts_of.items():
        subject = waiver_subject(one.verdict, landing.spec, one)
        is_new = subject.fingerprint not in landing.landed_before and not set(step.patches) & set(landing.patches)
        if is_new and one.verdict in policy.block_on:
            case = Case(landing, one, step.patches, policy, reveal)
            yield case.entry(
                Level.WARNING, one.verdict, f"the new records show of a patch that has landed: {why_of(one)}"
            )


def on_gap(landing: Landing, gap: GapFacts, policy: Policy, reveal: bool) -> Iterator[Entry]:
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
        rules, level, remedy = ["standing-gap"], Level.WARNING if is_new else Level.NOTICE, None
    else:
        return
    since = "opens" if is_new else "was open before"
    why = f"a standing gap {since}: {gap.suite} is clearly worse than the test"
    for rule in rules:
        identity = fingerprint_of(rule, landing.spec, gap.behaviour, gap.model, gap.suite)
        yield Entry(level, rule, why, landing.spec, (), gap.behaviour, gap.model, rates, remedy, fingerprint=identity)


def on_records(landing: Landing) -> Iterator[Entry]:
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
