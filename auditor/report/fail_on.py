"""`--fail-on`: what of an audit is held against whoever asked for it. What a waiver excuses is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.assess.facts import BehaviourFacts
from auditor.assess.ledger import waiver_subject
from auditor.checks.catalogue import all_checks
from auditor.errors import ConfigError
from auditor.model.finding import Severity
from auditor.model.verdict import Verdict
from auditor.report import Audit


def matches(audit: Audit, fail_on: Sequence[str]) -> bool:
    """Whether `--fail-on` matches: suspected, a verdict of any behaviour, a check's code, or a finding's severity."""
    excused = audit.excused()
    every = (*audit.findings(), *audit.waiver_findings)
    found = [one for one in every if (one.check, one.fingerprint) not in excused]
    judged = [one for spec, one in _judged(audit) if _key(spec, one) not in excused]
    verdicts = {str(one.verdict) for one in judged}
    verdicts |= {str(patch.facts.verdict) for patch in audit.patches if not patch.facts.behaviours}
    suspected = {"suspected"} if any(one.hiding_suspected for one in judged) else set()
    given = verdicts | suspected | {one.check for one in found} | {str(one.severity) for one in found}
    return bool(given & set(fail_on))


def _judged(audit: Audit) -> Iterator[tuple[str, BehaviourFacts]]:
    for spec in audit.specs:
        name = spec.history.spec
        yield from ((name, one) for patch in spec.patches for one in patch.facts.behaviours)
        yield from ((name, step.facts) for step in spec.checkpoint_steps)
        yield from ((name, window.facts.facts) for window in spec.windows)


def _key(spec: str, facts: BehaviourFacts) -> tuple[str, str]:
    subject = waiver_subject(facts.verdict, spec, facts)
    return subject.rule, subject.fingerprint


def check_fail_on(fail_on: Sequence[str]) -> None:
    """Raises ConfigError for a `--fail-on` that could never match."""
    known = {"suspected", *Verdict, *Severity, *(check.code for check in all_checks())}
    for one in fail_on:
        if one not in known:
            remedy = "give suspected, a verdict, a check's code or a severity"
            raise ConfigError("would never match", where="--fail-on", field=one, remedy=remedy)
