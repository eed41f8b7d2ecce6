"""Reuse of held-out suites as its part of the JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.audit import SpecAudit
from auditor.model.finding import Finding
from auditor.render.schema import FindingPart, UsePart


def holdout_reuse_parts(specs: Sequence[SpecAudit], finding: Callable[[Finding], FindingPart]) -> list[UsePart]:
    """Every held-out suite that was looked at; `finding` makes a finding's part."""
    return [
        UsePart(
            spec=spec.history.spec,
            suite=use.suite,
            looks=use.looks,
            decisions=use.decisions,
            revealed=use.revealed,
            allowed=use.allowed,
            leaked_into=list(use.leaked),
            worn=use.worn,
            findings=[finding(one) for one in spec.use_findings.get(use.suite, ())],
        )
        for spec in specs
        for use in spec.uses
    ]
