"""auditor log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from auditor.cli.options import (
    console,
    format_option,
    no_pager_option,
    page,
    repo_option,
    since_option,
    spec_option,
)


@click.command("log", short_help="A spec's revisions, newest first, with the scores beside them.")
@click.argument("commits", metavar="[RANGE]", required=False)
@repo_option
@spec_option
@since_option
@click.option("--oneline", is_flag=True, help="A line each.")
@format_option("text", "json")
@no_pager_option
def command(
    commits: str | None,
    repo: Path,
    spec: str | None,
    since: datetime | None,
    until: datetime | None,
    oneline: bool,
    style: str,
    no_pager: bool,
) -> int:
    """Lists where revisions of the spec were seen, newest first: how many clauses changed, and how each behaviour
    scored afterwards on the test and held out, with the verdict of the audit.

    RANGE is A..B or A, as git reads it, or names of dated folders.
    """
    from auditor.app.log import log
    from auditor.app.project import open_project

    if commits is not None and not commits.strip():
        raise click.UsageError("RANGE is empty")
    with open_project(repo, spec) as project:
        found = log(project, commits, since.date() if since else None, until.date() if until else None)
    if style == "json":
        from auditor.render.log import log_json

        click.echo(log_json(found), nl=False)
        return 0
    from auditor.render.log import show, show_oneline
    from auditor.render.plain import as_text

    out = console()
    shown = show_oneline(found) if oneline else show(found, out.width)
    page(as_text(out, *shown, wrap=not oneline), off=no_pager)
    return 0
