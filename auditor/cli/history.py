"""auditor log, diff, blame and show: a spec's history."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import (
    FOUND_SPECS,
    console,
    format_option,
    no_pager_option,
    page,
    repo_option,
    since_option,
    specs_option,
    warn,
)

# auditor blame.


if TYPE_CHECKING:
    from auditor.clauses.blame import ClauseState


@click.command("blame")
@click.argument("clause", metavar="CLAUSE")
@repo_option
@specs_option(FOUND_SPECS)
@click.option("--rev", metavar="REV", help="Where CLAUSE is looked up; HEAD or the last dated folder by default.")
@format_option("text", "json")
@no_pager_option
def blame_command(clause: str, repo: Path, specs: tuple[str, ...], rev: str | None, style: str, no_pager: bool) -> int:
    """Tells what happened to a clause, oldest first: introduced, reworded, moved, split, merged, removed, reinstated.

    CLAUSE is the anchor of a heading (#open-actions), a place (spec.md:12, or 90296eef2e:spec.md:12 in the text of a
    commit), the beginning of a clause's id, or words that stand in one clause only, also as a finding quotes them.
    Where they stand in several, these are listed. Of a heading it also tells what last happened to each clause under
    it.
    """
    from auditor.app.history import blame

    if not clause.strip():
        raise click.UsageError("CLAUSE is empty")
    result = blame(repo, specs, clause, rev, warn)
    if isinstance(result, tuple):
        return _print_candidates(clause, result)
    if style == "json":
        from auditor.render.documents import blame_json

        click.echo(blame_json(result), nl=False)
        return 0
    from auditor.document.history import blame_blocks
    from auditor.render.terminal import render_terminal

    page(render_terminal(blame_blocks(result), console()), off=no_pager)
    return 0


def _print_candidates(clause: str, candidates: tuple[ClauseState, ...]) -> int:
    """Says which clauses may be meant, on stderr."""
    from auditor.document.history import candidate_blocks
    from auditor.errors import EXIT_COULD_NOT_RUN
    from auditor.render.escape import escape_terminal
    from auditor.render.terminal import render_terminal

    subject = f"stands in {len(candidates)} clauses; give more of it, or the place of one of them"
    click.echo(f"auditor: {escape_terminal(clause)}: {subject}", err=True)
    click.echo(render_terminal(candidate_blocks(candidates), console()), err=True, nl=False)
    return EXIT_COULD_NOT_RUN


# auditor diff.


@click.command("diff")
@click.argument("before", metavar="[A]", required=False)
@click.argument("after", metavar="[B]", required=False)
@repo_option
@specs_option(FOUND_SPECS)
@click.option("--stat", is_flag=True, help="Counts per section only.")
@format_option("text", "json")
@no_pager_option
def diff_command(
    before: str | None, after: str | None, repo: Path, specs: tuple[str, ...], stat: bool, style: str, no_pager: bool
) -> int:
    """Shows what changed between two revisions, in the order of the new one.

    A and B are commits, tags, branches, HEAD~1, the beginning of a commit or content id, or dated folders; A..B will
    do, too. Without B it is the work tree (or the last dated folder), without A HEAD (or the folder before it).

    \b
    + added  - removed  ~ reworded, split or merged  > moved, from where to where
    """
    from auditor.app.history import diff

    if after is None and before is not None and ".." in before:
        before, _, after = before.partition("..")
        if after.startswith("."):
            raise click.UsageError("three dots compare with a merge base; write A..B")
        before, after = before or "HEAD", after or "HEAD"
    comparisons = diff(repo, specs, before, after, warn)
    if style == "json":
        from auditor.render.documents import diff_json

        click.echo(diff_json(comparisons), nl=False)
        return 0
    from auditor.document.history import diff_blocks, diff_stat_blocks
    from auditor.render.terminal import render_terminal

    blocks = diff_stat_blocks(comparisons) if stat else diff_blocks(comparisons)
    page(render_terminal(blocks, console()), off=no_pager)
    return 0


# auditor log.


@click.command("log")
@click.argument("commits", metavar="[RANGE]", required=False)
@repo_option
@specs_option(FOUND_SPECS)
@since_option
@click.option("--oneline", is_flag=True, help="A line each; clauses: + added - removed ~ reworded > moved.")
@format_option("text", "json")
@no_pager_option
def log_command(
    commits: str | None,
    repo: Path,
    specs: tuple[str, ...],
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
    from auditor.app.history import log
    from auditor.app.project import open_project

    if commits is not None and not commits.strip():
        raise click.UsageError("RANGE is empty")
    with open_project(repo, specs, warn=warn) as project:
        spec_logs = log(project, commits, since.date() if since else None, until.date() if until else None, warn)
    if style == "json":
        from auditor.render.documents import log_json

        click.echo(log_json(spec_logs), nl=False)
        return 0
    from auditor.document.history import log_blocks, log_oneline
    from auditor.render.terminal import render_terminal

    blocks = log_oneline(spec_logs) if oneline else log_blocks(spec_logs)
    page(render_terminal(blocks, console(), wrap=not oneline), off=no_pager)
    return 0


# auditor show.


@click.command("show")
@click.argument("patch", metavar="PATCH")
@repo_option
@specs_option(FOUND_SPECS)
@click.option("--items", is_flag=True, help="The items of each suite that moved, too.")
@click.option("--reveal", is_flag=True, help="Name items of held-out suites, too.")
@format_option("text", "json")
@no_pager_option
def show_command(
    patch: str, repo: Path, specs: tuple[str, ...], items: bool, reveal: bool, style: str, no_pager: bool
) -> int:
    """Shows what a patch changed, clause by clause, and everything the audit says of it.

    PATCH is the beginning of its id (see auditor log), or what stands for the revision it made: a commit, a tag, HEAD,
    a dated folder, a content id.
    """
    from auditor.app.history import show
    from auditor.app.project import open_project

    with open_project(repo, specs, warn=warn) as project:
        views = show(project, patch, os.environ, warn, reveal=reveal)
    if style == "json":
        from auditor.render.documents import show_json

        click.echo(show_json(views), nl=False)
        return 0
    from auditor.document.history import patch_blocks
    from auditor.render.terminal import render_terminal

    page(render_terminal(patch_blocks(views, items=items), console()), off=no_pager)
    return 0
