"""The decision on what is about to land, as one frozen value; text, JSON and exit code are readings of it.

Each finding in it has a level. `apply_waivers` takes findings and waivers and gives the findings back: what a waiver
excuses stays, under its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from auditor.assess.ledger import WaiverFacts
from auditor.errors import EXIT_BLOCKED, EXIT_EVIDENCE_MISSING, EXIT_PASS
from auditor.model.finding import Finding, Level
from auditor.model.spec import Patch

# The decision on what is about to land, as one frozen value; text, JSON and exit code are readings of it.


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on base..head.

    Attributes:
        base, head: commit ids.
        policy_from: the side whose policy, suites and spec configuration were applied.
        judged: the patches it is about, oldest first.
        findings: each with its level; no message has a held-out rate.
        waivers: every waiver that base has, whether or not it counts.
        store: where the evaluation history is, from the root.
    """

    base: str
    head: str
    policy_from: str
    judged: tuple[Patch, ...]
    findings: tuple[Finding, ...]
    waivers: tuple[WaiverFacts, ...] = ()
    store: str = "eval_history"

    @property
    def blocked(self) -> tuple[Finding, ...]:
        """What must not land as it is."""
        return self._at(Level.BLOCKED)

    @property
    def missing(self) -> tuple[Finding, ...]:
        """The evidence that the policy requires and nobody has brought."""
        return self._at(Level.MISSING)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What lands, and should be looked at."""
        return self._at(Level.WARNING)

    @property
    def waived(self) -> tuple[Finding, ...]:
        """What lands because somebody granted a waiver."""
        return self._at(Level.WAIVED)

    @property
    def notices(self) -> tuple[Finding, ...]:
        """What lands, and was noted."""
        return self._at(Level.NOTICE)

    @property
    def exit_code(self) -> int:
        """1 blocked, else 3 evidence missing, else 0."""
        if self.blocked:
            return EXIT_BLOCKED
        return EXIT_EVIDENCE_MISSING if self.missing else EXIT_PASS

    def _at(self, level: Level) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level is level)


# Waivers applied to a decision's findings. What a waiver excuses stays in the decision, under its name.


_BLOCKING_LEVELS = (Level.BLOCKED, Level.MISSING)


def apply_waivers(findings: Iterable[Finding], waivers: Sequence[WaiverFacts]) -> tuple[Finding, ...]:
    """The findings, those that a waiver excuses at their own level; one without fingerprint cannot be waived.

    A verdict and a check that says the same of a step are two findings: what still holds says whose waiver it is not.
    """
    counting = [facts.waiver for facts in waivers if not facts.rejection]
    levelled = [
        _apply_to_finding(finding, [waiver.name for waiver in counting if waiver.names(finding)])
        for finding in findings
    ]
    excused = {
        finding.subject: finding for finding in reversed(levelled) if finding.waiver and finding.subject.behaviour
    }
    return tuple(_add_waiver_note(finding, excused.get(finding.subject)) for finding in levelled)


def _apply_to_finding(finding: Finding, names: Sequence[str]) -> Finding:
    if not names or finding.level not in _BLOCKING_LEVELS:
        return finding
    return replace(finding, level=Level.WAIVED, waiver=names[0], remedy=None)


def _add_waiver_note(finding: Finding, excused: Finding | None) -> Finding:
    if excused is None or finding.level not in _BLOCKING_LEVELS or not finding.fingerprint:
        return finding
    note = f"waiver {excused.waiver} excuses {excused.code} of it, and not this: {finding.code} is a finding of its own"
    rates = f"{finding.rates}; {note}" if finding.rates else None
    return replace(finding, message=f"{finding.message}; {note}", rates=rates)
