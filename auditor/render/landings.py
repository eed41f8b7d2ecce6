"""Landings that changed what they are judged by, as every report lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from auditor.audit import LandingEntry
from auditor.render.escape import terminal


def landing_name(entry: LandingEntry) -> str:
    """Which landing, when, and what else it brought."""
    beside = f", with a patch to {', '.join(entry.patched)}" if entry.patched else ""
    return f"landing {entry.commit[:12]} of {entry.day}{beside}"


def landing_lines(landings: Sequence[LandingEntry], excused: Mapping[tuple[str, str], str]) -> Iterator[Text]:
    """Every landing on a line, each of its findings on the next, with the waiver that excuses it."""
    for entry in landings:
        yield Text(terminal(landing_name(entry)), style="bold")
        for finding in entry.findings:
            waiver = excused.get((finding.check, finding.fingerprint))
            told = f"{finding.message}; waived by {waiver}" if waiver else finding.message
            yield Text.assemble(
                "  ", (f"{finding.check}  ", "yellow"), terminal(told), (f"  [{finding.fingerprint}]", "dim")
            )
