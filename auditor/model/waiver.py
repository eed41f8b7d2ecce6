"""Waivers: recorded, scoped, expiring exceptions. Who may grant one is not in the file: git says who committed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from auditor.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Waiver:
    """One file of `<store>/waivers`.

    Attributes:
        name: the file's name without its ending.
        path: the file, from the project's root.
        check: the verdict, check's code or rule of the gate that it is about.
        fingerprint: of the one finding, 32 hex digits; None where the file names none.
        patch: the patch's id, or 8 of its hex digits or more; None for what is in no patch.
        reason: why.
        who: who grants it, as the file says.
        granted: the day, as the file says.
        until: the last day on which it counts; None where the file names none.
    """

    name: str
    path: str
    check: str
    fingerprint: str | None
    patch: str | None
    reason: str
    who: str
    granted: date
    until: date | None

    def names(self, finding: Finding) -> bool:
        """Whether it is about that finding: rule, fingerprint, and one of its patches, or none where it has none."""
        if (finding.code, finding.fingerprint) != (self.check, self.fingerprint) or not finding.fingerprint:
            return False
        patches = finding.subject.patches
        return any(patch.startswith(self.patch) for patch in patches) if self.patch else not patches
