"""What a report was asked for: carried by every rendering of it, so that it can be made again and compared."""

from __future__ import annotations

from auditor.report.periodic import Report, Witnessed
from auditor.report.since import Previous

SCHEMA = "auditor.report/1"


Value = str | int | list[str] | None


def request_of(report: Report) -> dict[str, Value | dict[str, Value]]:
    """Enough to make a report again: the period, the commit, the batch of records, the specs."""
    return {
        "schema": SCHEMA,
        "auditor_version": report.audit.auditor_version,
        "name": report.period.name,
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "head": report.head,
        "batch": report.holding.number if not report.holding.unsealed else None,
        "witness": _witness(report.holding.witness),
        "previous": _previous(report.previous),
        "specs": [section.spec.history.spec for section in report.sections],
    }


def _witness(given: Witnessed | None) -> dict[str, Value] | None:
    """What was said of a checkpoint from outside, which only whoever has it can say again."""
    if given is None:
        return None
    return {"held_by": given.held_by, "number": given.number, "differences": list(given.differences)}


def _previous(given: Previous | None) -> dict[str, Value] | None:
    """The report it was compared with, where one was given; else the state is chosen again."""
    return {"name": given.name, "head": given.head, "batch": given.batch} if given else None
