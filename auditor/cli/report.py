"""auditor report."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import format_option, repo_option, since_option, specs_option
from auditor.render.escape import escape_terminal

if TYPE_CHECKING:
    from auditor.audit import Report
    from auditor.model.period import Period


@click.command("report")
@click.option("--quarter", metavar="YYYYQn", help="A quarter, as 2026Q3.")
@since_option
@repo_option
@specs_option()
@format_option("html", "markdown", "json")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to a new file.")
@click.option(
    "--checkpoint",
    "against",
    metavar="CHECKPOINT",
    help="A copy of a checkpoint's file that somebody else holds, or its root.",
)
@click.option(
    "--previous",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="REPORT",
    help="The last report, to compare with; else the seal nearest to the period's first day.",
)
@click.option("--no-seal", is_flag=True, help="Leave records that are in no batch unsealed.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def command(
    quarter: str | None,
    since: datetime | None,
    until: datetime | None,
    repo: Path,
    specs: tuple[str, ...],
    style: str,
    output: Path | None,
    against: str | None,
    previous: Path | None,
    no_seal: bool,
    force: bool,
) -> int:
    """Says what happened to the spec in a period: which patches moved behaviour, which only the score.

    One page without scripts or requests, made from records and git history alone: the same inputs give the same bytes.
    Give --quarter, or --since and --until (both days inclusive). Records that are in no batch yet are sealed as the
    next one, eval_history/checkpoints/NNNN.json: commit it, and give its root to somebody outside.
    """
    from auditor.app.project import open_project
    from auditor.app.report import read_previous_report, report, seal_project
    from auditor.cli.options import check_output, write_document
    from auditor.errors import EXIT_PASS, InputError

    if output is not None and output.suffix.lower() == ".pdf":
        remedy = "write HTML, as audit.html, and print that page from a browser"
        raise InputError("auditor writes no PDF", where=str(output), remedy=remedy)
    if output is not None:
        check_output(output, force=force)
    period = _choose_period(quarter, since, until)
    previous_report = read_previous_report(previous) if previous else None
    with open_project(repo, specs) as project:
        if not no_seal:
            seal_project(project)
        periodic_report = report(project, period, os.environ, against=against, previous=previous_report)
    document = _render(periodic_report, style)
    if output is None:
        click.echo(document, nl=False)
    else:
        write_document(document, output, force=force)
        click.echo(f"wrote {escape_terminal(str(output))}", err=True)
    return EXIT_PASS


def _choose_period(quarter: str | None, since: datetime | None, until: datetime | None) -> Period:
    from auditor.model import period

    if (quarter is None) == (since is None and until is None):
        raise click.UsageError("give --quarter, or --since and --until")
    if quarter is not None:
        return period.parse_quarter(quarter)
    if since is None or until is None:
        raise click.UsageError("give both --since and --until")
    return period.period_between(since.date(), until.date())


def _render(report: Report, style: str) -> str:
    if style == "json":
        from auditor.render.documents import report_json

        return report_json(report)
    if style == "markdown":
        from auditor.render.markdown import report_markdown

        return report_markdown(report)
    from auditor.render.html.report import report_html

    return report_html(report)
