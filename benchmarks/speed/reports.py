"""The page of a quarter with many patches and many suites, beside the same number of lines put together plainly."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path

from auditor.app.project import open_project
from auditor.app.report import report
from auditor.model.period import between
from auditor.render.html.page import report_html
from auditor.report.periodic import Report
from benchmarks.speed.audits import FIRST, build
from benchmarks.speed.timing import Row, against

# Every tenth patch moves rates.
PATCHES, BEHAVIOURS, STEADY = 200, 10, 10
MEGABYTE = 1_000_000


def made(folder: Path) -> Report:
    """The report on a period that holds every patch."""
    with open_project(build(folder, PATCHES, BEHAVIOURS, days=1, steady=STEADY).folder) as project:
        found = report(project, between(FIRST, FIRST + timedelta(days=PATCHES)))
    assert len(found.sections[0].period) == PATCHES
    return found


def plainly(found: Report) -> str:
    """The limit: one f-string a rate of every patch, escaped."""
    return "".join(
        f"<tr><td>{html.escape(entry.facts.patch.id)}<td>{html.escape(one.behaviour)}<td>{html.escape(suite.suite)}"
        f"<td>{100 * side.rate:.1f} [{100 * side.low:.1f}, {100 * side.high:.1f}] {side.misaligned}/{side.valid}"
        for section in found.sections
        for entry in section.period
        for one in entry.facts.behaviours
        for suite in one.suites
        for side in (suite.change.before, suite.change.after)
    )


def rows(folder: Path) -> list[Row]:
    """The page, whose size is said beside it."""
    found = made(folder)
    size = len(report_html(found).encode()) / MEGABYTE
    work = f"page of a report on {PATCHES} patches, {2 * BEHAVIOURS} suites: {size:.2f} MB"
    return [against(work, lambda: report_html(found), "its rates in f-strings", lambda: plainly(found), "2 s, 1 MB")]
