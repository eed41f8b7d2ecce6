"""auditor view."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from auditor.cli.options import FOUND_SPECS, repo_option, resolve_day, specs_option, today_option, warn


@click.command("view")
@repo_option
@specs_option(FOUND_SPECS)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the pages to this folder, and open nothing; by default they lie in the git directory.",
)
@click.option("--no-browser", is_flag=True, help="Open nothing; print where the first page is.")
@today_option
def command(repo: Path, specs: tuple[str, ...], output: Path | None, no_browser: bool, today: datetime | None) -> int:
    """Shows the evidence as pages to walk through: history, patches, clauses, behaviours, suites, runs, checks.

    Every number leads to the runs behind it. The pages are files: they need no server and no network, load nothing from
    elsewhere, and the same evidence gives the same bytes; the folder that -o names can be published as it stands. Items
    of held-out suites are not named on them.
    """
    from auditor.app.project import open_project
    from auditor.app.view import VIEW_FOLDER, build_view, write_pages
    from auditor.errors import EXIT_PASS, InputError
    from auditor.render.html.view import view_html

    with open_project(repo, specs, warn=warn) as project:
        if output is None and project.repository is None:
            remedy = "name a folder for the pages with -o"
            raise InputError("is no git repository, in which pages could be kept", where=str(repo), remedy=remedy)
        folder = (
            output if output is not None or project.repository is None else project.repository.common_dir / VIEW_FOLDER
        )
        assert folder is not None
        linked_from = folder if output is None else None
        pages = view_html(build_view(project, resolve_day(today), os.environ, linked_from))
        written = write_pages(folder, pages)
    home = (folder / "index.html").resolve()
    click.echo(f"{written.pages:,} files, {written.written:,} of them new or changed", err=True)
    click.echo(str(home))
    if output is None and not no_browser and sys.stdout.isatty():
        click.launch(home.as_uri())
    return EXIT_PASS
