"""What a report was asked for: carried by every rendering of it, so that it can be made again and compared."""

from __future__ import annotations

from auditor.audit import (
    OutsideWitness,
    PreviousReport,
    Report,
)

# What a report was asked for: carried by every rendering of it, so that it can be made again and compared.


REPORT_SCHEMA = "auditor.report/1"


RequestValue = str | int | list[str] | None


def report_request(report: Report) -> dict[str, RequestValue | dict[str, RequestValue]]:
    """Enough to make a report again: the period, the commit, the batch of records, the specs."""
    return {
        "schema": REPORT_SCHEMA,
        "auditor_version": report.audit.auditor_version,
        "name": report.period.name,
        "since": report.period.since.isoformat(),
        "until": report.period.until.isoformat(),
        "head": report.head,
        "batch": report.basis.number if not report.basis.unsealed else None,
        "witness": _witness_member(report.basis.witness),
        "previous": _previous_member(report.previous),
        "specs": [section.spec.history.spec for section in report.sections],
    }


def _witness_member(outside_witness: OutsideWitness | None) -> dict[str, RequestValue] | None:
    """What was said of a checkpoint from outside, which only whoever has it can say again."""
    if outside_witness is None:
        return None
    return {
        "held_by": outside_witness.held_by,
        "number": outside_witness.number,
        "differences": list(outside_witness.differences),
    }


def _previous_member(previous_report: PreviousReport | None) -> dict[str, RequestValue] | None:
    """The report it was compared with, where one was given; else the state is chosen again."""
    return (
        {"name": previous_report.name, "head": previous_report.head, "batch": previous_report.batch}
        if previous_report
        else None
    )
