"""auditor show."""

from __future__ import annotations

import os
from pathlib import Path

import click

from auditor.cli.options import console, format_option, no_pager_option, page, repo_option, spec_option


@click.command("show", short_help="One patch: its clauses, its scores, its findings.")
@click.argument("patch", metavar="PATCH")
@repo_option
@spec_option
@format_option("text", "json")
@no_pager_option
def command(patch: str, repo: Path, spec: str | None, style: str, no_pager: bool) -> int:
    """Shows what a patch changed, clause by clause, and everything the audit says of it.

    PATCH is the beginning of its id (see auditor log), or what stands for the revision it made: a commit, a tag, HEAD,
    a dated folder, a content id.
    """
    from auditor.app.project import open_project
    from auditor.app.show import show

    with open_project(repo, spec) as project:
        found = show(project, patch, os.environ)
    if style == "json":
        from auditor.render.show import show_json

        click.echo(show_json(found), nl=False)
        return 0
    from auditor.render import show as rendered
    from auditor.render.plain import as_text

    out = console()
    page(as_text(out, *rendered.show(found, out)), off=no_pager)
    return 0
