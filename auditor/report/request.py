"""What a report was asked for: carried by every rendering of it, so that it can be made again and compared."""

from __future__ import annotations

from auditor.report.periodic import Report

SCHEMA = "auditor.report/1"


def request_of(report: Report) -> dict[str, str | int | list[str] | None]:
    """Enough to make a report again: the period, the commit, the batch of records, the specs."""
    return {
        "schema": SCHEMA,
        "auditor_version": report.audit.auditor_version,
        "name": report.period.name,
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "head": report.head,
        "batch": report.holding.number if not report.holding.unsealed else None,
        "specs": [section.spec.history.spec for section in report.sections],
    }
