"""auditor diff."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.options import console, format_option, no_pager_option, page, repo_option, spec_option


@click.command("diff", short_help="Two revisions, clause by clause and word by word.")
@click.argument("before", metavar="[A]", required=False)
@click.argument("after", metavar="[B]", required=False)
@repo_option
@spec_option
@click.option("--stat", is_flag=True, help="Counts per section only.")
@format_option("text", "json")
@no_pager_option
def command(
    before: str | None, after: str | None, repo: Path, spec: str | None, stat: bool, style: str, no_pager: bool
) -> int:
    """Shows what changed between two revisions, in the order of the new one.

    A and B are commits, tags, branches, HEAD~1, the beginning of a commit or content id, or dated folders; A..B will
    do, too. Without B it is the work tree (or the last dated folder), without A HEAD (or the folder before it).

    \b
    + added  - removed  ~ reworded, split or merged  > moved, from where to where
    """
    from auditor.app.diff import diff

    if after is None and before is not None and ".." in before:
        before, _, after = before.partition("..")
        if after.startswith("."):
            raise click.UsageError("three dots compare with a merge base; write A..B")
        before, after = before or "HEAD", after or "HEAD"
    found = diff(repo, spec, before, after)
    if style == "json":
        from auditor.render.diff import diff_json

        click.echo(diff_json(found), nl=False)
        return 0
    from auditor.render.diff import show, show_stat
    from auditor.render.plain import as_text

    out = console()
    page(as_text(out, *(show_stat if stat else show)(found, out)), off=no_pager)
    return 0
