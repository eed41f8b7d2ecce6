"""auditor blame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli.options import console, format_option, no_pager_option, page, repo_option, spec_option

if TYPE_CHECKING:
    from auditor.clauses.blame import ClauseState


@click.command("blame", short_help="A clause's whole life.")
@click.argument("clause", metavar="CLAUSE")
@repo_option
@spec_option
@click.option("--rev", metavar="REV", help="Where CLAUSE is looked up; HEAD or the last dated folder by default.")
@format_option("text", "json")
@no_pager_option
def command(clause: str, repo: Path, spec: str | None, rev: str | None, style: str, no_pager: bool) -> int:
    """Tells what happened to a clause, oldest first: introduced, reworded, moved, split, merged, removed, reinstated.

    CLAUSE is the anchor of a heading (#open-actions), a place (spec.md:12), or words that stand in one clause only.
    Where they stand in several, these are listed. Of a heading it also tells what last happened to each clause under
    it.
    """
    from auditor.app.blame import blame

    found = blame(repo, spec, clause, rev)
    if isinstance(found, tuple):
        return _refused(clause, found)
    if style == "json":
        from auditor.render.blame import blame_json

        click.echo(blame_json(found), nl=False)
        return 0
    from auditor.render.blame import show
    from auditor.render.plain import as_text

    out = console()
    page(as_text(out, *show(found, out)), off=no_pager)
    return 0


def _refused(clause: str, candidates: tuple[ClauseState, ...]) -> int:
    """Says which clauses may be meant, on stderr."""
    from auditor.errors import EXIT_COULD_NOT_RUN
    from auditor.render.blame import show_candidates
    from auditor.render.escape import terminal
    from auditor.render.plain import as_text

    what = f"stands in {len(candidates)} clauses; give more of it, or the place of one of them"
    click.echo(f"auditor: {terminal(clause)}: {what}", err=True)
    click.echo(as_text(console(), *show_candidates(candidates)), err=True, nl=False)
    return EXIT_COULD_NOT_RUN
