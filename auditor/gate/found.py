"""What checks found, as entries of a decision: about the text of a patch, about the landing, about waivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditor.assess.text import PatchText
from auditor.checks.catalogue import find_check
from auditor.checks.interface import LandingCheck, PatchCheck, TextCheck
from auditor.gate.decision import Entry, Level
from auditor.gate.unblock import Remedy
from auditor.model.finding import Finding, Severity
from auditor.model.policy import Policy

_WARNED_OF = (Severity.HIGH, Severity.MEDIUM)


def on_text(text: PatchText, findings: Iterable[Finding], policy: Policy) -> Iterator[Entry]:
    """What a patch did to the text. None of it says anything of held-out rates, so that all of it may be shown."""
    for finding in findings:
        check = find_check(finding.check)
        if isinstance(check, TextCheck):
            place = finding.place and text.where_now(finding.place)
            about = text.patch.spec, (text.patch.id,)
            level = Level.BLOCKED if finding.check in policy.block_on else _level(finding)
            remedy = Remedy(check.remedy) if level is Level.BLOCKED else None
            yield _entry(level, finding, finding.message, *about, place=place, remedy=remedy)


def beside(text: PatchText, findings: Sequence[Finding], policy: Policy) -> Iterator[Entry]:
    """What else was found in how a patch was measured: by its name alone, as the messages say held-out rates."""
    told = [one for one in findings if one.severity in _WARNED_OF and one.check not in policy.block_on]
    there = {finding.check: find_check(finding.check) for finding in told}
    named = [f"{code} {check.name}" for code, check in sorted(there.items()) if isinstance(check, PatchCheck)]
    if named:
        yield Entry(Level.NOTICE, "findings", ", ".join(named), text.patch.spec, (text.patch.id,))


def on_landing(findings: Iterable[Finding], policy: Policy, *, patched: bool, base: str, store: str) -> Iterator[Entry]:
    """What a landing does to the rules it is judged by: held back beside a patch; by itself, as the policy says.

    Args:
        patched: whether it changes a spec.
        base: the commit that has the records, for the command that restores them.
        store: the folder of the evaluation history.
    """
    for finding in findings:
        check = find_check(finding.check)
        assert isinstance(check, LandingCheck)
        held = patched or check.alone or check.code in policy.block_on
        command = f"git checkout {base} -- {store}/records"
        remedy = Remedy(check.remedy, (command,) if finding.evidence else ())
        yield _entry(
            Level.BLOCKED if held else Level.WARNING, finding, finding.message, "", (), remedy=remedy if held else None
        )


def on_waivers(findings: Iterable[Finding], policy: Policy) -> Iterator[Entry]:
    """What is wrong with waivers: no fingerprint, as none of it can be waived."""
    for finding in findings:
        check = find_check(finding.check)
        remedy = Remedy(check.remedy) if check is not None and check.code in policy.block_on else None
        level = Level.BLOCKED if remedy else _level(finding)
        yield Entry(level, finding.check, finding.message, remedy=remedy, name=finding.name, place=finding.place)


def _level(finding: Finding) -> Level:
    return Level.WARNING if finding.severity in _WARNED_OF else Level.NOTICE


def _entry(level: Level, finding: Finding, why: str, spec: str, patches: tuple[str, ...], **more: object) -> Entry:
    return Entry(
        level,
        finding.check,
        why,
        spec,
        patches,
        records=finding.evidence,
        name=finding.name,
        fingerprint=finding.fingerprint,
        **{"place": finding.place, **more},  # type: ignore[arg-type]
    )
