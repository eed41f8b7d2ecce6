"""Pages on many patches and many suites: a quarter's, beside its figures put together plainly; and a view's."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path

from auditor.app.history import log
from auditor.app.project import open_project
from auditor.app.report import report
from auditor.app.view import build_view
from auditor.audit import Report
from auditor.model.period import period_between
from auditor.render.html.report import report_html
from auditor.render.html.view import view_html
from benchmarks.speed.audits import FIRST, Built, build, read
from benchmarks.speed.timing import Row, against, fastest, growth

# Every tenth patch moves rates.
PATCHES, BEHAVIOURS, STEADY = 200, 10, 10
VIEWS = (2, 20, 200)
MEGABYTE = 1_000_000


def made(built: Built) -> Report:
    """The report on a period that holds every patch."""
    with open_project(built.folder) as project:
        found = report(project, period_between(FIRST, FIRST + timedelta(days=PATCHES)))
    assert len(found.sections[0].period) == PATCHES
    return found


def plainly(found: Report) -> str:
    """The limit: one f-string a rate of every patch, escaped."""
    return "".join(
        f"<tr><td>{html.escape(entry.facts.patch.id)}<td>{html.escape(behaviour.behaviour)}<td>{html.escape(suite.suite)}"
        f"<td>{100 * side.rate:.1f} [{100 * side.low:.1f}, {100 * side.high:.1f}] {side.misaligned}/{side.valid}"
        for section in found.sections
        for entry in section.period
        for behaviour in entry.facts.behaviours
        for suite in behaviour.suites
        for side in (suite.change.before, suite.change.after)
    )


def view_rows(folder: Path) -> list[Row]:
    """All pages of a view at three sizes, from the audit on."""
    seconds, sizes = [], []
    for patches in VIEWS:
        with open_project(build(folder / f"view-{patches}", patches, BEHAVIOURS).folder) as project:
            view = build_view(project, FIRST)
        seconds.append(fastest(lambda view=view: dict(view_html(view)), 1))  # type: ignore[misc]
        sizes.append(f"{max(len(text.encode()) for _, text in view_html(view)) / MEGABYTE:.2f} MB")
    return [
        growth(f"pages of a view by patches, {2 * BEHAVIOURS} suites, largest page {', '.join(sizes)}", VIEWS, seconds)
    ]


def rows(folder: Path) -> list[Row]:
    """The pages, whose size is said beside them; and all of a report, from the records to the page."""
    built = build(folder / "report", PATCHES, BEHAVIOURS, days=1, steady=STEADY)
    found = made(built)
    size = len(report_html(found).encode()) / MEGABYTE
    work = f"page of a report on {PATCHES} patches, {2 * BEHAVIOURS} suites: {size:.2f} MB"
    page = against(work, lambda: report_html(found), "its rates in f-strings", lambda: plainly(found), "2 s, 1 MB")
    return [page, *whole_rows(built), *view_rows(folder)]


def whole_rows(built: Built) -> list[Row]:
    """A report and a log from the records on."""
    name, least = f"{PATCHES} patches, {built.records:,} runs", "read the records and parse their JSON"
    return [
        against(
            f"report of {name}, to its page", lambda: report_html(made(built)), least, lambda: read(built), None, 2
        ),
        against(f"log of {name}", lambda: logged(built), least, lambda: read(built), None, 2),
    ]


def logged(built: Built) -> None:
    """What `auditor log` says."""
    with open_project(built.folder) as project:
        [spec_log] = log(project)
    assert len(spec_log.spec_commits) == PATCHES + 1
